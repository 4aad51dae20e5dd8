"""The answer about a certificate, the same by every way in: status and validity apart, and what it rests on."""

from collections.abc import Mapping
from typing import Any

from api import texts
from ledger.days import Day, instant_text
from ledger.envelope import open_recorded
from ledger.families import EVENT_TYPES
from ledger.log import Row
from ledger.refusals import message

_KEPT = (
    "since", "issued", "first_issued", "expires", "suspended_from", "suspended_until", "ended_by", "linked_to",
    "last_surveillance", "effective_from", "effective_until", "pending_from",
)  # fmt: skip
_SIDE = ("holds", "appeals", "orders")


def shaped(row: Mapping[str, Any], *, day: Day, known_at: str | None, held: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the public answer from a view's row; ``held`` are the facts that wait, as the register keeps them."""
    details = row["details"]
    _, body, number = row["stream"].split(":", 2)
    since = row["since"] or day
    answer: dict[str, Any] = {
        "body": body,
        "number": number,
        "as_of": day,
        "known_at": known_at,
        "status": texts.status(row["status"]),
        "validity": texts.validity(row["validity"]),
        "flags": [texts.flag(code) for code in row["flags"]],
    }
    answer |= {name: row.get(name) for name in _KEPT}
    answer["reason"] = texts.reason_of(details.get("scheme_class", ""), row["reason_table"], row["reason_code"], since)
    answer["holder"] = details.get("holder")
    answer["scope"] = {"zh": details.get("scope_zh"), "en": details.get("scope_en")}
    answer["details"] = details
    answer |= {name: row[name] for name in _SIDE if name in row}
    answer["held"] = [held_fact(each) for each in held]
    answer["rests_on"] = {
        "position": row["position"],
        "version": row["version"],
        "recorded": row.get("recorded_from") or row.get("recorded"),
    }
    return answer


def not_issued(stream: str, *, day: Day, known_at: str | None, held: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer for a day before anything took effect, of a certificate that the ledger knows."""
    nothing = dict.fromkeys(("since", "reason_table", "reason_code", "position", "version"))
    row: dict[str, Any] = {
        **nothing,
        "stream": stream,
        "status": "not_issued",
        "validity": "invalid",
        "flags": [],
        "details": {},
    }
    return shaped(row, day=day, known_at=known_at, held=held)


def held_fact(fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact that waits, with what it says and for what it waits in both languages."""
    event_type, waits = EVENT_TYPES[fact["type"]], fact.get("waits")
    told: dict[str, Any] = {**fact, "zh": event_type.zh, "en": event_type.en}
    if waits:
        told["waits"] = waiting_for(waits)
    return told


def waiting_for(code: str) -> dict[str, str]:
    """Return for what a held fact waits, in both languages, with the rule."""
    row = message(code)
    return {"code": code, "zh": row.action["zh"], "en": row.action["en"], "rule": row.source}


def fact(row: Row) -> dict[str, Any]:
    """Return one recorded event on both axes: the day on which it holds, the instant from which it was known."""
    recorded = open_recorded(row.position, row.raw)
    event, event_type = recorded.event, EVENT_TYPES[row.type]
    told: dict[str, Any] = {
        "position": row.position,
        "version": row.version,
        "type": row.type,
        "zh": event_type.zh,
        "en": event_type.en,
        "effective": event["data"].get("effective"),
        "recorded": instant_text(row.recorded),
        "source": event["source"],
        "id": event["id"],
        "decision": recorded.record["decision"],
        "releases": recorded.record.get("releases", []),
        "signed_by": list(recorded.signed_by),
        "data": event["data"],
    }
    waits = recorded.record.get("waits")
    if waits:
        told["waits"] = waiting_for(waits)
    return told
