"""Random statements about a case, and about a finding's way, come out as a plain reading of the machines says."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.outcomes import Receipt
from ledger.refusals import Refusal
from ledger.service import Ledger
from ledger.timeline import Timeline
from tests.property.supervision_model import Told, case_is_legal, rectification_is_legal
from tests.support.statements import accept, register_of, say
from tests.support.supervising import CITY, COUNTY, ENFORCEMENT, LEGAL, case, found, report_of, said, way

FIRST = date(2031, 3, 1)
Script = list[tuple[str, str, dict[str, Any]]]


def _case_data(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    proposal = {"proposal": draw(st.sampled_from(["P1", "P2"]))}
    if kind == "penalty_proposed":
        return {**proposal, "unit": {**ENFORCEMENT, "unit": draw(st.sampled_from(["team-1", "mixed"]))}}
    if kind == "legally_reviewed":
        unit = {**LEGAL, "unit": draw(st.sampled_from(["legal-1", "mixed"]))}
        return {**proposal, "outcome": draw(st.sampled_from(["approved", "approved", "returned"])), "unit": unit}
    if kind == "penalty_decided":
        return {**proposal, "document_number": draw(st.sampled_from(["处1号", "处2号"]))}
    if kind == "penalty_executed":
        return {"document_number": draw(st.sampled_from(["处1号", "处2号"]))}
    if kind == "closed":
        return {"outcome": draw(st.sampled_from(["executed", "executed", "no_violation", "transferred"]))}
    if kind == "report_submitted":
        return {} if draw(st.booleans()) else {"document": None}
    if kind == "merged":
        return {"into": f"case:{COUNTY}:other", "reason": "同一违法行为"}
    if kind in {"lead_dismissed", "publication_withdrawn"}:
        return {"reason": "重复", **({"document_number": "处1号"} if kind == "publication_withdrawn" else {})}
    return {}


COURSE = (
    "opened", "investigated", "penalty_proposed", "legally_reviewed", "penalty_decided", "penalty_executed", "closed",
    "report_submitted", "report_acknowledged", "published",
)  # fmt: skip
BESIDE = (
    "lead_registered", "lead_dismissed", "merged", "flagged_major", "major_reported", "transferred",
    "transfer_returned", "supervision_ordered", "supervision_lifted", "publication_withdrawn",
)  # fmt: skip


@st.composite
def case_scripts(draw: st.DrawFn) -> Script:
    """The usual course in order with other things in between, so that long legal histories come up too."""
    script: Script = []
    day = 0
    for kind in COURSE[: draw(st.integers(1, len(COURSE)))]:
        for each in (kind, *draw(st.lists(st.sampled_from((*COURSE, *BESIDE)), max_size=2))):
            day += draw(st.integers(0, 3))
            on = day if draw(st.integers(0, 5)) else draw(st.integers(0, 30))
            script.append((each, (FIRST + timedelta(days=on)).isoformat(), _case_data(draw, each)))
    return script


def _case_statement(kind: str, day: str, data: dict[str, Any]) -> Any:
    source = CITY if kind.startswith("supervision_") else "CNCA" if kind == "report_acknowledged" else COUNTY
    if kind == "report_submitted":
        return said("case.report_submitted", f"case:{COUNTY}:1", day, source, **report_of(**data))
    return case(kind, day, source=source, **data)


STEPS = (
    "opened", "cause_analysed", "plan_submitted", "verified", "service_provided", "admonition_issued",
    "admonition_acknowledged", "admonition_followed_up", "closed",
)  # fmt: skip


@st.composite
def ways(draw: st.DrawFn) -> Script:
    """Statements about a finding's way on days in any order."""
    script: Script = [("opened", FIRST.isoformat(), {"severity": draw(st.sampled_from(["general", "serious"]))})]
    for kind in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=12)):
        data: dict[str, Any] = {}
        if kind == "opened":
            data = {"severity": "general"}
        elif kind == "verified":
            data = {"outcome": draw(st.sampled_from(["passed", "passed", "failed"]))}
        elif kind == "closed":
            data = {"disposition": draw(st.sampled_from(["rectified", "service", "admonition", "decision"]))}
        elif kind.startswith("admonition_"):
            data = {"document_number": "告1号", **({"text": "已改正"} if kind.endswith("up") else {})}
        script.append((kind, (FIRST + timedelta(days=draw(st.integers(0, 12)))).isoformat(), data))
    return script


def compare(
    ledger: Ledger,
    script: Script,
    make: Callable[[str, str, dict[str, Any]], Any],
    is_legal: Callable[[Sequence[Told]], bool],
    stream: str,
) -> None:
    """What is applied is legal by the model; what is not would make it illegal, when it was said and still."""
    told: dict[int, Told] = {}
    for kind, day, data in script:
        submission = make(kind, day, data)
        before: Timeline[Any] = ledger.timeline(stream)
        outcome = say(ledger, submission)[0]
        number = before.version + 1
        if isinstance(outcome, Receipt):
            told[number] = Told(number, day, kind, submission.source, dict(submission.data))
        applied = [told[fact.version] for fact in before.applied]
        new = Told(number, day, kind, submission.source, dict(submission.data))
        stands = isinstance(outcome, Receipt) and outcome.decision == "applied"
        if isinstance(outcome, Refusal) or not before.held:
            assert stands == is_legal([*applied, new]), (outcome, [t.kind for t in applied])
        now = [told[fact.version] for fact in ledger.timeline(stream).applied]
        assert is_legal(now)
        for held in ledger.timeline(stream).held:
            assert not is_legal([*now, told[held.version]])


@settings(max_examples=150, deadline=None)
@given(case_scripts())
def test_a_case_is_as_a_plain_reading_of_its_machine_says(script: Script) -> None:
    ledger = register_of()
    compare(ledger, script, _case_statement, case_is_legal, f"case:{COUNTY}:1")
    ledger.close()


@settings(max_examples=150, deadline=None)
@given(ways())
def test_a_findings_way_is_as_a_plain_reading_of_its_machine_says(script: Script) -> None:
    ledger = register_of()
    accept(ledger, *found("F1", "minor", day="2031-02-01"))

    def make(kind: str, day: str, data: dict[str, Any]) -> Any:
        named = {"certificates": []} if kind == "opened" else {}
        return way(kind, day, **{**named, **data})

    compare(ledger, script, make, rectification_is_legal, "rectification:i-1:F1")
    ledger.close()
