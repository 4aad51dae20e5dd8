"""What the consumers need of their surroundings: a lock that makes one leader, bookmarks, and someone who watches.

The consumers know these ports alone; implementations are given to them where a process is put together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Protocol

from ledger.evidence.growth import StoredCheckpoint
from ledger.evidence.links import LinkedCheckpoint
from ledger.evidence.maprules import Entry, LoggedRoot
from ledger.evidence.tiles import Tile


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


class Growth(Protocol):
    """One transaction in which the stored tree grows; no other process can grow it meanwhile."""

    def entries(self, after: int, through: int) -> Iterator[Sequence[bytes]]:
        """Yield the entries of positions ``after + 1`` to ``through``, read now; ends early where one is missing."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile, read now; empty where there is none."""
        ...

    def put(self, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Write tiles; a row only grows. Raises ``SigningRefused`` where the row does not begin with what was there."""
        ...

    def publish(self, size: int, root: bytes, note: bytes) -> LinkedCheckpoint:
        """Write the signed checkpoint, which is visible together with the tiles once the transaction ends."""
        ...


class NotaryStore(Protocol):
    """The notary's tables, and the log it reads. Every method raises ``LogUnavailable`` where they are out of reach."""

    def head(self) -> int:
        """Return the last position of the log, 0 for none."""
        ...

    def newest(self) -> LinkedCheckpoint | None:
        """Return the checkpoint with the most leaves."""
        ...

    def numbered(self, number: int) -> LinkedCheckpoint | None:
        """Return the checkpoint of a number."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile; empty where there is none."""
        ...

    def entries(self, after: int, through: int) -> Iterator[Sequence[bytes]]:
        """Yield the entries of positions ``after + 1`` to ``through``; ends early where one is missing."""
        ...

    def alarms(self) -> Sequence[dict[str, Any]]:
        """Return the findings that nobody has cleared yet."""
        ...

    def raise_alarm(self, findings: Sequence[dict[str, Any]]) -> None:
        """Keep findings until somebody clears them."""
        ...

    def growing(self, size: int) -> AbstractContextManager[Growth]:
        """Begin to grow the tree of ``size`` leaves; raises ``ConcurrentUpdate`` where another size is the newest.

        Leaving without an error commits, and is durable then. Raises ``SigningRefused`` while an alarm stands.
        """
        ...

    def wait(self, seconds: float) -> None:
        """Return when something was recorded, or after so many seconds."""
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...


class SignedMemory(Protocol):
    """What the notary remembers outside the database; only one process at a time holds it."""

    def acquire(self) -> bool:
        """Become its holder; True if held now."""
        ...

    def release(self) -> None:
        """Let another process hold it."""
        ...

    def load(self) -> bytes | None:
        """Return the note of the last signed checkpoint, or None."""
        ...

    def keep(self, note: bytes) -> None:
        """Put a note in its place; it has survived a power cut when this returns."""
        ...

    def load_link(self) -> bytes | None:
        """Return the link of a checkpoint that is in the database for certain, or None."""
        ...

    def keep_link(self, link: bytes) -> None:
        """Put the link in its place; it has survived a power cut when this returns."""
        ...

    def alarms(self) -> Sequence[dict[str, Any]]:
        """Return the findings for which signing was stopped."""
        ...

    def raise_alarm(self, findings: Sequence[dict[str, Any]]) -> None:
        """Keep findings for which nothing may be signed any more."""
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


class Stepping(Protocol):
    """One transaction in which the status map moves on; no other process can move it meanwhile."""

    def entries(self, after: int, through: int) -> Iterator[Entry]:
        """Yield the entries of positions ``after + 1`` to ``through`` that may concern the map."""
        ...

    def is_refusal(self, source: str, identity: str) -> bool:
        """Tell whether an event recorded before is a refusal."""
        ...

    def tiles(self, paths: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Return tiles as the map is now; what is not there is not in the answer."""
        ...

    def put(self, size: int, root: bytes, tiles: Mapping[bytes, bytes]) -> None:
        """Write the tiles that changed, and that the map covers ``size`` entries now."""
        ...


class MapStore(Protocol):
    """The status map's tables, and the log it follows. Every method raises ``LogUnavailable`` out of reach."""

    def head(self) -> tuple[int, datetime | None]:
        """Return the last position of the log and when it was recorded."""
        ...

    def state(self) -> tuple[int, bytes | None]:
        """Return how many entries the map covers, and its root."""
        ...

    def last_root(self) -> tuple[int, datetime | None]:
        """Return size and time of the last root that was found recorded, (0, None) for none."""
        ...

    def root_at(self, size: int) -> bytes | None:
        """Return the recorded root over so many entries."""
        ...

    def logged_after(self, previous: int) -> tuple[LoggedRoot, int, datetime] | None:
        """Return the recorded root that follows one, its position and time."""
        ...

    def recorded(self, position: int) -> datetime:
        """Return when an event was recorded."""
        ...

    def locate(self, root: LoggedRoot, position: int, recorded: datetime) -> None:
        """Note where a root is recorded."""
        ...

    def undo(self, last_root: int, root: bytes | None) -> None:
        """Put the map back to the last recorded root."""
        ...

    def step(self, size: int) -> AbstractContextManager[Stepping]:
        """Begin to move the map on from ``size`` entries; raises ``ConcurrentUpdate`` where it is elsewhere."""
        ...

    def wait(self, seconds: float) -> bool:
        """Return whether somebody asked for a root within so many seconds."""
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...


class CoseStore(Protocol):
    """Checkpoints, and where their COSE signatures go. Every method raises ``LogUnavailable`` out of reach."""

    def newest(self) -> StoredCheckpoint | None:
        """Return the checkpoint with the most leaves."""
        ...

    def put(self, size: int, protected: bytes, signature: bytes) -> None:
        """Write a checkpoint's signature, unless it is there."""
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...
