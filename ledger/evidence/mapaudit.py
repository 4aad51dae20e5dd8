"""Computes the status map anew from the entries of a log, and compares every root that the log recorded of it.

Changes wait until the root that covers them is met, since a root is recorded a little after the entries it covers. What
it remembers is in a temporary file but for a bounded part, whatever the size of the log.
"""

import sqlite3

from ledger.evidence.maprules import Change, Entry, apply, change_of, logged_root, refusal_of
from ledger.evidence.mapstore import AuditStore
from ledger.evidence.maptiles import TiledMap
from ledger.evidence.report import Report
from ledger.evidence.strict import EvidenceError, encode_base64

_AT_ONCE = 4_096


class MapAudit:
    """Sees entries in order of their index; once one is missing, the later roots cannot be checked and it says so."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._opened: AuditStore | None = None
        self._waiting: list[Change] = []
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
        except sqlite3.Error as error:
            # No room for what must be remembered is no fault of the log.
            self._is_whole = False
            self._report.add("MAP_UNCHECKED", entry.index, detail=f"SQLite: {error}")

    def close(self) -> None:
        """Say what could not be checked, and forget the rest."""
        if self.unchecked:
            self._report.notes.append(
                f"{self.unchecked} 个状态图根因缺少条目未核验"
                f" / {self.unchecked} roots of the status map were not checked, since entries are not there"
            )
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _store(self) -> AuditStore:
        """The store, opened when something is to be remembered first."""
        self._opened = self._opened or AuditStore()
        return self._opened

    def _take(self, entry: Entry) -> None:
        if self._is_whole:
            refusal = refusal_of(entry)
            if refusal is not None:
                self._store.refuse(*refusal)
            change = change_of(entry, self._is_refusal)
            if change is not None:
                self._wait(change)
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

    def _is_refusal(self, source: str, identity: str) -> bool:
        return self._opened is not None and self._opened.is_refusal(source, identity)

    def _wait(self, change: Change) -> None:
        self._waiting.append(change)
        if len(self._waiting) >= _AT_ONCE:
            self._store.wait(self._waiting)
            self._waiting.clear()

    def _root(self, size: int) -> bytes:
        store = self._store
        store.wait(self._waiting)
        self._waiting.clear()
        while True:
            tiles = TiledMap(store.tiles)
            batch = store.due(size, _AT_ONCE)
            apply(tiles, batch)
            store.put(tiles.changed())
            if len(batch) < _AT_ONCE:
                return tiles.root()
