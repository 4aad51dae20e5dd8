"""Inspections from plan to filed record: who organises and takes part, what a record needs, and what closes one."""

from typing import Any

import pytest

from ledger.envelope import Submission
from ledger.facts import Fact
from ledger.inspections import MACHINE, InspectionState
from ledger.inspections.codes import codes, labels, mode_on, rows_of
from ledger.refusals import messages
from ledger.service import Ledger
from tests.support.inspecting import COUNTY, daily_patrol, filed, found, performed, planned, recorded, said
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    OTHER_BODY,
    about_body,
    accept,
    certificate,
    corrected,
    refusal,
    register_of,
)

CITY, PROVINCE, SIBLING = "SAMR-440600", "SAMR-440000", "SAMR-440605"
SECTION_12 = {
    "routine_patrol", "unannounced", "special_spot_check", "special_campaign", "effectiveness",
    "ccc_enforcement_spot_check", "product_quality_spot_check", "national_spot_check", "ccc_spot_check", "joint",
    "market_verification", "double_random", "open_check", "covert_check", "import_verification",
    "certificate_mark_check", "self_check", "surveillance", "baseline_survey",
}  # fmt: skip


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def tip(ledger: Ledger, stream: str = "inspection:i-1") -> InspectionState:
    state = ledger.timeline(stream).tip
    assert isinstance(state, InspectionState)
    return state


def units(**roles: str) -> list[dict[str, str]]:
    return [{"unit": unit, "role": role} for role, unit in roles.items()]


def test_every_mode_that_the_sources_name_is_a_dated_row_with_its_source() -> None:
    assert set(codes("modes")) >= SECTION_12
    for row in rows_of("modes"):
        assert row["source"], row
        assert row["origin"] in {"stated", "design"}
        assert row["programme"] in codes("programmes")
    assert mode_on("routine_patrol", "2031-01-01") is not None
    assert mode_on("nothing", "2031-01-01") is None


@pytest.mark.requirement("S1-90")
def test_an_inspection_closes_only_when_its_record_is_in_the_archive(ledger: Ledger) -> None:
    accept(ledger, planned(), performed())
    assert not tip(ledger).filed
    assert accept(ledger, filed())[0].waits == "inspection_not_recorded"
    assert accept(ledger, recorded())[0].releases == (3,)
    assert tip(ledger).filed
    assert refusal(ledger, filed(day="2031-03-01")).code == "inspection_already_filed"


def test_a_record_goes_into_the_archive_of_whom_it_is_about(ledger: Ledger) -> None:
    accept(ledger, performed(), recorded())
    other = said("filed", "2031-02-12", archive="organisation:M00010102")
    assert refusal(ledger, other).code == "archive_of_another"


@pytest.mark.requirement("S2-108")
def test_nobody_reviews_the_record_that_they_filled_in(ledger: Ledger) -> None:
    accept(ledger, performed())
    data = {name: each for name, each in recorded().data.items() if name != "effective"}
    own = said("recorded", "2031-02-11", tag="own", **data, filled_by="CCAA:S101001", reviewed_by="CCAA:S101001")
    assert refusal(ledger, own).code == "record_reviewed_by_filler"
    other = said("recorded", "2031-02-11", tag="other", **data, filled_by="CCAA:S101001", reviewed_by="CCAA:S101002")
    accept(ledger, other)
    assert tip(ledger).forms


def test_a_record_that_cites_a_finding_is_filed_once_the_finding_is_recorded(ledger: Ledger) -> None:
    content = daily_patrol(production={"result": "nonconforming", "findings": ["F1"]})
    accept(ledger, performed(), recorded(content=content))
    assert accept(ledger, filed())[0].waits == "cited_finding_missing"
    assert accept(ledger, found("F1"))[0].releases == (3,)
    assert tip(ledger).filed


def test_a_patrol_goes_from_plan_to_archive_and_its_events_replay_to_the_same_state(ledger: Ledger) -> None:
    # What comes before its inspection waits under an identifier that begins with the speaker's name.
    stream = f"inspection:{COUNTY}-1"
    life = [planned(stream), performed(stream), recorded(stream), filed(stream)]
    accept(ledger, *life)
    other = register_of()
    accept(other, *reversed(life))
    assert tip(other, stream) == tip(ledger, stream)
    state = MACHINE.start()
    for number, each in enumerate(life, 1):
        fact = Fact(number, each.type.name, each.data["effective"], each.data, each.source, each.id)
        after = MACHINE.step(state, fact)
        assert isinstance(after, InspectionState), after
        state = after
    assert state == tip(ledger, stream)


@pytest.mark.requirement("S0-52", "S1-36")
@pytest.mark.parametrize("member", ["programme", "stage"])
def test_no_plan_and_no_record_is_without_its_type_and_stage(member: str) -> None:
    for submission in (planned(), recorded()):
        data = {name: each for name, each in submission.data.items() if name != member}
        with pytest.raises(AssertionError, match=f"/data/{member}"):
            said(submission.type.name.partition(".")[2], "2031-02-01", **{**data, "effective": "2031-02-01"})
    assert {"routine", "special"} == set(codes("programmes"))
    assert {"ex_factory", "sale", "use", "production"} <= set(codes("stages"))


def test_the_three_modes_of_the_county_are_there(ledger: Ledger) -> None:
    for number, mode in enumerate(("routine_patrol", "unannounced", "special_spot_check")):
        stream = f"inspection:mode-{number}"
        accept(ledger, planned(stream, mode=mode), performed(stream, mode=mode))
        assert tip(ledger, stream).mode == mode


@pytest.mark.requirement("S2-34", "S2-35", "S1-56")
@pytest.mark.parametrize("mode", ["effectiveness", "ccc_enforcement_spot_check", "certificate_mark_check"])
def test_the_named_supervision_checks_are_available_and_their_results_stored(ledger: Ledger, mode: str) -> None:
    content = {"result": {"result": "nonconforming", "findings": ["F1"]}}
    accept(
        ledger,
        planned(mode=mode),
        performed(mode=mode, result="nonconforming"),
        found("F1", violation="mark_misuse"),
        recorded(form="general_record", content=content),
        filed(),
    )
    assert tip(ledger).open_findings == {"F1"}
    assert tip(ledger).forms == (("general_record", 1),)


def test_a_mode_that_is_in_no_list_is_refused() -> None:
    with pytest.raises(AssertionError, match="code_not_listed"):
        planned(mode="fishing")


def test_what_was_planned_is_what_takes_place(ledger: Ledger) -> None:
    accept(ledger, planned())
    assert refusal(ledger, performed(organisation="91350100M00010102K")).code == "plan_of_another"
    assert refusal(ledger, performed(mode="unannounced")).code == "plan_of_another_mode"
    assert refusal(ledger, planned(day="2031-02-02")).code == "inspection_already_planned"
    assert refusal(ledger, planned("inspection:i-9", due="2031-01-01")).code == "plan_due_before_made"


def test_a_cancelled_plan_is_not_performed_and_a_performed_one_not_cancelled(ledger: Ledger) -> None:
    accept(ledger, planned(), said("plan_cancelled", "2031-02-05", reason="停产"))
    assert refusal(ledger, performed()).code == "plan_already_cancelled"
    accept(ledger, planned("inspection:i-2"), performed("inspection:i-2"))
    late = said("plan_cancelled", "2031-03-01", "inspection:i-2", reason="停产")
    assert refusal(ledger, late).code == "inspection_already_performed"
    accept(ledger, planned("inspection:i-3"))
    foreign = said("plan_cancelled", "2031-02-05", "inspection:i-3", CITY, reason="停产")
    assert refusal(ledger, foreign).code == "not_own_plan"


@pytest.mark.requirement("S1-41")
def test_a_county_organises_no_joint_investigation_but_takes_part_in_one(ledger: Ledger) -> None:
    joint = {"mode": "joint", "programme": "special", "units": units(participant=SIBLING)}
    refused = refusal(ledger, planned(**joint))
    assert (refused.code, refused.pointer) == ("mode_not_organised_here", "/source")
    for number, organiser in enumerate((CITY, PROVINCE)):
        stream = f"inspection:joint-{number}"
        accept(ledger, planned(stream, source=organiser, **joint))
        accept(ledger, said("participation_answered", "2031-02-02", stream, SIBLING, accepts=True))
        assert tip(ledger, stream).answered == {SIBLING}
        again = said("participation_answered", "2031-02-03", stream, SIBLING, accepts=True)
        assert refusal(ledger, again).code == "participation_already_answered"
        stranger = said("participation_answered", "2031-02-03", stream, "SAMR-330106", accepts=True)
        assert refusal(ledger, stranger).code == "not_own_inspection"
        unknown = said("participation_answered", "2031-02-03", "inspection:nothing", "SAMR-330106", accepts=True)
        assert refusal(ledger, unknown).code == "not_own_inspection"


@pytest.mark.requirement("S1-40", "S1-39")
def test_the_authority_of_the_place_leads_where_nobody_else_is_named(ledger: Ledger) -> None:
    accept(ledger, planned(source=CITY, mode="joint", units=units(participant=SIBLING)))
    assert tip(ledger).roles(COUNTY) == {"lead"}
    accept(ledger, planned("inspection:i-2", source=CITY, mode="joint", units=units(lead=CITY, participant=COUNTY)))
    assert tip(ledger, "inspection:i-2").roles(COUNTY) == {"participant"}
    assert tip(ledger, "inspection:i-2").roles(CITY) == {"lead"}


@pytest.mark.requirement("S1-83", "S1-63", "S4-94")
def test_each_participant_has_a_role_and_is_listed(ledger: Ledger) -> None:
    taking_part = units(lead=CITY, co_responsible=COUNTY, participant=SIBLING)
    accept(ledger, planned(source=PROVINCE, mode="joint_supervision", units=taking_part))
    assert tip(ledger).units == ((CITY, "lead"), (COUNTY, "co_responsible"), (SIBLING, "participant"))
    with pytest.raises(AssertionError, match="role"):
        planned(units=[{"unit": CITY}])
    with pytest.raises(AssertionError, match="code_not_listed"):
        planned(units=[{"unit": CITY, "role": "friend"}])
    wrong = planned("inspection:i-2", units=units(participant="organisation:91350100M000100Y43"))
    assert refusal(ledger, wrong).code == "unit_unknown"


@pytest.mark.requirement("S1-87")
def test_a_market_verification_records_both_the_bureau_and_the_body(ledger: Ledger) -> None:
    assert refusal(ledger, performed(mode="market_verification")).code == "mode_party_missing"
    accept(ledger, performed(mode="market_verification", units=units(co_responsible=BODY)))
    state = tip(ledger)
    assert (state.performed_by, state.units) == (COUNTY, ((BODY, "co_responsible"),))
    mine = said(
        "finding_recorded",
        "2031-02-11",
        source=BODY,
        finding="F1",
        grade="minor",
        text="标志不清",
        responsible=ANSWERABLE,
    )
    assert accept(ledger, mine)[0].decision == "applied"
    foreign = said(
        "finding_recorded",
        "2031-02-11",
        source=OTHER_BODY,
        finding="F2",
        grade="minor",
        text="标志不清",
        responsible=ANSWERABLE,
    )
    assert refusal(ledger, foreign).code == "not_own_inspection"


@pytest.mark.requirement("S3-88")
def test_an_expert_gives_support_and_decides_nothing(ledger: Ledger) -> None:
    accept(ledger, planned(units=units(lead=COUNTY, expert=BODY)), performed(source=COUNTY))
    for wrong in (
        said(
            "finding_recorded",
            "2031-02-11",
            source=BODY,
            finding="F1",
            grade="minor",
            text="标志不清",
            responsible=ANSWERABLE,
        ),
        recorded(source=BODY),
    ):
        assert refusal(ledger, wrong).code == "expert_decides_nothing"
    accept(ledger, planned("inspection:i-2", units=units(lead=COUNTY, expert=BODY)))
    assert refusal(ledger, performed("inspection:i-2", source=BODY, certificates=None)).code == "expert_decides_nothing"
    laboratory = said("finding_recorded", "2031-02-11", source="LAB-1A", finding="F1", grade="minor", text="不合格")
    assert refusal(ledger, laboratory).code == "not_competent"


@pytest.mark.requirement("S3-38")
def test_a_sample_is_taken_tested_and_its_result_tied_to_product_and_enterprise(ledger: Ledger) -> None:
    product = {"name": "微型计算机", "models": "A1"}
    taken = said("sampled", "2031-02-10", sample="S1", product=product, stage="sale", batch="B7", laboratory="LAB-1A")
    report = {"uri": "urn:example:report-1", "media_type": "application/pdf", "size": 9, "sha256": "0" * 64}
    tested = said("sample_tested", "2031-02-20", source="LAB-1A", sample="S1", laboratory="LAB-1A", report=report)
    result = said(
        "sample_result_recorded", "2031-02-21", source="LAB-1A", sample="S1", standard="GB 4943.1-2022", passed=False,
        level="county",
    )  # fmt: skip
    accept(ledger, performed(mode="product_quality_spot_check"))
    assert accept(ledger, tested)[0].waits == "sample_not_taken"
    assert accept(ledger, taken)[0].releases == (2,)
    accept(ledger, result)
    assert tip(ledger).samples == tip(ledger).tested == {"S1"}
    assert tip(ledger).organisation == "91350100M000100Y43"
    told = {fact.type: fact.data for fact in ledger.timeline("inspection:i-1").applied}
    named = told["inspection.sample_result_recorded"]["sample"]
    assert (named, told["inspection.sampled"]["sample"], told["inspection.sampled"]["product"]) == ("S1", "S1", product)
    other = said("sample_tested", "2031-02-22", source="LAB-2B", sample="S1", laboratory="LAB-1A", report=report)
    assert refusal(ledger, other).code == "not_own_test"
    assert refusal(ledger, said("sampled", "2031-02-11", sample="S1", product=product, stage="use")).code == (
        "sample_already_taken"
    )


def assistance(kind: str, day: str, source: str, **data: Any) -> Submission:
    return said(f"assistance_{kind}", day, source=source, request="R1", text="协查仓库", **data)


def test_who_was_asked_for_assistance_answers_and_nobody_else(ledger: Ledger) -> None:
    accept(ledger, performed(), assistance("requested", "2031-02-11", COUNTY, to=SIBLING))
    assert refusal(ledger, assistance("answered", "2031-02-12", CITY, provided=True)).code == "request_to_another"
    accept(ledger, assistance("answered", "2031-02-12", SIBLING, provided=True))
    assert tip(ledger).helped == {"R1"}
    again = assistance("answered", "2031-02-13", SIBLING, provided=True)
    assert refusal(ledger, again).code == "request_already_answered"


@pytest.mark.requirement("S3-39")
def test_a_finding_names_standard_and_clause_and_carries_the_tags_of_its_emphasis(ledger: Ledger) -> None:
    tags = ["consumer_good", "safety_related", "ex_post"]
    accept(ledger, performed(), found("F1", standard="GB 4943.1-2022", clause="5.3", tags=tags))
    assert ledger.timeline("inspection:i-1").applied[-1].data["tags"] == tags
    with pytest.raises(AssertionError, match="code_not_listed"):
        found("F2", tags=["nice"])
    assert set(tags) | {"in_process"} == set(labels("tags"))


@pytest.mark.requirement("S2-28")
def test_a_consistency_check_is_made_by_a_body_that_is_designated_for_compulsory_certification() -> None:
    ledger = register_of(BODY)
    check = performed(source=BODY, mode="consistency_check", certificates=[certificate("2031900901000001")])
    accept(ledger, check)
    assert tip(ledger).performed_by == BODY
    accept(ledger, about_body("designation_removed", "2031-03-01", product_classes=["0901"], reason="目录调整"))
    later = performed("inspection:i-2", "2031-03-02", BODY, mode="consistency_check", certificates=None)
    assert refusal(ledger, later).code == "body_not_approved_for_scheme"
    never = performed("inspection:i-3", source=OTHER_BODY, mode="consistency_check", certificates=None)
    assert refusal(ledger, never).code == "body_not_approved_for_scheme"
    moved = {**check.data, "effective": "2031-03-05"}
    assert refusal(ledger, corrected(check, moved)).code == "body_not_approved_for_scheme"


def test_every_refusal_of_an_inspection_is_in_the_catalogue_in_both_languages() -> None:
    from ledger.inspections import state  # noqa: PLC0415 - only its source is read

    with open(state.__file__, encoding="utf-8") as source:  # noqa: PTH123 - a module's own file
        text = source.read()
    named = {part.split('"')[0] for part in text.split('Illegal("')[1:]}
    assert len(named) > 25
    assert named <= set(messages())
