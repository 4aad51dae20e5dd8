"""Times of recording strictly increase with the position, so that *known at* has one answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_STEP = timedelta(microseconds=1)


def stamps(last: datetime | None) -> Iterator[datetime]:
    """Yield times of recording: now, or just after ``last`` where the clock stands or was set back."""
    instant = datetime.now(UTC)
    if last is not None and instant <= last:
        instant = last.astimezone(UTC) + _STEP
    while True:
        yield instant
        instant += _STEP
