"""Computes the status map anew from the entries of a log, and compares every root that the log recorded of it.

Changes wait until the root that covers them is met, since a root is recorded a little after the entries it covers.
"""

from collections import deque

from ledger.evidence.maprules import Change, Entry, apply, change_of, logged_root, refusal_of
from ledger.evidence.maptiles import Path, TiledMap
from ledger.evidence.report import Report
from ledger.evidence.strict import EvidenceError, encode_base64

_AT_ONCE = 4_096


class MapAudit:
    """Sees entries in order of their index; once one is missing, the later roots cannot be checked and it says so."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._tiles: dict[Path, bytes] = {}
        self._refusals: set[tuple[str, str]] = set()
        self._waiting: deque[Change] = deque()
        self._following = 0
        self._is_whole = True
        self._last = 0
        self.checked = 0
        self.unchecked = 0

    def take(self, entry: Entry) -> None:
        """Take the next entry that is there."""
        self._is_whole = self._is_whole and entry.index == self._following
        self._following = entry.index + 1
        try:
            self._take(entry)
        except EvidenceError as error:
            self._is_whole = False
            self._report.add("MAP_ENTRY_WRONG", entry.index, detail=str(error))

    def close(self) -> None:
        """Say what could not be checked."""
        if self.unchecked:
            self._report.notes.append(
                f"{self.unchecked} 个状态图根因缺少条目未核验"
                f" / {self.unchecked} roots of the status map were not checked, since entries are not there"
            )

    def _take(self, entry: Entry) -> None:
        refusal = refusal_of(entry)
        if refusal is not None:
            self._refusals.add(refusal)
        change = change_of(entry, lambda source, name: (source, name) in self._refusals)
        if change is not None and self._is_whole:
            self._waiting.append(change)
        stated = logged_root(entry)
        if stated is None:
            return
        if not self._is_whole:
            self.unchecked += 1
            return
        self.checked += 1
        if stated.previous != self._last:
            detail = f"follows size {stated.previous}, the root before covers {self._last}"
            self._report.add("MAP_ROOT_WRONG", entry.index, detail=detail)
            return
        found, self._last = self._root(stated.size), stated.size
        if found != stated.root:
            detail = f"size {stated.size}: root {encode_base64(found)}, recorded {encode_base64(stated.root)}"
            self._report.add("MAP_ROOT_WRONG", entry.index, detail=detail)

    def _root(self, size: int) -> bytes:
        while True:
            tiles = TiledMap(lambda paths: {path: self._tiles[path] for path in paths if path in self._tiles})
            batch: list[Change] = []
            while self._waiting and self._waiting[0].index < size and len(batch) < _AT_ONCE:
                batch.append(self._waiting.popleft())
            apply(tiles, batch)
            self._tiles.update(tiles.changed())
            if len(batch) < _AT_ONCE:
                return tiles.root()
