"""What may be said about an erasure: which digests open no more, on what ground; never what they said of whom."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ledger.certificates.forms import Sha256
from ledger.facts import Code, Data, Dated, EventType, Identifier, event_types
from ledger.parties import CLOCK
from ledger.privacy.fields import bases, field_at

FAMILY = "privacy"
MAXIMUM_ERASED = 200


def _known_basis(code: str) -> str:
    if code not in bases():
        raise ValueError("erasure_basis_unknown")
    return code


def _known_path(path: str) -> str:
    if field_at(path) is None:
        raise ValueError("personal_field_unknown")
    return path


Digest = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Path = Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_path)]


class ErasedField(Data):
    """One field of one recorded event: the event's position, the field's path and its digest."""

    position: Annotated[int, Field(ge=1, le=2**53 - 1)]
    path: Path
    digest: Digest


class Erased(Dated):
    """Personal fields were erased: key, salt and text are gone, and the events stand as they were said.

    ``ordered_by`` is the party that decided; a person who asked is never named: ``request`` is the SHA-256 of the
    document that asked for it.
    """

    basis: Annotated[Code, AfterValidator(_known_basis)]
    ordered_by: Identifier
    kind: Literal["request", "retention"] = "request"
    request: Sha256 | None = None
    erased: Annotated[list[ErasedField], Field(min_length=1, max_length=MAXIMUM_ERASED)]


EVENTS = event_types(
    EventType(
        f"{FAMILY}.erased",
        FAMILY,
        Erased,
        frozenset({CLOCK}),
        "删除个人信息",
        "Personal fields erased",
        "个人信息保护法 47",
    )
)
