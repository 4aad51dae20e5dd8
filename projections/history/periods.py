"""The difference that one event makes to what is known: periods that no longer hold are closed, new ones opened.

A row is closed and never changed otherwise. Rows opened and closed within one batch are written once, as closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ledger.bodies.standing import standing_periods
from ledger.bodies.state import BodyState
from ledger.certificates.answer import periods
from ledger.certificates.state import CertificateState
from ledger.codes.statuses import Status
from ledger.days import Day
from ledger.timeline import Timeline
from projections import copying
from projections.certificates.packing import digest_of, pack
from projections.certificates.timelines import Step


@dataclass(frozen=True, slots=True)
class Period:
    """A period as a row says it: first day, first day no more, and the fields that follow the two axes."""

    begins: Day
    ends: Day
    said: bytes


@dataclass(slots=True)
class Differences:
    """What a batch changes in one table; the owner is a certificate's key or a body's stream, as a COPY field."""

    closed: dict[tuple[bytes, Day], str] = field(default_factory=dict)
    _open: dict[tuple[bytes, Day], tuple[Period, str, int]] = field(default_factory=dict)
    _lines: list[bytes] = field(default_factory=list)

    def open(self, owner: bytes, period: Period, recorded: str, position: int) -> None:
        """Note that a period is known from an instant on."""
        self._open[owner, period.begins] = (period, recorded, position)

    def close(self, owner: bytes, begins: Day, recorded: str) -> Period | None:
        """Note that a period is known no more; return it if it is of this batch, and not of the table."""
        opened = self._open.pop((owner, begins), None)
        if opened is None:
            self.closed[owner, begins] = recorded
            return None
        self._lines.append(_line(owner, *opened, until=recorded))
        return opened[0]

    def change(self, owner: bytes, before: Mapping[Day, Period], after: Mapping[Day, Period], step: Step) -> None:
        """Note the difference between all periods known before an event and those known with it."""
        recorded = step.delivered.recorded
        for begins, period in before.items():
            if after.get(begins) != period:
                self.close(owner, begins, recorded.recorded)
        for begins, period in after.items():
            if before.get(begins) != period:
                self.open(owner, period, recorded.recorded, recorded.position)

    def lines(self) -> list[bytes]:
        """Return the rows that were opened, as COPY lines."""
        still = (_line(owner, *opened, until="infinity") for (owner, _), opened in self._open.items())
        return [*self._lines, *still]


class CertificatePeriods:
    """The differences of certificates, with the details that their periods name; refused applications make none."""

    def __init__(self) -> None:
        self.differences = Differences()
        self.details: dict[tuple[int, bytes], bytes] = {}
        self._named: dict[int, tuple[Mapping[str, Any], bytes]] = {}

    def add(self, step: Step) -> None:
        """Note what one event changes."""
        before, after, key = step.before, step.after, step.known.first
        if after.applied is before.applied:
            return
        owner, recorded = b"%d" % key, step.delivered.recorded
        if _only_appended(step):
            digest = self._digest(key, after.tip, known=before.tip if before.applied else None)
            newest = after.applied[-1]
            if before.applied:
                last = before.applied[-1]
                was = self.differences.close(owner, last.effective, recorded.recorded)
                if last.effective < newest.effective:
                    said = was.said if was else _said(last.version, before.tip, _digest_before(step, digest))
                    closed = Period(last.effective, newest.effective, said)
                    self.differences.open(owner, closed, recorded.recorded, recorded.position)
            opened = Period(newest.effective, "", _said(newest.version, after.tip, digest))
            self.differences.open(owner, opened, recorded.recorded, recorded.position)
            return
        self.differences.change(owner, self._all(key, before), self._all(key, after), step)

    def _all(self, key: int, timeline: Timeline[CertificateState]) -> dict[Day, Period]:
        if not timeline.applied:
            return {}
        found = periods(timeline)
        ends = [*(period.begins for period in found[1:]), ""]
        return {
            period.begins: Period(
                period.begins,
                end,
                _said(period.version, period.state, self._digest(key, period.state, known=None)),
            )
            for period, end in zip(found, ends, strict=True)
            if period.state.status is not Status.REFUSED
        }

    def _digest(self, key: int, state: CertificateState, known: CertificateState | None) -> bytes:
        """Return the name of a state's details, and note them unless the state before has the same ones."""
        same = self._named.get(key)
        if same is not None and same[0] is state.details:
            return same[1]
        details = orjson.dumps(state.details)
        digest = digest_of(details)
        if known is None or known.details is not state.details:
            self.details[key, digest] = details
        self._named[key] = (state.details, digest)
        return digest


def _digest_before(step: Step, digest: bytes) -> bytes:
    """Return the name of the details before an event, given that of those after it."""
    if step.before.tip.details is step.after.tip.details:
        return digest
    return digest_of(orjson.dumps(step.before.tip.details))


class Standings:
    """The differences of certification bodies: whether approved, from which day to which."""

    def __init__(self) -> None:
        self.differences = Differences()

    def add(self, step: Step) -> None:
        """Note what one event changes."""
        if step.after.applied is not step.before.applied:
            owner = copying.text(step.delivered.recorded.stream)
            self.differences.change(owner, standings(step.before), standings(step.after), step)


def standings(timeline: Timeline[BodyState]) -> dict[Day, Period]:
    """Return a body's periods; an approval that runs out ends a period on its own."""
    return {
        begins: Period(
            begins, ends, b"%d\t%b\t%b" % (version, copying.boolean(approved), copying.json_text(plain_body(state)))
        )
        for begins, ends, version, approved, state in standing_periods(timeline)
    }


def plain_body(state: BodyState) -> dict[str, Any]:
    """Return a body's standing as plain JSON."""
    return {
        "approved": state.approved,
        "suspended": state.suspended,
        "until": state.until,
        "schemes": sorted(state.schemes),
        "product_classes": sorted(state.product_classes),
        "accreditation": state.accreditation,
        "name_zh": state.name_zh,
        "name_en": state.name_en,
        "ccc_code": state.ccc_code,
        "ended_by": state.ended_by,
    }


def _said(version: int, state: CertificateState, digest: bytes) -> bytes:
    return b"%d\t%b\t%b\t%b" % (version, state.status.encode(), digest, copying.verbatim(pack(state)))


def _only_appended(step: Step) -> bool:
    """Tell whether the event took effect at the end of the timeline and changed nothing before it."""
    before, after = step.before.applied, step.after.applied
    return (
        len(after) == len(before) + 1
        and after[-1].version == step.after.version
        and "releases" not in step.delivered.recorded.record
        and not step.after.tip.annulled
        and Status.REFUSED not in {step.before.tip.status, step.after.tip.status}
    )


def _line(owner: bytes, period: Period, recorded: str, position: int, *, until: str) -> bytes:
    return b"%b\t[%b,%b)\t%b\t%b\t%d\t%b" % (
        owner,
        period.begins.encode(),
        period.ends.encode(),
        recorded.encode(),
        until.encode(),
        position,
        period.said,
    )
