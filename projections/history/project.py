"""Folds certificates and bodies into bitemporal periods; everybody else's events pass by."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import psycopg

from projections import copying
from projections.certificates.timelines import Step, Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered
from projections.history.periods import CertificatePeriods, Standings

_CLOSE_PERIODS = """
    UPDATE period SET recorded_until = closed.until
    FROM unnest(%b::bigint[], %b::date[], %b::timestamptz[]) AS closed (certificate, begins, until)
    WHERE period.certificate = closed.certificate AND recorded_until = 'infinity' AND effective @> closed.begins
"""
_CLOSE_STANDINGS = """
    UPDATE standing SET recorded_until = closed.until
    FROM unnest(%b::text[], %b::date[], %b::timestamptz[]) AS closed (body, begins, until)
    WHERE standing.body = closed.body AND recorded_until = 'infinity' AND effective @> closed.begins
"""
_DETAILS = """
    INSERT INTO detail (certificate, digest, details)
    SELECT * FROM unnest(%b::bigint[], %b::uuid[], %b::json[]) ON CONFLICT DO NOTHING
"""


class History:
    """The view ``history``."""

    name = "history"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("certificate", "period", "detail", "standing", "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        mine = [d for d in batch if d.recorded.stream.startswith(("certificate:", "body:"))]
        certificates, bodies = _differences(self._timelines.walk(connection, mine), lines)
        closed = certificates.differences.closed
        if closed:
            keys = [int(owner) for owner, _ in closed]
            connection.execute(_CLOSE_PERIODS, (keys, [begins for _, begins in closed], list(closed.values())))
        closed = bodies.differences.closed
        if closed:
            owners = [owner.decode() for owner, _ in closed]
            connection.execute(_CLOSE_STANDINGS, (owners, [begins for _, begins in closed], list(closed.values())))
        if certificates.details:
            keys = [key for key, _ in certificates.details]
            digests = [digest.decode() for _, digest in certificates.details]
            texts = [details.decode() for details in certificates.details.values()]
            connection.execute(_DETAILS, (keys, digests, texts))
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(("certificate:", "body:")):
            return
        certificates, _ = _differences(whole(events), lines)
        for (key, digest), details in certificates.details.items():
            lines["detail"].append(b"%d\t%b\t%b" % (key, digest, copying.verbatim(details)))

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _differences(steps: Iterable[Step], lines: Lines) -> tuple[CertificatePeriods, Standings]:
    certificates, bodies = CertificatePeriods(), Standings()
    facts, known = lines["fact"], lines["certificate"]
    for step in steps:
        recorded = step.delivered.recorded
        facts.append(step.fact_line)
        if recorded.stream.startswith("body:"):
            bodies.add(step)
            continue
        if recorded.version == 1:
            known.append(b"%b\t%d" % (copying.text(recorded.stream), step.known.first))
        certificates.add(step)
    lines["period"].extend(certificates.differences.lines())
    lines["standing"].extend(bodies.differences.lines())
    return certificates, bodies
