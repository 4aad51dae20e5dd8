"""Submissions that bring disclosures are recorded only once their fields are in the vault; see :mod:`ledger.privacy`.

Where the vault cannot be reached those that bring fields are answered so, and their neighbours are recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import structlog

from api.http.problems import ProblemError, problem
from infra.services.errors import ServiceUnavailableError
from infra.vault.keys import SealBroken
from infra.vault.store import Vault
from ledger.outcomes import Outcome
from ledger.privacy.disclosed import Disclosed, Parsed
from ledger.privacy.keeping import FieldsUnavailable, Keeping
from ledger.refusals import Refusal
from ledger.service import Incoming

Submit = Callable[[Sequence[Incoming]], Awaitable[list[Outcome]]]
_log = structlog.get_logger("certledger.vault")


async def submitted(
    vault: Vault | None, parsed: Sequence[Parsed], incoming: Sequence[Incoming], submit: Submit
) -> list[Outcome]:
    """Return the outcomes of submissions, in order; ``parsed`` is what they were made of, with their fields."""
    if not any(isinstance(each, Disclosed) for each in parsed):
        return await submit(incoming)
    if vault is None:
        return await submit(_without(incoming, {i for i, each in enumerate(parsed) if isinstance(each, Disclosed)}))
    keeping = Keeping(vault, parsed, [each.submission for each in incoming])
    try:
        await asyncio.to_thread(keeping.before)
    except FieldsUnavailable as error:
        _log.error("vault.unavailable", error=str(error))
        return await submit(_without(incoming, keeping.indexes))
    outcomes = await submit(incoming)
    try:
        await asyncio.to_thread(keeping.after, outcomes)
    except FieldsUnavailable as error:
        # What was refused is swept within a day; whoever was accepted has an answer to get.
        _log.warning("vault.not_dropped", error=str(error))
    return outcomes


async def disclosed_of(vault: Vault | None, source: str, event_id: str) -> tuple[dict[str, str], frozenset[str]]:
    """Return what the vault keeps of an event by digest, and the digests that were erased."""
    return (
        await _asked(vault, lambda it: it.open(source, event_id)),
        await _asked(vault, lambda it: it.erased(source, event_id)),
    )


async def kept_of(vault: Vault | None, identities: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """Return what the vault keeps of each of these events by digest; nothing is asked of it where there are none."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    if identities:
        found = await _asked(vault, lambda it: it.open_all(identities))
    return found


def _without(incoming: Sequence[Incoming], indexes: set[int] | frozenset[int]) -> list[Incoming]:
    """Return the submissions with those refused whose fields cannot be kept."""
    return [
        replace(each, submission=Refusal("vault_unavailable", source=each.submission.source, id=each.submission.id))
        if index in indexes and not isinstance(each.submission, Refusal)
        else each
        for index, each in enumerate(incoming)
    ]


async def _asked(vault: Vault | None, work: Any) -> Any:
    if vault is None:
        raise problem("vault_unavailable")
    try:
        return await asyncio.to_thread(work, vault)
    except (psycopg.Error, SealBroken, ServiceUnavailableError) as error:
        _log.error("vault.unavailable", error=type(error).__name__)
        raise ProblemError(Refusal("vault_unavailable")) from error
