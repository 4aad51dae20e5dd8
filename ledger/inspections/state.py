"""An inspection from plan to filed record; it closes only when its record is in the archive (S1-90).

Findings stay open until verified as corrected, whatever became of the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ledger.access.jurisdiction import level_of
from ledger.codes.identifiers import organisation_key
from ledger.facts import Fact
from ledger.inspections.codes import mode_on
from ledger.inspections.forms import fault_of, findings_cited, version_on
from ledger.parties import AUTHORITIES, BODY, LOCAL_AUTHORITY, NATIONAL_AUTHORITY, party_of
from ledger.timeline import Illegal

_RESPONSIBLE = frozenset({"lead", "co_responsible"})
_DECIDING = frozenset({"performed", "finding_recorded", "finding_closed", "recorded", "filed", "recognised"})
_WITHOUT_INSPECTION = frozenset({"participation_answered", "assistance_requested", "assistance_answered"})


@dataclass(frozen=True, slots=True)
class InspectionState:
    """What was planned, performed, recorded and filed, who takes part, and which findings are open or closed."""

    performed: bool = False
    organisation: str = ""
    target: str = ""
    performed_by: str = ""
    open_findings: frozenset[str] = frozenset()
    closed_findings: frozenset[str] = frozenset()
    mode: str = ""
    planned_by: str = ""
    cancelled: bool = False
    units: tuple[tuple[str, str], ...] = ()
    answered: frozenset[str] = frozenset()
    samples: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()
    forms: tuple[tuple[str, int], ...] = ()
    cited: frozenset[str] = frozenset()
    filed: bool = False
    asked: tuple[tuple[str, str], ...] = ()
    helped: frozenset[str] = frozenset()

    def roles(self, party: str) -> frozenset[str]:
        """Return the roles of a party in it."""
        return frozenset(role for unit, role in self.units if unit == party)


Step = InspectionState | Illegal


class InspectionMachine:
    """Steps along one inspection's effective timeline."""

    def start(self) -> InspectionState:
        """Return the state of an inspection of which nothing was said."""
        return InspectionState()

    def step(self, state: InspectionState, fact: Fact) -> Step:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("inspection.")
        if name in _DECIDING and state.roles(fact.source) == {"expert"}:
            return Illegal("expert_decides_nothing", pointer="/source", params=(("source", fact.source),))
        if name in {"planned", "performed"}:
            return _STEPS[name](state, fact)
        if name in _WITHOUT_INSPECTION or name == "plan_cancelled":
            if not (state.planned_by or state.performed):
                return Illegal("inspection_not_planned", may_wait=True, pointer="/effective")
            return _STEPS[name](state, fact)
        if not state.performed:
            return Illegal("inspection_not_performed", may_wait=True, pointer="/effective")
        return _not_concerned(state, fact) or _STEPS[name](state, fact)


def _not_concerned(state: InspectionState, fact: Fact) -> Illegal | None:
    """A body speaks of its own inspections, and of those in which it is responsible together with an authority."""
    speaker = party_of(fact.source)
    if speaker is None or speaker.kind != BODY or fact.source == state.performed_by:
        return None
    if state.roles(fact.source) & _RESPONSIBLE:
        return None
    return Illegal("not_own_inspection", pointer="/source", params=(("source", fact.source),))


def _planned(state: InspectionState, fact: Fact) -> Step:
    if state.planned_by:
        return Illegal("inspection_already_planned")
    if state.performed:
        return Illegal("inspection_already_performed")
    data = fact.data
    units = _units(data)
    after = replace(
        state,
        planned_by=fact.source,
        mode=data["mode"],
        organisation=data.get("organisation") or "",
        target=data.get("target") or "",
        units=units,
    )
    if data["due"] < fact.effective:
        return Illegal("plan_due_before_made", pointer="/due")
    return _mode_objection(fact, units, after, is_plan=True) or after


def _plan_cancelled(state: InspectionState, fact: Fact) -> Step:
    if state.performed:
        return Illegal("inspection_already_performed")
    if state.cancelled:
        return Illegal("plan_already_cancelled")
    if fact.source != state.planned_by and not _is_lead(state, fact.source):
        return Illegal("not_own_plan", pointer="/source", params=(("source", fact.source),))
    return replace(state, cancelled=True)


def _performed(state: InspectionState, fact: Fact) -> Step:
    if state.performed:
        return Illegal("inspection_already_performed")
    if state.cancelled:
        return Illegal("plan_already_cancelled")
    data = fact.data
    units = tuple(dict.fromkeys((*state.units, *_units(data))))
    if state.planned_by:
        if (state.organisation or state.target) and _subject(state.organisation, state.target) != _subject(
            data.get("organisation"), data.get("target")
        ):
            named = (("organisation", state.organisation or state.target),)
            return Illegal("plan_of_another", pointer="/organisation", params=named)
        if state.mode != data["mode"]:
            return Illegal("plan_of_another_mode", pointer="/mode", params=(("mode", state.mode),))
        speaker = party_of(fact.source)
        is_body = speaker is not None and speaker.kind == BODY
        if is_body and fact.source != state.planned_by and not state.roles(fact.source) & _RESPONSIBLE:
            return Illegal("not_own_inspection", pointer="/source", params=(("source", fact.source),))
    after = replace(
        state,
        performed=True,
        mode=data["mode"],
        organisation=data.get("organisation") or "",
        target=data.get("target") or "",
        performed_by=fact.source,
        units=units,
    )
    return _mode_objection(fact, units, after, is_plan=False) or after


def _mode_objection(
    fact: Fact, units: tuple[tuple[str, str], ...], after: InspectionState, *, is_plan: bool
) -> Illegal | None:
    """Judge by the mode's row of that day: who organises it, and which kinds of parties it takes."""
    code = fact.data["mode"]
    mode = mode_on(code, fact.effective)
    if mode is None:
        return Illegal("mode_not_in_force", pointer="/mode", params=(("mode", code),), regardless=after)
    level = _level(fact.source, fact.effective)
    if is_plan and mode.organisers and level not in mode.organisers:
        levels = (("mode", code), ("source", fact.source), ("levels", ", ".join(mode.organisers)))
        return Illegal("mode_not_organised_here", pointer="/source", params=levels, regardless=after)
    missing = set(mode.parties) - {_kind(fact.source)} - {_kind(unit) for unit, _ in units}
    if missing:
        named = (("mode", code), ("parties", ", ".join(sorted(missing))))
        return Illegal("mode_party_missing", pointer="/units", params=named, regardless=after)
    unknown = next((unit for unit, _ in units if _kind(unit) in {"", "organisation"}), None)
    if unknown is not None:
        return Illegal("unit_unknown", pointer="/units", params=(("unit", unknown),))
    return None


def _participation_answered(state: InspectionState, fact: Fact) -> Step:
    if not state.roles(fact.source):
        return Illegal("not_a_participant", pointer="/source", params=(("source", fact.source),))
    if fact.source in state.answered:
        return Illegal("participation_already_answered", pointer="/source")
    return replace(state, answered=state.answered | {fact.source})


def _assistance_requested(state: InspectionState, fact: Fact) -> Step:
    request, to = fact.data["request"], fact.data["to"]
    if any(request == known for known, _ in state.asked):
        return Illegal("assistance_already_requested", pointer="/request")
    if _kind(to) != "authority" or to == fact.source:
        return Illegal("unit_unknown", pointer="/to", params=(("unit", to),))
    return replace(state, asked=(*state.asked, (request, to)))


def _assistance_answered(state: InspectionState, fact: Fact) -> Step:
    request = fact.data["request"]
    to = next((to for known, to in state.asked if known == request), None)
    if to is None:
        return Illegal("assistance_request_unknown", may_wait=True, pointer="/request")
    if to != fact.source:
        return Illegal("request_to_another", pointer="/source", params=(("source", to),))
    if request in state.helped:
        return Illegal("request_already_answered", pointer="/request")
    return replace(state, helped=state.helped | {request})


def _recognised(state: InspectionState, fact: Fact) -> Step:
    if fact.data["until"] < fact.effective:
        return Illegal("recognition_ends_before_it_begins", pointer="/until")
    return state


def _recorded(state: InspectionState, fact: Fact) -> Step:
    if state.forms:
        return Illegal("inspection_already_recorded")
    reviewer = fact.data.get("reviewed_by")
    if reviewer is not None and reviewer == fact.data.get("filled_by"):
        return Illegal("record_reviewed_by_filler", pointer="/reviewed_by")
    parts = fact.data["parts"]
    forms = tuple((part["form"], part["version"]) for part in parts)
    cited: frozenset[str] = frozenset()
    for number, (form, version) in enumerate(forms):
        expected = version_on(form, fact.effective)
        if expected != version:
            named = (("form", form), ("version", "—" if expected is None else str(expected)))
            return Illegal(
                "record_form_not_in_force",
                pointer=f"/parts/{number}/version",
                params=named,
                regardless=replace(state, forms=forms),
            )
        fault = fault_of(form, version, parts[number]["content"])
        if fault is not None:
            return Illegal(fault.code, pointer=f"/parts/{number}/content{fault.pointer}", params=fault.params)
        cited |= findings_cited(form, version, parts[number]["content"])
    mode = mode_on(state.mode, fact.effective)
    missing = set(mode.forms if mode else ()) - {form for form, _ in forms}
    after = replace(state, forms=forms, cited=cited)
    if missing:
        named = (("form", ", ".join(sorted(missing))), ("mode", state.mode))
        return Illegal("record_form_missing", pointer="/parts", params=named, regardless=after)
    return after


def _filed(state: InspectionState, fact: Fact) -> Step:
    if not state.forms:
        return Illegal("inspection_not_recorded", may_wait=True, pointer="/effective")
    if state.filed:
        return Illegal("inspection_already_filed")
    missing = state.cited - state.open_findings - state.closed_findings
    if missing:
        named = (("findings", ", ".join(sorted(missing))),)
        return Illegal("cited_finding_missing", may_wait=True, pointer="/effective", params=named)
    if fact.data["archive"] != _subject(state.organisation, state.target):
        named = (("organisation", state.organisation or state.target),)
        return Illegal("archive_of_another", pointer="/archive", params=named)
    return replace(state, filed=True)


def _finding_recorded(state: InspectionState, fact: Fact) -> Step:
    finding = str(fact.data["finding"])
    if finding in state.open_findings | state.closed_findings:
        return Illegal("finding_already_recorded", pointer="/finding")
    return replace(state, open_findings=state.open_findings | {finding})


def _finding_closed(state: InspectionState, fact: Fact) -> Step:
    finding = str(fact.data["finding"])
    if finding not in state.open_findings:
        return Illegal("finding_not_open", may_wait=True, pointer="/finding")
    return replace(
        state,
        open_findings=state.open_findings - {finding},
        closed_findings=state.closed_findings | {finding},
    )


def _sampled(state: InspectionState, fact: Fact) -> Step:
    if fact.data["sample"] in state.samples:
        return Illegal("sample_already_taken", pointer="/sample")
    return replace(state, samples=state.samples | {fact.data["sample"]})


def _sample_tested(state: InspectionState, fact: Fact) -> Step:
    if fact.data["sample"] not in state.samples:
        return Illegal("sample_not_taken", may_wait=True, pointer="/sample")
    speaker = party_of(fact.source)
    if speaker is not None and speaker.kind == "laboratory" and fact.source != fact.data["laboratory"]:
        return Illegal("not_own_test", pointer="/laboratory", params=(("source", fact.source),))
    return replace(state, tested=state.tested | {fact.data["sample"]})


def _same(state: InspectionState, _fact: Fact) -> Step:
    return state


_STEPS: Mapping[str, Callable[[InspectionState, Fact], Step]] = {
    "planned": _planned,
    "plan_cancelled": _plan_cancelled,
    "performed": _performed,
    "participation_answered": _participation_answered,
    "assistance_requested": _assistance_requested,
    "assistance_answered": _assistance_answered,
    "recognised": _recognised,
    "recorded": _recorded,
    "filed": _filed,
    "finding_recorded": _finding_recorded,
    "finding_closed": _finding_closed,
    "sampled": _sampled,
    "sample_tested": _sample_tested,
    "sample_result_recorded": _same,
    "published": _same,
}


def _units(data: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return who takes part, each with a role; where nobody leads, the authority of the place does (S1-40)."""
    said = data.get("units")
    units = tuple((each["unit"], each["role"]) for each in said) if isinstance(said, list) else ()
    if any(role == "lead" for _, role in units) or "due" not in data:
        return units
    return ((f"SAMR-{data['region']}", "lead"), *units)


def _subject(organisation: str | None, target: str | None) -> str:
    return f"organisation:{organisation_key(organisation)}" if organisation else target or ""


def _is_lead(state: InspectionState, party: str) -> bool:
    return "lead" in state.roles(party)


def _kind(source: str) -> str:
    party = party_of(source)
    if party is None:
        return ""
    return "authority" if party.kind in AUTHORITIES else party.kind


def _level(source: str, day: str) -> str | None:
    party = party_of(source)
    if party is None or party.kind not in AUTHORITIES:
        return None
    if party.kind == NATIONAL_AUTHORITY:
        return "national"
    return level_of(party.region, day) if party.kind == LOCAL_AUTHORITY else None


MACHINE = InspectionMachine()
