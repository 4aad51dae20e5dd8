"""Rebuilds every timeline from a bundle's entries alone, by the ledger's own code and without a database.

What the entries say is taken as it stands: whether they are the log's is the verifier's question, not this one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger import timeline as timelines
from ledger.bodies.standing import standing_periods
from ledger.certificates.answer import periods
from ledger.certificates.described import StateDigest, described_on
from ledger.days import Day
from ledger.decide import evolve
from ledger.envelope import open_recorded
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.reader import BundleReader, read_entries
from ledger.evidence.sources import open_source
from ledger.evidence.strict import EvidenceError
from ledger.evidence.subject import entry_indexes
from ledger.evidence.tiles import MAXIMUM_ENTRY, WIDTH, parse_path
from ledger.families import FAMILIES
from ledger.timeline import Timeline


@dataclass(slots=True)
class Replayed:
    """What a bundle adds up to: timelines by stream, the last index and instant that were taken in."""

    timelines: dict[str, Timeline[Any]]
    entries: int = 0
    last_index: int | None = None
    last_recorded: str | None = None

    def states(self, day: Day) -> Iterator[tuple[str, Any, tuple[Day, Day | None, int], bool | None]]:
        """Yield stream, state, period and the body's standing of each certificate on a China day, in order."""
        approved: dict[str, bool | None] = {}
        for stream in sorted(each for each in self.timelines if each.startswith("certificate:")):
            found = periods(self.timelines[stream]) if self.timelines[stream].applied else []
            holding = [at for at, period in enumerate(found) if period.begins <= day]
            if not holding:
                continue
            period = found[holding[-1]]
            ends = found[holding[-1] + 1].begins if holding[-1] + 1 < len(found) else None
            body = f"body:{stream.split(':', 2)[1]}"
            if body not in approved:
                approved[body] = self._approved(body, day)
            yield stream, period.state, (period.begins, ends, period.version), approved[body]

    def digest(self, day: Day) -> StateDigest:
        """Return the digest over the states of all certificates on a day."""
        digest = StateDigest()
        for stream, state, period, approved in self.states(day):
            digest.add(stream, day, state, period, approved=approved)
        return digest

    def described(self, day: Day) -> Iterator[dict[str, Any]]:
        """Yield each certificate on a day as plain data."""
        for stream, state, (begins, ends, version), approved in self.states(day):
            said = described_on(stream, day, state, approved=approved)
            yield {**said, "effective_from": begins, "effective_until": ends, "version": version}

    def _approved(self, body: str, day: Day) -> bool | None:
        timeline = self.timelines.get(body)
        for begins, ends, _, approved, _ in standing_periods(timeline) if timeline else ():
            if begins <= day and (not ends or day < ends):
                return approved
        return None


def replay(bundle: Path, known_at: str | None = None) -> Replayed:
    """Return what the entries of a bundle add up to, as far as they were recorded by an instant of the ledger.

    Raises :class:`EvidenceError` naming the index where the entries do not follow one another.
    """
    return replay_entries(_entries(bundle), known_at)


def replay_entries(entries: Iterable[tuple[int, bytes]], known_at: str | None = None) -> Replayed:
    """Return what (index, recorded event's bytes) add up to."""
    replayed = Replayed({})
    for index, raw in entries:
        try:
            recorded = open_recorded(index + 1, raw)
            if known_at is not None and recorded.recorded > known_at:
                break
            stream = recorded.stream
            known = replayed.timelines.get(stream)
            if known is None:
                known = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
            if recorded.version != known.version + 1:
                raise EvidenceError(f"version {recorded.version} of {stream} follows {known.version}")
            replayed.timelines[stream] = evolve(known, recorded)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise EvidenceError(f"entry {index} cannot be replayed: {error}") from error
        replayed.entries += 1
        replayed.last_index, replayed.last_recorded = index, recorded.recorded
    return replayed


def _entries(bundle: Path) -> Iterator[tuple[int, bytes]]:
    source = open_source(bundle)
    log = BundleReader(source)
    alone = entry_indexes(source.names)
    if alone:
        yield from ((index, source.read(f"entry/{index}", MAXIMUM_ENTRY)) for index in alone)
        return
    size = parse_checkpoint(parse_note(log.note()).text).size
    shown = sorted(parse_path(name).index for name in source.names if name.startswith("tile/entries/"))
    if shown:
        yield from read_entries(log, shown[0] * WIDTH, min((shown[-1] + 1) * WIDTH, size), size)
