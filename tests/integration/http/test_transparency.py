"""The log over HTTP: what a C2SP client finds, what a person gets as proof, and who may read whole entries."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from api.http.service import Ports
from api.http.tokens import Tokens
from infra.notary_store import connect_as_notary
from infra.open_ledger import open_ledger
from ledger.evidence.merkle import leaf_hash
from ledger.evidence.notes import COSIGNATURE_V1, NoteSigner, parse_checkpoint, parse_note
from ledger.evidence.policy import Policy
from ledger.evidence.proofs import parse_consistency_json, parse_inclusion_json, parse_inclusion_text
from ledger.evidence.strict import EvidenceError, decode_base64
from ledger.evidence.tiles import decode_entries, entry_bundles_of, tiles_of
from tests.integration.http.conftest import PARTIES, Running, serving, token
from tests.support.consumers import history, record
from tests.support.notaries import sign_all, stored_entries
from tests.support.services import fresh_database
from tests.support.statements import BODY
from tests.unit.evidence.making import LOG, key, tile_store

POLICY = Policy(logs=[LOG.verifier])
OCTETS = "application/octet-stream"
SIZES = (300, 600)


@pytest.fixture(scope="module")
def signed_database(
    database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("notary")
    with fresh_database(database_server, template_database) as url:
        ledger = open_ledger(url)
        for size in SIZES:
            record(ledger, history([f"S{size}N{n:04}" for n in range(300)], 1), batch=150)
            sign_all(url, folder)
        record(ledger, history(["NOTSIGNED"], 1))
        ledger.close()
        yield url


@pytest.fixture(scope="module")
def log(signed_database: str) -> Iterator[Running]:
    ledger = open_ledger(signed_database)
    parties = (*PARTIES, "auditor", "operator")
    tokens = Tokens({sha256(f"token of {party}".encode()).hexdigest(): party for party in parties})
    with serving(Ports(ledger=ledger, database_url=signed_database, tokens=tokens)) as running:
        yield running
    ledger.close()


def get(log: Running, path: str, who: str = "", **params: object) -> httpx.Response:
    return log.client.get(path, params=params, headers=token(who) if who else {})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_checkpoint_is_signed_and_every_tile_of_it_is_served(log: Running, signed_database: str) -> None:
    answer = get(log, "/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "immutable" not in answer.headers["cache-control"]
    accepted = POLICY.accept(parse_note(answer.content))
    assert accepted.checkpoint.size == 600
    entries = stored_entries(signed_database)[:600]
    store = tile_store(entries)
    for tile in tiles_of(600):
        served = get(log, f"/{tile.path}")
        assert (served.status_code, served.content) == (200, store[tile]), tile
        assert served.headers["content-type"] == OCTETS
        assert ("immutable" in served.headers["cache-control"]) == (tile.width == 256)


def test_a_tile_answers_under_its_own_path_only_once_it_is_full(log: Running) -> None:
    assert code(get(log, "/tile/0/002")) == (404, "tile_unknown")
    assert get(log, "/tile/0/002").headers["cache-control"] == "no-store"
    partial = get(log, "/tile/0/002.p/88").content
    assert len(partial) == 88 * 32
    assert get(log, "/tile/0/002.p/3").content == partial[: 3 * 32]
    assert get(log, "/tile/0/001.p/44").content == get(log, "/tile/0/001").content[: 44 * 32]
    assert code(get(log, "/tile/0/002.p/89")) == (404, "tile_unknown")


@pytest.mark.parametrize(
    "path",
    [
        "0/1",
        "0/0000",
        "0/x000/001",
        "00/000",
        "64/000",
        "0/000.p/256",
        "0/000.p/0",
        "x/000",
        "0/000/..",
        "0/-01",
        "7/000",
    ],
)
def test_only_the_one_spelling_of_a_tile_is_served(log: Running, path: str) -> None:
    assert code(get(log, f"/tile/{path}"))[0] == 404


def test_entries_are_for_those_alone_who_may_read_the_whole_log(log: Running, signed_database: str) -> None:
    entries = stored_entries(signed_database)[:600]
    shown: list[bytes] = []
    for bundle in entry_bundles_of(600):
        assert code(get(log, f"/{bundle.path}")) == (401, "token_missing")
        assert code(get(log, f"/{bundle.path}", BODY)) == (403, "not_entitled")
        served = get(log, f"/{bundle.path}", "auditor")
        assert served.headers["cache-control"].startswith("private")
        assert served.headers["vary"] == "Authorization"
        assert code(get(log, f"/{bundle.path}", "operator")) == (403, "not_entitled")
        shown += decode_entries(served.content)
    assert shown == entries
    # Recorded, but under no checkpoint yet.
    assert code(get(log, "/tile/entries/002.p/89", "auditor")) == (404, "tile_unknown")


def test_every_checkpoint_is_kept_and_listed_in_order(log: Running) -> None:
    pages, after = [], 0
    while after is not None:
        answer = get(log, "/v1/log/checkpoints", after=after, limit=1).json()
        pages += answer["checkpoints"]
        after = answer["next"]
    assert [each["size"] for each in pages][-1] == 600
    for each in pages:
        checkpoint = parse_checkpoint(parse_note(each["note"].encode()).text)
        assert (checkpoint.size, checkpoint.root) == (each["size"], decode_base64(each["root"]))
        assert get(log, f"/v1/log/checkpoints/{each['size']}").text == each["note"]
    assert code(get(log, "/v1/log/checkpoints/7")) == (404, "checkpoint_unknown")


def test_an_inclusion_proof_holds_as_json_and_as_text(log: Running, signed_database: str) -> None:
    entries = stored_entries(signed_database)
    for size in SIZES:
        for index in (0, 1, 255, 256, size - 1):
            answer = get(log, "/v1/log/proof/inclusion", index=index, size=size)
            assert "entry" not in answer.json()
            proof = parse_inclusion_json(answer.content)
            assert proof.leaf == leaf_hash(entries[index])
            assert proof.verify(POLICY, entries[index]).checkpoint.size == size
            with pytest.raises(EvidenceError):
                proof.verify(POLICY, entries[index] + b" ")
            text = get(log, "/v1/log/proof/inclusion", index=index, size=size, format="text")
            assert parse_inclusion_text(text.content).verify(POLICY, entries[index]).checkpoint.size == size
    with_entry = get(log, "/v1/log/proof/inclusion", "auditor", index=5, entry=True)
    assert parse_inclusion_json(with_entry.content).verify(POLICY).checkpoint.size == 600
    assert code(get(log, "/v1/log/proof/inclusion", BODY, index=5, entry=True)) == (403, "not_entitled")


def test_a_consistency_proof_holds(log: Running) -> None:
    answer = get(log, "/v1/log/proof/consistency", old=300)
    earlier, later = parse_consistency_json(answer.content).verify(POLICY)
    assert (earlier.checkpoint.size, later.checkpoint.size) == SIZES
    same = get(log, "/v1/log/proof/consistency", old=300, new=300)
    assert parse_consistency_json(same.content).proof == ()


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("inclusion", {"index": 600}, (404, "leaf_unknown")),
        ("inclusion", {"index": 300, "size": 300}, (404, "leaf_unknown")),
        ("inclusion", {"index": 0, "size": 599}, (404, "checkpoint_unknown")),
        ("inclusion", {"index": -1}, (422, "parameters_wrong")),
        ("inclusion", {}, (422, "parameters_wrong")),
        ("inclusion", {"index": 0, "format": "pdf"}, (422, "parameters_wrong")),
        ("consistency", {"old": 0}, (422, "parameters_wrong")),
        ("consistency", {"old": 600, "new": 300}, (404, "checkpoint_unknown")),
        ("consistency", {"old": 1}, (404, "checkpoint_unknown")),
    ],
)
def test_an_impossible_proof_is_refused_with_what_to_do(
    log: Running, path: str, params: dict[str, object], expected: tuple[int, str]
) -> None:
    assert code(get(log, f"/v1/log/proof/{path}", **params))[1] == expected[1]
    assert code(get(log, f"/v1/log/proof/{path}", **params)) == expected


def test_cosignatures_join_the_checkpoint_they_are_for(log: Running, signed_database: str) -> None:
    note = get(log, "/v1/log/checkpoints/300").content
    witness = NoteSigner("witness.example/1", key(11), COSIGNATURE_V1)
    line = witness.line(parse_note(note).text, 1_800_000_000)
    with connect_as_notary(signed_database) as connection:
        connection.execute(
            "INSERT INTO notary.cosignature (size, name, key_id, line) VALUES (300, %s, %s, %s)",
            (witness.name, witness.verifier.id, line),
        )
    cosigned = get(log, "/v1/log/checkpoints/300").content
    assert cosigned == note + line.encode()
    assert witness.verifier in parse_note(cosigned).verify([witness.verifier])
    assert line in get(log, "/v1/log/proof/inclusion", index=0, size=300).json()["checkpoint"]
    assert line.encode() not in get(log, "/checkpoint").content


def test_the_log_says_when_nothing_is_signed_yet(app: Running) -> None:
    assert code(app.client.get("/checkpoint")) == (404, "nothing_signed")
    assert code(app.client.get("/tile/0/000")) == (404, "tile_unknown")
    assert code(app.client.get("/v1/log/proof/inclusion?index=0")) == (404, "nothing_signed")
    assert app.client.get("/v1/log/checkpoints").json() == {"checkpoints": [], "next": None}


def test_metrics_and_health_tell_how_far_the_checkpoints_are(log: Running, signed_database: str) -> None:
    text = get(log, "/metrics").text
    for line in (
        "certledger_checkpoint_size 600.0",
        "certledger_checkpoint_lag_events 1.0",
        "certledger_notary_alarms 0.0",
    ):
        assert line in text, line
    with connect_as_notary(signed_database) as connection:
        connection.execute("INSERT INTO notary.alarm (findings) VALUES ('[]')")
    checks = {each["check"]: each for each in get(log, "/readyz").json()["checks"]}
    assert checks["notary"]["status"] == "degraded"
    assert "scrub --once" in checks["notary"]["en"]
    assert "certledger_notary_alarms 1.0" in get(log, "/metrics").text
