"""The words that every way in shows beside a code: flags, reasons and statuses, in Chinese and English."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from ledger.codes.reasons import reason
from ledger.codes.statuses import Status, Validity
from ledger.days import Day


@lru_cache(maxsize=1)
def _flags() -> dict[str, dict[str, str]]:
    texts = orjson.loads(files("ledger.messages").joinpath("flags.json").read_bytes())
    return {code: {"code": code, "zh": zh, "en": en} for code, (zh, en) in texts.items()}


def flag(code: str) -> dict[str, str]:
    """Return a flag with what it says; a flag without words is shown by its code."""
    return _flags().get(code) or {"code": code, "zh": code, "en": code}


_STATUSES = {each.value: {"value": each.value, "code": each.code, "zh": each.zh, "en": each.en} for each in Status}
_VALIDITIES = {each.value: {"value": each.value, "zh": each.zh, "en": each.en} for each in Validity}


def status(value: str) -> dict[str, str]:
    """Return a status with its code on the national platform and its labels."""
    return _STATUSES[value]


def validity(value: str) -> dict[str, str]:
    """Return a validity with its labels."""
    return _VALIDITIES[value]


@lru_cache(maxsize=4096)
def reason_of(scheme_class: str, table: str | None, code: str | None, day: Day) -> dict[str, Any] | None:
    """Return what a reason code said on the day of the decision, ``None`` where no reason was given."""
    if not table or not code:
        return None
    row = reason(scheme_class, table, code, day)
    texts = {"zh": row.zh, "en": row.en, "rule": row.source} if row else {"zh": None, "en": None, "rule": None}
    return {"table": table, "code": code, **texts}
