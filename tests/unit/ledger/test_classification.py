"""Archives, key lists, rule sets and classes as their streams know them, and how classes and intervals come about."""

from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.open_ledger import open_memory_ledger
from ledger.canonical import canonical
from ledger.cases.events import PenaltyDecided
from ledger.classification.frequency import effective_interval, next_patrol
from ledger.classification.known import inputs_of
from ledger.classification.scoring import Input, class_row, evaluate, measures_of, signals
from ledger.codes.archive import key_product_categories, section_of
from ledger.codes.classification import shipped_rule_sets, shipped_rules
from ledger.days import add_days
from ledger.envelope import Submission, parse_submission
from ledger.keylists.events import KINDS, Kind
from ledger.refusals import Refusal
from ledger.supervision import Enterprise, due
from tests.support import supervised as s
from tests.support.access import FAR_ABOVE, FOREIGN
from tests.support.statements import accept, corrected, refusal, say, statement

RULES = shipped_rules("sample-supervision", "2031-04-01") or {}
CREDIT = shipped_rules("sample-credit", "2031-04-01") or {}
PROCEDURE = shipped_rules("sample-procedure", "2031-04-01") or {}
DUTIES = ["keeping", "maintenance", "updating"]


def parsed(type_: str, data: dict[str, Any], subject: str) -> Submission | Refusal:
    good = s.archived("opened", "2031-01-01")
    event = {**orjson.loads(good.raw), "type": type_, "subject": subject, "data": data}
    return parse_submission(canonical(event))


def given_input(kind: str, day: str, number: int = 1, source: str = s.OWN, **data: Any) -> Input:
    return Input(number, source, f"{kind} {day} {number}", kind, day, data)


def test_an_archive_is_opened_once_kept_by_one_custodian_and_may_be_opened_anew() -> None:
    ledger = open_memory_ledger()
    officer = "person:SAMR:440604-017"
    early = s.archived("custodian_assigned", "2031-01-05", officer=officer, duties=DUTIES)
    (held,) = accept(ledger, early)
    assert (held.decision, held.waits) == ("held", "archive_not_open")
    (opened,) = accept(ledger, s.archived("opened", "2031-01-01"))
    assert opened.releases == (1,)
    again = statement(
        "archive.opened", early.subject, {"effective": "2031-02-01", "region": s.COUNTY}, source=s.OWN, identity="again"
    )
    assert refusal(ledger, again).code == "archive_already_open"
    accept(ledger, s.archived("closed", "2031-01-20", reason="误建"), again)
    state = ledger.timeline(early.subject).tip
    assert (state.is_open, state.custodian) == (True, None)


def test_nobody_keeps_anothers_archive_nor_one_outside_the_own_area() -> None:
    ledger = open_memory_ledger()
    subject = f"archive:{s.OWN}:{s.FACTORY_STREAM}"
    data = {"effective": "2031-01-01", "region": s.COUNTY}
    assert refusal(ledger, statement("archive.opened", subject, data, source=FAR_ABOVE)).code == "not_own_record"
    assert refusal(ledger, s.archived("opened", "2031-01-01", by=FOREIGN)).code == "outside_jurisdiction"


@pytest.mark.requirement("S1-07")
def test_there_are_three_kinds_of_key_lists_and_no_fourth() -> None:
    assert len(KINDS) == 3
    assert set(get_args(Kind)) == set(KINDS) == {"product", "enterprise", "area"}
    said = {"effective": "2031-01-01", "kind": "group", "entry": "x", "interval_months": 3, "basis": "目录"}
    outcome = parsed("keylist.entry_added", said, f"keylist:{s.OWN}:key")
    assert isinstance(outcome, Refusal)
    assert outcome.pointer == "/data/kind"
    misspelled = parsed("keylist.entry_added", {**said, "kind": "area", "entry": "999999"}, f"keylist:{s.OWN}:key")
    assert isinstance(misspelled, Refusal)
    assert misspelled.problems[0].code == "key_entry_wrong"


def test_an_entry_is_listed_once_and_taken_off_once() -> None:
    ledger = open_memory_ledger()
    added = s.listed("entry_added", "2031-02-01", "area", s.COUNTY)
    removed = s.listed("entry_removed", "2031-03-01", "area", s.COUNTY)
    again = s.listed("entry_added", "2031-02-10", "area", s.COUNTY)
    accept(ledger, added, removed)
    assert refusal(ledger, again).code == "key_entry_already_listed"
    (late,) = accept(ledger, s.listed("entry_removed", "2031-03-02", "area", s.COUNTY))
    assert late.waits == "key_entry_not_listed"


@pytest.mark.requirement("S1-38", "S1-55")
def test_every_class_has_a_measure_and_a_class_without_one_is_refused() -> None:
    for row in shipped_rule_sets():
        assert row["rules"]["is_sample"]
        for each in row["rules"]["classes"]:
            assert any(measures_of(row["rules"], each["class_code"]).values())
    found = {each["class_code"]: measures_of(RULES, each["class_code"]) for each in RULES["classes"]}
    assert {code: row["patrol_interval_months"] for code, row in found.items()} == {"1": 12, "2": 6, "3": 3, "4": 1}
    assert {code: row["product_interval_months"] for code, row in found.items()} == {"1": 24, "2": 12, "3": 6, "4": 3}
    with pytest.raises(LookupError):
        measures_of(RULES, "A")
    without = [{**RULES["classes"][0], "measures": {}}]
    subject = f"ruleset:{s.OWN}:own"
    outcome = parsed("ruleset.published", {**RULES, "effective": "2031-01-01", "classes": without}, subject)
    assert isinstance(outcome, Refusal)
    assert outcome.problems[0].code == "measures_missing"
    assert shipped_rules("sample-supervision", "2000-01-01") is None


def test_a_version_of_a_rule_set_is_published_once() -> None:
    ledger = open_memory_ledger()
    subject = f"ruleset:{s.OWN}:own"
    first = statement("ruleset.published", subject, {**RULES, "effective": "2031-01-01"}, source=s.OWN, identity="1")
    second = statement("ruleset.published", subject, {**RULES, "effective": "2031-02-01"}, source=s.OWN, identity="2")
    accept(ledger, first)
    assert refusal(ledger, second).code == "rule_version_taken"


def test_a_class_that_names_itself_as_an_input_is_refused() -> None:
    ledger = open_memory_ledger()
    data = {
        "effective": "2031-01-01",
        "purpose": "supervision",
        "class_code": "1",
        "score": 0,
        "rules": {"name": "own", "version": "1", "sha256": "0" * 64},
        "factors": [],
        "inputs": [{"source": s.OWN, "id": "itself"}],
    }
    subject = f"classification:{s.OWN}:{s.FACTORY_STREAM}"
    said = statement("classification.assigned", subject, data, source=s.OWN, identity="itself")
    assert refusal(ledger, said).code == "class_rests_on_itself"


@pytest.mark.requirement("S1-57")
def test_an_admonition_is_no_penalty_and_repeated_ones_raise_the_score() -> None:
    penalties = PenaltyDecided.model_json_schema()["properties"]["penalties"]["items"]["enum"]
    assert "warning" in penalties
    assert not any("admon" in each for each in penalties)
    scores = []
    for count in (0, 1, 2, 3):
        said = [given_input("rectification.admonition_issued", "2031-02-01", n) for n in range(count)]
        scores.append(evaluate(RULES, "2031-03-01", said, s.OWN).score)
    assert scores == sorted(set(scores))


@pytest.mark.requirement("S3-33", "S3-34")
def test_a_credit_grade_is_explained_by_its_events_and_feeds_the_supervision_class() -> None:
    penalty = given_input("case.penalty_decided", "2031-01-10")
    credit = evaluate(CREDIT, "2031-02-01", [penalty], s.OWN)
    assert (credit.class_code, credit.inputs) == ("2", (penalty.identity,))
    assert credit.measures["reward_or_penalty"]
    grades = [
        given_input("classification.assigned", "2031-02-01", 2, purpose="credit", class_code=credit.class_code),
        given_input("classification.assigned", "2031-02-01", 3, purpose="risk", class_code="3"),
    ]
    with_grades, without = (evaluate(RULES, "2031-03-01", each, s.OWN) for each in (grades, []))
    assert with_grades.score - without.score == 10 + 30
    assert set(with_grades.inputs) == {each.identity for each in grades}
    of_others = [Input(1, s.BODY, "x", "classification.assigned", "2031-02-01", each.data) for each in grades]
    assert evaluate(RULES, "2031-03-01", of_others, s.OWN).score == without.score


@pytest.mark.requirement("S4-64")
def test_management_level_and_integrity_choose_the_bodys_procedure() -> None:
    def procedure(level: str, integrity: str) -> str:
        said = [
            given_input(
                "classification.factor_stated", "2031-01-01", 1, s.BODY, factor="management_level", value=level
            ),
            given_input("classification.factor_stated", "2031-01-01", 2, s.BODY, factor="integrity", value=integrity),
        ]
        return str(evaluate(PROCEDURE, "2031-02-01", said, s.BODY).measures["procedure"])

    assert procedure("high", "good") == "simplified"
    assert procedure("medium", "fair") == "normal"
    assert procedure("low", "poor") == "reinforced"


@pytest.mark.requirement("S0-77", "S1-70")
def test_a_measure_has_a_rationale_and_information_a_department() -> None:
    subject = f"classification:{s.OWN}:{s.FACTORY_STREAM}"
    measure = {"effective": "2031-01-01", "measure": "半年两次", "rationale": [{"source": s.LAB, "id": "S1"}]}
    told = {"effective": "2031-01-01", "department": "消防部门", "summary": "不一致", "adverse": True}
    for type_, data, needed in (
        ("classification.measure_adopted", measure, "rationale"),
        ("classification.information_received", told, "department"),
    ):
        assert isinstance(parsed(type_, data, subject), Submission)
        without = parsed(type_, {name: value for name, value in data.items() if name != needed}, subject)
        assert isinstance(without, Refusal)
        assert without.pointer == f"/data/{needed}"
    empty = parsed("classification.measure_adopted", {**measure, "rationale": []}, subject)
    assert isinstance(empty, Refusal)


def test_the_categories_of_key_products_and_a_section_for_every_type_are_known() -> None:
    assert len(key_product_categories()) == 5
    assert section_of("rectification.planned").section == "findings"
    assert section_of("a-family.of-tomorrow").section == "other"


def test_inputs_are_taken_as_corrected_and_as_known_at_a_position() -> None:
    ledger = open_memory_ledger()
    first = s.classified("factor_stated", "2031-01-01", factor="enterprise_scale", value="small")
    accept(ledger, first, corrected(first, {**first.data, "value": "large"}))
    held = s.closed("inspection:i-7", "F1")
    say(ledger, held)
    rows = []
    for row in ledger.event_log.read(0, 10):
        said = orjson.loads(row.raw)
        rows.append({"position": row.position, "stream": row.stream, "version": said["record"]["version"], **said})
    assert [each.data["value"] for each in inputs_of(rows) if "value" in each.data] == ["large"]
    assert [each.data["value"] for each in inputs_of(rows, 1)] == ["small"]
    assert not any(each.id == held.id for each in inputs_of(rows)), "what is held has no effect"


INTERVALS = st.lists(st.integers(1, 60), max_size=5)


@pytest.mark.requirement("S1-15")
@given(st.one_of(st.none(), st.integers(1, 60)), INTERVALS)
def test_what_tightens_never_loosens(of_class: int | None, others: list[int]) -> None:
    found = effective_interval(of_class, others)
    assert found == min([*([of_class] if of_class else []), *others], default=None)
    if of_class is not None:
        assert found is not None
        assert found <= of_class
        on = next_patrol("2031-01-31", "2030-01-01", found)
        alone = next_patrol("2031-01-31", "2030-01-01", of_class)
        assert on is not None
        assert alone is not None
        assert on <= alone


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["inspection.finding_recorded", "inspection.sample_result_recorded", "case.penalty_decided"]),
        st.integers(0, 1500),
        st.booleans(),
    ),
    max_size=12,
)


@given(EVENTS, st.integers(0, 1500), st.randoms())
def test_a_class_rests_on_its_named_inputs_alone_in_whatever_order_they_come(
    events: list[tuple[str, int, bool]], day: int, chance: Any
) -> None:
    today = add_days("2029-01-01", day)
    said = [
        given_input(kind, add_days("2029-01-01", on), n, grade="major" if bad else "minor", passed=not bad)
        for n, (kind, on, bad) in enumerate(events)
    ]
    found = evaluate(RULES, today, said, s.OWN)
    shuffled = list(said)
    chance.shuffle(shuffled)
    assert evaluate(RULES, today, shuffled, s.OWN) == found
    named = set(found.inputs)
    assert evaluate(RULES, today, [each for each in said if each.identity in named], s.OWN) == found
    assert class_row(RULES, found.score)["class_code"] == found.class_code
    assert found.score == sum(factor.points for factor in found.factors)
    assert {each for signal in signals(RULES, today, said) for each in signal.inputs} <= {e.identity for e in said}


def test_an_enterprise_without_a_class_is_patrolled_within_the_window_and_its_own_area_alone_counts() -> None:
    enterprise = Enterprise(s.FACTORY_STREAM, "厂", s.COUNTY, ("0901",), "2030-01-01", None)
    found = due(enterprise, "2031-01-01", [], [], [], {})
    assert (found.interval_months, found.next_patrol, found.reasons[0].kind) == (12, "2030-01-01", "default")
    entry = {"kind": "product", "entry": "09", "interval_months": 2}
    near, far = ({**entry, "owner": owner} for owner in (FAR_ABOVE, FOREIGN))
    assert due(enterprise, "2031-01-01", [], [near], [], {}).interval_months == 2
    assert due(enterprise, "2031-01-01", [], [far], [], {}).interval_months == 12
