"""Record forms as versioned data: a submission is judged by the version of its day, and old versions stay readable.

A definition names its sections and fields, their code lists, and for each what the sources state and what was added.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from ledger.codes.dated import holds
from ledger.days import Day

Content = Mapping[str, Any]
LONGEST_TEXT = 4_000
MOST = 200
_IDENTIFIER = re.compile(r"[!-~]{1,120}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a filled form: a code of the catalogue of refusals, where, and the details."""

    code: str
    pointer: str
    params: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def definitions() -> Mapping[tuple[str, int], dict[str, Any]]:
    """Return every version of every form, by form and version."""
    found = {}
    for file in files("ledger.inspections").joinpath("data", "forms").iterdir():
        definition = orjson.loads(file.read_bytes())
        found[definition["form"], definition["version"]] = definition
    return dict(sorted(found.items()))


def version_on(form: str, day: Day) -> int | None:
    """Return the version of a form in force on a day (the newest of several), ``None`` where there is none."""
    return max(
        (
            version
            for (name, version), each in definitions().items()
            if name == form and holds(each["valid_from"], each["valid_to"], day)
        ),
        default=None,
    )


def fault_of(form: str, version: int, content: Content) -> Fault | None:
    """Return the first fault of a filled form, ``None`` where it is complete and sound."""
    definition = definitions()[form, version]
    sections = {each["code"]: each for each in definition["sections"]}
    for code in content:
        if code not in sections:
            return _fault("record_member_unknown", code, form)
    for code, section in sections.items():
        if code not in content:
            if section["mandatory"]:
                return _fault("record_section_missing", code, form, zh=section["zh"], en=section["en"])
            continue
        fault = _of_members(definition, section["fields"], content[code], code) or _of_rules(
            form, section, content[code]
        )
        if fault is not None:
            return fault
    return None


def findings_cited(form: str, version: int, content: Content) -> frozenset[str]:
    """Return the codes of the findings that a filled form refers to."""
    cited: set[str] = set()
    for section in definitions()[form, version]["sections"]:
        filled = content.get(section["code"]) or {}
        for each in (filled, *(record for value in filled.values() for record in _records(value))):
            cited.update(each.get("findings") or ())
    return frozenset(cited)


def _records(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _of_members(definition: Content, fields: list[dict[str, Any]], filled: Any, where: str) -> Fault | None:
    form = definition["form"]
    if not isinstance(filled, dict):
        return _fault("record_member_wrong", where, form)
    known = {each["code"]: each for each in fields}
    for code in filled:
        if code not in known:
            return _fault("record_member_unknown", f"{where}/{code}", form)
    for code, field in known.items():
        place = f"{where}/{code}"
        if code not in filled:
            if field["required"]:
                return _fault("record_member_missing", place, form, zh=field["zh"], en=field["en"])
            continue
        value = filled[code]
        if field["type"] == "records":
            if not (isinstance(value, list) and 0 < len(value) <= MOST):
                return _fault("record_member_wrong", place, form)
            for number, each in enumerate(value):
                fault = _of_members(definition, field["fields"], each, f"{place}/{number}")
                if fault is not None:
                    return fault
        elif not _is_sound(definition, field, value):
            return _fault("record_member_wrong", place, form)
    return None


def _is_sound(definition: Content, field: Content, value: Any) -> bool:
    kind = field["type"]
    if kind == "code":
        return isinstance(value, str) and value in definition["lists"][field["list"]]
    if kind in {"texts", "identifiers", "findings"}:
        one = _is_text if kind == "texts" else _is_identifier
        least = field.get("minimum", 1)
        return isinstance(value, list) and least <= len(value) <= MOST and all(one(each) for each in value)
    return {"text": _is_text, "identifier": _is_identifier, "sha256": _is_digest, "day": _is_day}[kind](value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _of_rules(form: str, section: Content, filled: Content) -> Fault | None:
    """Return the first rule of a section that is broken: an answer that needs a finding has one."""
    where = section["code"]
    for rule in section["rules"]:
        if "field" in rule:
            if filled.get(rule["field"]) in rule["is"] and not filled.get(rule["needs"]):
                return _fault("record_needs_finding", f"{where}/{rule['needs']}", form)
            continue
        for number, record in enumerate(_records(filled.get(rule["records"]))):
            if _breaks(rule, record):
                return _fault("record_needs_finding", f"{where}/{rule['records']}/{number}", form)
    return None


def _breaks(rule: Content, record: Content) -> bool:
    concerned = all(record.get(name) == value for name, value in rule["when"].items())
    excused = "unless" in rule and all(record.get(name) == value for name, value in rule["unless"].items())
    given = "unless_given" in rule and bool(record.get(rule["unless_given"]))
    return concerned and not excused and not given and not record.get(rule["needs"])


def _fault(code: str, where: str, form: str, zh: str = "", en: str = "") -> Fault:
    return Fault(code, f"/{where}", (("form", form), ("member", where), ("zh", zh), ("en", en)))
