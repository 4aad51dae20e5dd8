import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.evidence import edwards
from ledger.evidence.edwards import check_public_key
from ledger.evidence.entries import event_bytes
from ledger.evidence.signatures import (
    EVENT_TYPE,
    PrivateKey,
    PublicKey,
    admit_key,
    pae,
    parse_envelope,
    possession_message,
    public_key_of,
    seal_event,
    sign,
)
from ledger.evidence.strict import EvidenceError
from tests.unit.evidence.making import event, key

P = 2**255 - 19
# Every encoding of a point of low order, canonical or not, with either sign.
LOW_ORDER = [
    number.to_bytes(32, "little")
    for y in (
        0, 1, P - 1, P, P + 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7,
    )
    for number in (y, y | 1 << 255)
]  # fmt: skip


def test_the_pre_authentication_encoding_is_that_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_library_accepts_any_message_under_the_identity_key_and_so_the_key_is_refused() -> None:
    identity = b"\x01" + bytes(31)
    for number in range(50):
        Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"message %d" % number)
    with pytest.raises(EvidenceError, match="low order"):
        PublicKey("ed25519", identity)


@pytest.mark.parametrize("raw", LOW_ORDER)
def test_no_encoding_of_a_point_of_low_order_is_admitted(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        check_public_key(raw)


def test_keys_off_the_curve_or_of_another_length_are_refused() -> None:
    refused = 0
    for number in range(2, 40):
        try:
            check_public_key(number.to_bytes(32, "little"))
        except EvidenceError:
            refused += 1
    assert refused > 19
    for raw in (b"", bytes(31), bytes(33)):
        with pytest.raises(EvidenceError):
            check_public_key(raw)
    for raw in (b"", b"\x04" + bytes(64), b"\x02" + bytes(32)):
        with pytest.raises(EvidenceError):
            PublicKey("ecdsa-p256", raw)
    with pytest.raises(EvidenceError):
        PublicKey("rsa", bytes(32))  # type: ignore[arg-type]  # what a stranger may send


def test_a_honest_key_with_a_part_of_low_order_is_refused_too() -> None:
    point = edwards._decompress(key(5).public_key().public_bytes_raw())
    mixed = edwards._add(point, edwards._decompress((P - 1).to_bytes(32, "little")))
    inverse = pow(mixed[2], -1, P)
    x, y = mixed[0] * inverse % P, mixed[1] * inverse % P
    with pytest.raises(EvidenceError, match="prime-order"):
        check_public_key((y | (x & 1) << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("private", [key(3), ec.generate_private_key(ec.SECP256R1())])
def test_an_envelope_signs_the_exact_bytes_of_the_event(private: PrivateKey) -> None:
    raw = event_bytes(event(4))
    public = public_key_of(private)
    envelope = parse_envelope(seal_event(raw, private).to_json())
    assert (envelope.payload, envelope.signatures[0].keyid) == (raw, public.keyid)
    public.verify(envelope.signatures[0].value, envelope.message())
    for message in (pae("text/plain", raw), pae(EVENT_TYPE, raw + b" "), raw):
        with pytest.raises(EvidenceError):
            public.verify(envelope.signatures[0].value, message)
    for value in (b"", bytes(64), bytes(10_000)):
        with pytest.raises(EvidenceError):
            public.verify(value, envelope.message())


def test_envelopes_of_another_kind_or_form_are_refused() -> None:
    good = json.loads(seal_event(b"{}", key(3)).to_json())
    bad = [
        {**good, "payloadType": "text/plain"},
        {**good, "signatures": []},
        {**good, "signatures": good["signatures"] * 17},
        {**good, "signatures": [{"sig": "AA=="}]},
        {**good, "signatures": [{"keyid": 1, "sig": "AA=="}]},
        {**good, "payload": "e30"},
        {**good, "payload": 5},
        {**good, "more": 1},
        [good],
    ]
    for each in bad:
        with pytest.raises(EvidenceError):
            parse_envelope(json.dumps(each).encode())
    for raw in (b"[" * 100_000, b"", b"\xff", b'{"a":1.5}', b"1" * 5_000, bytes(200_000)):
        with pytest.raises(EvidenceError):
            parse_envelope(raw)


@pytest.mark.parametrize("private", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())])
def test_a_key_is_admitted_to_who_proves_to_hold_it_for_this_ledger_and_this_nonce(private: PrivateKey) -> None:
    public, nonce = public_key_of(private), bytes(range(16))
    asked = {"ledger": "ledger.example.cn", "owner": "CNCA-R-2031-101", "nonce": nonce}
    proof = sign(private, possession_message(key=public, **asked))
    assert admit_key(public.algorithm, public.raw, proof=proof, **asked) == public
    for change in ({"ledger": "other"}, {"owner": "other"}, {"nonce": bytes(16)}):
        with pytest.raises(EvidenceError):
            admit_key(public.algorithm, public.raw, proof=proof, **{**asked, **change})
    with pytest.raises(EvidenceError):
        possession_message("l", "o", public, b"short")
    assert base64.b16decode(public.keyid.upper())


def test_the_event_is_sliced_out_of_a_recorded_event_whatever_it_contains() -> None:
    said = '{"data":{"a":"},\\"record\\":{","record":{"x":[1]},"字":"认证"},"id":"1"}'.encode()
    assert event_bytes(b'{"event":%b,"record":{"version":1},"signatures":[]}' % said) == said
    for raw in (b"", b'{"event":{}', b'{"event":{}}', b'{"event":{},"other":1}', b"\xff", b'{"event":' + b"[" * 50_000):
        with pytest.raises(EvidenceError):
            event_bytes(raw)
