"""SM2 signatures with SM3 (GB/T 32918.2, .5; GM/T 0009) are verified here and made elsewhere: only public values enter.

Type 0xff of C2SP signed-note, which is free for private use, with an identifier of ours before the key.
"""

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ledger.evidence.sm3 import sm3
from ledger.evidence.strict import EvidenceError

SM2 = 0xFF
IDENTIFIER = b"certledger/sm2-sm3/v1"
SIGNATURE_OCTETS = 64
# GM/T 0009-2012 section 10: the signer's identity where nothing else was agreed.
_IDENTITY = b"1234567812345678"
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_Point = tuple[int, int] | None


def public_of(x: int, y: int) -> bytes:
    """Return the octets of a public key: identifier, 04, both coordinates."""
    return IDENTIFIER + b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def signature_of_der(der: bytes) -> bytes:
    """Return r and s, 32 octets each, of a signature as GM/T 0009 section 7.3 writes it: in DER, in one form alone."""
    try:
        r, s = decode_dss_signature(der)
        if not (0 < r < _N and 0 < s < _N) or encode_dss_signature(r, s) != der:
            raise ValueError
    except ValueError as error:
        raise EvidenceError("not an SM2 signature in DER") from error
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_key(public: bytes) -> None:
    """Raise unless the octets are our identifier and a point of the curve; its order is prime, so any point serves."""
    _point(public)


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether r and s (32 octets each) sign the message, GB/T 32918.2 section 7."""
    key = _point(public)
    if len(signature) != SIGNATURE_OCTETS:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % _N
    if not (0 < r < _N and 0 < s < _N and t):
        return False
    found = _sum_of_products(s, _G, t, key)
    return found is not None and (_hashed(key, message) + found) % _N == r


def _hashed(key: tuple[int, int], message: bytes) -> int:
    coordinates = b"".join(each.to_bytes(32, "big") for each in (_A, _B, *_G, *key))
    signer = sm3((8 * len(_IDENTITY)).to_bytes(2, "big"), _IDENTITY, coordinates)
    return int.from_bytes(sm3(signer, message), "big")


def _point(public: bytes) -> tuple[int, int]:
    if len(public) != len(IDENTIFIER) + 65 or not public.startswith(IDENTIFIER + b"\x04"):
        raise EvidenceError("not an SM2 key of this ledger's kind")
    x, y = int.from_bytes(public[-64:-32], "big"), int.from_bytes(public[-32:], "big")
    if x >= _P or y >= _P or (y * y - x * x * x - _A * x - _B) % _P:
        raise EvidenceError("the key is not a point of the SM2 curve")
    return x, y


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = (3 * one[0] * one[0] + _A) * pow(2 * one[1], -1, _P) % _P
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P) % _P
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _sum_of_products(s: int, one: tuple[int, int], t: int, other: tuple[int, int]) -> int | None:
    """Return the first coordinate of s·one + t·other, ``None`` for the point at infinity.

    Both scalars are walked at once in Jacobian coordinates, so that one inversion is needed instead of 700.
    """
    table = (None, one, other, _add(one, other))
    x, y, z = 1, 1, 0
    for bit in range(255, -1, -1):
        x, y, z = _doubled(x, y, z)
        point = table[(s >> bit & 1) | (t >> bit & 1) << 1]
        if point is not None:
            x, y, z = _added(x, y, z, *point)
    return x * pow(z * z, -1, _P) % _P if z else None


def _doubled(x: int, y: int, z: int) -> tuple[int, int, int]:
    delta, gamma = z * z % _P, y * y % _P
    beta, alpha = x * gamma % _P, 3 * (x - delta) * (x + delta) % _P
    new = (alpha * alpha - 8 * beta) % _P
    return new, (alpha * (4 * beta - new) - 8 * gamma * gamma) % _P, 2 * y * z % _P


def _added(x: int, y: int, z: int, other_x: int, other_y: int) -> tuple[int, int, int]:
    if not z:
        return other_x, other_y, 1
    square = z * z % _P
    run, rise = (other_x * square - x) % _P, (other_y * square * z - y) % _P
    if not run:
        return (1, 1, 0) if rise else _doubled(x, y, z)
    two, three = run * run % _P, run * run * run % _P
    new = (rise * rise - three - 2 * x * two) % _P
    return new, (rise * (x * two - new) - y * three) % _P, z * run % _P
