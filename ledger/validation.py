"""Form errors in both languages: each offence of a strict model becomes a pointer, a code and two sentences."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
from pydantic import ValidationError

from ledger.refusals import Problem

MAXIMUM_PROBLEMS = 20


@lru_cache(maxsize=1)
def _texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = orjson.loads(files("ledger.messages").joinpath("forms.json").read_bytes())
    return texts


def problems_of(error: ValidationError, prefix: str) -> tuple[Problem, ...]:
    """Return the offences of a validation, at most :data:`MAXIMUM_PROBLEMS`, as JSON Pointers under ``prefix``."""
    return tuple(_problem(each, prefix) for each in error.errors(include_url=False)[:MAXIMUM_PROBLEMS])


def _problem(error: Any, prefix: str) -> Problem:
    pointer = prefix + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"])
    code = str(error["type"])
    if code == "value_error":
        code = str(error["ctx"]["error"])
    texts = _texts()
    zh, en = texts.get(code) or (f"{texts['other'][0]}:{error['msg']}", error["msg"])
    limits = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    return Problem(pointer, code, zh.format_map(_Limits(limits)), en.format_map(_Limits(limits)))


class _Limits(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"
