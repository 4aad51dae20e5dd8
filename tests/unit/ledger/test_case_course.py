"""A case takes its whole course: lead, opening, proposal, review by another unit, decision by the law of the day."""

from typing import Any

import pytest

from ledger.cases import CaseState
from ledger.codes.cases import labels, violations
from ledger.service import Ledger
from tests.support.statements import BODY, LAW, accept, refusal, register_of
from tests.support.supervising import (
    CITY,
    COUNTY,
    ELSEWHERE,
    ENFORCEMENT,
    LEGAL,
    PAPER,
    PROVINCE,
    SIBLING,
    SUPERVISION,
    case,
    found,
    said,
    way,
    whole_course,
)


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def tip(ledger: Ledger, number: str = "1", owner: str = COUNTY) -> CaseState:
    state: CaseState = ledger.timeline(f"case:{owner}:{number}").tip
    return state


def test_a_case_goes_through_all_its_phases(ledger: Ledger) -> None:
    phases = []
    for step in [case("lead_registered", "2031-01-25"), *whole_course()]:
        accept(ledger, step)
        phases.append(tip(ledger).phase)
    assert phases == ["lead", "open", "investigated", "proposed", "reviewed", "decided", "executed", "closed"]


@pytest.mark.requirement("S0-32")
def test_each_step_is_the_word_of_its_own_unit_and_a_penalty_needs_the_legal_units_review(ledger: Ledger) -> None:
    opened, investigated, proposed, reviewed, decided, *_ = whole_course()
    accept(ledger, case("lead_registered", "2031-01-25", "7"))
    wrong = case("referred", "2031-01-26", "7", to=SIBLING, reason="管辖", unit=ENFORCEMENT)
    assert refusal(ledger, wrong).code == "unit_not_competent"
    accept(ledger, case("referred", "2031-01-26", "7", to=SIBLING, reason="管辖", unit=SUPERVISION))
    accept(ledger, opened)
    assert refusal(ledger, case("investigated", "2031-02-10", unit=LEGAL)).code == "unit_not_competent"
    accept(ledger, investigated)
    assert refusal(ledger, case("penalty_proposed", "2031-02-15", unit=SUPERVISION)).code == "unit_not_competent"
    accept(ledger, proposed)
    assert refusal(ledger, case("legally_reviewed", "2031-02-20", unit=ENFORCEMENT)).code == "unit_not_competent"
    assert refusal(ledger, decided).code == "legal_review_missing"
    accept(ledger, reviewed, decided)
    assert tip(ledger).decisions == ("处1号",)


def test_a_returned_proposal_carries_no_decision(ledger: Ledger) -> None:
    opened, investigated, proposed, _, decided, *_ = whole_course()
    accept(ledger, opened, investigated, proposed, case("legally_reviewed", "2031-02-20", outcome="returned"))
    assert refusal(ledger, decided).code == "legal_review_missing"


@pytest.mark.requirement("S0-34")
def test_who_proposed_does_not_review(ledger: Ledger) -> None:
    opened, investigated, *_ = whole_course()
    accept(ledger, opened, investigated, case("penalty_proposed", "2031-02-15", unit={**ENFORCEMENT, "unit": "mixed"}))
    own = case("legally_reviewed", "2031-02-20", unit={**LEGAL, "unit": "mixed"})
    assert (refusal(ledger, own).code, refusal(ledger, own).status) == ("reviewed_by_proposer", 403)
    accept(ledger, case("legally_reviewed", "2031-02-20"))


@pytest.mark.requirement("S0-31")
def test_a_case_outside_the_area_needs_a_designation_or_a_referral(ledger: Ledger) -> None:
    there = {"owner": ELSEWHERE, "source": ELSEWHERE}
    assert refusal(ledger, case("opened", "2031-02-01", **there)).code == "outside_jurisdiction"
    referred = case("opened", "2031-02-01", referred_from=f"case:{COUNTY}:1", **there)
    assert refusal(ledger, referred).code == "referral_unknown"
    accept(ledger, case("lead_registered", "2031-01-25"), case("referred", "2031-01-26", to=ELSEWHERE, reason="管辖"))
    sibling = case("opened", "2031-02-01", owner=SIBLING, source=SIBLING, referred_from=f"case:{COUNTY}:1")
    assert refusal(ledger, sibling).code == "referral_unknown"
    accept(ledger, referred, case("investigated", "2031-02-10", **there))
    assert tip(ledger).phase == "referred"
    assert refusal(ledger, case("opened", "2031-02-01")).code == "already_referred"

    named = {"document_number": "指1号", "legal_basis": LAW}
    by_equal = case("designated", "2031-01-30", "9", SIBLING, owner=SIBLING, **named)
    assert refusal(ledger, by_equal).code == "not_superior"
    accept(ledger, case("designated", "2031-01-30", "9", PROVINCE, owner=SIBLING, **named))
    accept(ledger, case("opened", "2031-02-01", "9", SIBLING, owner=SIBLING))
    accept(ledger, case("investigated", "2031-02-10", "9", SIBLING, owner=SIBLING))


def test_a_referral_is_returned_by_whom_it_was_made_to(ledger: Ledger) -> None:
    accept(ledger, case("lead_registered", "2031-01-25"), case("referred", "2031-01-26", to=ELSEWHERE, reason="管辖"))
    assert refusal(ledger, case("referral_returned", "2031-01-27", reason="不属")).code == "referred_to_another"
    accept(ledger, case("referral_returned", "2031-01-27", source=ELSEWHERE, reason="不属"))
    accept(ledger, case("opened", "2031-02-01"))


def test_a_referral_is_accepted_once_by_whom_it_was_made_to(ledger: Ledger) -> None:
    accept(ledger, case("lead_registered", "2031-01-25"), case("referred", "2031-01-26", to=ELSEWHERE, reason="管辖"))
    assert refusal(ledger, case("referral_accepted", "2031-01-27")).code == "referred_to_another"
    accept(ledger, case("referral_accepted", "2031-01-27", source=ELSEWHERE))
    again = case("referral_accepted", "2031-01-28", source=ELSEWHERE)
    assert refusal(ledger, again).code == "referral_already_accepted"
    assert refusal(ledger, case("opened", "2031-02-01")).code == "already_referred", "it is the other's matter"
    accept(ledger, case("referral_returned", "2031-01-29", source=ELSEWHERE, reason="不属"))
    accept(ledger, case("opened", "2031-02-01"))


def test_a_lead_handed_to_another_unit_goes_on_there_once_it_is_accepted(ledger: Ledger) -> None:
    handed = case("referred", "2031-01-26", to=COUNTY, to_unit="team-1", reason="涉嫌违法", unit=SUPERVISION)
    accept(ledger, case("lead_registered", "2031-01-25"), handed)
    assert refusal(ledger, case("opened", "2031-02-01")).code == "already_referred"
    accept(ledger, case("referral_accepted", "2031-01-27", unit=ENFORCEMENT), case("opened", "2031-02-01"))
    assert tip(ledger).phase == "open"


@pytest.mark.requirement("S0-33")
def test_two_leads_merged_into_one_case_keep_both_histories(ledger: Ledger) -> None:
    leads = [f"case:{COUNTY}:L{n}" for n in (1, 2)]
    accept(
        ledger,
        case("lead_registered", "2031-01-20", "L1"),
        case("lead_registered", "2031-01-21", "L2", lead="patrol"),
        case("lead_investigated", "2031-01-22", "L1", outcome="substantiated", text="属实"),
        case("opened", "2031-02-01", leads=leads),
        case("merged", "2031-02-01", "L1", into=f"case:{COUNTY}:1", reason="同一违法行为"),
        case("merged", "2031-02-01", "L2", into=f"case:{COUNTY}:1", reason="同一违法行为"),
    )
    assert [tip(ledger, n).phase for n in ("L1", "L2", "1")] == ["merged", "merged", "open"]
    assert [len(ledger.timeline(lead).applied) for lead in leads] == [3, 2]
    assert refusal(ledger, case("lead_dismissed", "2031-02-02", "L1", reason="重复")).code == "lead_ended"


@pytest.mark.requirement("S1-65")
def test_every_lead_has_a_source_code_and_an_outcome(ledger: Ledger) -> None:
    for number, code in enumerate(labels("lead")):
        accept(ledger, case("lead_registered", "2031-01-20", f"L{number}", lead=code))
    with pytest.raises(AssertionError, match="missing"):
        said("case.lead_registered", f"case:{COUNTY}:X", "2031-01-20", region="440604", violation="无来源")
    with pytest.raises(AssertionError, match="literal_error"):
        case("lead_registered", "2031-01-20", lead="rumour")
    complaint = case("lead_registered", "2031-01-20", "C", lead="complaint", channel="telephone", informant="named")
    investigated = case("lead_investigated", "2031-01-25", "C", outcome="unsubstantiated", text="查无实据")
    accept(ledger, complaint, investigated, case("lead_dismissed", "2031-01-26", "C", reason="查无实据"))
    assert tip(ledger, "C").phase == "dismissed"


@pytest.mark.requirement("S1-67", "S2-85")
def test_the_sources_that_the_seeds_name_are_codes() -> None:
    assert {"patrol", "market_supervision", "complaint", "media", "other_jurisdiction", "superior"} <= set(
        labels("lead")
    )


def test_a_complaint_names_no_informant(ledger: Ledger) -> None:
    for member in ("informant_name", "informant_telephone", "contact"):
        with pytest.raises(AssertionError, match="extra_forbidden"):
            case("lead_registered", "2031-01-20", **{member: "某人"})
    spoken = case("lead_registered", "2031-01-20", violation="举报人电话13812345678")
    assert refusal(ledger, spoken).code.startswith("personal")


@pytest.mark.requirement("S1-66", "S2-87", "S2-88")
@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (f"body:{BODY}", "body"),
        ("person:CCAA:S101001", "person"),
        ("organisation:M000100Y4", "consulting_body"),
        ("organisation:M000100Y4", "producer"),
        ("LAB-101", "testing_body"),
    ],
)
def test_every_kind_of_party_may_be_the_subject_of_a_case(ledger: Ledger, target: str, kind: str) -> None:
    accept(ledger, case("opened", "2031-02-01", target=target, target_kind=kind))
    assert tip(ledger).target == target


@pytest.mark.requirement("S0-55", "S2-36")
def test_a_finding_its_case_and_its_decision_are_linked(ledger: Ledger) -> None:
    inspected = found()
    cause = {"source": inspected[1].source, "id": inspected[1].id}
    opened, *rest = whole_course(causes=[cause], inspections=["inspection:i-1"])
    accept(ledger, *inspected, opened, *rest)
    known = ledger.timeline(f"case:{COUNTY}:1")
    assert known.applied[0].data["causes"] == [cause]
    assert ledger.timeline(known.applied[0].data["inspections"][0]).find(cause["source"], cause["id"]) is not None
    (decision,) = [fact for fact in known.applied if fact.type == "case.penalty_decided"]
    (proposal,) = [fact for fact in known.applied if fact.type == "case.penalty_proposed"]
    assert decision.data["proposal"] == proposal.data["proposal"]
    assert known.tip.phase == "closed"


@pytest.mark.requirement("S4-145")
def test_a_basis_counts_as_it_was_in_force_on_the_day_of_the_act(ledger: Ledger) -> None:
    opened = case("opened", "2023-09-01", act_date="2023-07-01")
    accept(ledger, opened, case("investigated", "2023-09-02"))
    newer = [{"rule": "认证认可条例", "article": "66", "version": "2023-07-20"}]
    older = [{"rule": "认证认可条例", "article": "66", "version": "2020-11-29"}]
    oldest = [{"rule": "认证认可条例", "article": "67", "version": "2016-02-06"}]
    for basis in (newer, oldest):
        objection = refusal(ledger, case("penalty_proposed", "2023-09-03", legal_basis=basis))
        assert (objection.code, dict(objection.params)["day"]) == ("basis_not_in_force", "2023-07-01")
    accept(ledger, case("penalty_proposed", "2023-09-03", legal_basis=older))


@pytest.mark.requirement("S3-14")
def test_a_penalty_or_an_admonition_without_a_basis_is_no_statement() -> None:
    for make in (lambda: case("penalty_decided", "2031-03-01", legal_basis=[]),
                 lambda: way("admonition_issued", "2031-03-01", legal_basis=[])):  # fmt: skip
        with pytest.raises(AssertionError, match="too_short"):
            make()


@pytest.mark.requirement("S3-75")
def test_an_enforcement_document_names_its_authority_its_templates_version_and_its_officers(ledger: Ledger) -> None:
    accept(ledger, *whole_course()[:4])
    bare = whole_course()[4]
    without: dict[str, Any] = {k: v for k, v in bare.data.items() if k not in {"paper", "effective"}}
    assert refusal(ledger, said("case.penalty_decided", bare.subject, "2031-03-01", **without)).code == "paper_missing"
    unknown = case("penalty_decided", "2031-03-01", paper={**PAPER, "version": "9"})
    assert refusal(ledger, unknown).code == "paper_unknown"
    for member in ("authority", "version", "officers"):
        with pytest.raises(AssertionError, match="missing"):
            case("penalty_decided", "2031-03-01", paper={k: v for k, v in PAPER.items() if k != member})
    accept(ledger, bare)


@pytest.mark.requirement("S2-79")
def test_a_request_for_evidence_is_open_until_the_body_answers(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01"), case("evidence_requested", "2031-02-05"))
    assert not tip(ledger).requests[0].answered
    other = case("evidence_provided", "2031-02-20", source="CNCA-R-2031-102", request="Q1")
    assert refusal(ledger, other).code == "request_of_another"
    accept(ledger, case("staff_assigned", "2031-02-20", source=BODY, request="Q1", persons=2))
    assert tip(ledger).requests[0].answered


@pytest.mark.requirement("S1-31")
def test_the_three_behaviours_of_producers_are_codes() -> None:
    patrol = {each.code for each in violations().values() if each.patrol}
    assert patrol == {"uncertified_production", "production_while_invalid", "certificate_mismatch"}


@pytest.mark.requirement("S1-79")
def test_counterfeiting_is_a_code() -> None:
    assert "counterfeiting" in violations()


def test_the_five_key_products_are_categories_of_cases(ledger: Ledger) -> None:
    assert list(labels("key_product")) == [
        "children", "food_related", "automotive", "e_commerce", "hazardous_chemicals",
    ]  # fmt: skip
    accept(ledger, case("opened", "2031-02-01", key_products=["children"]))
    with pytest.raises(AssertionError, match="key_product_unknown"):
        case("opened", "2031-02-01", key_products=["toys"])


@pytest.mark.requirement("S3-58")
def test_a_case_may_belong_to_a_neighbouring_domain(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01", domain="metrology"))
    assert ledger.timeline(f"case:{COUNTY}:1").applied[0].data["domain"] == "metrology"
    with pytest.raises(AssertionError, match="literal_error"):
        case("opened", "2031-02-01", domain="weather")


def test_a_summary_procedure_needs_no_review_and_an_unstated_one_is_an_older_record(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01", procedure="summary"), case("penalty_decided", "2031-02-02"))
    older = {"target": f"body:{BODY}", "region": "440604", "lead": "complaint", "violation": "减少认证程序"}
    decided = {"document_number": "旧1号", "penalties": ["fine"], "description": "罚款", "legal_basis": LAW}
    accept(
        ledger,
        said("case.opened", f"case:{CITY}:2", "2031-02-01", CITY, **older),
        said("case.penalty_decided", f"case:{CITY}:2", "2031-02-02", CITY, **decided),
        said("case.closed", f"case:{CITY}:2", "2031-02-03", CITY, outcome="executed"),
    )
    assert tip(ledger, "2", CITY).closed


def test_a_case_with_a_decision_is_merged_into_no_other(ledger: Ledger) -> None:
    accept(ledger, *whole_course()[:5])
    merged = case("merged", "2031-03-02", into=f"case:{COUNTY}:2", reason="同一违法行为")
    assert refusal(ledger, merged).code == "merged_after_decision"
