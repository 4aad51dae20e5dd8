"""What a status receipt says in words, in Chinese and English; the page and the command line show the same."""

from collections.abc import Mapping
from typing import Any

import orjson

from api import texts
from ledger.certificates.state import CertificateState
from ledger.certificates.statement import state_of
from ledger.codes.statuses import Status, Validity
from ledger.days import CHINA, parse_instant
from ledger.evidence.receipt import INVALID, SIGNED, UNSIGNED, StatusReceipt
from ledger.evidence.receiptcheck import Checked
from ledger.evidence.report import Result

_STATUSES = {each.value for each in Status}
_VALIDITIES = {each.value for each in Validity}
_SIGNATURES = {
    SIGNED: "已签名 Signed",
    UNSIGNED: "未签名 Unsigned",
    INVALID: "签名无效 The signature does not fit",
}
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


def said(receipt: StatusReceipt) -> list[tuple[str, str]]:
    """Return label and value of each line, in both languages; values are the receipt's own."""
    stated = receipt.statement
    lines = [("发证机构 Issuing body", receipt.body), ("证书编号 Certificate number", receipt.number)]
    if stated.get("registered") is not True:
        lines.append(("状态 Status", "从未登记 Never registered"))
    else:
        lines += [("状态 Status", status_words(stated)), ("有效性 Validity", validity_words(stated))]
        lines += [("持有人 Holder", each) for each in _holder(_state(receipt)) if each]
    lines.append(("截至日期 As of", receipt.as_of))
    lines.append(("所知 Known at", f"{_china(receipt.recorded)} · #{receipt.position}"))
    if stated.get("registered") is True:
        lines += _details(stated, _state(receipt))
        lines.append(("签名(最近事件) Signature (last event)", _signature(receipt)))
    return lines


def status_words(stated: Mapping[str, Any]) -> str:
    """Return the status in both languages."""
    value = stated.get("status")
    if value not in _STATUSES:
        return "无法辨认 Not understood"
    found = texts.status(value)
    return f"{found['zh']} {found['en']}"


def validity_words(stated: Mapping[str, Any]) -> str:
    """Return the validity in both languages."""
    value = stated.get("validity")
    if value not in _VALIDITIES:
        return "无法辨认 Not understood"
    found = texts.validity(value)
    return f"{found['zh']} {found['en']}"


def lines_of(checked: Checked) -> list[str]:
    """Return what the command line shows before the report; nothing is stated of a receipt that proves nothing."""
    if checked.receipt is None:
        return []
    head = {
        Result.SOUND: "状态已由事件推导并经证明 / derived from the events, and proved",
        Result.TAMPERED: "以下内容不可信 / do not trust what follows",
    }.get(checked.report.result, "以下内容未完全证明 / what follows is not fully proved")
    return [f"[{head}]", *(f"{label}: {value}" for label, value in said(checked.receipt)), ""]


def _state(receipt: StatusReceipt) -> CertificateState | None:
    try:
        return state_of(receipt)
    except _UNREADABLE:
        return None


def _holder(state: CertificateState | None) -> list[str]:
    holder = (state.details.get("holder") if state is not None else None) or {}
    return [" ".join(str(holder[name]) for name in ("name_zh", "name_en", "code") if holder.get(name))]


def _details(stated: Mapping[str, Any], state: CertificateState | None) -> list[tuple[str, str]]:
    details = state.details if state is not None else {}
    reason = stated.get("reason")
    code = reason.get("code") if isinstance(reason, dict) else None
    table = reason.get("table") if isinstance(reason, dict) else None
    words = texts.reason_of(str(details.get("scheme_class", "")), table, code, str(stated.get("since") or ""))
    flags = stated.get("flags")
    found = [
        ("颁发日期 Issued", stated.get("issued")),
        ("有效期至 Valid through", stated.get("expires")),
        ("暂停至 Suspended until", stated.get("suspended_until")),
        ("本状态自 Since", stated.get("since")),
        ("原因 Reason", " ".join(filter(None, (code, words["zh"], words["en"]))) if words else None),
        ("标准 Standards", "; ".join(map(str, details.get("standards") or ())) or None),
        ("范围 Scope", " ".join(filter(None, (details.get("scope_zh"), details.get("scope_en")))) or None),
        ("提示 Flags", "; ".join(_flag(each) for each in flags) if isinstance(flags, list) and flags else None),
    ]
    return [(label, str(value)) for label, value in found if value]


def _signature(receipt: StatusReceipt) -> str:
    shown = receipt.signature
    if shown is None or shown.state not in _SIGNATURES:
        return "无法辨认 Not understood"
    owners = [str(_owner(each.entry)) for each in shown.keys] if shown.state == SIGNED else []
    return " · ".join((_SIGNATURES[shown.state], *dict.fromkeys(owners)))


def _owner(entry: bytes) -> object:
    try:
        return orjson.loads(entry)["event"]["data"]["owner"]
    except _UNREADABLE:
        return "?"


def _flag(code: object) -> str:
    found = texts.flag(str(code))
    return f"{found['zh']} {found['en']}"


def _china(instant: str) -> str:
    try:
        return f"{parse_instant(instant).astimezone(CHINA):%Y-%m-%d %H:%M:%S} 北京时间 China time"
    except ValueError:
        return instant
