"""What the consumers need of their surroundings: a lock that makes one leader, bookmarks, and someone who watches.

The consumers know these ports alone; implementations are given to them where a process is put together.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Leadership(Protocol):
    """One holder among all processes; it ends with the process or with the connection that carries it."""

    def acquire(self, *, blocking: bool) -> bool:
        """Become the holder, waiting for it or not; True if held now. Raises ``LogUnavailable``."""
        ...

    def held(self) -> bool:
        """Whether it is held at this moment, asked of the server and not of memory."""
        ...

    def release(self) -> None:
        """Let another one lead."""
        ...


class Saved(Protocol):
    """How far a topic is known to be filled: all up to ``through``, and the last position of each partition."""

    @property
    def through(self) -> int:
        """Every message up to this position was acknowledged."""
        ...

    @property
    def lanes(self) -> Sequence[int]:
        """The last acknowledged position of each partition, 0 for none."""
        ...


class RelayBookmark(Protocol):
    """Keeps what is known of one topic. It only saves reading: the topic itself is asked at every start."""

    def load(self) -> Saved | None:
        """Return what was saved last, or None. Raises ``LogUnavailable``."""
        ...

    def save(self, through: int, lanes: Sequence[int]) -> None:
        """Save it. Raises ``LogUnavailable``."""
        ...


class PolicyStore(Protocol):
    """Keeps how far the policies have reacted, and what of theirs was refused."""

    def bookmarks(self) -> Mapping[int, int]:
        """Return, by lane, the position up to which everything was reacted to. Raises ``LogUnavailable``."""
        ...

    def move(self, positions: Mapping[int, int]) -> None:
        """Move the bookmarks of these lanes forward, never back. Raises ``LogUnavailable``."""
        ...

    def keep_refusals(self, cause: int, refused: Sequence[tuple[str, str, str]]) -> None:
        """Keep source, id and code of what was refused after the event at position ``cause``, each once."""
        ...


class Observer(Protocol):
    """Someone who watches a follower: metrics, logs, the health page."""

    def progress(self, follower: str, position: int, lag_seconds: float) -> None:
        """Report that the follower has handled all up to ``position``; ``lag_seconds`` is the age of the last one."""
        ...

    def trouble(self, follower: str, error: BaseException) -> None:
        """Report that the follower was interrupted and will try again."""
        ...


class Spans(Protocol):
    """Makes the span of one piece of work; ``linked`` are the trace contexts of the facts it works for."""

    def __call__(
        self,
        name: str,
        traceparent: str | None = None,
        *,
        linked: Sequence[str | None] = (),
        **attributes: str | float,
    ) -> AbstractContextManager[object]:
        """Return the span as a context."""
        ...


def untraced(
    name: str, traceparent: str | None = None, *, linked: Sequence[str | None] = (), **attributes: str | float
) -> AbstractContextManager[object]:
    """Trace nothing."""
    del name, traceparent, linked, attributes
    return nullcontext()


class Unobserved:
    """Nobody watches."""

    def progress(self, follower: str, position: int, lag_seconds: float) -> None:
        """Ignore it."""

    def trouble(self, follower: str, error: BaseException) -> None:
        """Ignore it."""
