"""Token buckets for any number of clients in bounded memory: one number a client, forgotten when its bucket is full.

A bucket is kept as the moment at which it will be full again (the generic cell rate algorithm, ITU-T I.371).
"""

from collections.abc import Callable
from time import monotonic

KEPT = 32_768


class Rate:
    """So many units a second for each key, and ``burst`` at once; ``name`` is the policy's name in header fields."""

    def __init__(
        self, name: str, per_second: float, burst: float, *, kept: int = KEPT, clock: Callable[[], float] = monotonic
    ) -> None:
        self.name = name
        self.burst = burst
        self.window = burst / per_second
        self._interval = 1 / per_second
        self._kept = kept
        self._clock = clock
        # A bucket that nobody touched for a window is full, as good as none: two generations forget it for nothing.
        self._recent: dict[str, float] = {}
        self._older: dict[str, float] = {}
        self._turns_at = clock() + self.window

    def take(self, key: str, units: float = 1.0) -> float:
        """Take units; return 0 where they were there, else the seconds after which they will be, and take none.

        More than the bucket holds is taken as all that it holds, so that nothing is refused for ever.
        """
        now = self._clock()
        if now >= self._turns_at:
            self._turn(now)
        full_at = max(self._full_at(key), now) + min(units, self.burst) * self._interval
        # One nanosecond of tolerance: what was promised by rounding must be there.
        wait = full_at - now - self.window
        if wait > 1e-9:
            return wait
        self._recent[key] = full_at
        if len(self._recent) >= self._kept:
            self._turn(now)
        return 0.0

    def left(self, key: str) -> tuple[int, float]:
        """Return the whole units that are there now, and the seconds until the bucket is full."""
        missing = max(self._full_at(key) - self._clock(), 0.0)
        return int((self.window - missing) / self._interval + 1e-6), missing

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def _full_at(self, key: str) -> float:
        found = self._recent.get(key)
        return self._older.get(key, 0.0) if found is None else found

    def _turn(self, now: float) -> None:
        self._older, self._recent = self._recent, {}
        self._turns_at = now + self.window


def told(rate: Rate, key: str) -> dict[str, str]:
    """Return the header fields that tell a client its quota (draft-ietf-httpapi-ratelimit-headers-10, section 3)."""
    units, seconds = rate.left(key)
    return {
        "RateLimit-Policy": f'"{rate.name}";q={int(rate.burst)};w={max(round(rate.window), 1)}',
        "RateLimit": f'"{rate.name}";r={units};t={max(round(seconds), 0)}',
    }
