"""The chain of a certificate's life, stage by stage, each with its events and who signed; what is missing is said.

Liability follows from the same facts: the issuing body and whoever decided answer for the whole, every other
signatory for its step. S4-98, S4-111, S4-112.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ledger.classification.scoring import Input
from ledger.codes.dated import packaged_json
from ledger.families import person_stream

GENERAL = frozenset({"decision", "head"})
"""The roles whose signature is about the certificate as a whole."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with the positions of its events; ``is_gap`` where it is required and nothing is recorded of it."""

    stage: str
    zh: str
    en: str
    positions: tuple[int, ...]
    is_gap: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature: whose, in which role, to which event."""

    person: str
    role: str
    type: str
    position: int


@lru_cache(maxsize=1)
def _stages() -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = packaged_json("chain.json")["stages"]
    return found


def chain(events: Sequence[Input], scheme_class: str) -> list[Stage]:
    """Return every stage, in order; ``events`` are those about one certificate, by day and then by position."""
    found = []
    for row in _stages():
        if scheme_class not in row.get("schemes", (scheme_class,)):
            continue
        positions = tuple(each.position for each in events if _belongs(each, row))
        found.append(Stage(row["stage"], row["zh"], row["en"], positions, row["required"] and not positions))
    return found


def signatures(events: Sequence[Input]) -> list[Signed]:
    """Return who signed which step, in order."""
    return [
        Signed(
            person_stream(each.get("register", "CCAA"), each["number"]),
            each.get("role", "decision"),
            e.type,
            e.position,
        )
        for e in events
        for each in e.data.get("signers") or ()
    ]


def _belongs(event: Input, row: Mapping[str, Any]) -> bool:
    if not any(fnmatchcase(event.type, pattern) for pattern in row["events"]):
        return False
    if "member" in row:
        return bool(event.data.get(row["member"]))
    if "signer" in row:
        return any(each.get("role", "decision") == row["signer"] for each in event.data.get("signers") or ())
    return True
