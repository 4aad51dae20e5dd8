"""A record that never became a submission is published once as a dead letter, with its reason and where it came from.

The letter carries at most ``LARGEST_BYTES`` of the record; the whole of it stays in the topic that it came by. Of one
that may tell of a person it carries nothing but size and digest, and the record does not stay either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from consumers.cluster import Bootstrap
from consumers.numbered import Numbered, NumberedSource
from consumers.ports import Leadership, Observer, RelayBookmark
from consumers.publisher import Message, Publisher
from consumers.submissions import Arrived
from consumers.topic_reader import Topic
from ledger.envelope import MAXIMUM_BYTES
from ledger.refusals import Refusal
from projections.feed import lane_of

LARGEST_BYTES = MAXIMUM_BYTES


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What is kept of a record; ``size`` and ``digest`` (SHA-256) are the whole value's, ``value`` its beginning."""

    topic: str
    partition: int
    offset: int
    reason: str
    size: int
    digest: bytes
    value: bytes


class StoredLetter(Protocol):
    """A dead letter with its number, as the store gives it back."""

    @property
    def position(self) -> int: ...  # noqa: D102 - as in DeadLetter
    @property
    def topic(self) -> str: ...  # noqa: D102 - as in DeadLetter
    @property
    def partition(self) -> int: ...  # noqa: D102 - as in DeadLetter
    @property
    def offset(self) -> int: ...  # noqa: D102 - as in DeadLetter
    @property
    def reason(self) -> str: ...  # noqa: D102 - as in DeadLetter
    @property
    def size(self) -> int: ...  # noqa: D102 - as in DeadLetter
    @property
    def digest(self) -> bytes: ...  # noqa: D102 - as in DeadLetter
    @property
    def value(self) -> bytes: ...  # noqa: D102 - as in DeadLetter
    @property
    def stored(self) -> datetime: ...  # noqa: D102 - when it was laid aside


def dead_letter_of(arrived: Arrived) -> DeadLetter | None:
    """Return the letter for a record that never became a submission, ``None`` for one that did."""
    if not isinstance(arrived.submission, Refusal):
        return None
    origin = arrived.origin
    return DeadLetter(
        origin.topic,
        origin.partition,
        origin.offset,
        arrived.submission.code,
        len(origin.value),
        sha256(origin.value).digest(),
        b"" if origin.is_personal else origin.value[:LARGEST_BYTES],
    )


def message_of(letter: StoredLetter) -> Message:
    """Return the message that carries one letter; its key is the record's place, its headers tell the rest."""
    refusal = Refusal(letter.reason)
    headers = (
        ("content-type", b"application/octet-stream"),
        ("reason", letter.reason.encode()),
        ("reason_zh", refusal.title("zh").encode()),
        ("reason_en", refusal.title("en").encode()),
        ("origin_topic", letter.topic.encode()),
        ("origin_partition", b"%d" % letter.partition),
        ("origin_offset", b"%d" % letter.offset),
        ("origin_size", b"%d" % letter.size),
        ("origin_sha256", letter.digest.hex().encode()),
    )
    place = f"{letter.topic}/{letter.partition}/{letter.offset}"
    return Message(letter.position, lane_of(place), place.encode(), letter.value, headers, letter.stored)


def dead_letters_relay(
    *,
    letters: Numbered[StoredLetter],
    bootstrap: Bootstrap,
    topic: str,
    leadership: Leadership,
    bookmark: RelayBookmark,
    ensure_topics: Callable[[], object],
    observer: Observer | None = None,
) -> Publisher:
    """Return the publisher that fills ``topic`` with the dead letters, each once; ``run(stop)`` it."""
    return Publisher(
        name="dead_letters",
        source=NumberedSource(letters, message_of),
        topic=Topic(bootstrap, topic, "dead_letter"),
        leadership=leadership,
        bookmark=bookmark,
        ensure_topics=ensure_topics,
        observer=observer,
    )
