"""What may be said of a training activity; a review of case files names the cases, and the reviews recorded in them.

What a review found is said on the case itself (``case.file_reviewed``) and named here, so that nothing is said twice.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ledger.cases.forms import CaseStream
from ledger.certificates.forms import Evidence
from ledger.codes.trainings import form, is_form
from ledger.facts import Code, Dated, EventType, Reference, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "training"
MAXIMUM_CASES = 50


def _known_form(code: str) -> str:
    if not is_form(code):
        raise ValueError("training_form_unknown")
    return code


class Held(Dated):
    """A training activity took place, in one of the forms of the code list."""

    form: Annotated[Code, AfterValidator(_known_form)]
    title: Text
    audience: Text | None = Field(default=None, description="For whom, by unit or function and never by name")
    participants: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    cases: Annotated[list[CaseStream], Field(min_length=1, max_length=MAXIMUM_CASES)] | None = Field(
        default=None, description="The cases whose files were reviewed; a review of case files needs them"
    )
    reviews: Annotated[list[Reference], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="The reviews (case.file_reviewed) recorded in these cases, with what was found"
    )
    document: Evidence | None = None

    @model_validator(mode="after")
    def cases_are_named(self) -> "Held":
        """A form that is about case files names them and what was found, and no other form does (S0-65)."""
        needs = form(self.form).needs_case
        if needs and self.cases is None:
            raise ValueError("training_case_missing")
        if needs and self.reviews is None:
            raise ValueError("training_review_missing")
        if not needs and (self.cases or self.reviews):
            raise ValueError("training_takes_no_case")
        return self


EVENTS = event_types(
    EventType(f"{FAMILY}.held", FAMILY, Held, AUTHORITIES, "开展培训", "Training held", "S0-65"),
    correction(FAMILY, AUTHORITIES, "培训"),
)
