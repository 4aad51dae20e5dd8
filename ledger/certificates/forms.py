"""The parts of which certificate statements are made: parties, products, signatories, evidence."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ledger.codes.identifiers import is_credit_code, is_organisation_code
from ledger.codes.regions import may_be_filed
from ledger.codes.schemes import scheme_of
from ledger.days import FOREVER
from ledger.evidence.disclosures import MAXIMUM_DIGESTS
from ledger.facts import CalendarDay, Code, Data, Dated, Identifier, LongText, Text


def _known_region(code: str) -> str:
    """A code that GB/T 2260 never held is a mistake; a retired one stays on certificates until it is changed."""
    if not may_be_filed(code, FOREVER):
        raise ValueError("region_unknown")
    return code


def _sound_organisation_code(code: str) -> str:
    if not (is_credit_code(code) or is_organisation_code(code)):
        raise ValueError("organisation_code_wrong")
    return code


Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$"), AfterValidator(_known_region)]
Country = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
OrganisationCode = Annotated[str, AfterValidator(_sound_organisation_code), Field(json_schema_extra={"maxLength": 18})]


def _sorted_digests(digests: list[str]) -> list[str]:
    """Digests are written in their own order, each once, so that their order tells nothing (RFC 9901 section 4.2.4)."""
    if digests != sorted(set(digests)):
        raise ValueError("digests_not_sorted")
    return digests


Digests = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]],
    Field(min_length=1, max_length=MAXIMUM_DIGESTS),
    AfterValidator(_sorted_digests),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
SchemeClass = Literal["management_system", "ccc", "automotive", "voluntary_product", "food", "service"]


def _class_of(project_code: str) -> str | None:
    """A body does not choose the rules it is measured by: a listed project code decides on the scheme class."""
    try:
        return scheme_of(project_code)
    except ValueError:
        return None


class Organisation(Data):
    """An organisation as a certificate names it; ``code`` is its credit code or nine-character code."""

    code: OrganisationCode | None = Field(default=None, examples=["91350100M000100Y43"])
    name_zh: Text
    name_en: Text | None = None
    country: Country = "156"
    region: Region | None = None
    address: Text | None = None
    factory_code: Code | None = None

    @model_validator(mode="after")
    def code_is_named(self) -> "Organisation":
        """Only an organisation abroad may have no code (GB 32100, GB 11714)."""
        if self.code is None and self.country == "156":
            raise ValueError("organisation_code_missing")
        return self


class Signer(Data):
    """A person who signed, by register and number, never by name (Regulation on C&A, article 22)."""

    register_code: Identifier = Field(default="CCAA", alias="register")
    number: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z\-]{2,31}$")]
    role: Literal["evaluation", "decision", "head"] = "decision"


class Evidence(Data):
    """A document by digest; the document itself stays with the party that holds it."""

    uri: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    media_type: Annotated[str, StringConstraints(max_length=100)]
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]
    sha256: Sha256


class Personal(Dated):
    """A statement that may hold personal fields by their digests; what they say travels beside it (RFC 9901)."""

    digests: Digests | None = Field(default=None, alias="_sd", description="Digests of personal fields, sorted")


class LegalBasis(Data):
    """The rule that a decision rests on, with the date of the version in force."""

    rule: Text
    article: Text
    version: CalendarDay


class Product(Data):
    """What a product certificate covers."""

    name: Text
    models: LongText | None = None
    hs_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,10}$")] | None = None


class Site(Data):
    """A place that the certificate covers."""

    name: Text
    region: Region | None = None
    address: Text | None = None
    scope: LongText | None = None


class Decision(Personal):
    """A decision of the issuing body: who signed it, on what evidence and law."""

    signers: Annotated[list[Signer], Field(min_length=1, max_length=10)]
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None
    legal_basis: Annotated[list[LegalBasis], Field(max_length=10)] | None = None
    note: LongText | None = None


class Details(Data):
    """What a certificate says beside its dates: each member may be restated by a later change."""

    scheme_class: SchemeClass
    project_code: Code | None = None
    product_class: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    standards: Annotated[list[Text], Field(min_length=1, max_length=40)]
    scope_zh: LongText | None = None
    scope_en: LongText | None = None
    mode: Text | None = None
    holder: Organisation
    producer: Organisation | None = None
    factory: Organisation | None = None
    product: Product | None = None
    sites: Annotated[list[Site], Field(max_length=500)] | None = None
    accreditation_mark: Code | None = None
    risk_level: Literal["01", "02", "03"] | None = None
    main_certificate: Text | None = None
    sub_certificate: bool | None = None

    @model_validator(mode="after")
    def scheme_is_named(self) -> "Details":
        """A product certificate names its product class, every other one its project code, which names its class."""
        if (self.product_class if self.scheme_class == "ccc" else self.project_code) is None:
            raise ValueError("product_class_missing" if self.scheme_class == "ccc" else "project_code_missing")
        if self.scheme_class != "ccc" and _class_of(self.project_code or "") not in {None, self.scheme_class}:
            raise ValueError("scheme_class_wrong")
        return self


class Changes(Data):
    """The members of :class:`Details` that a change restates; what is absent stays as it was."""

    standards: Annotated[list[Text], Field(min_length=1, max_length=40)] | None = None
    scope_zh: LongText | None = None
    scope_en: LongText | None = None
    mode: Text | None = None
    holder: Organisation | None = None
    producer: Organisation | None = None
    factory: Organisation | None = None
    product: Product | None = None
    sites: Annotated[list[Site], Field(max_length=500)] | None = None
    accreditation_mark: Code | None = None
    risk_level: Literal["01", "02", "03"] | None = None
    sub_certificate: bool | None = None
