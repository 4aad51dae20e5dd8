"""Anyone's own check of a draw, from its events alone: it trusts neither the organiser nor the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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

_POOLS = ("inspectees", "inspectors")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``holds`` is ``None`` where what it needs is not there (yet)."""

    code: str
    holds: bool | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks, and what the draw comes to where it can be worked out."""

    checks: tuple[Check, ...]
    drawn: tuple[Drawn, ...]

    @property
    def holds(self) -> bool | None:
        """Whether everything holds; ``False`` as soon as something does not, ``None`` where something is missing."""
        found = [each.holds for each in self.checks]
        return False if False in found else None if None in found else True


def verify(events: Iterable[Mapping[str, Any]]) -> Verdict:
    """Return the verdict on a draw; ``events`` are its CloudEvents in the order in which they were recorded."""
    told = [(str(each["type"]).removeprefix("draw."), each) for each in events]
    first = dict(reversed(told))
    order = [kind for kind, _ in told]
    announced, committed = (first.get(kind, {}).get("data") for kind in ("announced", "committed"))
    revealed = (first.get("published") or first.get("made") or {}).get("data")
    pools = {
        pool: [one for kind, each in told if kind == "pool_listed" and each["data"]["pool"] == pool
               for one in each["data"]["identifiers"]]
        for pool in _POOLS
    }  # fmt: skip
    contributions = {str(each["source"]): str(each["data"]["value"]) for kind, each in told if kind == "contributed"}
    drawn, works = _drawn(announced, committed, revealed, pools, contributions)
    if "made" in first and "published" in first:
        made = first["made"]["data"]
        works = works and revealed is not None and all(made[each] == revealed[each] for each in ("seed", "selection"))
    checks = (
        Check("order", _in_order(order), "公告、名录、封定、第二随机数、抽取的先后", "The order of the steps"),
        *(
            Check(f"pool_{pool}", _pool_holds(committed, pool, pools[pool]), zh, f"The published {pool} and digest")
            for pool, zh in zip(_POOLS, ("被检查对象名录与摘要", "检查人员名录与摘要"), strict=True)
        ),
        Check(
            "contribution",
            _contributed(first, contributions) if committed else None,
            "封定之后由他方提供的随机数",
            "Another party's value, given after the commitment",
        ),
        Check(
            "seed",
            commitment(revealed["seed"]) == committed["seed_commitment"] if revealed and committed else None,
            "种子与封定的摘要相符",
            "The seed is the one committed to",
        ),
        Check("selection", works, "按种子、名录和算法重算的结果", "The selection worked out again"),
        Check("conflicts", _no_conflict(committed, drawn), "没有应回避的检查人员", "No conflicted inspector"),
    )
    return Verdict(checks, drawn)


def _in_order(order: list[str]) -> bool:
    ranks = ["announced", "pool_listed", "committed", "contributed", "made", "published"]
    places = [ranks.index(kind) for kind in order if kind in ranks]
    return places == sorted(places)


def _pool_holds(committed: Mapping[str, Any] | None, pool: str, listed: list[str]) -> bool | None:
    if committed is None:
        return None
    said = committed[pool]
    counts = (len(listed), len(set(listed))) == (said["count"], said["count"])
    return counts and pool_digest(listed) == said["sha256"]


def _contributed(first: Mapping[str, Any], contributions: Mapping[str, str]) -> bool | None:
    if not contributions:
        return None if "made" not in first and "published" not in first else False
    return first["announced"]["source"] not in contributions if "announced" in first else None


def _drawn(
    announced: Mapping[str, Any] | None,
    committed: Mapping[str, Any] | None,
    revealed: Mapping[str, Any] | None,
    pools: Mapping[str, list[str]],
    contributions: Mapping[str, str],
) -> tuple[tuple[Drawn, ...], bool | None]:
    """Return the draw worked out anew, and whether it is what was said; nothing where it is not revealed."""
    if announced is None or committed is None or revealed is None:
        return (), None
    if announced["algorithm"] != ALGORITHM:
        return (), False
    try:
        drawn = select(
            draw_key(revealed["seed"], contributions),
            pools["inspectees"],
            sorted(pools["inspectors"]),
            _conflicts(committed),
            take=announced["take"],
            each=announced["inspectors_each"],
        )
    except PoolTooSmallError:
        return (), False
    said = revealed.get("selected")
    matches = said is None or tuple(Drawn(each["inspectee"], tuple(each["inspectors"])) for each in said) == drawn
    return drawn, matches and selection_digest(drawn) == revealed["selection"]


def _conflicts(committed: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((each["inspector"], each["inspectee"]) for each in committed.get("conflicts") or ())


def _no_conflict(committed: Mapping[str, Any] | None, drawn: tuple[Drawn, ...]) -> bool | None:
    if committed is None or not drawn:
        return None
    barred = _conflicts(committed)
    return not any((inspector, each.inspectee) in barred for each in drawn for inspector in each.inspectors)
