"""Keys and signed statements over real HTTP."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from api.client import Client
from api.http.service import Ports
from api.registering import registration
from ledger.envelope import Submission
from ledger.evidence.signatures import PrivateKey, public_key_of
from ledger.sealed import MEDIA_TYPE, envelope_of, parse_any
from tests.integration.http.conftest import Running, following, serving, token
from tests.support.signing import ORIGIN, PERSON, TERMS, ed25519_key, ended, p256_key, policy, signed
from tests.support.statements import BODY, approved, issued, suspended

KEY, PERSONS = ed25519_key(1), p256_key(3)


@pytest.fixture
def signing(ports: Ports, database_url: str) -> Iterator[Running]:
    ports.ledger.terms = TERMS
    with following(database_url, ports), serving(ports) as running:
        running.accept(*approved())
        yield running


def challenge(app: Running, owner: str = BODY, party: str = BODY) -> dict[str, str]:
    answer = app.client.post("/v1/keys/challenge", json={"owner": owner}, headers=token(party))
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def register(app: Running, key: PrivateKey, owner: str = BODY, party: str = BODY) -> int:
    given = challenge(app, owner, party)
    event = registration(
        key, source=party, owner=owner, ledger=given["ledger"], nonce=given["nonce"], now=datetime.now(UTC)
    )
    answer = app.client.post("/v1/events", json=event, headers=token(party))
    assert answer.status_code == 201, answer.text
    position: int = answer.json()["position"]
    return position


def send(app: Running, content: bytes, media_type: str = MEDIA_TYPE, party: str = BODY, **query: str) -> httpx.Response:
    headers = {"Content-Type": media_type, **token(party)}
    return app.client.post("/v1/events", content=content, headers=headers, params=query)


def test_a_key_is_registered_by_challenge_and_proof_and_then_signs(signing: Running) -> None:
    register(signing, KEY)
    register(signing, PERSONS, PERSON)
    said = signed(issued(), KEY, PERSONS)
    answer = send(signing, envelope_of(said))
    assert (answer.status_code, answer.json()["signed_by"]) == (201, [BODY, PERSON])
    position = answer.json()["position"]
    kept = signing.get(f"/v1/events/{position}").content
    assert said.raw in kept
    assert [each["keyid"] for each in json.loads(kept)["event"]["signatures"]] == [
        public_key_of(key).keyid for key in (KEY, PERSONS)
    ]
    path = f"/v1/certificates/{BODY}/{said.subject.split(':')[2]}/timeline"
    assert signing.get(path, position).json()["facts"][0]["signed_by"] == [BODY, PERSON]
    events = signing.get(f"/v1/trail/{said.subject}", position).json()["events"]
    assert [each["signed_by"] for each in events] == [[BODY, PERSON]]


def test_an_envelope_may_be_one_item_of_a_batch_or_one_line(signing: Running) -> None:
    register(signing, KEY)
    mixed = [envelope_of(signed(issued("A"), KEY)), issued("B").raw]
    batch = send(signing, b"[" + b",".join(mixed) + b"]", "application/cloudevents-batch+json")
    assert [each["signed_by"] for each in batch.json()["outcomes"]] == [[BODY], []]
    lines = send(signing, b"\n".join([envelope_of(signed(issued("C"), KEY)), issued("D").raw]), "application/x-ndjson")
    told = [json.loads(line) for line in lines.content.splitlines()]
    assert [each["signed_by"] for each in told[:2]] == [[BODY], []]
    assert send(signing, envelope_of(signed(issued("E"), KEY)), "application/json").status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"payloadType": "text/plain"}, 400, "envelope_wrong"),
        ({"payload": "e30="}, 422, "not_a_cloudevent"),
        ({"payload": "eyJiIjoxLCJhIjoxfQ=="}, 400, "not_canonical"),
        ({"signatures": []}, 400, "envelope_wrong"),
        ({"signatures": [{"keyid": "0" * 64, "sig": "AA=="}]}, 403, "key_unknown"),
        ({"more": 1}, 400, "envelope_wrong"),
    ],
)
def test_a_wrong_envelope_is_a_problem_in_both_languages(
    signing: Running, change: dict[str, Any], status: int, code: str
) -> None:
    good = orjson.loads(envelope_of(signed(issued(), KEY)))
    answer = send(signing, orjson.dumps(good | change))
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert told["zh"]["action"]
    assert told["en"]["action"]


def test_a_bare_event_announced_as_an_envelope_is_refused(signing: Running) -> None:
    answer = send(signing, issued().raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "envelope_wrong")


def test_the_client_registers_a_key_and_submits_what_it_signed(signing: Running) -> None:
    with Client(str(signing.client.base_url), token=f"token of {BODY}") as ledger:
        given = ledger.key_challenge()
        event = registration(
            KEY, source=BODY, owner=given.owner, ledger=given.ledger, nonce=given.nonce, now=datetime.now(UTC)
        )
        assert ledger.submit(event).signed_by == []
        assert ledger.submit_envelope(envelope_of(signed(issued(), KEY))).signed_by == [BODY]
        (key,) = ledger.keys(BODY).keys
        assert (key.keyid, key.status.value) == (public_key_of(KEY).keyid, "valid")
        chain = ledger.chain(BODY)
        assert (chain.is_sound, chain.head) == (True, None)


def test_an_address_that_is_written_out_allows_its_own_methods_alone(signing: Running) -> None:
    answer = signing.client.delete("/v1/keys/challenge")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_an_envelope_does_not_speak_for_another_party_than_the_token(signing: Running) -> None:
    register(signing, KEY)
    answer = send(signing, envelope_of(signed(issued(), KEY)), party="CCAA")
    assert (answer.status_code, answer.json()["code"]) == (403, "source_not_yours")
    assert signing.client.post("/v1/events", content=envelope_of(signed(issued(), KEY))).status_code == 401


def test_a_challenge_is_given_to_who_is_known_and_for_a_name_that_is_one(signing: Running) -> None:
    assert signing.client.post("/v1/keys/challenge").status_code == 401
    assert challenge(signing)["ledger"] == ORIGIN
    assert signing.client.post("/v1/keys/challenge", headers=token(BODY)).json()["owner"] == BODY
    for wrong in (b'{"owner":"nobody"}', b'{"owner":7}', b"[]", b"{", b'{"owner":"' + b"x" * 2_000 + b'"}'):
        answer = signing.client.post("/v1/keys/challenge", content=wrong, headers=token(BODY))
        assert answer.status_code in {400, 404, 413}, answer.text
        assert answer.json()["zh"]["action"]


def test_the_register_of_keys_says_who_may_sign_now(signing: Running) -> None:
    register(signing, KEY)
    seen = signing.accept(ended(KEY, "compromised", compromised_since="2026-01-01T00:00:00.000000Z"))
    seen = max(seen, register(signing, PERSONS, PERSON))
    (gone,) = signing.get(f"/v1/keys/{BODY}", seen).json()["keys"]
    assert gone["status"] == {"value": "revoked", "zh": "已吊销", "en": "Revoked"}
    assert (gone["ended_by"], gone["compromised_since"]) == (BODY, "2026-01-01T00:00:00.000000Z")
    (valid,) = signing.get(f"/v1/keys/{PERSON}", seen).json()["keys"]
    assert (valid["status"]["value"], valid["registered_by"]) == ("valid", BODY)
    named = signing.get(f"/v1/keys/{gone['keyid']}", seen).json()["keys"]
    assert named == [gone]
    assert signing.get("/v1/keys/nobody").json()["code"] == "key_party_unknown"
    trail = signing.get(f"/v1/trail/{PERSON}", seen).json()["events"]
    assert "key.registered" in {each["type"] for each in trail}


def chain(app: Running, seen: int, party: str = BODY) -> dict[str, Any]:
    headers = {"Min-Position": str(seen), **token(party)}
    told: dict[str, Any] = app.client.get(f"/v1/issuers/{BODY}/chain", headers=headers).json()
    return told


def chained(submission: Submission, key: PrivateKey, sequence: int, previous: Submission | None) -> Submission:
    link = {"issuerprevious": previous.digest.hex()} if previous else {}
    return signed(submission, key, issuersequence=sequence, **link)


def test_an_issuer_sees_gaps_forks_and_foreign_entries_in_its_own_chain(signing: Running) -> None:
    register(signing, KEY)
    first = chained(issued("A"), KEY, 1, None)
    second = chained(issued("B"), KEY, 2, first)
    seen = 0
    for each in (first, second):
        seen = send(signing, envelope_of(each)).json()["position"]
    sound = chain(signing, seen)
    assert (sound["is_sound"], sound["links"], sound["head"]["digest"]) == (True, 2, second.digest.hex())
    foreign = chained(issued("F"), KEY, 2, first)
    stray = chained(suspended("A"), KEY, 3, foreign)
    later = chained(issued("L"), KEY, 6, second)
    for each in (foreign, stray, later):
        answer = send(signing, envelope_of(each))
        assert answer.status_code in {201, 202}, answer.text
        seen = answer.json()["position"]
    told = chain(signing, seen)
    assert not told["is_sound"]
    assert told["gaps"] == [{"first": 4, "last": 5}]
    assert [each["digest"] for each in told["forks"]] == [second.digest.hex(), foreign.digest.hex()]
    assert told["broken"] == []
    wrong = chained(issued("W"), KEY, 7, first)
    seen = send(signing, envelope_of(wrong)).json()["position"]
    (broken,) = chain(signing, seen)["broken"]
    assert (broken["sequence"], broken["expected"]) == (7, [later.digest.hex()])
    page = signing.get(f"/v1/issuers/{BODY}/events", seen, limit=4).json()
    rest = signing.get(f"/v1/issuers/{BODY}/events", seen, limit=4, cursor=page["next"]).json()
    events = [*page["events"], *rest["events"]]
    assert [each["sequence"] for each in events] == [None, 1, 2, 2, 3, 6, 7]
    assert events[3]["digest"] == foreign.digest.hex()
    assert rest["next"] is None
    assert chain(signing, seen, "CCAA")["code"] == "chain_restricted"
    assert signing.get(f"/v1/issuers/{BODY}/chain").status_code == 401
    assert chain(signing, seen, "auditor:a-1")["gaps"] == [{"first": 4, "last": 5}]


def test_both_sides_of_a_contradiction_are_shown_with_their_envelopes_to_whom_they_concern(signing: Running) -> None:
    register(signing, KEY)
    first = signed(issued("A"), KEY)
    other = signed(replace_id(issued("B"), first), KEY)
    send(signing, envelope_of(first))
    answer = send(signing, envelope_of(other))
    assert (answer.status_code, answer.json()["code"]) == (409, "identity_reused")
    told = signing.client.get("/v1/equivocations", headers=token(BODY)).json()["equivocations"]
    assert [orjson.dumps(each["other"]["envelope"], option=orjson.OPT_SORT_KEYS) for each in told] == [
        envelope_of(other)
    ]
    assert orjson.dumps(told[0]["first"]["envelope"], option=orjson.OPT_SORT_KEYS) == envelope_of(first)
    assert signing.client.get("/v1/equivocations").status_code == 401
    assert signing.client.get("/v1/equivocations", headers=token("CCAA")).json()["equivocations"] == []
    restricted = signing.client.get("/v1/equivocations", params={"source": BODY}, headers=token("CCAA"))
    assert (restricted.status_code, restricted.json()["code"]) == (403, "equivocations_restricted")


def replace_id(submission: Submission, other: Submission) -> Submission:
    found = parse_any(submission.raw.replace(submission.id.encode(), other.id.encode()))
    assert isinstance(found, Submission)
    return replace(found, signatures=())


def test_where_a_policy_asks_for_a_signature_an_unsigned_statement_is_refused(signing: Running) -> None:
    register(signing, KEY)
    signing.accept(policy("party"))
    answer = signing.say(issued())
    assert (answer.status_code, answer.json()["code"]) == (403, "signature_required")
    assert send(signing, envelope_of(signed(issued(), KEY))).status_code == 201
