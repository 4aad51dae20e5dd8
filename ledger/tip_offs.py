"""The forms of a tip-off and of its disposal, as strict as those of events, though nothing of either is one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


def _bounded(most: int) -> object:
    return Field(min_length=1, max_length=most, pattern=r"\S")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, value: object) -> object:
        # What is not told is absent: one way to say it.
        if isinstance(value, dict) and None in value.values():
            raise ValueError("missing")
        return value


class About(_Strict):
    """What it is about; at least one of them."""

    certificate: Annotated[str, _bounded(60)] | None = None
    body: Annotated[str, _bounded(40)] | None = None
    organisation: Annotated[str, _bounded(200)] | None = None
    product: Annotated[str, _bounded(200)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "About":
        if not self.model_fields_set:
            raise ValueError("missing")
        return self


class TipOffForm(_Strict):
    """What somebody tells: about what, where, and what it is."""

    about: About
    region: Annotated[str, Field(pattern="^[0-9]{6}$")]
    text: Annotated[str, _bounded(2000)]
    contact: Annotated[str, _bounded(200)] | None = None


class DisposalForm(_Strict):
    """What became of it: a lead of the authority's own, or why nothing follows; exactly one."""

    lead: Annotated[str, Field(pattern="^case:[A-Z0-9-]{1,40}:[^ ]{1,60}$")] | None = None
    reason: Annotated[str, Field(max_length=40)] | None = None

    @model_validator(mode="after")
    def _says_one(self) -> "DisposalForm":
        if len(self.model_fields_set) != 1:
            raise ValueError("missing")
        return self
