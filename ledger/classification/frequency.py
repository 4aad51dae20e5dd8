"""How often an enterprise is patrolled: by its class, and never less often for a key list or a signal. S0-78, S1-15."""

from collections.abc import Iterable

from ledger.days import Day, add_months


def effective_interval(of_class: int | None, tightened_by: Iterable[int]) -> int | None:
    """Return the months between patrols: the least of the class's and those that tighten it; ``None`` without any."""
    intervals = [*([] if of_class is None else [of_class]), *tightened_by]
    return min(intervals) if intervals else None


def next_patrol(last: Day | None, known_since: Day, interval_months: int | None) -> Day | None:
    """Return the day on which the next patrol is due, counted from the last one, or from when one became due at all.

    An enterprise that was never patrolled is due from the day since which it is known.
    """
    if interval_months is None:
        return None
    return known_since if last is None else add_months(last, interval_months)
