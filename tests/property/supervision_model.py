"""A second, plain reading of cases and rectifications, written from the machines of the requirements' section 10.

It shares with the ledger the words of an event and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """A statement as the model sees it: when it holds, when it was said, what it says, and by whom."""

    number: int
    day: str
    kind: str
    source: str
    data: dict[str, Any]


def in_order(told: Sequence[Told]) -> list[Told]:
    return sorted(told, key=lambda each: (each.day, each.number))


def case_is_legal(told: Sequence[Told]) -> bool:  # noqa: C901, PLR0912 - a line for each row of the machine
    """Tell whether these statements about one case may stand together."""
    seen: list[Told] = []

    def said(kind: str, **members: Any) -> list[Told]:
        return [s for s in seen if s.kind == kind and all(s.data.get(k) == v for k, v in members.items())]

    def away() -> bool:
        last = [s.kind for s in seen if s.kind in {"transferred", "transfer_returned"}]
        return bool(last) and last[-1] == "transferred"

    for each in in_order(told):
        kind, data = each.kind, each.data
        lead, opened, closed = bool(said("lead_registered")), bool(said("opened")), bool(said("closed"))
        if said("merged") or said("lead_dismissed"):
            return False
        if kind == "lead_registered":
            if lead or opened:
                return False
        elif kind == "opened":
            if opened:
                return False
        elif kind == "lead_dismissed":
            if opened or not lead:
                return False
        elif kind in {"merged", "flagged_major", "major_reported"}:
            if not (lead or opened):
                return False
            if closed and kind != "major_reported":
                return False
            if kind == "merged" and said("penalty_decided"):
                return False
            if kind == "flagged_major" and said("flagged_major"):
                return False
            if kind == "major_reported" and not said("flagged_major"):
                return False
        elif not opened:
            return False
        elif kind in {"report_submitted", "report_acknowledged"}:
            if not closed or said("report_acknowledged"):
                return False
            if kind == "report_acknowledged" and not [s for s in said("report_submitted") if s.data.get("document")]:
                return False
        elif kind in {"published", "publication_withdrawn"}:
            shown = len(said("published")) - len(said("publication_withdrawn"))
            if (kind == "published") == bool(shown) or not said("penalty_decided", document_number="处1号"):
                return False
        elif kind == "supervision_lifted":
            if len(said("supervision_ordered")) <= len(said("supervision_lifted")):
                return False
        elif closed:
            return False
        elif kind == "supervision_ordered":
            if len(said("supervision_ordered")) > len(said("supervision_lifted")):
                return False
        elif kind == "transferred":
            if away():
                return False
        elif kind == "transfer_returned":
            if not away():
                return False
        elif kind == "closed":
            if away() != (data["outcome"] == "transferred") and (away() or not said("transferred")):
                return False
            if data["outcome"] == "executed" and not said("penalty_decided"):
                return False
        elif kind == "investigated":
            pass
        elif away():
            return False
        elif kind == "penalty_proposed":
            if said("penalty_proposed", proposal=data["proposal"]) or not said("investigated"):
                return False
        elif kind == "legally_reviewed":
            made = said("penalty_proposed", proposal=data["proposal"])
            if not made or made[0].data["unit"]["unit"] == data["unit"]["unit"]:
                return False
        elif kind == "penalty_decided":
            reviews = said("legally_reviewed", proposal=data["proposal"])
            if not reviews or reviews[-1].data["outcome"] != "approved":
                return False
            if said("penalty_decided", document_number=data["document_number"]):
                return False
        elif kind == "penalty_executed":
            number = data["document_number"]
            if not said("penalty_decided", document_number=number) or said("penalty_executed", document_number=number):
                return False
        seen.append(each)
    return True


def rectification_is_legal(told: Sequence[Told]) -> bool:
    """Tell whether these statements about one finding's way may stand together."""
    seen: list[Told] = []

    def said(kind: str) -> list[Told]:
        return [s for s in seen if s.kind == kind]

    for each in in_order(told):
        kind, data = each.kind, each.data
        admonished = bool(said("admonition_issued"))
        outcomes = [s.data["outcome"] for s in said("verified")]
        done = {
            "rectified": outcomes[-1:] == ["passed"],
            "service": bool(said("service_provided")),
            "admonition": admonished,
            "decision": False,
        }
        forbidden = {
            "opened": bool(seen),
            "plan_submitted": not said("cause_analysed"),
            "verified": not said("plan_submitted"),
            "service_provided": any(s.data["severity"] == "serious" for s in said("opened")),
            "admonition_issued": admonished,
            "admonition_acknowledged": not admonished,
            "admonition_followed_up": not admonished,
            "closed": not done.get(data.get("disposition", ""), False) or "failed" in outcomes,
        }
        if kind != "opened" and not said("opened"):
            return False
        if said("closed") and kind != "admonition_followed_up":
            return False
        if forbidden.get(kind, False):
            return False
        seen.append(each)
    return True
