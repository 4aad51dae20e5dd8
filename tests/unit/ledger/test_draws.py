"""Double-random draws: committed before, recomputable by anyone after, and no conflicted inspector is ever drawn."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.draws import DrawState
from ledger.draws.selecting import (
    ALGORITHM,
    Drawn,
    PoolTooSmallError,
    commitment,
    draw_key,
    pool_digest,
    select,
    selection_digest,
)
from ledger.draws.verifying import verify
from ledger.envelope import Submission
from ledger.inspections.codes import codes
from ledger.service import Ledger
from tests.support.drawing import DRAWER, INSPECTEES, INSPECTORS, SEED, VALUE, draw, made, published, steps
from tests.support.statements import BODY, accept, refusal, register_of

COUNTY = "SAMR-440604"


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def tip(ledger: Ledger, stream: str = "draw:d-1") -> DrawState:
    state = ledger.timeline(stream).tip
    assert isinstance(state, DrawState)
    return state


@pytest.mark.requirement("S3-87", "S4-103")
def test_the_same_seed_and_pools_give_the_same_draw_in_any_order_of_the_pools() -> None:
    key = draw_key(SEED, {"CNCA": VALUE})
    first = select(key, INSPECTEES, INSPECTORS, (), take=3, each=2)
    assert first == select(key, INSPECTEES[::-1], INSPECTORS[::-1], (), take=3, each=2)
    assert first != select(draw_key("00" * 32, {"CNCA": VALUE}), INSPECTEES, INSPECTORS, (), take=3, each=2)
    assert first != select(draw_key(SEED, {"CNCA": "00" * 32}), INSPECTEES, INSPECTORS, (), take=3, each=2)
    assert {"bodies", "laboratories", "certified_enterprises", "products"} < set(codes("populations"))


def test_the_algorithm_is_the_documented_one_to_the_byte() -> None:
    """A second reading of the description in the module, without the module's helpers."""
    import hashlib  # noqa: PLC0415 - this test alone computes by hand
    import hmac  # noqa: PLC0415 - likewise

    key = hashlib.sha256(f"{ALGORITHM}\n{SEED}\nCNCA {VALUE}\nSAMR {SEED}\n".encode()).digest()

    def number(text: str) -> str:
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    inspectees = sorted(INSPECTEES, key=lambda each: number(f"inspectee\n{each}"))[:3]
    taken = dict.fromkeys(INSPECTORS, 0)
    expected = []
    for inspectee in inspectees:
        barred = {"i-2"} if inspectee == INSPECTEES[0] else set()
        free = [each for each in INSPECTORS if each not in barred]
        free.sort(key=lambda each, inspectee=inspectee: (taken[each], number(f"inspector\n{inspectee}\n{each}")))  # type: ignore[misc]  # mypy does not see the default
        expected.append(Drawn(inspectee, tuple(free[:2])))
        for each in free[:2]:
            taken[each] += 1
    conflicts = [("i-2", INSPECTEES[0])]
    found = select(draw_key(SEED, {"SAMR": SEED, "CNCA": VALUE}), INSPECTEES, INSPECTORS, conflicts, take=3, each=2)
    assert found == tuple(expected)
    assert commitment(SEED) == hashlib.sha256(f"{ALGORITHM}\nseed\n{SEED}\n".encode()).hexdigest()
    assert pool_digest(["b", "a"]) == hashlib.sha256(b"a\nb\n").hexdigest()


pools = st.lists(st.integers(0, 200), unique=True, min_size=1, max_size=40)


@pytest.mark.requirement("S3-87")
@given(st.data(), pools, pools, st.binary(min_size=32, max_size=32))
@settings(max_examples=150, deadline=None)
def test_no_draw_holds_a_conflict_or_twice_the_same_and_loads_are_even(
    data: st.DataObject, left: list[int], right: list[int], seed: bytes
) -> None:
    inspectees, inspectors = [f"e-{each}" for each in left], [f"i-{each}" for each in right]
    pairs = st.tuples(st.sampled_from(inspectors), st.sampled_from(inspectees))
    conflicts = data.draw(st.lists(pairs, max_size=30))
    take, each = data.draw(st.integers(1, len(inspectees))), data.draw(st.integers(0, min(3, len(inspectors))))
    key = draw_key(seed.hex(), {"CNCA": VALUE})
    try:
        drawn = select(key, inspectees, inspectors, conflicts, take=take, each=each)
    except PoolTooSmallError as error:
        barred = {inspector for inspector, inspectee in conflicts if inspectee == str(error)}
        assert len(set(inspectors) - barred) < each
        return
    assert len({one.inspectee for one in drawn}) == take
    for one in drawn:
        assert len(set(one.inspectors)) == each
        assert not any((inspector, one.inspectee) in conflicts for inspector in one.inspectors)
    assert drawn == select(key, sorted(inspectees), sorted(inspectors), set(conflicts), take=take, each=each)
    if not conflicts:
        loads = [sum(inspector in one.inspectors for one in drawn) for inspector in inspectors]
        assert max(loads) - min(loads) <= 1


@pytest.mark.requirement("S4-53")
def test_a_sample_of_ten_thousand_enterprises_is_drawn_again_from_its_seed() -> None:
    frame = [f"organisation:{number:09d}" for number in range(30_000)]
    key = draw_key(SEED, {"CNCA": VALUE})
    first = select(key, frame, (), (), take=10_000, each=0)
    assert len({each.inspectee for each in first}) == 10_000
    assert selection_digest(first) == selection_digest(select(key, frame[::-1], (), (), take=10_000, each=0))


@pytest.mark.requirement("S4-103")
@pytest.mark.parametrize("population", ["bodies", "laboratories", "certified_enterprises", "products"])
def test_a_draw_of_each_population_goes_from_announcement_to_publication(ledger: Ledger, population: str) -> None:
    accept(ledger, *steps(population=population), made(), published())
    assert tip(ledger).published
    assert refusal(ledger, published("2031-04-01")).code == "draw_already_published"


def test_the_ledger_refuses_a_draw_that_is_not_what_the_seed_gives(ledger: Ledger) -> None:
    accept(ledger, *steps())
    other = made(seed="00" * 32)
    assert refusal(ledger, other).code == "draw_seed_differs"
    right = made().data
    swapped = {**right, "selected": [*right["selected"][1:], right["selected"][0]]}
    assert refusal(ledger, draw("made", "2031-03-04", **{**swapped, "effective": "2031-03-04"})).code == (
        "draw_selection_differs"
    )
    digest = {**right, "selection": "0" * 64}
    assert refusal(ledger, draw("made", "2031-03-04", **digest)).code == "draw_selection_differs"
    accept(ledger, made())
    assert refusal(ledger, made("2031-03-06")).code == "draw_already_made"


def test_pools_are_what_was_listed_and_change_no_more(ledger: Ledger) -> None:
    announced, one, two, committed, contributed = steps()
    assert refusal(ledger, one).code == "draw_not_announced"
    accept(ledger, announced, one)
    assert refusal(ledger, committed).code == "draw_pool_differs"
    assert refusal(ledger, draw("pool_listed", "2031-03-01", pool="inspectees", identifiers=[INSPECTEES[0]])).code == (
        "draw_listed_twice"
    )
    accept(ledger, two)
    assert refusal(ledger, contributed).code == "draw_not_committed"
    accept(ledger, committed)
    for day in ("2031-03-01", "2031-03-09"):
        added = draw("pool_listed", day, tag="late", pool="inspectees", identifiers=["organisation:M00010102"])
        assert refusal(ledger, added).code in {"draw_closed", "contradicts_later_fact"}
    assert refusal(ledger, draw("committed", "2031-03-09", **committed.data | {"effective": "2031-03-09"})).code == (
        "draw_already_committed"
    )


def test_nobody_alone_decides_who_is_drawn(ledger: Ledger) -> None:
    announced, one, two, committed, contributed = steps()
    accept(ledger, announced, one, two, committed)
    assert refusal(ledger, made()).code == "draw_contribution_missing"
    assert refusal(ledger, draw("contributed", "2031-03-03", value=VALUE)).code == "draw_contribution_own"
    accept(ledger, contributed)
    assert refusal(ledger, draw("contributed", "2031-03-04", source="CNCA", value=SEED)).code == (
        "draw_contribution_twice"
    )
    later = draw("contributed", "2031-03-03", source=BODY, value=SEED)
    accept(ledger, made())
    assert refusal(ledger, later).code == "contradicts_later_fact"


def test_a_commitment_cannot_be_made_or_changed_after_a_contribution(ledger: Ledger) -> None:
    announced, one, two, committed, contributed = steps()
    accept(ledger, announced, one, two)
    assert refusal(ledger, contributed).code == "draw_not_committed"
    accept(ledger, committed, contributed)
    with pytest.raises(AssertionError, match="unknown_event_type"):
        draw("corrected", "2031-03-09", corrects={"source": committed.source, "id": committed.id}, reason="错")


def test_a_pool_that_leaves_somebody_without_inspectors_is_not_committed(ledger: Ledger) -> None:
    conflicts = [{"inspector": each, "inspectee": INSPECTEES[1], "ground": "ownership"} for each in INSPECTORS[:-1]]
    announced, one, two, committed, _ = steps(conflicts=conflicts)
    accept(ledger, announced, one, two)
    assert refusal(ledger, committed).code == "draw_pool_too_small"


@pytest.mark.parametrize("change", ["missing", "more", "twice"])
def test_the_results_are_about_exactly_those_that_were_drawn(ledger: Ledger, change: str) -> None:
    accept(ledger, *steps(), made())
    data: dict[str, Any] = {**published().data}
    results = list(data["results"])
    data["results"] = {
        "missing": results[1:],
        "more": [*results, {"inspectee": "organisation:X", "outcome": "conforming"}],
        "twice": [*results, results[0]],
    }[change]
    assert refusal(ledger, draw("published", "2031-03-20", **data)).code == "draw_result_incomplete"


def test_another_authority_does_not_go_on_with_a_draw(ledger: Ledger) -> None:
    announced, one, *_ = steps()
    accept(ledger, announced)
    assert refusal(ledger, draw("pool_listed", "2031-03-01", source="SAMR-440600", **_without_day(one))).code == (
        "not_own_draw"
    )
    accept(ledger, draw("abandoned", "2031-03-02", reason="重新公告"))
    assert refusal(ledger, draw("pool_listed", "2031-03-03", **_without_day(one))).code == "draw_abandoned"


def _without_day(submission: Submission) -> dict[str, Any]:
    return {name: each for name, each in submission.data.items() if name != "effective"}


def cloud_events(*submissions: Submission) -> list[dict[str, Any]]:
    return [json.loads(each.raw) for each in submissions]


@pytest.mark.requirement("S3-87", "S4-103")
def test_anybody_works_a_published_draw_out_again_from_its_events_alone() -> None:
    verdict = verify(cloud_events(*steps(), published()))
    assert verdict.holds is True, verdict.checks
    assert [each.inspectee for each in verdict.drawn] == [each["inspectee"] for each in published().data["selected"]]
    early = verify(cloud_events(*steps()))
    assert early.holds is None
    assert {each.code for each in early.checks if each.holds is None} == {"seed", "selection", "conflicts"}
    assert verify([]).holds is None


def _all_but_one(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Conflicts of those who were drawn first with their inspectee: the true draw would have named others."""
    first = events[-1]["data"]["selected"][0]
    return [{"inspector": each, "inspectee": first["inspectee"], "ground": "kinship"} for each in first["inspectors"]]


TAMPERED = [
    ("seed", lambda events: events[-1]["data"].update(seed="00" * 32)),
    ("selection", lambda events: events[-1]["data"]["selected"].reverse()),
    ("selection", lambda events: events[-1]["data"].update(selection="0" * 64)),
    ("pool_inspectees", lambda events: events[1]["data"]["identifiers"].append("organisation:X")),
    ("pool_inspectees", lambda events: events[1]["data"]["identifiers"].append(INSPECTEES[0])),
    ("pool_inspectors", lambda events: events[2]["data"]["identifiers"].pop()),
    ("selection", lambda events: events[4]["data"].update(value="11" * 32)),
    ("contribution", lambda events: events.pop(4)),
    ("contribution", lambda events: events[4].update(source=DRAWER)),
    ("order", lambda events: events.insert(2, events.pop(4))),
    ("order", lambda events: events.insert(4, events.pop(1))),
    ("selection", lambda events: events[0]["data"].update(algorithm="mine-1")),
    ("selection", lambda events: events[0]["data"].update(take=99)),
    ("selection", lambda events: events[3]["data"]["conflicts"].extend(_all_but_one(events))),
]


@pytest.mark.parametrize(("code", "tamper"), TAMPERED)
def test_whatever_is_changed_in_a_draw_is_found_by_name(code: str, tamper: Any) -> None:
    events = cloud_events(*steps(), published())
    tamper(events)
    verdict = verify(events)
    assert verdict.holds is False
    assert code in {each.code for each in verdict.checks if each.holds is False}
