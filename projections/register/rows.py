"""The register's rows of one stream follow from its timeline alone; no other stream is read to write them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import orjson

from ledger.certificates.state import CertificateState
from ledger.codes.identifiers import organisation_key
from ledger.codes.statuses import Status
from ledger.days import Day, add_days, china_day, parse_instant
from ledger.timeline import Timeline
from projections import copying
from projections.certificates.packing import pack
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.history.periods import standings

SHORT_NOTICE_AUDIT_DAYS = 30
"""CNCA-QMS-01:2025: audit at short notice within 30 days of a failed national spot check."""

TABLES = {
    "certificate": ("certificate", "refused"),
    "body": ("standing", "body_standing"),
    "person": ("standing",),
    "organisation": ("standing",),
    "inspection": ("supervision", "sample_failure", "finding_open"),
    "case": ("supervision", "case_open"),
    "draw": (),
}
"""The tables that a family's rows are in. What the public may not read has tables of its own."""


def add_rows(known: Known, latest: Delivered, lines: Lines) -> None:
    """Add all rows of a stream, given what is known of it and its latest event."""
    recorded = latest.recorded
    family = recorded.stream.partition(":")[0]
    if family == "certificate":
        lines["certificate" if is_shown(known.timeline) else "refused"].append(_certificate(known, latest))
        return
    tables = TABLES.get(family, ("supervision",))
    if not tables:
        return
    timeline = known.timeline
    state = orjson.dumps(asdict(timeline.tip), default=_plain)
    lines[tables[0]].append(
        b"\t".join(
            (
                copying.text(recorded.stream),
                family.encode(),
                b"%d\t%d" % (recorded.version, recorded.position),
                _held(known),
                copying.verbatim(state),
            )
        )
    )
    side = _SIDE.get(family)
    if side is not None:
        side(recorded.stream, timeline, lines)


def is_shown(timeline: Timeline[CertificateState]) -> bool:
    """Tell whether there is a certificate that the public may know of, and not an application that was refused.

    Where nothing took effect and nothing waits, what was said was taken back: perhaps a refusal by mistake.
    """
    status = timeline.tip.status
    return status is not Status.REFUSED and (status is not Status.NOT_ISSUED or bool(timeline.held))


def _certificate(known: Known, latest: Delivered) -> bytes:
    recorded, timeline = latest.recorded, known.timeline
    state: CertificateState = timeline.tip
    details = state.details
    holder = details.get("holder") or {}
    body, number = recorded.stream.split(":", 2)[1:]
    text, day = copying.text, copying.day
    return b"\t".join(
        (
            text(recorded.stream),
            text(body),
            text(number),
            text(details.get("scheme_class")),
            text(details.get("project_code")),
            text(details.get("product_class")),
            text(key_of(holder)),
            text(holder.get("code")),
            text(holder.get("name_zh")),
            text(holder.get("name_en")),
            text(key_of(details.get("producer"))),
            text(key_of(details.get("factory"))),
            text(holder.get("region")),
            state.status.encode(),
            day(state.since),
            day(state.issued),
            day(state.expires),
            day(state.suspended_until),
            text(state.reason_table),
            text(state.reason_code),
            text(state.ended_by),
            copying.boolean(state.annulled),
            day(state.last_surveillance),
            copying.boolean(state.head_signed),
            day(_pending_from(timeline, recorded.recorded)),
            b"%d\t%d" % (recorded.version, recorded.position),
            recorded.recorded.encode(),
            b"%d" % known.first,
            day(timeline.applied[-1].effective if timeline.applied else None),
            b"%d" % timeline.applied[-1].version if timeline.applied else copying.NULL,
            _held(known),
            copying.verbatim(pack(state)),
            copying.json_text(details),
        )
    )


def key_of(organisation: dict[str, Any] | None) -> str | None:
    """Return the nine characters by which an organisation is known, credit code or not; abroad there may be none."""
    code = (organisation or {}).get("code")
    return organisation_key(code) if code else None


def recorded_day(recorded: str) -> Day:
    """Return the China day of an instant of recording."""
    return _day_of_hour(recorded[:13])


@lru_cache(maxsize=4096)
def _day_of_hour(hour: str) -> Day:
    return china_day(parse_instant(f"{hour}:00:00Z"))


def _pending_from(timeline: Timeline[Any], recorded: str) -> Day | None:
    if not timeline.applied or timeline.applied[-1].effective <= recorded_day(recorded):
        return None
    today = recorded_day(recorded)
    return next(fact.effective for fact in timeline.applied if fact.effective > today)


def _held(known: Known) -> bytes:
    if not known.timeline.held:
        return b"[]"
    return copying.json_text(
        [
            {
                "version": fact.version,
                "type": fact.type,
                "effective": fact.effective,
                "waits": known.waits.get(fact.version),
            }
            for fact in sorted(known.timeline.held, key=lambda fact: fact.version)
        ]
    )


def _body(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    body = stream.partition(":")[2]
    for period in standings(timeline).values():
        approved = period.said.split(b"\t", 2)[1]
        effective = f"[{period.begins},{period.ends})".encode()
        lines["body_standing"].append(b"\t".join((copying.text(stream), copying.text(body), effective, approved)))


def _inspection(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    performed: dict[str, Any] = {}
    for fact in timeline.applied:
        data = fact.data
        if fact.type == "inspection.performed":
            performed = dict(data)
            continue
        certificates = data.get("certificates") or performed.get("certificates") or ()
        if fact.type == "inspection.sample_result_recorded":
            if data["passed"] or performed.get("mode") != "national_spot_check":
                continue
            due = add_days(fact.effective, SHORT_NOTICE_AUDIT_DAYS)
            rest = b"\t".join((copying.text(data["sample"]), fact.effective.encode(), due.encode()))
            _add(lines, "sample_failure", stream, certificates, rest)
        elif fact.type == "inspection.finding_recorded" and data["finding"] in timeline.tip.open_findings:
            rest = b"\t".join(
                (
                    copying.text(data["finding"]),
                    copying.text(data["grade"]),
                    fact.effective.encode(),
                    copying.day(data.get("due")),
                )
            )
            _add(lines, "finding_open", stream, certificates, rest)


def _case(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    if timeline.tip.closed:
        return
    for fact in timeline.applied:
        if fact.type == "case.opened":
            certificates = list(fact.data.get("certificates") or ())
            if fact.data["target"].startswith("certificate:"):
                certificates.append(fact.data["target"])
            rest = b"\t".join((fact.effective.encode(), copying.text(fact.data["violation"])))
            _add(lines, "case_open", stream, certificates, rest)


def _add(lines: Lines, table: str, stream: str, certificates: Iterable[str], rest: bytes) -> None:
    for certificate in dict.fromkeys(certificates):
        lines[table].append(b"\t".join((copying.text(stream), copying.text(certificate), rest)))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)


_SIDE: dict[str, Callable[[str, Timeline[Any], Lines], None]] = {
    "body": _body,
    "inspection": _inspection,
    "case": _case,
}
