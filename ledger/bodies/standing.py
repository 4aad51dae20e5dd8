"""The periods of a certification body's standing: an approval that runs out ends a period on its own."""

from collections.abc import Iterator

from ledger.bodies.state import MACHINE, BodyState
from ledger.days import FOREVER, Day, add_days
from ledger.timeline import Timeline, states


def standing_periods(timeline: Timeline[BodyState]) -> Iterator[tuple[Day, Day, int, bool, BodyState]]:
    """Yield first day, first day no more (empty: none), version, whether approved, and the state behind it."""
    walk = states(MACHINE, timeline.applied)
    for index, (fact, state) in enumerate(walk):
        ends = walk[index + 1][0].effective if index + 1 < len(walk) else ""
        if ends == fact.effective:
            continue
        approved = state.approved and not state.suspended
        if approved and state.until != FOREVER and fact.effective <= state.until and (not ends or state.until < ends):
            lapses = add_days(state.until, 1)
            if lapses != ends:
                yield fact.effective, lapses, fact.version, True, state
                yield lapses, ends, fact.version, False, state
                continue
        yield fact.effective, ends, fact.version, approved and fact.effective <= state.until, state
