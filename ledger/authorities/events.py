"""What may be said about an authority: that it exists, its units and lists, who answers for what, who follows it.

People go by the number of their enforcement certificate, never by name.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ledger.authorities.lists import kinds, labels
from ledger.certificates.forms import LegalBasis, OrganisationCode, Personal, Region
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES, LOCAL_AUTHORITY

FAMILY = "authority"
Authority = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z\-]{2,31}$")]
Officer = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z\-]{2,31}$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,40}\.[a-z_]{1,60}$")]
Level = Literal["national", "province", "prefecture", "county"]
Role = Literal["supervision", "enforcement", "legal"]
Basis = Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
Campaign = Annotated[str, StringConstraints(pattern=r"^inspection:[0-9a-zA-Z\-]{1,60}$")]
ContactField = Literal["name", "telephone", "fax", "email", "address", "postcode"]
_LOCAL = frozenset({LOCAL_AUTHORITY})


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


class PlanningRegionDefined(Dated):
    """A province plans for these of its cities together; a later one of the same code takes its place (S0-27)."""

    planning_region: Code
    name_zh: Text
    name_en: Text | None = None
    cities: Annotated[tuple[Region, ...], Field(min_length=1, max_length=60)]


class PlanningRegionDissolved(Dated):
    """The province plans for these cities together no more."""

    planning_region: Code


class CampaignLeaderDesignated(Dated):
    """A city bureau names the one of its leaders who answers for a campaign, by certificate number, never by name.

    A second one beside the first is recorded and reported; who takes another's place says so by ``instead_of``.
    """

    campaign: Campaign = Field(description="Stream of the campaign's plan", examples=["inspection:2031-campaign"])
    leader: Officer
    instead_of: Officer | None = None


class Assessed(Dated):
    """An authority above assessed how this one supervised in a period (S0-95)."""

    begins: CalendarDay
    ends: CalendarDay
    result: Text
    document_number: Text | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "Assessed":
        """The period ends on its first day at the earliest."""
        if self.ends < self.begins:
            raise ValueError("dates_out_of_order")
        return self


class ContactStated(Personal):
    """Whom to contact in a unit: what the fields say is in the vault; a later one of the same code takes its place."""

    contact: Code
    unit: Code | None = Field(default=None, description="A registered unit; absent: the authority itself")
    published: Annotated[tuple[ContactField, ...], Field(max_length=6)] = Field(
        default=(), description="Fields that everybody may read"
    )


class ContactRemoved(Dated):
    """The contact is one no more."""

    contact: Code


def _type(
    name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str] = AUTHORITIES
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


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
    _type("planning_region_defined", PlanningRegionDefined, "划分规划区域", "Planning region defined", "S0-27", _LOCAL),
    _type(
        "planning_region_dissolved",
        PlanningRegionDissolved,
        "撤销规划区域",
        "Planning region dissolved",
        "S0-27",
        _LOCAL,
    ),
    _type(
        "campaign_leader_designated",
        CampaignLeaderDesignated,
        "指定负责局领导",
        "Campaign leader designated",
        "S2-73",
        _LOCAL,
    ),
    _type("assessed", Assessed, "监管工作考核", "Supervision assessed", "S0-95"),
    _type("contact_stated", ContactStated, "登记联系方式", "Contact stated", "S2-90; S2-91"),
    _type("contact_removed", ContactRemoved, "撤下联系方式", "Contact removed", "S2-90"),
    correction(FAMILY, AUTHORITIES, "监管部门"),
)
