"""The archive view built anew is the one that was kept, whatever was corrected; every inspection is in its archive."""

import asyncio
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.open_ledger import open_memory_ledger
from ledger.codes.classification import shipped_rules
from ledger.envelope import Submission
from ledger.service import Ledger
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
    return hasattr(say(ledger, submission)[0], "position")


async def archive(url: str, organisation: str) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return await records_of(connection, organisation, limit=1_000)
