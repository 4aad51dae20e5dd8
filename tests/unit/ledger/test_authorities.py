"""Authorities, their units and lists, who answers for what and who follows whom: each rule from both sides."""

from typing import Any

import pytest

from ledger.access.competence import Competence, powers_of, rows_of
from ledger.access.jurisdiction import superior_of
from ledger.authorities import AuthorityState
from ledger.authorities.judging import speaker_objection, state_on
from ledger.authorities.lists import departments, kinds, level_code
from ledger.authorities.routing import bureau_of, focal_unit_of
from ledger.authorities.state import Unit
from ledger.envelope import Submission, canonical_submission, make_event
from ledger.refusals import Refusal
from ledger.service import Ledger
from tests.support.access import (
    ABOVE,
    BESIDE,
    CITY,
    COUNTY,
    FAR_ABOVE,
    OWN,
    SIBLING,
    SUBJECT,
    case_opened,
    finding,
    inspected,
    penalty,
)
from tests.support.authorities import (
    about_authority,
    assigned,
    designated,
    established,
    listed,
    registered,
    removed,
    took_over,
)
from tests.support.statements import HOLDER, accept, corrected, refusal, register_of, statement


@pytest.fixture
def ledger() -> Ledger:
    """A county, the county beside it and their city, registered."""
    ledger = register_of()
    accept(
        ledger,
        registered(OWN, "district", "county", COUNTY),
        registered(BESIDE, "district", "county", SIBLING),
        registered(ABOVE, "city", "prefecture", CITY, source=FAR_ABOVE),
    )
    return ledger


def known(ledger: Ledger, authority: str = OWN, day: str = "2031-12-31") -> AuthorityState:
    return state_on(ledger.timeline(f"authority:{authority}"), day)


@pytest.mark.requirement("S0-04", "S3-04")
def test_the_kinds_that_the_sources_name_are_among_those_that_are_registered() -> None:
    named = {"ciq_direct", "province", "autonomous_region", "municipality", "separately_planned_city"}
    assert named | {"sub_provincial_city", "xpcc", "market_supervision", "cnca", "sac", "national_department"} <= set(
        kinds()
    )


@pytest.mark.requirement("S0-04", "S3-04")
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_each_kind_of_authority_is_registered_on_each_of_its_levels(kind: str) -> None:
    ledger = register_of()
    for number, level in enumerate(kinds()[kind].levels):
        name = f"TEST-{number}"
        region = None if level == "national" else COUNTY
        accept(ledger, registered(name, kind, level, region, source="CNCA"))
        assert known(ledger, name).kind == kind


@pytest.mark.requirement("S0-04")
def test_an_unknown_kind_of_authority_is_refused_and_so_is_a_level_that_a_kind_has_not() -> None:
    for kind, level, code in (("bureau", "county", "authority_kind_unknown"), ("county", "province", "level_wrong")):
        data = {"effective": "2020-01-01", "kind": kind, "level": level, "region": COUNTY, "name_zh": "局"}
        event = make_event(
            type_="authority.registered",
            source="CNCA",
            identity="1",
            subject=f"authority:{OWN}",
            time="2020-01-01T00:00:00.000000Z",
            data=data,
        )
        answer = canonical_submission(event)
        assert isinstance(answer, Refusal)
        assert answer.problems[0].code.endswith(code)


@pytest.mark.requirement("S3-05")
def test_the_synonyms_of_a_level_name_one_code() -> None:
    assert {level_code(each) for each in ("市(地)", "市（地）", "市级", "city", "prefecture")} == {"prefecture"}
    assert {level_code(each) for each in ("县(区)", "县（市、区）", "区", "county")} == {"county"}
    with pytest.raises(ValueError, match="乡"):
        level_code("乡")


def test_region_and_level_are_those_of_the_identifier() -> None:
    ledger = register_of()
    assert refusal(ledger, registered(OWN, "district", "county", SIBLING)).code == "authority_region_wrong"
    assert refusal(ledger, registered(OWN, "city", "prefecture", COUNTY)).code == "authority_region_wrong"


@pytest.mark.requirement("S0-25")
def test_a_second_designation_ends_the_first_so_that_there_is_one_focal_unit_on_every_day(ledger: Ledger) -> None:
    accept(
        ledger,
        established("U1"),
        established("U2"),
        about_authority("focal_unit_designated", "2031-02-01", unit="U1"),
        about_authority("focal_unit_designated", "2031-05-01", unit="U2"),
    )
    days = ("2031-01-31", "2031-02-01", "2031-04-30", "2031-05-01")
    assert [known(ledger, OWN, day).focal for day in days] == [None, "U1", "U1", "U2"]
    assert focal_unit_of(OWN, {OWN: known(ledger)}) == "U2"
    accept(ledger, about_authority("unit_closed", "2031-06-01", unit="U2"))
    assert known(ledger).focal is None


def test_a_unit_that_is_not_there_is_no_focal_unit(ledger: Ledger) -> None:
    (held,) = accept(ledger, about_authority("focal_unit_designated", "2031-02-01", unit="U1"))
    assert (held.decision, held.waits) == ("held", "authority_unit_unknown")
    (came,) = accept(ledger, established("U1"))
    assert came.releases == (held.version,)


@pytest.mark.requirement("S0-29")
def test_an_authority_above_guides_and_none_below_or_beside(ledger: Ledger) -> None:
    said: dict[str, Any] = {"function": "guidance", "text": "完善巡查记录"}
    accept(ledger, about_authority("guidance_issued", "2031-02-01", source=ABOVE, **said))
    accept(ledger, about_authority("guidance_issued", "2031-02-01", source=FAR_ABOVE, **said))
    opinion = {"document_number": "1", "text": "责令改正"}
    accept(ledger, about_authority("supervision_opinion_issued", "2031-02-02", source=ABOVE, **opinion))
    up = about_authority("guidance_issued", "2031-02-01", ABOVE, source=OWN, **said)
    assert refusal(ledger, up).code == "not_competent"
    beside = about_authority("guidance_issued", "2031-02-01", "SAMR-330106", source=ABOVE, **said)
    assert refusal(ledger, beside).code == "authority_not_below"
    itself = about_authority("guidance_issued", "2031-02-01", ABOVE, source=ABOVE, **said)
    assert refusal(ledger, itself).code == "authority_not_below"


@pytest.mark.requirement("S0-17")
def test_a_county_goes_from_patrol_to_case_without_anybody_above_it(ledger: Ledger) -> None:
    said = [inspected(), finding(), case_opened(), penalty()]
    closed = statement(
        "case.closed", case_opened().subject, {"effective": "2031-04-01", "outcome": "executed"}, source=OWN
    )
    assert {each.source for each in said} == {OWN}
    receipts = accept(ledger, *said, closed)
    assert {each.decision for each in receipts} == {"applied"}


@pytest.mark.requirement("S0-19")
def test_what_a_county_answers_for_is_its_own_and_not_its_superiors_to_change(ledger: Ledger) -> None:
    assert bureau_of(COUNTY, "2031-01-01", {}) == OWN
    assert superior_of(OWN, "2031-01-01") == ABOVE
    assert superior_of(FAR_ABOVE, "2031-01-01") == "SAMR"
    accept(ledger, established("U1"), assigned("U1"))
    for above in (ABOVE, FAR_ABOVE, "CNCA"):
        taken = refusal(ledger, assigned("U1", source=above, day="2031-03-01"))
        assert (taken.code, taken.status) == ("not_own_authority", 403)


@pytest.mark.requirement("S0-31", "S3-44")
def test_a_case_outside_ones_area_takes_a_designation_from_above_both(ledger: Ledger) -> None:
    outside = case_opened(f"case:{BESIDE}:1", BESIDE)
    objection = refusal(ledger, outside)
    assert (objection.code, dict(objection.params)["row"]) == ("outside_jurisdiction", "C-51")
    assert refusal(ledger, designated(BESIDE, source=OWN)).code == "not_competent"
    foreign = designated(BESIDE, region="330106", source=ABOVE)
    assert refusal(ledger, foreign).code == "outside_jurisdiction"
    accept(ledger, designated(BESIDE, target=SUBJECT, until="2031-03-31"))
    accept(ledger, outside)
    other = case_opened(f"case:{BESIDE}:2", BESIDE, target="body:CNCA-R-2031-101")
    assert refusal(ledger, other).code == "outside_jurisdiction"
    late = statement("case.opened", f"case:{BESIDE}:3", {**outside.data, "effective": "2031-04-01"}, source=BESIDE)
    assert refusal(ledger, late).code == "outside_jurisdiction"


@pytest.mark.requirement("S0-30", "S3-86")
def test_a_power_that_was_removed_is_missing_from_that_day_on_and_was_there_before(ledger: Ledger) -> None:
    accept(ledger, listed("P-01", ["case.opened"]), removed("P-01", "2031-06-01"))
    for number, (day, code) in enumerate((("2031-05-31", None), ("2031-06-01", "power_not_listed"))):
        case = case_opened(f"case:{OWN}:{number}")
        said = statement("case.opened", case.subject, {**case.data, "effective": day}, source=OWN)
        if code is None:
            accept(ledger, said)
        else:
            objection = refusal(ledger, said)
            assert (objection.code, objection.status) == (code, 403)
            assert dict(objection.params)["row"] == "C-51"
    accept(ledger, penalty(f"case:{OWN}:0"))


@pytest.mark.requirement("S0-30", "S3-78")
def test_a_list_of_powers_adds_none_to_the_table_and_a_level_without_a_row_is_refused(ledger: Ledger) -> None:
    assert refusal(ledger, listed("P-02", ["body.approved"])).code == "power_exceeds_table"
    said = about_authority("registered", "2031-01-01", "SAMR-440607", source=OWN, kind="district", level="county",
                           region="440607", name_zh="局")  # fmt: skip
    objection = refusal(ledger, said)
    assert (objection.code, dict(objection.params)["row"]) == ("not_competent", "C-80, C-81")


@pytest.mark.requirement("S3-78")
def test_a_statement_of_the_wrong_level_is_refused_by_the_version_of_the_matrix_of_its_day(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tuple(
        Competence(
            f"X-{since or 'old'}",
            ("case.opened",),
            ("local_authority",),
            levels,
            "own_area",
            since,
            until,
            "-",
            "-",
            "-",
        )
        for levels, since, until in ((("prefecture", "county"), "", "2031-06-01"), (("prefecture",), "2031-06-01", ""))
    )
    monkeypatch.setattr("ledger.access.competence.rows_of", lambda _name: rows)
    before, after = (
        statement("case.opened", f"case:{OWN}:{day}", {**case_opened().data, "effective": day}, source=OWN)
        for day in ("2031-05-31", "2031-06-01")
    )
    accept(ledger, before)
    assert refusal(ledger, after).code == "not_competent"
    city = statement("case.opened", f"case:{ABOVE}:1", {**after.data}, source=ABOVE)
    accept(ledger, city)


def names(level: str) -> set[str]:
    return {name for row in powers_of("local_authority", level, "2031-01-01") for name in row.events}


@pytest.mark.requirement("S3-80")
def test_a_city_has_the_six_functions_towards_those_below_it_and_a_county_has_not(ledger: Ledger) -> None:
    assert "authority.guidance_issued" in names("prefecture") - names("county")
    six = ("guidance", "training", "inspection", "urging", "technical_infrastructure", "technical_service")
    for function in six:
        accept(ledger, about_authority("guidance_issued", "2031-02-01", source=ABOVE, function=function, text="-"))


@pytest.mark.requirement("S3-81")
def test_a_county_has_the_powers_of_the_front_line() -> None:
    front_line = {"inspection.performed", "inspection.finding_recorded", "case.opened", "case.penalty_decided"}
    assert front_line <= names("county")
    assert {"certificate.hold_placed", "certificate.order_issued"} <= names("county")


@pytest.mark.requirement("S0-37")
def test_who_answered_for_an_enterprise_is_known_for_every_day(ledger: Ledger) -> None:
    accept(
        ledger,
        established("U1"),
        established("U2"),
        assigned("U1", officer="YZ001", day="2031-02-01"),
        assigned("U2", officer="YZ002", day="2031-04-01"),
        about_authority("responsibility_ended", "2031-06-01", organisation=HOLDER["code"]),
    )

    def on(day: str) -> list[str]:
        return [duty.officer for duty in known(ledger, OWN, day).duties]

    assert [on(day) for day in ("2031-01-31", "2031-03-01", "2031-05-31", "2031-06-01")] == [
        [],
        ["YZ001"],
        ["YZ002"],
        [],
    ]


def said_by_successor(name: str, subject: str, data: Any, found: str | None = None) -> Submission:
    extra = {"finding": found} if found else {}
    return statement(name, subject, {**data, **extra, "effective": "2031-03-15"}, source=BESIDE)


def test_who_took_a_place_has_its_open_matters_and_its_area_and_history_keeps_the_name(ledger: Ledger) -> None:
    accept(ledger, case_opened(), inspected())
    decided = penalty(source=BESIDE)
    assert refusal(ledger, decided).code == "not_own_case"
    accept(ledger, *took_over(BESIDE, OWN, "2031-03-10"))
    accept(ledger, decided)
    accept(ledger, said_by_successor("inspection.finding_recorded", inspected().subject, finding().data, "F7"))
    accept(ledger, said_by_successor("case.opened", f"case:{BESIDE}:1", case_opened().data))
    named = inspected(f"inspection:{OWN}-9")
    accept(ledger, named, said_by_successor("inspection.finding_recorded", named.subject, finding().data, "F9"))
    assert [fact.source for fact in ledger.timeline(case_opened().subject).applied] == [OWN, BESIDE]
    gone = refusal(
        ledger,
        statement("case.closed", case_opened().subject, {"effective": "2031-04-01", "outcome": "executed"}, source=OWN),
    )
    assert (gone.code, dict(gone.params)["successor"]) == ("authority_succeeded", BESIDE)
    late = statement(
        "inspection.finding_recorded", inspected().subject, {**finding().data, "finding": "F8"}, source=OWN
    )
    accept(ledger, late)
    accept(ledger, corrected(late, {**late.data, "text": "补正"}))
    assert known(ledger, OWN).name_zh == "局"
    assert bureau_of(COUNTY, "2031-04-01", {OWN: known(ledger, OWN)}) == BESIDE


def test_a_place_goes_to_the_last_of_those_who_followed_and_a_code_of_no_place_to_nobody() -> None:
    chain = {OWN: AuthorityState(successor=BESIDE), BESIDE: AuthorityState(successor=ABOVE)}
    assert bureau_of(COUNTY, "2031-01-01", chain) == ABOVE
    assert bureau_of(COUNTY, "2031-01-01", {}, "prefecture") == ABOVE
    assert bureau_of(COUNTY, "2031-01-01", {}, "province") == FAR_ABOVE
    assert bureau_of("429004", "2031-01-01", {}, "prefecture") == "SAMR-420000"
    assert bureau_of("999999", "2031-01-01", {}) is None


def test_no_unit_both_proposes_and_reviews_and_the_division_needs_all_three(ledger: Ledger) -> None:
    both = established("U9", roles=["enforcement", "legal"])
    assert refusal(ledger, both).code == "unit_roles_conflict"
    accept(ledger, established("U1", roles=["supervision"]), established("U2", roles=["enforcement"]))
    (held,) = accept(ledger, about_authority("division_adopted", "2031-02-01"))
    assert held.waits == "division_incomplete"
    accept(ledger, established("U3", kind="legal_affairs", roles=["legal"]))
    assert known(ledger).division


@pytest.mark.requirement("S1-12", "S1-13", "S4-05")
def test_a_leading_group_has_one_head_and_an_office_that_is_a_unit(ledger: Ledger) -> None:
    said: dict[str, Any] = {
        "group": "CCC", "name_zh": "领导小组", "mandate": "统筹协调", "head": "YZ001", "deputies": ["YZ002"],
        "office_unit": "U1",
    }  # fmt: skip
    (held,) = accept(ledger, about_authority("leading_group_formed", "2031-02-01", **said))
    assert held.waits == "authority_unit_unknown"
    accept(ledger, established("U1", kind="business_section"))
    accept(ledger, about_authority("leading_group_formed", "2031-05-01", **{**said, "head": "YZ003"}))
    heads = [[group.head for group in known(ledger, OWN, day).groups] for day in ("2031-04-30", "2031-05-01")]
    assert heads == [["YZ001"], ["YZ003"]]
    (group,) = known(ledger).groups
    assert known(ledger).unit(group.office_unit) is not None


@pytest.mark.requirement("S4-02")
def test_the_units_of_the_national_administration_are_registered(ledger: Ledger) -> None:
    theirs = [code for code, of in departments().items() if of == "CNCA"]
    assert len(theirs) == 16
    accept(ledger, registered("CNCA", "cnca", "national", None, source="CNCA"))
    for code in (*theirs, "department", "subordinate_unit"):
        accept(ledger, established(code.upper(), "CNCA", kind=code))
    assert {unit.kind for unit in known(ledger, "CNCA").units} >= set(theirs)


def test_an_authority_corrects_what_it_said_itself(ledger: Ledger) -> None:
    said = established("U1")
    accept(ledger, said)
    accept(ledger, corrected(said, {**said.data, "name_zh": "认证监管科"}))
    unit = known(ledger).unit("U1")
    assert unit is not None
    assert unit.name_zh == "认证监管科"
    again = corrected(said, None, identity="2", source=ABOVE)
    assert refusal(ledger, again).code == "not_own_statement"


def test_a_unit_that_speaks_under_the_division_of_work_is_a_registered_one_in_a_role_it_has() -> None:
    units = tuple(
        Unit(code, "department", "机构", None, frozenset({role}))
        for code, role in (("U1", "enforcement"), ("U2", "legal"))
    )
    ledger = register_of()
    accept(
        ledger,
        registered(OWN, "district", "county", COUNTY),
        *(established(each.code, kind=each.kind, roles=sorted(each.roles)) for each in units),
        established("U3", roles=["supervision"]),
    )
    (row,) = (row for row in rows_of("case.opened") if "local_authority" in row.kinds)

    def judged(unit: str, role: str) -> str | None:
        data = {"effective": "2031-03-01", "unit": {"unit": unit, "role": role}}
        found = speaker_objection("case.opened", OWN, data, row, ledger.timeline)
        return found.code if found else None

    assert judged("ANY", "legal") is None, "until it is adopted, nobody is held to it"
    accept(ledger, about_authority("division_adopted", "2031-02-01"))
    assert (judged("U1", "enforcement"), judged("U2", "legal")) == (None, None)
    assert (judged("U1", "legal"), judged("U9", "legal")) == ("unit_role_not_its_own", "unit_not_registered")
