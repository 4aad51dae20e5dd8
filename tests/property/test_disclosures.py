"""Whatever is disclosed opens its own digest and no other; no changed character opens anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.disclosures import Disclosure, commit, digest_of, digests_in, disclose, parse_disclosure
from ledger.evidence.strict import EvidenceError

VALUES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)
DISCLOSURES = st.builds(disclose, st.just("contact/name"), VALUES, st.binary(min_size=16, max_size=40))


def test_the_digest_is_the_one_of_the_standards_own_example() -> None:
    # RFC 9901 section 4.2.3.
    text = "WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert digest_of(text) == "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"


@given(DISCLOSURES)
def test_a_disclosure_is_read_as_it_was_made(made: Disclosure) -> None:
    assert parse_disclosure(made.text) == made
    assert made.digest in digests_in({"_sd": commit([made], decoys=3)})
    assert made.digest in digests_in({"replacement": {"_sd": commit([made])}})


@given(VALUES)
def test_the_same_value_never_has_the_same_digest_twice(value: str) -> None:
    assert disclose("contact/name", value).digest != disclose("contact/name", value).digest


@given(DISCLOSURES, st.data())
def test_a_changed_character_opens_no_digest(made: Disclosure, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(made.text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_").filter(lambda each: each != made.text[at]))
    changed = made.text[:at] + other + made.text[at + 1 :]
    try:
        assert parse_disclosure(changed).digest != made.digest
    except EvidenceError:
        return


@given(st.text(max_size=80))
def test_whatever_a_stranger_sends_is_read_or_refused(text: str) -> None:
    try:
        assert parse_disclosure(text).text == text
    except EvidenceError:
        return


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(EvidenceError):
        parse_disclosure(disclose("contact/name", "x", b"short").text)
