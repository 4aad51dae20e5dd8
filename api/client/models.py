"""What the interface answers with, as typed models; tests.tools.client_models wrote them from its description.

Members and values that a later release adds are kept and never an error.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A part of an answer; :meth:`as_dict` gives it back as it was received."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the plain JSON, with nothing added."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Texts(Answer):
    """见接口说明 / See the description of the interface."""

    title: str
    action: str


class Fault(Answer):
    """见接口说明 / See the description of the interface."""

    pointer: str
    code: str
    zh: str
    en: str
    detail: str


class Problem(Answer):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    code: str
    rule: str
    pointer: str | None = None
    params: dict[str, Any] | None = None
    zh: Texts
    en: Texts
    errors: list[Fault] | None = None
    trace_id: str | None = None


class CloudEvent(Answer):
    """CloudEvents 1.0."""

    data: dict[str, Any]
    id: str
    source: str
    specversion: str
    subject: str
    time: str
    type: str
    datacontenttype: str | None = None
    ledger: str | None = None
    issuersequence: int | None = None
    issuerprevious: str | None = None


class WaitsFor(Answer):
    """暂存事实所等待的前因 / What a held fact waits for."""

    code: str
    zh: str
    en: str
    rule: str


class Receipt(Answer):
    """见接口说明 / See the description of the interface."""

    outcome: str
    source: str
    id: str
    stream: str
    version: int
    position: int
    recorded: str
    decision: str
    duplicate: bool
    releases: list[int]
    signed_by: list[str]
    waits: WaitsFor | None = None


class Refused(Answer):
    """见接口说明 / See the description of the interface."""

    outcome: str
    source: str
    id: str
    problem: Problem


class Summary(Answer):
    """见接口说明 / See the description of the interface."""

    lines: int | None = None
    recorded: int
    held: int
    duplicate: int
    refused: int
    position: int


class RecordedEventEvent(Answer):
    """规范字节原样嵌入 / The canonical bytes, verbatim."""

    event: CloudEvent
    record: dict[str, Any]
    signatures: list[dict[str, Any]]


class RecordedEvent(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    event: RecordedEventEvent


class EventPathStep(Answer):
    """见接口说明 / See the description of the interface."""

    step: str
    zh: str
    en: str
    at: str | None


class EventPath(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    stream: str
    version: int
    type: str
    trace_id: str | None = None
    traceparent: str | None = None
    steps: list[EventPathStep]
    waiting: list[str]


class EventTypesEventTypeActor(Answer):
    """见接口说明 / See the description of the interface."""

    kind: str
    zh: str
    en: str


class EventTypesEventType(Answer):
    """见接口说明 / See the description of the interface."""

    type: str
    family: str
    zh: str
    en: str
    rule: str
    subject: str
    version: int
    schema_: str = Field(alias="schema")
    actors: list[EventTypesEventTypeActor]
    data: dict[str, Any]


class EventTypes(Answer):
    """见接口说明 / See the description of the interface."""

    event_types: list[EventTypesEventType]


class SchemasSchema(Answer):
    """见接口说明 / See the description of the interface."""

    type: str
    version: int
    current: bool
    schema_: str = Field(alias="schema")


class Schemas(Answer):
    """见接口说明 / See the description of the interface."""

    schemas: list[SchemasSchema]


class RefusalCode(Answer):
    """见接口说明 / See the description of the interface."""

    code: str
    status: int
    rule: str
    zh: Texts
    en: Texts


class RefusalCodes(Answer):
    """见接口说明 / See the description of the interface."""

    refusals: list[RefusalCode]


class HealthCheck(Answer):
    """见接口说明 / See the description of the interface."""

    check: str
    status: str
    zh: str
    en: str
    detail: str | None = None


class Health(Answer):
    """见接口说明 / See the description of the interface."""

    status: str
    checks: list[HealthCheck] | None = None


class CertificateStatus(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    code: str
    zh: str
    en: str


class CertificateValidity(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class CertificateFlag(Answer):
    """见接口说明 / See the description of the interface."""

    code: str
    zh: str
    en: str


class CertificateReason(Answer):
    """见接口说明 / See the description of the interface."""

    table: str
    code: str
    zh: str | None
    en: str | None
    rule: str | None


class CertificateScope(Answer):
    """见接口说明 / See the description of the interface."""

    zh: str | None
    en: str | None


class CertificateOrder(Answer):
    """见接口说明 / See the description of the interface."""

    document_number: str
    demands: str
    due: str


class HeldFact(Answer):
    """见接口说明 / See the description of the interface."""

    version: int
    type: str
    effective: str
    zh: str
    en: str
    waits: WaitsFor | None = None


class CertificateRestsOn(Answer):
    """见接口说明 / See the description of the interface."""

    position: int | None
    version: int | None
    recorded: str | None


class Certificate(Answer):
    """见接口说明 / See the description of the interface."""

    body: str
    number: str
    as_of: str
    known_at: str | None
    status: CertificateStatus
    validity: CertificateValidity
    flags: list[CertificateFlag]
    since: str | None = None
    issued: str | None = None
    first_issued: str | None = None
    expires: str | None = None
    suspended_from: str | None = None
    suspended_until: str | None = None
    last_surveillance: str | None = None
    effective_from: str | None = None
    effective_until: str | None = None
    pending_from: str | None = None
    ended_by: str | None = None
    linked_to: str | None = None
    reason: CertificateReason | None
    holder: dict[str, Any] | None
    scope: CertificateScope
    details: dict[str, Any]
    holds: list[str] | None = None
    appeals: list[str] | None = None
    orders: list[CertificateOrder] | None = None
    held: list[HeldFact]
    by_calendar: bool | None = None
    rests_on: CertificateRestsOn


class TimelineFact(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    version: int
    type: str
    zh: str
    en: str
    effective: str | None
    recorded: str
    source: str
    id: str
    decision: str
    releases: list[int]
    signed_by: list[str]
    data: dict[str, Any]
    waits: WaitsFor | None = None


class Timeline(Answer):
    """见接口说明 / See the description of the interface."""

    body: str
    number: str
    known_at: str | None
    periods: list[Certificate]
    facts: list[TimelineFact]


class TrailEvent(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    stream: str
    version: int
    type: str
    zh: str
    en: str
    source: str
    id: str
    effective: str | None
    recorded: str
    decision: str
    waits: WaitsFor | None
    late_days: int | None
    corrected_by: int | None
    signed_by: list[str]
    event: CloudEvent
    record: dict[str, Any]


class Trail(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    position: int
    events: list[TrailEvent]
    next: str | None


class PageCount(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    code: str
    zh: str
    en: str
    count: int


class Page(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    as_of: str
    position: int
    standing: dict[str, Any] | None
    held: list[HeldFact]
    counts: list[PageCount]
    certificates: list[Certificate]
    next: str | None


class FoundCertificate(Answer):
    """见接口说明 / See the description of the interface."""

    body: str
    number: str
    title: str | None


class Found(Answer):
    """见接口说明 / See the description of the interface."""

    q: str
    position: int
    certificates: list[FoundCertificate]
    next: str | None


class EnvelopeSignature(Answer):
    """见接口说明 / See the description of the interface."""

    keyid: str
    sig: str


class Envelope(Answer):
    """DSSE v1.0.2."""

    payload: str
    payload_type: str = Field(alias="payloadType")
    signatures: list[EnvelopeSignature]


class Challenge(Answer):
    """见接口说明 / See the description of the interface."""

    ledger: str
    owner: str
    nonce: str
    expires: str


class KeyStatus(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class Key(Answer):
    """见接口说明 / See the description of the interface."""

    keyid: str
    owner: str
    algorithm: str
    public_key: str
    registered_by: str
    position: int
    registered: str
    valid_from: str | None = None
    valid_until: str | None = None
    ended: str | None = None
    ended_by: str | None = None
    ended_position: int | None = None
    reason: str | None = None
    compromised_since: str | None = None
    status: KeyStatus


class Keys(Answer):
    """见接口说明 / See the description of the interface."""

    party: str
    position: int
    keys: list[Key]
    next: str | None


class ChainHead(Answer):
    """见接口说明 / See the description of the interface."""

    sequence: int
    position: int
    digest: str
    stream: str | None = None
    version: int | None = None
    id: str | None = None
    recorded: str | None = None


class ChainGap(Answer):
    """见接口说明 / See the description of the interface."""

    first: int
    last: int


class ChainFork(Answer):
    """见接口说明 / See the description of the interface."""

    sequence: int
    position: int
    digest: str
    stream: str
    version: int
    id: str
    recorded: str
    previous: str | None = None
    signed_by: list[str] | None = None
    expected: list[str] | None = None


class ChainBroken(Answer):
    """见接口说明 / See the description of the interface."""

    sequence: int
    position: int
    digest: str
    stream: str
    version: int
    id: str
    recorded: str
    previous: str | None = None
    signed_by: list[str] | None = None
    expected: list[str] | None = None


class Chain(Answer):
    """见接口说明 / See the description of the interface."""

    source: str
    position: int
    links: int
    head: ChainHead | None
    gaps: list[ChainGap]
    forks: list[ChainFork]
    broken: list[ChainBroken]
    is_sound: bool


class IssuerEvents(Answer):
    """见接口说明 / See the description of the interface."""

    source: str
    position: int
    events: list[dict[str, Any]]
    next: str | None


class Statement(Answer):
    """见接口说明 / See the description of the interface."""

    position: int | None = None
    event: CloudEvent
    envelope: Envelope | None


class EquivocationsEquivocation(Answer):
    """见接口说明 / See the description of the interface."""

    source: str
    id: str
    received: str
    first: Statement
    other: Statement


class Equivocations(Answer):
    """见接口说明 / See the description of the interface."""

    equivocations: list[EquivocationsEquivocation]
    next: str | None


class AuthorityPeriodKind(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class AuthorityPeriodLevel(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class AuthorityPeriod(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    kind: AuthorityPeriodKind
    level: AuthorityPeriodLevel
    region: str | None
    name_zh: str
    name_en: str | None
    successor: str | None
    focal: str | None
    division: bool
    effective_from: str
    effective_until: str | None


class AuthorityList(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    authorities: list[AuthorityPeriod]
    next: str | None


class AuthorityDetailUnitKind(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class AuthorityDetailUnitRole(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class AuthorityDetailUnit(Answer):
    """见接口说明 / See the description of the interface."""

    unit: str
    kind: AuthorityDetailUnitKind
    name_zh: str
    name_en: str | None
    roles: list[AuthorityDetailUnitRole]


class AuthorityDetailItemBasi(Answer):
    """见接口说明 / See the description of the interface."""

    rule: str
    article: str


class AuthorityDetailItem(Answer):
    """见接口说明 / See the description of the interface."""

    list_name: str
    item: str
    said: str
    events: list[str]
    basis: list[AuthorityDetailItemBasi]


class AuthorityDetailDuty(Answer):
    """见接口说明 / See the description of the interface."""

    scope: str
    unit: str
    officer: str


class AuthorityDetailPower(Answer):
    """见接口说明 / See the description of the interface."""

    row: str
    events: list[str]
    source: str
    zh: str
    en: str


class AuthorityDetail(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    as_of: str
    position: int
    now: AuthorityPeriod | None
    history: list[AuthorityPeriod]
    superior: str | None
    bureau: str
    units: list[AuthorityDetailUnit]
    items: list[AuthorityDetailItem]
    duties: list[AuthorityDetailDuty]
    predecessors: list[str]
    powers: list[AuthorityDetailPower]


class AuthorityGapsWithoutFocalUnit(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    name_zh: str
    name_en: str | None
    region: str | None


class AuthorityGapsWithoutSupervisionUnit(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    name_zh: str
    name_en: str | None
    region: str | None


class AuthorityGaps(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    region: str | None
    without_focal_unit: list[AuthorityGapsWithoutFocalUnit]
    without_supervision_unit: list[AuthorityGapsWithoutSupervisionUnit]
    unassigned_enterprises: int | None


class EnforcementLedger(Answer):
    """见接口说明 / See the description of the interface."""

    ledger: str
    zh: str
    en: str
    as_of: str
    position: int
    region: str | None
    entries: list[dict[str, Any]]
    next: str | None
