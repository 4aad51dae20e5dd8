"""What may be said about an authority: that it exists, its units and lists, who answers for what, who follows it.

People go by the number of their enforcement certificate, never by name.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ledger.authorities.lists import kinds, labels
from ledger.certificates.forms import LegalBasis, OrganisationCode, Region
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "authority"
Authority = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z\-]{2,31}$")]
Officer = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z\-]{2,31}$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}\.[a-z_]{1,60}$")]
Level = Literal["national", "province", "prefecture", "county"]
Role = Literal["supervision", "enforcement", "legal"]
Basis = Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]


def _known_kind(code: str) -> str:
    if code not in kinds():
        raise ValueError("authority_kind_unknown")
    return code


def _known_unit(code: str) -> str:
    if code not in labels("units"):
        raise ValueError("unit_kind_unknown")
    return code


class Registered(Dated):
    """The authority exists, of this kind and level, for this region (none for a national one)."""

    kind: Annotated[Code, AfterValidator(_known_kind)] = Field(examples=["market_supervision"])
    level: Level
    region: Region | None = None
    name_zh: Text
    name_en: Text | None = None

    @model_validator(mode="after")
    def level_is_of_the_kind(self) -> "Registered":
        """A kind exists on certain levels only; whoever is not national has a region."""
        if self.level not in kinds()[self.kind].levels:
            raise ValueError("authority_level_wrong")
        if self.level != "national" and self.region is None:
            raise ValueError("authority_region_missing")
        return self


class Renamed(Dated):
    """The authority has a new name."""

    name_zh: Text
    name_en: Text | None = None


class Succeeded(Dated):
    """Another authority took its place: it says nothing more from this day, and history keeps its name."""

    successor: Authority
    document_number: Text | None = None


class TookOver(Dated):
    """The authority took another one's place: the other's open matters and area are its own from this day."""

    predecessor: Authority
    document_number: Text | None = None


class UnitEstablished(Dated):
    """A unit inside the authority; ``roles`` are its parts in the division of work."""

    unit: Code
    kind: Annotated[Code, AfterValidator(_known_unit)] = Field(examples=["certification_supervision"])
    name_zh: Text
    name_en: Text | None = None
    roles: Annotated[tuple[Role, ...], Field(max_length=3)] = ()


class UnitClosed(Dated):
    """The unit is no more."""

    unit: Code


class FocalUnitDesignated(Dated):
    """From this day this unit, and no other, is the focal unit of the authority."""

    unit: Code


class DivisionAdopted(Dated):
    """The division of work is in force: a unit that speaks is a registered one, in a role that it has (S0-32)."""

    document_number: Text | None = None


class ItemListed(Dated):
    """An item of the power list or the responsibility list, new or as amended, with the law it rests on."""

    list_name: Literal["power", "responsibility"] = Field(alias="list")
    item: Code
    text: Text
    events: Annotated[list[EventName], Field(max_length=100)] = Field(
        default=[], description="Types of statements that the power is needed for"
    )
    legal_basis: Basis


class ItemRemoved(Dated):
    """The item is on the list no more, from this day."""

    list_name: Literal["power", "responsibility"] = Field(alias="list")
    item: Code
    reason: Text


class ResponsibilityAssigned(Dated):
    """A unit and one officer answer for an enterprise, or for all of a region that no other officer answers for."""

    organisation: OrganisationCode | None = None
    region: Region | None = None
    unit: Code
    officer: Officer = Field(description="Number of the enforcement certificate, never a name")

    @model_validator(mode="after")
    def one_scope(self) -> "ResponsibilityAssigned":
        """It is about one enterprise or one region."""
        if (self.organisation is None) == (self.region is None):
            raise ValueError("responsibility_scope_wrong")
        return self


class ResponsibilityEnded(Dated):
    """Nobody answers for it by this assignment any more."""

    organisation: OrganisationCode | None = None
    region: Region | None = None

    @model_validator(mode="after")
    def one_scope(self) -> "ResponsibilityEnded":
        """It is about one enterprise or one region."""
        if (self.organisation is None) == (self.region is None):
            raise ValueError("responsibility_scope_wrong")
        return self


class JurisdictionDesignated(Dated):
    """An authority above both designates this one for matters of a place, or against one party there."""

    region: Region
    target: Identifier | None = Field(default=None, description="Stream of the party; absent: all of the region")
    until: CalendarDay | None = None
    document_number: Text


class GuidanceIssued(Dated):
    """An authority above guides this one: one of the functions that the level above has (S3-80)."""

    function: Literal["guidance", "training", "inspection", "urging", "technical_infrastructure", "technical_service"]
    document_number: Text | None = None
    text: LongText


class SupervisionOpinionIssued(Dated):
    """An authority above states what it found this one did wrong or must mend."""

    document_number: Text
    text: LongText
    due: CalendarDay | None = None


class LeadingGroupFormed(Dated):
    """A leading group with exactly one head; a later one of the same name takes its place. Posts, never names."""

    group: Code
    name_zh: Text
    mandate: LongText
    head: Officer
    deputies: Annotated[tuple[Officer, ...], Field(max_length=20)] = ()
    members: Annotated[tuple[Officer, ...], Field(max_length=100)] = ()
    office_unit: Code


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source)


EVENTS = event_types(
    _type("registered", Registered, "监管部门登记", "Authority registered", "S0-04; S3-04"),
    _type("renamed", Renamed, "监管部门更名", "Authority renamed", "S3-03"),
    _type("succeeded", Succeeded, "职责承继", "Authority succeeded", "S3-03; S3-07"),
    _type("took_over", TookOver, "承接职责", "Authority took over", "S3-03; S3-07"),
    _type("unit_established", UnitEstablished, "内设机构设立", "Unit established", "S0-24; S0-32"),
    _type("unit_closed", UnitClosed, "内设机构撤并", "Unit closed", "S0-24"),
    _type("focal_unit_designated", FocalUnitDesignated, "明确归口管理机构", "Focal unit designated", "S0-25"),
    _type("division_adopted", DivisionAdopted, "实行三机构分工", "Division of work adopted", "S0-32; S0-34"),
    _type("item_listed", ItemListed, "权责清单列入", "Item of a power or responsibility list", "S3-86"),
    _type("item_removed", ItemRemoved, "权责清单移出", "Item removed from a list", "S3-86"),
    _type("responsibility_assigned", ResponsibilityAssigned, "落实监管责任", "Responsibility assigned", "S0-37"),
    _type("responsibility_ended", ResponsibilityEnded, "监管责任终止", "Responsibility ended", "S0-37"),
    _type("jurisdiction_designated", JurisdictionDesignated, "指定管辖", "Jurisdiction designated", "S0-31"),
    _type("guidance_issued", GuidanceIssued, "业务指导", "Guidance issued", "S0-29; S3-80"),
    _type("supervision_opinion_issued", SupervisionOpinionIssued, "监督意见", "Supervision opinion issued", "S0-29"),
    _type("leading_group_formed", LeadingGroupFormed, "成立领导小组", "Leading group formed", "S1-12; S4-05"),
    correction(FAMILY, AUTHORITIES, "监管部门"),
)
