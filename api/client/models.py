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


class AuthorityDetailPlanningRegion(Answer):
    """见接口说明 / See the description of the interface."""

    planning_region: str
    name_zh: str
    name_en: str | None
    cities: list[str]


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
    planning_regions: list[AuthorityDetailPlanningRegion]
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


class TraceEdge(Answer):
    """见接口说明 / See the description of the interface."""

    start: str
    relation: str
    end: str
    begins: str
    ends: str | None
    stream: str
    version: int
    position: int
    access: str
    source: str


class TraceNode(Answer):
    """见接口说明 / See the description of the interface."""

    node: str
    depth: int


class TraceBeside(Answer):
    """见接口说明 / See the description of the interface."""

    shared: str
    kind: str
    certificates: list[str]
    is_truncated: bool


class TraceTruncated(Answer):
    """见接口说明 / See the description of the interface."""

    node: str
    by: str


class Trace(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    direction: str
    as_of: str | None
    known_at: str | None
    position: int
    nodes: list[TraceNode]
    edges: list[TraceEdge]
    beside: list[TraceBeside]
    truncated: list[TraceTruncated]


class ResponsibilityCertificateSigned(Answer):
    """见接口说明 / See the description of the interface."""

    person: str
    role: str
    stream: str
    version: int


class ResponsibilityCertificate(Answer):
    """见接口说明 / See the description of the interface."""

    certificate: str
    issued_by: str | None
    responsible: str | None
    signed: list[ResponsibilityCertificateSigned]


class Responsibility(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    as_of: str
    position: int
    certificates: list[ResponsibilityCertificate]
    liable: list[str]


class LifeChainEvent(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    effective: str
    type: str
    source: str
    id: str


class LifeChainStage(Answer):
    """见接口说明 / See the description of the interface."""

    stage: str
    zh: str
    en: str
    positions: list[int]
    is_gap: bool


class LifeChainSigned(Answer):
    """见接口说明 / See the description of the interface."""

    person: str
    role: str
    type: str
    position: int


class LifeChain(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    position: int
    is_whole: bool
    events: list[LifeChainEvent]
    stages: list[LifeChainStage]
    gaps: list[str]
    issuer: str
    general: list[str]
    signed: list[LifeChainSigned]


class CheckTasksTask(Answer):
    """见接口说明 / See the description of the interface."""

    task: str
    stream: str
    problem: str
    organisation: str
    kind: str
    grade: str | None
    found: str
    due: str | None
    certificates: list[str]


class CheckTasks(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    as_of: str
    position: int
    tasks: list[CheckTasksTask]


class BodyArchiveControlEvent(Answer):
    """见接口说明 / See the description of the interface."""

    day: str
    type: str
    zh: str
    en: str
    source: str
    id: str
    stream: str
    version: int
    said: list[str]


class BodyArchiveControl(Answer):
    """见接口说明 / See the description of the interface."""

    control: str
    zh: str
    en: str
    events: list[BodyArchiveControlEvent]


class BodyArchive(Answer):
    """见接口说明 / See the description of the interface."""

    body: str
    as_of: str
    position: int
    is_whole: bool
    controls: list[BodyArchiveControl]


class ArchiveKeptBy(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    owner: str
    region: str
    is_open: bool
    begins: str
    ends: str | None
    product_kinds: list[str]
    officer: str | None


class ArchiveSection(Answer):
    """见接口说明 / See the description of the interface."""

    section: str
    zh: str
    en: str


class ArchiveRecord(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    stream: str
    version: int
    type: str
    source: str
    id: str
    effective: str | None
    recorded: str
    decision: str
    waits: str | None = None
    late_days: int | None = None
    corrected_by: int | None = None
    section: str
    zh: str
    en: str
    event: dict[str, Any]
    record: dict[str, Any] | None = None


class Archive(Answer):
    """见接口说明 / See the description of the interface."""

    organisation: str
    as_of: str
    position: int
    kept_by: list[ArchiveKeptBy]
    sections: list[ArchiveSection]
    is_whole: bool
    records: list[ArchiveRecord]
    next: str | None


class ArchivesArchive(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    organisation: str
    owner: str
    region: str
    is_open: bool
    begins: str
    ends: str | None
    product_kinds: list[str]
    officer: str | None


class Archives(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    as_of: str
    position: int
    archives: list[ArchivesArchive]
    next: str | None


class CoverageArchivesMissing(Answer):
    """见接口说明 / See the description of the interface."""

    organisation: str
    name_zh: str
    region: str


class CoverageArchives(Answer):
    """见接口说明 / See the description of the interface."""

    total: int
    covered: int
    missing: list[CoverageArchivesMissing]


class CoveragePatrolsMissing(Answer):
    """见接口说明 / See the description of the interface."""

    organisation: str
    name_zh: str
    region: str


class CoveragePatrols(Answer):
    """见接口说明 / See the description of the interface."""

    total: int
    covered: int
    missing: list[CoveragePatrolsMissing]


class CoverageProblemsMissing(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    problem: str
    organisation: str
    kind: str
    grade: str | None = None
    clause: str | None = None
    found: str
    due: str | None = None


class CoverageProblems(Answer):
    """见接口说明 / See the description of the interface."""

    total: int
    covered: int
    missing: list[CoverageProblemsMissing]


class Coverage(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    as_of: str
    position: int
    scheme: str
    archives: CoverageArchives
    patrols: CoveragePatrols
    problems: CoverageProblems


class PatrolPlanCatalogue(Answer):
    """见接口说明 / See the description of the interface."""

    owner: str
    list: str
    version: str
    document: str


class PatrolPlanPatrolReason(Answer):
    """见接口说明 / See the description of the interface."""

    kind: str
    name: str
    interval_months: int


class PatrolPlanPatrol(Answer):
    """见接口说明 / See the description of the interface."""

    organisation: str
    name_zh: str
    region: str | None
    product_kinds: list[str]
    known_since: str
    last_patrol: str | None
    interval_months: int
    reasons: list[PatrolPlanPatrolReason]
    next_patrol: str
    score: int


class PatrolPlan(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    as_of: str
    position: int
    total: int
    due: int
    catalogues: list[PatrolPlanCatalogue]
    patrols: list[PatrolPlanPatrol]


class CommonProblemsProblem(Answer):
    """见接口说明 / See the description of the interface."""

    kind: str
    grade: str | None
    clause: str | None
    problems: int
    organisations: int
    handled: int
    first: str
    last: str


class CommonProblems(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    as_of: str
    position: int
    problems: list[CommonProblemsProblem]


class KeyLists(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    entries: list[dict[str, Any]]
    issued: list[dict[str, Any]]


class RuleSetsRuleSet(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str | None
    owner: str | None
    name: str
    version: str
    purpose: str
    begins: str
    ends: str | None
    digest: str
    rules: dict[str, Any]


class RuleSets(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    rule_sets: list[RuleSetsRuleSet]


class ClassesClasse(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    owner: str
    subject: str
    purpose: str
    class_code: str
    score: int
    begins: str
    ends: str | None
    version: int
    said: dict[str, Any]
    measures: dict[str, Any] | None


class ClassesHistory(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    owner: str
    subject: str
    purpose: str
    class_code: str
    score: int
    begins: str
    ends: str | None
    version: int
    said: dict[str, Any]
    measures: dict[str, Any] | None


class ClassesPatrolReason(Answer):
    """见接口说明 / See the description of the interface."""

    kind: str
    name: str
    interval_months: int


class ClassesPatrol(Answer):
    """见接口说明 / See the description of the interface."""

    organisation: str
    name_zh: str
    region: str | None
    product_kinds: list[str]
    known_since: str
    last_patrol: str | None
    interval_months: int
    reasons: list[ClassesPatrolReason]
    next_patrol: str
    score: int


class Classes(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    as_of: str
    position: int
    classes: list[ClassesClasse]
    history: list[ClassesHistory]
    patrol: ClassesPatrol | None


class EvaluationRules(Answer):
    """见接口说明 / See the description of the interface."""

    name: str
    version: str
    sha256: str


class EvaluationFactorInput(Answer):
    """见接口说明 / See the description of the interface."""

    source: str
    id: str


class EvaluationFactor(Answer):
    """见接口说明 / See the description of the interface."""

    factor: str
    value: str
    points: int
    inputs: list[EvaluationFactorInput]


class EvaluationInput(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    type: str
    effective: str
    source: str
    id: str


class Evaluation(Answer):
    """见接口说明 / See the description of the interface."""

    subject: str
    as_of: str
    position: int
    by: str
    is_whole: bool
    rules: EvaluationRules
    is_sample: bool
    purpose: str
    score: int
    class_code: str
    measures: dict[str, Any]
    factors: list[EvaluationFactor]
    inputs: list[EvaluationInput]


class Label(Answer):
    """见接口说明 / See the description of the interface."""

    value: str
    zh: str
    en: str


class Notice(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    position: int
    opened: str
    kind: Label
    status: Label
    sender: str
    recipient: str
    region: str | None
    basis: str
    rule: str | None
    mandatory: bool
    answer: bool
    statement: str
    about: list[str]
    cause: dict[str, Any] | None
    created: str
    recorded: str
    due: str | None
    sent: str | None
    channels: list[str]
    acknowledged: str | None
    answered: str | None
    outcome: str | None
    reply: str | None
    urged: int
    withdrawn: str | None
    unit: str | None


class NoticeCounts(Answer):
    """见接口说明 / See the description of the interface."""

    all: int
    unacknowledged: int
    open: int
    overdue: int


class Inbox(Answer):
    """见接口说明 / See the description of the interface."""

    party: str
    as_of: str
    position: int
    counts: NoticeCounts
    notices: list[Notice]
    next: str | None


class Deadline(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    rule: str
    kind: Label
    cause: dict[str, Any]
    ordinal: int
    access: str
    started: str
    due: str | None
    provisional: bool
    responsible: str
    region: str | None
    met: str | None
    met_by: str | None
    age: int
    state: str
    source: str | None = None


class Deadlines(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    deadlines: list[Deadline]
    next: str | None


class Ageing(Answer):
    """见接口说明 / See the description of the interface."""

    responsible: str
    kind: Label
    count: int
    oldest: int
    median: int
    to_7: int
    to_30: int
    to_90: int
    over_90: int
    overdue: int


class AgeingReport(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    ageing: list[Ageing]


class Risk(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    position: int
    author: str
    region: str
    text: str
    about: list[str]
    stage: str
    level: str | None
    stages: list[dict[str, Any]]
    lags: list[dict[str, Any]]


class Risks(Answer):
    """见接口说明 / See the description of the interface."""

    position: int
    risks: list[Risk]
    next: str | None


class EarlyWarning(Answer):
    """见接口说明 / See the description of the interface."""

    stream: str
    position: int
    author: str
    level: str
    title: str
    text: str
    scope: dict[str, Any]
    raised_by: list[dict[str, Any]]
    risks: list[str]
    issued: str
    until: str
    lifted: str | None
    state: str


class EarlyWarnings(Answer):
    """见接口说明 / See the description of the interface."""

    as_of: str
    position: int
    warnings: list[EarlyWarning]
    next: str | None


class LossOfApproval(Answer):
    """见接口说明 / See the description of the interface."""

    body: str
    as_of: str
    position: int
    certificates: int
    suspended: int
    holders: int
    regions: int
    by_scheme: list[dict[str, Any]]
    by_region: list[dict[str, Any]]


class SuperintendenceCountyAct(Answer):
    """见接口说明 / See the description of the interface."""

    kind: str
    by: str
    day: str
    document_number: str | None
    result: str | None


class SuperintendenceCounty(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    region: str
    name_zh: str | None
    guidance: int
    inspection: int
    assessment: int
    latest: str | None
    acts: list[SuperintendenceCountyAct]


class Superintendence(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    since: str
    until: str
    position: int
    counties: list[SuperintendenceCounty] | None
    without: list[str] | None


class CampaignLeadersBureauxLeader(Answer):
    """见接口说明 / See the description of the interface."""

    leader: str
    since: str


class CampaignLeadersBureaux(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    region: str
    name_zh: str | None
    leaders: list[CampaignLeadersBureauxLeader]
    state: str


class CampaignLeaders(Answer):
    """见接口说明 / See the description of the interface."""

    campaign: str
    region: str
    as_of: str
    position: int
    bureaux: list[CampaignLeadersBureaux] | None
    missing: list[str] | None
    several: list[str] | None


class AuthorityContactsContactField(Answer):
    """见接口说明 / See the description of the interface."""

    field: str
    value: str


class AuthorityContactsContact(Answer):
    """见接口说明 / See the description of the interface."""

    contact: str
    unit: str | None
    since: str
    published: list[str]
    fields: list[AuthorityContactsContactField]


class AuthorityContacts(Answer):
    """见接口说明 / See the description of the interface."""

    authority: str
    as_of: str
    position: int
    contacts: list[AuthorityContactsContact]


class TipOffAbout(Answer):
    """所涉证书、组织或产品,至少一项 / The certificate, organisation or product; at least one."""

    certificate: str | None = None
    body: str | None = None
    organisation: str | None = None
    product: str | None = None


class TipOff(Answer):
    """见接口说明 / See the description of the interface."""

    about: TipOffAbout
    region: str
    text: str
    contact: str | None = None


class TipOffReceipt(Answer):
    """见接口说明 / See the description of the interface."""

    receipt: str
    received: str
    state: str


class TipOffStatusReason(Answer):
    """见接口说明 / See the description of the interface."""

    code: str
    zh: str
    en: str


class TipOffStatus(Answer):
    """见接口说明 / See the description of the interface."""

    receipt: str
    received: str
    state: str
    reason: TipOffStatusReason | None


class TipOffListRow(Answer):
    """见接口说明 / See the description of the interface."""

    receipt: str
    region: str
    received: str
    state: str
    lead: str | None
    reason: str | None
    disposed_by: str | None
    disposed: str | None
    about: dict[str, Any]
    text: str
    contact: str | None


class TipOffList(Answer):
    """见接口说明 / See the description of the interface."""

    region: str
    as_of: str
    rows: list[TipOffListRow]
    more: bool


class TipOffDisposal(Answer):
    """见接口说明 / See the description of the interface."""

    lead: str | None = None
    reason: str | None = None
