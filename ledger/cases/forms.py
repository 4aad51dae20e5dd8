"""The parts of which statements about cases are made. Nothing personal is in any of them: units, numbers, digests."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ledger.cases.statistics import rows
from ledger.codes.cases import is_known
from ledger.facts import Code, Data, Identifier, Text

Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{2})?$")]
Streams = Annotated[list[Identifier], Field(max_length=200)]
# Case numbers are written as the authority writes them, Chinese and brackets included.
CaseStream = Annotated[str, StringConstraints(pattern=r"^case:[^:\s]{1,40}:\S{1,60}$")]
ReportStream = Annotated[str, StringConstraints(pattern=r"^report:[^:\s]{1,40}:\S{1,60}$")]
Lead = Literal[
    "patrol",
    "market_supervision",
    "complaint",
    "spot_check",
    "body_notice",
    "other_authority",
    "superior",
    "media",
    "unannounced",
    "joint",
    "random_check",
    "other_jurisdiction",
    "ledger_check",
]
Penalty = Literal[
    "warning",
    "fine",
    "confiscation",
    "order_to_correct",
    "stop_business",
    "withdraw_approval",
    "withdraw_designation",
    "bar",
    "strike_off",
]
SubjectKind = Literal[
    "body", "person", "consulting_body", "producer", "seller", "testing_body", "organisation", "other"
]


def _known_violation(code: str) -> str:
    if not is_known("violation", code):
        raise ValueError("violation_unknown")
    return code


def _known_row(code: str) -> str:
    if all(row.code != code for row in rows()):
        raise ValueError("statistics_code_unknown")
    return code


def _known_key_product(code: str) -> str:
    if not is_known("key_product", code):
        raise ValueError("key_product_unknown")
    return code


ViolationCode = Annotated[Code, AfterValidator(_known_violation)]
Violations = Annotated[list[ViolationCode], Field(min_length=1, max_length=30)]
StatisticsCode = Annotated[Code, AfterValidator(_known_row)]
KeyProducts = Annotated[list[Annotated[Code, AfterValidator(_known_key_product)]], Field(max_length=10)]


class Unit(Data):
    """Which unit of the authority speaks, and in which of the three roles (S0-32)."""

    role: Literal["supervision", "enforcement", "legal"]
    unit: Code


class Paper(Data):
    """An enforcement document's own marks: whose it is, by which template, by which officers' certificates (S3-75)."""

    authority: Text
    template: Code
    version: Code
    officers: Annotated[list[Code], Field(min_length=1, max_length=10)]
