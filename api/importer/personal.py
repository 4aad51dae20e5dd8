"""The contact person's columns of a report: taken only where that is asked for, into the vault and never into an event.

The event holds salted digests. Its identity follows from the rest of the row, so that the same row filed again is the
same event: what was said the first time is said again, digests included, whatever the contact's cells hold by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Protocol

import orjson

from api.importer.batches import Pending
from ledger import canonical
from ledger.envelope import Submission
from ledger.evidence.disclosures import MEMBER, commit, disclose, parse_disclosure
from ledger.log import EventLog
from ledger.privacy.disclosed import Disclosed
from ledger.privacy.keeping import FieldStore

Identity = tuple[str, str]


class ImportStore(FieldStore, Protocol):
    """The store of fields, which also tells what it has of an event that is not recorded yet."""

    def digests(self, identities: Sequence[Identity]) -> Mapping[Identity, frozenset[str]]:
        """Return the digests of each event that are kept or were erased."""
        ...

    def open_all(self, identities: Sequence[Identity]) -> Mapping[Identity, Mapping[str, str]]:
        """Return the disclosures that are kept of each event, by digest."""
        ...


class PersonalFields:
    """Turns rows with contact cells into submissions that bring disclosures."""

    def __init__(self, log: Callable[[], EventLog], store: ImportStore) -> None:
        self._log = log
        self.store = store

    def disclosed(self, pending: Sequence[Pending]) -> list[Submission | Disclosed]:
        """Return the submissions of a batch, in order; those of rows with contact cells with their fields."""
        identities = list(dict.fromkeys(each.submission.identity for each in pending if each.personal))
        if not identities:
            return [each.submission for each in pending]
        log = self._log()
        known = log.load(log.head(), (), identities).known
        begun = self.store.digests([each for each in identities if each not in known])
        kept = self.store.open_all(list(begun))
        made: dict[Identity, Submission | Disclosed] = {}
        for each in pending:
            identity = each.submission.identity
            if not each.personal or identity in made:
                continue
            if identity in known:
                recorded = orjson.loads(known[identity].row.raw)["event"]["data"].get(MEMBER)
                made[identity] = _holding(each.submission, recorded)
            elif begun.get(identity):
                fields = [parse_disclosure(text) for text in kept[identity].values()]
                made[identity] = Disclosed(_holding(each.submission, sorted(begun[identity])), fields, {})
            else:
                fields = [disclose(path, value) for path, value in each.personal]
                made[identity] = Disclosed(_holding(each.submission, commit(fields)), fields, {})
        return [made[each.submission.identity] if each.personal else each.submission for each in pending]


def _holding(submission: Submission, digests: Sequence[str] | None) -> Submission:
    """Return the same statement with digests in its data; the identity stays."""
    if not digests:
        return submission
    event = orjson.loads(submission.raw)
    event["data"][MEMBER] = list(digests)
    raw = canonical.dumps(event)
    return replace(submission, raw=raw, data=event["data"], digest=sha256(raw).digest())
