"""Statements about authorities of an invented county, for tests of every layer."""

from typing import Any

from ledger.envelope import Submission
from tests.support.access import ABOVE, COUNTY, OWN
from tests.support.statements import HOLDER, LAW, statement


def about_authority(event: str, day: str, authority: str = OWN, source: str = OWN, **data: Any) -> Submission:
    identity = f"{event} {authority} {day} {sorted((name, str(value)) for name, value in data.items())}"[:180]
    said = {"effective": day, **data}
    return statement(f"authority.{event}", f"authority:{authority}", said, source=source, identity=identity)


def registered(
    authority: str, kind: str, level: str, region: str | None, source: str = ABOVE, day: str = "2020-01-01"
) -> Submission:
    place = {"region": region} if region else {}
    return about_authority("registered", day, authority, source, kind=kind, level=level, name_zh="局", **place)


def established(unit: str, authority: str = OWN, day: str = "2031-01-01", **data: Any) -> Submission:
    said = {"kind": "certification_supervision", "name_zh": "认证监管股", **data}
    return about_authority("unit_established", day, authority, authority, unit=unit, **said)


def assigned(
    unit: str,
    authority: str = OWN,
    source: str = OWN,
    officer: str = "YZ440604001",
    day: str = "2031-02-01",
    code: str = HOLDER["code"],
) -> Submission:
    said = {"organisation": code, "unit": unit, "officer": officer}
    return about_authority("responsibility_assigned", day, authority, source, **said)


def designated(authority: str, region: str = COUNTY, source: str = ABOVE, **data: Any) -> Submission:
    said = {"region": region, "document_number": "示市监〔2031〕3号", **data}
    return about_authority("jurisdiction_designated", "2031-02-01", authority, source, **said)


def listed(item: str, events: list[str], authority: str = OWN, day: str = "2031-01-01") -> Submission:
    said = {"list": "power", "item": item, "text": "行政处罚", "events": events, "legal_basis": LAW}
    return about_authority("item_listed", day, authority, authority, **said)


def removed(item: str, day: str, authority: str = OWN) -> Submission:
    return about_authority("item_removed", day, authority, authority, list="power", item=item, reason="法律修改")


def took_over(successor: str, predecessor: str, day: str, source: str = ABOVE) -> list[Submission]:
    return [
        about_authority("succeeded", day, predecessor, source, successor=successor),
        about_authority("took_over", day, successor, source, predecessor=predecessor),
    ]
