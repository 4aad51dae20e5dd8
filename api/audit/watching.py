"""Keeps a watcher's memory of a live log in one file, and beside it the evidence where the log contradicts it.

The file is replaced whole, and on the disk, before a look is reported as good; a contradiction never replaces it.
"""

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from infra.http_log import LogUnreachable
from infra.notary_folder import write_durably
from ledger.evidence.notes import MAXIMUM_NOTE
from ledger.evidence.policy import Policy
from ledger.evidence.reader import LogReader
from ledger.evidence.report import Report
from ledger.evidence.strict import EvidenceError
from ledger.evidence.watch import look

FIRST_SIGHT = (
    "首次查看，无从比较；请妥存 {0} / seen for the first time, so that there is nothing to compare with; keep {0} safe"
)
KEPT = "两份签名检查点已存于 {0} / both signed checkpoints are kept in {0}"


class Watcher:
    """One log, watched from one memory; ``clock`` gives seconds since 1970."""

    def __init__(
        self,
        log: LogReader,
        policy: Policy,
        state: Path,
        max_age: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._log = log
        self._policy = policy
        self._state = state
        self._max_age = max_age
        self._clock = clock

    def look(self) -> Report:
        """Return what one look came to. Raises ``OSError`` where the memory cannot be read or written."""
        kept = self._kept()
        try:
            offered = self._log.note()
        except EvidenceError as error:
            return _unreadable(error)
        sight = look(kept, offered, self._policy, self._log.fetch, now=self._clock(), max_age=self._max_age)
        report = sight.report
        if sight.contradicts and kept is not None:
            report.notes.append(KEPT.format(self._keep_evidence(kept, offered)))
        elif sight.remember is not None and sight.remember != kept:
            write_durably(self._state, sight.remember)
            if kept is None:
                report.notes.append(FIRST_SIGHT.format(self._state))
        return report

    def _kept(self) -> bytes | None:
        try:
            with self._state.open("rb") as file:
                return file.read(MAXIMUM_NOTE + 1)
        except FileNotFoundError:
            return None

    def _keep_evidence(self, kept: bytes, offered: bytes) -> Path:
        name = sha256(kept + b"\0" + offered).hexdigest()[:16]
        place = self._state.with_name(f"{self._state.name}.evidence-{name}")
        write_durably(place, kept + b"\n" + offered)
        return place


def _unreadable(error: EvidenceError) -> Report:
    report = Report()
    unreachable = isinstance(error, LogUnreachable)
    report.add("LOG_UNREACHABLE" if unreachable else "CHECKPOINT_UNREADABLE", path="checkpoint", detail=str(error))
    return report
