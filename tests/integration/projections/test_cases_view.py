"""The view of cases: its lists, the statistics table against a count by hand, and the order of arrival."""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.access.jurisdiction import superior_of
from ledger.cases.statistics import period, rows
from ledger.codes.cases import labels, violations
from ledger.envelope import Submission
from ledger.service import Ledger
from projections.cases.project import Cases
from projections.cases.query import case_file, coverage, listed, published, statistics
from projections.projector import Projector
from projections.register.project import Register
from projections.view import View
from tests.support.authorities import registered
from tests.support.statements import (
    BODY,
    CCC_NUMBER,
    HOLDER,
    accept,
    approved,
    certificate,
    decided,
    issued_ccc,
    say,
)
from tests.support.supervising import CITY, COUNTY, PROVINCE, SIBLING, case, found, said, upward, way, whole_course
from tests.support.views import deliveries
from tests.support.views import rows as all_rows

MakeProjector = Callable[[View], Projector]
DAY = "2031-06-01"


@pytest.fixture
def ledger() -> Ledger:
    ledger = open_memory_ledger()
    accept(ledger, *approved())
    return ledger


@pytest.fixture
def ask(database_url: str, ledger: Ledger, projector: MakeProjector) -> Callable[..., Any]:
    """Asks the view after it has seen all that was said."""

    def asked(query: Callable[..., Any], *args: Any, **named: Any) -> Any:
        for view in (Cases(), Register()):
            projector(view).apply(deliveries(ledger))

        async def run() -> Any:
            async with await psycopg.AsyncConnection.connect(database_url) as connection:
                return await query(connection, *args, **named)

        return asyncio.run(run())

    return asked


def streams(rows_found: list[dict[str, Any]]) -> list[str]:
    return [row["stream"].partition(":")[2] for row in rows_found]


@pytest.mark.requirement("S1-97")
def test_a_case_not_reported_by_day_20_is_on_the_overdue_list_from_day_21(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    accept(ledger, *whole_course("1", "2031-04-01"), *whole_course("2", "2031-04-01"))
    accept(ledger, case("report_submitted", "2031-04-21", "2"))
    assert streams(ask(listed, "reports_due", "2031-04-20")) == [f"{COUNTY}:1", f"{COUNTY}:2"]
    assert streams(ask(listed, "reports_overdue", "2031-04-21")) == []
    (row,) = ask(listed, "reports_overdue", "2031-04-22")
    assert (row["stream"], row["due"], row["overdue"]) == (f"case:{COUNTY}:1", "2031-04-21", True)
    accept(ledger, case("report_submitted", "2031-04-25", "1"))
    assert streams(ask(listed, "reports_late", DAY)) == [f"{COUNTY}:1"]
    assert ask(listed, "reports_overdue", DAY) == []


@pytest.mark.requirement("S0-60")
def test_a_major_case_without_a_report_is_listed_as_a_breach(ledger: Ledger, ask: Callable[..., Any]) -> None:
    for number in ("1", "2"):
        accept(ledger, case("opened", "2031-02-01", number), case("flagged_major", "2031-02-02", number))
    accept(ledger, case("major_reported", "2031-02-03", "2"))
    assert streams(ask(listed, "major_unreported", DAY)) == [f"{COUNTY}:1"]
    accept(ledger, upward("instruction_requested", "2031-02-01", "9", to=CITY, text="法律适用"))
    assert streams(ask(listed, "instructions_open", DAY)) == [f"{COUNTY}:9"]
    accept(ledger, upward("instruction_given", "2031-02-05", "9", CITY, COUNTY, text="适用第六十一条"))
    assert ask(listed, "instructions_open", DAY) == []


@pytest.mark.requirement("S1-88")
def test_priority_violations_come_first(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, case("opened", "2031-02-01", "old", violations=["certificate_mismatch"]))
    accept(ledger, case("opened", "2031-03-01", "new", violations=["counterfeit_certification"]))
    accept(ledger, case("opened", "2031-04-01", "newest", violations=["uncertified"]))
    assert streams(ask(listed, "cases_open", DAY)) == [f"{COUNTY}:{n}" for n in ("new", "newest", "old")]


@pytest.mark.requirement("S3-46")
def test_the_categories_of_key_products_exist_and_a_campaign_filters_by_them(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    five = ["children", "food_related", "automotive", "e_commerce", "hazardous_chemicals"]
    assert list(labels("key_product")) == five
    for number, category in enumerate(five):
        accept(ledger, case("opened", "2031-02-01", str(number), key_products=[category]))
    accept(ledger, case("opened", "2031-02-01", "none"))
    for number, category in enumerate(five):
        assert streams(ask(listed, "cases_open", DAY, key_product=category)) == [f"{COUNTY}:{number}"]


@pytest.mark.requirement("S3-49")
def test_a_supervised_case_is_on_its_superiors_list_until_closed_and_a_listed_area_on_the_list_of_areas(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    course = whole_course()
    accept(ledger, course[0], case("supervision_ordered", "2031-02-10", source=CITY))
    assert streams(ask(listed, "supervised", DAY, by=CITY)) == [f"{COUNTY}:1"]
    assert ask(listed, "supervised", DAY, by=PROVINCE) == []
    accept(ledger, *course[1:])
    assert ask(listed, "supervised", DAY, by=CITY) == []
    area = {"region": "440604", "document_number": "挂1号", "problem": "无证生产较多"}
    accept(ledger, said("area.listed", "area:440604", "2031-02-01", CITY, **area))
    assert streams(ask(listed, "areas_listed", DAY)) == ["440604"]
    accept(ledger, said("area.delisted", "area:440604", "2031-05-01", CITY, document_number="摘1号"))
    assert ask(listed, "areas_listed", DAY) == []
    assert streams(ask(listed, "areas_listed", "2031-04-30")) == ["440604"]


@pytest.mark.requirement("S0-79")
def test_a_serious_finding_without_case_or_closure_is_listed_with_its_age(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    accept(ledger, *found("A", "major", "i-1"), *found("B", "major", "i-2"), *found("C", "minor", "i-3"))
    by_cause = found("D", "major", "i-4")
    cause = [{"source": by_cause[1].source, "id": by_cause[1].id}]
    accept(ledger, *by_cause, case("opened", "2031-02-09", causes=cause))
    accept(ledger, said("inspection.finding_closed", "inspection:i-2", "2031-03-01", finding="B"))
    (row,) = ask(listed, "serious_without_case", "2031-03-01")
    assert (row["stream"], row["age_days"], row["overdue"]) == ("inspection:i-1", 28, False)
    accept(
        ledger,
        way("opened", "2031-02-02", "i-1:A"),
        way("case_referred", "2031-02-10", "i-1:A", case=f"case:{COUNTY}:1"),
    )
    assert ask(listed, "serious_without_case", DAY) == []


@pytest.mark.requirement("S1-18")
def test_the_share_of_findings_handled_falls_with_an_open_one_and_none_closes_without_a_disposition(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    accept(ledger, *found("A", "minor", "i-1"), way("opened", "2031-02-02", "i-1:A", severity="general"))
    (refused,) = say(ledger, way("closed", "2031-02-03", "i-1:A", disposition="service"))
    assert refused.code == "no_disposition"  # type: ignore[union-attr]
    accept(ledger, way("service_provided", "2031-02-03", "i-1:A"))
    accept(ledger, way("closed", "2031-02-04", "i-1:A", disposition="service"))
    assert ask(coverage, DAY)["percent"] == "100.00"
    accept(ledger, *found("B", "minor", "i-2"))
    assert ask(coverage, DAY)["percent"] == "50.00"
    assert streams(ask(listed, "findings_unhandled", DAY)) == ["i-2"]
    assert ask(coverage, "2031-01-01")["percent"] is None


@pytest.mark.requirement("S1-76")
def test_causes_are_counted_by_their_code(ledger: Ledger, ask: Callable[..., Any]) -> None:
    for number in range(3):
        accept(ledger, *found("A", "minor", f"i-{number}"), way("opened", "2031-02-02", f"i-{number}:A"))
        cause = "intent" if number else "ignorance_of_law"
        accept(ledger, way("cause_analysed", "2031-02-03", f"i-{number}:A", cause=cause))
    assert ask(coverage, DAY)["causes"] == {"ignorance_of_law": 1, "intent": 2}


@pytest.mark.requirement("S2-47")
def test_a_failure_without_a_decision_is_listed_until_the_body_decides(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, issued_ccc(), *found(certificates=[certificate(CCC_NUMBER)]))
    accept(ledger, way("opened", "2031-02-02", certificates=[certificate(CCC_NUMBER)]))
    accept(ledger, way("cause_analysed", "2031-02-03"), way("plan_submitted", "2031-02-04"))
    accept(ledger, way("verified", "2031-02-20", outcome="failed"))
    (row,) = ask(listed, "decisions_outstanding", DAY)
    assert row["detail"]["outstanding"] == [certificate(CCC_NUMBER)]
    decision = decided("suspended", "2031-02-25", CCC_NUMBER, until="2031-05-01", reason_code="0201")
    accept(ledger, decision)
    answer = {"certificate": certificate(CCC_NUMBER), "decision": {"source": BODY, "id": decision.id}}
    accept(ledger, way("decision_recorded", "2031-02-25", source=BODY, **answer))
    assert ask(listed, "decisions_outstanding", DAY) == []


@pytest.mark.requirement("S2-31")
@pytest.mark.parametrize(
    ("kind", "data"),
    [("restored", {}), ("withdrawn", {"reason_code": "0201"}), ("cancelled", {"reason_code": "0204"})],
)
def test_a_suspended_compulsory_certificate_is_watched_until_its_suspension_ends(
    ledger: Ledger, ask: Callable[..., Any], kind: str, data: dict[str, Any]
) -> None:
    accept(ledger, issued_ccc())
    assert ask(listed, "suspended_watch", DAY) == []
    accept(ledger, decided("suspended", "2031-02-25", CCC_NUMBER, until="2031-05-01", reason_code="0201"))
    (row,) = ask(listed, "suspended_watch", DAY, by=BODY)
    assert (row["stream"], row["due"]) == (certificate(CCC_NUMBER), "2031-05-01")
    accept(ledger, decided(kind, "2031-04-25", CCC_NUMBER, **data))
    assert ask(listed, "suspended_watch", DAY) == []


@pytest.mark.requirement("S1-57")
def test_admonitions_are_no_penalties_and_repeated_ones_raise_the_risk(ledger: Ledger, ask: Callable[..., Any]) -> None:
    for number, day in (("i-1", "2031-02-05"), ("i-2", "2031-05-05")):
        accept(ledger, *found("A", "minor", number), way("opened", "2031-02-02", f"{number}:A"))
        accept(ledger, way("admonition_issued", day, f"{number}:A"))
    assert ask(listed, "admonitions_repeated", "2031-05-04") == []
    (row,) = ask(listed, "admonitions_repeated", "2031-05-05")
    assert (row["subject"], row["detail"]["admonitions"]) == ("organisation:M000100Y4", 2)
    assert ask(listed, "admonitions_repeated", "2034-01-01") == []
    assert ask(statistics, "2031-01-01", "2031-12-31")[0][0]["cases"] == 0


@pytest.mark.requirement("S2-59")
def test_the_list_of_serious_enterprises_is_a_query_and_links_to_the_findings(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    accept(ledger, issued_ccc(), *found("A", "major", "i-1"), *found("B", "minor", "i-2"))
    accept(ledger, way("opened", "2031-02-02", "i-2:B", severity="serious"))
    (row,) = ask(listed, "serious_enterprises", DAY)
    assert row["subject"] == "organisation:M000100Y4"
    assert row["detail"]["findings"] == [
        {"inspection": "inspection:i-1", "finding": "A"}, {"inspection": "inspection:i-2", "finding": "B"},
    ]  # fmt: skip


@pytest.mark.requirement("S2-60")
def test_who_owes_a_return_and_gave_none_is_listed_and_who_was_late_is_said_to_be(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    call = {
        "title": "监督检查情况",
        "owed_by": [COUNTY, SIBLING],
        "due": "2009-10-15",
        "basis": "浙质评发〔2009〕195号",
    }
    called = said("report.called", f"report:{CITY}:1", "2009-08-04", CITY, kind="county_inspection", **call)
    accept(ledger, called, upward("submitted", "2009-10-16", "1", COUNTY, CITY, content="检查情况"))
    before = ask(listed, "returns_missing", "2009-10-15")
    assert [(row["subject"], row["overdue"]) for row in before] == [(COUNTY, False), (SIBLING, False)]
    after = ask(listed, "returns_missing", "2009-10-16")
    assert [(row["subject"], row["overdue"], row["detail"]["submitted"]) for row in after] == [
        (COUNTY, True, "2009-10-16"), (SIBLING, True, None),
    ]  # fmt: skip


@pytest.mark.requirement("S2-79")
def test_a_request_for_evidence_is_listed_until_it_is_answered(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, case("opened", "2031-02-01"), case("evidence_requested", "2031-02-05"))
    (row,) = ask(listed, "requests_open", "2031-03-02", by=BODY)
    assert (row["due"], row["overdue"]) == ("2031-03-01", True)
    accept(ledger, case("evidence_provided", "2031-03-05", source=BODY, request="Q1"))
    assert ask(listed, "requests_open", "2031-03-05") == []
    assert len(ask(listed, "requests_open", "2031-03-04")) == 1


def test_a_decision_without_a_review_on_record_is_listed(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, *whole_course("1"))
    older = {"target": f"body:{BODY}", "region": "440604", "lead": "complaint", "violation": "减少认证程序"}
    decision = {"document_number": "旧1号", "penalties": ["fine"], "description": "罚款", "legal_basis": []}
    decision["legal_basis"] = whole_course()[4].data["legal_basis"]
    accept(ledger, said("case.opened", f"case:{COUNTY}:2", "2031-02-01", **older))
    accept(ledger, said("case.penalty_decided", f"case:{COUNTY}:2", "2031-02-02", **decision))
    assert streams(ask(listed, "review_missing", DAY)) == [f"{COUNTY}:2"]


def test_merged_leads_are_found_at_their_case_and_a_publication_ends(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, case("lead_registered", "2031-01-20", "L1"))
    accept(ledger, case("merged", "2031-02-02", "L1", into=f"case:{COUNTY}:1", reason="同一违法行为"))
    accept(ledger, *whole_course(), case("published", "2031-03-05", until="2034-03-04"))
    assert ask(case_file, f"case:{COUNTY}:1")["merged"] == [f"case:{COUNTY}:L1"]
    first = ("0001-01-01", "", "")
    assert [row["party"] for row in ask(published, "2034-03-04", after=first, limit=9)] == [HOLDER["name_zh"]]
    assert ask(published, "2034-03-05", after=first, limit=9) == []


def random_cases(rng: random.Random, number: int) -> tuple[list[Submission], list[dict[str, Any]]]:
    """Random cases, and beside them what a clerk would write down of each."""
    told, notes = [], []
    codes = [each.code for each in violations().values()]
    for index in range(number):
        day = f"{rng.choice((2030, 2031))}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        named, value = rng.sample(codes, rng.randint(1, 3)), rng.choice(("0", "1234.56", "1000000.00"))
        stated = rng.choice((None, None, *(row.code for row in rows())))
        procedure = rng.choice(("summary", None))
        opened = {"violations": named, "value": value, "procedure": procedure, "statistics_code": stated}
        opened = {name: each for name, each in opened.items() if each is not None}
        base = case("opened", "2029-06-01", f"r{index}").data
        plain = {k: v for k, v in base.items() if k not in {"procedure", "violations", "act_date", "effective"}}
        told.append(said("case.opened", f"case:{COUNTY}:r{index}", "2029-06-01", **{**plain, **opened}))
        note = {"day": None, "named": named, "stated": stated, "value": value, "fines": [], "confiscated": [],
                "transferred": rng.random() < 0.3}  # fmt: skip
        for decision in range(rng.randint(0, 2)):
            amount, taken = rng.choice(("0", "50000.00", "0.01")), rng.choice(("0", "99.99"))
            later = f"{day[:4]}-12-{28 + decision}"
            when = day if decision == 0 else later
            said_then = {"document_number": f"d{decision}", "amount": amount, "confiscated": taken, "proposal": None}
            told.append(case("penalty_decided", when, f"r{index}", **said_then))
            note["day"] = note["day"] or when
            note["fines"].append(amount)
            note["confiscated"].append(taken)
        if note["transferred"]:
            told.append(case("transferred", "2032-01-01", f"r{index}"))
            note["day"] = note["day"] or "2032-01-01"
        notes.append(note)
    return told, notes


def by_hand(
    notes: list[dict[str, Any]], first: str, last: str
) -> dict[str, tuple[int, Decimal, Decimal, Decimal, int]]:
    """The table as a clerk would count it, row by row."""
    parts = {row.code: row.part_of for row in rows()}

    def belongs(note: dict[str, Any], code: str) -> bool:
        if code == "1":
            return True
        own = [note["stated"]] if note["stated"] else [violations()[each].statistics for each in note["named"]]
        return any(each is not None and (each == code or parts[each] == code) for each in own)

    table = {}
    for row in rows():
        mine = [n for n in notes if n["day"] and first <= n["day"] <= last and belongs(n, row.code)]
        table[row.code] = (
            len(mine),
            sum((Decimal(n["value"]) for n in mine), Decimal(0)) / 10000,
            sum((Decimal(a) for n in mine for a in n["fines"]), Decimal(0)) / 10000,
            sum((Decimal(a) for n in mine for a in n["confiscated"]), Decimal(0)) / 10000,
            sum(n["transferred"] for n in mine),
        )
    return table


@pytest.mark.requirement("S1-95")
@pytest.mark.parametrize("seed", range(3))
def test_the_statistics_table_is_what_a_clerk_counts(ledger: Ledger, ask: Callable[..., Any], seed: int) -> None:
    told, notes = random_cases(random.Random(seed), 60)
    accept(ledger, *told)
    total = 0
    for text in ("2030", "2031", "2031-Q1", "2031-Q2", "2031-Q3", "2031-02", "2031-12", "2032-01"):
        first, last = period(text)
        table, _ = ask(statistics, first, last)
        counted = {
            row["code"]: (
                row["cases"],
                *(Decimal(row[n]) for n in ("value", "fines", "confiscated")),
                row["transferred"],
            )
            for row in table
        }
        assert counted == by_hand(notes, first, last), text
        total += table[0]["cases"]
    assert total > 40
    months = sum(ask(statistics, *period(f"2031-{month:02d}"))[0][0]["cases"] for month in range(1, 13))
    assert months == ask(statistics, *period("2031"))[0][0]["cases"]


def test_the_table_of_a_region_is_that_of_its_cases(ledger: Ledger, ask: Callable[..., Any]) -> None:
    accept(ledger, *whole_course("1"))
    accept(ledger, *whole_course("2"), case("opened", "2031-02-01", "3", SIBLING, SIBLING, region="440605"))
    assert ask(statistics, *period("2031"), regions=["440604"])[0][0]["cases"] == 2
    assert ask(statistics, *period("2031"), regions=["440605"])[0][0]["cases"] == 0


@pytest.mark.parametrize("text", ["2031-Q4", "2031-13", "31", "2031-00", "2031-1", "", "2031-Q"])
def test_what_is_no_period_of_the_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        period(text)


def test_the_rows_do_not_depend_on_batches_or_on_the_order_across_streams(
    ledger: Ledger, database_url: str, projector: MakeProjector
) -> None:
    accept(ledger, *found(), way("opened", "2031-02-02"), *whole_course(), case("published", "2031-03-05"))
    accept(ledger, case("supervision_ordered", "2031-02-10", source=CITY))
    once = projector(Cases())
    once.apply(deliveries(ledger))
    expected = all_rows(database_url, once.view)
    assert all(expected[table] for table in ("case_file", "published", "finding", "rectification", "fact"))
    for seed in range(3):
        with psycopg.connect(database_url) as connection:
            connection.execute("DROP SCHEMA cases CASCADE")
        again, rng = projector(Cases()), random.Random(seed)
        waiting = {}
        for each in deliveries(ledger):
            waiting.setdefault(each.lane, []).append(each)
        while waiting:
            lane = rng.choice(sorted(waiting))
            size = rng.randint(1, 3)
            again.apply(waiting[lane][:size])
            waiting[lane] = waiting[lane][size:]
            if not waiting[lane]:
                del waiting[lane]
        assert all_rows(database_url, again.view) == expected


@pytest.mark.requirement("S2-58")
def test_the_return_of_each_kind_of_county_bureau_is_due_to_its_city(ledger: Ledger, ask: Callable[..., Any]) -> None:
    city = "SAMR-441200"
    bureaux = {"SAMR-441202": "district", "SAMR-441223": "county", "SAMR-441284": "county_level_city"}
    for bureau, kind in bureaux.items():
        assert superior_of(bureau, DAY) == city
        accept(ledger, registered(bureau, kind, "county", bureau.removeprefix("SAMR-"), source=city))
    call: dict[str, Any] = {
        "kind": "county_inspection",
        "title": "检查情况",
        "owed_by": [*bureaux],
        "due": "2031-04-30",
        "basis": "一",
    }
    accept(ledger, upward("called", "2031-04-01", "1", city, **call))
    due = {(row["subject"], row["due"], row["overdue"]) for row in ask(listed, "returns_missing", "2031-05-01")}
    assert due == {(bureau, "2031-04-30", True) for bureau in bureaux}
    for number, bureau in enumerate(bureaux, 1):
        accept(ledger, upward("submitted", "2031-04-20", "1", bureau, city, content="已检查"))
        assert len(ask(listed, "returns_missing", "2031-05-01")) == len(bureaux) - number
