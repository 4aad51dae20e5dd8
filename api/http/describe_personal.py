"""What OpenAPI says about personal fields: how they are submitted beside an event, and how the entitled read them."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import ENTITLED, READ_REASON, operation
from api.http.schemas import Schema, fields, listed, text, whole

_FIELD: Schema = {
    "type": "object",
    "required": ["digest", "state"],
    "properties": {
        "digest": text(),
        "state": {"type": "string", "enum": ["disclosed", "erased", "withheld"]},
        "path": text("字段路径,如 contact/name / The field's path"),
        "value": text(),
        "disclosure": text("RFC 9901 披露原文 / The disclosure itself"),
    },
}
_EXAMPLE: dict[str, Any] = {
    "position": 18,
    "fields": [{"digest": "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY", "state": "erased"}],
}
DISCLOSURES = operation(
    "get_disclosures",
    "事件的个人字段",
    "The personal fields of an event",
    tag="events",
    answer=(JSON, fields("position fields", {"position": whole(minimum=1), "fields": listed(_FIELD)}), _EXAMPLE),
    parameters=[READ_REASON],
    problems=(
        "position_unknown",
        "parameters_wrong",
        "personal_fields_not_yours",
        "vault_unavailable",
        "ledger_unavailable",
        *ENTITLED,
    ),
    extra={"security": [{"bearer": []}]},
    more=(
        "事件只含个人字段的摘要;其内容存于保管库,只向陈述者、国家主管部门与审计身份提供,查阅须登记。"
        '提交时以 `{"event":…,"disclosures":[…]}` 随事件一并提交。'
        "\n\nAn event holds digests of personal fields. What they say is kept in a vault and shown to the author, the "
        "national authority and auditors; the reading is noted. It is submitted beside the event, as "
        '`{"event":…,"disclosures":[…]}`.'
    ),
)
