"""The view of inspections over a real database: lists, worklists, reports, and the same rows however it is built."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.access.jurisdiction import area
from ledger.envelope import Submission
from ledger.service import Ledger
from projections.history.project import History
from projections.inspections import draw_query, query, reports
from projections.inspections.project import Inspections
from projections.inspections.query import Wanted
from projections.inspections.targets import campaign_targets
from projections.rebuild import rebuild
from projections.register.project import Register
from projections.store_feed import StoreFeed
from tests.integration.projections.conftest import MakeProjector
from tests.support.access import OTHER_CODE
from tests.support.drawing import DRAWER, made, published, steps
from tests.support.inspecting import (
    COUNTY,
    ORGANISATION,
    daily_patrol,
    filed,
    found,
    performed,
    planned,
    recorded,
    said,
)
from tests.support.statements import (
    BODY,
    CCC_DETAILS,
    DETAILS,
    HOLDER,
    accept,
    approved,
    corrected,
    decided,
    issued,
    register_of,
    say,
)
from tests.support.views import deliveries, rows

CITY, PROVINCE, SIBLING = "SAMR-440600", "SAMR-440000", "SAMR-440605"
Answer = TypeVar("Answer")


class Kept:
    """The views of a ledger in memory, folded as far as it goes, and questions to them."""

    def __init__(self, url: str, projector: MakeProjector, ledger: Ledger) -> None:
        self.url, self.ledger = url, ledger
        self._views = [projector(Inspections()), projector(Register()), projector(History())]
        self._seen = 0

    def take(self, *submissions: Submission) -> None:
        accept(self.ledger, *submissions)
        for each in self._views:
            each.apply(deliveries(self.ledger, self._seen))
        self._seen = self.ledger.event_log.head()

    def ask(self, question: Callable[..., Awaitable[Answer]], *args: Any, **named: Any) -> Answer:
        async def answer() -> Answer:
            async with await psycopg.AsyncConnection.connect(self.url) as connection:
                return await question(connection, *args, **named)

        return asyncio.run(answer())


@pytest.fixture
def kept(database_url: str, projector: MakeProjector) -> Kept:
    return Kept(database_url, projector, register_of())


def streams(found_rows: list[dict[str, Any]]) -> list[str]:
    return [row["stream"] for row in found_rows]


@pytest.mark.requirement("S0-40")
def test_the_life_of_a_patrol_replays_to_the_same_worklist(
    kept: Kept, database_url: str, projector: MakeProjector
) -> None:
    kept.take(planned(), planned("inspection:i-2", due="2031-02-20"), performed(), recorded())
    before = kept.ask(query.worklist, COUNTY, "2031-03-01")
    assert [(row["stream"], row["status"], row["overdue"]) for row in before["tasks"]] == [
        ("inspection:i-2", "planned", True),
        ("inspection:i-1", "recorded", False),
    ]
    rebuild(Inspections(), StoreFeed(kept.ledger.event_log, wait_seconds=0.01), lambda: psycopg.connect(database_url))
    assert kept.ask(query.worklist, COUNTY, "2031-03-01") == before
    kept.take(filed())
    assert streams(kept.ask(query.worklist, COUNTY, "2031-03-01")["tasks"]) == ["inspection:i-2"]


@pytest.mark.requirement("S0-20")
def test_a_task_with_two_co_responsible_units_is_in_both_worklists(kept: Kept) -> None:
    both = [{"unit": COUNTY, "role": "co_responsible"}, {"unit": SIBLING, "role": "co_responsible"}]
    kept.take(planned(source=CITY, mode="joint", units=[{"unit": CITY, "role": "lead"}, *both]))
    for unit in (COUNTY, SIBLING, CITY):
        assert streams(kept.ask(query.worklist, unit, "2031-02-02")["tasks"]) == ["inspection:i-1"], unit
    assert kept.ask(query.worklist, PROVINCE, "2031-02-02")["tasks"] == []
    kept.take(said("participation_answered", "2031-02-03", source=SIBLING, accepts=False, reason="不在辖区"))
    assert kept.ask(query.worklist, SIBLING, "2031-02-04")["tasks"] == []


def test_a_referral_is_in_the_inbox_of_its_unit_and_ages_until_it_is_accepted(kept: Kept) -> None:
    kept.take(planned(source=CITY, mode="joint", units=[{"unit": SIBLING, "role": "participant"}]))
    waiting = kept.ask(query.worklist, SIBLING, "2031-02-15")["tasks"]
    assert [row["unanswered_days"] for row in waiting] == [14]
    kept.take(said("participation_answered", "2031-02-16", source=SIBLING, accepts=True))
    assert [row["unanswered_days"] for row in kept.ask(query.worklist, SIBLING, "2031-03-15")["tasks"]] == [None]


@pytest.mark.requirement("S2-55", "S2-74")
def test_the_chain_of_tasks_from_province_to_city_to_county_is_seen_from_each_of_them(kept: Kept) -> None:
    province = planned(
        "inspection:p", source=PROVINCE, mode="special_campaign", organisation=None, certificates=None, region="440000",
        units=[{"unit": CITY, "role": "participant"}],
    )  # fmt: skip
    city = planned(
        "inspection:c", source=CITY, mode="special_campaign", organisation=None, certificates=None, region="440600",
        under="inspection:p",
    )  # fmt: skip
    kept.take(city, planned("inspection:n", mode="special_campaign", under="inspection:c"), province)
    below = kept.ask(query.inspection, "inspection:p", "2031-02-02")
    assert below is not None
    assert [(row["stream"], row["depth"]) for row in below["below"]] == [("inspection:c", 1), ("inspection:n", 2)]
    above = kept.ask(query.inspection, "inspection:n", "2031-02-02")
    assert above is not None
    assert [(row["stream"], row["planned_by"]) for row in above["above"]] == [
        ("inspection:c", CITY),
        ("inspection:p", PROVINCE),
    ]


@pytest.mark.requirement("S1-25")
def test_each_patrol_is_tied_to_its_plan_or_marked_as_ad_hoc(kept: Kept) -> None:
    kept.take(planned(), performed(), performed("inspection:i-2"))
    told = {row["stream"]: row["is_planned"] for row in kept.ask(query.inspections, "2031-03-01")}
    assert told == {"inspection:i-1": True, "inspection:i-2": False}


@pytest.mark.requirement("S1-27")
def test_a_patrol_without_a_record_is_listed_and_a_record_keeps_its_form_version(kept: Kept) -> None:
    kept.take(performed(), performed("inspection:i-2"), recorded())
    missing = kept.ask(query.inspections, "2031-03-01", Wanted(without_record=True))
    assert streams(missing) == ["inspection:i-2"]
    (one,) = kept.ask(query.inspections, "2031-03-01", Wanted(status="recorded"))
    assert one["forms"] == [{"form": "ccc_daily_patrol", "version": 1}]


@pytest.mark.requirement("S1-28")
def test_what_enterprises_say_is_asked_by_kind(kept: Kept) -> None:
    content = daily_patrol(
        feedback={"problems": ["检测排期长", "费用高"], "opinions": ["流程清楚"], "suggestions": ["网上办理"]}
    )
    kept.take(performed(), recorded(content=content))
    by_kind = {
        kind: [row["text"] for row in kept.ask(query.feedback, kind, None)]
        for kind in ("problem", "opinion", "suggestion")
    }
    assert by_kind == {"problem": ["检测排期长", "费用高"], "opinion": ["流程清楚"], "suggestion": ["网上办理"]}
    assert len(kept.ask(query.feedback, None, ORGANISATION)) == 4


@pytest.mark.requirement("S0-51", "S1-36", "S1-37")
def test_the_report_by_stage_shows_each_stage_and_ranks_ex_factory_first(kept: Kept) -> None:
    for number, stage in enumerate(("use", "production", "ex_factory", "sale", "production")):
        stream = f"inspection:s-{number}"
        kept.take(planned(stream, stage=stage), performed(stream))
    told = kept.ask(reports.report, "stage", None, "2031-01-01", "2031-12-31")
    assert [(row["value"], row["inspections"]) for row in told] == [
        ("ex_factory", 1), ("production", 2), ("sale", 1), ("use", 1),
    ]  # fmt: skip
    assert sum(row["share"] for row in told) == pytest.approx(1)


@pytest.mark.requirement("S0-52", "S1-44")
def test_the_report_by_type_shows_that_routine_supervision_comes_first(kept: Kept) -> None:
    for number, programme in enumerate(("routine", "routine", "special")):
        stream = f"inspection:t-{number}"
        kept.take(planned(stream, programme=programme), performed(stream))
    kept.take(performed("inspection:t-9", mode="special_spot_check", day="2032-01-01"))
    told = {row["value"]: row for row in kept.ask(reports.report, "programme", None, "2031-01-01", "2031-12-31")}
    assert told.keys() == {"routine", "special"}
    assert told["routine"]["share"] >= told["special"]["share"] > 0
    with_ad_hoc = {row["value"]: row for row in kept.ask(reports.report, "programme", None, "2031-01-01", "2032-12-31")}
    assert with_ad_hoc["special"]["inspections"] == 2


@pytest.mark.requirement("S2-43")
def test_a_check_of_june_that_is_recorded_after_august_counts_in_the_phase_of_june(kept: Kept) -> None:
    phase = ("2016-05-21", "2016-08-31")
    own: dict[str, Any] = {"mode": "self_check", "source": BODY}
    kept.take(
        performed("inspection:june", day="2016-06-15", **own),
        performed("inspection:last-day", day="2016-08-31", **own),
        performed("inspection:after", day="2016-09-01", **own),
    )
    assert all(row.recorded.isoformat() > "2016-09" for row in kept.ledger.event_log.read(0, 1000))
    (row,) = kept.ask(reports.report, "mode", None, *phase)
    assert (row["value"], row["inspections"], row["performed"]) == ("self_check", 2, 2)
    (later,) = kept.ask(reports.report, "mode", None, "2016-09-01", "2016-12-31")
    assert later["inspections"] == 1


@pytest.mark.requirement("S3-65")
def test_findings_are_reported_by_the_standard_that_they_cite(kept: Kept) -> None:
    kept.take(
        performed(),
        found("F1", standard="GB 4943.1-2022"),
        found("F2", standard="GB 4943.1-2022", clause="5.3", tags=["safety_related"]),
        found("F3", standard="GB 17625.1-2022"),
    )
    told = {
        row["value"]: row["findings"] for row in kept.ask(reports.report, "standard", None, "2031-01-01", "2031-12-31")
    }
    assert told == {"GB 4943.1-2022": 2, "GB 17625.1-2022": 1}
    tags = kept.ask(reports.report, "tag", None, "2031-01-01", "2031-12-31")
    assert [(row["value"], row["findings"]) for row in tags] == [("safety_related", 1)]


@pytest.mark.requirement("S1-90")
def test_no_closed_inspection_is_without_its_place_in_the_archive(kept: Kept) -> None:
    kept.take(performed(), recorded(), performed("inspection:i-2"), recorded("inspection:i-2"), filed("inspection:i-2"))
    (row,) = kept.ask(reports.report, "mode", None, "2031-01-01", "2031-12-31")
    assert (row["performed"], row["filed"], row["not_filed"], row["without_record"]) == (2, 1, 1, 0)
    closed = kept.ask(query.inspections, "2031-03-01", Wanted(status="filed"))
    assert [each["stream"] for each in closed if each["filed"] is None or each["recorded"] is None] == []


SECOND = {**HOLDER, "code": OTHER_CODE, "name_zh": "第二电器有限公司", "region": "440604"}


def producers() -> list[Submission]:
    """Two producers with a compulsory certificate, both in the county."""
    first = {**CCC_DETAILS, "holder": {**HOLDER, "region": "440604"}}
    second = {**CCC_DETAILS, "holder": SECOND}
    return [
        *approved(),
        issued("2031900901000001", "2031-01-05", details=first, expires="2036-01-04"),
        issued("2031900901000002", "2031-01-05", details=second, expires="2036-01-04"),
    ]


@pytest.mark.requirement("S1-17", "S1-22")
def test_a_producer_without_a_patrol_schedule_is_a_gap_in_the_coverage(kept: Kept) -> None:
    kept.take(*producers(), planned())
    in_county = area("440604", "2031-02-02")
    told = kept.ask(reports.coverage, "2031-02-02", in_county)
    assert (told["producers"], told["scheduled"], told["ratio"]) == (2, 1, 0.5)
    assert [row["organisation"] for row in told["missing"]] == ["organisation:M00010102"]
    kept.take(planned("inspection:i-2", organisation=OTHER_CODE))
    assert kept.ask(reports.coverage, "2031-02-02", in_county)["ratio"] == 1.0
    third = {**CCC_DETAILS, "holder": {**HOLDER, "code": "91440600M00010209B", "region": "440604"}}
    kept.take(issued("2031900901000003", "2031-02-01", details=third, expires="2036-01-04"))
    gap = kept.ask(reports.coverage, "2031-02-02", in_county)
    assert (gap["ratio"], [row["organisation"] for row in gap["missing"]]) == (
        round(2 / 3, 6),
        ["organisation:M00010209"],
    )
    assert kept.ask(reports.coverage, "2031-02-02", area("330106", "2031-02-02"))["producers"] == 0
    assert kept.ask(reports.coverage, "2036-02-02", in_county)["producers"] == 0


@pytest.mark.requirement("S0-54")
def test_a_campaigns_filter_selects_exactly_the_matching_enterprises_as_of_its_day(kept: Kept) -> None:
    qms = {**DETAILS, "holder": {**SECOND, "code": "91440600M00010209B"}}
    elsewhere = {**CCC_DETAILS, "holder": {**HOLDER, "code": "91350100M000103058", "region": "330106"}}
    kept.take(
        *producers(),
        issued("10131Q00001R0M", "2031-01-05", details=qms),
        issued("2031900901000004", "2031-01-05", details=elsewhere, expires="2036-01-04"),
        decided("withdrawn", "2031-03-01", "2031900901000002", reason_code="0299"),
    )
    county = area("440604", "2031-02-01")

    def chosen(day: str, regions: tuple[str, ...] = county, **targets: Any) -> list[str]:
        found_rows = kept.ask(campaign_targets, {"as_of": day, **targets}, regions)
        return [row["organisation"].partition(":")[2] for row in found_rows]

    assert chosen("2031-02-01", product_classes=["0901"]) == ["M000100Y4", "M00010102"]
    assert chosen("2031-03-02", product_classes=["0901"]) == ["M000100Y4"]
    assert chosen("2031-01-04", product_classes=["0901"]) == []
    assert chosen("2036-01-05", product_classes=["0901"]) == []
    assert chosen("2031-02-01", project_codes=["A01"]) == ["M00010209"]
    assert chosen("2031-02-01", project_codes=["A_1"]) == []
    assert chosen("2031-02-01", scheme_class="ccc", product_classes=["0702"]) == []
    assert chosen("2031-02-01") == ["M000100Y4", "M00010102", "M00010209"]
    assert chosen("2031-02-01", area("330000", "2031-02-01"), scheme_class="ccc") == ["M00010305"]


@pytest.mark.requirement("S0-78", "S1-45")
@pytest.mark.parametrize("mode", ["routine_patrol", "special_spot_check"])
def test_a_serious_finding_brings_the_next_patrol_forward(kept: Kept, mode: str) -> None:
    kept.take(*producers(), performed())
    (before,) = [row for row in kept.ask(reports.patrol_schedule, "2031-06-01", None) if row["last"]]
    kept.take(performed("inspection:i-2", "2031-05-10", mode=mode), found("F1", "2031-05-10", "inspection:i-2"))
    (after,) = [row for row in kept.ask(reports.patrol_schedule, "2031-06-01", None) if row["last"]]
    assert before["next_due"] == "2032-02-10"
    assert after["next_due"] == "2031-08-10" < before["next_due"]


@pytest.mark.requirement("S2-31")
def test_a_suspended_certificate_is_watched_until_the_suspension_is_over(kept: Kept) -> None:
    number = "2031900901000001"

    def watched(day: str) -> list[tuple[str, int]]:
        return [(row["number"], row["checks"]) for row in kept.ask(reports.suspension_watch, day, None)]

    kept.take(*producers())
    assert watched("2031-02-01") == []
    kept.take(decided("suspended", "2031-03-01", number, until="2031-05-25", reason_code="0299"))
    assert watched("2031-03-02") == [(number, 0)]
    kept.take(planned("inspection:w", "2031-03-02", mode="suspension_follow_up"))
    assert kept.ask(reports.suspension_watch, "2031-03-02", None)[0]["planned"] == "2031-03-31"
    kept.take(performed("inspection:w", "2031-03-10", mode="suspension_follow_up"))
    assert watched("2031-03-11") == [(number, 1)]
    kept.take(decided("restored", "2031-04-01", number))
    assert watched("2031-04-02") == []
    for month, ending in (("05", "withdrawn"), ("06", "cancelled")):
        kept.take(decided("suspended", f"2031-{month}-01", number, until=f"2031-{month}-28", reason_code="0299"))
        assert watched(f"2031-{month}-02") == [(number, 0)]
        end = decided(ending, f"2031-{month}-10", number, reason_code="0299")
        kept.take(end)
        assert watched(f"2031-{month}-11") == []
        kept.take(corrected(end, None, f"back-{ending}"), decided("restored", f"2031-{month}-12", number))


@pytest.mark.requirement("S4-69")
def test_the_same_product_sampled_by_both_programmes_within_the_window_is_flagged(kept: Kept) -> None:
    product = {"name": "微型计算机", "models": "A1"}
    for stream, day, mode in (
        ("inspection:n", "2031-02-10", "national_spot_check"),
        ("inspection:c", "2031-05-10", "ccc_spot_check"),
    ):
        kept.take(
            performed(stream, day, mode=mode),
            said("sampled", day, stream, sample="S1", product=product, stage="sale"),
        )
    (pair,) = kept.ask(reports.double_sampling, 90)
    assert (pair["first"], pair["second"]) == ("inspection:n", "inspection:c")
    assert kept.ask(reports.double_sampling, 88) == []


@pytest.mark.requirement("S4-142")
def test_a_recognised_inspection_satisfies_the_other_departments_plan_while_it_lasts(kept: Kept) -> None:
    kept.take(
        planned("inspection:due", source=CITY, mode="effectiveness", due="2031-03-01"),
        performed("inspection:done", "2031-02-20", mode="effectiveness"),
    )
    overdue = kept.ask(query.inspections, "2031-03-05", Wanted(overdue=True))
    assert streams(overdue) == ["inspection:due"]
    kept.take(
        said("recognised", "2031-03-06", "inspection:done", CITY, plan="inspection:due", until="2031-06-30"),
        said("assistance_requested", "2031-03-06", "inspection:done", request="R1", to=SIBLING, text="协查"),
    )
    assert kept.ask(query.inspections, "2031-03-07", Wanted(overdue=True)) == []
    assert kept.ask(query.inspections, "2031-03-05", Wanted(overdue=True)) == overdue
    assert streams(kept.ask(query.inspections, "2031-07-01", Wanted(overdue=True))) == ["inspection:due"]
    waiting = kept.ask(query.worklist, SIBLING, "2031-03-10")["assistance"]
    assert [(row["request"], row["unanswered_days"]) for row in waiting] == [("R1", 4)]
    kept.take(
        said("assistance_answered", "2031-03-11", "inspection:done", SIBLING, request="R1", provided=True, text="已查")
    )
    assert kept.ask(query.worklist, SIBLING, "2031-03-12")["assistance"] == []
    one = kept.ask(query.inspection, "inspection:done", "2031-03-12")
    assert one is not None
    assert [each["provided"] for each in one["assistance"]] == [True]


def test_results_of_a_joint_investigation_are_found_from_every_participant(kept: Kept) -> None:
    units = [{"unit": SIBLING, "role": "participant"}]
    kept.take(planned(source=CITY, mode="joint", units=units), performed(source=CITY, mode="joint"), found("F1"))
    for unit in (COUNTY, SIBLING):
        (task,) = kept.ask(query.worklist, unit, "2031-02-20")["tasks"]
        one = kept.ask(query.inspection, task["stream"], "2031-02-20")
        assert one is not None
        assert [each["finding"] for each in one["findings"]] == ["F1"], unit


def test_a_draw_is_for_everybody_and_its_selection_is_public_once_published(kept: Kept) -> None:
    kept.take(*steps(), made())
    (row,) = kept.ask(draw_query.draws, None)
    assert (row["status"], row["inspectees"], row["inspectors"], row["organiser"]) == ("committed", 12, 5, DRAWER)
    one = kept.ask(draw_query.draw, "draw:d-1")
    assert one is not None
    assert {each["access"] for each in one["drawn"]} == {"selection"}
    kept.take(published())
    one = kept.ask(draw_query.draw, "draw:d-1")
    assert one is not None
    assert {(each["access"], each["outcome"]) for each in one["drawn"]} == {("public", "conforming")}
    assert [each["inspectee"] for each in one["drawn"]] == [each["inspectee"] for each in made().data["selected"]]


def script(rng: random.Random) -> list[Submission]:
    """Some dozens of lawful and unlawful statements about few inspections and a draw, in any order."""
    made_up: list[Submission] = [*steps(), made(), published()]
    for number in range(4):
        stream, day = f"inspection:r-{number}", f"2031-02-{rng.randint(1, 20):02d}"
        mode = rng.choice(["routine_patrol", "unannounced", "effectiveness"])
        plan, visit = planned(stream, mode=mode), performed(stream, day, mode=mode)
        record = recorded(stream, "2031-02-25")
        made_up += [plan, visit, record, filed(stream, "2031-02-26"), found(f"F{number}", day, stream)]
        made_up += [
            corrected(visit, None if rng.random() < 0.5 else {**visit.data, "result": "nonconforming"}, f"c{number}"),
            said("recognised", "2031-03-01", stream, CITY, plan="inspection:r-0", until="2031-06-01"),
            said("sampled", day, stream, sample="S", product={"name": "x"}, stage="use"),
        ]
    head, rest = made_up[:7], made_up[7:]
    rng.shuffle(rest)
    return [*head, *rest]


@pytest.mark.parametrize("seed", range(8))
def test_batch_by_batch_and_all_at_once_give_the_same_rows(
    seed: int, database_url: str, projector: MakeProjector
) -> None:
    rng = random.Random(seed)
    ledger = open_memory_ledger()
    say(ledger, *script(rng))
    live = projector(Inspections())
    events = deliveries(ledger)
    while events:
        size = rng.randint(1, 6)
        live.apply(events[:size])
        events = events[size:]
    before = rows(database_url, Inspections())
    result = rebuild(
        Inspections(), StoreFeed(ledger.event_log, wait_seconds=0.01), lambda: psycopg.connect(database_url)
    )
    assert result.differences == {}
    assert rows(database_url, Inspections()) == before
    assert len(before["inspection"]) >= 2
    assert before["drawn"]
