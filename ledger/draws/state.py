"""A draw from announcement to publication: pools are frozen before the seed counts, and the ledger recomputes it.

What the organiser says was drawn is refused unless it is exactly what seed, contributions, pools and conflicts give.
Nothing waits and nothing is corrected here: a contribution that was known before the commitment, or a commitment that
is changed after a contribution, would let one party choose who is drawn. A mistake is another draw.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ledger.draws.selecting import (
    ALGORITHM,
    Drawn,
    PoolTooSmallError,
    commitment,
    draw_key,
    pool_digest,
    select,
    selection_digest,
)
from ledger.facts import Fact
from ledger.timeline import Illegal

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DrawState:
    """What was announced, listed, committed, contributed, drawn and published."""

    by: str = ""
    take: int = 0
    each: int = 0
    inspectees: frozenset[str] = frozenset()
    inspectors: frozenset[str] = frozenset()
    conflicts: Pairs = frozenset()
    seed_commitment: str = ""
    contributions: tuple[tuple[str, str], ...] = ()
    made: bool = False
    published: bool = False
    abandoned: bool = False

    def selection(self, seed: str) -> tuple[Drawn, ...]:
        """Return what a seed draws; raise :class:`PoolTooSmallError`."""
        key = draw_key(seed, dict(self.contributions))
        inspectors = sorted(self.inspectors)
        return select(key, self.inspectees, inspectors, self.conflicts, take=self.take, each=self.each)


Step = DrawState | Illegal


class DrawMachine:
    """Steps along one draw."""

    def start(self) -> DrawState:
        """Return the state before the announcement."""
        return DrawState()

    def step(self, state: DrawState, fact: Fact) -> Step:
        """Return the state after the fact, or why it may not stand here."""
        name = fact.type.removeprefix("draw.")
        if name == "announced":
            return _announced(state, fact)
        if not state.by:
            return Illegal("draw_not_announced", pointer="/effective")
        if state.abandoned:
            return Illegal("draw_abandoned")
        if name != "contributed" and fact.source != state.by:
            return Illegal("not_own_draw", pointer="/source", params=(("source", fact.source),))
        return _STEPS[name](state, fact)


def _announced(state: DrawState, fact: Fact) -> Step:
    data = fact.data
    if state.by:
        return Illegal("draw_already_announced")
    if data["algorithm"] != ALGORITHM:
        return Illegal("draw_algorithm_unknown", pointer="/algorithm", params=(("algorithm", data["algorithm"]),))
    return replace(state, by=fact.source, take=data["take"], each=data["inspectors_each"])


def _pool_listed(state: DrawState, fact: Fact) -> Step:
    if state.seed_commitment:
        return Illegal("draw_closed")
    pool, identifiers = fact.data["pool"], fact.data["identifiers"]
    known = state.inspectees if pool == "inspectees" else state.inspectors
    added = frozenset(identifiers)
    if len(added) < len(identifiers) or added & known:
        twice = next(each for each in identifiers if each in known or identifiers.count(each) > 1)
        return Illegal("draw_listed_twice", pointer="/identifiers", params=(("identifier", twice),))
    if pool == "inspectees":
        return replace(state, inspectees=known | added)
    return replace(state, inspectors=known | added)


def _committed(state: DrawState, fact: Fact) -> Step:
    if state.seed_commitment:
        return Illegal("draw_already_committed")
    data = fact.data
    for pool, members in (("inspectees", state.inspectees), ("inspectors", state.inspectors)):
        digest = pool_digest(members)
        if (data[pool]["count"], data[pool]["sha256"]) != (len(members), digest):
            named = (("pool", pool), ("count", str(len(members))), ("digest", digest))
            return Illegal("draw_pool_differs", pointer=f"/{pool}", params=named)
    conflicts = frozenset((each["inspector"], each["inspectee"]) for each in data.get("conflicts") or ())
    after = replace(state, conflicts=conflicts, seed_commitment=data["seed_commitment"])
    what = _shortage(after)
    return Illegal("draw_pool_too_small", pointer="/inspectees", params=(("what", what),)) if what else after


def _shortage(state: DrawState) -> str:
    """Return what is missing for a draw of whatever seed, empty where nothing is."""
    if len(state.inspectees) < state.take:
        return f"inspectees {len(state.inspectees)} < {state.take}"
    barred: dict[str, int] = {}
    for inspector, inspectee in state.conflicts:
        if inspector in state.inspectors:
            barred[inspectee] = barred.get(inspectee, 0) + 1
    most = max((barred.get(each, 0) for each in state.inspectees), default=0)
    if len(state.inspectors) - most < state.each:
        return f"inspectors {len(state.inspectors) - most} < {state.each}"
    return ""


def _contributed(state: DrawState, fact: Fact) -> Step:
    if not state.seed_commitment:
        return Illegal("draw_not_committed", pointer="/effective")
    if state.made:
        return Illegal("draw_already_made")
    if fact.source == state.by:
        return Illegal("draw_contribution_own", pointer="/source")
    if any(party == fact.source for party, _ in state.contributions):
        named = (("source", fact.source),)
        return Illegal("draw_contribution_twice", pointer="/source", params=named)
    return replace(state, contributions=(*state.contributions, (fact.source, fact.data["value"])))


def _made(state: DrawState, fact: Fact) -> Step:
    if not state.seed_commitment:
        return Illegal("draw_not_committed", pointer="/effective")
    if state.made:
        return Illegal("draw_already_made")
    if not state.contributions:
        return Illegal("draw_contribution_missing", pointer="/effective")
    return _recomputed(state, fact) or replace(state, made=True)


def _published(state: DrawState, fact: Fact) -> Step:
    if not state.made:
        return Illegal("draw_not_made", pointer="/effective")
    if state.published:
        return Illegal("draw_already_published")
    objection = _recomputed(state, fact)
    if objection is not None:
        return objection
    told = [each["inspectee"] for each in fact.data.get("results") or ()]
    drawn = [each.inspectee for each in state.selection(fact.data["seed"])] if state.each or told else []
    odd = sorted(set(drawn) ^ set(told)) or sorted(each for each in set(told) if told.count(each) > 1)
    if odd:
        return Illegal("draw_result_incomplete", pointer="/results", params=(("inspectee", odd[0]),))
    return replace(state, published=True)


def _abandoned(state: DrawState, _fact: Fact) -> Step:
    return Illegal("draw_already_made") if state.made else replace(state, abandoned=True)


def _recomputed(state: DrawState, fact: Fact) -> Illegal | None:
    """Return why seed and selection are not what was committed to and what follows from it."""
    seed = fact.data["seed"]
    if commitment(seed) != state.seed_commitment:
        return Illegal("draw_seed_differs", pointer="/seed")
    try:
        right = state.selection(seed)
    except PoolTooSmallError as error:
        return Illegal("draw_pool_too_small", pointer="/selected", params=(("what", str(error)),))
    if fact.data["selection"] != selection_digest(right):
        return Illegal("draw_selection_differs", pointer="/selection")
    selected = fact.data.get("selected")
    if selected is None:
        return None
    said = tuple(Drawn(each["inspectee"], tuple(each["inspectors"])) for each in selected)
    return None if said == right else Illegal("draw_selection_differs", pointer="/selected")


_STEPS: Mapping[str, Callable[[DrawState, Fact], Step]] = {
    "pool_listed": _pool_listed,
    "committed": _committed,
    "contributed": _contributed,
    "made": _made,
    "published": _published,
    "abandoned": _abandoned,
}
MACHINE = DrawMachine()
