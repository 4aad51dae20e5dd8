"""The rows of one inspection follow from its own timeline alone, whatever the order across streams.

Until it is performed everything about it is a plan, which its subject does not read (I-21).
"""

from collections.abc import Iterator
from typing import Any

from ledger.facts import Fact
from ledger.families import organisation_stream
from ledger.inspections.codes import mode_on
from ledger.inspections.responsible import responsible_for
from ledger.timeline import Timeline
from projections import copying
from projections.copying import Lines

PLAN, INSPECTION = "plan", "inspection"
_FEEDBACK = {"problems": "problem", "opinions": "opinion", "suggestions": "suggestion"}
_SERIOUS = "major"


def add_inspection(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    """Add all rows of an inspection, none where nothing took effect."""
    of: dict[str, list[Fact]] = {}
    for fact in timeline.applied:
        of.setdefault(fact.type.removeprefix("inspection."), []).append(fact)
    planned, performed = _only(of, "planned"), _only(of, "performed")
    opening = performed or planned
    if opening is None:
        return
    access = PLAN if performed is None else INSPECTION
    subject = subject_of(opening)
    lines["inspection"].append(_inspection(stream, of, access, subject, position))
    lines["unit"].extend(_units(stream, of, access))
    if performed is not None:
        lines["sample"].extend(_samples(stream, of, performed, subject))
        lines["feedback"].extend(_feedback(stream, of, subject or ""))
        lines["finding"].extend(_findings(stream, of, performed, subject or ""))
        lines["recognition"].extend(_recognitions(stream, of))
    lines["assistance"].extend(_assistance(stream, of))


def subject_of(opening: Fact) -> str | None:
    """Return whom a plan or inspection is about: an organisation's stream, or the target that it names instead."""
    organisation = opening.data.get("organisation")
    target = opening.data.get("target")
    return organisation_stream(organisation) if organisation else str(target) if target else None


def _only(of: dict[str, list[Fact]], kind: str) -> Fact | None:
    return of[kind][0] if kind in of else None


def _inspection(stream: str, of: dict[str, list[Fact]], access: str, subject: str | None, position: int) -> bytes:
    planned, performed, recorded, filed, cancelled = (
        _only(of, kind) for kind in ("planned", "performed", "recorded", "filed", "plan_cancelled")
    )
    opening = performed or planned
    assert opening is not None  # noqa: S101 - the caller adds no rows without one
    said = {**(planned.data if planned else {}), **{k: v for k, v in opening.data.items() if v is not None}}
    said |= {name: recorded.data[name] for name in ("programme", "stage")} if recorded else {}
    cause = said.get("cause")
    text, day = copying.text, copying.day
    return b"\t".join(
        (
            text(stream),
            text(access),
            text(subject),
            text(said["region"]),
            text(said["mode"]),
            text(said.get("programme") or _default_programme(opening)),
            text(said.get("stage")),
            text(_status(of)),
            copying.boolean(planned is not None),
            text(planned.source if planned else None),
            day(_day(planned)),
            day(said.get("due")),
            text(said.get("under")),
            text(said.get("draw")),
            text(said.get("catalogue")),
            text(said.get("planning_region")),
            text(f"{cause['source']} {cause['id']}" if cause else None),
            copying.json_text(said["targets"]) if said.get("targets") else copying.NULL,
            text(performed.source if performed else None),
            day(_day(performed)),
            text(performed.data["result"] if performed else None),
            day(_day(recorded)),
            copying.json_text([{"form": p["form"], "version": p["version"]} for p in recorded.data["parts"]])
            if recorded
            else copying.NULL,
            day(_day(filed)),
            day(_day(cancelled)),
            day(_serious(of)),
            b"%d" % position,
        )
    )


def _status(of: dict[str, list[Fact]]) -> str:
    for status in ("filed", "recorded", "performed"):
        if status in of:
            return status
    return "cancelled" if "plan_cancelled" in of else "planned"


def _default_programme(opening: Fact) -> str | None:
    mode = mode_on(opening.data["mode"], opening.effective)
    return mode.programme if mode else None


def _serious(of: dict[str, list[Fact]]) -> str | None:
    """Return the last day on which something serious was found: it brings the next patrol forward (S0-78)."""
    days = [fact.effective for fact in of.get("finding_recorded", ()) if fact.data["grade"] == _SERIOUS]
    days += [fact.effective for fact in of.get("sample_result_recorded", ()) if not fact.data["passed"]]
    return max(days, default=None)


def _units(stream: str, of: dict[str, list[Fact]], access: str) -> Iterator[bytes]:
    """Yield who takes part; where nobody leads a plan, the authority of the place does (S1-40)."""
    answers = {fact.source: fact for fact in of.get("participation_answered", ())}
    named: dict[tuple[str, str, str | None], str] = {}
    for kind in ("planned", "performed"):
        fact = _only(of, kind)
        if fact is None:
            continue
        units = [(each["unit"], each["role"], each.get("department")) for each in fact.data.get("units") or ()]
        if kind == "planned" and not any(role == "lead" for _, role, _ in units):
            units.insert(0, (f"SAMR-{fact.data['region']}", "lead", None))
        for each in units:
            named.setdefault(each, fact.effective)
    for (unit, role, department), since in named.items():
        answer = answers.get(unit)
        yield b"\t".join(
            (
                copying.text(stream),
                copying.text(access),
                copying.text(unit),
                copying.text(role),
                since.encode(),
                copying.boolean(answer.data["accepts"]) if answer else copying.NULL,
                copying.day(_day(answer)),
                copying.text(department),
            )
        )


def _samples(stream: str, of: dict[str, list[Fact]], performed: Fact, subject: str | None) -> Iterator[bytes]:
    by_code: dict[str, dict[str, Fact]] = {}
    for kind in ("sampled", "sample_tested", "sample_result_recorded"):
        for fact in of.get(kind, ()):
            by_code.setdefault(fact.data["sample"], {})[kind] = fact
    for code, facts in by_code.items():
        taken, tested, result = (facts.get(k) for k in ("sampled", "sample_tested", "sample_result_recorded"))
        said: dict[str, Any] = {}
        for each in (taken, tested, result):
            said |= {name: value for name, value in each.data.items() if value is not None} if each else {}
        product = said.get("product") or {}
        report = said.get("report") or {}
        yield b"\t".join(
            (
                copying.text(stream),
                copying.text(subject),
                copying.text(performed.data["mode"]),
                copying.text(code),
                copying.text(product.get("name")),
                copying.text(product.get("models")),
                copying.text(said.get("batch")),
                copying.text(said.get("stage")),
                copying.array(list(said.get("certificates") or performed.data.get("certificates") or ())),
                copying.text(said.get("level")),
                copying.text(said.get("laboratory")),
                copying.day(_day(taken)),
                copying.day(_day(tested)),
                copying.text(report.get("sha256")),
                copying.day(_day(result)),
                copying.boolean(result.data["passed"]) if result else copying.NULL,
                copying.boolean(bool(result.data.get("grave"))) if result else copying.NULL,
                copying.json_text(said["calibration"]) if said.get("calibration") else copying.NULL,
            )
        )


def _feedback(stream: str, of: dict[str, list[Fact]], subject: str) -> Iterator[bytes]:
    """Yield the enterprise's problems, opinions and suggestions as its patrol records have them (S1-28)."""
    recorded = _only(of, "recorded")
    for part in recorded.data["parts"] if recorded else ():
        given = part["content"].get("feedback") or {}
        for field, kind in _FEEDBACK.items():
            for number, each in enumerate(given.get(field) or (), 1):
                row = (copying.text(stream), copying.text(subject), kind.encode(), b"%d" % number)
                yield b"\t".join((*row, copying.day(_day(recorded)), copying.text(each)))


def _findings(stream: str, of: dict[str, list[Fact]], performed: Fact, subject: str) -> Iterator[bytes]:
    closed = {fact.data["finding"]: fact.effective for fact in of.get("finding_closed", ())}
    for fact in of.get("finding_recorded", ()):
        data = fact.data
        yield b"\t".join(
            (
                copying.text(stream),
                copying.text(subject),
                copying.text(data["finding"]),
                copying.text(data["grade"]),
                *(copying.text(data.get(name)) for name in ("violation", "stage", "standard", "clause")),
                copying.array(list(data.get("tags") or ())),
                fact.effective.encode(),
                copying.day(data.get("due")),
                copying.day(closed.get(data["finding"])),
                copying.text(responsible_for(data, performed.data)),
            )
        )


def _assistance(stream: str, of: dict[str, list[Fact]]) -> Iterator[bytes]:
    answers = {fact.data["request"]: fact for fact in of.get("assistance_answered", ())}
    for fact in of.get("assistance_requested", ()):
        answer = answers.get(fact.data["request"])
        yield b"\t".join(
            (
                copying.text(stream),
                copying.text(fact.data["request"]),
                copying.text(fact.source),
                copying.text(fact.data["to"]),
                fact.effective.encode(),
                copying.text(fact.data["text"]),
                copying.day(_day(answer)),
                copying.boolean(answer.data["provided"]) if answer else copying.NULL,
            )
        )


def _recognitions(stream: str, of: dict[str, list[Fact]]) -> Iterator[bytes]:
    for fact in of.get("recognised", ()):
        plan, until = fact.data["plan"], fact.data["until"]
        row = (copying.text(stream), copying.text(fact.source), copying.text(plan))
        yield b"\t".join((*row, fact.effective.encode(), until.encode()))


def _day(fact: Fact | None) -> str | None:
    return fact.effective if fact else None
