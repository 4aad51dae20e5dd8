"""What may enter at all: canonical bytes, printable names, text without control characters, days of the calendar."""

import unicodedata
from typing import Any

import orjson
import pytest

from ledger.canonical import NotCanonical, canonical, parse
from ledger.envelope import Submission, canonical_submission, make_event, open_recorded, parse_submission
from ledger.refusals import Refusal, messages
from ledger.service import Ledger
from tests.support.statements import BODY, DETAILS, HOLDER, SIGNERS, accept, certificate, issued, register_of, say

DATA: dict[str, Any] = dict(issued().data)


def event(**changes: Any) -> dict[str, Any]:
    made = make_event(
        type_="certificate.issued",
        source=BODY,
        identity="e-1",
        subject=certificate(),
        time="2031-01-05T00:00:00.000000Z",
        data=DATA,
    )
    return {**made, **changes}


def refused(value: Any) -> Refusal:
    outcome = canonical_submission(value)
    assert isinstance(outcome, Refusal), outcome
    return outcome


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


@pytest.mark.parametrize(
    "day",
    [
        "2031-02-30",
        "2031-1-5",
        " 2031-01-05",
        "2031-01-05T00:00:00",
        "2031-01-05T00:00:00Z",
        "20310105",
        "1925000000",
        1925000000,
        "２０３１-01-05",
        "1948-12-31",
        "2200-01-01",
        "9999-12-31",
        "0000-00-00",
        "-2031-01-05",
        "",
        None,
    ],
)
def test_a_day_has_one_spelling_and_lies_between_1949_and_2199(day: Any) -> None:
    outcome = refused(event(data={**DATA, "effective": day}))
    assert (outcome.code, outcome.pointer) == ("data_invalid", "/data/effective")
    assert outcome.problems[0].zh
    assert outcome.problems[0].en


def test_the_days_at_both_ends_are_admitted_and_answered(ledger: Ledger) -> None:
    first = issued(day="1949-01-01", expires="1952-01-01")
    last = issued("A2", "2199-01-01", expires="2199-12-31")
    assert [getattr(o, "code", "") for o in say(ledger, first)] == ["body_not_approved_for_scheme"]
    accept(ledger, last)


@pytest.mark.parametrize("name", ["id", "source", "subject"])
@pytest.mark.parametrize(
    "odd",
    ["", "a\x00b", "a\nb", "a\u202eb", "a\u200bb", "a\u00a0b", "a\u2028b", "\ufeffa", "a\x7f", "x" * 201, 7, None],
)
def test_names_hold_no_character_that_nobody_sees(name: str, odd: Any) -> None:
    outcome = refused(event(**{name: odd}))
    assert outcome.code in {"not_a_cloudevent", "not_canonical"}


@pytest.mark.parametrize(
    "subject",
    [
        "certificate",
        "certificate:",
        "certificate::N1",
        "certificate:CNCA-R-2031-101:",
        "certificate:CNCA-R-2031-101:a b",
        "certificate:CNCA-R-2031-101:" + "N" * 61,
        "body:CNCA-R-2031-101",
        "Certificate:CNCA-R-2031-101:N1",
    ],
)
def test_a_subject_is_spelt_as_its_family_requires(ledger: Ledger, subject: str) -> None:
    submission = canonical_submission(event(subject=subject))
    assert isinstance(submission, Submission)
    assert [getattr(o, "code", "") for o in say(ledger, submission)] == ["subject_wrong"]


def test_a_colon_belongs_to_the_number_and_never_to_the_body(ledger: Ledger) -> None:
    submission = canonical_submission(event(subject=certificate("N:1:2")))
    assert isinstance(submission, Submission)
    assert accept(ledger, submission)[0].stream == "certificate:CNCA-R-2031-101:N:1:2"


@pytest.mark.parametrize("odd", ["a\x00b", "\x01", "a\x1bb", "\x08", "\x0c", "\\\x00"])
def test_text_with_control_characters_is_refused_before_it_reaches_a_table(odd: str) -> None:
    holder = {**HOLDER, "name_zh": odd}
    outcome = refused(event(data={**DATA, "details": {**DETAILS, "holder": holder}}))
    assert (outcome.code, dict(outcome.params)) == ("not_canonical", {"reason": "control_character"})
    assert outcome.pointer == "/data/details/holder/name_zh"
    raw = orjson.dumps({"text": odd})
    with pytest.raises(NotCanonical, match="control_character"):
        parse(raw)


@pytest.mark.parametrize(
    "text", ["a\tb\r\nc", "\\u0000", "\\b", "\\\\f", "\n\u0303", "𠮷野", "عربي", "👩\u200d🔬", "\U0010ffff"]
)
def test_text_of_every_script_is_kept_as_it_was_said(text: str) -> None:
    assert parse(canonical({"text": text})) == {"text": text}


@pytest.mark.parametrize("value", [{"é": 1}, "e\u0301", "\ud800", 1.5, 2**53, -(2**53), {1: 2}, object(), b"x"])
def test_outside_the_profile_nothing_is_made_canonical(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b"\xef\xbb\xbf{}",
        b'{"a":"\\u00e9"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":9007199254740993}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":"\\/"}',
        b"[" * 5000 + b"]" * 5000,
        '{"a":"e\u0301"}'.encode(),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(raw: bytes) -> None:
    outcome = parse_submission(raw)
    assert isinstance(outcome, Refusal)
    assert outcome.code in {"not_canonical", "not_a_cloudevent"}


def test_an_event_of_more_than_64_kibibytes_is_refused() -> None:
    sites = [{"name": "厂" * 200} for _ in range(500)]
    assert refused(event(data={**DATA, "details": {**DETAILS, "sites": sites}})).code == "event_too_large"


def test_a_replacement_of_any_depth_is_answered(ledger: Ledger) -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    data = {"corrects": {"source": BODY, "id": "e-1"}, "reason": "x", "replacement": deep}
    raw = orjson.dumps(event(type="certificate.corrected", id="c-1", data=data), option=orjson.OPT_SORT_KEYS)
    submission = parse_submission(raw)
    first = canonical_submission(event())
    assert isinstance(first, Submission)
    accept(ledger, first)
    if isinstance(submission, Submission):
        assert getattr(say(ledger, submission)[0], "code", "") == "data_invalid"


@pytest.mark.parametrize(
    "time",
    [
        "2031-02-30T00:00:00.000000Z",
        "2031-01-05T00:00:00Z",
        "2031-01-05T24:00:00.000000Z",
        "2031-01-05T00:00:60.000000Z",
        "２０３１-01-05T00:00:00.000000Z",
        "2031-01-05T00:00:00.000000+00:00",
    ],
)
def test_the_time_of_an_event_has_one_spelling(time: str) -> None:
    assert refused(event(time=time)).pointer == "/time"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"extra": 1}, "/data/extra"),
        ({"a/b~c": 1}, "/data/a~1b~0c"),
        ({"expires": "2030-01-01"}, "/data"),
        ({"signers": []}, "/data/signers"),
        ({"signers": [{**SIGNERS[0], "number": "张三"}]}, "/data/signers/0/number"),
        ({"signers": [{**SIGNERS[0], "number": "１０１"}]}, "/data/signers/0/number"),
        ({"details": {**DETAILS, "holder": {**HOLDER, "country": "１５６"}}}, "/data/details/holder/country"),
        ({"details": {**DETAILS, "scheme_class": "toys"}}, "/data/details/scheme_class"),
        ({"expires": True}, "/data/expires"),
    ],
)
def test_a_form_error_points_at_its_member_in_both_languages(changes: dict[str, Any], pointer: str) -> None:
    outcome = refused(event(data={**DATA, **changes}))
    assert (outcome.code, outcome.pointer) == ("data_invalid", pointer)
    plain = outcome.as_dict()
    assert plain["zh"]["title"]
    assert plain["en"]["action"]
    assert "…" not in str(plain)


def test_what_is_recorded_embeds_what_was_said_byte_for_byte(ledger: Ledger) -> None:
    submission = issued()
    receipt = accept(ledger, submission)[0]
    row = ledger.event_log.read(receipt.position - 1, 1)[0]
    assert submission.raw in row.raw
    assert parse(row.raw) == orjson.loads(row.raw)
    recorded = open_recorded(row.position, row.raw)
    assert (recorded.stream, recorded.version, recorded.applied) == (submission.subject, 1, True)


def test_every_refusal_says_why_and_what_to_do_in_both_languages() -> None:
    for code, message in messages().items():
        assert 400 <= message.status < 600, code
        assert message.source, code
        for text in (*message.title.values(), *message.action.values()):
            assert text.strip(), code
            assert unicodedata.is_normalized("NFC", text), code
        assert any("\u4e00" <= character <= "\u9fff" for character in message.title["zh"]), code
