"""An event holds personal fields by digest; what is disclosed beside it must open those digests, and be known."""

import pytest

from ledger.envelope import Submission, canonical_submission, parse_submission
from ledger.evidence.disclosures import Disclosure, commit, decoy, disclose
from ledger.outcomes import Receipt
from ledger.privacy.fields import bases, field_at, months_kept, person_at
from ledger.privacy.opened import opened
from ledger.refusals import Refusal
from ledger.service import Incoming
from tests.golden.build import example
from tests.support.statements import BODY, issued, register_of, statement

NAME = disclose("contact/name", "张伟")


def with_digests(*digests: str) -> Submission:
    plain = issued()
    return statement(plain.type.name, plain.subject, {**plain.data, "_sd": list(digests)})


def refused(submission: Submission, *texts: object) -> Refusal:
    found = opened(submission, texts)
    assert isinstance(found, Refusal)
    return found


def test_an_event_with_digests_is_recorded_and_holds_nothing_else() -> None:
    ledger = register_of(BODY)
    submission = with_digests(*commit([NAME], decoys=3))
    (outcome,) = ledger.submit([Incoming(submission, BODY)])
    assert isinstance(outcome, Receipt), outcome
    assert "张伟".encode() not in ledger.event_log.read(outcome.position - 1, 1)[0].raw
    assert opened(submission, [NAME.text]) == [NAME]


@pytest.mark.parametrize("digests", [["B" * 43, "A" * 43], ["A" * 43, "A" * 43], ["A" * 42], [], [1]])
def test_digests_have_one_order_and_one_spelling(digests: list[object]) -> None:
    plain = issued()
    event = parse_submission(plain.raw)
    assert isinstance(event, Submission)
    found = canonical_submission(
        {
            "data": {**plain.data, "_sd": digests},
            "id": "x",
            "source": BODY,
            "specversion": "1.0",
            "subject": plain.subject,
            "time": "2031-01-05T00:00:00.000000Z",
            "type": plain.type.name,
        }
    )
    assert isinstance(found, Refusal)
    assert found.code == "data_invalid"


def test_a_disclosure_of_another_value_is_refused_without_repeating_it() -> None:
    submission = with_digests(*commit([NAME]))
    other = disclose("contact/name", "王芳")
    found = refused(submission, other.text)
    assert (found.code, found.pointer) == ("disclosure_mismatch", "/disclosures/0")
    assert "王芳" not in repr(found)
    assert other.text not in repr(found)


@pytest.mark.parametrize(
    ("disclosure", "code"),
    [
        (disclose("contact/identity_number", "x"), "personal_field_unknown"),
        (disclose("person/name", "x"), "personal_field_unknown"),
        (disclose("contact/postcode", "1" * 21), "personal_field_too_long"),
        (disclose("contact/name", "x", b"short"), "disclosure_wrong"),
    ],
)
def test_only_known_fields_of_a_fitting_size_are_taken(disclosure: Disclosure, code: str) -> None:
    assert refused(with_digests(disclosure.digest), disclosure.text).code == code


def test_one_path_has_one_value_and_an_event_a_bounded_number_of_fields() -> None:
    other = disclose("contact/name", "王芳")
    assert refused(with_digests(*commit([NAME, other])), NAME.text, other.text).code == "disclosure_wrong"
    assert refused(with_digests(decoy()), *[NAME.text] * 65).code == "disclosures_too_many"
    assert refused(with_digests(decoy()), 7).code == "disclosure_wrong"


def test_the_same_erasure_is_not_said_twice() -> None:
    ledger = register_of(BODY)
    said = example("privacy.erased")
    again = statement(said.type.name, said.subject, dict(said.data), source="clock", identity="another")
    first, second = ledger.submit([Incoming(said, "clock"), Incoming(again, "clock")])
    assert isinstance(first, Receipt)
    assert isinstance(second, Refusal)
    assert second.code == "erasure_recorded"


@pytest.mark.parametrize("source", [BODY, "CNCA"])
def test_nobody_but_the_ledger_says_that_it_erased(source: str) -> None:
    said = example("privacy.erased")
    (found,) = register_of(BODY).submit(
        [Incoming(statement(said.type.name, said.subject, dict(said.data), source=source), source)]
    )
    assert isinstance(found, Refusal)
    assert found.code == "not_competent"


def test_fields_grounds_and_terms_are_dated_data() -> None:
    assert field_at("auditors/12/name") is not None
    assert field_at("auditors/012/name") is None
    assert person_at("auditors/3/name") == "auditors/3"
    assert person_at("contact/email") == person_at("contact/name") == "contact"
    assert months_kept("certificate.issued", "contact/name", "2031-01-01") == 72
    assert months_kept("person.registered", "person/name", "2031-01-01") is None
    assert len(bases()) == 5
