"""The sections of an archive, and what counts as a patrol and as a problem that was handled: rows of data."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ledger.codes.dated import packaged_json


@dataclass(frozen=True, slots=True)
class Section:
    """One section; ``credit`` says that it is part of the credit archive too (S3-29)."""

    section: str
    zh: str
    en: str
    events: tuple[str, ...]
    credit: bool


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = packaged_json("archive.json")
    return found


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Return the sections in order; the first one that a type belongs to counts, and the last takes every type."""
    return tuple(Section(**{**row, "events": tuple(row["events"])}) for row in _data()["sections"])


@lru_cache(maxsize=4096)
def section_of(event_type: str) -> Section:
    """Return the section that an event of a type is filed in, whatever its family."""
    return next(each for each in sections() if any(fnmatchcase(event_type, p) for p in each.events))


@lru_cache(maxsize=1024)
def is_patrol(event_type: str, mode: str) -> bool:
    """Return whether an inspection of this mode counts as a patrol of its organisation. S1-08."""
    return any(mode in row["modes"] and _fits(event_type, row) for row in _data()["patrols"])


@lru_cache(maxsize=4096)
def handles_problems(event_type: str) -> bool:
    """Return whether an event that names an inspection shows that its problems were taken up. S1-08."""
    return any(_fits(event_type, row) for row in _data()["handled_by"])


def patrol_window_months() -> int:
    """Return the months within which every producer is patrolled; the sources name no period."""
    return int(_data()["patrol_window_months"]["value"])


def key_product_categories() -> tuple[str, ...]:
    """Return the categories of key products. S3-46."""
    return tuple(row["category"] for row in _data()["key_product_categories"])


def _fits(event_type: str, row: Mapping[str, Any]) -> bool:
    return any(fnmatchcase(event_type, pattern) for pattern in row["events"])
