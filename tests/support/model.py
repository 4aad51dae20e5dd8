"""A brute-force reading of the domain's state machine: no code of the ledger's own fold is used here.

It takes recorded events as plain JSON and answers one question about one certificate, by looking at everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]


@dataclass
class _Fact:
    version: int
    kind: str
    effective: str
    data: Mapping[str, Any]
    identity: tuple[str, str]
    holds: bool


def state_of(events: Iterable[Event], day: str, known_at: str) -> dict[str, Any] | None:
    """What was known at an instant about a certificate on a day; `None` if nothing had been issued by then."""
    line = sorted(
        (fact for fact in _known(events, known_at) if fact.holds), key=lambda fact: (fact.effective, fact.version)
    )
    annulled = any(fact.kind == "annulled" for fact in line)
    state: dict[str, Any] | None = None
    for fact in line:
        # An annulled certificate was never valid: what is known of it says so from its first day on.
        if annulled or fact.effective <= day:
            state = _after(state, fact)
    if state is None or day < state["issued"]:
        return None
    if annulled:
        state |= {"status": "withdrawn", "ended_by": "annulment", "reason_code": None}
    elif state["status"] in {"valid", "suspended"} and day > state["expires"]:
        state["status"] = "expired"
    return state


def waiting(events: Iterable[Event], known_at: str) -> list[int]:
    """The versions of the facts that wait for another one."""
    return [fact.version for fact in _known(events, known_at) if not fact.holds]


def _known(events: Iterable[Event], known_at: str) -> list[_Fact]:
    facts: dict[int, _Fact] = {}
    for recorded in events:
        event, record = recorded["event"], recorded["record"]
        if record["recorded"] > known_at:
            continue
        kind = event["type"].removeprefix("certificate.")
        data = event["data"]
        if kind == "corrected":
            identity = (data["corrects"]["source"], data["corrects"]["id"])
            (target,) = (fact for fact in facts.values() if fact.identity == identity)
            if data.get("replacement") is None:
                del facts[target.version]
            else:
                target.data, target.effective = data["replacement"], data["replacement"]["effective"]
        else:
            facts[record["version"]] = _Fact(
                record["version"],
                kind,
                data["effective"],
                data,
                (event["source"], event["id"]),
                record["decision"] == "applied",
            )
        for version in record.get("releases", ()):
            facts[version].holds = True
    return list(facts.values())


def _after(state: dict[str, Any] | None, fact: _Fact) -> dict[str, Any]:
    data = fact.data
    if fact.kind == "issued":
        return {
            "status": "valid",
            "since": fact.effective,
            "issued": fact.effective,
            "expires": data["expires"],
            "suspended_until": None,
            "reason_code": None,
            "ended_by": None,
            "last_surveillance": fact.effective,
            "scope": data["details"]["scope_zh"],
            "holds": [],
        }
    assert state is not None
    state = dict(state)
    if fact.kind == "maintained":
        state["last_surveillance"] = fact.effective
    elif fact.kind == "suspended":
        state |= {"status": "suspended", "suspended_until": data["until"], "reason_code": data["reason_code"]}
    elif fact.kind == "restored":
        state |= {"status": "valid", "suspended_until": None, "reason_code": None}
    elif fact.kind in {"withdrawn", "cancelled"}:
        state |= {"status": fact.kind, "reason_code": data["reason_code"]}
        state["ended_by"] = {"withdrawn": "withdrawal", "cancelled": "cancellation"}[fact.kind]
    elif fact.kind == "renewed":
        state |= {"expires": data["expires"], "last_surveillance": fact.effective}
    elif fact.kind == "changed":
        state["scope"] = (data.get("changes") or {}).get("scope_zh", state["scope"])
    elif fact.kind == "hold_placed":
        state["holds"] = [*state["holds"], data["document_number"]]
    elif fact.kind == "hold_lifted":
        state["holds"] = [hold for hold in state["holds"] if hold != data["document_number"]]
    if fact.kind in {"suspended", "restored", "withdrawn", "cancelled"}:
        state["since"] = fact.effective
    return state
