"""Answers a batch of status questions from two views: which one knows, for which day.

The register alone answers for today, with what bears on the certificate from other streams; history answers for every
other day, and for today where a recorded fact takes effect later, so that the register is ahead of it.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

import psycopg

from ledger.codes.statuses import Status
from ledger.days import Day, china_day
from projections.history.query import certificates_as_of
from projections.register.query import certificates_now, held_facts

Connection = psycopg.AsyncConnection[Any]
Question = tuple[str, Day]
Answer = tuple[dict[str, Any] | None, list[dict[str, Any]]]
_FROM_OTHER_STREAMS = frozenset({"short_notice_audit_due", "short_notice_audit_overdue", "finding_open", "case_open"})


class Statuses:
    """Reads the state of certificates on a day, as known now, with the facts that wait."""

    def __init__(
        self,
        reader: Callable[[], AbstractAsyncContextManager[Connection]],
        clock: Callable[[], datetime],
        *,
        refused: bool = False,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._refused = refused

    async def read(self, asked: Sequence[Question]) -> Sequence[Answer]:
        """Return the state (``None`` before anything took effect) and the held facts for each stream and day."""
        today = china_day(self._clock())
        current = [question for question in asked if question[1] == today]
        async with self._reader() as connection:
            now = await certificates_now(connection, current, refused=self._refused) if current else []
            register = dict(zip(current, now, strict=True))
            other = [question for question in asked if not _is_plain(register.get(question))]
            history = dict(zip(other, await certificates_as_of(connection, other), strict=True)) if other else {}
            held = await held_facts(connection, [stream for stream, _ in other]) if other else {}
            if self._refused:
                # History holds no refused application; of one, nothing is said after the refusal.
                missing = [question for question in other if history.get(question) is None]
                rows = await certificates_now(connection, missing, refused=True) if missing else []
                history |= {q: row for q, row in zip(missing, rows, strict=True) if _is_refused_on(row, q[1])}
        return [_joined(register.get(question), history.get(question), held.get(question[0])) for question in asked]


def _is_refused_on(row: dict[str, Any] | None, day: Day) -> bool:
    return row is not None and row["status"] == Status.REFUSED and row["since"] <= day


def _is_plain(row: dict[str, Any] | None) -> bool:
    """Return whether the register's row holds for today: nothing recorded takes effect later."""
    return row is not None and row["pending_from"] is None


def _joined(
    register: dict[str, Any] | None, history: dict[str, Any] | None, held: list[dict[str, Any]] | None
) -> Answer:
    if register is not None and _is_plain(register):
        return (register if register["since"] else None), register["held"]
    if history is not None and register is not None:
        bears = [flag for flag in register["flags"] if flag in _FROM_OTHER_STREAMS]
        seen = register["rests_on_restricted"]
        history = {**history, "flags": [*history["flags"], *bears], "rests_on_restricted": seen}
    return history, held or []
