"""A numbered store as a source of messages: what is published is what is stored, in the order of its numbers."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Generic, Protocol, TypeVar

from consumers.publisher import Message

StoredT = TypeVar("StoredT")
_StoredT_co = TypeVar("_StoredT_co", covariant=True)


class Numbered(Protocol[_StoredT_co]):
    """What is stored as a log, numbered from 1 upwards."""

    def head(self) -> int:
        """Return the last number, 0 for none."""
        ...

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[_StoredT_co]]:
        """Yield batches for ever; an empty one when nothing came in time."""
        ...


class NumberedSource(Generic[StoredT]):
    """The messages of everything that is stored."""

    def __init__(self, stored: Numbered[StoredT], message_of: Callable[[StoredT], Message]) -> None:
        self._stored = stored
        self._message_of = message_of

    def head(self) -> int:
        """Return the last number."""
        return self._stored.head()

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[Message]]:
        """Yield the messages of all that is stored after a number, for ever."""
        with closing(self._stored.follow(after, wait_seconds=wait_seconds)) as batches:
            for batch in batches:
                yield [self._message_of(each) for each in batch]
