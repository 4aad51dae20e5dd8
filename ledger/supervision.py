"""What an enterprise is owed by its supervisors: how often it is patrolled, why, and when next. Pure; days are China's.

The bureau's class gives the interval, key lists and signals only ever shorten it; the body's class stays apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.access.jurisdiction import governors
from ledger.classification.frequency import effective_interval, next_patrol
from ledger.classification.scoring import Input, measures_of, rules_digest, signals
from ledger.codes.archive import patrol_window_months
from ledger.codes.classification import shipped_rule_sets, shipped_rules
from ledger.days import Day
from ledger.parties import AUTHORITIES, LOCAL_AUTHORITY, party_of

DEFAULT_RULES = "sample-supervision"
RuleSets = Mapping[tuple[str, str, str], Mapping[str, Any]]
"""Rule sets by name, version and digest."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """What is known of one enterprise on a day: its place, what it makes, since when, and its last patrol."""

    organisation: str
    name_zh: str
    region: str | None
    product_kinds: tuple[str, ...]
    known_since: Day
    last_patrol: Day | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that sets the interval: ``kind`` is class, key_list, signal or default."""

    kind: str
    name: str
    interval_months: int


@dataclass(frozen=True, slots=True)
class Due:
    """The interval in force, everything that was weighed, and the day of the next patrol."""

    interval_months: int
    reasons: tuple[Reason, ...]
    next_patrol: Day
    score: int


def due(
    enterprise: Enterprise,
    day: Day,
    classes: Sequence[Mapping[str, Any]],
    entries: Iterable[Mapping[str, Any]],
    problems: Iterable[Input],
    rule_sets: RuleSets,
) -> Due:
    """Return when an enterprise is to be patrolled next, as of a day.

    ``classes`` are those that hold (``owner``, ``purpose``, ``class_code``, ``score``, ``said``), ``entries`` the key
    list entries that hold (``owner``, ``kind``, ``entry``, ``interval_months``), ``problems`` what was found.
    """
    own = [row for row in classes if row["purpose"] == "supervision" and _is_supervisor(row["owner"], enterprise, day)]
    reasons = [
        Reason("class", f"{row['owner']}: {row['class_code']}", months)
        for row in own
        for months in _months(row, rule_sets)
    ]
    of_class = min((each.interval_months for each in reasons), default=patrol_window_months())
    if not reasons:
        reasons.append(Reason("default", "S1-08", of_class))
    tightening = [*_listed(enterprise, day, entries), *_signalled(own, day, problems, rule_sets)]
    months = effective_interval(of_class, (each.interval_months for each in tightening)) or of_class
    on = next_patrol(enterprise.last_patrol, enterprise.known_since, months) or enterprise.known_since
    return Due(months, (*reasons, *tightening), on, max((row["score"] for row in own), default=0))


def rules_named(said: Mapping[str, Any], rule_sets: RuleSets) -> Mapping[str, Any] | None:
    """Return the rules that a class names, published or shipped; ``None`` where nobody knows them."""
    named = said["rules"]
    published = rule_sets.get((named["name"], named["version"], named["sha256"]))
    if published is not None:
        return published
    same = (row["rules"] for row in shipped_rule_sets() if row["name"] == named["name"])
    return next((rules for rules in same if rules_digest(rules) == named["sha256"]), None)


def applies(enterprise: Enterprise, day: Day, entry: Mapping[str, Any]) -> bool:
    """Tell whether a key list entry is about an enterprise: itself, its area, or what it makes."""
    if not _is_supervisor(entry["owner"], enterprise, day):
        return False
    if entry["kind"] == "enterprise":
        return bool(entry["entry"] == enterprise.organisation)
    if entry["kind"] == "area":
        return enterprise.region is not None and entry["entry"] in governors(enterprise.region, day)
    return any(kind.startswith(entry["entry"]) for kind in enterprise.product_kinds)


def _listed(enterprise: Enterprise, day: Day, entries: Iterable[Mapping[str, Any]]) -> list[Reason]:
    return [
        Reason("key_list", f"{row['owner']}: {row['kind']} {row['entry']}", row["interval_months"])
        for row in entries
        if applies(enterprise, day, row)
    ]


def _signalled(
    classes: Sequence[Mapping[str, Any]], day: Day, problems: Iterable[Input], rule_sets: RuleSets
) -> list[Reason]:
    known = [rules_named(row["said"], rule_sets) for row in classes] or [shipped_rules(DEFAULT_RULES, day)]
    found = list(problems)
    return [
        Reason("signal", each.signal, each.patrol_interval_months)
        for rules in known
        if rules is not None
        for each in signals(rules, day, found)
    ]


def _months(row: Mapping[str, Any], rule_sets: RuleSets) -> list[int]:
    rules = rules_named(row["said"], rule_sets)
    if rules is None:
        return []
    try:
        months = measures_of(rules, row["class_code"]).get("patrol_interval_months")
    except LookupError:
        return []
    return [] if months is None else [months]


def _is_supervisor(owner: str, enterprise: Enterprise, day: Day) -> bool:
    """Whether an authority supervises the enterprise's place; a body's classes and lists bind no bureau."""
    party = party_of(owner)
    if party is None or party.kind not in AUTHORITIES:
        return False
    if party.kind != LOCAL_AUTHORITY:
        return True
    return enterprise.region is None or party.region in governors(enterprise.region, day)
