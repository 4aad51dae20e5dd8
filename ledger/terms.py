"""The terms on which a ledger takes statements: what it is called, the secret of its challenges, and the instant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ledger.days import Day, china_day, parse_instant

VerifySm2 = Callable[[bytes, bytes, bytes], None]
"""Raises ``EvidenceError`` unless the SM2 key (65 octets) made the signature (DER) over the message."""
ORIGIN = "ledger.localhost/certledger"


@dataclass(frozen=True, slots=True)
class Terms:
    """A deployment's own: ``origin`` names the ledger in signed statements and in its checkpoints.

    ``challenge_secret`` makes the nonces for the registration of keys; without one no key is registered. Without
    ``verify_sm2`` nothing that is signed with SM2 is taken: computed in integers, it would hold up everybody else.
    """

    origin: str = ORIGIN
    challenge_secret: bytes = b""
    verify_sm2: VerifySm2 | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision rests on beside the log: the terms, and the instant by the clock of the log.

    ``verdicts`` are those on signatures that were verified ahead, see :mod:`ledger.verifying`.
    """

    terms: Terms
    now: str
    verdicts: Mapping[Any, bool] = field(default_factory=dict, compare=False)

    @property
    def today(self) -> Day:
        """The day in China."""
        return _day_of_hour(self.now[:13])


@lru_cache(maxsize=64)
def _day_of_hour(hour: str) -> Day:
    return china_day(parse_instant(f"{hour}:00:00Z"))
