"""Signatures that must never be accepted, after the classes of Project Wycheproof, and known answers of two RFCs."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ledger.evidence.signatures import EVENT_TYPE, PublicKey, pae, public_key_of, seal_event, sign
from ledger.evidence.strict import EvidenceError

MESSAGE = pae(EVENT_TYPE, b'{"data":{}}')
L = 2**252 + 27742317777372353535851937790883648493
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = 2**255 - 19
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NIST = ec.derive_private_key(7, ec.SECP256R1())


def test_the_known_answer_of_rfc_8032_and_that_of_rfc_6979_are_accepted() -> None:
    edwards = PublicKey("ed25519", bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b"
    )
    edwards.verify(bytes.fromhex(signature), b"")
    private = ec.derive_private_key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1())
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    public_key_of(private).verify(encode_dss_signature(r, s), b"sample")


def edwards_cases() -> Iterator[tuple[str, bytes]]:
    good = sign(EDWARDS, MESSAGE)
    r, s = good[:32], int.from_bytes(good[32:], "little")
    yield "empty", b""
    yield "zeros", bytes(64)
    yield "ones", b"\xff" * 64
    yield "R alone", r
    yield "shorter by one", good[:-1]
    yield "longer by a zero", good + b"\0"
    yield "twice", good + good
    yield "hexadecimal", good.hex().encode()
    for name, value in (
        ("0", 0),
        ("1", 1),
        ("L", L),
        ("L-1", L - 1),
        ("s+L", s + L),
        ("-s", L - s),
        ("2^256-1", 2**256 - 1),
    ):
        yield f"S is {name}", r + value.to_bytes(32, "little")
    for y in (0, 1, P - 1, P, P + 1, 2**255 - 1):
        for sign_bit in (0, 1):
            yield f"R is {y % 2**16:x}/{sign_bit}", (y | sign_bit << 255).to_bytes(32, "little") + good[32:]
    for bit in range(0, 512, 17):
        flipped = int.from_bytes(good, "little") ^ 1 << bit
        yield f"bit {bit} flipped", flipped.to_bytes(64, "little")


def _der(*numbers: int) -> bytes:
    """The sequence of DER integers, negative ones too."""
    parts = [number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True) for number in numbers]
    body = b"".join(bytes([2, len(part)]) + part for part in parts)
    return bytes([0x30, len(body)]) + body


def nist_cases() -> Iterator[tuple[str, bytes]]:
    good = sign(NIST, MESSAGE)
    r, s = decode_dss_signature(good)
    for name, pair in {
        "r and s exchanged": (s, r),
        "r is 0": (0, s),
        "s is 0": (r, 0),
        "both 0": (0, 0),
        "both 1": (1, 1),
        "r is n": (N, s),
        "s is n": (r, N),
        "r+n": (r + N, s),
        "s+n": (r, s + N),
        "r negative": (-r, s),
        "s negative": (r, -s),
        "r-n": (r - N, s),
        "s+2^256": (r, s + 2**256),
        "n-r": (N - r, s),
    }.items():
        yield name, _der(*pair)
    length = good[1]
    yield "empty", b""
    yield "empty sequence", b"\x30\x00"
    yield "raw r and s", r.to_bytes(32, "big") + s.to_bytes(32, "big")
    yield "long form of the length", b"\x30\x81" + good[1:]
    yield "indefinite length", b"\x30\x80" + good[2:] + b"\0\0"
    yield "rubbish after it", good + b"\0"
    yield "rubbish inside", bytes([0x30, length + 2]) + good[2:] + b"\x05\x00"
    yield "length too short", bytes([0x30, length - 1]) + good[2:]
    yield "length too long", bytes([0x30, length + 1]) + good[2:]
    yield "another tag", b"\x31" + good[1:]
    yield "r padded", bytes([0x30, length + 1, 0x02, good[3] + 1, 0]) + good[4:]
    yield "cut", good[:-1]
    yield "only r", bytes([0x30, 2 + good[3]]) + good[2 : 4 + good[3]]
    for bit in range(16, 8 * len(good), 29):
        flipped = int.from_bytes(good, "big") ^ 1 << bit
        yield f"bit {bit} flipped", flipped.to_bytes(len(good), "big")


@pytest.mark.parametrize(
    ("name", "signature"), list(edwards_cases()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_no_altered_ed25519_signature_is_accepted(name: str, signature: bytes) -> None:
    with pytest.raises(EvidenceError):
        public_key_of(EDWARDS).verify(signature, MESSAGE)


@pytest.mark.parametrize(
    ("name", "signature"), list(nist_cases()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_no_altered_p256_signature_is_accepted(name: str, signature: bytes) -> None:
    with pytest.raises(EvidenceError):
        public_key_of(NIST).verify(signature, MESSAGE)


def test_a_signature_serves_no_other_kind_of_payload_and_no_other_algorithm() -> None:
    (signature,) = seal_event(b'{"data":{}}', EDWARDS).signatures
    public_key_of(EDWARDS).verify(signature.value, MESSAGE)
    for message in (b'{"data":{}}', pae("application/json", b'{"data":{}}'), MESSAGE + b" ", b""):
        with pytest.raises(EvidenceError):
            public_key_of(EDWARDS).verify(signature.value, message)
    with pytest.raises(EvidenceError):
        public_key_of(NIST).verify(signature.value, MESSAGE)
    with pytest.raises(EvidenceError):
        public_key_of(EDWARDS).verify(sign(NIST, MESSAGE), MESSAGE)


def test_the_name_of_a_key_follows_from_algorithm_and_octets() -> None:
    assert public_key_of(EDWARDS).keyid != public_key_of(NIST).keyid
    assert len({public_key_of(ec.derive_private_key(n, ec.SECP256R1())).keyid for n in range(1, 20)}) == 19


@pytest.mark.parametrize("change", [(0, 2), (0, 3), (0, 0), (64, 1), (32, 255)])
def test_a_point_off_the_curve_or_in_another_form_is_no_key(change: tuple[int, int]) -> None:
    raw = bytearray(public_key_of(NIST).raw)
    raw[change[0]] ^= change[1] or 4
    with pytest.raises(EvidenceError):
        PublicKey("ecdsa-p256", bytes(raw))
