"""The databases of cities, provinces and the nation agree: each list of a region is the nation's, filtered (I-13)."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.access.jurisdiction import area
from ledger.envelope import Submission
from ledger.outcomes import Receipt
from ledger.service import Ledger
from projections.authorities.query import areas_taken_over
from projections.ledgers.query import LEDGERS, Asked, entries
from projections.projector import Projector
from projections.regional import Regional, ScopeChanged, histories_of
from projections.registry import VIEWS
from projections.view import View
from tests.support.access import case_opened, inspected
from tests.support.authorities import registered, took_over
from tests.support.services import fresh_database
from tests.support.statements import BODY, HOLDER, approved, decided, issued, say, statement
from tests.support.views import deliveries, rows

DAY, FIRST = "2031-12-31", "2031-01-05"
FOSHAN, GUANGZHOU, GUANGDONG, ZHEJIANG = "440600", "440100", "440000", "330000"
PLACES = ("440604", "440605", "440607", "440103", "440105", "330106", "330105")
CODES = ("91350100M000100Y43", "91350100M00010102K", "91440600M00010209B", "91350100M000103058")
NEEDED = ("register", "authorities", "ledgers")
COUNTIES = ("SAMR-440604", "SAMR-440605", "SAMR-440607")


def story(rng: random.Random) -> Iterator[Submission]:
    """Certificates, inspections and cases about enterprises that move, registered early, late or never."""
    yield from approved()
    for each in COUNTIES:
        yield registered(each, "district", "county", each[-6:], source="CNCA")
    for step in range(40):
        code, place, day = (
            rng.choice(CODES),
            rng.choice(PLACES),
            f"2031-{rng.randint(2, 12):02d}-{rng.randint(1, 28):02d}",
        )
        key, kind = f"organisation:{code[8:17]}", rng.randrange(8)
        holder = {**HOLDER, "code": code, "region": place}
        if kind == 0:
            data = {"effective": day, "organisation": holder}
            yield statement("organisation.registered", key, data, source="CNCA", identity=f"r{step}")
        elif kind == 1 and code != CODES[-1]:
            data = {"effective": day, "region": place, "address": "新址"}
            yield statement("organisation.moved", key, data, source="CNCA", identity=f"m{step}")
        elif kind in {2, 3, 4}:
            details = {**issued().data["details"], "holder": holder}
            yield issued(f"N{step}", FIRST, details=details)
            if rng.random() < 0.5:
                yield decided("suspended", "2031-03-01", f"N{step}", until="2031-06-01", reason_code="0111")
        elif kind == 5:
            change = {"change_code": "0103", "changes": {"holder": holder}}
            yield decided("changed", day, f"N{rng.randrange(step + 1)}", **change)
        elif kind == 6:
            yield inspected(f"inspection:i{step}", f"SAMR-{place}", place, code)
        else:
            yield case_opened(f"case:SAMR-{place}:{step}", f"SAMR-{place}", place, f"organisation:{code}")
    if rng.random() < 0.5:
        yield from took_over("SAMR-440103", "SAMR-440605", "2031-05-01", "CNCA")


def recorded(seed: int) -> Ledger:
    ledger = open_memory_ledger()
    for each in story(random.Random(seed)):
        assert isinstance(say(ledger, each)[0], Receipt) or each.type.family in {"inspection", "case", "organisation"}
    return ledger


def project(url: str, ledger: Ledger, region: str | None, rng: random.Random) -> None:
    """Fold the log into a database in batches of any size, by processes that come and go."""
    events = deliveries(ledger)
    for name in NEEDED:

        def make(name: str = name) -> View:
            view = VIEWS[name]()
            return view if region is None else Regional(view, region, histories_of(ledger.event_log))

        kept, start = Projector(lambda: psycopg.connect(url), make()), 0
        kept.prepare()
        kept.bookmarks()
        while start < len(events):
            size = rng.randint(1, 12)
            kept.apply(events[start : start + size])
            start += size
            if rng.random() < 0.2:
                kept.close()
                kept = Projector(lambda: psycopg.connect(url), make())
                kept.bookmarks()
        kept.close()


def listed(url: str, region: str | None) -> dict[str, list[dict[str, Any]]]:
    """Every ledger of a database for a region, in whole."""

    async def ask() -> dict[str, list[dict[str, Any]]]:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            codes = None
            if region is not None:
                codes = (*area(region, DAY), *await areas_taken_over(connection, f"SAMR-{region}", DAY))
            return {name: await entries(connection, name, DAY, Asked(codes, limit=5_000)) for name in LEDGERS}

    return asyncio.run(ask())


@contextmanager
def databases(server: str, template: str, *regions: str | None) -> Iterator[dict[str | None, str]]:
    with ExitStack() as stack:
        yield {each: stack.enter_context(fresh_database(server, template)) for each in regions}


def by_key(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in found}


@pytest.mark.requirement("S0-73")
@pytest.mark.parametrize("seed", range(4))
def test_the_lists_of_the_cities_are_those_of_the_province_and_those_of_the_nation_filtered(
    seed: int, database_server: str, template_database: str
) -> None:
    ledger = recorded(seed)
    tiers = (None, GUANGDONG, ZHEJIANG, FOSHAN, GUANGZHOU)
    with databases(database_server, template_database, *tiers) as urls:
        for region, url in urls.items():
            project(url, ledger, region, random.Random(seed))
        nation = urls[None]
        own = {region: listed(url, region) for region, url in urls.items()}
        for region in tiers[1:]:
            assert own[region] == listed(nation, region), region
        for name in ("certificates", "enterprises", "inspections", "cases"):
            cities = own[FOSHAN][name] + own[GUANGZHOU][name]
            assert len(by_key(cities)) == len(cities), "no row belongs to two cities"
            assert by_key(cities) == by_key(own[GUANGDONG][name])
            provinces = own[GUANGDONG][name] + own[ZHEJIANG][name]
            assert by_key(provinces) == by_key(row for row in own[None][name] if row["region"] in PLACES)  # type: ignore[arg-type]  # any iterable
        assert sum(map(len, own[GUANGDONG].values())) > 10


def test_a_county_that_took_anothers_place_has_its_lists_from_then_on(
    database_server: str, template_database: str
) -> None:
    ledger = open_memory_ledger()
    details = {**issued().data["details"], "holder": {**HOLDER, "region": "440605"}}
    before = [*approved(), *(registered(each, "district", "county", each[-6:], source="CNCA") for each in COUNTIES)]
    for each in (*before, issued("N1", details=details), inspected("inspection:i1", "SAMR-440605", "440605")):
        assert isinstance(say(ledger, each)[0], Receipt)
    with databases(database_server, template_database, "440604") as urls:
        url = urls["440604"]
        project(url, ledger, "440604", random.Random(1))
        assert not any(listed(url, "440604")[name] for name in ("certificates", "enterprises", "inspections"))
        for each in took_over("SAMR-440604", "SAMR-440605", "2031-05-01", "CNCA"):
            assert isinstance(say(ledger, each)[0], Receipt)
        project(url, ledger, "440604", random.Random(2))
        found = listed(url, "440604")
        assert [row["number"] for row in found["certificates"]] == ["N1"]
        assert [row["stream"] for row in found["inspections"]] == ["inspection:i1"]
        assert [row["region"] for row in found["enterprises"]] == ["440605"]


@pytest.mark.requirement("S0-71")
def test_a_regions_views_dropped_and_projected_anew_are_the_same_tables(
    database_server: str, template_database: str
) -> None:
    ledger = recorded(9)
    with databases(database_server, template_database, FOSHAN) as urls:
        url = urls[FOSHAN]
        project(url, ledger, FOSHAN, random.Random(1))
        first = {name: rows(url, VIEWS[name]()) for name in NEEDED}
        with psycopg.connect(url) as connection:
            for name in NEEDED:
                connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
        project(url, ledger, FOSHAN, random.Random(2))
        assert {name: rows(url, VIEWS[name]()) for name in NEEDED} == first
        assert any(BODY in row for row in first["register"]["certificate"])


def test_a_database_belongs_to_one_region(database_server: str, template_database: str) -> None:
    ledger = recorded(9)
    with databases(database_server, template_database, FOSHAN) as urls:
        url = urls[FOSHAN]
        project(url, ledger, FOSHAN, random.Random(1))
        other = Regional(VIEWS["ledgers"](), GUANGZHOU, histories_of(ledger.event_log))
        in_view = psycopg.connect(url, options="-c search_path=ledgers,public")
        with in_view as connection, pytest.raises(ScopeChanged, match=FOSHAN):
            other.fold(connection, deliveries(ledger)[:1])
        with pytest.raises(TypeError, match="bulk"):
            other.whole("x", (), None)  # type: ignore[arg-type]  # nothing is added
