"""A submission that brings disclosures: ``{"event":…,"disclosures":[…],"persons":{…}}``, the event signed or not.

The fields are in the vault before the event is recorded, so that nothing acknowledged is ever missing; of an event that
is then refused nothing stays. No disclosure goes further than the vault.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog

from api.http.limits.nesting import is_too_deep
from api.http.problems import ProblemError, problem
from api.http.submissions import parse_json
from infra.services.errors import ServiceUnavailableError
from infra.vault.keys import SealBroken
from infra.vault.store import Vault
from ledger.envelope import Submission, canonical_submission
from ledger.evidence.disclosures import Disclosure
from ledger.outcomes import Outcome
from ledger.privacy.opened import opened
from ledger.refusals import Refusal
from ledger.sealed import is_envelope, sealed_submission

_MEMBERS = frozenset({"event", "disclosures", "persons"})
_MAXIMUM_PERSONS = 64
_MAXIMUM_NAME = 200
_log = structlog.get_logger("certledger.vault")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What came beside an event: the fields it opens, and the source's own names of the persons."""

    submission: Submission
    fields: Sequence[Disclosure]
    persons: Mapping[str, str]


def brings_disclosures(raw: bytes) -> bool:
    """Tell whether a body may be a submission with disclosures; a plain event's first members are others."""
    return b'"disclosures"' in raw and b'"event"' in raw and not raw.startswith(b'{"data":')


def parse_disclosed(raw: bytes, levels: int) -> Disclosed | Refusal | None:
    """Return the submission and what it discloses, its refusal, or ``None`` where the body is no such request."""
    if is_too_deep(raw, levels):
        return None
    value = parse_json(raw)
    if not isinstance(value, dict) or "event" not in value or "specversion" in value or "payloadType" in value:
        return None
    texts, persons = value.get("disclosures"), value.get("persons", {})
    if not value.keys() <= _MEMBERS or not isinstance(texts, list) or not _are_persons(persons):
        return Refusal("request_envelope_wrong")
    event = value["event"]
    found = sealed_submission(event) if is_envelope(event) else canonical_submission(event)
    if isinstance(found, Refusal):
        return found
    fields = opened(found, texts)
    return fields if isinstance(fields, Refusal) else Disclosed(found, fields, persons)


async def keep(vault: Vault | None, disclosed: Disclosed) -> list[str]:
    """Put the fields into the vault and return the digests that were new; end the request where that is impossible."""
    submission = disclosed.submission
    return list(
        await _asked(vault, lambda it: it.put(*submission.identity, disclosed.fields, disclosed.persons)),
    )


async def settle(vault: Vault | None, disclosed: Disclosed, new: Sequence[str], outcome: Outcome) -> None:
    """Forget what was put for an event that was refused; what is not known to be refused stays, for the sweep."""
    if isinstance(outcome, Refusal) and outcome.status < 500 and new:
        await _asked(vault, lambda it: it.drop(*disclosed.submission.identity, new))


async def disclosed_of(vault: Vault | None, source: str, event_id: str) -> tuple[dict[str, str], frozenset[str]]:
    """Return what the vault keeps of an event by digest, and the digests that were erased."""
    return (
        await _asked(vault, lambda it: it.open(source, event_id)),
        await _asked(vault, lambda it: it.erased(source, event_id)),
    )


async def _asked(vault: Vault | None, work: Any) -> Any:
    if vault is None:
        raise problem("vault_unavailable")
    try:
        return await asyncio.to_thread(work, vault)
    except (psycopg.Error, SealBroken, ServiceUnavailableError) as error:
        _log.error("vault.unavailable", error=type(error).__name__)
        raise ProblemError(Refusal("vault_unavailable")) from error


def _are_persons(persons: Any) -> bool:
    return (
        isinstance(persons, dict)
        and len(persons) <= _MAXIMUM_PERSONS
        and all(isinstance(name, str) and 0 < len(name) <= _MAXIMUM_NAME for name in persons.values())
    )
