"""Each party finds the answers to its own submissions, each once, in a topic that it alone may read.

The topics are made with the parties' rights; those that are there are filled, from the first answer on, by one
publisher. It is begun anew when a topic is added, and what the topics hold says where each one goes on.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from hashlib import sha256
from threading import Event, Thread

import structlog

from consumers.cluster import Bootstrap
from consumers.intake import StoredAnswer, message_of
from consumers.numbered import Numbered, NumberedSource
from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, Observer, RelayBookmark
from consumers.publisher import Message, Publisher
from consumers.topic_reader import TopicFamily
from consumers.trust import party_of_topic
from ledger.access.audience import party_key

LOOK_AGAIN_SECONDS = 15.0

log = structlog.get_logger(__name__)


class PartyReceipts:
    """The publisher of all parties' own topics of receipts beside the shared one; ``run(stop)`` it."""

    def __init__(
        self,
        *,
        receipts: Numbered[StoredAnswer],
        bootstrap: Bootstrap,
        topic: str,
        topics: Callable[[], Collection[str]],
        leadership: Leadership,
        bookmark: Callable[[str], RelayBookmark],
        observer: Observer | None = None,
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> None:
        """``topics`` names the topics that the broker has; ``bookmark`` gives the one of that name."""
        self._receipts = receipts
        self._bootstrap = bootstrap
        self._topic = topic
        self._topics = topics
        self._leadership = leadership
        self._bookmark = bookmark
        self._observer = observer
        self._pause = look_again_seconds

    def run(self, stop: Event) -> None:
        """Publish until ``stop`` is set; outages of broker and database are sat out."""
        patience = Patience()
        while not stop.is_set():
            try:
                members = self._members()
            except TROUBLE as error:
                log.warning("party_receipts.interrupted", error=repr(error))
                patience.wait(stop)
                continue
            patience.restore()
            if members:
                self._fill(members, stop)
            else:
                stop.wait(self._pause)

    def _members(self) -> tuple[str, ...]:
        return tuple(sorted(each for each in self._topics() if party_of_topic(self._topic, each)))

    def _fill(self, members: tuple[str, ...], stop: Event) -> None:
        """Fill these topics until there are others, or ``stop`` is set."""
        lanes: dict[str, int] = {}
        for lane, name in enumerate(members):
            lanes.setdefault(party_key(party_of_topic(self._topic, name) or ""), lane)

        def addressed(answer: StoredAnswer) -> Message:
            return replace(message_of(answer), lane=lanes.get(answer.party or ""))

        # Lanes are counted within one set of topics: another set has a bookmark of its own.
        named = f"{self._topic}.* {sha256(' '.join(members).encode()).hexdigest()[:16]}"
        publisher = Publisher(
            name="party_receipts",
            source=NumberedSource(self._receipts, addressed),
            topic=TopicFamily(self._bootstrap, f"{self._topic}.*", "receipt", members),
            leadership=self._leadership,
            bookmark=self._bookmark(named),
            ensure_topics=lambda: None,
            observer=self._observer,
        )
        over = Event()
        watching = Thread(target=self._watch, args=(members, stop, over), name="party_receipts")
        watching.start()
        try:
            publisher.run(over)
        finally:
            over.set()
            watching.join()

    def _watch(self, members: tuple[str, ...], stop: Event, over: Event) -> None:
        """Set ``over`` once the work on these topics is at its end."""
        looked = 0.0
        while not over.is_set():
            if stop.wait(0.5):
                break
            looked += 0.5
            if looked >= self._pause:
                looked = 0.0
                try:
                    if self._members() != members:
                        break
                except TROUBLE as error:
                    log.warning("party_receipts.not_seen", error=repr(error))
        over.set()
