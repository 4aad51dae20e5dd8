"""The code lists of inspections: modes, programmes, stages, roles, violations; dated rows with the rule they rest on.

A list is data (``data/codes.json``): a new mode is a new row, and what a mode asks for stands in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any

import orjson
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ledger.codes.dated import holds
from ledger.days import Day


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to inspect; ``programme`` is routine or special where a statement does not say otherwise.

    ``organisers`` are the levels that may organise it (all where none is named), ``parties`` kinds that must take
    part, ``forms`` the record forms that it needs. ``origin`` tells what the sources state from what was added.
    """

    code: str
    zh: str
    en: str
    programme: str
    organisers: tuple[str, ...]
    parties: tuple[str, ...]
    forms: tuple[str, ...]
    origin: str
    valid_from: Day
    valid_to: Day
    source: str


@lru_cache(maxsize=1)
def _data() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = orjson.loads(
        files("ledger.inspections").joinpath("data", "codes.json").read_bytes()
    )
    return found


@lru_cache(maxsize=1)
def _modes() -> dict[str, tuple[Mode, ...]]:
    found: dict[str, tuple[Mode, ...]] = {}
    for row in _data()["modes"]:
        each = Mode(
            row["code"], row["zh"], row["en"], row["programme"], tuple(row["organisers"]), tuple(row["parties"]),
            tuple(row["forms"]), row["origin"], row["from"], row["to"], row["source"],
        )  # fmt: skip
        found[each.code] = (*found.get(each.code, ()), each)
    return found


def mode_on(code: str, day: Day) -> Mode | None:
    """Return the mode that a code names on a day, ``None`` where it names none then."""
    return next((each for each in _modes().get(code, ()) if holds(each.valid_from, each.valid_to, day)), None)


def list_names() -> tuple[str, ...]:
    """Return the names of the lists."""
    return tuple(_data())


def rows_of(name: str) -> list[dict[str, Any]]:
    """Return the rows of a list as they stand in the data; raises ``KeyError`` if there is no such list."""
    return list(_data()[name])


@lru_cache(maxsize=16)
def codes(name: str) -> tuple[str, ...]:
    """Return the codes of a list, each once, in order; raises ``KeyError`` if there is no such list."""
    return tuple(dict.fromkeys(row["code"] for row in _data()[name]))


@lru_cache(maxsize=16)
def labels(name: str) -> Mapping[str, dict[str, Any]]:
    """Return a list's newest rows by code."""
    return {row["code"]: row for row in _data()[name]}


@dataclass(frozen=True, slots=True)
class Listed:
    """Marks a member of a form that holds a code of a list, of whatever day; the day is judged by the rules."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the text's own schema with the list behind it."""
        return core_schema.no_info_after_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON Schema, which names the codes."""
        return {**handler(schema), "enum": list(codes(self.name))}

    def _listed(self, value: str) -> str:
        if value not in codes(self.name):
            raise ValueError("code_not_listed")
        return value


ModeCode = Annotated[str, Listed("modes")]
Programme = Annotated[str, Listed("programmes")]
Stage = Annotated[str, Listed("stages")]
Role = Annotated[str, Listed("roles")]
Level = Annotated[str, Listed("levels")]
Violation = Annotated[str, Listed("violations")]
Tag = Annotated[str, Listed("tags")]
Population = Annotated[str, Listed("populations")]
