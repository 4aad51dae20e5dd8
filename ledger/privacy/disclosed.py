"""A submission that brings disclosures: ``{"event":…,"disclosures":[…],"persons":{…}}``, the event signed or not.

It is the same wherever an event may stand: a request, an item of a batch, a line, a record of Kafka.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.envelope import Submission, canonical_submission
from ledger.evidence.disclosures import Disclosure
from ledger.privacy.opened import opened
from ledger.refusals import Refusal
from ledger.sealed import is_envelope, sealed_submission

_MEMBERS = frozenset({"event", "disclosures", "persons"})
_MAXIMUM_PERSONS = 64
_MAXIMUM_NAME = 200


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What came beside an event: the fields it opens, and the source's own names of the persons."""

    submission: Submission
    fields: Sequence[Disclosure]
    persons: Mapping[str, str]


Parsed = Submission | Refusal | Disclosed


def may_disclose(raw: bytes) -> bool:
    """Tell whether JSON bytes may bring disclosures; a plain event's first members are others."""
    return b'"disclosures"' in raw and b'"event"' in raw and not raw.startswith(b'{"data":')


def is_disclosed(value: Any) -> bool:
    """Tell whether a parsed JSON value is meant as a submission with disclosures, well-formed or not."""
    return (
        isinstance(value, dict)
        and "event" in value
        and "disclosures" in value
        and "specversion" not in value
        and "payloadType" not in value
    )


def disclosed_submission(value: Mapping[str, Any]) -> Disclosed | Refusal:
    """Return the submission and what it discloses, or the refusal that says what is wrong."""
    texts, persons = value.get("disclosures"), value.get("persons", {})
    if not value.keys() <= _MEMBERS or not isinstance(texts, list) or not _are_persons(persons):
        return Refusal("request_envelope_wrong")
    event = value["event"]
    found = sealed_submission(event) if is_envelope(event) else canonical_submission(event)
    if isinstance(found, Refusal):
        return found
    fields = opened(found, texts)
    return fields if isinstance(fields, Refusal) else Disclosed(found, fields, persons)


def plain(parsed: Parsed) -> Submission | Refusal:
    """Return the submission alone, as the ledger takes it in."""
    return parsed.submission if isinstance(parsed, Disclosed) else parsed


def _are_persons(persons: Any) -> bool:
    return (
        isinstance(persons, dict)
        and len(persons) <= _MAXIMUM_PERSONS
        and all(isinstance(name, str) and 0 < len(name) <= _MAXIMUM_NAME for name in persons.values())
    )
