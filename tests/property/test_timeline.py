"""Random histories of one certificate agree with a plain model, at every day and at every state of knowledge."""

from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import orjson
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.open_ledger import open_memory_ledger
from ledger.canonical import NotCanonical, canonical, check_profile, parse
from ledger.certificates.answer import answer
from ledger.envelope import Submission, open_recorded
from ledger.outcomes import Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger, rebuild
from tests.property.model import Said, history_is_legal, known, status_by_fold
from tests.support.statements import (
    BODY,
    DETAILS,
    LAW,
    SIGNERS,
    accept,
    approved,
    certificate,
    corrected,
    issued,
    state_on,
    statement,
)

FIRST = date(2031, 1, 1)
DAYS = st.integers(0, 60).map(lambda n: (FIRST + timedelta(days=20 * n)).isoformat())
STREAM = certificate()
KINDS = (
    *("issued", "suspended", "restored") * 2,
    *("maintained", "renewed", "withdrawn", "cancelled", "changed", "suspension_extended"),
    *("annulled", "expired", "refused", "hold_placed", "hold_lifted"),
)
SEARCHED = 6


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@st.composite
def said(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A statement about the certificate, legal by its form, legal or not by its place."""
    day = draw(DAYS)
    kind = draw(st.sampled_from(KINDS))
    data: dict[str, Any] = {"effective": day}
    if kind not in {"annulled", "expired", "hold_placed", "hold_lifted"}:
        data["signers"] = SIGNERS
    if kind == "issued":
        data |= {
            "first_issued": day,
            "expires": later(day, draw(st.sampled_from([400, 1000, 1200]))),
            "details": DETAILS,
        }
    elif kind == "refused":
        data |= {"reason": "不符合", "details": DETAILS}
    elif kind in {"suspended", "suspension_extended"}:
        data |= {"until": later(day, draw(st.sampled_from([10, 60, 180, 200]))), "reason_code": "0111"}
    elif kind == "renewed":
        data |= {"expires": later(day, draw(st.sampled_from([300, 900, 1090])))}
    elif kind in {"withdrawn", "cancelled"}:
        data |= {"reason_code": "0101"}
    elif kind == "changed":
        data |= {"change_code": "01"}
    elif kind == "annulled":
        data |= {"reason": "虚假", "legal_basis": LAW}
    elif kind.startswith("hold"):
        data |= {"document_number": draw(st.sampled_from(["一号", "二号"]))}
        if kind == "hold_placed":
            data |= {"reason": "调查", "legal_basis": LAW}
    return kind, data


class Histories(RuleBasedStateMachine):
    """Late, duplicate, held, corrected, voided and annulled facts, under an advancing clock of recording."""

    @initialize()
    def start(self) -> None:
        self.ledger = open_memory_ledger()
        accept(self.ledger, *approved())
        self.first = self.ledger.event_log.head()
        self.count = 0
        self.recorded: list[Submission] = []

    def _submit(self, submission: Submission) -> Receipt | Refusal:
        log = self.ledger.event_log
        head, before = log.head(), self.ledger.timeline(STREAM)
        outcome = self.ledger.submit([Incoming(submission, "test")])[0]
        if isinstance(outcome, Refusal) or outcome.duplicate:
            assert log.head() == head
            assert self.ledger.timeline(STREAM) == before
            return outcome
        assert log.head() == head + 1
        after = self.ledger.timeline(STREAM)
        assert after == self.ledger._cache[STREAM]
        if not submission.type.corrects:
            survivors = {fact.version for fact in after.applied}
            assert {fact.version for fact in before.applied} <= survivors
            self.recorded.append(submission)
        return outcome

    def _said(self, kind: str, data: dict[str, Any]) -> Submission:
        self.count += 1
        source = {"expired": "clock", "hold_placed": "CNCA", "hold_lifted": "CNCA"}.get(kind, BODY)
        return statement(f"certificate.{kind}", STREAM, data, source=source, identity=f"e-{self.count}")

    @rule(what=said())
    def say(self, what: tuple[str, dict[str, Any]]) -> None:
        self._submit(self._said(*what))

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        outcome = self._submit(data.draw(st.sampled_from(self.recorded)))
        assert isinstance(outcome, Receipt)
        assert outcome.duplicate

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def say_otherwise_under_the_same_identity(self, data: st.DataObject) -> None:
        first = data.draw(st.sampled_from(self.recorded))
        data_of_another = {"effective": "2033-03-03", "signers": SIGNERS, "note": "另一内容"}
        other = statement("certificate.maintained", STREAM, data_of_another, source=first.source, identity=first.id)
        outcome = self._submit(other)
        assert isinstance(outcome, Refusal)
        assert outcome.code == "identity_reused"

    @precondition(lambda self: self.recorded)
    @rule(data=st.data(), void=st.booleans(), what=said(), shift=st.integers(-40, 40))
    def correct(self, data: st.DataObject, void: bool, what: tuple[str, dict[str, Any]], shift: int) -> None:
        target = data.draw(st.sampled_from(self.recorded))
        replacement = None
        if not void:
            replacement = {**target.data, "effective": later(str(target.data["effective"]), shift)}
            if what[0] == target.type.name.removeprefix("certificate."):
                replacement = what[1]
            if replacement.get("first_issued", "") > replacement["effective"]:
                replacement["first_issued"] = replacement["effective"]
            if replacement.get("until", "9") < replacement["effective"]:
                replacement["until"] = replacement["effective"]
        self.count += 1
        self._submit(corrected(target, replacement, f"c-{self.count}"))

    @invariant()
    def the_answers_are_those_of_the_model(self) -> None:
        rows = [row for row in self.ledger.event_log.read(self.first, 1000) if row.stream == STREAM]
        for upto in {len(rows), len(rows) // 2}:
            recorded = [open_recorded(row.position, row.raw) for row in rows[:upto]]
            facts = known(recorded)
            timeline = rebuild(STREAM, rows[:upto])
            assert {f.version for f in timeline.applied} == {f.version for f in facts if f.state == "applied"}
            assert {f.version for f in timeline.held} == {f.version for f in facts if f.state == "held"}
            for step in range(-30, 1600, 71):
                day = later(FIRST.isoformat(), step)
                expected = status_by_fold(facts, day)
                assert answer(state_on(timeline, day), day).status.value == expected, (day, facts)
            applied = [f for f in facts if f.state == "applied"]
            waiting = [f for f in facts if f.state == "held"]
            assert history_is_legal(applied)
            if len(waiting) <= SEARCHED:
                for size in range(1, len(waiting) + 1):
                    for some in combinations(waiting, size):
                        assert not history_is_legal([*applied, *some]), (applied, some)

    @invariant()
    def what_is_recorded_is_canonical(self) -> None:
        for row in self.ledger.event_log.read(max(self.first, self.ledger.event_log.head() - 2), 2):
            assert canonical(parse(row.raw)) == row.raw == rfc8785.dumps(orjson.loads(row.raw))


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)


def other_lives() -> list[list[Submission]]:
    lives = []
    for number in ("A1", "B1", "C1"):
        subject = certificate(number)
        suspension = {"effective": "2031-03-01", "until": "2031-06-01", "reason_code": "0111", "signers": SIGNERS}
        lives.append(
            [
                statement("certificate.suspended", subject, suspension),
                issued(number),
                statement("certificate.maintained", subject, {"effective": "2031-02-01", "signers": SIGNERS}),
            ]
        )
    return lives


@given(order=st.permutations([0, 0, 0, 1, 1, 1, 2, 2, 2]), cuts=st.sets(st.integers(1, 8)))
@settings(max_examples=60, deadline=None)
def test_neither_the_order_across_certificates_nor_the_batches_matter(order: list[int], cuts: set[int]) -> None:
    lives = [list(life) for life in other_lives()]
    stories = [lives[index].pop(0) for index in order]
    together, alone = open_memory_ledger(), open_memory_ledger()
    for ledger in (together, alone):
        accept(ledger, *approved())
    bounds = [0, *sorted(cuts), len(stories)]
    for begin, end in pairwise(bounds):
        accept(together, *stories[begin:end])
    for life in other_lives():
        for submission in life:
            accept(alone, submission)
    for number in ("A1", "B1", "C1"):
        assert together.timeline(certificate(number)) == alone.timeline(certificate(number))
        assert _records(together, number) == _records(alone, number)


def _records(ledger: Ledger, number: str) -> list[dict[str, Any]]:
    rows = [row for row in ledger.event_log.read(0, 1000) if row.stream == certificate(number)]
    return [{**open_recorded(r.position, r.raw).record, "recorded": None} for r in rows]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(value=VALUES)
@settings(deadline=None)
def test_inside_the_profile_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    try:
        check_profile(value)
    except NotCanonical:
        return
    raw = canonical(value)
    assert raw == rfc8785.dumps(value)
    if b"\\u00" not in raw and b"\\b" not in raw and b"\\f" not in raw:
        assert parse(raw) == value


@given(raw=st.binary(max_size=200) | VALUES.map(orjson.dumps))
@settings(deadline=None)
def test_any_bytes_are_either_canonical_or_refused(raw: bytes) -> None:
    try:
        value = parse(raw)
    except NotCanonical:
        return
    assert orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == raw


def test_the_model_itself_tells_legal_from_illegal() -> None:
    issue = Said(1, "certificate.issued", "2031-01-01", {"expires": "2032-01-01"}, "applied")
    pause = Said(2, "certificate.suspended", "2031-02-01", {"until": "2031-03-01"}, "applied")
    lift = Said(3, "certificate.restored", "2031-02-10", {}, "applied")
    assert history_is_legal([lift, pause, issue])
    assert not history_is_legal([pause, lift])
    assert not history_is_legal([issue, lift])
