"""A second, plain model of the certificate, written from the table of transitions and not from the product's code.

It shares with the ledger the words of an event and nothing else: no state machine, no search, no dated tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from ledger.envelope import Recorded

LONGEST_SUSPENSION = 184
LONGEST_YEARS = 3
FOR_VALID = {"maintained", "suspended", "renewed"}
FOR_BOTH = {"withdrawn", "cancelled", "changed", "expired"}
FOR_SUSPENDED = {"restored", "suspension_extended"}


@dataclass(frozen=True)
class Said:
    """A fact as the records tell it: applied, held or void, in its latest wording."""

    version: int
    type: str
    effective: str
    data: dict[str, Any]
    state: Literal["applied", "held", "void"]

    @property
    def kind(self) -> str:
        return self.type.removeprefix("certificate.")


def known(recorded: Sequence[Recorded]) -> list[Said]:
    """Return what the records say about each fact: nothing is decided here."""
    facts: dict[int, Said] = {}
    names: dict[tuple[str, str], int] = {}
    for each in recorded:
        data = each.event["data"]
        if each.event["type"] == "certificate.corrected":
            version = names[(data["corrects"]["source"], data["corrects"]["id"])]
            new = data["replacement"]
            if new is None:
                facts[version] = replace(facts[version], state="void")
            else:
                facts[version] = replace(facts[version], data=new, effective=new["effective"])
        else:
            names[(each.event["source"], each.event["id"])] = each.version
            state: Literal["applied", "held"] = "applied" if each.applied else "held"
            facts[each.version] = Said(each.version, each.event["type"], data["effective"], data, state)
        for version in each.record.get("releases", ()):
            facts[version] = replace(facts[version], state="applied")
    return list(facts.values())


def in_order(facts: Sequence[Said]) -> list[Said]:
    return sorted(facts, key=lambda fact: (fact.effective, fact.version))


def status_by_fold(facts: Sequence[Said], day: str) -> str:
    """Return the status on a day: the last word of the applied facts up to it, read against the calendar."""
    applied = in_order([fact for fact in facts if fact.state == "applied"])
    issue = next((fact for fact in applied if fact.kind == "issued"), None)
    if issue and day >= issue.effective and any(fact.kind == "annulled" for fact in applied):
        return "withdrawn"
    status, expires = "not_issued", ""
    for fact in applied:
        if fact.effective > day:
            break
        status = {
            "issued": "valid",
            "refused": "refused",
            "suspended": "suspended",
            "restored": "valid",
            "withdrawn": "withdrawn",
            "cancelled": "cancelled",
        }.get(fact.kind, status)
        if fact.kind in {"issued", "renewed"}:
            expires = fact.data["expires"]
    return "expired" if status in {"valid", "suspended"} and day > expires else status


def history_is_legal(facts: Sequence[Said]) -> bool:  # noqa: C901, PLR0912 - a line for each row of the table
    """Tell whether these facts may stand together: a line for each row of the table of transitions."""
    status = ""
    expires = until = since = marked = ""
    annulled = False
    holds: set[str] = set()
    for fact in in_order(facts):
        kind, day, data = fact.kind, fact.effective, fact.data
        if kind in {"issued", "refused"}:
            if status or (kind == "issued" and data["expires"] > _years_after(day, LONGEST_YEARS)):
                return False
            status, expires = ("valid", data["expires"]) if kind == "issued" else ("refused", "")
            continue
        if not status:
            return False
        if kind == "hold_placed":
            holds.add(data["document_number"])
            continue
        if kind == "hold_lifted":
            if data["document_number"] not in holds:
                return False
            holds.discard(data["document_number"])
            continue
        if kind == "annulled":
            if annulled or status == "refused":
                return False
            annulled = True
            continue
        if annulled or status not in {"valid", "suspended"} or marked or day > expires:
            return False
        if (kind in FOR_VALID and status != "valid") or (kind in FOR_SUSPENDED and status != "suspended"):
            return False
        if kind not in FOR_VALID | FOR_BOTH | FOR_SUSPENDED:
            return False
        if kind == "suspended":
            if data["until"] > expires or _days(day, data["until"]) > LONGEST_SUSPENSION:
                return False
            status, since, until = "suspended", day, data["until"]
        elif kind == "suspension_extended":
            if not until < data["until"] <= expires or _days(since, data["until"]) > LONGEST_SUSPENSION:
                return False
            until = data["until"]
        elif kind == "restored":
            if day > until:
                return False
            status = "valid"
        elif kind == "renewed":
            if not expires < data["expires"] <= _years_after(max(day, expires), LONGEST_YEARS):
                return False
            expires = data["expires"]
        elif kind == "expired":
            marked = day if day == expires else ""
        elif kind in {"withdrawn", "cancelled"}:
            status = kind
    return True


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def _years_after(day: str, years: int) -> str:
    begun = date.fromisoformat(day)
    try:
        return begun.replace(year=begun.year + years).isoformat()
    except ValueError:
        return begun.replace(year=begun.year + years, day=28).isoformat()
