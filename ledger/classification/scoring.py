"""A class follows from a rule set and the events that it is given, and from nothing else: anybody works out the same.

Times are China days. An event counts in the months before the day asked about, that day included. S1-24, S1-71.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from ledger.canonical import canonical
from ledger.days import Day, add_days, add_months

Rules = Mapping[str, Any]
Identity = tuple[str, str]
UNKNOWN = "unknown"
_STATED, _ASSIGNED = "classification.factor_stated", "classification.assigned"


@dataclass(frozen=True, slots=True)
class Input:
    """One recorded event as it is known: its identity, day and data as corrected."""

    position: int
    source: str
    id: str
    type: str
    effective: Day
    data: Mapping[str, Any]

    @property
    def identity(self) -> Identity:
        """Return the permanent identity."""
        return (self.source, self.id)


@dataclass(frozen=True, slots=True)
class FactorFound:
    """One factor: the value found, its points, and the events that it was found in."""

    factor: str
    value: str
    points: int
    inputs: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules make of the inputs."""

    score: int
    class_code: str
    measures: Mapping[str, Any]
    factors: tuple[FactorFound, ...]

    @property
    def inputs(self) -> tuple[Identity, ...]:
        """Return every event that went into the score, each once, in order."""
        return tuple(dict.fromkeys(each for factor in self.factors for each in factor.inputs))


@dataclass(frozen=True, slots=True)
class SignalFound:
    """A signal that shortens the interval of patrols, with the events that gave it."""

    signal: str
    patrol_interval_months: int
    inputs: tuple[Identity, ...]


def evaluate(rules: Rules, day: Day, inputs: Iterable[Input], by: str) -> Evaluation:
    """Return score, class and measures on a day, by one party's rules.

    ``by`` is whose stated factors and classes count: a bureau's and a body's stay apart (S1-61).
    """
    known = sorted((each for each in inputs if each.effective <= day), key=lambda each: (each.effective, each.position))
    factors = tuple(_FACTORS[factor["kind"]](factor, day, known, by) for factor in rules["factors"])
    score = sum(each.points for each in factors)
    row = class_row(rules, score)
    return Evaluation(score, row["class_code"], row["measures"], factors)


def class_row(rules: Rules, score: int) -> Mapping[str, Any]:
    """Return the class of a score: the last one that begins at or below it, the first one below them all."""
    reached = [row for row in rules["classes"] if row["from_score"] <= score]
    found: Mapping[str, Any] = reached[-1] if reached else rules["classes"][0]
    return found


def measures_of(rules: Rules, class_code: str) -> Mapping[str, Any]:
    """Return the measures of a class (S1-38); raise ``LookupError`` where the rules know no such class."""
    found = next((row["measures"] for row in rules["classes"] if row["class_code"] == class_code), None)
    if found is None:
        raise LookupError(class_code)
    measures: Mapping[str, Any] = found
    return measures


def signals(rules: Rules, day: Day, inputs: Iterable[Input]) -> tuple[SignalFound, ...]:
    """Return the signals that are given on a day. S0-78."""
    known = [each for each in inputs if each.effective <= day]
    found = []
    for row in rules.get("signals") or ():
        matching = _matching(row, day, known)
        if matching:
            found.append(SignalFound(row["signal"], row["patrol_interval_months"], _identities(matching)))
    return tuple(found)


def rules_digest(rules: Rules) -> str:
    """Return the SHA-256 of a rule set's canonical JSON, less its day, by which a class names its rules."""
    return sha256(canonical({name: value for name, value in rules.items() if name != "effective"})).hexdigest()


def objections(said: Mapping[str, Any], rules: Rules, inputs: Sequence[Input], by: str) -> list[str]:
    """Return in which members a recorded class differs from what its rules make of its inputs; none is right.

    ``said`` is the data of ``classification.assigned``, ``inputs`` the events that it names, as then known.
    """
    wrong = []
    if said["rules"]["sha256"] != rules_digest(rules):
        wrong.append("rules")
    named = {(each["source"], each["id"]) for each in said["inputs"]}
    if named != {each.identity for each in inputs}:
        wrong.append("inputs")
    found = evaluate(rules, said["effective"], inputs, by)
    if said["score"] != found.score:
        wrong.append("score")
    if said["class_code"] != found.class_code:
        wrong.append("class_code")
    told = [(each["factor"], each["value"], each["points"]) for each in said["factors"]]
    if told != [(each.factor, each.value, each.points) for each in found.factors]:
        wrong.append("factors")
    return wrong


def _stated(factor: Rules, _day: Day, known: Sequence[Input], by: str) -> FactorFound:
    said = [e for e in known if e.type == _STATED and e.source == by and e.data["factor"] == factor["factor"]]
    return _last(factor, said, "value")


def _class(factor: Rules, _day: Day, known: Sequence[Input], by: str) -> FactorFound:
    said = [e for e in known if e.type == _ASSIGNED and e.source == by and e.data["purpose"] == factor["purpose"]]
    return _last(factor, said, "class_code")


def _last(factor: Rules, said: Sequence[Input], member: str) -> FactorFound:
    otherwise = factor.get("otherwise", 0)
    if not said:
        return FactorFound(factor["factor"], UNKNOWN, otherwise, ())
    value = str(said[-1].data[member])
    return FactorFound(factor["factor"], value, factor["points"].get(value, otherwise), (said[-1].identity,))


def _counted(factor: Rules, day: Day, known: Sequence[Input], _by: str) -> FactorFound:
    matching = _matching(factor, day, known)
    reached = [step for step in factor["steps"] if step["at_least"] <= len(matching)]
    points = max(reached, key=lambda step: step["at_least"])["points"] if reached else factor.get("otherwise", 0)
    return FactorFound(factor["factor"], str(len(matching)), points, _identities(matching))


def _matching(row: Rules, day: Day, known: Iterable[Input]) -> list[Input]:
    begins = add_days(add_months(day, -row["months"]), 1)
    return [
        each
        for each in known
        if each.effective >= begins
        and any(fnmatchcase(each.type, pattern) for pattern in row["events"])
        and all(_spelled(each.data.get(c["member"])) in c["values"] for c in row.get("where") or ())
    ]


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _identities(inputs: Iterable[Input]) -> tuple[Identity, ...]:
    return tuple(each.identity for each in inputs)


_FACTORS: Mapping[str, Callable[[Rules, Day, Sequence[Input], str], FactorFound]] = {
    "stated": _stated,
    "class": _class,
    "counted": _counted,
}
