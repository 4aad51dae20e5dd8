"""The answer to a submission: a receipt (applied or held) or a refusal."""

from dataclasses import dataclass
from typing import Any

from ledger.refusals import Refusal, message
from ledger.values import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Receipt:
    """What was recorded where; ``duplicate`` says that the same bytes had been recorded before.

    ``decision`` is ``applied`` or ``held``; a held fact names what it waits for. ``releases`` are the versions of
    held facts that this one released; ``signed_by`` are the owners of the valid signatures it is recorded with.
    """

    source: str
    id: str
    stream: str
    version: int
    position: int
    recorded: str
    decision: str
    waits: str | None = None
    releases: tuple[int, ...] = ()
    duplicate: bool = False
    signed_by: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the plain form that API, intake and command line answer with."""
        plain: dict[str, Any] = {
            "source": self.source,
            "id": self.id,
            "stream": self.stream,
            "version": self.version,
            "position": self.position,
            "recorded": self.recorded,
            "decision": self.decision,
            "duplicate": self.duplicate,
            "releases": list(self.releases),
            "signed_by": list(self.signed_by),
        }
        if self.waits:
            row = message(self.waits)
            plain["waits"] = {
                "code": self.waits,
                "zh": row.action["zh"],
                "en": row.action["en"],
                "rule": row.source,
            }
        return plain


Outcome = Receipt | Refusal
