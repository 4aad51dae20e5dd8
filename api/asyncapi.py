"""The AsyncAPI 3 description of the topics: made from the released schemas, so that it says what is really sent.

One row of :data:`CHANNELS` is one topic; a topic without a row is no topic of ours.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from api.http.schemas import COMPONENTS
from api.http.schemas_keys import COMPONENTS as OF_KEYS
from api.version import __version__
from infra.services.topics import CONFIGURATION, DEAD_LETTERS, EVENTS, RECEIPTS, SUBMISSIONS, TOPICS
from ledger.evidence.disclosures import MAXIMUM_DIGESTS
from ledger.families import EVENT_TYPES
from ledger.schemas import released

Schema = dict[str, Any]
_JSON, _OCTETS = "application/json", "application/octet-stream"
_WHOLE = "^[0-9]+$"
_ABOUT = (
    "认证状态账本的 Kafka 主题。事件按流(键)有序,至少送达一次,永久保留;按头部 ledger_position 去重。"
    "\n\nThe Kafka topics of the certification status ledger. Events are in order for each stream (the key), are "
    "delivered at least once and kept for ever; recognise repetitions by the header ledger_position."
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic: what it carries and in which direction, as the ledger sees it (``send`` or ``receive``)."""

    name: str
    topic: str
    action: str
    zh: str
    en: str
    key: str
    messages: Callable[[], Iterator[tuple[str, Schema]]]
    reply: str | None = None
    parameter: tuple[str, str] | None = None


def _text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _headers(
    prefix: str, more: Mapping[str, Schema], required: tuple[str, ...] = (), *, content: str = _JSON
) -> Schema:
    position = {"pattern": _WHOLE}
    properties = {
        "content-type": {"const": content},
        f"{prefix}_position": _text("位置,从 1 起连续 / Position, from 1 without a gap", **position),
        f"{prefix}_previous": _text("本分区上一条的位置 / Position before it in this partition", **position),
        "traceparent": _text("W3C Trace Context"),
        **more,
    }
    needed = ["content-type", f"{prefix}_position", f"{prefix}_previous", *required]
    return {"type": "object", "properties": properties, "required": needed}


_ATTRIBUTES = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
_EVENT_HEADERS = _headers(
    "ledger",
    {
        **{name: _text("CloudEvents 1.0, Kafka protocol binding 3.2") for name in _ATTRIBUTES},
        "ledger_recorded": _text("记录时刻 / When it was recorded", format="date-time"),
    },
    (*_ATTRIBUTES, "ledger_recorded"),
)
_RECEIPT_HEADERS = _headers("receipt", {"outcome": {"enum": ["recorded", "refused"]}}, ("outcome",))
_LETTER = {
    "reason": _text("代码,见 /v1/refusals / The code, see /v1/refusals"),
    "reason_zh": _text(),
    "reason_en": _text(),
    "origin_topic": _text("原主题 / The topic that it came by"),
    "origin_partition": _text(pattern=_WHOLE),
    "origin_offset": _text(pattern=_WHOLE),
    "origin_size": _text("原记录的字节数 / Bytes of the whole record", pattern=_WHOLE),
    "origin_sha256": _text("原记录的 SHA-256 / SHA-256 of the whole record", pattern="^[0-9a-f]{64}$"),
}
_LETTER_HEADERS = _headers("dead_letter", _LETTER, tuple(_LETTER), content=_OCTETS)
_RECORD: Schema = {
    "type": "object",
    "properties": {
        "decision": {"enum": ["applied", "held"]},
        "recorded": _text(format="date-time"),
        "schema": {"type": "integer", "minimum": 1, "description": "事件形式的版本 / Version of the event's form"},
        "sm3": _text("所述事件字节的 SM3 / SM3 of the event's own bytes (GB/T 32905)", pattern="^[0-9a-f]{64}$"),
        "stream": _text(),
        "submitter": _text(),
        "version": {"type": "integer", "minimum": 1, "description": "流内序号 / Number in its stream"},
        "releases": {"type": "array", "items": {"type": "integer"}},
        "signed_by": {
            "type": "array",
            "items": _text(),
            "description": "有效签名的所有者 / Owners of the valid signatures",
        },
        "waits": _text("等待的前因 / What a held fact waits for"),
        "rules": _text(),
    },
    "required": ["decision", "recorded", "schema", "stream", "submitter", "version"],
}
# What other schemas refer to by name.
_PARTS: dict[str, Schema] = {"record": _RECORD, "WaitsFor": COMPONENTS["WaitsFor"]}
_TEXTS: Schema = {
    "type": "object",
    "properties": {"title": _text(), "action": _text()},
    "required": ["title", "action"],
}
_NAMED = {"source": _text(), "id": _text(), "digest": _text("提交内容的 SHA-256", pattern="^[0-9a-f]{64}$")}
_RECEIPT: Schema = {
    "type": "object",
    "properties": {**COMPONENTS["Receipt"]["properties"], **_NAMED, "outcome": {"const": "recorded"}},
    "required": [*COMPONENTS["Receipt"]["required"], "digest"],
}
_REFUSAL: Schema = {
    "type": "object",
    "properties": {
        **_NAMED,
        "outcome": {"const": "refused"},
        "code": _text("见 /v1/refusals / See /v1/refusals"),
        "pointer": _text("JSON Pointer (RFC 6901)"),
        "rule": _text(),
        "params": {"type": "object", "additionalProperties": {"type": "string"}},
        "zh": _TEXTS,
        "en": _TEXTS,
        "problems": {"type": "array", "items": {"type": "object", "required": ["pointer", "code", "zh", "en"]}},
    },
    "required": ["outcome", "source", "id", "digest", "code", "rule", "zh", "en", "problems"],
}


_DISCLOSING: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "event": {"type": "object", "description": "事件,或其签名信封 / The event, or the signed envelope of one"},
        "disclosures": {"type": "array", "items": _text("RFC 9901 4.2"), "maxItems": MAXIMUM_DIGESTS},
        "persons": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["event", "disclosures"],
}


def _recorded_events() -> Iterator[tuple[str, Schema]]:
    for name, version in released():
        payload = {
            "type": "object",
            "properties": {
                "event": {"$ref": f"#/components/schemas/{name}.v{version}"},
                "record": {"$ref": "#/components/schemas/record"},
                "signatures": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["event", "record", "signatures"],
        }
        yield f"{name}.v{version}", {**_about_type(name), "headers": _EVENT_HEADERS, "payload": payload}


def _submissions() -> Iterator[tuple[str, Schema]]:
    """Structured mode; in binary mode the attributes are the ``ce_`` headers and the value is the event's data."""
    headers = {"type": "object", "properties": {"traceparent": _text("W3C Trace Context")}}
    for name, event_type in EVENT_TYPES.items():
        payload = {"$ref": f"#/components/schemas/{name}.v{event_type.version}"}
        yield f"submit.{name}", {**_about_type(name), "headers": headers, "payload": payload}
    signed = {"title": "签名信封 · Signed envelope (DSSE)", "summary": "an event in its envelope", "headers": headers}
    yield "submit.signed", {**signed, "payload": OF_KEYS["Envelope"]}
    disclosing = {"title": "附个人字段的陈述 · Statement with personal fields", "summary": "an event and disclosures"}
    yield "submit.disclosing", {**disclosing, "headers": headers, "payload": _DISCLOSING}


def _dead_letters() -> Iterator[tuple[str, Schema]]:
    payload = {
        **_text("原样的前若干字节 / The first bytes of the record, as they stood there"),
        "contentEncoding": "binary",
    }
    told = {"title": "死信 · Dead letter", "headers": _LETTER_HEADERS, "payload": payload}
    yield "dead_letter", {**told, "contentType": _OCTETS}


def _receipts() -> Iterator[tuple[str, Schema]]:
    told = (("receipt", "回执", "Receipt", _RECEIPT), ("refusal", "拒绝", "Refusal", _REFUSAL))
    for name, zh, en, payload in told:
        yield name, {"title": f"{zh} · {en}", "headers": _RECEIPT_HEADERS, "payload": payload}


_PARTY = ("party", "主体标识,冒号写作点 / The party's name, with a dot for a colon")
CHANNELS = (
    Channel(
        "events", EVENTS, "send", "已记录的每一条事件", "Every recorded event", "流 / the stream", _recorded_events
    ),
    Channel(
        "submissions",
        SUBMISSIONS,
        "receive",
        "供账本裁定的陈述(CloudEvents 1.0,结构化;或二进制:属性为 ce_ 头部,值为 data)",
        "Statements to decide on (CloudEvents 1.0, structured; or binary: attributes as ce_ headers, data as value)",
        "任意,账本不看 / any; the ledger does not look at it",
        _submissions,
        "receipts",
    ),
    Channel(
        "party_submissions",
        f"{SUBMISSIONS}.{{party}}",
        "receive",
        "一个主体自己的提交主题,只有它可写,按提交顺序裁定",
        "The submissions of one party, which alone may write there; decided in their order",
        "任意,账本不看 / any; the ledger does not look at it",
        _submissions,
        "party_receipts",
        _PARTY,
    ),
    Channel(
        "dead_letters",
        DEAD_LETTERS,
        "send",
        "未能成为提交的记录,附原因与来处",
        "What never became a submission, with the reason and where it came from",
        "topic/partition/offset",
        _dead_letters,
    ),
    Channel(
        "receipts",
        RECEIPTS,
        "send",
        "每份提交的回执或拒绝",
        "One receipt or refusal for each submission",
        "source/id",
        _receipts,
    ),
    Channel(
        "party_receipts",
        f"{RECEIPTS}.{{party}}",
        "send",
        "一个主体自己的提交的回执或拒绝,只有它可读;与总主题的内容相同",
        "The receipts and refusals of one party, which alone may read there; the same as on the shared topic",
        "source/id",
        _receipts,
        parameter=_PARTY,
    ),
)


@lru_cache(maxsize=1)
def document() -> Schema:
    """Return the whole document (AsyncAPI 3.0.0) as plain JSON."""
    messages: dict[str, Schema] = {}
    channels, operations = {}, {}
    for channel in CHANNELS:
        carried = dict(channel.messages())
        key = {"type": "string", "description": channel.key}
        for name, message in carried.items():
            messages[name] = {
                "name": name,
                "contentType": _JSON,
                **message,
                "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
            }
        channels[channel.name] = {
            "address": channel.topic,
            "title": f"{channel.zh} · {channel.en}",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in carried},
            "bindings": {"kafka": _topic(channel.topic)},
        }
        if channel.parameter:
            name, described = channel.parameter
            channels[channel.name]["parameters"] = {name: {"description": described}}
        operations[f"{channel.action}_{channel.name}"] = _operation(channel)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "认证状态账本 · Certification Status Ledger",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _JSON,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {**_PARTS, **_embedded()}},
    }


def _operation(channel: Channel) -> Schema:
    found: Schema = {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": f"{channel.zh} · {channel.en}",
    }
    if channel.reply:
        found["reply"] = {"channel": {"$ref": f"#/channels/{channel.reply}"}}
    return found


def _topic(name: str) -> Schema:
    configuration = {
        "cleanup.policy": [CONFIGURATION["cleanup.policy"]],
        "retention.ms": int(CONFIGURATION["retention.ms"]),
        "max.message.bytes": int(CONFIGURATION["max.message.bytes"]),
    }
    found: Schema = {"topicConfiguration": configuration, "bindingVersion": "0.5.0"}
    # What has a parameter is as many topics as there are parties, each of one partition.
    return {**found, "partitions": 1} if "{" in name else {**found, "topic": name, "partitions": TOPICS[name]}


def _embedded() -> dict[str, Schema]:
    """Return the released schemas as components: their references point into this document."""
    found = {}
    for (name, version), raw in released().items():
        component = f"{name}.v{version}"
        schema = orjson.loads(raw.replace(b'"#/$defs/', b'"#/components/schemas/%b/$defs/' % component.encode()))
        found[component] = {key: value for key, value in schema.items() if key not in {"$schema", "$id"}}
    return found


def _about_type(name: str) -> Schema:
    event_type = EVENT_TYPES[name]
    return {"title": f"{event_type.zh} · {event_type.en}", "summary": name}
