"""Which 32 octets are an honest Ed25519 public key: RFC 8032 section 5.1.3, canonical and of the prime order.

OpenSSL verifies under any point. Under one of low order a signature can be made that fits every message, so its
owner could sign nothing or anything; such keys are refused before they are ever used.
"""

from ledger.evidence.strict import EvidenceError

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)


def check_public_key(raw: bytes) -> None:
    """Raise unless the octets are the canonical encoding of a point of the prime order, about 2 ms."""
    point = _decompress(raw)
    if _is_identity(_multiply(8, point)):
        raise EvidenceError("the key is a point of low order: a signature under it can fit every message")
    if not _is_identity(_multiply(_ORDER, point)):
        raise EvidenceError("the key is not in the prime-order group")


def _decompress(raw: bytes) -> _Point:
    if len(raw) != 32:
        raise EvidenceError("an Ed25519 key has 32 octets")
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        raise EvidenceError("the key is not in canonical form")
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P:
        raise EvidenceError("the key is not a point of the curve")
    if x == 0 and sign:
        raise EvidenceError("the key is not in canonical form")
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiply(scalar: int, point: _Point) -> _Point:
    result = _IDENTITY
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _is_identity(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0
