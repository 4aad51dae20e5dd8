"""The archive view built anew is the one that was kept, whatever was corrected; every inspection is in its archive."""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.open_ledger import open_memory_ledger
from ledger.codes.classification import shipped_rules
from ledger.envelope import Submission
from ledger.families import organisation_stream
from ledger.outcomes import Receipt
from ledger.service import Ledger
from projections.archive.coverage import Asked, coverage
from projections.archive.query import records_of
from projections.rebuild import rebuild
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from tests.integration.projections.conftest import MakeProjector
from tests.support import supervised as s
from tests.support.statements import accept, certificate, corrected, decided, say, statement
from tests.support.views import batches_of, rows

FIRST = certificate(s.FIRST)


def feed(ledger: Ledger) -> StoreFeed:
    return StoreFeed(ledger.event_log, wait_seconds=0.01)


def story() -> list[Submission]:
    opened, sample = s.archived("opened", "2031-02-01"), s.sampled()
    factor = s.classified("factor_stated", "2031-02-01", factor="enterprise_scale", value="small")
    rules = {"effective": "2031-01-01", **(shipped_rules("sample-credit", "2031-01-01") or {})}
    officer = {"officer": "person:SAMR:440604-017", "duties": ["keeping"]}
    return [
        *s.bodies(),
        *s.certificates(),
        decided("suspended", "2031-02-01", s.FIRST, until="2031-04-01", reason_code="0201"),
        decided("restored", "2031-03-01", s.FIRST),
        opened,
        s.archived("custodian_assigned", "2031-02-02", **officer),
        s.archived("closed", "2031-06-01", reason="迁出"),
        s.performed(certificates=[FIRST]),
        s.found(),
        s.closed(),
        sample,
        s.case(),
        s.penalised(),
        factor,
        s.listed("entry_added", "2031-02-10", "area", s.COUNTY),
        s.listed("entry_removed", "2031-03-10", "area", s.COUNTY),
        s.listed("entry_added", "2031-02-10", "enterprise", s.FACTORY_STREAM),
        statement("ruleset.published", f"ruleset:{s.OWN}:credit", rules, source=s.OWN),
        statement(
            "organisation.moved",
            s.FACTORY_STREAM,
            {"effective": "2031-04-01", "region": "440605", "address": "一号"},
            source="CNCA",
        ),
        corrected(sample, {**sample.data, "passed": True}, "c1"),
        corrected(opened, {**opened.data, "effective": "2031-01-15"}, "c2"),
        corrected(factor, None, "c3"),
    ]


@pytest.mark.requirement("S3-29")
@pytest.mark.parametrize("name", ["archive", "trail"])
def test_an_archive_built_anew_from_the_events_is_identical(
    projector: MakeProjector, database_url: str, name: str
) -> None:
    ledger = open_memory_ledger()
    kept = projector(VIEWS[name]())
    for each in story():
        accept(ledger, each)
        for batch in batches_of(feed(ledger), kept):
            kept.apply(batch)
    before = rows(database_url, kept.view)
    assert name == "trail" or all(before[table] for table in ("certified", "dossier", "problem", "handling"))
    result = rebuild(VIEWS[name](), feed(ledger), lambda: psycopg.connect(database_url))
    assert (result.compared, result.switched, result.differences) == (True, True, {})
    assert rows(database_url, kept.view) == before


CODES = ("440604", "440605")
FIRMS = (s.FACTORY, {**s.FACTORY, "code": "91350100M00010102K", "name_zh": "乙厂"})
_KINDS = {
    "archive.opened": "archive",
    "archive.closed": "close",
    "inspection.performed": "visit",
    "inspection.finding_recorded": "finding",
    "inspection.finding_closed": "closed",
    "case.opened": "case",
    "organisation.moved": "move",
}
SAID = st.lists(
    st.tuples(
        st.sampled_from(["archive", "close", "visit", "survey_visit", "finding", "closed", "case", "move"]),
        st.integers(0, 1),
        st.integers(1, 28),
    ),
    max_size=10,
)


@pytest.mark.requirement("S1-08")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SAID, st.sampled_from(["2031-02-14", "2031-02-28"]))
def test_the_three_ratios_are_what_a_count_over_the_events_gives(
    projector: MakeProjector, database_url: str, said: list[tuple[str, int, int]], day: str
) -> None:
    """I-9."""
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS archive CASCADE")
    ledger = open_memory_ledger()
    accept(ledger, *s.bodies())
    streams = [organisation_stream(str(firm["code"])) for firm in FIRMS]
    for number, firm in enumerate(FIRMS):
        details = {**s.DETAILS, "producer": firm, "factory": firm}
        accept(ledger, s.issued(f"203190090100000{number}", details=details, expires="2036-01-04"))
    for number, (kind, firm, on) in enumerate(said):
        say(ledger, _statement(kind, number, firm, streams[firm], f"2031-02-{on:02}"))
    taken = list(_in_effect(ledger, len(said), streams))
    kept = projector(VIEWS["archive"]())
    for batch in batches_of(feed(ledger), kept):
        kept.apply(batch)
    for code in CODES:
        found = asyncio.run(figures(database_url, Asked((code,), day)))
        counted = {name: (found[name]["covered"], found[name]["total"]) for name in found}
        assert counted == _count(taken, code, day)


def _statement(kind: str, number: int, firm: int, stream: str, at: str) -> Submission:
    owner = f"archive:{s.OWN}:{stream}"
    inspection = f"inspection:i-{firm}"
    code = FIRMS[firm]["code"]
    if kind == "archive":
        said = {"effective": at, "region": s.COUNTY}
        return statement("archive.opened", owner, said, source=s.OWN, identity=f"{number}")
    if kind == "close":
        return statement("archive.closed", owner, {"effective": at, "reason": "一"}, source=s.OWN, identity=f"{number}")
    if kind in {"visit", "survey_visit"}:
        mode = "routine_patrol" if kind == "visit" else "other"
        return s.performed(inspection, at, organisation=code, mode=mode)
    if kind == "finding":
        return s.found(inspection, "F1", at)
    if kind == "closed":
        return s.closed(inspection, "F1", at)
    if kind == "case":
        return s.case(f"case:{s.OWN}:{number}", at, target=stream, inspections=[inspection])
    data = {"effective": at, "region": CODES[1], "address": "一号"}
    return statement("organisation.moved", stream, data, source="CNCA", identity=f"{number}")


def _in_effect(ledger: Ledger, count: int, streams: list[str]) -> Iterator[tuple[str, int, str]]:
    """Every statement that took effect, by what it was, about which firm, and when."""
    for firm, stream in enumerate(streams):
        names = [f"archive:{s.OWN}:{stream}", f"inspection:i-{firm}", stream]
        cases = [f"case:{s.OWN}:{number}" for number in range(count)]
        for fact in (fact for name in [*names, *cases] for fact in ledger.timeline(name).applied):
            if fact.type == "case.opened" and fact.data["target"] != stream:
                continue
            kind = _KINDS[fact.type]
            yield kind if fact.data.get("mode") != "other" else "survey_visit", firm, fact.effective


def _count(taken: list[tuple[str, int, str]], code: str, day: str) -> dict[str, tuple[int, int]]:
    """The three figures by looking at every statement each time."""
    figures_found = {"archives": [0, 0], "patrols": [0, 0], "problems": [0, 0]}
    for firm in (0, 1):
        mine = [(kind, at) for kind, who, at in taken if who == firm]
        region = CODES[1] if any(kind == "move" and at <= day for kind, at in mine) else CODES[0]
        if region != code:
            continue
        is_open = False
        for kind, at in sorted((pair for pair in mine if pair[0] in {"archive", "close"}), key=lambda pair: pair[1]):
            if at <= day:
                is_open = kind == "archive"
        visited = any(kind == "visit" and at <= day for kind, at in mine)
        found = next((at for kind, at in mine if kind == "finding"), None)
        for name, covered in (("archives", is_open), ("patrols", visited)):
            figures_found[name][0] += covered
            figures_found[name][1] += 1
        if found is not None and found <= day:
            figures_found["problems"][1] += 1
            figures_found["problems"][0] += any(
                (kind == "closed" and at <= day) or (kind == "case" and found <= at <= day) for kind, at in mine
            )
    return {name: (covered, total) for name, (covered, total) in figures_found.items()}


async def figures(url: str, asked: Asked) -> dict[str, Any]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return await coverage(connection, asked)


NAMED = st.lists(
    st.tuples(st.sampled_from(["finding", "closed", "sample", "case"]), st.integers(0, 2), st.booleans()), max_size=8
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMED)
def test_every_event_of_an_inspection_is_in_the_archive_of_its_enterprise(
    projector: MakeProjector, database_url: str, events: list[tuple[str, int, bool]]
) -> None:
    """I-22."""
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS trail CASCADE")
    ledger = open_memory_ledger()
    other = "91350100M00010102K"
    said = [s.performed(f"inspection:i-{n}", organisation=code) for n, code in enumerate((s.FACTORY["code"], other))]
    for number, (kind, name, first) in enumerate(events):
        stream = f"inspection:i-{0 if first else 1}"
        if kind == "case":
            said.append(s.case(f"case:{s.OWN}:{number}", target=f"body:{s.BODY}", inspections=[stream]))
        else:
            make = {"finding": s.found, "closed": s.closed, "sample": s.sampled}[kind]
            said.append(make(stream, f"{kind[0].upper()}{name}"))
    ledger_said = [each for each in said if accepted(ledger, each)]
    kept = projector(VIEWS["trail"]())
    for batch in batches_of(feed(ledger), kept):
        kept.apply(batch)
    filed = {row["id"] for row in asyncio.run(archive(database_url, s.FACTORY_STREAM))}
    about = {
        each.id for each in ledger_said if "inspection:i-0" in (each.subject, *(each.data.get("inspections") or ()))
    }
    assert filed == about


def accepted(ledger: Ledger, submission: Submission) -> bool:
    return isinstance(say(ledger, submission)[0], Receipt)


async def archive(url: str, organisation: str) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found, is_whole = await records_of(connection, organisation, limit=1_000)
        assert is_whole
        return found
