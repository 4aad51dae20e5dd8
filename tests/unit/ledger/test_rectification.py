"""A finding's way: cause, plan, verification, disposition; a failure demands the body's decision, and it decides."""

import pytest

from ledger.codes.cases import labels, repeated_admonitions
from ledger.rectification import RectificationState
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    OTHER_BODY,
    SIGNERS,
    accept,
    certificate,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    suspended,
)
from tests.support.supervising import (
    CITY,
    COUNTY,
    SIBLING,
    case,
    found,
    said,
    way,
)

ENTERPRISE = "organisation:91350100M000100Y43"


@pytest.fixture
def ledger() -> Ledger:
    ledger = register_of()
    accept(ledger, issued(), *found())
    return ledger


def tip(ledger: Ledger, stream: str = "i-1:F1") -> RectificationState:
    state: RectificationState = ledger.timeline(f"rectification:{stream}").tip
    return state


@pytest.mark.requirement("S2-26", "S2-46")
def test_the_finding_comes_before_its_cause_the_cause_before_the_plan_and_the_plan_before_verification() -> None:
    ledger = register_of()
    assert refusal(ledger, way("opened", "2031-02-02")).code == "finding_unknown"
    accept(ledger, *found(), way("opened", "2031-02-02"))
    plan, verified = way("plan_submitted", "2031-02-05"), way("verified", "2031-03-01")
    assert accept(ledger, verified)[0].waits == "plan_not_submitted"
    assert accept(ledger, plan)[0].waits == "cause_not_analysed"
    assert tip(ledger).phase == "opened"
    accept(ledger, way("cause_analysed", "2031-02-03"))
    assert tip(ledger).phase == "verified"


@pytest.mark.requirement("S0-50", "S1-43")
def test_a_general_problem_is_closed_by_service_and_a_serious_one_is_not(ledger: Ledger) -> None:
    accept(ledger, *found("G1", "minor", "i-2"))
    accept(ledger, way("opened", "2031-02-02", "i-2:G1", severity="general"))
    accept(ledger, way("service_provided", "2031-02-03", "i-2:G1"))
    accept(ledger, way("closed", "2031-02-04", "i-2:G1", disposition="service"))
    assert (tip(ledger, "i-2:G1").phase, tip(ledger, "i-2:G1").disposition) == ("closed", "service")
    assert refusal(ledger, way("opened", "2031-02-02", severity="general")).code == "major_finding_is_serious"
    accept(ledger, way("opened", "2031-02-02"))
    assert refusal(ledger, way("service_provided", "2031-02-03")).code == "serious_needs_more_than_service"
    assert refusal(ledger, way("closed", "2031-02-04", disposition="service")).code == "no_disposition"


@pytest.mark.parametrize("disposition", ["rectified", "service", "admonition", "case", "decision"])
def test_nothing_is_closed_without_its_disposition(ledger: Ledger, disposition: str) -> None:
    accept(ledger, way("opened", "2031-02-02"))
    objection = refusal(ledger, way("closed", "2031-02-03", disposition=disposition))
    assert objection.code == "no_disposition"


@pytest.mark.requirement("S1-35")
@pytest.mark.parametrize("code", ["uncertified_production", "production_while_invalid", "certificate_mismatch"])
def test_each_of_the_three_behaviours_ends_in_a_disposition(ledger: Ledger, code: str) -> None:
    accept(ledger, way("opened", "2031-02-02", violations=[code]))
    assert refusal(ledger, way("closed", "2031-02-20", disposition="case")).code == "no_disposition"
    named = way("case_referred", "2031-02-10", case=f"case:{COUNTY}:1")
    assert refusal(ledger, named).code == "case_unknown"
    accept(ledger, case("opened", "2031-02-09", violations=[code]), named)
    accept(ledger, way("closed", "2031-02-20", disposition="case"))
    assert tip(ledger).disposition == "case"


@pytest.mark.requirement("S2-47")
def test_after_a_failure_the_body_decides_and_names_its_decision(ledger: Ledger) -> None:
    accept(
        ledger, way("opened", "2031-02-02"), way("cause_analysed", "2031-02-03"), way("plan_submitted", "2031-02-04")
    )
    accept(ledger, way("admonition_issued", "2031-02-05"), way("verified", "2031-02-20", outcome="failed"))
    assert tip(ledger).outstanding == (certificate(),)
    assert refusal(ledger, way("closed", "2031-02-21", disposition="admonition")).code == "decision_outstanding"

    about = {"certificate": certificate()}
    unknown = way("decision_recorded", "2031-02-25", source=BODY, decision={"source": BODY, "id": "x"}, **about)
    assert refusal(ledger, unknown).code == "decision_unknown"
    maintained = decided("maintained", "2031-02-22")
    accept(ledger, maintained)
    lenient = {"source": BODY, "id": maintained.id}
    kept = way("decision_recorded", "2031-02-25", source=BODY, decision=lenient, **about)
    assert refusal(ledger, kept).code == "decision_unknown"
    explained = way("decision_recorded", "2031-02-25", source=BODY, reason="整改有效", **about)
    accept(ledger, explained)
    assert tip(ledger).outstanding == (certificate(),)

    decision = suspended(day="2031-02-26")
    accept(ledger, decision)
    answer = {"decision": {"source": BODY, "id": decision.id}, **about}
    assert refusal(ledger, way("decision_recorded", "2031-02-26", source=OTHER_BODY, **answer)).code in {
        "decision_of_another_body", "not_own_certificate",
    }  # fmt: skip
    assert refusal(ledger, way("decision_recorded", "2031-02-26", **answer)).code == "not_competent"
    accept(ledger, way("decision_recorded", "2031-02-26", source=BODY, **answer))
    assert tip(ledger).outstanding == ()
    last = ledger.timeline("rectification:i-1:F1").applied[-1]
    assert (last.type, last.data["decision"]) == ("rectification.decision_recorded", answer["decision"])
    accept(ledger, way("closed", "2031-03-01", disposition="decision"))


def test_no_authority_changes_a_certificate(ledger: Ledger) -> None:
    order = said(
        "certificate.suspended", certificate(), "2031-03-01", COUNTY,
        until="2031-06-01", reason_code="0111", signers=SIGNERS,
    )  # fmt: skip
    assert refusal(ledger, order).code == "not_competent"


def test_an_admonition_is_acknowledged_and_followed_up(ledger: Ledger) -> None:
    accept(ledger, way("opened", "2031-02-02"), way("admonition_issued", "2031-02-05"))
    accept(ledger, way("admonition_acknowledged", "2031-02-06", source=ENTERPRISE, document_number="告1号"))
    accept(ledger, way("admonition_followed_up", "2031-03-06", document_number="告1号", text="已改正"))
    accept(ledger, way("closed", "2031-03-07", disposition="admonition"))
    assert "admonition" not in labels("penalty")
    with pytest.raises(AssertionError, match="literal_error"):
        case("penalty_decided", "2031-03-01", penalties=["admonition"])
    assert repeated_admonitions("2031-01-01") == (2, 24)


def test_an_enterprise_speaks_about_its_own_findings_only(ledger: Ledger) -> None:
    accept(ledger, way("opened", "2031-02-02"), way("cause_analysed", "2031-02-03", source=ENTERPRISE))
    stranger = way("plan_submitted", "2031-02-04", source="organisation:91350100M00010102K", measures="x")
    assert refusal(ledger, stranger).code == "not_the_inspected"
    assert refusal(ledger, way("verified", "2031-02-04", source=ENTERPRISE)).code == "not_competent"


def test_a_body_follows_up_what_it_found_and_nothing_else(ledger: Ledger) -> None:
    accept(ledger, *found("B1", "minor", "i-b", BODY))
    accept(ledger, way("opened", "2031-02-02", "i-b:B1", BODY, severity="general"))
    accept(ledger, way("cause_analysed", "2031-02-03", "i-b:B1", BODY))
    accept(ledger, way("opened", "2031-02-02"))
    assert refusal(ledger, way("cause_analysed", "2031-02-03", source=BODY)).code == "not_own_rectification"


def test_an_authority_follows_up_in_its_own_area(ledger: Ledger) -> None:
    assert refusal(ledger, way("opened", "2031-02-02", source=SIBLING)).code == "outside_jurisdiction"
    accept(ledger, way("opened", "2031-02-02", source=CITY))


@pytest.mark.requirement("S3-31")
def test_every_finding_that_is_followed_up_names_the_responsible_enterprise(ledger: Ledger) -> None:
    opened = {"region": "440604", "severity": "serious"}
    with pytest.raises(AssertionError, match="missing"):
        said("rectification.opened", "rectification:i-1:F1", "2031-02-02", **opened)
    other = way("opened", "2031-02-02", organisation="91350100M00010102K")
    assert refusal(ledger, other).code == "not_the_inspected"


@pytest.mark.requirement("S2-32")
def test_help_in_rectification_is_linked_to_the_finding(ledger: Ledger) -> None:
    accept(ledger, way("opened", "2031-02-02"), way("assisted", "2031-02-05", source=BODY, text="上门讲解"))
    timeline = ledger.timeline("rectification:i-1:F1")
    assert [fact.type for fact in timeline.applied][-1] == "rectification.assisted"
    assert ledger.timeline("inspection:i-1").tip.open_findings == {"F1"}


def test_each_tool_has_an_event_of_its_own(ledger: Ledger) -> None:
    accept(
        ledger,
        way("opened", "2031-02-02"),
        way("interview_held", "2031-02-03", subject="产品一致性"),
        way("commitment_given", "2031-02-03", source=ENTERPRISE, commitment="一个月内完成整改"),
        way("recommended", "2031-02-04", document_number="督1号", recommendation="加强进货检验"),
    )


def test_a_correction_is_judged_by_the_other_streams_too(ledger: Ledger) -> None:
    opened = way("opened", "2031-02-02")
    accept(ledger, opened)
    lower = corrected(opened, {**opened.data, "severity": "general"})
    assert refusal(ledger, lower).code == "major_finding_is_serious"
