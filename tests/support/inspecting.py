"""Statements about invented inspections and draws, for tests of every layer."""

from typing import Any

from ledger.envelope import Submission
from tests.support.statements import ANSWERABLE, HOLDER, certificate, statement

COUNTY = "SAMR-440604"
SECTIONS = ("incoming_goods", "production", "inspection", "warehousing", "mark_use")
CHECKS = ("uncertified_production", "production_while_invalid", "certificate_mismatch")
ORGANISATION = "organisation:M000100Y4"


def daily_patrol(**changes: Any) -> dict[str, Any]:
    """A daily patrol record in which nothing was found, with these sections instead; ``None`` leaves one out."""
    content = {
        **{each: {"result": "conforming"} for each in SECTIONS},
        **{each: {"answer": "no"} for each in CHECKS},
        **changes,
    }
    return {name: each for name, each in content.items() if each is not None}


def said(
    kind: str, day: str, stream: str = "inspection:i-1", source: str = COUNTY, tag: str = "", **data: Any
) -> Submission:
    """A statement about an inspection."""
    identity = f"{kind}:{stream}:{day}:{source}:{tag}"
    return statement(f"inspection.{kind}", stream, {"effective": day, **data}, source=source, identity=identity)


def planned(stream: str = "inspection:i-1", day: str = "2031-02-01", source: str = COUNTY, **data: Any) -> Submission:
    plan = {
        "mode": "routine_patrol",
        "programme": "routine",
        "stage": "ex_factory",
        "region": "440604",
        "due": "2031-03-31",
        "organisation": HOLDER["code"],
        "certificates": [certificate()],
        **data,
    }
    return said("planned", day, stream, source, **{name: each for name, each in plan.items() if each is not None})


def performed(stream: str = "inspection:i-1", day: str = "2031-02-10", source: str = COUNTY, **data: Any) -> Submission:
    visit = {
        "mode": "routine_patrol",
        "organisation": HOLDER["code"],
        "region": "440604",
        "certificates": [certificate()],
        "result": "conforming",
        **data,
    }
    return said("performed", day, stream, source, **{name: each for name, each in visit.items() if each is not None})


def recorded(
    stream: str = "inspection:i-1",
    day: str = "2031-02-11",
    source: str = COUNTY,
    *,
    form: str = "ccc_daily_patrol",
    version: int = 1,
    content: dict[str, Any] | None = None,
    stage: str = "ex_factory",
    programme: str = "routine",
) -> Submission:
    parts = [{"form": form, "version": version, "content": daily_patrol() if content is None else content}]
    return said("recorded", day, stream, source, programme=programme, stage=stage, parts=parts)


def filed(stream: str = "inspection:i-1", day: str = "2031-02-12", source: str = COUNTY) -> Submission:
    return said("filed", day, stream, source, archive=ORGANISATION)


def found(code: str, day: str = "2031-02-10", stream: str = "inspection:i-1", **data: Any) -> Submission:
    finding = {"finding": code, "grade": "major", "text": "关键件不一致", "responsible": ANSWERABLE, **data}
    return said("finding_recorded", day, stream, tag=code, **finding)
