"""What may be said about a signing key; a key's stream bears the key's own name, so that one key has one owner."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ledger.days import parse_instant
from ledger.evidence.signatures import Algorithm
from ledger.facts import Data, EventType, Text, event_types
from ledger.parties import CLOCK, KINDS

FAMILY = "key"
_EVERYBODY = frozenset(KINDS) - {CLOCK}
_SPELLING = r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$"


def _real(instant: str) -> str:
    try:
        parse_instant(instant)
    except ValueError as error:
        raise ValueError("instant_wrong") from error
    return instant


Instant = Annotated[str, StringConstraints(pattern=_SPELLING), AfterValidator(_real)]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=200)]


class Registered(Data):
    """A public key speaks for its owner; the owner signed a nonce of this ledger with it."""

    algorithm: Algorithm
    public_key: Base64 = Field(description="32 octets (Ed25519), or the uncompressed point of 65 octets (P-256, SM2)")
    owner: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[!-~]+$")] = Field(
        description="A party as it is spelled in `source`, or a signatory as person:REGISTER:NUMBER",
        examples=["CNCA-R-2031-101"],
    )
    valid_from: Instant | None = Field(default=None, description="First instant; the time of recording if absent")
    valid_until: Instant | None = Field(default=None, description="First instant at which it is valid no more")
    nonce: Base64 = Field(description="From POST /v1/keys/challenge")
    proof: Base64 = Field(description="The key's signature over the DSSE encoding of keyid, ledger, nonce and owner")

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> "Registered":
        """A period has its beginning before its end."""
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("period_reversed")
        return self


class Revoked(Data):
    """The key signs nothing any more, from the recording of this event on; what it signed before stands."""

    reason: Text


class Compromised(Data):
    """The key is in other hands: it signs nothing any more, and what it signed since an instant is to be reviewed."""

    compromised_since: Instant
    reason: Text


def _type(name: str, model: type[Data], zh: str, en: str, version: int = 1) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, _EVERYBODY, zh, en, "电子签名法 13, 15", version=version)


EVENTS = event_types(
    # Version 2 admits keys of SM2.
    _type("registered", Registered, "登记签名密钥", "Signing key registered", 2),
    _type("revoked", Revoked, "吊销签名密钥", "Signing key revoked"),
    _type("compromised", Compromised, "签名密钥失密", "Signing key compromised"),
)
