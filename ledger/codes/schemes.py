"""Certification schemes and their clocks are dated data: each value names its source and if it is confirmed.

A scheme class is what the rules hang on; project codes and product classes only tell which class it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from ledger.codes.dated import Moment, day_of, holds, packaged_json


class RuleSource(NamedTuple):
    """Where one value comes from; ``confirmed`` is false where no public source of weight was found."""

    rule: str
    reason: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class SchemeRules:
    """The rules of one scheme class on one day; ``None`` means that no limit is known.

    ``version`` names the class and the day since which just these rules hold: a decision records it.
    """

    scheme_class: str
    suspension_limits: Mapping[str, int | None]
    suspended_is_valid: bool
    surveillance_gap_months: int | None
    suspend_within_days: int | None
    validity_years_max: int | None
    restore_after_expiry_months: int
    extension_allowed: bool
    sources: tuple[RuleSource, ...]
    version: str

    def suspension_limit_days(self, reason_code: str | None = None) -> int | None:
        """Return the longest suspension in days, extensions included, for a code of the suspension table."""
        return self.suspension_limits.get(reason_code or "", self.suspension_limits[""])

    def is_confirmed(self, rule: str) -> bool:
        """Return whether every value of a rule has a public source of weight."""
        return all(source.confirmed for source in self.sources if source.rule == rule)


@dataclass(frozen=True, slots=True)
class ProductClass:
    """One four-digit class of the compulsory product catalogue in one period."""

    code: str
    zh: str
    en: str
    valid_from: str
    valid_to: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class QualityTool:
    """A tool of quality management that the sources name, with the scheme by which it is certified (S4-32).

    No source gives the scheme's project code: while ``confirmed`` is false it is the ledger's own.
    """

    code: str
    project: str
    zh: str
    en: str
    valid_from: str
    valid_to: str
    source: str
    confirmed: bool


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", packaged_json("schemes.json"))


@lru_cache(maxsize=1)
def scheme_classes() -> Mapping[str, Mapping[str, str]]:
    """Return the scheme classes with their names under ``zh`` and ``en``."""
    return MappingProxyType(_data()["classes"])


@lru_cache(maxsize=1024)
def scheme_of(code: str) -> str:
    """Return the scheme class of a project code, or of a four-digit product class.

    The longest known beginning of a project code decides. Raises ``ValueError`` for a code of neither kind.
    """
    if len(code) == 4 and code.isdecimal():
        return "ccc"
    known = [project for project in _data()["projects"] if code.startswith(project["code"])]
    if not known:
        raise ValueError(f"neither a project code nor a product class: {code!r}")
    return str(max(known, key=lambda project: len(project["code"]))["scheme_class"])


@lru_cache(maxsize=1 << 15)
def _rules(scheme_class: str, day: str) -> SchemeRules:
    in_force = tuple(
        number
        for number, row in enumerate(_data()["rules"])
        if row["scheme_class"] == scheme_class and holds(row["valid_from"], row["valid_to"], day)
    )
    if not in_force:
        raise ValueError(f"no such scheme class: {scheme_class!r}")
    return _rules_of(in_force)


@lru_cache(maxsize=256)
def _rules_of(numbers: tuple[int, ...]) -> SchemeRules:
    """Return the rules that these rows make up: one object for all days on which just they hold."""
    rows = [_data()["rules"][number] for number in numbers]
    scheme_class = rows[0]["scheme_class"]
    limits = {row["reason"]: row["value"] for row in rows if row["rule"] == "suspension_limit_days"}
    values = {row["rule"]: row["value"] for row in rows if row["rule"] != "suspension_limit_days"}
    sources = tuple(RuleSource(row["rule"], row["reason"], row["source"], row["confirmed"]) for row in rows)
    version = f"{scheme_class}@{max(row['valid_from'] for row in rows) or 'first'}"
    return SchemeRules(scheme_class, MappingProxyType(limits), sources=sources, version=version, **values)


def rules(scheme_class: str, on: Moment) -> SchemeRules:
    """Return the rules of a scheme class in force on a day; raises ``ValueError`` for an unknown class."""
    return _rules(scheme_class, day_of(on))


@lru_cache(maxsize=1)
def _product_classes() -> tuple[ProductClass, ...]:
    return tuple(ProductClass(**row) for row in _data()["ccc_classes"])


def product_class(code: str, on: Moment) -> ProductClass | None:
    """Return a class of the compulsory product catalogue on a day, or ``None`` if it is not known here.

    The list is a part of the catalogue: an unknown class is no proof that a product is outside it.
    """
    return next((found for found in product_classes(on) if found.code == code), None)


def product_classes(on: Moment) -> tuple[ProductClass, ...]:
    """Return the known classes of the catalogue on a day, in the order of their codes."""
    day = day_of(on)
    return tuple(row for row in _product_classes() if holds(row.valid_from, row.valid_to, day))


def quality_tools(on: Moment) -> tuple[QualityTool, ...]:
    """Return the tools of quality management in force on a day: traceability, supply chain, business continuity."""
    day = day_of(on)
    rows = (QualityTool(**row) for row in _data()["quality_tools"])
    return tuple(row for row in rows if holds(row.valid_from, row.valid_to, day))
