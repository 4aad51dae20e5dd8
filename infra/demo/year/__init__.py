"""A scripted year of one county, its city and its province: statements in files, taken in by the ordinary way in.

Each file builds on those before it. To load them again changes nothing: every statement has an identity of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

import orjson

from ledger.envelope import canonical_submission
from ledger.outcomes import Outcome, Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming

SUBMITTER = "demonstration"
_AT_ONCE = 200
Progress = Callable[[str, int, int], None]


class Submits(Protocol):
    """The ledger, as the loader uses it."""

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Return one outcome for each submission, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of the year; ``refused`` names each statement that was not taken: file, line and code."""

    recorded: int
    duplicate: int
    held: int
    refused: tuple[tuple[str, int, str], ...]


def scripts() -> Iterator[tuple[str, list[bytes]]]:
    """Yield the files ``NN-name.jsonl`` of this folder in order of name, each with its lines."""
    folder = files(__name__)
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name[:2].isdigit() and file.name.endswith(".jsonl"):
            yield file.name, [line for line in file.read_bytes().splitlines() if line.strip()]


def load(ledger: Submits, progress: Progress | None = None) -> Loaded:
    """Submit every statement of the year; ``progress`` is told file, lines done and lines altogether."""
    recorded = duplicate = held = done = 0
    refused: list[tuple[str, int, str]] = []
    found = list(scripts())
    total = sum(len(lines) for _, lines in found)
    for name, lines in found:
        for start in range(0, len(lines), _AT_ONCE):
            part = lines[start : start + _AT_ONCE]
            incoming = [Incoming(canonical_submission(orjson.loads(line)), SUBMITTER) for line in part]
            for number, outcome in enumerate(ledger.submit(incoming), start + 1):
                if isinstance(outcome, Refusal):
                    refused.append((name, number, outcome.code))
                elif isinstance(outcome, Receipt) and outcome.duplicate:
                    duplicate += 1
                else:
                    recorded += 1
                    held += getattr(outcome, "decision", "") == "held"
            done += len(part)
            if progress is not None:
                progress(name, done, total)
    return Loaded(recorded, duplicate, held, tuple(refused))
