"""What OpenAPI says about the catalogues: event types and their schemas, topics, and what each code means."""

from typing import Any

from api.http.answers import HTML, JSON
from api.http.describe import IF_NONE_MATCH, NOT_MODIFIED, operation
from api.http.schemas import ref, text
from ledger.refusals import message
from ledger.schemas import DIALECT, MEDIA_TYPE

EVENT_TYPES = operation(
    "list_event_types",
    "事件目录",
    "Catalogue of event types",
    tag="catalogue",
    answer=(
        JSON,
        ref("EventTypes"),
        {
            "event_types": [
                {
                    "type": "certificate.restored",
                    "family": "certificate",
                    "zh": "恢复证书",
                    "en": "Certificate restored",
                    "rule": "domain T6",
                    "subject": "certificate:…",
                    "version": 1,
                    "schema": "/v1/schemas/events/certificate.restored/1.json",
                    "data": {"type": "object"},
                    "actors": [{"kind": "body", "zh": "认证机构", "en": "certification body"}],
                }
            ]
        },
    ),
)
_CODE = {
    "code": "token_missing",
    "status": 401,
    "rule": message("token_missing").source,
    **{
        key: {"title": message("token_missing").title[key], "action": message("token_missing").action[key]}
        for key in ("zh", "en")
    },
}
REFUSALS = operation(
    "list_refusals",
    "全部拒绝代码",
    "Every code with which a request may be refused",
    tag="catalogue",
    answer=(JSON, ref("RefusalCodes"), {"refusals": [_CODE]}),
)
REFUSAL = operation(
    "get_refusal",
    "一个拒绝代码",
    "What one code means",
    tag="catalogue",
    answer=(JSON, ref("RefusalCode"), _CODE),
    problems=("code_unknown", "parameters_wrong"),
)
REFUSAL["responses"][200]["content"][HTML] = {"schema": text(), "example": "<!doctype html>"}
_ADDRESS = "/v1/schemas/events/certificate.withdrawn/1.json"
SCHEMAS = operation(
    "list_schemas",
    "事件形式的全部版本",
    "Every released version of every event's form",
    tag="catalogue",
    answer=(
        JSON,
        ref("Schemas"),
        {"schemas": [{"type": "certificate.withdrawn", "version": 1, "current": True, "schema": _ADDRESS}]},
    ),
)
_EXAMPLE: dict[str, Any] = {
    "$schema": DIALECT,
    "$id": _ADDRESS,
    "type": "object",
    "properties": {"type": {"const": "certificate.withdrawn"}},
}
SCHEMA = operation(
    "get_schema",
    "一个版本的 JSON Schema(永不改变)",
    "The JSON Schema of one version; it never changes",
    tag="catalogue",
    answer=(MEDIA_TYPE, {"type": "object"}, _EXAMPLE),
    responses=NOT_MODIFIED,
    parameters=[IF_NONE_MATCH],
    problems=("schema_unknown", "parameters_wrong"),
)
ASYNCAPI = operation(
    "get_asyncapi",
    "Kafka 主题的 AsyncAPI 3 描述",
    "The AsyncAPI 3 description of the Kafka topics",
    tag="catalogue",
    answer=(JSON, {"type": "object"}, {"asyncapi": "3.0.0", "channels": {}}),
)
