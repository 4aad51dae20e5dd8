"""通报 has four meanings, and each is an event type of its own: the notice (信息通报) and three circulars of here.

定期通报 is a periodic bulletin, 通报批评 circulated criticism, 公开通报 a public circular; 通知 is a notice to many.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from ledger.certificates.forms import Evidence
from ledger.circulars.bulletins import period_of
from ledger.facts import Dated, EventType, LongText, Stream, Text, correction, event_types
from ledger.parties import AUTHORITIES
from ledger.scope import Parties, Scope

FAMILY = "circular"


class Circular(Dated):
    """A document of an authority to many; each in its scope, and each that gets a copy (抄送), is told once."""

    document_number: Text
    title: Text
    text: LongText
    scope: Scope
    copies: Parties | None = None
    document: Evidence | None = None


def _known_period(text: str) -> str:
    period_of(text)
    return text


class Bulletin(Circular):
    """A periodic bulletin (定期通报) for everybody to read: ``period`` is the calendar's that it reports on."""

    period: Annotated[Text, AfterValidator(_known_period)]


class Criticism(Circular):
    """Circulated criticism (通报批评) of a party, which is a sanction and no notification."""

    target: Stream = Field(description="Stream of the party that is criticised")


class PublicCircular(Circular):
    """A public circular (公开通报): everybody reads it."""


class Notice(Circular):
    """A notice to many (通知), such as the one that launches a campaign (S2-04)."""


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source)


EVENTS = event_types(
    _type("bulletin_issued", Bulletin, "定期通报", "Bulletin issued", "S2-39"),
    _type("criticism_circulated", Criticism, "通报批评", "Criticism circulated", "requirements 12"),
    _type("public_issued", PublicCircular, "公开通报", "Public circular issued", "S2-66"),
    _type("notice_issued", Notice, "通知", "Notice to many issued", "S2-04"),
    correction(FAMILY, AUTHORITIES, "通报文件"),
)
