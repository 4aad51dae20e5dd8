"""Takes evidence out of a log in constant memory: all of it, a range of positions, or a subject and what it rests on.

What is taken is not judged here: an edited row is exported as it is, so that the verifier can name it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ledger.evidence.bundle import write_bundle, write_range
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.policy import Policy
from ledger.evidence.reader import LogReader, read_entries
from ledger.evidence.strict import EvidenceError
from ledger.evidence.subject import write_subject
from ledger.evidence.writing import Disclose
from ledger.related import streams_behind

MAXIMUM_STREAMS = 10_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: a stream, or positions ``first`` to ``last``, or everything; under which checkpoint.

    With a policy and no size, it is the newest checkpoint that the policy's quorum cosigned, if there is one.
    ``disclose`` opens personal fields, to whom it may.
    """

    subject: str | None = None
    first: int | None = None
    last: int | None = None
    checkpoint: int | None = None
    since: bytes | None = None
    policy: Policy | None = None
    disclose: Disclose | None = None


def export(log: LogReader, target: Path, wanted: Wanted, progress: Progress) -> tuple[int, int]:
    """Write the bundle and return its number of entries and its checkpoint's size; ``progress(done, of)`` hears of it.

    Raises :class:`EvidenceError` when the log has no such checkpoint, no such entries, or the name is taken.
    """
    note = _choose(log, wanted)
    size = parse_checkpoint(parse_note(note).text).size
    keys = log.log_keys()
    if wanted.subject is not None:
        streams = whole_subject(log, wanted.subject, size)
        found = log.entries_of(streams, size)
        count = write_subject(
            target,
            note,
            wanted.subject,
            found,
            log.fetch,
            log_keys=keys,
            since=wanted.since,
            disclose=wanted.disclose,
        )
        progress(count, count)
        return count, size
    if wanted.first is not None:
        begin, end = wanted.first - 1, min(wanted.last or size, size)
        write_range(
            target,
            note,
            begin,
            end,
            log.fetch,
            log_keys=keys,
            since=wanted.since,
            progress=lambda done: progress(done, end - begin),
            disclose=wanted.disclose,
        )
        return end - begin, size

    def entries() -> Iterator[tuple[int, bytes]]:
        for index, raw in read_entries(log, 0, size, size):
            if index % 256 == 0:
                progress(index, size)
            yield index + 1, raw
        progress(size, size)

    write_bundle(
        target,
        entries(),
        lambda _size, _root: note,
        log_keys=keys,
        history=log.history(size),
        tiles=log.fetch,
        disclose=wanted.disclose,
    )
    return size, size


def _choose(log: LogReader, wanted: Wanted) -> bytes:
    newest = log.note(wanted.checkpoint)
    if wanted.policy is None or wanted.checkpoint is not None:
        return newest
    size = parse_checkpoint(parse_note(newest).text).size
    found = (each for each in chain([newest], log.recent(size)) if wanted.policy.accept(parse_note(each)).sufficient)
    return next(found, newest)


def whole_subject(log: LogReader, subject: str, size: int) -> set[str]:
    """Return a stream and all that its entries rest on, and what those rest on in turn."""
    streams, new = {subject}, {subject}
    while new:
        named = {each for _, raw in log.entries_of(new, size) for each in streams_behind(raw)}
        new = named - streams
        streams |= new
        if len(streams) > MAXIMUM_STREAMS:
            raise EvidenceError(f"{subject} rests on more than {MAXIMUM_STREAMS} streams")
    return streams
