"""The AsyncAPI 3 description of the topics: made from the released schemas, so that it says what is really sent.

One row of :data:`CHANNELS` is one topic; a topic without a row is no topic of ours.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from api import __version__
from api.http.schemas import COMPONENTS
from infra.services.topics import CONFIGURATION, EVENTS, RECEIPTS, SUBMISSIONS, TOPICS
from ledger.families import EVENT_TYPES
from ledger.schemas import released

Schema = dict[str, Any]
_JSON = "application/json"
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


def _text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _headers(prefix: str, more: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    position = {"pattern": "^[0-9]+$"}
    properties = {
        "content-type": {"const": _JSON},
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
_RECORD: Schema = {
    "type": "object",
    "properties": {
        "decision": {"enum": ["applied", "held"]},
        "recorded": _text(format="date-time"),
        "schema": {"type": "integer", "minimum": 1, "description": "事件形式的版本 / Version of the event's form"},
        "stream": _text(),
        "submitter": _text(),
        "version": {"type": "integer", "minimum": 1, "description": "流内序号 / Number in its stream"},
        "releases": {"type": "array", "items": {"type": "integer"}},
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
    for name, event_type in EVENT_TYPES.items():
        headers = {"type": "object", "properties": {"traceparent": _text("W3C Trace Context")}}
        payload = {"$ref": f"#/components/schemas/{name}.v{event_type.version}"}
        yield f"submit.{name}", {**_about_type(name), "headers": headers, "payload": payload}


def _receipts() -> Iterator[tuple[str, Schema]]:
    told = (("receipt", "回执", "Receipt", _RECEIPT), ("refusal", "拒绝", "Refusal", _REFUSAL))
    for name, zh, en, payload in told:
        yield name, {"title": f"{zh} · {en}", "headers": _RECEIPT_HEADERS, "payload": payload}


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
        "receipts",
        RECEIPTS,
        "send",
        "每份提交的回执或拒绝",
        "One receipt or refusal for each submission",
        "source/id",
        _receipts,
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
    return {"topic": name, "partitions": TOPICS[name], "topicConfiguration": configuration, "bindingVersion": "0.5.0"}


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
