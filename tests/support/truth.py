"""What really happened to each certificate, read from ``truth.jsonl``, and a plain model to compare the ledger with."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ledger.service import Ledger

TYPES = {"certificate.scope_extended": "changed", "certificate.scope_reduced": "changed"}
ENDS = {"withdrawn": "withdrawn", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Happened:
    """One line of the truth; ``effective`` is the day that the report can tell."""

    stream: str
    event: str
    effective: str
    code: str
    until: str
    file: str
    line: int
    is_sound: bool

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.stream, self.event, self.effective, self.code)


def truth_of(folder: Path) -> dict[str, list[Happened]]:
    """The happenings of each certificate stream, in order of time."""
    streams: dict[str, list[Happened]] = defaultdict(list)
    for line in (folder / "truth.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        effective = row["effective"]
        if row["scheme"] == "ms" and row["event"] == "maintained":
            # The management-system report has no day of decision: the audit ended a week before it.
            effective = (date.fromisoformat(effective) - timedelta(days=7)).isoformat()
        stream = f"certificate:{row['body']}:{row['certificate']}"
        streams[stream].append(
            Happened(
                stream,
                row["event"],
                effective,
                row["code"],
                row["until"],
                row["file"],
                row["line"],
                row["fault"] is None,
            )
        )
    return dict(streams)


def legal(life: list[Happened]) -> tuple[set[Happened], set[Happened]]:
    """Split the sound rows of one certificate into those that can stand and those that wait for a faulty one."""
    standing, waiting = set(), set()
    status, suspended_until = "not issued", ""
    for each in life:
        if not each.is_sound:
            continue
        fits = {
            "issued": status == "not issued",
            "maintained": status == "valid",
            "changed": status == "valid" or (status == "suspended" and each.code != "05") or _is_ccc(each, status),
            "suspended": status == "valid",
            "restored": status == "suspended" and each.effective <= suspended_until,
            "withdrawn": status in {"valid", "suspended"},
            "cancelled": status in {"valid", "suspended"},
            "expired": status in {"valid", "suspended"},
        }[each.event]
        if not fits:
            waiting.add(each)
            continue
        standing.add(each)
        if each.event in {"issued", "restored"}:
            status = "valid"
        elif each.event == "suspended":
            status, suspended_until = "suspended", each.until
        elif each.event in {"withdrawn", "cancelled", "expired"}:
            status = each.event
    return standing, waiting


def status_on(life: list[Happened], day: str) -> str | None:
    """Fold the truth up to the end of a day; the day of expiry itself is still a day of validity."""
    status, expires = None, ""
    for each in life:
        if each.effective > day or each.event in {"maintained", "changed", "expired"}:
            continue
        if each.event == "issued":
            status, expires = "valid", each.until
        else:
            status = {"suspended": "suspended", "restored": "valid", **ENDS}[each.event]
    if status in {"valid", "suspended"} and day > expires:
        return "expired"
    return status


def recorded_facts(ledger: Ledger) -> list[tuple[tuple[str, str, str, str], str, int]]:
    """Every recorded certificate fact as (key of the truth, decision, version), in order of position."""
    facts, after = [], 0
    while rows := ledger.event_log.read(after, 5_000):
        for row in rows:
            if not row.stream.startswith("certificate:"):
                continue
            value = json.loads(row.raw)
            event, data = value["event"], value["event"]["data"]
            kind = TYPES.get(event["type"], event["type"].removeprefix("certificate."))
            code = data.get("reason_code") or data.get("change_code") or ""
            key = (row.stream, kind, data["effective"], code)
            facts.append((key, value["record"]["decision"], row.version))
        after = rows[-1].position
    return facts


def _is_ccc(each: Happened, status: str) -> bool:
    return status == "suspended" and "-product" in each.file
