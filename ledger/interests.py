"""An interest of a body or a person in an organisation, stated with its days; nobody certifies where one conflicts.

It is kept on the stream of who has it, and read from its facts alone: it changes no standing that everybody reads.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ledger.certificates.forms import OrganisationCode
from ledger.codes.identifiers import organisation_key
from ledger.codes.interests import interest_kinds, months_after
from ledger.days import Day, add_months
from ledger.facts import CalendarDay, Code, Dated, Fact

DECLARED = frozenset({"body.interest_declared", "person.interest_declared"})


def _known_kind(code: str) -> str:
    if code not in interest_kinds():
        raise ValueError("code_not_listed")
    return code


class InterestDeclared(Dated):
    """From this day on there is an interest in an organisation, through ``until`` where that is known (S4-121)."""

    kind: Annotated[Code, AfterValidator(_known_kind), Field(examples=["consulting"])]
    organisation: OrganisationCode
    until: CalendarDay | None = Field(default=None, description="Last day; a kind may conflict beyond it")

    @model_validator(mode="after")
    def ends_after_its_beginning(self) -> "InterestDeclared":
        """An interest lasts a day at least."""
        if self.until is not None and self.until < self.effective:
            raise ValueError("period_reversed")
        return self


def conflict_of(facts: Iterable[Fact], organisation: str, day: Day) -> str | None:
    """Return the kind of interest in an organisation that conflicts on a day, given the facts of who may have one."""
    wanted = organisation_key(organisation)
    for fact in facts:
        if fact.type in DECLARED and fact.effective <= day and organisation_key(fact.data["organisation"]) == wanted:
            kind, until = fact.data["kind"], fact.data.get("until")
            if until is None or day <= add_months(until, months_after(kind, day)):
                return str(kind)
    return None
