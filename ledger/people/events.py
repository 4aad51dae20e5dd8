"""What may be said about a signatory, who is known by register and number alone, never by name."""

from typing import Annotated

from pydantic import Field

from ledger.certificates.forms import LegalBasis, Personal
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, Text, correction, event_types
from ledger.interests import InterestDeclared
from ledger.parties import BODY, NATIONAL_AUTHORITY, REGISTRAR

FAMILY = "person"
_REGISTRAR = frozenset({REGISTRAR, NATIONAL_AUTHORITY})


class Registered(Personal):
    """The person is registered, employed by one body (Regulation on C&A, article 14)."""

    body: Identifier
    qualification: Code | None = None
    until: CalendarDay | None = None


class Employed(Dated):
    """The person now works for this body, and for no other."""

    body: Identifier


class Left(Dated):
    """The person no longer works for the body."""

    body: Identifier


class RegistrationSuspended(Dated):
    """The registration is suspended."""

    reason: Text


class RegistrationRestored(Dated):
    """The suspension of the registration is lifted."""


class RegistrationWithdrawn(Dated):
    """The registration ends for cause (Regulation on C&A, articles 61 and 72)."""

    reason: Text


class Banned(Dated):
    """The person is barred from certification work, for life where ``until`` is absent."""

    reason: Text
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    until: CalendarDay | None = None


class BanLifted(Dated):
    """The ban is lifted, for example after review."""

    reason: Text


def _type(
    name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str] = _REGISTRAR
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


_NATIONAL = frozenset({NATIONAL_AUTHORITY})
EVENTS = event_types(
    _type("registered", Registered, "人员注册", "Person registered", "S4-148"),
    _type("employed", Employed, "受聘", "Person employed", "条例 14"),
    _type("left", Left, "离职", "Person left", "条例 14"),
    _type("registration_suspended", RegistrationSuspended, "暂停注册", "Registration suspended", "S4-148"),
    _type("registration_restored", RegistrationRestored, "恢复注册", "Registration restored", "S4-148"),
    _type("registration_withdrawn", RegistrationWithdrawn, "撤销注册", "Registration withdrawn", "条例 61, 72"),
    _type("banned", Banned, "禁止从业", "Person banned", "S4-115", _NATIONAL),
    _type("ban_lifted", BanLifted, "解除禁业", "Ban lifted", "S4-115", _NATIONAL),
    _type(
        "interest_declared",
        InterestDeclared,
        "申明人员利害关系",
        "Interest of a person declared",
        "S4-121",
        _REGISTRAR | {BODY},
    ),
    correction(FAMILY, _REGISTRAR | {BODY}, "人员"),
)
