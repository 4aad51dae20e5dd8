"""Personal fields as tests bring them to a vault."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from infra.vault.store import Vault
from ledger.envelope import Submission
from ledger.evidence.disclosures import Disclosure, commit
from ledger.privacy.disclosed import Disclosed
from tests.support.statements import issued, statement


def put(
    vault: Vault, source: str, event_id: str, fields: Sequence[Disclosure], persons: Mapping[str, str]
) -> list[str]:
    """Place the fields of an event and return the digests that were new."""
    submission = replace(issued(), source=source, id=event_id)
    (placed,) = vault.place([Disclosed(submission, fields, persons)])
    return list(placed.digests)


def holding(number: str, *fields: Disclosure, decoys: int = 0) -> Submission:
    """A certificate's issue that holds the digests of fields."""
    plain = issued(number)
    data = {**plain.data, "_sd": commit(fields, decoys)}
    return statement(plain.type.name, plain.subject, data, identity=f"issued {number}")


def disclosing(submission: Submission, *fields: Disclosure, persons: str = "") -> bytes:
    """The JSON of a submission that brings disclosures; ``persons`` is JSON of the third member."""
    texts = ",".join(f'"{each.text}"' for each in fields).encode()
    more = b',"persons":' + persons.encode() if persons else b""
    return b'{"disclosures":[%b],"event":%b%b}' % (texts, submission.raw, more)
