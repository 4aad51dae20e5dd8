"""Identity numbers and telephone numbers never get into the log, and nothing else is taken for one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from api.importer.findings import Finding
from api.importer.run import import_directory
from infra.open_ledger import open_memory_ledger
from ledger.codes.identifiers import credit_code_check
from ledger.envelope import Submission, canonical_submission
from ledger.privacy.scanner import kinds_in, may_hold, scan
from ledger.refusals import Refusal
from tests.support.make_reports import make_reports
from tests.support.statements import DETAILS, accept, issued, refusal, register_of

GOLDEN = Path(__file__).parents[2] / "golden" / "events"


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X", "11010519491231002x", "110105 19491231 002X", "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ", "持证人身份证号:11010519491231002X。", "ID card 110105491231002",
        "身份证 440524800101001",
    ],
)  # fmt: skip
def test_identity_numbers_are_found_however_they_are_written(text: str) -> None:
    assert list(kinds_in(text, "note")) == ["identity_number"]


@pytest.mark.parametrize(
    "text",
    [
        "13800000000", "电话13800000000。", "138-0000-0000", "138 0000 0000", "+86 138 0000 0000", "+8613800000000",
        "008613800000000", "0755-80000000", "0755-8000 0000", "(0755)80000000", "（０７５５）８０００００００",
        "010-60000000", "+86-755-80000000", "0755 80000000", "0755-80000000-8001", "手机:１３８００００００００",
        "138–0000–0000",
    ],
)  # fmt: skip
def test_telephone_numbers_are_found_however_they_are_written(text: str) -> None:
    assert list(kinds_in(text, "note")) == ["telephone_number"]
    assert may_hold(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "", "2031-03-05", "2031-03-05 2032-03-05", "2031010101000001", "CNCA-R-2031-101", "00119Q31234R0M/4400",
        "GB/T 19001-2016/ISO 9001:2015", "GB 4706.1-2005, GB 4943.1-2022", "91350100M000100Y43", "110105194912310021",
        "110105194913310021", "990105194912310029", "12345678901", "23800000000", "138000000001", "1380000000",
        "440524800101001", "00-1380-00-00", "3f0c1380-0000-4000-8000-138000000000", "0755-12345678",
        "¥13800000000.00", "13800000000A", "4f13800000000", "1.3800000000",
    ],
)  # fmt: skip
def test_dates_codes_and_certificate_numbers_are_not_taken_for_personal_numbers(text: str) -> None:
    assert list(kinds_in(text, "note")) == []


def test_a_number_that_an_issuer_gives_out_may_look_like_a_telephone_number_but_not_like_an_identity_number() -> None:
    assert list(kinds_in("13800000000", "number")) == []
    assert list(kinds_in("11010519491231002X", "number")) == ["identity_number"]


def codes_of_digits() -> Iterator[str]:
    """Credit codes that are sound identity numbers as well, but for what they mean."""
    for number in range(28_000):
        head = f"1211011980{number // 1_000 + 1_01:04}{number % 1_000:03}"
        if (check := credit_code_check(head)).isdigit():
            yield head + check


def test_a_credit_code_is_none_where_codes_of_organisations_stand() -> None:
    doubtful = [code for code in codes_of_digits() if list(kinds_in(code, "note"))]
    assert doubtful
    assert not any(list(kinds_in(code, "code")) for code in doubtful)


def test_no_event_of_the_golden_corpus_holds_one() -> None:
    for path in GOLDEN.glob("*.json"):
        raw = path.read_bytes()
        assert scan(raw, orjson.loads(raw)) == [], path.name


def test_the_refusal_names_each_place_and_repeats_no_number() -> None:
    ledger = register_of()
    said = issued(details={**DETAILS, "scope_en": "call 13800000000"})
    refused = refusal(ledger, said)
    assert (refused.code, refused.status, refused.pointer) == ("personal_data", 422, "/data/details/scope_en")
    assert [each.code for each in refused.problems] == ["telephone_number"]
    assert "13800000000" not in str(refused.as_dict())
    assert accept(ledger, issued())[0].decision == "applied"


def test_what_was_recorded_is_answered_as_before_and_other_words_under_its_name_are_not_kept() -> None:
    ledger = register_of()
    accept(ledger, issued())
    other = issued(details={**DETAILS, "scope_en": "11010519491231002X"})
    assert refusal(ledger, other).code == "personal_data"
    assert accept(ledger, issued())[0].duplicate


def test_a_year_of_monthly_reports_holds_not_one_false_hit(tmp_path: Path) -> None:
    make_reports(tmp_path / "reports", organisations=60, months=12, seed=5, faults=0.0)
    findings: list[Finding] = []
    report = import_directory(open_memory_ledger(), tmp_path / "reports", submitter="test", on_finding=findings.append)
    assert report.total.recorded == report.total.rows > 800
    assert [each for each in findings if each.kind in {"fault", "refused"}] == []


def test_what_was_made_of_a_row_after_it_was_read_is_looked_through_again(tmp_path: Path) -> None:
    make_reports(tmp_path / "reports", organisations=3, months=1, seed=5, faults=0.0)

    def spoil(said: Sequence[Submission]) -> list[Submission | Refusal]:
        """Do what a signer must not: say another thing."""
        events = [orjson.loads(each.raw) for each in said]
        return [canonical_submission(event | {"id": f"{event['id']} 11010519491231002X"}) for event in events]

    ledger = open_memory_ledger()
    report = import_directory(ledger, tmp_path / "reports", submitter="test", sign=spoil)
    assert report.total.refused == report.total.rows > 0 == ledger.event_log.head()
    assert {each.code for each in report.shown["refused"]} == {"identity_number"}
