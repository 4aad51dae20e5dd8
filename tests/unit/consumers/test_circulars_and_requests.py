"""A circular reaches its scope and nobody else; spot check results reach only the body that asked as the issuer."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.access.jurisdiction import superior_of
from ledger.notices.relations import NATIONAL, admits, city_bureau, territorial_bureau
from ledger.scope import bureaux
from ledger.service import Ledger
from tests.support.reacting import events, react, told
from tests.support.statements import (
    BODY,
    CCC_NUMBER,
    DETAILS,
    HOLDER,
    OTHER_BODY,
    accept,
    certificate,
    corrected,
    issued,
    issued_ccc,
    refusal,
    register_of,
    statement,
)

DAY = "2031-03-05"
CITY, COUNTY, SIBLING = "SAMR-440600", "SAMR-440604", "SAMR-440605"


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of(BODY, OTHER_BODY)
    accept(ledger, issued_ccc())
    yield ledger
    ledger.close()


def circular(kind: str = "notice_issued", source: str = CITY, **more: Any) -> Any:
    said = {
        "effective": DAY,
        "document_number": "1号",
        "title": "百家机构万家企业",
        "text": "请各单位按要求开展自查。",
        "scope": {"regions": ["440600"]},
        **more,
    }
    return statement(f"circular.{kind}", f"circular:{source}:1", said, source=source)


def warned(source: str = CITY, regions: tuple[str, ...] = ("440600",)) -> Any:
    said = {
        "effective": DAY,
        "level": "orange",
        "title": "电热水壶烫伤风险",
        "text": "请各地排查",
        "scope": {"regions": list(regions)},
        "raised_by": [{"source": CITY, "id": "r-1"}],
        "until": "2031-06-05",
    }
    return statement("warning.issued", f"warning:{source}:1", said, source=source)


@pytest.mark.requirement("S0-80")
def test_a_warning_reaches_all_jurisdictions_in_its_scope_and_no_others(ledger: Ledger) -> None:
    accept(ledger, warned("CNCA", ("440600",)))
    react(ledger)
    react(ledger)
    city = {f"SAMR-{code}" for code in ("440600", "440604", "440605", "440606", "440607", "440608")}
    assert set(told(ledger, "early_warning")) == city
    assert len(told(ledger, "early_warning")) == len(city)


def test_an_authority_warns_its_own_area_alone(ledger: Ledger) -> None:
    assert refusal(ledger, warned(COUNTY, ("440605",))).code == "scope_outside_jurisdiction"
    assert refusal(ledger, circular(source=COUNTY, scope={"regions": ["440600"]})).code == "scope_outside_jurisdiction"


@pytest.mark.requirement("S2-04", "S2-111")
def test_a_campaign_notice_goes_to_every_city_and_to_the_bodies_with_certificates_there_with_a_copy_to_cnca(
    ledger: Ledger,
) -> None:
    holder = {**HOLDER, "region": "350102"}
    accept(ledger, issued("X1", details={**DETAILS, "holder": holder}))
    elsewhere = {**HOLDER, "code": "91440600M00010209B", "region": "440600"}
    said = {
        **issued(details={**DETAILS, "holder": elsewhere}).data,
        "signers": [{"register": "CCAA", "number": "S101002", "role": "decision"}],
    }
    accept(ledger, statement("certificate.issued", certificate("Y1", OTHER_BODY), said, source=OTHER_BODY))
    scope = {"regions": ["350000"], "levels": ["prefecture"], "bodies": True}
    accept(ledger, circular(source="SAMR-350000", scope=scope, copies=["CNCA"]))
    react(ledger)
    cities = [f"SAMR-35{number:02}00" for number in range(1, 10)]
    assert sorted(told(ledger, "circular")) == sorted([*cities, BODY])
    assert told(ledger, "copy") == ["CNCA"]


def test_a_correction_of_the_scope_takes_back_and_adds_what_it_changes(ledger: Ledger) -> None:
    said = circular(scope={"regions": ["440604", "440605"]})
    accept(ledger, said)
    store = react(ledger)
    accept(ledger, corrected(said, {**said.data, "scope": {"regions": ["440605", "440606"]}}))
    react(ledger, store)
    assert sorted(told(ledger)) == ["SAMR-440605", "SAMR-440606"]


@pytest.mark.parametrize("kind", ["bulletin_issued", "criticism_circulated", "public_issued", "notice_issued"])
def test_each_meaning_of_the_word_is_an_event_type_of_its_own(ledger: Ledger, kind: str) -> None:
    more = {"bulletin_issued": {"period": "2031Q1"}, "criticism_circulated": {"target": f"body:{BODY}"}}
    accept(ledger, circular(kind, **more.get(kind, {})))
    react(ledger)
    assert bool(told(ledger, "circular")) == (kind != "public_issued"), "the public reads what is public"


def requested(certificate_: str | None = certificate(CCC_NUMBER), source: str = BODY, number: str = "q-1") -> Any:
    said = {"effective": DAY, "recipient": CITY, "organisation": HOLDER["code"], "purpose": "跟踪调查"}
    if certificate_:
        said["certificate"] = certificate_
    return statement("notice.requested", f"notice:{number}", said, source=source)


def granted(number: str = "q-1", named: str = certificate(CCC_NUMBER)) -> Any:
    result = {"inspection": "inspection:i-1", "sample": "S1", "standard": "GB 1", "passed": False, "tested": DAY}
    said = {"effective": "2031-03-06", "certificate": named, "results": [result]}
    return statement("notice.request_granted", f"notice:{number}", said, source=CITY)


@pytest.mark.requirement("S2-71", "S2-76")
def test_a_body_that_asks_about_its_client_may_be_told_and_one_that_asks_about_anothers_is_refused_and_both_are_logged(
    ledger: Ledger,
) -> None:
    accept(ledger, requested(), requested(None, OTHER_BODY, "q-2"))
    accept(ledger, granted())
    react(ledger)
    assert [each["subject"] for each in events(ledger, "notice.request_granted")] == ["notice:q-1"]
    (refused,) = events(ledger, "notice.request_refused")
    assert (refused["subject"], refused["data"]["reason_code"]) == ("notice:q-2", "not_a_client")
    assert refusal(ledger, granted("q-2")).code in {"not_a_client", "notice_answered"}


def test_a_grant_rests_on_a_certificate_of_that_body_which_the_organisation_holds_on_that_day(ledger: Ledger) -> None:
    accept(ledger, requested(None), requested(None, OTHER_BODY, "q-2"))
    assert refusal(ledger, granted("q-2")).code == "not_a_client"
    assert refusal(ledger, granted(named=certificate("NONE"))).code == "not_a_client"
    wrong = statement("notice.request_granted", "notice:q-1", granted().data, source=SIBLING)
    assert refusal(ledger, wrong).code == "not_the_recipient"
    accept(ledger, granted())


@pytest.mark.requirement("S2-77")
def test_a_request_names_its_purpose() -> None:
    said = {key: value for key, value in requested().data.items() if key != "purpose"}
    with pytest.raises(AssertionError, match="purpose"):
        statement("notice.requested", "notice:q-1", said)


def reported(kind: str, source: str, recipient: str) -> Any:
    said = {
        "effective": DAY,
        "kind": kind,
        "sender": source,
        "recipient": recipient,
        "basis": "S0-60",
        "statement": "报告",
        "about": ["case:SAMR-440604:1"],
    }
    return statement("notice.created", "notice:n-1", said, source=source)


@pytest.mark.parametrize(
    ("kind", "source", "recipient", "code"),
    [
        ("major_matter", COUNTY, CITY, None),
        ("major_matter", COUNTY, "SAMR-440000", "notice_recipient_wrong"),
        ("major_matter", "SAMR-440000", "SAMR", None),
        ("major_matter", "CNCA", "SAMR", "notice_kind_not_yours"),
        ("implementation_issue", COUNTY, "CNCA", None),
        ("guidance", CITY, COUNTY, None),
        ("guidance", COUNTY, CITY, "notice_recipient_wrong"),
        ("guidance", COUNTY, SIBLING, "notice_recipient_wrong"),
        ("information", COUNTY, "SAMR-330106", None),
        ("certificate_ended", BODY, CITY, "notice_kind_not_yours"),
        ("class_information", BODY, COUNTY, None),
        ("no_such_kind", COUNTY, CITY, "notice_kind_unknown"),
    ],
)
def test_who_writes_what_to_whom_is_a_row_of_the_table(
    ledger: Ledger, kind: str, source: str, recipient: str, code: str | None
) -> None:
    said = reported(kind, source, recipient)
    if code is None:
        accept(ledger, said)
    else:
        assert refusal(ledger, said).code == code


@pytest.mark.requirement("S1-59")
def test_a_notice_has_recipient_basis_sending_and_acknowledgement(ledger: Ledger) -> None:
    accept(ledger, reported("information", COUNTY, SIBLING))
    react(ledger)
    acknowledged = statement("notice.acknowledged", "notice:n-1", {"effective": DAY}, source=SIBLING)
    accept(ledger, acknowledged)
    again = statement("notice.acknowledged", "notice:n-1", {"effective": "2031-03-06"}, source=SIBLING)
    assert refusal(ledger, again).code == "notice_acknowledged"
    state = ledger.timeline("notice:n-1").tip
    assert (state.recipient, state.sent, state.acknowledged) == (SIBLING, frozenset({"inbox"}), True)
    assert events(ledger, "notice.created")[0]["data"]["basis"]


def test_a_bureau_is_that_of_the_day() -> None:
    assert city_bureau("440604", DAY) == CITY
    assert city_bureau("110105", DAY) == "SAMR-110000", "a municipality is its own city"
    assert city_bureau("429004", DAY) == "SAMR-429004", "a county under its province is its own"
    assert territorial_bureau("440604", DAY) == COUNTY
    assert territorial_bureau(None, DAY) == city_bureau(None, DAY) == "CNCA", "nobody is not told"
    assert [superior_of(each, DAY, NATIONAL) for each in (COUNTY, CITY, "SAMR-440000")] == [CITY, "SAMR-440000", "CNCA"]
    assert not admits("superior", COUNTY, BODY, DAY)
    assert bureaux({"regions": ["440604"], "levels": ["prefecture"]}, DAY) == ()
