"""Erasures that were carried out come to be recorded, also those that a killed process left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from api.http.appender import Overloaded
from infra.vault.erasing import record_pending
from infra.vault.store import Vault
from ledger.log import LogUnavailable
from ledger.outcomes import Outcome
from ledger.service import Incoming

EVERY_SECONDS = 60.0


async def finish_erasures(
    vault: Vault, submit: Callable[[Sequence[Incoming]], Awaitable[list[Outcome]]], seconds: float = EVERY_SECONDS
) -> None:
    """Record what is pending now, and every so often, until cancelled; an outage is sat out."""
    log = structlog.get_logger("certledger.vault")
    loop = asyncio.get_running_loop()

    def submitted(incoming: Sequence[Incoming]) -> list[Outcome]:
        return asyncio.run_coroutine_threadsafe(_awaited(submit, incoming), loop).result()

    while True:
        try:
            count = await asyncio.to_thread(record_pending, vault, submitted)
            if count:
                log.info("erasures.recorded", events=count)
        except (psycopg.Error, PoolTimeout, LogUnavailable, Overloaded, RuntimeError) as error:
            log.warning("erasures.not_recorded", error=type(error).__name__)
        await asyncio.sleep(seconds)


async def _awaited(
    submit: Callable[[Sequence[Incoming]], Awaitable[list[Outcome]]], incoming: Sequence[Incoming]
) -> list[Outcome]:
    return await submit(incoming)
