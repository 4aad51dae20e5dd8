"""Legality is judged on the effective timeline, with the new fact inserted at its own day.

A stream's facts are *applied* (they hold), *held* (they wait for a fact that has not been reported yet) or void.
What was applied stays applied until a correction takes it back; a held fact is applied by itself as soon as the
timeline admits it. Within a day, facts stand in the order in which they were recorded.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from ledger.facts import Fact
from ledger.values import quickly_made


@dataclass(frozen=True, slots=True)
class Illegal:
    """Why a fact may not stand at its place; ``may_wait`` says that an earlier fact could make it legal.

    Where only a dated rule forbids it, ``regardless`` is the state that it would make: a fact that was recorded under
    the rules of its day stands, whatever the tables say later.
    """

    code: str
    may_wait: bool = False
    pointer: str = ""
    params: tuple[tuple[str, str], ...] = ()
    regardless: Any = None


StateT = TypeVar("StateT")
SEARCH_STEPS = 20_000


class Machine(Protocol[StateT]):
    """The rules of one family: a start and a step along the effective timeline."""

    def start(self) -> StateT:
        """Return the state before the first fact."""
        ...

    def step(self, state: StateT, fact: Fact) -> StateT | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        ...


def order(fact: Fact) -> tuple[str, bool, int]:
    """Return the place of a fact on the timeline: its day, then the order of recording.

    The marker of expiry stands at the end of its day, which is a day of validity: what happened on that day and was
    reported later still comes before it.
    """
    return (fact.effective, fact.type == "certificate.expired", fact.version)


@quickly_made
@dataclass(frozen=True, slots=True)
class Timeline(Generic[StateT]):
    """All facts of one stream as known so far; ``tip`` is the state after the last applied fact."""

    version: int
    applied: tuple[Fact, ...]
    held: tuple[Fact, ...]
    tip: StateT

    def find(self, source: str, identity: str) -> Fact | None:
        """Return the fact with this permanent identity, applied or held."""
        return next((f for f in (*self.applied, *self.held) if f.id == identity and f.source == source), None)


@quickly_made
@dataclass(frozen=True, slots=True)
class Placement(Generic[StateT]):
    """Where a new fact came to stand: applied or held (and why), and the held facts it released.

    ``tip`` is the state after it, where the fact simply became the last one.
    """

    applied: bool
    releases: tuple[int, ...] = ()
    why: Illegal | None = None
    tip: StateT | None = None


def empty(machine: Machine[StateT]) -> Timeline[StateT]:
    """Return the timeline of a stream about which nothing is known."""
    return Timeline(0, (), (), machine.start())


def recorded_step(machine: Machine[StateT], state: StateT, fact: Fact) -> StateT | Illegal:
    """Return the state after a fact that was recorded before: rules of the calendar do not judge it again."""
    after = machine.step(state, fact)
    if isinstance(after, Illegal) and after.regardless is not None:
        legal: StateT = after.regardless
        return legal
    return after


def _step(machine: Machine[StateT], state: StateT, fact: Fact, *, is_new: bool) -> StateT | Illegal:
    if is_new:
        return machine.step(state, fact)
    return recorded_step(machine, state, fact)


def place(machine: Machine[StateT], timeline: Timeline[StateT], fact: Fact) -> Placement[StateT] | Illegal:
    """Return where the fact comes to stand, or why it can never stand."""
    if not timeline.held and (not timeline.applied or order(timeline.applied[-1]) < order(fact)):
        after = machine.step(timeline.tip, fact)
        if not isinstance(after, Illegal):
            return Placement(applied=True, tip=after)
        return Placement(applied=False, why=after) if after.may_wait else after
    chosen = _settle(machine, timeline.applied, (*timeline.held, fact))
    if chosen is None:
        raise AssertionError("applied facts are always legal by themselves")
    if fact.version in chosen:
        return Placement(applied=True, releases=tuple(sorted(chosen - {fact.version})))
    why = _objection(machine, timeline.applied, fact)
    return Placement(applied=False, why=why) if why.may_wait else why


def put(
    machine: Machine[StateT], timeline: Timeline[StateT], fact: Fact, placement: Placement[StateT]
) -> Timeline[StateT]:
    """Return the timeline with the fact where :func:`place` put it."""
    if placement.tip is not None:
        return Timeline(fact.version, (*timeline.applied, fact), (), placement.tip)
    return evolve(machine, timeline, fact, applied=placement.applied, releases=placement.releases)


def amend(
    machine: Machine[StateT], timeline: Timeline[StateT], target: Fact, amended: Fact
) -> tuple[int, ...] | Illegal:
    """Return the held facts that a correction releases, or why the rest of the timeline forbids it."""
    kept = tuple(f for f in timeline.applied if f.version != target.version)
    waiting = tuple(f for f in timeline.held if f.version != target.version)
    was_applied = len(kept) < len(timeline.applied)
    if was_applied and not amended.void:
        kept = _insert(kept, amended)
    elif not was_applied and not amended.void:
        waiting = (*waiting, amended)
    chosen = _settle(machine, kept, waiting, judged=target.version)
    if chosen is None:
        return _first_objection(machine, kept, judged=target.version)
    return tuple(sorted(chosen))


def evolve(
    machine: Machine[StateT],
    timeline: Timeline[StateT],
    fact: Fact,
    *,
    applied: bool,
    releases: Sequence[int] = (),
) -> Timeline[StateT]:
    """Return the timeline after a recorded fact, exactly as its record says; nothing is decided again."""
    if applied and not releases and not timeline.held:
        if not timeline.applied or order(timeline.applied[-1]) < order(fact):
            tip = recorded_step(machine, timeline.tip, fact)
            if not isinstance(tip, Illegal):
                return Timeline(fact.version, (*timeline.applied, fact), (), tip)
        return _rebuilt(machine, fact.version, _insert(timeline.applied, fact), ())
    facts, held = timeline.applied, timeline.held
    if applied:
        facts = _insert(facts, fact)
    else:
        held = (*held, fact)
    return _rebuilt(machine, fact.version, *_release(facts, held, releases))


def evolve_amended(
    machine: Machine[StateT],
    timeline: Timeline[StateT],
    amended: Fact,
    *,
    version: int,
    releases: Sequence[int] = (),
) -> Timeline[StateT]:
    """Return the timeline after a recorded correction; ``version`` is the correction's own."""
    was_applied = any(f.version == amended.version for f in timeline.applied)
    facts = tuple(f for f in timeline.applied if f.version != amended.version)
    held = tuple(f for f in timeline.held if f.version != amended.version)
    if not amended.void:
        if was_applied:
            facts = _insert(facts, amended)
        else:
            held = (*held, amended)
    return _rebuilt(machine, version, *_release(facts, held, releases))


def states(machine: Machine[StateT], applied: Iterable[Fact]) -> list[tuple[Fact, StateT]]:
    """Return each applied fact with the state after it, in timeline order."""
    state, walk = machine.start(), []
    for fact in applied:
        after = recorded_step(machine, state, fact)
        if isinstance(after, Illegal):
            raise TypeError(f"recorded as applied but illegal: {fact.type} v{fact.version}: {after.code}")
        state = after
        walk.append((fact, state))
    return walk


def state_on(machine: Machine[StateT], timeline: Timeline[StateT], day: str) -> StateT:
    """Return the state at the end of a day, as far as is known."""
    if not timeline.applied or timeline.applied[-1].effective <= day:
        return timeline.tip
    state = machine.start()
    for fact, after in states(machine, timeline.applied):
        if fact.effective > day:
            break
        state = after
    return state


def changed(fact: Fact, by: int, replacement: dict[str, object] | None) -> Fact:
    """Return the fact as a correction leaves it: with other data, or void."""
    if replacement is None:
        return replace(fact, corrected_by=by, void=True)
    return replace(fact, corrected_by=by, data=replacement, effective=str(replacement["effective"]))


def _insert(facts: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    placed = list(facts)
    insort(placed, fact, key=order)
    return tuple(placed)


def _release(
    facts: tuple[Fact, ...], held: tuple[Fact, ...], releases: Sequence[int]
) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    for fact in held:
        if fact.version in releases:
            facts = _insert(facts, fact)
    return facts, tuple(f for f in held if f.version not in releases)


def _rebuilt(
    machine: Machine[StateT], version: int, facts: tuple[Fact, ...], held: tuple[Fact, ...]
) -> Timeline[StateT]:
    walk = states(machine, facts)
    return Timeline(version, facts, held, walk[-1][1] if walk else machine.start())


def _settle(
    machine: Machine[StateT], mandatory: tuple[Fact, ...], waiting: tuple[Fact, ...], judged: int | None = None
) -> frozenset[int] | None:
    """Choose which waiting facts join the mandatory ones: the first legal choice that prefers earlier days.

    Returns their versions, or ``None`` where the mandatory facts alone are illegal; of these, only the one of version
    ``judged`` is judged by today's rules. A search that grows beyond
    :data:`SEARCH_STEPS` is given up: then at most the newest of the waiting facts joins, and the others stay held.
    """
    optional = {fact.version for fact in waiting}
    walk = sorted((*mandatory, *waiting), key=order)
    taken: list[tuple[int, StateT, StateT]] = []
    dead: set[tuple[int, StateT]] = set()
    index, state = 0, machine.start()
    for _ in range(SEARCH_STEPS + len(walk)):
        if index == len(walk):
            return frozenset(walk[place_of].version for place_of, _, _ in taken)
        fact = walk[index]
        is_new = fact.version in optional or fact.version == judged
        after = _step(machine, state, fact, is_new=is_new)
        if fact.version in optional:
            if not isinstance(after, Illegal) and (index, after) not in dead:
                taken.append((index, state, after))
                state = after
        elif not isinstance(after, Illegal):
            state = after
        elif taken:
            index, state, after = taken.pop()
            dead.add((index, after))
        else:
            return None
        index += 1
    return _settle(machine, mandatory, waiting[-1:], judged) if len(waiting) > 1 else frozenset()


def _objection(machine: Machine[StateT], applied: tuple[Fact, ...], fact: Fact) -> Illegal:
    """Say why a fact cannot join the applied ones now: its own place, or a later fact it would contradict."""
    state = machine.start()
    for earlier in (f for f in applied if order(f) < order(fact)):
        after = recorded_step(machine, state, earlier)
        if not isinstance(after, Illegal):
            state = after
    own = machine.step(state, fact)
    if isinstance(own, Illegal):
        return own
    return _first_objection(machine, _insert(applied, fact), judged=fact.version, may_wait=True)


def _first_objection(
    machine: Machine[StateT], facts: tuple[Fact, ...], *, judged: int, may_wait: bool = False
) -> Illegal:
    state = machine.start()
    for fact in facts:
        after = _step(machine, state, fact, is_new=fact.version == judged)
        if isinstance(after, Illegal):
            if fact.version == judged:
                return after
            later = (("later", fact.type), ("day", fact.effective), ("identity", f"{fact.source}/{fact.id}"))
            waits = after.may_wait and may_wait
            return Illegal("contradicts_later_fact", may_wait=waits, params=later)
        state = after
    # Legal by itself: only a search that was given up leaves it beside facts that it excludes.
    return Illegal("contradicts_later_fact", may_wait=True)
