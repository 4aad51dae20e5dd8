"""What OpenAPI says about reading with a token: the reason, what may go wrong, and the record of readings."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, ENTITLED, operation
from api.http.schemas import INSTANT, fields, listed, nullable, text, whole

_LABEL = fields("code zh en", {"code": text(), "zh": text(), "en": text()})
_READ = fields(
    "number at account party role reason operation access stream",
    {
        "number": whole(minimum=1),
        "at": INSTANT,
        "account": nullable(text("只告知监督者与查阅方 / Told to those who oversee and to the reader's party")),
        "party": text(),
        "role": text(),
        "reason": _LABEL,
        "operation": text(),
        "access": fields("code zh en rule", {"code": text(), "zh": text(), "en": text(), "rule": text()}),
        "stream": text(),
    },
)
_EXAMPLE: dict[str, Any] = {
    "number": 7,
    "at": "2031-03-05T01:30:02.114201Z",
    "account": None,
    "party": "SAMR-440604",
    "role": "local_authority",
    "reason": {"code": "inspection", "zh": "监督检查", "en": "Inspection"},
    "operation": "get_trail",
    "access": {"code": "inspection", "zh": "…", "en": "…", "rule": "S0-29"},
    "stream": "inspection:8d8ac610-566d-4ef0-9c22-186b2a5ed793",
}
READS = operation(
    "list_reads",
    "非公开信息的查阅记录",
    "Who read what was not public",
    tag="operation",
    answer=(
        JSON,
        fields("reads next", {"reads": listed(_READ), "next": nullable(whole())}),
        {"reads": [_EXAMPLE], "next": None},
    ),
    problems=("parameters_wrong", "ledger_unavailable", *ENTITLED),
    extra={"security": [{"bearer": []}]},
    more=(
        f"审计与运行身份可见全部;主体(如 {BODY_NUMBER})可见自己的查阅,以及他人对涉及自己的记录的查阅。"
        "\n\nAuditors and operators see all; a party sees its own readings, and those of what is about it."
    ),
)
