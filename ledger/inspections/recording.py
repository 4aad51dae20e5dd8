"""What may be said of an inspection that took place: its record by a form, its filing, its samples."""

from typing import Annotated, Any

from pydantic import Field

from ledger.certificates.forms import Evidence, Product
from ledger.facts import CalendarDay, Code, Data, Dated, Identifier, Text
from ledger.inspections.codes import Programme, Stage
from ledger.inspections.planning import CertificateStreams


class Part(Data):
    """One form as it was filled in; ``version`` is the one in force on the day of the record."""

    form: Code
    version: Annotated[int, Field(ge=1, le=999)]
    content: dict[str, Any] = Field(description="Sections by code, fields by code; see GET /v1/forms")


class Recorded(Dated):
    """The record of the inspection was made (S1-27): its type, its stage, and the forms that its mode asks for."""

    programme: Programme
    stage: Stage
    parts: Annotated[list[Part], Field(min_length=1, max_length=10)]
    filled_by: Identifier | None = Field(default=None, description="Who filled in the forms, by number (S2-107)")
    reviewed_by: Identifier | None = Field(default=None, description="Who reviewed them: another person (S2-108)")


class Filed(Dated):
    """The record went into the archive of the enterprise; this is what closes an inspection (S1-90)."""

    archive: Identifier = Field(description="Stream of whom the archive is about")
    document: Evidence | None = None


class Sampled(Dated):
    """A sample was taken (S3-38)."""

    sample: Code
    product: Product
    stage: Stage
    batch: Text | None = None
    produced: CalendarDay | None = None
    certificates: CertificateStreams | None = None
    laboratory: Annotated[str, Field(max_length=40)] | None = Field(default=None, examples=["LAB-101"])
    document: Evidence | None = None


class Calibration(Data):
    """What the measurements rest on: the metrological traceability (量传溯源) of the test, apart from all traces."""

    certificate_number: Text = Field(description="Number of the calibration certificate, which is no certificate here")
    institute: Text = Field(description="The metrology institute or calibration laboratory")
    calibrated: CalendarDay
    due: CalendarDay | None = Field(default=None, description="Day on which the calibration is to be repeated")
    reference: Text | None = Field(default=None, description="The standard of measurement that it leads to")
    document: Evidence | None = None


class SampleTested(Dated):
    """The sample was tested; the result is another event."""

    sample: Code
    laboratory: Annotated[str, Field(max_length=40)]
    report: Evidence
    report_number: Text | None = None
    calibration: Calibration | None = None
