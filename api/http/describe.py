"""What OpenAPI says about each operation beside its signature: both languages, examples, every problem it may give."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.http.answers import EVENT_STREAM, JSON, NDJSON, TEXT
from api.http.problems import MEDIA_TYPE, document
from api.http.schemas import Schema, fields, ref, text, whole
from api.http.submissions import BATCH
from infra.limits import Limits
from ledger.refusals import Refusal, message
from ledger.sealed import MEDIA_TYPE as MEDIA_TYPE_DSSE

Operation = dict[str, Any]
BODY_NUMBER, CERTIFICATE_NUMBER = "CNCA-R-2031-101", "10124Q00012R0M"
_TRACE = "0af7651916cd43dd8448eb211c80319c"
EXAMPLE_EVENT: dict[str, Any] = {
    "data": {
        "effective": "2031-03-05",
        "reason_code": "0115",
        "signers": [{"number": "S101001", "register": "CCAA", "role": "decision"}],
    },
    "id": "2031-03/000017",
    "source": BODY_NUMBER,
    "specversion": "1.0",
    "subject": f"certificate:{BODY_NUMBER}:{CERTIFICATE_NUMBER}",
    "time": "2031-03-05T01:30:00.000000Z",
    "type": "certificate.withdrawn",
}
_LINE = orjson.dumps(EXAMPLE_EVENT).decode() + "\n"
_RECEIPT: dict[str, Any] = {
    "source": BODY_NUMBER,
    "id": EXAMPLE_EVENT["id"],
    "stream": EXAMPLE_EVENT["subject"],
    "version": 3,
    "position": 18,
    "recorded": "2031-03-05T01:30:02.114201Z",
    "decision": "applied",
    "duplicate": False,
    "releases": [],
    "signed_by": [],
}
_RECORDED = {"outcome": "recorded", **_RECEIPT}
_SUMMARY = {"recorded": 1, "held": 0, "duplicate": 0, "refused": 0, "position": 18}
_EVENT_LINE = {
    "position": 18,
    "event": {
        "event": EXAMPLE_EVENT,
        "record": {
            "decision": "applied",
            "recorded": _RECEIPT["recorded"],
            "schema": 1,
            "stream": _RECEIPT["stream"],
            "submitter": BODY_NUMBER,
            "version": 3,
        },
        "signatures": [],
    },
}

SPOKEN = ("token_missing", "token_refused", "identity_unavailable")
"""What a request may be refused for because of who asks."""
ENTITLED = (*SPOKEN, "read_reason_missing", "read_reason_unknown", "read_not_recorded")
"""What a read with a token may be refused for, beside what a public one is."""
READING = (
    "parameters_wrong",
    "min_position_wrong",
    "min_position_ahead",
    "views_behind",
    "view_missing",
    "ledger_unavailable",
    *ENTITLED,
)
"""What every reading may be refused for that waits for views and shows what not everybody may see."""
READ_REASON: Schema = {
    "name": "Read-Reason",
    "in": "header",
    "required": False,
    "description": "查阅非公开信息的事由代码 / Code of the reason for reading what is not public",
    "schema": text(),
    "example": "inspection",
}
IF_NONE_MATCH: Schema = {"name": "If-None-Match", "in": "header", "required": False, "schema": text()}
_POSITION_HEADER = {
    "Ledger-Position": {
        "description": "回答所依据的账本位置 / The position that the answer rests on",
        "schema": whole(),
    }
}
_LIMITS = (
    "request_malformed",
    "url_too_long",
    "header_too_large",
    "header_too_slow",
    "body_too_slow",
    "not_through_the_proxy",
    "connections_full",
    "connections_full_here",
    "requests_too_fast",
    "requests_too_many",
    "request_took_too_long",
    "readers_busy",
    "query_too_slow",
)
NOT_MODIFIED = {304: {"description": "未变 / Not modified"}}


def problem_response(codes: Sequence[str]) -> dict[str, Any]:
    """Return the OpenAPI response for problems of one status, with an example of each code."""
    examples = {
        code: {
            "summary": message(code).title["en"],
            "value": document(Refusal(code), "zh", instance="/v1/…", trace_id=_TRACE),
        }
        for code in codes
    }
    described = " / ".join(message(code).title["zh"] for code in codes)
    return {"description": described, "content": {MEDIA_TYPE: {"schema": ref("Problem"), "examples": examples}}}


def operation(  # noqa: PLR0913 - the parts of an OpenAPI operation
    name: str,
    zh: str,
    en: str,
    *,
    tag: str,
    answer: tuple[str, Schema, Any],
    problems: Sequence[str] = (),
    responses: dict[int, Any] | None = None,
    extra: dict[str, Any] | None = None,
    parameters: Sequence[Schema] = (),
    more: str = "",
) -> Operation:
    """Return the keyword arguments with which a route is declared."""
    media_type, schema, example = answer
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(("internal_error", "not_acceptable", "request_wrong", *_LIMITS, *problems)):
        by_status.setdefault(message(code).status, []).append(code)
    success = {
        "description": f"{zh} / {en}",
        "headers": _POSITION_HEADER,
        "content": {media_type: {"schema": schema, "example": example}},
    }
    return {
        "operation_id": name,
        "summary": f"{zh} · {en}",
        "description": more or f"{zh}。{en}.",
        "tags": [tag],
        "responses": {
            200: success,
            **(responses or {}),
            **{status: problem_response(codes) for status, codes in sorted(by_status.items())},
        },
        "openapi_extra": {**(extra or {}), **({"parameters": list(parameters)} if parameters else {})},
    }


def link(operation_id: str, **parameters: str) -> Schema:
    """Return an OpenAPI link: where to go on from an answer, with what of it."""
    return {"operationId": operation_id, "parameters": parameters}


_RECORDED_AT = {"position": "$response.body#/position"}
_FROM_RECEIPT = {"event": link("get_event", **_RECORDED_AT), "path": link("get_event_path", **_RECORDED_AT)}


def _receipt(zh: str, en: str, example: Any) -> dict[str, Any]:
    content = {JSON: {"schema": ref("Receipt"), "example": example}}
    return {
        "description": f"{zh} / {en}",
        "headers": _POSITION_HEADER,
        "content": content,
        "links": _FROM_RECEIPT,
    }


# What of a batch is no CloudEvent is refused for itself, and its neighbours are taken all the same.
_SUBMITTED_TOGETHER: Schema = {
    "type": "array",
    "items": {},
    "minItems": 1,
    "maxItems": Limits.model_fields["bulk_events"].default,
    "description": "CloudEvent 的数组,逐条裁定 / CloudEvents, each judged and answered for itself",
}
_SUBMITTED_BY_LINE: Schema = {
    "description": "每行一个 CloudEvent,逐行裁定 / One CloudEvent a line, each judged for itself"
}
_MALFORMED = ("not_canonical", "not_a_cloudevent", "unknown_event_type", "data_invalid", "batch_empty", "not_a_batch")
SUBMIT = operation(
    "submit_events",
    "提交事件",
    "Submit events",
    tag="events",
    answer=(JSON, {"oneOf": [ref("Receipt"), ref("BatchAnswer")]}, {**_RECORDED, "outcome": "duplicate"}),
    problems=(
        *_MALFORMED,
        "parameters_wrong",
        *SPOKEN,
        "source_not_yours",
        "not_competent",
        "outside_jurisdiction",
        "place_needed",
        "hold_of_another",
        "not_own_inspection",
        "publication_differs",
        "nothing_to_publish",
        "identity_reused",
        "envelope_wrong",
        "audience_missing",
        "wrong_audience",
        "signature_required",
        "signature_invalid",
        "signer_not_concerned",
        "key_unknown",
        "key_revoked",
        "key_not_yet_valid",
        "key_no_longer_valid",
        "batch_refused",
        "event_too_large",
        "body_too_large",
        "batch_too_long",
        "media_type_unsupported",
        "ledger_unavailable",
        "ledger_busy",
        "json_too_deep",
        "events_too_fast",
        "bodies_full",
        "body_too_slow",
        "request_envelope_wrong",
        "disclosure_wrong",
        "disclosure_mismatch",
        "disclosures_too_many",
        "personal_field_unknown",
        "personal_field_too_long",
        "vault_unavailable",
    ),
    responses={
        201: _receipt("已记录", "recorded", _RECORDED),
        202: _receipt(
            "已暂存,待较早事实到来",
            "held until an earlier fact arrives",
            {**_RECORDED, "outcome": "held", "decision": "held"},
        ),
    },
    extra={
        "security": [{"bearer": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {"schema": ref("CloudEvent"), "example": EXAMPLE_EVENT},
                JSON: {"schema": {"anyOf": [ref("CloudEvent"), ref("Envelope")]}, "example": EXAMPLE_EVENT},
                BATCH: {"schema": _SUBMITTED_TOGETHER, "example": [EXAMPLE_EVENT]},
                NDJSON: {"schema": _SUBMITTED_BY_LINE, "example": _LINE},
                MEDIA_TYPE_DSSE: {"schema": ref("Envelope")},
            },
        },
    },
    more=(
        "单条事件:201 已记录、200 重复、202 暂存,否则为问题文档。批(JSON 数组)与 NDJSON(至多 5,000 行、8 MiB):"
        "200,逐条给出结果;`atomic=true` 时全部记录,或以 409 全部不记录。同一 (source, id) 重复提交永远安全。"
        '任一事件都可以换成签名信封(DSSE),或附带个人字段:`{"event":…,"disclosures":[…]}`。'
        "\n\nOne event: 201 recorded, 200 duplicate, 202 held, else a problem. A batch (JSON array) or NDJSON (up to "
        "5,000 lines, 8 MiB): 200 with an outcome for each event, NDJSON as it is recorded and with a summary line at "
        "the end; with `atomic=true` all are recorded, or none and the answer is 409. Submitting the same "
        "(source, id) again is safe for ever. Each event may be a signed envelope (DSSE) instead, or bring personal "
        'fields along: `{"event":…,"disclosures":[…]}`.'
    ),
)
SUBMIT["responses"][200]["content"] |= {
    NDJSON: {"schema": ref("LineAnswer"), "example": {"line": 1, **_RECORDED}},
}
SUBMIT["responses"][200]["content"][JSON]["examples"] = {
    "duplicate": {"value": SUBMIT["responses"][200]["content"][JSON].pop("example")},
    "batch": {"value": {"outcomes": [{"index": 0, **_RECORDED}], "summary": _SUMMARY}},
}
EVENTS = operation(
    "list_events",
    "按位置列出事件",
    "Recorded events by position",
    tag="events",
    answer=(NDJSON, ref("RecordedEvent"), _EVENT_LINE),
    problems=("parameters_wrong", "view_missing", "ledger_unavailable", *ENTITLED),
    parameters=[READ_REASON],
)
_SENT = fields(
    "id data",
    {
        "id": text("位置 / The position", pattern="^[1-9][0-9]*$"),
        "event": {"const": "message"},
        "data": {**text(), "contentMediaType": JSON, "contentSchema": ref("RecordedEvent")},
    },
    "流中的每条消息 / Each message of the stream",
)
STREAM = operation(
    "stream_events",
    "事件流(SSE,可续传)",
    "Events as they are recorded (server-sent events)",
    tag="events",
    answer=(EVENT_STREAM, _SENT, {"id": "18", "event": "message", "data": orjson.dumps(_EVENT_LINE).decode()}),
    problems=("parameters_wrong", "too_many_streams", "streams_too_many", "ledger_unavailable", *ENTITLED),
    parameters=[
        READ_REASON,
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "schema": text(pattern="^[0-9]{1,16}$"),
            "description": "从此位置之后续传 / Resume after this position",
            "example": "17",
        },
    ],
)
EVENT = operation(
    "get_event",
    "一条事件",
    "One recorded event",
    tag="events",
    answer=(JSON, ref("RecordedEvent"), _EVENT_LINE),
    responses=NOT_MODIFIED,
    parameters=[IF_NONE_MATCH, READ_REASON],
    problems=("position_unknown", "parameters_wrong", "ledger_unavailable", *ENTITLED),
)
EVENT_PATH = operation(
    "get_event_path",
    "一条事实走过的路",
    "The path that one fact took",
    tag="events",
    answer=(
        JSON,
        ref("EventPath"),
        {
            "position": 18,
            "stream": _RECEIPT["stream"],
            "version": 3,
            "type": "certificate.withdrawn",
            "trace_id": _TRACE,
            "traceparent": f"00-{_TRACE}-b7ad6b7169203331-01",
            "steps": [
                {"step": "received", "zh": "收到", "en": "received", "at": "2031-03-05T01:30:02.110034Z"},
                {"step": "recorded", "zh": "裁定并记录", "en": "decided and recorded", "at": _RECEIPT["recorded"]},
            ],
            "waiting": ["search"],
        },
    ),
    problems=("position_unknown", "parameters_wrong", "ledger_unavailable", *ENTITLED),
    parameters=[READ_REASON],
)
_OK = {"status": "ok", "checks": []}
LIVEZ = operation("livez", "进程存活", "The process is alive", tag="operation", answer=(JSON, ref("Health"), _OK))
READYZ = operation(
    "readyz",
    "是否就绪",
    "Whether requests can be served",
    tag="operation",
    answer=(JSON, ref("Health"), _OK),
)
_UNREADY = {
    "status": "unready",
    "checks": [
        {"check": "database", "status": "unready", "zh": "数据库无法连接", "en": "the database cannot be reached"}
    ],
}
READYZ["responses"][503]["description"] = "未就绪 / Not ready"
READYZ["responses"][503]["content"][JSON] = {"schema": ref("Health"), "example": _UNREADY}
METRICS = operation(
    "metrics",
    "Prometheus 指标",
    "Metrics for Prometheus",
    tag="operation",
    answer=(TEXT, text(), "certledger_ledger_position 18.0\n"),
)
