"""Policies that react to a ledger in memory until nothing new follows, and that may be killed on the way."""

from collections.abc import Sequence
from typing import Any

from consumers.policies.notices import notices
from consumers.policies.requests import requests
from consumers.policies.run import Policies, Policy
from ledger.envelope import open_recorded
from ledger.log import LogUnavailable
from ledger.notices.state import NoticeState
from ledger.service import Ledger
from projections.feed import Bookmarks
from projections.store_feed import StoreFeed

BY_RULE: tuple[Policy, ...] = (notices, requests)


class Remembered:
    """Bookmarks in memory; while ``fails``, and at the moves named by number, it is as if the process had died."""

    def __init__(self, *killed_at: int) -> None:
        self.marks: dict[int, int] = {}
        self.refused: list[tuple[str, str, str]] = []
        self.fails = False
        self._killed_at, self._moves = killed_at, 0

    def bookmarks(self) -> Bookmarks:
        return dict(self.marks)

    def move(self, positions: Bookmarks) -> None:
        self._moves += 1
        if self.fails or self._moves in self._killed_at:
            raise LogUnavailable("killed before the bookmark moved")
        self.marks.update(positions)

    def keep_refusals(self, cause: int, refused: Sequence[tuple[str, str, str]]) -> None:
        del cause
        self.refused += refused


def react(ledger: Ledger, store: Remembered | None = None, policies: Sequence[Policy] = BY_RULE) -> Remembered:
    """Let the policies react to everything recorded, what they submit included."""
    store = store or Remembered()
    run = Policies(ledger, store, policies)
    for batch in StoreFeed(ledger.event_log, wait_seconds=0.01).batches(run.bookmarks):
        run.apply(batch)
        if not batch:
            return store
    raise AssertionError("the feed ended")


def events(ledger: Ledger, type_: str) -> list[dict[str, Any]]:
    """Every recorded event of a type, oldest first."""
    rows = ledger.event_log.read(0, 100_000)
    return [dict(open_recorded(row.position, row.raw).event) for row in rows if row.type == type_]


def notices_of(ledger: Ledger, kind: str | None = None) -> list[tuple[str, str, NoticeState]]:
    """Recipient, stream and state of every notice (of one kind), in order of creation."""
    found = []
    for event in events(ledger, "notice.created"):
        state: NoticeState = ledger.timeline(event["subject"]).tip
        if kind is None or state.kind == kind:
            found.append((state.recipient, event["subject"], state))
    return found


def told(ledger: Ledger, kind: str | None = None) -> list[str]:
    """Who stands told, by notices that were not taken back."""
    return [recipient for recipient, _, state in notices_of(ledger, kind) if not state.withdrawn]
