"""What may be said before and around an inspection: plans, who takes part, assistance, recognised results."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from ledger.authorities.lists import departments
from ledger.certificates.forms import OrganisationCode, Region, SchemeClass
from ledger.facts import CalendarDay, Code, Data, Dated, Identifier, LongText, Reference, Text
from ledger.inspections.codes import ModeCode, Programme, Role, Stage

_AUTHORITY = re.compile(r"CNCA|SAMR(-[0-9]{6})?")
Party = Annotated[str, Field(min_length=1, max_length=40)]
ProductClass = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
CertificateStreams = Annotated[list[Identifier], Field(max_length=200)]


class Unit(Data):
    """One who takes part, and in which role; every participant has one (S1-83)."""

    unit: Party = Field(description="An authority, body or laboratory", examples=["SAMR-440604"])
    role: Role
    department: Code | None = Field(default=None, description="Its department that owns the task (S4-09)")

    @model_validator(mode="after")
    def has_the_department(self) -> "Unit":
        """An owner resolves: the department is of the list, and of this unit where the list says whose it is."""
        if self.department is not None:
            of = departments().get(self.department, "")
            if of not in {None, self.unit} or _AUTHORITY.fullmatch(self.unit) is None:
                raise ValueError("department_unknown")
        return self


Units = Annotated[list[Unit], Field(max_length=60)]


class Targets(Data):
    """Which enterprises a campaign is about: those with a certificate in force on a day that fits every member."""

    as_of: CalendarDay
    scheme_class: SchemeClass | None = None
    product_classes: Annotated[list[ProductClass], Field(min_length=1, max_length=200)] | None = None
    project_codes: Annotated[list[Code], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Project codes, or their beginnings: the sector"
    )


class Planned(Dated):
    """An inspection, or a task to inspect, is planned; neither its subject nor the issuing bodies read a plan.

    Where no unit leads, the authority of ``region`` does (S1-40). ``effective`` is the day of planning.
    """

    mode: ModeCode
    programme: Programme
    stage: Stage
    region: Region
    due: CalendarDay = Field(description="Last day on which it is to take place")
    organisation: OrganisationCode | None = Field(default=None, description="Whom it is to visit")
    target: Identifier | None = Field(default=None, description="Stream of a body, or name of a laboratory, instead")
    units: Units | None = None
    certificates: CertificateStreams | None = None
    products: Annotated[list[Text], Field(max_length=200)] | None = None
    under: Identifier | None = Field(default=None, description="Stream of the task from which this one comes (S2-55)")
    draw: Identifier | None = Field(default=None, description="Stream of the draw that chose it (S3-87)")
    planning_region: Code | None = Field(
        default=None, description="Planning region of the province that plans: its cities alone (S0-27)"
    )
    catalogue: Text | None = Field(default=None, description="Version of the key catalogue in force (S1-23)")
    cause: Reference | None = Field(default=None, description="The recorded event from which the task follows")
    purpose: LongText | None = None
    targets: Targets | None = Field(default=None, description="Filter of a campaign, within its region (S0-54)")

    @model_validator(mode="after")
    def visits_one(self) -> "Planned":
        """A plan visits an organisation or another target; a task that goes down the levels names neither."""
        if self.organisation is not None and self.target is not None:
            raise ValueError("plan_two_targets")
        return self


class PlanCancelled(Dated):
    """The planned inspection will not take place."""

    reason: Text


class ParticipationAnswered(Dated):
    """One who was named as taking part accepts, or sends the task back."""

    accepts: bool
    reason: Text | None = None


class AssistanceRequested(Dated):
    """Another authority is asked to help (S1-39, S4-142); no deadline is given by law, so that age is measured."""

    request: Code
    to: Party
    text: LongText


class AssistanceAnswered(Dated):
    """What the authority that was asked did."""

    request: Code
    provided: bool
    text: LongText


class Recognised(Dated):
    """An authority takes this inspection for one of its own that is due, until a day (S4-142)."""

    plan: Identifier = Field(description="Stream of the plan that it satisfies")
    until: CalendarDay
