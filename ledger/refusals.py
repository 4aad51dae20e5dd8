"""A refusal is an answer: a stable code, where, why by which rule, and what to do, in Chinese and English."""

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the catalogue: HTTP status, the rule's source, and a title and an action in each language."""

    code: str
    status: int
    source: str
    title: dict[str, str]
    action: dict[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One offence inside a submission: JSON Pointer, a short code and what was wrong in both languages."""

    pointer: str
    code: str
    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """Return the plain form that problem documents and reports show."""
        return {"pointer": self.pointer, "code": self.code, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a submission was not recorded; ``source`` and ``id`` are its identity where it had one."""

    code: str
    pointer: str = ""
    params: tuple[tuple[str, str], ...] = ()
    source: str = ""
    id: str = ""
    problems: tuple[Problem, ...] = field(default=())

    @property
    def status(self) -> int:
        """The HTTP status of the refusal."""
        return message(self.code).status

    def title(self, language: str) -> str:
        """Return what was refused, in one sentence of that language."""
        return message(self.code).title[language].format_map(_Blank(self.params))

    def action(self, language: str) -> str:
        """Return what to do, in one sentence of that language."""
        return message(self.code).action[language].format_map(_Blank(self.params))

    def as_dict(self) -> dict[str, Any]:
        """Return the plain form: code, rule and both languages."""
        return {
            "code": self.code,
            "pointer": self.pointer,
            "rule": message(self.code).source,
            "params": dict(self.params),
            **{key: {"title": self.title(key), "action": self.action(key)} for key in LANGUAGES},
            "problems": [problem.as_dict() for problem in self.problems],
        }


class _Blank(dict[str, str]):
    """A parameter that a caller left out reads as an ellipsis, so that a refusal is never lost to its text."""

    def __missing__(self, key: str) -> str:
        return "…"


@lru_cache(maxsize=1)
def messages() -> dict[str, Message]:
    """Return the whole catalogue of refusals by code: every file of the folder, one a subject, no code twice."""
    found: dict[str, Message] = {}
    for file in sorted(files("ledger.messages").joinpath("refusals").iterdir(), key=lambda each: each.name):
        for code, row in orjson.loads(file.read_bytes()).items():
            if code in found:
                raise ValueError(f"refusal {code} stands twice in the catalogue, the second time in {file.name}")
            found[code] = Message(
                code,
                row["status"],
                row["source"],
                {language: row[language][0] for language in LANGUAGES},
                {language: row[language][1] for language in LANGUAGES},
            )
    return found


def message(code: str) -> Message:
    """Return one row of the catalogue; an unknown code is a programming error."""
    return messages()[code]
