"""The JSON Schemas (2020-12) of what the interface answers with, named as OpenAPI components."""

from typing import Any

from ledger.envelope import MAXIMUM_SEQUENCE

Schema = dict[str, Any]


def text(description: str = "", **more: Any) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def whole(description: str = "", **more: Any) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", **({"description": description} if description else {}), **more}


def listed(items: Schema, description: str = "") -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def fields(required: str, properties: dict[str, Schema], description: str = "") -> Schema:
    """Return the schema of an object; ``required`` names its certain members, separated by spaces."""
    found: Schema = {"type": "object", "properties": properties, "required": required.split()}
    return {**found, "description": description} if description else found


def ref(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """Return a schema that also admits null."""
    return {"anyOf": [schema, {"type": "null"}]}


DAY = text("中国日期 / Day in China", format="date")
INSTANT = text("RFC 3339 时刻 / Instant", format="date-time")
LABEL = {"zh": text(), "en": text()}
POSITION = whole("账本位置 / Position in the ledger", minimum=1)
FREE: Schema = {"type": "object"}

COMPONENTS: dict[str, Schema] = {
    "Problem": fields(
        "type title status detail code rule zh en",
        {
            "type": text("代码的地址 / Where the code is explained", format="uri-reference"),
            "title": text("按 Accept-Language 的标题 / Title in the language asked for"),
            "status": whole(minimum=400, maximum=599),
            "detail": text("应如何处理 / What to do"),
            "instance": text("请求路径 / Path of the request", format="uri-reference"),
            "code": text("稳定代码 / Stable code"),
            "rule": text("依据 / The rule's source"),
            "pointer": text("JSON Pointer (RFC 6901)"),
            "params": {"type": "object", "additionalProperties": {"type": "string"}},
            "zh": ref("Texts"),
            "en": ref("Texts"),
            "errors": listed(ref("Fault")),
            "trace_id": text("追踪编号 / Trace identifier"),
        },
        "RFC 9457",
    ),
    "Texts": fields("title action", {"title": text(), "action": text()}),
    "Fault": fields("pointer code zh en detail", {"pointer": text(), "code": text(), **LABEL, "detail": text()}),
    "CloudEvent": fields(
        "data id source specversion subject time type",
        {
            "data": {"type": "object", "description": "见 /v1/event-types / See /v1/event-types"},
            "id": text("来源内永久唯一 / Unique for its source, for ever", minLength=1, maxLength=200),
            "source": text("提交方 / The party that says it", minLength=1, maxLength=200),
            "specversion": {"const": "1.0"},
            "subject": text("对象 / What it is about", minLength=1, maxLength=200),
            "time": text("YYYY-MM-DDTHH:MM:SS.ffffffZ", format="date-time"),
            "type": text("事件类型 / Event type"),
            "datacontenttype": {"const": "application/json"},
            "ledger": text("对哪个账本所说,签名时必填 / For which ledger it is said; required where it is signed"),
            "issuersequence": whole(
                "提交方自己的连续编号 / The source's own count of its statements", minimum=1, maximum=MAXIMUM_SEQUENCE
            ),
            "issuerprevious": text("上一条的 SHA-256 / SHA-256 of the one before", pattern="^[0-9a-f]{64}$"),
        },
        "CloudEvents 1.0",
    ),
    "Receipt": fields(
        "outcome source id stream version position recorded decision duplicate releases signed_by",
        {
            "outcome": {"enum": ["recorded", "held", "duplicate"]},
            "source": text(),
            "id": text(),
            "stream": text(),
            "version": whole(minimum=1),
            "position": POSITION,
            "recorded": INSTANT,
            "decision": {"enum": ["applied", "held"]},
            "duplicate": {"type": "boolean"},
            "releases": listed(whole(), "因此生效的此前暂存事实 / Held facts that this one released"),
            "signed_by": listed(
                text(), "有效签名的所有者,未签名为空 / Owners of the valid signatures; empty: unsigned"
            ),
            "waits": ref("WaitsFor"),
        },
    ),
    "WaitsFor": fields(
        "code zh en rule",
        {"code": text(), **LABEL, "rule": text()},
        "暂存事实所等待的前因 / What a held fact waits for",
    ),
    "Refused": fields(
        "outcome source id problem",
        {"outcome": {"const": "refused"}, "source": text(), "id": text(), "problem": ref("Problem")},
    ),
    "Summary": fields(
        "recorded held duplicate refused position",
        {
            "lines": whole(),
            "recorded": whole(),
            "held": whole(),
            "duplicate": whole(),
            "refused": whole(),
            "position": whole("本批最高位置 / Highest position of the batch"),
        },
    ),
    "BatchAnswer": fields(
        "outcomes summary",
        {
            "outcomes": listed(
                {"allOf": [fields("index", {"index": whole()}), {"oneOf": [ref("Receipt"), ref("Refused")]}]}
            ),
            "summary": ref("Summary"),
        },
    ),
    "LineAnswer": {
        "oneOf": [
            {"allOf": [fields("line", {"line": whole()}), {"oneOf": [ref("Receipt"), ref("Refused")]}]},
            fields("summary", {"summary": ref("Summary")}),
        ]
    },
    "RecordedEvent": fields(
        "position event",
        {
            "position": POSITION,
            "event": fields(
                "event record signatures",
                {
                    "event": ref("CloudEvent"),
                    "record": FREE,
                    "signatures": listed(FREE),
                },
                "规范字节原样嵌入 / The canonical bytes, verbatim",
            ),
        },
    ),
    "EventPath": fields(
        "position stream version type steps waiting",
        {
            "position": POSITION,
            "stream": text(),
            "version": whole(),
            "type": text(),
            "trace_id": nullable(text()),
            "traceparent": nullable(text()),
            "steps": listed(fields("step zh en at", {"step": text(), **LABEL, "at": nullable(INSTANT)})),
            "waiting": listed(text(), "尚未看到此事件的视图 / Views that have not seen it yet"),
        },
    ),
    "EventTypes": fields(
        "event_types",
        {
            "event_types": listed(
                fields(
                    "type family zh en rule subject version schema actors data",
                    {
                        "type": text(),
                        "family": text(),
                        **LABEL,
                        "rule": text(),
                        "subject": text("对象写法 / Spelling of the subject"),
                        "version": whole("当前版本 / Current version of its form", minimum=1),
                        "schema": text("整条事件的形式 / JSON Schema of the whole event", format="uri-reference"),
                        "actors": listed(fields("kind zh en", {"kind": text(), **LABEL})),
                        "data": {"type": "object", "description": "JSON Schema 2020-12"},
                    },
                )
            )
        },
    ),
    "Schemas": fields(
        "schemas",
        {
            "schemas": listed(
                fields(
                    "type version current schema",
                    {
                        "type": text(),
                        "version": whole(minimum=1),
                        "current": {"type": "boolean", "description": "新事件用此版本 / New events have this one"},
                        "schema": text(format="uri-reference"),
                    },
                )
            )
        },
    ),
    "RefusalCode": fields(
        "code status rule zh en",
        {"code": text(), "status": whole(), "rule": text(), "zh": ref("Texts"), "en": ref("Texts")},
    ),
    "RefusalCodes": fields("refusals", {"refusals": listed(ref("RefusalCode"))}),
    "Health": fields(
        "status",
        {
            "status": {"enum": ["ok", "degraded", "unready"]},
            "checks": listed(
                fields("check status zh en", {"check": text(), "status": text(), **LABEL, "detail": text()})
            ),
        },
    ),
    "Certificate": fields(
        "body number as_of known_at status validity flags reason holder scope details held rests_on",
        {
            "body": text(),
            "number": text(),
            "as_of": DAY,
            "known_at": nullable(INSTANT),
            "status": fields("value code zh en", {"value": text(), "code": text("01–05"), **LABEL}),
            "validity": fields("value zh en", {"value": {"enum": ["valid", "invalid"]}, **LABEL}),
            "flags": listed(fields("code zh en", {"code": text(), **LABEL})),
            **dict.fromkeys(
                (
                    "since",
                    "issued",
                    "first_issued",
                    "expires",
                    "suspended_from",
                    "suspended_until",
                    "last_surveillance",
                    "effective_from",
                    "effective_until",
                    "pending_from",
                ),
                nullable(DAY),
            ),
            "ended_by": nullable(text()),
            "linked_to": nullable(text()),
            "reason": nullable(
                fields(
                    "table code zh en rule",
                    {"table": text(), "code": text(), **dict.fromkeys(("zh", "en", "rule"), nullable(text()))},
                )
            ),
            "holder": nullable(FREE),
            "scope": fields("zh en", dict.fromkeys(("zh", "en"), nullable(text()))),
            "details": FREE,
            "holds": listed(text()),
            "appeals": listed(text()),
            "orders": listed(
                fields("document_number demands due", {"document_number": text(), "demands": text(), "due": DAY})
            ),
            "held": listed(ref("HeldFact"), "等待较早事实的记录 / Facts that wait for an earlier one"),
            "by_calendar": {"type": "boolean", "description": "此期间仅由日历而来 / The calendar alone began it"},
            "rests_on": fields(
                "position version recorded",
                {
                    "position": nullable(POSITION),
                    "version": nullable(whole()),
                    "recorded": nullable(INSTANT),
                },
            ),
        },
    ),
    "HeldFact": fields(
        "version type effective zh en",
        {"version": whole(), "type": text(), "effective": DAY, **LABEL, "waits": nullable(ref("WaitsFor"))},
    ),
    "Timeline": fields(
        "body number known_at periods facts",
        {
            "body": text(),
            "number": text(),
            "known_at": nullable(INSTANT),
            "periods": listed(ref("Certificate")),
            "facts": listed(
                fields(
                    "position version type zh en effective recorded source id decision releases signed_by data",
                    {
                        "position": POSITION,
                        "version": whole(),
                        "type": text(),
                        **LABEL,
                        "effective": nullable(DAY),
                        "recorded": INSTANT,
                        "source": text(),
                        "id": text(),
                        "decision": {"enum": ["applied", "held"]},
                        "releases": listed(whole()),
                        "signed_by": listed(text()),
                        "data": FREE,
                        "waits": ref("WaitsFor"),
                    },
                )
            ),
        },
    ),
    "Trail": fields(
        "subject position events next",
        {
            "subject": text(),
            "position": whole(),
            "events": listed(
                fields(
                    "position stream version type zh en source id effective recorded decision waits late_days"
                    " corrected_by signed_by event record",
                    {
                        "position": POSITION,
                        "stream": text(),
                        "version": whole(),
                        "type": text(),
                        **LABEL,
                        "source": text(),
                        "id": text(),
                        "effective": nullable(DAY),
                        "recorded": INSTANT,
                        "decision": {"enum": ["applied", "held"]},
                        "waits": nullable(ref("WaitsFor")),
                        "late_days": nullable(whole("记录晚于生效的天数 / Days between effect and record")),
                        "corrected_by": nullable(whole("更正它的事件 / Position of the event that corrects it")),
                        "signed_by": listed(text()),
                        "event": ref("CloudEvent"),
                        "record": FREE,
                    },
                )
            ),
            "next": nullable(text("下一页游标 / Cursor of the next page")),
        },
    ),
    "Page": fields(
        "subject as_of position standing held counts certificates next",
        {
            "subject": text(),
            "as_of": DAY,
            "position": whole(),
            "standing": nullable(FREE),
            "held": listed(ref("HeldFact")),
            "counts": listed(
                fields("value code zh en count", {"value": text(), "code": text(), **LABEL, "count": whole()})
            ),
            "certificates": listed(ref("Certificate")),
            "next": nullable(text("下一页游标 / Cursor of the next page")),
        },
    ),
    "Found": fields(
        "q position certificates next",
        {
            "q": text(),
            "position": whole(),
            "certificates": listed(
                fields("body number title", {"body": text(), "number": text(), "title": nullable(text())})
            ),
            "next": nullable(text()),
        },
    ),
}
