"""The public asks and tells; what it tells is in no event, and only the authorities of the place read it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app as command_line
from api.http.service import Ports
from infra.limits import Limits
from infra.vault.keys import FileKeys
from infra.vault.tip_offs import TipOffs, TooManyKept
from ledger.codes.tip_offs import reasons
from tests.integration.http.conftest import Running, following, serving, token
from tests.support.statements import BODY, approved, issued
from tests.support.supervising import CITY, COUNTY, SIBLING, case

NUMBER = "10131Q00001R0M"
TEXT = "该厂产品未经认证即出厂,地址写在包装上。"
CONTACT = "匿名信箱 tip@example.org"


def told(**changes: Any) -> dict[str, Any]:
    return {"about": {"body": BODY, "certificate": NUMBER}, "region": "440604", "text": TEXT, **changes}


@pytest.fixture
def store(database_url: str) -> TipOffs:
    return TipOffs(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def country(ports: Ports, store: TipOffs) -> Iterator[Running]:
    limits = Limits(tip_off_burst=20)
    with following(ports.database_url, ports), serving(replace(ports, tip_offs=store, limits=limits)) as running:
        running.accept(*approved())
        yield running


def send(running: Running, said: Any, key: str | None = None) -> httpx.Response:
    return running.client.post("/v1/tip-offs", json=said, headers={"Idempotency-Key": key} if key else {})


def listed(running: Running, reader: str, region: str = "440604", **params: str) -> httpx.Response:
    headers = {**token(reader), "Read-Reason": "complaint"} if reader else {}
    return running.client.get("/v1/tip-offs", params={"region": region, **params}, headers=headers)


def dispose(running: Running, receipt: str, party: str, **said: str) -> httpx.Response:
    return running.client.post(f"/v1/tip-offs/{receipt}/disposal", json=said, headers=token(party))


@pytest.mark.requirement("S1-81")
def test_anybody_looks_a_certificate_up_tells_of_it_and_learns_what_became_of_that(country: Running) -> None:
    seen = country.accept(issued())
    asked = country.get(f"/v1/certificates/{BODY}/{NUMBER}", seen)
    assert asked.json()["status"]["code"] == "01"
    given = send(country, told(contact=CONTACT))
    assert given.status_code == 202
    receipt = given.json()["receipt"]
    for reader in (COUNTY, CITY, "CNCA"):
        (row,) = listed(country, reader).json()["rows"]
        assert (row["text"], row["contact"], row["about"]["certificate"]) == (TEXT, CONTACT, NUMBER)
    early = dispose(country, receipt, COUNTY, lead=f"case:{COUNTY}:T1")
    assert (early.status_code, early.json()["code"]) == (409, "tip_off_lead_missing")
    country.accept(case("lead_registered", "2031-03-20", "T1", channel="online", informant="anonymous"))
    for _ in range(2):
        assert dispose(country, receipt, COUNTY, lead=f"case:{COUNTY}:T1").status_code == 200
    assert dispose(country, receipt, COUNTY, reason="too_little").json()["code"] == "tip_off_disposed"
    status = country.client.get(f"/v1/tip-offs/{receipt}")
    assert (status.json()["state"], status.json()["reason"]) == ("registered", None)
    assert "T1" not in status.text, "nothing of the case is the public's"
    second = send(country, told(text="另一件事")).json()["receipt"]
    assert dispose(country, second, CITY, reason="too_little").json()["reason"]["code"] == "too_little"
    assert [row["receipt"] for row in listed(country, COUNTY, state="not_pursued").json()["rows"]] == [second]


def test_what_is_told_is_sealed_in_no_event_and_read_by_nobody_else(country: Running, database_url: str) -> None:
    receipt = send(country, told(contact=CONTACT)).json()["receipt"]
    assert listed(country, "").json()["code"] == "token_missing"
    assert listed(country, SIBLING).json()["code"] == "not_entitled"
    assert listed(country, BODY).json()["code"] == "not_entitled"
    assert listed(country, SIBLING, "440605").json()["rows"] == []
    assert dispose(country, receipt, SIBLING, reason="too_little").json()["code"] == "tip_off_unknown"
    assert dispose(country, receipt, BODY, reason="too_little").json()["code"] == "not_entitled"
    unsaid = country.client.get("/v1/tip-offs?region=440604", headers=token(COUNTY))
    assert unsaid.json()["code"] == "read_reason_missing"
    assert listed(country, COUNTY).status_code == 200
    shown = country.client.get(f"/v1/tip-offs/{receipt}").text
    assert TEXT not in shown
    assert CONTACT not in shown
    with psycopg.connect(database_url) as connection:
        events = b"".join(bytes(row[0]) for row in connection.execute("SELECT state FROM ledger_events"))
        rows = connection.execute("SELECT t::text FROM vault.tip_off t").fetchall()
        notes = connection.execute("SELECT party, reason, stream FROM ledger_reads WHERE access = 'tip_off'").fetchall()
    assert TEXT.encode() not in events
    assert receipt.encode() not in events
    assert TEXT.encode().hex() not in rows[0][0]
    assert [(party, reason) for party, reason, _ in notes] == [(COUNTY, "complaint")]
    assert receipt not in notes[0][2]
    for role in ("certledger_public", "certledger_reader", "certledger_writer"):
        with (
            psycopg.connect(database_url, options=f"-c role={role}") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT FROM vault.tip_off")


def test_the_same_is_kept_once_and_a_key_belongs_to_one_content(country: Running) -> None:
    first, again = send(country, told()), send(country, told())
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["receipt"] == again.json()["receipt"]
    key = "a-random-value-of-mine"
    keyed, repeated = send(country, told(), key), send(country, told(), key)
    assert (keyed.status_code, repeated.status_code) == (202, 200)
    assert keyed.json()["receipt"] == repeated.json()["receipt"] != first.json()["receipt"]
    other = send(country, told(text="别的内容"), key)
    assert (other.status_code, other.json()["code"]) == (409, "tip_off_key_reused")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (told(region="999999"), 404, "region_not_found"),
        (told(region="44060"), 422, "parameters_wrong"),
        (told(text="长" * 2001), 422, "parameters_wrong"),
        (told(text="  "), 422, "parameters_wrong"),
        (told(about={}), 422, "parameters_wrong"),
        (told(contact="长" * 201), 422, "parameters_wrong"),
        (told(name="某人"), 422, "parameters_wrong"),
        (told(text="长" * 20_000), 413, "body_too_large"),
        ([], 422, "parameters_wrong"),
    ],
)
def test_what_has_not_the_form_is_refused(country: Running, said: Any, status: int, code: str) -> None:
    answer = send(country, said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_half_a_character_is_refused_as_any_other_fault(country: Running) -> None:
    content = b'{"about":{"product":"x"},"region":"440604","text":"\\ud800"}'
    headers = {"Content-Type": "application/json"}
    answer = country.client.post("/v1/tip-offs", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "parameters_wrong")


def test_one_address_tells_only_so_much_and_without_a_store_nothing_is_taken(ports: Ports, store: TipOffs) -> None:
    with serving(replace(ports, tip_offs=store, limits=Limits(tip_off_burst=2))) as running:
        answers = [send(running, told(text=f"第 {number} 件")) for number in range(3)]
    assert [each.status_code for each in answers] == [202, 202, 429]
    assert answers[2].json()["code"] == "tip_offs_too_fast"
    assert int(answers[2].headers["Retry-After"]) > 60
    with serving(ports) as running:
        assert send(running, told()).json()["code"] == "tip_offs_unavailable"


def test_what_is_over_is_told_to_nobody_and_deleted(database_url: str, now: datetime) -> None:
    store = TipOffs(database_url, lambda: FileKeys([b"k" * 32]), days=180, most=2)
    said = {"about": {"product": "插座"}, "text": TEXT}
    receipt = store.keep("440604", said, now).receipt
    store.keep("440604", {**said, "text": "二"}, now)
    with pytest.raises(TooManyKept):
        store.keep("440604", {**said, "text": "三"}, now)
    within, over = now + timedelta(days=180), now + timedelta(days=180, seconds=1)
    assert store.one(receipt, within) is not None
    assert store.sweep(within) == 0
    assert store.one(receipt, over) is None
    assert store.listed(["440604"], None, over, 10) == []
    assert (store.sweep(over, dry_run=True), store.sweep(over), store.sweep(over)) == (2, 2, 0)


def test_verbs_take_a_tip_off_show_it_to_the_authority_and_note_what_became_of_it(
    country: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(country.client.base_url.port))
    monkeypatch.setenv("CERTLEDGER_TOKEN", token(COUNTY)["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "250")

    def say(*words: str) -> Result:
        return CliRunner().invoke(command_line, ["tip-offs", *words])

    unsaid = say("send", "440604", TEXT)
    assert unsaid.exit_code == 2
    assert "请以 --certificate" in unsaid.stderr
    text = "[red]\x1b[2J未经认证"
    receipt = orjson.loads(say("send", "440604", text, "--product", "插座", "--json").stdout)["receipt"]
    shown = say("list", "440604", "--as", COUNTY)
    assert receipt in shown.stdout
    assert "[red]\N{REPLACEMENT CHARACTER}[2J未经认证" in shown.stdout
    assert "received" in say("status", receipt).stdout
    both = say("dispose", receipt, "--as", COUNTY)
    assert both.exit_code == 2
    assert "恰选其一" in both.stderr
    why = min(reasons())
    assert say("dispose", receipt, "--as", COUNTY, "--not-pursued", why).exit_code == 0
    assert f"not_pursued({reasons()[why].zh}" in say("status", receipt).stdout
