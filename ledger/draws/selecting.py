"""The draw itself: a pure function of seed, contributions, pools and conflicts, so that anyone recomputes it.

``certledger-draw-1``. The key is SHA-256 over the algorithm's name, the seed and every contribution with its party, in
order of party, each ended by a line feed. A member's number is HMAC-SHA-256 of the key over ``inspectee`` or
``inspector``, a line feed, (for an inspector the inspectee and a line feed,) and its identifier. The inspectees with
the lowest numbers are drawn. For each of them, in that order, the inspectors who have no conflict with it are taken by
how often they were taken already, then by their numbers.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

ALGORITHM = "certledger-draw-1"
"""The name of the algorithm; a change of it is another name, and this one stays."""


class PoolTooSmallError(ValueError):
    """The pools do not hold what is to be drawn, or leave an inspectee without inspectors."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One inspectee and who inspects it."""

    inspectee: str
    inspectors: tuple[str, ...]


def commitment(seed: str) -> str:
    """Return the digest by which a seed (64 hexadecimal digits, 32 secret random bytes) is committed to."""
    return sha256(f"{ALGORITHM}\nseed\n{seed}\n".encode()).hexdigest()


def pool_digest(identifiers: Iterable[str]) -> str:
    """Return the digest of a pool: SHA-256 over its identifiers in order of their bytes, a line feed after each."""
    return sha256("".join(f"{each}\n" for each in sorted(identifiers)).encode()).hexdigest()


def selection_digest(drawn: Iterable[Drawn]) -> str:
    """Return the digest of a selection: a line each, inspectee and inspectors separated by tabs, in the order drawn."""
    lines = ("\t".join((each.inspectee, *each.inspectors)) for each in drawn)
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def draw_key(seed: str, contributions: Mapping[str, str]) -> bytes:
    """Return the key of a draw; ``contributions`` are values by party."""
    parts = [ALGORITHM, seed, *(f"{party} {value}" for party, value in sorted(contributions.items()))]
    return sha256("".join(f"{part}\n" for part in parts).encode()).digest()


def select(
    key: bytes,
    inspectees: Iterable[str],
    inspectors: Sequence[str],
    conflicts: Iterable[tuple[str, str]],
    *,
    take: int,
    each: int,
) -> tuple[Drawn, ...]:
    """Return ``take`` inspectees with ``each`` inspectors; ``conflicts`` are pairs of inspector and inspectee.

    Raises :class:`PoolTooSmallError`.
    """
    drawn = sorted(inspectees, key=lambda one: _number(key, "inspectee", one))[:take]
    if len(drawn) < take:
        raise PoolTooSmallError(f"{len(drawn)} < {take}")
    barred = frozenset(conflicts)
    taken: Counter[str] = Counter()
    found = []
    for inspectee in drawn:
        free = [one for one in inspectors if (one, inspectee) not in barred]
        free.sort(key=lambda one: (taken[one], _number(key, "inspector", inspectee, one)))
        if len(free) < each:
            raise PoolTooSmallError(inspectee)
        chosen = tuple(free[:each])
        taken.update(chosen)
        found.append(Drawn(inspectee, chosen))
    return tuple(found)


def _number(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, "\n".join(parts).encode(), "sha256")
