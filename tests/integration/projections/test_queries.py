import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.days import parse_instant
from ledger.service import Ledger
from projections.feed import lane_of
from projections.history.query import certificate_as_of, timeline
from projections.progress import has_seen, lag, visible_at
from projections.projector import Projector
from projections.register.query import (
    certificate_now,
    certificates_of_body,
    certificates_of_organisation,
    counts_by_status,
    standing,
)
from projections.registry import make_views
from projections.search.query import search
from projections.trail.query import trail_of
from projections.view import View
from tests.support.statements import BODY, SIGNER, accept, approved, certificate, decided, issued, statement, suspended
from tests.support.views import deliveries

MakeProjector: TypeAlias = Callable[[View], Projector]
HOLDER = "M000100Y4"


@pytest.fixture
def ledger(projector: MakeProjector) -> Ledger:
    spoken = open_memory_ledger()
    accept(
        spoken,
        *approved(),
        issued(),
        issued("B2"),
        issued("C3"),
        suspended(),
        decided("maintained", "2031-02-01", "B2"),
    )
    inspected = {
        "effective": "2031-02-10",
        "mode": "national_spot_check",
        "organisation": "91350100M000100Y43",
        "region": "350102",
        "certificates": [certificate("B2")],
        "result": "nonconforming",
    }
    sample = {"effective": "2031-02-12", "sample": "S1", "standard": "GB 1", "passed": False}
    finding = {
        "effective": "2031-02-10",
        "finding": "F1",
        "grade": "major",
        "text": "无检验记录",
        "responsible": {"role": "responsible_party", "party": f"organisation:{HOLDER}"},
    }
    opened = {
        "effective": "2031-02-20",
        "target": f"organisation:{HOLDER}",
        "region": "350102",
        "lead": "spot_check",
        "violation": "认证标志使用不当",
        "certificates": [certificate("B2")],
    }
    accept(
        spoken,
        statement("inspection.performed", "inspection:i1", inspected, source="SAMR"),
        statement("inspection.sample_result_recorded", "inspection:i1", sample, source="SAMR"),
        statement("inspection.finding_recorded", "inspection:i1", finding, source="SAMR"),
        statement("case.opened", "case:SAMR:1", opened, source="SAMR"),
        statement(
            "body.approval_suspended", f"body:{BODY}", {"effective": "2031-06-01", "reason": "整改"}, source="CNCA"
        ),
    )
    for view in make_views():
        projector(view).apply(deliveries(spoken))
    return spoken


def asked(url: str, ask: Callable[[psycopg.AsyncConnection[Any]], Any]) -> Any:
    async def run() -> Any:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            return await ask(connection)

    return asyncio.run(run())


def test_what_bears_on_a_certificate_from_other_streams_is_flagged(ledger: Ledger, database_url: str) -> None:
    def flags(number: str, day: str) -> set[str]:
        found = asked(database_url, lambda c: certificate_now(c, certificate(number), day))
        return set(found["flags"]) - {"head_signature_missing"}

    assert flags("B2", "2031-03-01") == {"short_notice_audit_due", "finding_open", "case_open"}
    assert flags("B2", "2031-03-15") == {"short_notice_audit_overdue", "finding_open", "case_open"}
    assert flags("C3", "2031-03-01") == set()
    assert flags("C3", "2031-06-01") == {"issuer_not_approved"}


def test_a_past_answer_does_not_know_what_was_recorded_later(ledger: Ledger, database_url: str) -> None:
    log = deliveries(ledger)
    ended = next(each for each in log if each.recorded.event["type"] == "body.approval_suspended")
    before = parse_instant(log[ended.position - 2].recorded.recorded)

    def flags(known_at: Any) -> list[str]:
        found = asked(database_url, lambda c: certificate_as_of(c, certificate("C3"), "2031-07-01", known_at))
        return [flag for flag in found["flags"] if flag == "issuer_not_approved"]

    assert flags(None) == ["issuer_not_approved"]
    assert flags(parse_instant(ended.recorded.recorded)) == ["issuer_not_approved"]
    assert flags(before) == []
    periods = asked(database_url, lambda c: timeline(c, certificate()))
    assert [(each["status"], each["effective_from"]) for each in periods] == [
        ("valid", "2031-01-05"),
        ("suspended", "2031-03-01"),
    ]


def test_lists_are_filtered_by_the_status_of_the_day_and_paged(ledger: Ledger, database_url: str) -> None:
    def numbers(ask: Callable[[psycopg.AsyncConnection[Any]], Any]) -> list[str]:
        return [each["number"] for each in asked(database_url, ask)]

    assert numbers(lambda c: certificates_of_body(c, BODY, "2031-04-01", status=["suspended"])) == ["10131Q00001R0M"]
    assert numbers(lambda c: certificates_of_body(c, BODY, "2040-01-01", status=["valid"])) == []
    first = asked(database_url, lambda c: certificates_of_organisation(c, HOLDER, "2031-04-01", limit=2))
    rest = numbers(lambda c: certificates_of_organisation(c, HOLDER, "2031-04-01", after=first[-1]["stream"]))
    assert [each["number"] for each in first] + rest == ["10131Q00001R0M", "B2", "C3"]
    assert asked(database_url, lambda c: counts_by_status(c, "2031-04-01", body=BODY)) == {"suspended": 1, "valid": 2}
    assert asked(database_url, lambda c: counts_by_status(c, "2040-01-01", organisation=HOLDER)) == {"expired": 3}
    assert asked(database_url, lambda c: standing(c, f"body:{BODY}"))["state"]["suspended"] is True


def test_the_trail_of_any_subject_holds_every_event_about_it(ledger: Ledger, database_url: str) -> None:
    def types(subject: str, **how: Any) -> list[str]:
        return [each["type"] for each in asked(database_url, lambda c: trail_of(c, subject, **how))]

    assert types(certificate("B2")) == [
        "certificate.issued",
        "certificate.maintained",
        "inspection.performed",
        "inspection.sample_result_recorded",
        "inspection.finding_recorded",
        "case.opened",
    ]
    assert len(types(f"organisation:{HOLDER}")) == 9
    assert types(f"person:CCAA:{SIGNER}")[:2] == ["person.registered", "certificate.issued"]
    assert types(f"body:{BODY}", newest_first=True, limit=1) == ["body.approval_suspended"]
    page = asked(database_url, lambda c: trail_of(c, f"organisation:{HOLDER}", limit=4))
    rest = types(f"organisation:{HOLDER}", after=page[-1]["position"])
    assert [each["type"] for each in page] + rest == types(f"organisation:{HOLDER}")


@pytest.mark.parametrize("text", ["恒远", "恒", "电器的设计", "B2", "b2", "Ｂ２", "第一示例", "CNCA-R-2031"])
def test_two_characters_or_one_find_a_certificate(ledger: Ledger, database_url: str, text: str) -> None:
    found = asked(database_url, lambda c: search(c, text))
    assert "B2" in [each["number"] for each in found]
    if len(found) > 1:
        first = asked(database_url, lambda c: search(c, text, limit=1))
        rest = asked(database_url, lambda c: search(c, text, (first[0]["rank"], first[0]["stream"])))
        assert first + rest == found


@pytest.mark.parametrize("text", ["", "  ", "远恒", "%", "_2", "不存在"])
def test_what_is_not_there_is_not_found(ledger: Ledger, database_url: str, text: str) -> None:
    assert asked(database_url, lambda c: search(c, text)) == []


def test_each_view_tells_how_far_it_has_come(ledger: Ledger, database_url: str) -> None:
    head, stream = ledger.event_log.head(), f"body:{BODY}"
    found = asked(database_url, lambda c: lag(c, ["register", "trail"]))
    assert {name: each["latest"] for name, each in found.items()} == {"register": head, "trail": head}
    assert asked(database_url, lambda c: visible_at(c, "trail", head, lane_of(stream))) is not None
    assert asked(database_url, lambda c: has_seen(c, "trail", head, lane_of(stream))) is True
    assert asked(database_url, lambda c: has_seen(c, "trail", head + 1, lane_of(stream))) is False
