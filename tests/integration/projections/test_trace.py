"""Forward, back and sideways over the real view, as of both times, compared with what the fixture was made to be."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.envelope import Submission
from ledger.service import Ledger
from ledger.tracing.walk import Direction
from projections.rebuild import rebuild
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from projections.trace.query import Found, Moment, sideways, walk
from tests.integration.projections.conftest import MakeProjector
from tests.support import supervised as s
from tests.support.statements import accept, certificate, corrected, decided, statement
from tests.support.views import batches_of, rows

SAMPLE, FINDING = "sample:i-1:S1", "finding:i-1:F1"
FIRST, SECOND = certificate(s.FIRST), certificate(s.SECOND)
OTHERS = certificate(s.OTHERS, s.OTHER_BODY)
LABORATORY, REPORT = f"laboratory:{s.LAB}", f"report:{'a' * 64}"
BODY, OTHER_BODY = f"body:{s.BODY}", f"body:{s.OTHER_BODY}"
SIGNER, OTHER_SIGNER = "person:CCAA:S101001", "person:CCAA:S102001"
ORIGIN = {
    FIRST, BODY, SIGNER, REPORT, s.HOLDER_STREAM, s.FACTORY_STREAM, "factory:V000001",
}  # fmt: skip
STORY: list[Submission] = [
    *s.bodies(),
    *s.certificates(),
    s.performed(certificates=[FIRST, SECOND]),
    s.found(certificates=[FIRST]),
    s.closed(),
    s.sampled(certificates=[FIRST]),
    s.case(),
]


@pytest.fixture
def graph(projector: MakeProjector) -> Callable[..., Ledger]:
    def fold(*more: Submission) -> Ledger:
        ledger = open_memory_ledger()
        accept(ledger, *STORY, *more)
        kept = projector(VIEWS["trace"]())
        for batch in batches_of(StoreFeed(ledger.event_log, wait_seconds=0.01), kept):
            kept.apply(batch)
        return ledger

    return fold


def _asked(url: str, ask: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Any]]) -> Any:
    async def asking() -> Any:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            return await ask(connection)

    return asyncio.run(asking())


def traced(url: str, start: str, direction: Direction = "forward", **bounds: Any) -> tuple[set[str], list[Found]]:
    walked, edges = _asked(url, lambda c: walk(c, start, direction, **bounds))
    return set(walked.reached) - {start}, edges


@pytest.mark.requirement("S1-89")
def test_a_failed_sample_leads_to_the_site_where_it_was_made_by_events_that_can_be_read(
    graph: Callable[..., Ledger], database_url: str
) -> None:
    graph()
    nodes, edges = traced(database_url, SAMPLE)
    assert nodes == ORIGIN | {s.INSPECTION, LABORATORY}
    way = next(e for e in edges if e.start == SAMPLE and e.end == FIRST)
    site = next(e for e in edges if e.start == FIRST and e.relation == "factory" and e.end == s.FACTORY_STREAM)
    assert (way.stream, way.version) == (s.INSPECTION, 4)
    assert (site.stream, site.version) == (FIRST, 1)
    assert SECOND not in nodes, "the inspection was about it, and the sample was not"


@pytest.mark.requirement("S4-50")
def test_a_product_and_a_model_lead_to_their_certificates(graph: Callable[..., Ledger], database_url: str) -> None:
    graph()
    owner = s.FACTORY_STREAM.partition(":")[2]
    nodes, _ = traced(database_url, f"model:{owner}:PC-1")
    assert nodes == ORIGIN
    nodes, _ = traced(database_url, f"model:{owner}:PC-2", depth=1)
    assert nodes == {FIRST, SECOND}
    nodes, _ = traced(database_url, f"product:{owner}:微型计算机", depth=1)
    assert nodes == {FIRST, SECOND}


@pytest.mark.requirement("S4-99", "S4-110")
def test_tracing_back_gives_exactly_what_a_signatory_a_laboratory_or_a_body_touched(
    graph: Callable[..., Ledger], database_url: str
) -> None:
    graph()
    owner = s.FACTORY_STREAM.partition(":")[2]
    products = {f"product:{owner}:微型计算机", *(f"model:{owner}:PC-{n}" for n in (1, 2, 3))}
    touched = {FIRST, SECOND, SAMPLE, FINDING, s.INSPECTION, f"case:{s.OWN}:2031-1", *products}
    for start in (SIGNER, BODY):
        nodes, _ = traced(database_url, start, "back")
        assert nodes == touched, start
    nodes, edges = traced(database_url, OTHER_SIGNER, "back")
    assert nodes == {OTHERS}
    assert [(e.relation, e.stream, e.version) for e in edges] == [("signed_decision", OTHERS, 1)]
    assert (traced(database_url, LABORATORY, "back"))[0] == {SAMPLE}
    beside = _asked(database_url, lambda c: sideways(c, SAMPLE, by=("body", "person")))
    assert {each["shared"]: each["certificates"] for each in beside} == {BODY: [SECOND], SIGNER: [SECOND]}


def test_beside_a_product_is_what_shares_its_factory_or_a_model(
    graph: Callable[..., Ledger], database_url: str
) -> None:
    graph()
    beside = _asked(database_url, lambda c: sideways(c, FIRST))
    owner = s.FACTORY_STREAM.partition(":")[2]
    assert {each["shared"]: each["certificates"] for each in beside} == {
        s.FACTORY_STREAM: [SECOND, OTHERS],
        "factory:V000001": [SECOND, OTHERS],
        f"model:{owner}:PC-1": [],
        f"model:{owner}:PC-2": [SECOND],
    }


def test_the_trace_is_that_of_a_day_and_of_a_moment_of_knowledge(
    graph: Callable[..., Ledger], database_url: str
) -> None:
    moved = {**s.FACTORY, "code": "91350100M00010102K", "factory_code": "V000002"}
    change = decided("renewed", "2031-06-01", s.FIRST, expires="2036-05-31", changes={"factory": moved})
    wrong = s.sampled(name="S2", certificates=[SECOND])
    graph(change, wrong, corrected(wrong, {**wrong.data, "certificates": [FIRST]}))

    def factories(**times: Any) -> set[str]:
        nodes, _ = traced(database_url, FIRST, moment=Moment(**times), depth=1)
        return {node for node in nodes if node.startswith("factory:")}

    assert factories(as_of="2031-05-31") == {"factory:V000001"}
    assert factories(as_of="2031-06-01") == {"factory:V000002"}
    assert factories() == {"factory:V000001", "factory:V000002"}
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT min(known_from) FROM trace.edge WHERE start = 'sample:i-1:S2'").fetchone()
    first = found[0] if found else None
    assert first is not None
    then, _ = traced(database_url, "sample:i-1:S2", moment=Moment(known_at=first), depth=1)
    now, _ = traced(database_url, "sample:i-1:S2", depth=1)
    assert (SECOND in then, FIRST in then) == (True, False)
    assert (SECOND in now, FIRST in now) == (False, True)


@pytest.mark.requirement("S4-67")
def test_certificates_that_were_merged_are_traced_both_ways(graph: Callable[..., Ledger], database_url: str) -> None:
    third = "2031900901000003"
    merged = [s.issued(third, "2031-05-01", details=s.DETAILS, first_issued="2031-05-01", expires="2036-01-04")]
    merged += [
        decided("replaced", "2031-05-01", number, replaced_by=third, replacement_reason="04")
        for number in (s.FIRST, s.SECOND)
    ]
    graph(*merged)
    nodes, _ = traced(database_url, certificate(third), depth=1)
    assert {FIRST, SECOND} <= nodes
    for old in (FIRST, SECOND):
        nodes, edges = traced(database_url, old, "back", depth=1)
        assert certificate(third) in nodes
        assert any(e.relation == "replaces" and e.start == certificate(third) for e in edges)


def test_bounds_are_kept_and_said(graph: Callable[..., Ledger], database_url: str) -> None:
    graph()
    walked, edges = _asked(database_url, lambda c: walk(c, BODY, "back", depth=1, fan_out=1))
    assert (len(edges), walked.truncated[BODY]) == (1, "fan_out")
    walked, _ = _asked(database_url, lambda c: walk(c, SAMPLE, "forward", depth=1))
    assert set(walked.truncated.values()) == {"depth"}
    walked, _ = _asked(database_url, lambda c: walk(c, SAMPLE, "forward", most_nodes=3))
    assert len(walked.reached) == 3


def test_the_view_is_the_same_when_it_is_built_anew(graph: Callable[..., Ledger], database_url: str) -> None:
    wrong = s.sampled(name="S2", certificates=[SECOND])
    moved = statement(
        "organisation.moved",
        s.FACTORY_STREAM,
        {"effective": "2031-04-01", "region": "440605", "address": "一号"},
        source="CNCA",
    )
    more = [wrong, corrected(wrong, None), moved, decided("maintained", "2031-05-01", s.FIRST)]
    ledger = graph(*more)
    view = VIEWS["trace"]()
    before = rows(database_url, view)
    rebuilt = rebuild(
        view, StoreFeed(ledger.event_log, wait_seconds=0.01), lambda: psycopg.connect(database_url), bound=None
    )
    assert (rebuilt.compared, rebuilt.switched, rebuilt.differences) == (True, True, {})
    assert rows(database_url, view) == before
    assert len(before["edge"]) > 40
