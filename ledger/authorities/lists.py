"""The kinds of authorities and units, the levels of government and the three unit roles: lists with their sources."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

NATIONAL, PROVINCE, PREFECTURE, COUNTY = "national", "province", "prefecture", "county"
SUPERVISION_UNIT = "certification_supervision"
MUST_HAVE_SUPERVISION_UNIT = frozenset({"separately_planned_city", "sub_provincial_city"})
"""Besides every provincial bureau (S0-24)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of authority, and the levels of government on which there are such."""

    code: str
    levels: tuple[str, ...]
    zh: str
    en: str
    source: str


@lru_cache(maxsize=1)
def _data() -> Any:
    return orjson.loads(files("ledger.authorities").joinpath("data", "lists.json").read_bytes())


@lru_cache(maxsize=1)
def kinds() -> dict[str, Kind]:
    """Return the kinds of authorities by code (S0-04, S2-58, S3-04)."""
    return {
        row["code"]: Kind(row["code"], tuple(row["levels"]), row["zh"], row["en"], row["source"])
        for row in _data()["kinds"]
    }


@lru_cache(maxsize=1)
def departments() -> dict[str, str | None]:
    """Return each kind of unit with the one authority that has it, ``None`` where any may have one (S4-09)."""
    return {row["code"]: row.get("of") for row in _data()["units"]}


@lru_cache(maxsize=1)
def superintendence() -> dict[str, str]:
    """Return each way to superintend a bureau below with its part: guidance, inspection or assessment (S0-95)."""
    return {row["code"]: row["part"] for row in _data()["superintendence"]}


@lru_cache(maxsize=1)
def party_roles() -> dict[str, frozenset[str]]:
    """Return the four roles of parties in supervision, each with the kinds of speakers that have it (S2-18).

    A department that is none of the ledger's speakers is of the kind of its registration and of no kind here.
    """
    return {row["code"]: frozenset(row["kinds"]) for row in _data()["party_roles"]}


@lru_cache(maxsize=8)
def labels(name: str) -> dict[str, tuple[str, str]]:
    """Return code -> Chinese and English of one list, such as ``levels``, ``kinds``, ``units`` or ``roles``."""
    return {row["code"]: (row["zh"], row["en"]) for row in _data()[name]}


def level_code(text: str) -> str:
    """Return the one code that a level's code or synonym names (S3-05: 市(地), 县(区)); ``ValueError`` for no level."""
    for row in _data()["levels"]:
        if text == row["code"] or text in row["synonyms"]:
            return str(row["code"])
    raise ValueError(text)


def level_names() -> tuple[str, ...]:
    """Return every code and synonym of a level that :func:`level_code` knows."""
    return tuple(dict.fromkeys(name for row in _data()["levels"] for name in (row["code"], *row["synonyms"])))
