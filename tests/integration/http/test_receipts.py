"""Status receipts over HTTP, checked as a stranger checks them: with a policy and nothing of ours."""

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from api.receipt_text import lines_of
from infra.status_map_store import PostgresMapStore
from ledger.certificates.statement import derive
from ledger.evidence.receipt import parse_receipt
from ledger.evidence.report import Result
from ledger.evidence.strict import canonical_json
from ledger.sealed import MEDIA_TYPE, envelope_of
from tests.integration.http.conftest import Running, serving, token
from tests.support.receipts import checked, proving
from tests.support.signing import TERMS, ed25519_key, registration, signed
from tests.support.statements import BODY, SIGNERS, approved, certificate, decided, issued, statement, suspended
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG

NUMBER = "10131Q00001R0M"


@pytest.fixture
def app(ports: Any, database_url: str, tmp_path: Path) -> Iterator[Running]:
    with proving(database_url, ports.ledger, tmp_path / "notary"), serving(ports) as running:
        running.accept(*approved())
        yield running


def ask(app: Running, number: str = NUMBER, kind: str = "receipt", **params: str) -> httpx.Response:
    return app.client.get(f"/v1/certificates/{BODY}/{number}/{kind}", params=params)


def receipt(app: Running, number: str = NUMBER, kind: str = "receipt", **params: str) -> httpx.Response:
    """The answer once notary and map have caught up, which takes long on a busy machine."""

    def ready() -> httpx.Response | None:
        answer = ask(app, number, kind, **params)
        return None if answer.status_code == 503 else answer

    answer = eventually(ready, 60)
    assert answer is not None
    return answer


def sound(raw: bytes) -> dict[str, Any]:
    found = checked(raw)
    derive(found)
    assert found.report.findings == []
    assert found.history_holds
    assert found.receipt is not None
    return dict(found.receipt.statement)


def test_a_receipt_proves_the_status_and_follows_the_next_event_at_once(app: Running) -> None:
    app.accept(issued())
    answer = receipt(app)
    assert answer.status_code == 200, answer.text
    stated = sound(answer.content)
    assert (stated["status"], stated["validity"], stated["expires"]) == ("valid", "valid", "2034-01-04")
    app.accept(suspended())
    stated = sound(receipt(app).content)
    assert (stated["status"], stated["validity"]) == ("suspended", "invalid")
    assert stated["suspended_until"] == "2031-06-01"
    before = sound(receipt(app, as_of="2031-02-28").content)
    assert (before["status"], before["validity"]) == ("valid", "valid")
    expired = sound(receipt(app, as_of="2034-01-06").content)
    assert (expired["status"], expired["since"]) == ("expired", "2034-01-05")


def test_a_number_that_was_never_registered_gets_the_proof_of_just_that(app: Running) -> None:
    app.accept(issued())
    assert sound(receipt(app).content)["registered"] is True
    answer = receipt(app, "NEVER")
    assert answer.status_code == 200, answer.text
    assert sound(answer.content) == {"registered": False}
    assert orjson.loads(answer.content)["events"] == []


def test_a_refused_application_looks_like_a_number_that_was_never_registered(app: Running) -> None:
    data = {name: issued("APPLIED").data[name] for name in ("effective", "signers", "details")}
    app.accept(issued(), statement("certificate.refused", certificate("APPLIED"), {**data, "reason": "不符合"}))
    one, other = (orjson.loads(receipt(app, number).content) for number in ("APPLIED", "NEVER"))
    assert one.keys() == other.keys()
    for shown in (one, other):
        assert (shown["statement"], shown["events"], shown["latest"]) == ({"registered": False}, [], None)


def test_a_receipt_is_small_and_carries_held_facts(app: Running) -> None:
    app.accept(issued(), decided("restored", "2031-03-02"))
    raw = receipt(app).content
    assert len(raw) < 8_000
    assert sound(raw)["held"] == 1


@pytest.mark.parametrize("number", ["A/B", "证书-1", "X.receipt"])
def test_numbers_of_any_spelling_have_receipts(app: Running, number: str) -> None:
    app.accept(issued(number))
    answer = receipt(app, number)
    assert sound(answer.content)["status"] == "valid"
    assert answer.headers["content-disposition"].isascii()


def test_without_a_map_there_is_no_receipt_and_the_reader_is_told(ports: Any) -> None:
    with serving(ports) as running:
        answer = ask(running)
        assert (answer.status_code, answer.json()["code"]) == (503, "receipt_not_ready")
        assert answer.headers["retry-after"] == "2"


def test_where_the_map_stands_still_nobody_gets_an_older_receipt(ports: Any, database_url: str, tmp_path: Path) -> None:
    with serving(ports) as running:
        with proving(database_url, ports.ledger, tmp_path / "notary"):
            running.accept(*approved(), issued())
            assert receipt(running).status_code == 200
        assert ask(running).status_code == 200
        running.accept(suspended())
        answer = ask(running)
        assert (answer.status_code, answer.json()["code"]) == (503, "receipt_behind")


def test_what_was_changed_in_the_database_gets_no_receipt(app: Running, database_url: str) -> None:
    import psycopg  # noqa: PLC0415

    app.accept(issued())
    assert receipt(app).status_code == 200
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE ledger_events DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE ledger_events SET state = replace(convert_from(state, 'UTF8'), '2034-01-04', '2039-01-04')::bytea"
            " WHERE topic = 'certificate.issued'"
        )
    answer = receipt(app)
    assert (answer.status_code, answer.json()["code"]) == (500, "receipt_contradicted")


def test_the_bare_verifier_and_the_command_line_judge_a_file(app: Running, tmp_path: Path) -> None:
    app.accept(issued(signers=[*SIGNERS, {"register": "CCAA", "number": "S101001", "role": "head"}]))
    file, policy = tmp_path / "r.json", tmp_path / "policy"
    file.write_bytes(receipt(app).content)
    policy.write_text(f"log {LOG.verifier.vkey}\nquorum none\n", "utf-8")
    for command in (["api.cli", "verify-receipt"], ["ledger.evidence", "receipt"]):
        told = run([*command, str(file), "--policy", str(policy)])
        assert told.returncode == Result.SOUND, told.stdout + told.stderr
        assert "valid" in told.stdout.lower()
        assert run([*command, str(file)]).returncode == Result.INCOMPLETE
        stale = run([*command, str(file), "--policy", str(policy), "--max-age", "0", "--json"])
        assert stale.returncode == Result.INCOMPLETE
        assert "STALE" in stale.stdout
        assert run([*command, str(policy), "--policy", str(policy)]).returncode == Result.UNREADABLE
        assert run([*command, "/does/not/exist"]).returncode == Result.USAGE
    told = run(["api.cli", "verify-receipt", str(file), "--policy", str(policy)])
    assert "状态 Status: 有效 Valid" in told.stdout


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=60, check=False)


def test_anybody_may_have_a_receipt(app: Running) -> None:
    app.accept(issued())
    assert receipt(app).status_code == 200
    assert app.client.get(f"/v1/certificates/{BODY}/{NUMBER}/receipt", headers=token("CNCA")).status_code == 200
    made, is_whole = parse_receipt(receipt(app).content)
    assert is_whole
    assert made.stream == certificate()


def changed(raw: bytes, **members: Any) -> bytes:
    """The receipt with other members, and the digest made to fit."""
    shown = {name: value for name, value in orjson.loads(raw).items() if name != "sha256"} | members
    return canonical_json({**shown, "sha256": sha256(canonical_json(shown)).hexdigest()})


def test_a_receipt_says_whether_the_last_event_was_signed_and_proves_by_whose_key(app: Running) -> None:
    app.ports.ledger.terms = TERMS
    key, other = ed25519_key(1), ed25519_key(2)
    app.accept(registration(key), issued())
    found = checked(receipt(app).content)
    assert (found.signature, found.report.findings) == ("unsigned", [])
    app.accept(registration(other))
    sealed = {"Content-Type": MEDIA_TYPE, **token(BODY)}
    assert app.client.post("/v1/events", content=envelope_of(signed(suspended(), key)), headers=sealed).is_success
    raw = receipt(app).content
    found = checked(raw)
    derive(found)
    assert (found.signature, found.report.findings, found.report.result) == ("signed", [], Result.SOUND)
    text = "\n".join(lines_of(found))
    assert f"已签名 Signed · {BODY}" in text
    shown = orjson.loads(raw)["signature"]
    assert [each["index"] for each in shown["keys"]] == [3]
    for wrong, expected in (
        ({"state": "unsigned", "keys": shown["keys"]}, {"STATUS_CONTRADICTED"}),
        ({"state": "signed", "keys": []}, {"SIGNER_UNKNOWN", "STATUS_CONTRADICTED"}),
        (None, {"SIGNER_UNKNOWN", "STATUS_CONTRADICTED"}),
        ({"state": "signed", "keys": [{**shown["keys"][0], "index": 4}]}, {"INCLUSION_WRONG"}),
    ):
        judged = checked(changed(raw, signature=wrong))
        assert {each.code for each in judged.report.findings} == expected
        assert judged.report.result is Result.TAMPERED


def test_a_receipt_as_known_before_shows_what_was_known_then_under_the_present_checkpoint(
    app: Running, database_url: str
) -> None:
    app.accept(issued())
    first = receipt(app)
    app.accept(suspended())
    assert sound(receipt(app).content)["status"] == "suspended"
    app.accept(decided("restored", "2031-03-02"))
    assert sound(receipt(app).content)["status"] == "valid"
    with psycopg.connect(database_url) as connection:
        recorded = [row[0] for row in connection.execute("SELECT recorded FROM statusmap.root ORDER BY size")]
    told = [orjson.loads(receipt(app, known_at=each.isoformat()).content) for each in recorded]
    assert told[0]["known_at"] == orjson.loads(first.content)["known_at"]
    day = {"as_of": "2031-03-01"}
    states = [sound(receipt(app, known_at=each.isoformat(), **day).content)["status"] for each in recorded]
    assert states[0] == "valid"
    assert states[-1] == "suspended"
    assert len({each["known_at"]["position"] for each in told}) == len(recorded) >= 3
    assert sound(receipt(app, "NEVER", known_at=recorded[1].isoformat()).content) == {"registered": False}
    before = ask(app, known_at="2020-01-01T00:00:00Z")
    assert (before.status_code, before.json()["code"]) == (404, "receipt_not_known_then")
    later = ask(app, known_at="2999-01-01T00:00:00Z")
    assert later.json()["code"] == "known_at_in_future"


def test_older_states_are_kept_as_long_as_they_are_to_be_and_what_is_gone_is_said(
    ports: Any, database_url: str, tmp_path: Path
) -> None:
    store = PostgresMapStore(database_url)
    with proving(database_url, ports.ledger, tmp_path / "notary", store=store), serving(ports) as running:
        running.accept(*approved(), issued())
        assert receipt(running).status_code == 200
        with psycopg.connect(database_url) as connection:
            (first,) = connection.execute("SELECT min(recorded) FROM statusmap.root").fetchone() or (None,)
        for step in (suspended(), decided("restored", "2031-03-02"), suspended(day="2031-04-01")):
            running.accept(step)
            assert receipt(running).status_code == 200
        gone = ask(running, known_at=first.isoformat())
        assert (gone.status_code, gone.json()["code"]) == (410, "receipt_no_longer_kept")
