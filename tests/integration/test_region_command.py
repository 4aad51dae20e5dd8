"""A region's own database, made and kept by the command, and served: its lists are the nation's of that region."""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import Any

import orjson
import psycopg

from api.http.service import Ports
from api.http.tokens import Tokens
from infra.demo.year import load, scripts
from infra.open_ledger import WRITER, open_ledger
from projections.ledgers.query import LEDGERS, Asked, entries
from projections.projector import Projector
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from tests.integration.http.conftest import serving
from tests.support.services import fresh_database
from tests.support.views import batches_of
from tests.support.waiting import eventually

DAY = "2024-12-31"
CITY = ("440600", "440604", "440605", "440606", "440607", "440608")


def listed(url: str, area: tuple[str, ...] | None) -> dict[str, list[dict[str, Any]]]:
    async def ask() -> dict[str, list[dict[str, Any]]]:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            return {name: await entries(connection, name, DAY, Asked(area, limit=5_000)) for name in LEDGERS}

    return asyncio.run(ask())


def by_the_files() -> dict[str, str]:
    """Where each enterprise of the year is on the day, as the files say it."""
    said = [orjson.loads(line) for _, lines in scripts() for line in lines]
    where: dict[str, str] = {}
    for event in sorted(said, key=lambda each: str(each["data"].get("effective", ""))):
        stated = event["data"].get("organisation") if event["type"] == "organisation.registered" else event["data"]
        if event["type"] in {"organisation.registered", "organisation.moved"} and event["data"]["effective"] <= DAY:
            where[event["subject"]] = stated["region"]
    return where


def caught_up(url: str, head: int) -> bool:
    with psycopg.connect(url) as connection:
        try:
            found = [connection.execute(f"SELECT min(position) FROM {name}.bookmark").fetchone() for name in VIEWS]  # type: ignore[call-overload]  # names of views
        except psycopg.errors.UndefinedTable:
            return False
    return all(row is not None and row[0] >= head for row in found)


def test_the_command_keeps_a_citys_database_that_serves_the_citys_lists_alone(
    database_url: str, database_server: str, tmp_path: Path
) -> None:
    ledger = open_ledger(database_url, acting_as=WRITER)
    assert load(ledger).refused == ()
    with ExitStack() as stack:
        stack.callback(ledger.close)
        for make in VIEWS.values():
            projector = Projector(lambda: psycopg.connect(database_url), make())
            stack.callback(projector.close)
            projector.prepare()
            for batch in batches_of(StoreFeed(ledger.event_log, wait_seconds=0.1), projector):
                projector.apply(batch)
        into = stack.enter_context(fresh_database(database_server))
        settings = {"CERTLEDGER_DATABASE_URL": database_url, "CERTLEDGER_REGION_DATABASE_URL": into}
        environment = {**environ, **settings, "CERTLEDGER_RUN_DIR": str(tmp_path)}
        environment.pop("CERTLEDGER_KAFKA", None)
        words = [sys.executable, "-m", "api.cli", "project", "--region", "440600"]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        head = ledger.event_log.head()
        eventually(lambda: caught_up(into, head), 90)
        assert listed(into, CITY) == listed(database_url, CITY)
        of_the_city = {enterprise for enterprise, region in by_the_files().items() if region in CITY}
        assert {row["organisation"] for row in listed(into, CITY)["enterprises"]} == of_the_city
        assert {row["organisation"] for row in listed(database_url, None)["enterprises"]} == by_the_files().keys()
        assert of_the_city < by_the_files().keys()
        refused = subprocess.run(
            [*words[:-1], "440100"], env=environment, capture_output=True, timeout=120, check=False
        )
        assert refused.returncode == 2
        assert "440600" in refused.stderr.decode()
        now = datetime(2024, 12, 31, 4, tzinfo=UTC)
        regional = open_ledger(into, acting_as=WRITER)
        stack.callback(regional.close)
        ports = Ports(ledger=regional, database_url=into, tokens=Tokens({}), clock=lambda: now, region="440600")
        running = stack.enter_context(serving(ports))
        served = running.client.get("/v1/ledgers/enterprises").json()
        assert served["region"] == "440600"
        assert [row["organisation"] for row in served["entries"]] == [
            row["organisation"] for row in listed(database_url, CITY)["enterprises"]
        ]
        elsewhere = running.client.get("/v1/ledgers/enterprises", params={"region": "440000"})
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (421, "region_not_kept_here")
