"""The code lists of cases and rectification: sources of leads, violations, penalties, causes, roles and papers.

A code means what its row says on a day; every row names the requirement or the law that it comes from.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from ledger.codes.dated import holds, packaged_json
from ledger.codes.lists import Label
from ledger.days import FOREVER, Day


class Violation(NamedTuple):
    """A kind of violation; ``priority`` ones are handled first (S1-88), ``statistics`` is its row of the table."""

    code: str
    zh: str
    en: str
    source: str
    priority: bool
    statistics: str | None
    patrol: bool


@lru_cache(maxsize=1)
def _data() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = packaged_json("cases.json")
    return found


@lru_cache(maxsize=64)
def labels(name: str) -> dict[str, Label]:
    """Return a list's codes with what they say: ``lead``, ``violation``, ``penalty``, ``cause``, ``role`` and others.

    Raises ``KeyError`` if there is no such list.
    """
    return {row["code"]: Label(row["zh"], row["en"]) for row in _data()[name]}


@lru_cache(maxsize=1)
def violations() -> dict[str, Violation]:
    """Return all kinds of violations by code."""
    return {row["code"]: Violation(**{key: row[key] for key in Violation._fields}) for row in _data()["violation"]}


def is_known(name: str, code: str, day: Day = FOREVER) -> bool:
    """Tell whether a list has a code on a day."""
    return any(row["code"] == code and holds(row["valid_from"], row["valid_to"], day) for row in _data()[name])


@lru_cache(maxsize=1024)
def role_of(event_type: str, day: Day) -> str | None:
    """Return which unit's word a step of a case is on a day (S0-32), ``None`` where any unit's is."""
    rows = (row for row in _data()["procedure_step"] if row["event"] == event_type)
    return next((row["role"] for row in rows if holds(row["valid_from"], row["valid_to"], day)), None)


@lru_cache(maxsize=1024)
def is_paper(template: str, version: str, day: Day) -> bool:
    """Tell whether an enforcement document's template has this version on a day (S3-75)."""
    return any(
        (row["template"], row["version"]) == (template, version) and holds(row["valid_from"], row["valid_to"], day)
        for row in _data()["paper"]
    )


def repeated_admonitions(day: Day) -> tuple[int, int]:
    """Return how many admonitions within how many months raise a producer's risk (S1-57); a default, unconfirmed."""
    row = next(row for row in _data()["repeated_admonitions"] if holds(row["valid_from"], row["valid_to"], day))
    return int(row["count"]), int(row["months"])


def common_problem(day: Day) -> dict[str, int]:
    """Return when findings alike are a candidate for a common problem of a sector (S1-29); a default, unconfirmed.

    ``enterprises`` of one sector, the first ``sector_digits`` of the product class, within ``problem_months``.
    """
    row = next(row for row in _data()["common_problem"] if holds(row["valid_from"], row["valid_to"], day))
    return {name: int(row[name]) for name in ("enterprises", "problem_months", "sector_digits")}


@lru_cache(maxsize=1)
def _laws() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in packaged_json("legal_bases.json")["versions"]:
        found.setdefault(row["rule"], []).append(row)
    return found


def basis_in_force(rule: str, version: Day, day: Day) -> bool:
    """Tell whether a version of a rule was in force on a day (S4-145).

    A rule whose versions are not in the table is taken at its word, but never before the day of its version.
    """
    if version > day:
        return False
    rows = _laws().get(rule)
    if rows is None:
        return True
    return any(row["version"] == version and holds(row["valid_from"], row["valid_to"], day) for row in rows)
