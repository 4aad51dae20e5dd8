"""What an import did, counted by body and kind; the first findings are kept for display, all go to the sink.

``rows = recorded + duplicates + refused + faulty``; held facts are recorded and wait, so they are a part of recorded.
"""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from api.importer.batches import Group
from api.importer.findings import Finding, FindingKind

SHOWN = 50
_REMEMBERED = 20_000


@dataclass(slots=True)
class Counts:
    """Rows of one body and kind by what became of them; ``held`` and ``released`` count facts of this import."""

    rows: int = 0
    recorded: int = 0
    duplicates: int = 0
    held: int = 0
    refused: int = 0
    faulty: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the plain form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class ImportReport:
    """The counts of an import; ``waiting`` are the facts that it recorded and that are still held at its end."""

    files: int = 0
    seconds: float = 0.0
    released: int = 0
    counts: dict[Group, Counts] = field(default_factory=dict)
    findings: dict[FindingKind, int] = field(default_factory=dict)
    shown: dict[FindingKind, list[Finding]] = field(default_factory=dict)
    waiting: dict[tuple[str, int], Finding] = field(default_factory=dict)
    waiting_forgotten: int = 0

    def of(self, group: Group) -> Counts:
        """Return the counts of a body and kind."""
        return self.counts.setdefault(group, Counts())

    @property
    def total(self) -> Counts:
        """All counts added up."""
        total = Counts()
        for counts in self.counts.values():
            for name, value in counts.as_dict().items():
                setattr(total, name, getattr(total, name) + value)
        return total

    @property
    def still_held(self) -> int:
        """How many facts of this import still wait at its end."""
        return len(self.waiting) + self.waiting_forgotten

    @property
    def is_clean(self) -> bool:
        """Whether no row was faulty or refused, and no file."""
        return not (self.findings.get("fault") or self.findings.get("refused"))

    def add(self, finding: Finding) -> None:
        """Count a finding and keep it while there is room."""
        self.findings[finding.kind] = self.findings.get(finding.kind, 0) + 1
        kept = self.shown.setdefault(finding.kind, [])
        if len(kept) < SHOWN:
            kept.append(finding)

    def hold(self, stream: str, version: int, finding: Finding) -> None:
        """Remember a held fact until it is released; beyond a limit only their number is kept."""
        if len(self.waiting) < _REMEMBERED:
            self.waiting[(stream, version)] = finding
        else:
            self.waiting_forgotten += 1

    def release(self, stream: str, versions: tuple[int, ...]) -> None:
        """Count held facts that were released, whichever import had recorded them."""
        self.released += len(versions)
        for version in versions:
            self.waiting.pop((stream, version), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the machine-readable form; lists hold at most :data:`SHOWN` findings of a kind."""
        return {
            "files": self.files,
            "seconds": round(self.seconds, 3),
            "total": self.total.as_dict(),
            "released": self.released,
            "still_held": self.still_held,
            "by_body_and_kind": [
                {"body": body, "kind": kind, **counts.as_dict()} for (body, kind), counts in sorted(self.counts.items())
            ],
            "findings": dict(self.findings),
            "faults": [finding.as_dict() for finding in self.shown.get("fault", [])],
            "refused": [finding.as_dict() for finding in self.shown.get("refused", [])],
            "held": [finding.as_dict() for finding in islice(self.waiting.values(), SHOWN)],
            "notes": [finding.as_dict() for finding in self.shown.get("note", [])],
        }
