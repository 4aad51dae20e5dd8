"""What may be said about a notice: one recipient each, its basis, and what became of it. S1-59, S1-62, S2-70, S2-76."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.certificates.forms import Evidence, OrganisationCode, Region
from ledger.facts import (
    CalendarDay,
    Code,
    Data,
    Dated,
    EventType,
    Identifier,
    LongText,
    Reference,
    Stream,
    Text,
    correction,
    event_types,
)
from ledger.parties import ACCREDITATION_BODY, AUTHORITIES, BODY, CLOCK, LABORATORY, ORGANISATION, REGISTRAR

FAMILY = "notice"
_SENDERS = AUTHORITIES | {BODY, CLOCK}
_RECIPIENTS = AUTHORITIES | {BODY, ORGANISATION, LABORATORY, ACCREDITATION_BODY, REGISTRAR}
About = Annotated[list[Stream], Field(max_length=50)]
Documents = Annotated[list[Evidence], Field(max_length=20)]


class Created(Dated):
    """A party is told of a fact. What follows from a fact by rule is said by the ledger's clock, for its ``sender``."""

    kind: Code = Field(description="Kind of the notice, a row of the table of routes", examples=["violation_found"])
    sender: Identifier
    recipient: Identifier
    basis: Text = Field(description="The rule on which the notice rests")
    statement: LongText
    about: About
    rule: Code | None = Field(default=None, description="The row of the table of routes from which it follows")
    cause: Reference | None = Field(default=None, description="The recorded event from which it follows")
    region: Region | None = None
    mandatory: bool | None = None
    answer: bool | None = Field(default=None, description="Whether the matter stays open until it is answered")
    due: CalendarDay | None = None
    documents: Documents | None = None
    recipient_unit: Code | None = Field(default=None, description="The unit of the recipient that it is for")


class Sent(Dated):
    """The notice was brought to its recipient by a channel."""

    channel: Literal["inbox", "webhook", "email"]
    unit: Code | None = Field(
        default=None, description="The unit to which it was delivered: the one named, else the focal unit (S0-25)"
    )


class Acknowledged(Dated):
    """The recipient has received it."""


class Answered(Dated):
    """The recipient says what it did."""

    outcome: Literal[
        "suspended", "withdrawn", "cancelled", "rectification_required", "investigated", "replied", "other", "no_action"
    ]
    reason: LongText | None = None
    certificates: About | None = None
    documents: Documents | None = None

    @model_validator(mode="after")
    def inaction_has_a_reason(self) -> "Answered":
        """Who does nothing says why (S1-62)."""
        if self.outcome in {"no_action", "other"} and not self.reason:
            raise ValueError("reason_missing")
        return self


class Urged(Dated):
    """The sender urges the recipient to act (督促)."""

    statement: LongText


class Withdrawn(Dated):
    """The notice is taken back, because its cause was."""

    reason: Text


class Requested(Dated):
    """A body asks a bureau for the spot check results of a client, and says what for (S2-71, S2-77)."""

    recipient: Identifier
    organisation: OrganisationCode
    purpose: LongText
    certificate: Stream | None = Field(default=None, description="Stream of the certificate that makes it a client")


class Result(Data):
    """One spot check result."""

    inspection: Stream
    sample: Code
    standard: Text
    passed: bool
    tested: CalendarDay


class RequestGranted(Dated):
    """The bureau decides to tell the results (可, S2-76); only to the body of the certificate that it names."""

    certificate: Stream
    results: Annotated[list[Result], Field(max_length=200)]


class RequestRefused(Dated):
    """The request is refused."""

    reason_code: Literal["not_a_client", "discretion"]
    reason: Text


def _type(
    name: str,
    model: type[Dated],
    zh: str,
    en: str,
    source: str,
    actors: frozenset[str] = _SENDERS,
    version: int = 1,
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source, version=version)


EVENTS = event_types(
    _type("created", Created, "信息通报", "Notice created", "S1-59", version=2),
    _type("sent", Sent, "通报送达", "Notice sent", "S1-59", frozenset({CLOCK}), version=2),
    _type("acknowledged", Acknowledged, "通报签收", "Notice acknowledged", "S1-59", _RECIPIENTS),
    _type("answered", Answered, "通报回复", "Notice answered", "S1-62", _RECIPIENTS),
    _type("urged", Urged, "督促", "Recipient urged", "S1-62", AUTHORITIES),
    _type("withdrawn", Withdrawn, "撤回通报", "Notice taken back", "S1-59"),
    _type("requested", Requested, "请求通报抽查情况", "Spot check results requested", "S2-71", frozenset({BODY})),
    _type("request_granted", RequestGranted, "同意通报抽查情况", "Request granted", "S2-76", AUTHORITIES),
    _type("request_refused", RequestRefused, "不予通报抽查情况", "Request refused", "S2-76", AUTHORITIES | {CLOCK}),
    correction(FAMILY, _SENDERS | _RECIPIENTS, "通报"),
)
