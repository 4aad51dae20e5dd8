"""What one stream's facts make due, and by which of its own facts each was met: the same for every reader and order."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.codes.deadlines import DeadlineRule, deadline_rules, rules_after
from ledger.days import Day
from ledger.facts import Fact
from ledger.parties import party_of
from ledger.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing due; ``due`` is ``None`` where it only ages, ``met`` the day on which it was done."""

    rule: DeadlineRule
    cause: Fact
    due: Day | None
    is_provisional: bool
    responsible: str
    region: str | None
    met: Day | None
    met_by: str | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A fact that may meet what is due on another stream, which it is about."""

    type: str
    about: str
    day: Day
    kind: str | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """One thing due that was not done by its last day; ``mark`` is the stream in which that is said.

    ``source`` and ``id`` are the identity of the fact from which it follows.
    """

    mark: str
    stream: str
    rule: str
    source: str
    id: str
    due: Day
    responsible: str
    region: str | None


def deadlines_of(stream: str, timeline: Timeline[Any]) -> Iterator[Deadline]:
    """Yield everything that the facts of a stream make due, in the order of its timeline."""
    facts = timeline.applied
    for index, fact in enumerate(facts):
        for rule in rules_after(fact.type, fact.effective):
            if not rule.concerns(fact.data):
                continue
            counted = rule.due_day(fact.data, fact.effective)
            done = next((each for each in facts[index + 1 :] if _meets(rule, fact, each)), None)
            responsible = _responsible(rule, stream, fact)
            yield Deadline(
                rule,
                fact,
                counted.day if counted else None,
                counted is not None and counted.is_provisional,
                responsible,
                _region(facts[: index + 1], responsible),
                done.effective if done else None,
                done.type if done else None,
            )


def mentions_of(timeline: Timeline[Any]) -> Iterator[Mention]:
    """Yield what the facts of a stream may meet on other streams."""
    for fact in timeline.applied:
        if fact.type in _met_across():
            for about in dict.fromkeys((*(fact.data.get("about") or ()), *_taken_up(fact))):
                yield Mention(fact.type, about, fact.effective, fact.data.get("kind"))


def _taken_up(fact: Fact) -> tuple[str, ...]:
    """Return the case whose referral a case goes back to: opening it is acceptance."""
    referral = fact.data.get("referred_from")
    return (referral,) if referral else ()


def mark_of(stream: str, deadline: Deadline) -> str | None:
    """Return the stream in which it is said that this passed, ``None`` for what only ages; each due day has its own."""
    if deadline.due is None:
        return None
    named = (stream, deadline.rule.id, deadline.cause.source, deadline.cause.id, deadline.due)
    return f"deadline:{sha256(chr(10).join(named).encode()).hexdigest()[:32]}"


def _met_across() -> frozenset[str]:
    return frozenset(name for rule in deadline_rules() if rule.across for name in rule.met_by)


def _meets(rule: DeadlineRule, cause: Fact, fact: Fact) -> bool:
    return (
        fact.type in rule.met_by
        and (not rule.match or fact.data.get(rule.match) == cause.data.get(rule.match))
        and (rule.across or all(fact.data.get(name) == value for name, value in rule.met_when.items()))
    )


def _responsible(rule: DeadlineRule, stream: str, fact: Fact) -> str:
    if rule.responsible == "recipient":
        return str(fact.data["recipient"])
    if rule.responsible == "addressee":
        return str(fact.data["to"])
    return stream.split(":", 2)[1] if rule.responsible == "body" else fact.source


def _region(facts: tuple[Fact, ...], responsible: str) -> str | None:
    """Return where the thing is due: the place that was stated last, else that of who is responsible."""
    stated = next((fact.data["region"] for fact in reversed(facts) if "region" in fact.data), None)
    party = party_of(responsible)
    return stated or (party.region if party else None)
