from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.envelope import Submission, open_recorded
from ledger.evidence.signatures import EVENT_TYPE, PrivateKey, Signature, pae, public_key_of
from ledger.evidence.strict import encode_base64
from ledger.refusals import Refusal
from ledger.sealed import envelope_of, parse_any, parse_sealed, sign_submission
from ledger.service import Incoming, Ledger
from ledger.terms import Terms
from tests.support.signing import ORIGIN, PERSON, TERMS, ed25519_key, ended, p256_key, policy, registration, signed
from tests.support.statements import (
    BODY,
    OTHER_BODY,
    accept,
    approved,
    issued,
    refusal,
    say,
    statement,
    suspended,
)

KEY, OTHER, PERSONS = ed25519_key(1), p256_key(2), ed25519_key(3)


@pytest.fixture
def ledger() -> Ledger:
    ledger = open_memory_ledger(TERMS)
    accept(ledger, *approved())
    return ledger


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_a_signed_statement_is_recorded_in_its_own_bytes_with_its_signatures(ledger: Ledger, key: PrivateKey) -> None:
    accept(ledger, registration(key))
    said = signed(issued(), key)
    (receipt,) = accept(ledger, said)
    assert receipt.signed_by == (BODY,)
    raw = ledger.event_log.read(receipt.position - 1, 1)[0].raw
    assert raw.startswith(b'{"event":' + said.raw + b',"record":')
    recorded = open_recorded(receipt.position, raw)
    assert recorded.signed_by == (BODY,)
    (kept,) = orjson.loads(raw)["signatures"]
    assert kept == said.signatures[0].as_json()
    public_key_of(key).verify(said.signatures[0].value, pae(EVENT_TYPE, said.raw))


def test_an_unsigned_statement_is_recorded_as_unsigned_in_the_same_bytes_as_ever(ledger: Ledger) -> None:
    (receipt,) = accept(ledger, issued())
    assert receipt.signed_by == ()
    raw = ledger.event_log.read(receipt.position - 1, 1)[0].raw
    assert raw.endswith(b',"signatures":[]}')
    assert b"signed_by" not in raw


def test_the_signatory_may_sign_beside_the_body_or_alone(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), registration(PERSONS, PERSON, source=BODY))
    both, alone = signed(issued("A"), KEY, PERSONS), signed(issued("B"), PERSONS)
    assert [each.signed_by for each in accept(ledger, both, alone)] == [(BODY, PERSON), (PERSON,)]


def test_each_fault_of_a_signature_has_its_own_refusal(ledger: Ledger) -> None:
    foreign, unknown = ed25519_key(9), ed25519_key(10)
    accept(ledger, registration(KEY), registration(foreign, OTHER_BODY))
    good = signed(issued(), KEY)
    (signature,) = good.signatures
    forged = (Signature(signature.keyid, bytes(64)),)
    other = signed(issued("OTHER"), KEY)
    cases = {
        "key_unknown": signed(issued(), unknown),
        "signer_not_concerned": signed(issued(), KEY, foreign),
        "wrong_audience": signed(issued(), KEY, ledger="another.ledger"),
        "signature_invalid": _with(good, forged),
    }
    for code, submission in cases.items():
        assert refusal(ledger, submission).code == code
    assert refusal(ledger, _with(good, other.signatures)).code == "signature_invalid"
    assert refusal(ledger, _with(issued(), good.signatures)).code == "audience_missing"
    accept(ledger, good)


def test_a_statement_for_another_ledger_is_refused_unsigned_too(ledger: Ledger) -> None:
    made = signed(issued(), KEY, ledger="another.ledger")
    assert refusal(ledger, _with(made, ())).code == "wrong_audience"


def test_nothing_is_signed_after_a_revocation_and_what_was_signed_before_stands(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), signed(issued("A"), KEY), ended(KEY))
    assert refusal(ledger, signed(issued("B"), KEY)).code == "key_revoked"
    assert accept(ledger, signed(issued("A"), KEY))[0].duplicate


def test_a_batch_is_judged_in_order_so_a_key_speaks_from_its_registration_to_its_revocation(ledger: Ledger) -> None:
    outcomes = say(
        ledger,
        signed(issued("A"), KEY),
        registration(KEY),
        signed(issued("B"), KEY),
        ended(KEY),
        signed(issued("C"), KEY),
    )
    assert [getattr(each, "code", "recorded") for each in outcomes] == [
        "key_unknown",
        "recorded",
        "recorded",
        "recorded",
        "key_revoked",
    ]


def test_a_key_holds_from_one_instant_until_before_another(ledger: Ledger) -> None:
    accept(ledger, registration(KEY, valid_from="2199-01-01T00:00:00.000000Z"))
    accept(ledger, registration(OTHER, valid_until="2026-01-01T00:00:00.000000Z"))
    assert refusal(ledger, signed(issued(), KEY)).code == "key_not_yet_valid"
    assert refusal(ledger, signed(issued(), OTHER)).code == "key_no_longer_valid"


def test_one_key_has_one_owner_for_ever(ledger: Ledger) -> None:
    accept(ledger, registration(KEY))
    twice = statement("key.registered", registration(KEY).subject, dict(registration(KEY).data), identity="second time")
    assert refusal(ledger, twice).code == "key_already_registered"
    assert refusal(ledger, registration(KEY, OTHER_BODY)).code == "key_already_registered"
    accept(ledger, ended(KEY))
    assert refusal(ledger, registration(KEY, OTHER_BODY)).code == "key_already_registered"
    assert refusal(ledger, ended(KEY, reason="再次")).code == "key_already_revoked"


def test_only_who_holds_a_key_registers_it_and_only_for_itself_or_its_own_signatories(ledger: Ledger) -> None:
    wrong = encode_base64(bytes(64))
    low_order = encode_base64(b"\x01" + bytes(31))
    for code, said in {
        "key_not_possessed": registration(KEY, proof=wrong),
        "challenge_not_good": registration(KEY, nonce=encode_base64(bytes(56))),
        "key_not_honest": registration(KEY, public_key=low_order),
        "key_name_wrong": registration(KEY, public_key=encode_base64(public_key_of(ed25519_key(4)).raw)),
        "key_owner_wrong": registration(KEY, OTHER_BODY, source=BODY),
    }.items():
        assert refusal(ledger, said).code == code
    assert refusal(ledger, registration(PERSONS, PERSON, source=OTHER_BODY)).code == "key_owner_wrong"
    accept(ledger, registration(PERSONS, PERSON, source="CCAA"))


def test_a_nonce_is_for_one_owner_one_ledger_and_ten_minutes(ledger: Ledger) -> None:
    late = registration(KEY, now=datetime.now(UTC) - timedelta(minutes=11))
    assert refusal(ledger, late).code == "challenge_not_good"
    elsewhere = registration(KEY, terms=Terms(ORIGIN, b"another deployment's secret"))
    assert refusal(ledger, elsewhere).code == "challenge_not_good"
    other = registration(KEY, OTHER_BODY).data["nonce"]
    assert refusal(ledger, registration(KEY, nonce=other)).code == "challenge_not_good"
    unset = open_memory_ledger()
    assert refusal(unset, registration(KEY, terms=Terms(unset.terms.origin, b"some secret of ours"))).code == (
        "challenge_not_good"
    )


def test_a_key_is_ended_by_its_owner_its_registrar_or_the_national_authority(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), registration(PERSONS, PERSON, source=BODY), registration(OTHER))
    assert refusal(ledger, ended(KEY, source=OTHER_BODY)).code == "not_own_key"
    assert refusal(ledger, ended(ed25519_key(50), source=BODY)).code == "key_unknown"
    since = "2026-01-01T00:00:00.000000Z"
    future = ended(KEY, "compromised", compromised_since="2199-01-01T00:00:00.000000Z")
    assert refusal(ledger, future).code == "instant_in_the_future"
    accept(ledger, ended(KEY, source="CNCA"), ended(PERSONS), ended(OTHER, "compromised", compromised_since=since))
    later = ended(OTHER, "compromised", compromised_since="2026-02-01T00:00:00.000000Z")
    assert refusal(ledger, later).code == "key_already_revoked"
    earlier = ended(OTHER, "compromised", compromised_since="2025-02-01T00:00:00.000000Z")
    accept(ledger, earlier)


def test_unsigned_statements_are_taken_only_where_the_partys_policy_allows(ledger: Ledger) -> None:
    accept(ledger, policy("party"), registration(KEY))
    refused = refusal(ledger, issued())
    assert (refused.code, dict(refused.params)) == ("signature_required", {"signer": BODY})
    accept(ledger, signed(issued(), KEY))
    accept(ledger, registration(PERSONS, PERSON, source=BODY))
    assert refusal(ledger, signed(suspended(), PERSONS)).code == "signature_required"
    accept(ledger, signed(policy("party_and_signatory", source=BODY, day="2015-02-01"), KEY))
    assert dict(refusal(ledger, signed(suspended(), KEY)).params) == {"signer": PERSON}
    accept(ledger, signed(suspended(), KEY, PERSONS), ended(KEY))


def test_a_party_asks_more_of_itself_and_never_less(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), policy("party", source=BODY))
    loosened = signed(policy("nothing", source=BODY, day="2016-01-01"), KEY)
    assert refusal(ledger, loosened).code == "signing_policy_loosened"
    assert refusal(ledger, signed(policy("party", party=OTHER_BODY, source=BODY), KEY)).code == "not_own_signing_policy"
    accept(ledger, policy("nothing", day="2017-01-01"), issued())


def test_a_policy_of_the_future_does_not_bind_today(ledger: Ledger) -> None:
    accept(ledger, policy("party", day="2198-01-01"), issued())


def test_where_nothing_else_vouches_for_the_source_its_own_signature_must_be_there(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), registration(PERSONS, PERSON, source=BODY))
    for submission in (issued("A"), signed(issued("A"), PERSONS), ended(KEY)):
        (outcome,) = ledger.submit([Incoming(submission, "kafka", needs_signature=True)])
        assert isinstance(outcome, Refusal)
        assert outcome.code == "signature_required"
    (outcome,) = ledger.submit([Incoming(signed(issued("A"), KEY), "kafka", needs_signature=True)])
    assert not isinstance(outcome, Refusal)


def test_equivocation_is_kept_with_both_signatures_and_a_forgery_is_not(ledger: Ledger) -> None:
    accept(ledger, registration(KEY))
    data = dict(issued().data)
    first = signed(statement("certificate.issued", "certificate:CNCA-R-2031-101:A", data, identity="one"), KEY)
    other = signed(statement("certificate.issued", "certificate:CNCA-R-2031-101:B", data, identity="one"), KEY)
    accept(ledger, first)
    forged = _with(other, (Signature(other.signatures[0].keyid, bytes(64)),))
    assert refusal(ledger, forged).code == "signature_invalid"
    assert _kept(ledger) == []
    assert refusal(ledger, other).code == "identity_reused"
    assert _kept(ledger) == [(other.raw, [each.as_json() for each in other.signatures])]


def test_saying_the_same_again_signed_or_in_a_chain_is_no_equivocation(ledger: Ledger) -> None:
    accept(ledger, registration(KEY), issued())
    again = accept(ledger, signed(issued(), KEY), signed(issued(), KEY, issuersequence=1))
    assert all(each.duplicate and each.signed_by == () for each in again)
    assert _kept(ledger) == []


@pytest.mark.parametrize(
    ("chain", "pointer"),
    [
        ({"issuersequence": 0}, "/issuersequence"),
        ({"issuersequence": True}, "/issuersequence"),
        ({"issuersequence": 2}, "/issuerprevious"),
        ({"issuersequence": 1, "issuerprevious": "0" * 64}, "/issuerprevious"),
        ({"issuersequence": 2, "issuerprevious": "X" * 64}, "/issuerprevious"),
        ({"issuerprevious": "0" * 64}, "/issuersequence"),
    ],
)
def test_a_link_of_the_issuers_chain_has_one_form(chain: dict[str, object], pointer: str) -> None:
    outcome = sign_submission(issued(), ORIGIN, KEY, **chain)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.pointer) == ("not_a_cloudevent", pointer)


def test_an_envelope_is_taken_only_in_its_one_form() -> None:
    good = orjson.loads(envelope_of(signed(issued(), KEY)))
    opened = parse_sealed(orjson.dumps(good))
    assert opened == parse_any(orjson.dumps(good)) == signed(issued(), KEY)
    (signature,) = good["signatures"]
    spaced = encode_base64(signed(issued(), KEY).raw + b" ")
    for code, change in (
        ("envelope_wrong", {"payloadType": "application/json"}),
        ("envelope_wrong", {"signatures": []}),
        ("envelope_wrong", {"signatures": [signature, signature]}),
        ("envelope_wrong", {"signatures": [{**signature, "keyid": "mine"}]}),
        ("envelope_wrong", {"signatures": [{**signature, "sig": encode_base64(bytes(73))}]}),
        ("envelope_wrong", {"signatures": [{**signature, "keyid": f"{n:064x}"} for n in range(9)]}),
        ("envelope_wrong", {"extra": 1}),
        ("not_canonical", {"payload": spaced}),
    ):
        outcome = parse_sealed(orjson.dumps({**good, **change}))
        assert isinstance(outcome, Refusal)
        assert outcome.code == code
        assert outcome.title("zh")
        assert outcome.action("en")


def _with(submission: Submission, signatures: tuple[Signature, ...]) -> Submission:
    return replace(submission, signatures=signatures)


def _kept(ledger: Ledger) -> list[tuple[bytes, object]]:
    return [
        (event, orjson.loads(signatures))
        for event, _, signatures in ledger.recorder.equivocations.values()  # type: ignore[attr-defined]  # in memory
    ]
