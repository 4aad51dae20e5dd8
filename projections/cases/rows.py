"""The rows of one stream of supervision follow from its timeline alone."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from ledger.cases import CaseState
from ledger.cases.duties import report_duty
from ledger.cases.statistics import counted
from ledger.circulars.bulletins import period_of
from ledger.codes.cases import violations
from ledger.codes.identifiers import organisation_key
from ledger.days import FOREVER
from ledger.facts import Fact
from ledger.inspections import InspectionState
from ledger.inspections.responsible import responsible_for
from ledger.parties import party_of
from ledger.rectification import RectificationState
from ledger.reports import ReportState
from ledger.timeline import Timeline
from projections import copying
from projections.copying import Lines, array, boolean, day, json_text, text

TABLES = {
    "case": ("case_file", "request", "published", "referral", "taken_up", "file_review"),
    "inspection": ("finding",),
    "rectification": ("rectification",),
    "report": ("report", "owed"),
    "area": ("area",),
    "circular": ("bulletin",),
}
"""The tables that the rows of each family are in."""


def add_rows(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    """Add all rows of a stream; one of which nothing took effect has none."""
    if timeline.applied:
        _ADD[stream.partition(":")[0]](stream, timeline, position, lines)


def _row(*fields: bytes) -> bytes:
    return b"\t".join(fields)


def _number(value: int) -> bytes:
    return b"%d" % value


def _last(facts: Iterable[Fact], name: str) -> Fact | None:
    return next((fact for fact in reversed(tuple(facts)) if fact.type == name), None)


def _case(stream: str, timeline: Timeline[CaseState], position: int, lines: Lines) -> None:
    state, facts = timeline.tip, timeline.applied
    lead, opened = _last(facts, "case.lead_registered"), _last(facts, "case.opened")
    closed = _last(facts, "case.closed")
    said = {**(lead.data if lead else {}), **(opened.data if opened else {})}
    codes = list(said.get("violations") or ())
    supervised = [(by, due) for _, by, due in state.supervised] if not state.closed else []
    duty = report_duty(state, FOREVER)
    in_table = counted(facts)
    lines["case_file"].append(
        _row(
            text(stream),
            text(stream.split(":")[1]),
            text(said.get("region")),
            text(said.get("target")),
            text(said.get("target_kind")),
            text(state.phase),
            text(said.get("lead")),
            text(said.get("title")),
            text(said.get("violation")),
            array(codes),
            array(list(said.get("key_products") or ())),
            boolean(any(violations()[code].priority for code in codes)),
            text("major" if state.major else said.get("severity")),
            text(state.procedure or None),
            day(lead.effective if lead else opened.effective if opened else None),
            day(opened.effective if opened else None),
            day(state.closed_on),
            text(closed.data["outcome"] if closed else None),
            day(state.major),
            day(state.major_reported),
            array(sorted({by for by, _ in supervised})),
            day(min((due for _, due in supervised), default=None)),
            text(state.transferred or None),
            boolean(_is_reviewed(state, facts)),
            text(state.merged_into or None),
            array(list(said.get("leads") or ())),
            json_text(list(said.get("causes") or ())),
            day(duty.due if duty else None),
            day(in_table.day if in_table else None),
            json_text(_counted(in_table)) if in_table else copying.NULL,
            _number(timeline.version),
            _number(position),
            json_text(asdict(state)),
        )
    )
    _requests(stream, facts, lines)
    _published(stream, timeline, position, lines)
    _referrals(stream, facts, said.get("region"), lines)
    if opened is not None and opened.data.get("referred_from"):
        fields = (stream, opened.data["referred_from"], opened.source)
        lines["taken_up"].append(_row(*map(text, fields), day(opened.effective)))
    for fact in facts:
        if fact.type == "case.file_reviewed":
            unit, found = fact.data["by"]["unit"], list(fact.data["findings"])
            named = (text(stream), text(fact.source), text(fact.id), day(fact.effective), text(unit), array(found))
            lines["file_review"].append(_row(*named))


def _is_reviewed(state: CaseState, facts: Iterable[Fact]) -> bool:
    approved = {each.number for each in state.proposals if each.approved}
    decided = [fact for fact in facts if fact.type == "case.penalty_decided"]
    return state.procedure == "summary" or all(fact.data.get("proposal") in approved for fact in decided)


def _counted(case: Any) -> dict[str, Any]:
    plain = asdict(case)
    return {name: sorted(v) if isinstance(v, frozenset) else v if isinstance(v, bool) else str(v)
            for name, v in plain.items()}  # fmt: skip


def _requests(stream: str, facts: Iterable[Fact], lines: Lines) -> None:
    asked: dict[str, tuple[Fact, str | None]] = {}
    for fact in facts:
        if fact.type == "case.evidence_requested":
            asked[fact.data["request"]] = (fact, None)
        elif fact.type in {"case.evidence_provided", "case.staff_assigned"}:
            before, answered = asked[fact.data["request"]]
            asked[fact.data["request"]] = (before, answered or fact.effective)
    for number, (fact, answered) in asked.items():
        data = fact.data
        lines["request"].append(
            _row(
                text(stream),
                text(number),
                text(data["of"]),
                text(data["what"]),
                day(fact.effective),
                day(data.get("due")),
                day(answered),
            )
        )


def _referrals(stream: str, facts: Iterable[Fact], region: str | None, lines: Lines) -> None:
    """Add each referral with the answer that came before the next one."""
    found: list[tuple[Fact, dict[str, str]]] = []
    for fact in facts:
        if fact.type == "case.referred":
            found.append((fact, {}))
        elif found and fact.type in {"case.referral_accepted", "case.referral_returned"}:
            found[-1][1][fact.type] = fact.effective
    for fact, answers in found:
        data = fact.data
        fields = (stream, fact.id, region, fact.source, data["to"], data.get("to_unit"))
        lines["referral"].append(
            _row(
                *map(text, fields),
                day(fact.effective),
                text(data["reason"]),
                day(answers.get("case.referral_accepted")),
                day(answers.get("case.referral_returned")),
            )
        )


def _published(stream: str, timeline: Timeline[CaseState], position: int, lines: Lines) -> None:
    for fact in timeline.applied:
        data = fact.data
        if fact.type == "case.published" and data["document_number"] in timeline.tip.published:
            lines["published"].append(
                _row(
                    text(stream),
                    text(stream.split(":")[1]),
                    text(data["document_number"]),
                    text(data["party"]),
                    text(data["violation"]),
                    array(list(data["penalties"])),
                    text(data.get("amount")),
                    json_text(data["legal_basis"]),
                    day(data["decided"]),
                    day(fact.effective),
                    day(data.get("until")),
                    _number(position),
                )
            )


def _inspection(stream: str, timeline: Timeline[InspectionState], _position: int, lines: Lines) -> None:
    performed = _last(timeline.applied, "inspection.performed")
    if performed is None:
        return
    closed = {f.data["finding"]: f.effective for f in timeline.applied if f.type == "inspection.finding_closed"}
    for fact in timeline.applied:
        if fact.type != "inspection.finding_recorded":
            continue
        data = fact.data
        certificates = data.get("certificates") or performed.data.get("certificates") or ()
        lines["finding"].append(
            _row(
                text(stream),
                text(data["finding"]),
                text(performed.source),
                text(fact.source),
                text(fact.id),
                text(_inspected(performed)),
                text(performed.data.get("region")),
                text(data["grade"]),
                text(data.get("violation") or data.get("clause")),
                day(fact.effective),
                day(data.get("due")),
                day(closed.get(data["finding"])),
                array(list(certificates)),
                text(responsible_for(data, performed.data)),
            )
        )


def _inspected(performed: Fact) -> str:
    code = performed.data.get("organisation")
    return organisation_key(code) if code else str(performed.data["target"])


def _rectification(stream: str, timeline: Timeline[RectificationState], position: int, lines: Lines) -> None:
    state, facts = timeline.tip, timeline.applied
    opened = _last(facts, "rectification.opened")
    failed = next((f for f in facts if f.type.endswith(".verified") and f.data["outcome"] == "failed"), None)
    closed = _last(facts, "rectification.closed")
    admonished = [fact.effective for fact in facts if fact.type == "rectification.admonition_issued"]
    _, inspection, finding = stream.split(":", 2)
    lines["rectification"].append(
        _row(
            text(stream),
            text(f"inspection:{inspection}"),
            text(finding),
            text(organisation_key(opened.data["organisation"]) if opened else None),
            text(opened.data["region"] if opened else None),
            text(state.severity or None),
            text(state.phase),
            text(state.cause or None),
            day(opened.effective if opened else None),
            day(state.due),
            array(admonished),
            day(failed.effective if failed else None),
            array(list(state.outstanding)),
            text(state.case or None),
            day(closed.effective if closed else None),
            text(state.disposition or None),
            boolean(_is_disposed(state)),
            _number(timeline.version),
            _number(position),
        )
    )


def _is_disposed(state: RectificationState) -> bool:
    """Whether something on record disposes of the finding, closed or not (S1-18)."""
    said = state.services or state.admonitions or state.case or state.decided or state.verified == "passed"
    return bool(state.closed or said)


def _report(stream: str, timeline: Timeline[ReportState], position: int, lines: Lines) -> None:
    state, facts = timeline.tip, timeline.applied
    first = next((f for f in facts if not f.type.endswith((".submitted", ".instruction_given"))), None)
    if first is None:
        return
    data = first.data
    lines["report"].append(
        _row(
            text(stream),
            text(state.kind),
            text(data.get("kind")),
            text(state.owner),
            text(state.to or None),
            text(data.get("title") or data.get("text")),
            day(first.effective),
            day(state.due),
            day(state.answered),
            _number(position),
        )
    )
    given = dict(state.returns)
    built = {f.source: list(f.data.get("built_from") or ()) for f in facts if f.type == "report.submitted"}
    for party in state.owed_by:
        fields = (text(stream), text(party), day(state.due), day(given.get(party)), array(built.get(party, [])))
        lines["owed"].append(_row(*fields))


def _area(stream: str, timeline: Timeline[Any], _position: int, lines: Lines) -> None:
    listed: list[tuple[Fact, str | None]] = []
    for fact in timeline.applied:
        if fact.type == "area.listed":
            listed.append((fact, None))
        elif listed:
            listed[-1] = (listed[-1][0], fact.effective)
    for fact, ended in listed:
        data = fact.data
        lines["area"].append(
            _row(
                text(stream),
                text(data["region"]),
                day(fact.effective),
                day(ended),
                text(data["document_number"]),
                text(data["problem"]),
                day(data.get("due")),
                text(fact.source),
            )
        )


def _bulletin(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    issued = _last(timeline.applied, "circular.bulletin_issued")
    if issued is None:
        return
    party, stated = party_of(issued.source), issued.data["period"]
    lines["bulletin"].append(
        _row(
            text(stream),
            text(issued.source),
            text(party.region if party else None),
            text(_spelled(stated)),
            text(stated),
            text(issued.data["document_number"]),
            text(issued.data["title"]),
            day(issued.effective),
            _number(position),
        )
    )


def _spelled(period: str) -> str:
    """Return the one spelling of a period; what was stated before periods were judged may be none."""
    try:
        return period_of(period).name
    except ValueError:
        return period


_ADD: dict[str, Callable[[str, Timeline[Any], int, Lines], None]] = {
    "case": _case,
    "inspection": _inspection,
    "rectification": _rectification,
    "report": _report,
    "area": _area,
    "circular": _bulletin,
}
