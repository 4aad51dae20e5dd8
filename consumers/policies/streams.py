"""What a policy may know of the past: streams as they were recorded, read from the log and never from a view."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ledger import timeline as timelines
from ledger.certificates.state import CertificateState
from ledger.decide import evolve
from ledger.envelope import Recorded, open_recorded
from ledger.families import FAMILIES, certificate_stream
from ledger.log import EventLog
from ledger.service import rebuild
from ledger.timeline import Timeline

_PAGE = 500
_AUTHORITY = "authority:"
_DESIGNATING = frozenset({"authority.jurisdiction_designated", "authority.corrected"})


class RecordedStreams:
    """Reads whole streams from an event log; implements the port of the policies."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._designated: defaultdict[str, set[str]] = defaultdict(set)
        self._designated_through = 0

    def history(self, stream: str, through: int) -> Iterator[tuple[Recorded, Timeline[Any]]]:
        """Yield each event of a stream up to a version with the timeline after it."""
        timeline = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
        for row in self._log.load(self._log.head(), (stream,), ()).rows.get(stream, ()):
            if row.version > through:
                return
            recorded = open_recorded(row.position, row.raw)
            timeline = evolve(timeline, recorded)
            yield recorded, timeline

    def known_at(self, stream: str, position: int) -> Timeline[Any]:
        """Return a stream's timeline as it was known when the event at a position was recorded.

        What is recorded later changes nothing of it, so that a policy that asks again is answered the same.
        """
        timeline = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
        for row in self._log.load(self._log.head(), (stream,), ()).rows.get(stream, ()):
            if row.position > position:
                break
            timeline = evolve(timeline, open_recorded(row.position, row.raw))
        return timeline

    def beginning(self, prefix: str) -> Iterator[str]:
        """Yield every stream whose identifier begins so, in its order; a page of them is in memory at a time."""
        after = ""
        while page := self._log.streams(prefix, after, _PAGE):
            yield from page
            after = page[-1]

    def designated_in(self, place: str, position: int) -> tuple[str, ...]:
        """Return the streams of authorities that may have been designated for a place up to a position, in order.

        What is named later than the position may be among them: who asks looks at each stream as it was known then.
        """
        if position > self._designated_through:
            head = self._log.head()
            if self._designated_through:
                changed = self._log.load(self._designated_through, (), ()).changed
                self._note_designations([stream for stream in changed if stream.startswith(_AUTHORITY)])
            else:
                self._note_designations(list(self.beginning(_AUTHORITY)))
            self._designated_through = head
        return tuple(sorted(self._designated.get(place, ())))

    def _note_designations(self, streams: Sequence[str]) -> None:
        for start in range(0, len(streams), _PAGE):
            rows = self._log.load(self._log.head(), streams[start : start + _PAGE], ()).rows
            for row in (each for stream in rows.values() for each in stream if each.type in _DESIGNATING):
                data = open_recorded(row.position, row.raw).event["data"]
                for said in (data, data.get("replacement") or {}):
                    if "region" in said:
                        self._designated[said["region"]].add(row.stream)

    def certificates_of(self, body: str) -> Iterator[Timeline[CertificateState]]:
        """Yield the timeline of every certificate of a body, as known now; a page of them is in memory at a time."""
        after = ""
        while page := self._log.streams(certificate_stream(body, ""), after, _PAGE):
            rows = self._log.load(self._log.head(), page, ()).rows
            for stream in page:
                yield rebuild(stream, rows[stream])
            after = page[-1]
