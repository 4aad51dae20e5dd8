"""A notice as it is brought to an address outside: its webhook body and its mail say the same, and never change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from ledger.codes.notice_routes import label

_TOLD = (
    "stream",
    "kind",
    "sender",
    "recipient",
    "basis",
    "mandatory",
    "answer",
    "statement",
    "about",
    "created",
    "due",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice for one address; ``id`` is the same at every attempt, so that the receiver knows what it has."""

    id: str
    kind: str
    address: str
    recipient: str
    attempts: int
    body: bytes
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: done, worth another one later, or never; ``reason`` is a short stable word."""

    outcome: Literal["done", "later", "never"]
    reason: str = ""


def letter(kind: str, address: str, attempts: int, notice: Mapping[str, Any]) -> Letter:
    """Return the letter of a notice (its creation, and nothing that came later) by a channel to an address."""
    zh, en = label(notice["kind"])
    told = {name: notice[name] for name in _TOLD}
    body = {"type": "notice.created", "timestamp": notice["recorded"], "data": {**told, "position": notice["position"]}}
    answer = "请登录账本签收并回复。 Acknowledge and answer it in the ledger." if notice["answer"] else ""
    lines = (
        notice["statement"],
        "",
        f"发出方 sender: {notice['sender']}",
        f"收件方 recipient: {notice['recipient']}",
        f"依据 basis: {notice['basis']}",
        f"日期 day: {notice['created']}",
        f"期限 due: {notice['due'] or '—'}",
        f"编号 number: {notice['stream']}",
        "",
        answer,
    )
    return Letter(
        f"msg_{notice['stream'].partition(':')[2]}_{notice['position']}",
        kind,
        address,
        notice["recipient"],
        attempts,
        orjson.dumps(body, option=orjson.OPT_SORT_KEYS),
        f"{zh} · {en}",
        "\n".join(lines).rstrip() + "\n",
    )
