"""What OpenAPI says about status receipts."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, CERTIFICATE_NUMBER, operation
from api.http.describe_reads import AS_OF, KNOWN_AT
from api.http.schemas import DAY, INSTANT, Schema, fields, listed, nullable, text, whole

PDF = "application/pdf"
_HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_PROOF = listed(text("SHA-256, Base 64"))
_LABEL: Schema = nullable(text())
_EXAMPLE: dict[str, Any] = {
    "as_of": "2031-03-05",
    "certificate": {"body": BODY_NUMBER, "number": CERTIFICATE_NUMBER},
    "checkpoint": f"ledger.example.cn/2031\n18\n{_HASH}\n\n— ledger.example.cn/2031 …\n",
    "events": [],
    "format": "certledger-receipt/1",
    "known_at": {"position": 16, "recorded": "2031-03-05T01:30:02.114201Z"},
    "latest": None,
    "map": {"key": None, "proof": [_HASH], "value": None},
    "root": {"entry": "e30=", "index": 16, "proof": [_HASH]},
    "sha256": "0" * 64,
    "signature": None,
    "statement": {"registered": False},
}
_RECEIPT: Schema = fields(
    " ".join(_EXAMPLE),
    {
        "as_of": DAY,
        "certificate": fields("body number", {"body": text(), "number": text()}),
        "checkpoint": text("已签名的检查点 / The signed note (C2SP tlog-checkpoint)"),
        "events": listed(
            fields(
                "", {"entry": text("登记事件原文 / The recorded event, Base 64"), "leaf": text("叶散列 / Leaf hash")}
            ),
            "该证书的全部公开事件 / The certificate's whole public history",
        ),
        "format": {"const": "certledger-receipt/1"},
        "known_at": fields("position recorded", {"position": whole(minimum=1), "recorded": INSTANT}),
        "latest": nullable(fields("index proof", {"index": whole(), "proof": _PROOF})),
        "map": fields("key proof value", {"key": _LABEL, "proof": _PROOF, "value": _LABEL}),
        "root": fields("entry index proof", {"entry": text(), "index": whole(), "proof": _PROOF}),
        "sha256": text("其余内容的摘要 / Digest of all the rest"),
        "signature": nullable(
            fields(
                "keys state",
                {
                    "keys": listed(fields("entry index proof", {"entry": text(), "index": whole(), "proof": _PROOF})),
                    "state": {"type": "string", "enum": ["signed", "unsigned", "invalid"]},
                },
            )
        ),
        "statement": fields(
            "registered",
            {
                "registered": {"type": "boolean"},
                "status": text(),
                "validity": text(),
                "flags": listed(text()),
                "expires": nullable(DAY),
            },
        ),
    },
)
_PROBLEMS = (
    "never_registered",
    "as_of_wrong",
    "known_at_wrong",
    "known_at_in_future",
    "receipt_not_known_then",
    "receipt_no_longer_kept",
    "receipt_not_ready",
    "receipt_behind",
    "receipt_contradicted",
    "ledger_unavailable",
)
_MORE = (
    "可离线核验的状态凭据:附该证书的全部公开事件、其为最新的证明、日志签署的检查点;从未登记的编号得到从未登记的证明。"
    "以 `certledger verify-receipt` 核验。\n\nA receipt that is checked offline: the whole public history, "
    "the proof that nothing came after it, and the checkpoint that the log signed; a number that was never registered "
    "gets the proof of just that. Check it with `certledger verify-receipt`."
)
RECEIPT = operation(
    "get_receipt",
    "状态凭据",
    "Status receipt",
    tag="certificates",
    answer=(JSON, _RECEIPT, _EXAMPLE),
    parameters=[AS_OF, KNOWN_AT],
    problems=_PROBLEMS,
    more=_MORE,
)
RECEIPT_PDF = operation(
    "get_receipt_pdf",
    "状态凭据(PDF/A-3,供投标文件)",
    "Status receipt as PDF/A-3, for a tender file",
    tag="certificates",
    answer=(PDF, text(contentMediaType=PDF), ""),
    parameters=[AS_OF, KNOWN_AT],
    problems=(*_PROBLEMS, "pdf_unavailable", "ledger_busy"),
    more=_MORE,
)
