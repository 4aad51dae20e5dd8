from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest

from api.audit.export import Wanted, export
from api.audit.replay import replay, replay_entries
from api.http.service import Ports
from api.http.tokens import Tokens
from infra.http_log import HttpLogReader, LogUnreachable
from infra.open_ledger import open_ledger
from ledger.evidence.report import Result
from ledger.evidence.sources import open_source
from ledger.principals import AUDITOR
from tests.integration.audit.conftest import SUBJECT, Log, check
from tests.integration.http.conftest import Running, following, serving
from tests.support.statements import BODY
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG

SECRET = "token of the auditor"


@pytest.fixture
def live(log: Log) -> Iterator[Running]:
    """The interface over the log, with views that follow it."""
    ledger = open_ledger(log.url)
    tokens = Tokens({sha256(SECRET.encode()).hexdigest(): AUDITOR, sha256(b"x").hexdigest(): BODY})
    ports = Ports(ledger=ledger, database_url=log.url, tokens=tokens, wait_seconds=20.0)
    with following(log.url, ports), serving(ports) as running:
        eventually(lambda: running.client.get("/readyz").status_code == 200, 60)
        yield running
    ledger.close()


def reader(live: Running, token: str | None = SECRET) -> HttpLogReader:
    return HttpLogReader(str(live.client.base_url), [LOG.verifier], token=token)


def test_what_is_exported_from_a_live_address_is_what_is_exported_from_the_store(
    log: Log, live: Running, tmp_path: Path
) -> None:
    for name, wanted in (("all", Wanted()), ("one", Wanted(subject=SUBJECT)), ("part", Wanted(first=10, last=20))):
        with reader(live) as far, log.reader() as near:
            export(far, tmp_path / f"{name}-far", wanted, lambda _done, _of: None)
            export(near, tmp_path / f"{name}-near", wanted, lambda _done, _of: None)
        assert check(tmp_path / f"{name}-far").result == Result.SOUND
        one, other = open_source(tmp_path / f"{name}-far"), open_source(tmp_path / f"{name}-near")
        assert one.names == other.names
        assert all(one.read(each, 1 << 25) == other.read(each, 1 << 25) for each in one.names)


def test_without_an_auditors_token_no_entries_are_handed_out(live: Running, tmp_path: Path) -> None:
    with reader(live, token=None) as far, pytest.raises(LogUnreachable, match="401"):
        export(far, tmp_path / "b", Wanted(), lambda _done, _of: None)
    assert list(tmp_path.iterdir()) == []


def test_the_live_registers_digest_is_that_of_the_replayed_bundle_on_both_time_axes(
    log: Log, live: Running, tmp_path: Path
) -> None:
    with log.reader() as near:
        export(near, tmp_path / "b", Wanted(), lambda _done, _of: None)
    with psycopg.connect(log.url) as connection:
        rows = connection.execute("SELECT recorded_at FROM ledger_events ORDER BY notification_id").fetchall()
    digests = set()
    for day in ("2024-05-01", "2025-09-30", "2031-06-01", "2040-01-01"):
        for at in (len(rows) - 1, 300, 40):
            known_at = rows[at][0].isoformat()
            answer = ask(live, as_of=day, known_at=known_at)
            assert answer.status_code == 200, answer.text
            said = answer.json()
            replayed = replay(tmp_path / "b", said["known_at"])
            digest = replayed.digest(day)
            assert (said["digest"], said["certificates"]) == (digest.hexadecimal(), digest.certificates)
            assert (said["position"], replayed.last_index) == (at + 1, at)
            digests.add(digest.hexadecimal())
    assert len(digests) > 6
    eventually(lambda: ask(live).json()["position"] == len(rows), 60)


def test_a_row_of_the_register_that_an_administrator_changed_shows_in_the_digest(log: Log, live: Running) -> None:
    with psycopg.connect(log.url) as connection:
        rows = connection.execute("SELECT notification_id - 1, state FROM ledger_events ORDER BY 1").fetchall()
        eventually(lambda: ask(live).json()["position"] == len(rows), 60)
        before = ask(live, as_of="2031-06-01").json()
        connection.execute(
            "UPDATE history.period SET state = jsonb_set(state::jsonb, '{status}', '\"valid\"')::json"
            " WHERE status = 'suspended'"
        )
    replayed = replay_entries([(int(index), bytes(raw)) for index, raw in rows]).digest("2031-06-01")
    assert before["digest"] == replayed.hexadecimal()
    changed = ask(live, as_of="2031-06-02").json()
    again = replay_entries([(int(index), bytes(raw)) for index, raw in rows]).digest("2031-06-02")
    assert changed["digest"] != again.hexadecimal()


def test_only_an_auditor_may_have_everything_digested(live: Running) -> None:
    assert live.client.get("/v1/log/state-digest").json()["code"] == "token_missing"
    answer = live.client.get("/v1/log/state-digest", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")
    assert ask(live, as_of="x").json()["code"] == "as_of_wrong"
    assert ask(live, known_at="2099-01-01T00:00:00Z").json()["code"] == "known_at_in_future"


def ask(live: Running, **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return live.client.get("/v1/log/state-digest", params=query, headers=headers)
