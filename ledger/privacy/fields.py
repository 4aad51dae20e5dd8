"""Which fields are personal, on what grounds they are erased, and how long they are kept: dated data.

A field that no row names is no personal field and is taken by nobody: sensitive ones (identity numbers) have no row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from ledger.codes.dated import holds
from ledger.days import Day

_NUMBER = r"(?:0|[1-9][0-9]?)"


@dataclass(frozen=True, slots=True)
class PersonalField:
    """One kind of field: ``path`` (``*`` is a number from 0), the event types that may hold it, its longest value.

    ``person`` is how many leading parts of the path name one and the same person within an event.
    """

    path: str
    events: tuple[str, ...]
    maximum: int
    person: int
    source: str
    zh: str
    en: str

    def may_stand_in(self, event_type: str) -> bool:
        """Tell whether events of a type may hold the field; a correction may hold what its family may."""
        name = event_type.replace(".corrected", ".*")
        return any(fnmatchcase(event_type, each) or fnmatchcase(each, name) for each in self.events)


@lru_cache(maxsize=1)
def personal_fields() -> tuple[PersonalField, ...]:
    """Return every kind of personal field."""
    return tuple(PersonalField(**{**row, "events": tuple(row["events"])}) for row in _data("fields.json"))


@lru_cache(maxsize=1024)
def field_at(path: str) -> PersonalField | None:
    """Return the kind of field at a path such as ``auditors/0/name``, if there is one."""
    return next((each for each in personal_fields() if _spelling(each.path).fullmatch(path)), None)


def person_at(path: str) -> str:
    """Return the part of a path that names one person within its event: ``auditors/0`` of ``auditors/0/name``."""
    found = field_at(path)
    return "/".join(path.split("/")[: found.person]) if found else path


@lru_cache(maxsize=1)
def bases() -> Mapping[str, Mapping[str, str]]:
    """Return the legal grounds of an erasure by code, with source, Chinese and English."""
    return {row["code"]: row for row in _data("bases.json")}


def months_kept(event_type: str, path: str, day: Day) -> int | None:
    """Return for how many months after its recording a field is kept by the row in force on a day, if one says so."""
    for row in _data("retention.json"):
        matches = fnmatchcase(event_type, row["events"]) and fnmatchcase(path, row["path"])
        if matches and holds(row["valid_from"], row["valid_to"], day):
            return int(row["months"])
    return None


@lru_cache(maxsize=64)
def _spelling(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\*", _NUMBER), re.ASCII)


@lru_cache(maxsize=8)
def _data(name: str) -> Any:
    return orjson.loads(files("ledger.privacy").joinpath("data", name).read_bytes())
