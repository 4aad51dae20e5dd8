"""Keeps views up to date from a feed, for ever: an outage is sat out, and no event is lost or applied twice.

Each view advances its own bookmark in the transaction of its rows; when another process was faster, the feed is
asked again from the bookmarks as they are now. A view that stands still at a poison event leaves the others to go on.
"""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from threading import Event
from typing import Protocol, cast

import structlog

from consumers.patience import TROUBLE, Patience
from consumers.ports import Observer, Spans, Unobserved, untraced
from ledger.days import parse_instant
from projections.feed import LANES, Bookmarks, Delivered, Feed
from projections.projector import BookmarkMoved, Poisoned

# A transaction costs as much as many events: after a small batch the next one may grow for a moment.
SMALL_BATCH = 100
GATHER_SECONDS = 0.015

log = structlog.get_logger(__name__)


class View(Protocol):
    """A view as its run sees it; :class:`projections.projector.Projector` is one."""

    def apply(self, batch: Sequence[Delivered]) -> object:
        """Fold a batch in one transaction with the bookmark, passing over what is not after it."""
        ...

    def bookmarks(self) -> Bookmarks:
        """Return the position up to which each lane is applied."""
        ...

    def close(self) -> None:
        """Let go of the connection; it is opened again when needed."""
        ...


class _Closable(Protocol):
    def close(self) -> None: ...


class ProjectionRun:
    """Feeds one view, or several that share a feed."""

    def __init__(
        self,
        feed: Feed,
        views: Sequence[View],
        *,
        name: str,
        observer: Observer | None = None,
        spans: Spans = untraced,
    ) -> None:
        self._spans = spans
        self.name = name
        self._feed = feed
        self._views = list(views)
        self._observer = observer or Unobserved()
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Project until ``stop`` is set."""
        try:
            while not stop.is_set() and self._views:
                try:
                    self._project(stop)
                except BookmarkMoved as moved:
                    log.info("projection.bookmark_moved", run=self.name, reason=str(moved))
                    self._patience.wait(stop)
                except TROUBLE as error:
                    self._observer.trouble(self.name, error)
                    log.warning("projection.interrupted", run=self.name, error=repr(error))
                    self._let_go()
                    self._patience.wait(stop)
        finally:
            self._let_go()
            for view in self._views:
                view.close()
        # Every view stands still: the lanes are free for a member that can go on, and this run has no more to do.
        stop.wait()

    def bookmarks(self) -> Bookmarks:
        """Return, for each lane, the bookmark of the view that is furthest behind."""
        marks = [view.bookmarks() for view in self._views]
        return {lane: min(each.get(lane, 0) for each in marks) for lane in range(LANES)}

    def _project(self, stop: Event) -> None:
        batches = self._feed.batches(self.bookmarks)
        with closing(cast("_Closable", batches)):
            for batch in batches:
                if batch:
                    linked = [delivered.traceparent for delivered in batch]
                    with self._spans("ledger.project", linked=linked, views=self.name, events=len(batch)):
                        self._apply(batch)
                    latest = max(batch, key=lambda delivered: delivered.position)
                    age = datetime.now(UTC) - parse_instant(latest.recorded.recorded)
                    self._observer.progress(self.name, latest.position, max(age.total_seconds(), 0.0))
                self._patience.restore()
                if stop.is_set() or not self._views:
                    return

    def _apply(self, batch: Sequence[Delivered]) -> None:
        for view in list(self._views):
            try:
                view.apply(batch)
            except Poisoned as error:
                self._views.remove(view)
                view.close()
                self._observer.trouble(f"{self.name}.{error.view}", error)

    def _let_go(self) -> None:
        try:
            self._feed.close()
        except TROUBLE as error:
            log.info("projection.feed_not_closed", run=self.name, error=repr(error))
