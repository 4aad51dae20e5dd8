"""What goes between authorities and their units arrives in the inbox, waits there visibly, and is on a list."""

from typing import Any

import pytest

from consumers.policies.notices import notices
from infra.open_ledger import WRITER, open_ledger
from ledger.codes.cases import common_problem, labels
from ledger.codes.identifiers import credit_code_check, organisation_code_check
from ledger.families import EVENT_TYPES
from tests.integration.http.conftest import Running, token
from tests.support.authorities import about_authority, established, registered
from tests.support.reacting import react
from tests.support.statements import CCC_DETAILS, about_body, approved, issued, statement
from tests.support.supervising import CITY, COUNTY, ELSEWHERE, PROVINCE, SIBLING, SUPERVISION, case, said

DAY = "2031-02-10"


@pytest.fixture
def app(whole: Running) -> Running:
    """With the bureaux of a county, its city and its province; the county has two units, the province a division."""
    for bureau, level, region, above in (
        (PROVINCE, "province", "440000", "CNCA"),
        (CITY, "prefecture", "440600", PROVINCE),
        (COUNTY, "county", "440604", CITY),
    ):
        whole.accept(registered(bureau, "market_supervision", level, region, above))
    whole.accept(
        established("section-1", COUNTY, "2021-01-01"),
        established("team-1", COUNTY, "2021-01-01", kind="enforcement"),
        established("office", PROVINCE, "2021-01-01", kind="enforcement"),
        about_authority("focal_unit_designated", "2021-02-01", PROVINCE, PROVINCE, unit="office"),
        established("division", PROVINCE, "2021-01-01"),
    )
    return whole


def reacted(app: Running) -> int:
    ledger = open_ledger(app.ports.database_url, acting_as=WRITER)
    assert react(ledger, policies=(notices,)).refused == []
    head = ledger.event_log.head()
    ledger.close()
    return head


def read(app: Running, path: str, party: str, seen: int, **params: Any) -> Any:
    headers = {**token(party), "Read-Reason": "guidance", "Min-Position": str(seen)}
    answer = app.client.get(path, params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def inbox(app: Running, party: str, seen: int, **params: Any) -> list[tuple[str, str | None]]:
    rows = read(app, "/v1/inbox", party, seen, **params)["notices"]
    return [(each["kind"]["value"], each["unit"]) for each in rows]


def rows(app: Running, name: str, party: str, seen: int, day: str = DAY, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(app, f"/v1/supervision/lists/{name}", party, seen, as_of=day, **params)["rows"]
    return found


def raised(kind: str, recipient: str, number: str, source: str = COUNTY, **more: Any) -> Any:
    told = {"kind": kind, "sender": source, "recipient": recipient, "basis": "S2-89", "statement": "人手不足"}
    return said("notice.created", f"notice:{number}", "2031-02-01", source, about=[], **told, **more)


def ageing(app: Running, party: str, seen: int) -> list[tuple[str, int]]:
    report = read(app, "/v1/deadlines/ageing", COUNTY, seen, as_of=DAY, unit=party)["ageing"]
    return [(each["kind"]["value"], each["oldest"]) for each in report if each["kind"]["value"].startswith("referral")]


@pytest.mark.requirement("S0-35")
def test_a_lead_handed_to_another_unit_is_in_its_inbox_and_ages_until_it_is_accepted(app: Running) -> None:
    handed = {"to": COUNTY, "to_unit": "team-1", "reason": "涉嫌违法", "unit": SUPERVISION}
    app.accept(case("lead_registered", "2031-01-25"), case("referred", "2031-02-01", **handed))
    seen = reacted(app)
    assert inbox(app, COUNTY, seen, unit="team-1") == [("referral", "team-1")]
    assert inbox(app, COUNTY, seen, unit="section-1") == []
    assert read(app, "/v1/inbox", COUNTY, seen, unit="section-1")["counts"]["all"] == 0
    (row,) = rows(app, "referrals_open", COUNTY, seen)
    assert (row["age_days"], row["overdue"], row["detail"]["unit"]) == (9, False, "team-1")
    assert ageing(app, COUNTY, seen) == [("referral_unaccepted", 9)]
    seen = app.accept(case("referral_accepted", "2031-02-05"), case("opened", "2031-02-06"))
    assert rows(app, "referrals_open", COUNTY, seen) == []
    assert len(rows(app, "referrals_open", COUNTY, seen, "2031-02-04")) == 1, "it waited until the day before"
    assert ageing(app, COUNTY, seen) == []


@pytest.mark.requirement("S0-35")
def test_a_matter_referred_to_another_authority_waits_there_until_it_is_accepted_returned_or_opened(
    app: Running,
) -> None:
    for number in ("1", "2", "3"):
        app.accept(
            case("lead_registered", "2031-01-25", number),
            case("referred", "2031-02-01", number, to=SIBLING, reason="管辖", unit=SUPERVISION),
        )
    seen = reacted(app)
    assert [kind for kind, _ in inbox(app, SIBLING, seen)] == ["referral"] * 3
    assert len(rows(app, "referrals_open", SIBLING, seen)) == 3, "who was referred a matter sees it wait"
    assert rows(app, "referrals_open", ELSEWHERE, seen) == []
    seen = app.accept(
        case("referral_accepted", "2031-02-03", "1", SIBLING, COUNTY),
        case("referral_returned", "2031-02-03", "2", SIBLING, COUNTY, reason="不属"),
        case("opened", "2031-02-04", "9", SIBLING, SIBLING, referred_from=f"case:{COUNTY}:3", region="440605"),
    )
    assert rows(app, "referrals_open", SIBLING, seen) == rows(app, "referrals_open", COUNTY, seen) == []
    assert ageing(app, SIBLING, seen) == []


@pytest.mark.requirement("S1-30")
def test_what_a_county_feeds_back_is_in_its_superiors_inbox(app: Running) -> None:
    app.accept(raised("feedback", CITY, "n-1"))
    seen = reacted(app)
    assert inbox(app, CITY, seen) == [("feedback", None)]
    assert inbox(app, PROVINCE, seen) == inbox(app, SIBLING, seen) == []


@pytest.mark.requirement("S2-89")
def test_a_problem_is_raised_to_the_provinces_supervision_division(app: Running) -> None:
    app.accept(raised("problem_raised", PROVINCE, "n-1"), raised("problem_raised", PROVINCE, "n-2", CITY))
    seen = reacted(app)
    assert inbox(app, PROVINCE, seen, unit="division") == [("problem_raised", "division")] * 2
    assert inbox(app, PROVINCE, seen, unit="office") == [], "the division, and not the focal unit"
    seen = app.accept(raised("feedback", PROVINCE, "n-3", CITY))
    seen = reacted(app)
    assert inbox(app, PROVINCE, seen, unit="office") == [("feedback", "office")], "all else goes to the focal unit"


@pytest.mark.requirement("S3-71")
def test_problems_of_all_levels_are_on_one_list_open_ones_first(app: Running) -> None:
    app.accept(
        raised("problem_raised", CITY, "n-1", answer=True),
        raised("common_problem", CITY, "n-2"),
        raised("implementation_issue", "CNCA", "n-3", CITY),
        raised("feedback", CITY, "n-4"),
    )
    answer = {"outcome": "replied", "reason": "已调配"}
    app.accept(said("notice.answered", "notice:n-1", "2031-02-05", CITY, **answer))
    seen = reacted(app)
    listed = rows(app, "problems", "CNCA", seen)
    assert [row["stream"] for row in listed] == ["notice:n-2", "notice:n-3", "notice:n-1"]
    assert listed[-1]["detail"]["reply"] == "已调配"
    assert [row["age_days"] for row in listed] == [9, 9, 9]
    assert rows(app, "problems", CITY, seen, "2031-02-04")[0]["stream"] == "notice:n-1", "open then"
    assert {row["stream"] for row in rows(app, "problems", "CNCA", seen, by=COUNTY)} == {"notice:n-1", "notice:n-2"}
    assert rows(app, "problems", ELSEWHERE, seen) == []


def producing(serial: int, product_class: str = "0901") -> tuple[str, list[Any]]:
    """An enterprise that makes products of a class, by its code, and its certificate."""
    head = f"M00010{serial:02}"
    organisation = head + organisation_code_check(head)
    code = f"91440600{organisation}"
    code += credit_code_check(code)
    number = f"203190{product_class}{serial:06}"
    holder = {"code": code, "name_zh": f"示例第{serial}电器厂", "region": "440604"}
    details = {**CCC_DETAILS, "product_class": product_class, "holder": holder}
    return code, [issued(number, "2031-01-05", details=details, expires="2036-01-04")]


def faulty(serial: int, code: str, day: str = "2031-02-01", **more: Any) -> list[Any]:
    """A patrol of an enterprise with one finding."""
    stream = f"inspection:i-{serial}-{day}"
    performed = {"mode": "routine_patrol", "organisation": code, "region": "440604", "result": "nonconforming"}
    answers = {"role": "responsible_party", "party": f"organisation:{code}"}
    finding = {"finding": "F1", "grade": "minor", "text": "不符", "responsible": answers, **more}
    return [
        said("inspection.performed", stream, day, **performed),
        said("inspection.finding_recorded", stream, day, **finding),
    ]


@pytest.mark.requirement("S1-29")
def test_the_same_finding_at_so_many_enterprises_of_a_sector_is_a_candidate_for_a_common_problem(app: Running) -> None:
    enough = common_problem(DAY)["enterprises"]
    assert enough == 3
    app.accept(*approved(), about_body("designated", "2015-01-02", product_classes=["0902", "1102"]))
    classes = ("0901", "0902", "1102", "1102", "0901")
    makers = [producing(serial, each) for serial, each in enumerate(classes, 1)]
    for _, issue in makers:
        app.accept(*issue)
    codes = [code for code, _ in makers]
    same = {"violation": "certificate_mismatch"}
    app.accept(*faulty(1, codes[0], **same), *faulty(1, codes[0], "2031-02-02", **same), *faulty(2, codes[1], **same))
    seen = app.accept(*faulty(3, codes[2], **same), *faulty(4, codes[3], **same), *faulty(5, codes[4], clause="7.1"))
    assert rows(app, "common_problem_candidates", CITY, seen) == [], "two in each sector, one of them found at twice"
    seen = app.accept(*faulty(5, codes[4], "2031-02-03", **same))
    (row,) = rows(app, "common_problem_candidates", CITY, seen)
    assert (row["detail"]["sector"], row["detail"]["code"]) == ("09", "certificate_mismatch")
    assert (row["detail"]["enterprises"], len(row["detail"]["findings"])) == (3, 4)
    assert rows(app, "common_problem_candidates", CITY, seen, "2032-02-03") == [], "a year later it is one no more"
    assert rows(app, "common_problem_candidates", ELSEWHERE, seen) == []
    assert rows(app, "common_problem_candidates", "CNCA", seen, region="440605") == []
    app.accept(raised("common_problem", CITY, "n-1"))
    seen = reacted(app)
    assert inbox(app, CITY, seen) == [("common_problem", None)], "what is reported is told to the superior"


@pytest.mark.requirement("S1-60")
def test_every_intake_has_the_kind_of_its_source(app: Running) -> None:
    kinds = list(labels("lead"))
    for kind in ("case.lead_registered", "case.opened"):
        assert EVENT_TYPES[kind].model.model_fields["lead"].is_required()
    for number, kind in enumerate(kinds):
        app.accept(case("lead_registered", "2031-02-01", str(number), lead=kind))
    seen = app.accept(case("opened", "2031-02-01", "99", lead="media"))
    came_in = rows(app, "intakes", COUNTY, seen, limit=200)
    assert len(came_in) == len(kinds) + 1
    assert {row["detail"]["source_kind"] for row in came_in} == set(kinds)
    for wrong in ({"lead": None}, {"lead": "hearsay"}):
        said_ = {**case("lead_registered", "2031-02-01", "x").data, **wrong}
        with pytest.raises(AssertionError, match="data_invalid"):
            statement("case.lead_registered", f"case:{COUNTY}:x", {k: v for k, v in said_.items() if v}, source=COUNTY)
