"""The JSON Schemas of tip-offs: what the public sends, what it is told, and what an authority sees and says."""

from typing import Any

from api.http.schemas import INSTANT, LABEL, Schema, fields, listed, nullable, text
from ledger.codes.tip_offs import reasons

RECEIPT = "^[A-Za-z0-9_-]{22}$"
CASE = "^case:[A-Z0-9-]{1,40}:[^ ]{1,60}$"
KEY = "^[A-Za-z0-9_-]{16,64}$"
STATES = ("received", "registered", "not_pursued")


def _bounded(most: int, description: str) -> Schema:
    return text(description, minLength=1, maxLength=most, pattern=r"\S")


_STATE: Schema = {"type": "string", "enum": list(STATES)}
_REASON = fields("code zh en", {"code": text(), **LABEL})
_ABOUT: dict[str, Any] = {
    "type": "object",
    "description": "所涉证书、组织或产品,至少一项 / The certificate, organisation or product; at least one",
    "properties": {
        "certificate": _bounded(60, "证书号 / Number of the certificate"),
        "body": _bounded(40, "认证机构批准号 / Approval number of the body"),
        "organisation": _bounded(200, "组织名称或统一社会信用代码 / Name or credit code of the organisation"),
        "product": _bounded(200, "产品 / The product"),
    },
    "required": [],
    "minProperties": 1,
    "additionalProperties": False,
}
COMPONENTS: dict[str, Schema] = {
    "TipOff": {
        "type": "object",
        "properties": {
            "about": _ABOUT,
            "region": text("行为地的行政区划代码 / Code of the region where it happens", pattern="^[0-9]{6}$"),
            "text": _bounded(2000, "所反映的情况 / What is told"),
            "contact": _bounded(200, "可选的联系方式 / Contact, if any"),
        },
        "required": ["about", "region", "text"],
        "additionalProperties": False,
    },
    "TipOffReceipt": fields("receipt received state", {"receipt": text(pattern=RECEIPT), "received": INSTANT,
                                                       "state": _STATE}),
    "TipOffStatus": fields("receipt received state reason", {"receipt": text(), "received": INSTANT, "state": _STATE,
                                                             "reason": nullable(_REASON)}),
    "TipOffList": fields(
        "region as_of rows more",
        {
            "region": text(),
            "as_of": text(format="date"),
            "rows": listed(
                fields(
                    "receipt region received state lead reason disposed_by disposed about text contact",
                    {
                        "receipt": text(),
                        "region": text(),
                        "received": INSTANT,
                        "state": _STATE,
                        "lead": nullable(text()),
                        "reason": nullable(text()),
                        "disposed_by": nullable(text()),
                        "disposed": nullable(INSTANT),
                        "about": {"type": "object", "additionalProperties": {"type": "string"}},
                        "text": text(),
                        "contact": nullable(text()),
                    },
                )
            ),
            "more": {"type": "boolean"},
        },
    ),
    "TipOffDisposal": {
        "type": "object",
        "properties": {
            "lead": text("本部门已登记线索的案件 / Case of a lead that this authority registered", pattern=CASE),
            "reason": {"type": "string", "enum": list(reasons())},
        },
        "required": [],
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    },
}  # fmt: skip
