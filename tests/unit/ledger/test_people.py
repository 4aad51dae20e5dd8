"""A signatory is registered, works for one body at a time, and signs nothing while banned."""

import pytest

from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    LAW,
    OTHER_BODY,
    SIGNER,
    about_body,
    about_person,
    accept,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    statement,
)

REASON = {"reason": "出具虚假认证结论"}


@pytest.fixture
def ledger() -> Ledger:
    return register_of(BODY)


@pytest.mark.requirement("S4-148")
def test_a_person_without_registration_signs_nothing(ledger: Ledger) -> None:
    stranger = [{"register": "CCAA", "number": "S999999", "role": "decision"}]
    outcome = refusal(ledger, issued(signers=stranger))
    assert (outcome.code, outcome.pointer) == ("signatory_not_registered", "/data/signers/0")
    other_register = [{"register": "ELSE", "number": SIGNER, "role": "decision"}]
    assert refusal(ledger, issued(signers=other_register)).code == "signatory_not_registered"
    accept(ledger, about_person("registration_withdrawn", "2031-02-01", **REASON))
    assert refusal(ledger, issued("A1", "2031-02-01", expires="2034-01-01")).code == "signatory_not_registered"
    accept(ledger, issued("A2", "2031-01-31", expires="2034-01-01"))


def test_every_signatory_counts_not_the_first_alone(ledger: Ledger) -> None:
    two = [
        {"register": "CCAA", "number": SIGNER, "role": "evaluation"},
        {"register": "CCAA", "number": "S999999", "role": "head"},
    ]
    assert refusal(ledger, issued(signers=two)).pointer == "/data/signers/1"
    twice = [two[0], two[0], {**two[0], "role": "head"}]
    accept(ledger, issued(signers=twice))


@pytest.mark.requirement("S4-115")
def test_a_banned_person_signs_nothing_for_ever_not_even_for_another_body(ledger: Ledger) -> None:
    accept(ledger, issued("A1"))
    banned = about_person("banned", "2031-02-01", legal_basis=LAW, **REASON)
    accept(ledger, banned)
    for day, kind, data in (
        ("2031-02-01", "maintained", {}),
        ("2031-02-01", "suspended", {"until": "2031-04-01", "reason_code": "0111"}),
        ("2099-12-31", "withdrawn", {"reason_code": "0101"}),
    ):
        assert refusal(ledger, decided(kind, day, "A1", **data)).code == "signatory_banned"
    accept(
        ledger,
        *[about_person("left", "2031-03-01", body=BODY), about_person("employed", "2031-03-02", body=OTHER_BODY)],
    )
    accept(ledger, about_body("approved", "2015-01-01", OTHER_BODY, name_zh="x", schemes=["A010102"]))
    elsewhere = dict(issued(day="2031-04-01", expires="2034-03-31").data)
    moved = statement("certificate.issued", f"certificate:{OTHER_BODY}:B1", elsewhere, source=OTHER_BODY)
    assert refusal(ledger, moved).code == "signatory_banned"
    accept(ledger, about_person("registration_withdrawn", "2031-05-01", **REASON))
    accept(ledger, about_person("registered", "2031-06-01", body=BODY))
    assert refusal(ledger, issued("A9", "2031-06-01", expires="2034-01-01")).code == "signatory_banned"
    accept(ledger, corrected(banned, None))
    accept(ledger, issued("A9", "2031-06-01", expires="2034-01-01"))


def test_a_ban_for_a_time_ends_after_its_last_day_and_a_second_never_shortens_it(ledger: Ledger) -> None:
    accept(ledger, about_person("banned", "2031-02-01", until="2031-12-31", legal_basis=LAW, **REASON))
    accept(ledger, about_person("banned", "2031-03-01", until="2031-06-30", legal_basis=LAW, **REASON))
    assert refusal(ledger, issued("A1", "2031-12-31", expires="2034-01-01")).code == "signatory_banned"
    accept(ledger, issued("A1", "2032-01-01", expires="2034-12-31"))


def test_a_ban_is_lifted_by_the_national_authority_alone(ledger: Ledger) -> None:
    accept(ledger, about_person("banned", "2031-02-01", legal_basis=LAW, **REASON))
    assert refusal(ledger, about_person("ban_lifted", "2031-03-01", source="CCAA", **REASON)).code == "not_competent"
    accept(ledger, about_person("ban_lifted", "2031-03-01", **REASON))
    assert refusal(ledger, issued("A1", "2031-02-28", expires="2034-01-01")).code == "signatory_banned"
    accept(ledger, issued("A1", "2031-03-01", expires="2034-01-01"))


def test_a_person_works_for_one_body_at_a_time(ledger: Ledger) -> None:
    second = about_person("employed", "2031-02-01", body=OTHER_BODY)
    waiting = accept(ledger, second)[0]
    assert waiting.waits == "works_for_another_body"
    accept(ledger, issued("A1", "2031-02-01", expires="2034-01-01"))
    released = accept(ledger, about_person("left", "2031-01-31", body=BODY))[0]
    assert released.releases == (waiting.version,)
    assert refusal(ledger, issued("A2", "2031-02-01", expires="2034-01-01")).code == "signatory_of_another_body"
    accept(ledger, issued("A2", "2031-01-30", expires="2034-01-01"))


def test_a_suspended_registration_signs_nothing_until_it_is_restored(ledger: Ledger) -> None:
    accept(ledger, about_person("registration_suspended", "2031-02-01", **REASON))
    assert refusal(ledger, issued("A1", "2031-02-01", expires="2034-01-01")).code == "signatory_suspended"
    accept(ledger, about_person("registration_restored", "2031-03-01"))
    accept(ledger, issued("A1", "2031-03-01", expires="2034-01-01"))


def test_a_registration_holds_through_its_last_day() -> None:
    ledger = register_of(BODY)
    accept(ledger, about_person("registered", "2020-01-01", "S202001", body=BODY, until="2031-01-31"))
    signers = [{"register": "CCAA", "number": "S202001", "role": "decision"}]
    accept(ledger, issued("A1", "2031-01-31", signers=signers, expires="2034-01-01"))
    late = issued("A2", "2031-02-01", signers=signers, expires="2034-01-01")
    assert refusal(ledger, late).code == "signatory_not_registered"
    accept(ledger, about_person("registered", "2031-02-01", "S202001", body=BODY), late)


def test_one_left_where_one_never_worked_waits(ledger: Ledger) -> None:
    assert accept(ledger, about_person("left", "2031-02-01", body=OTHER_BODY))[0].waits == "not_employed_there"
    assert accept(ledger, about_person("left", "2031-02-01", "S777777", body=BODY))[0].waits == "person_not_registered"
