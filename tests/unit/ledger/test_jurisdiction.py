"""An authority speaks and reads about its own area and all below it, as the regions are on the day."""

import pytest

from ledger.access.audience import Audience, audience_of
from ledger.access.competence import Competence, actors_of, competence, table
from ledger.access.jurisdiction import area, governors, governs
from ledger.access.visibility import TableRule, class_of, declare, rule_of
from ledger.envelope import Submission
from ledger.families import EVENT_TYPES
from ledger.parties import party_of
from ledger.service import Ledger
from projections.registry import VIEWS, require_rules
from tests.support.access import ABOVE, BESIDE, FOREIGN, INSPECTION, OWN, case_opened, finding, inspected, penalty
from tests.support.statements import HOLDER, accept, corrected, refusal, register_of, statement

TODAY = "2031-04-01"


@pytest.mark.requirement("S0-29")
def test_those_above_supervise_a_place_and_those_beside_or_below_do_not() -> None:
    assert governors("440604", TODAY) == ("440604", "440600", "440000")
    assert [governs(each, "440604", TODAY) for each in ("440604", "440600", "440000")] == [True] * 3
    assert [governs(each, "440604", TODAY) for each in ("440605", "330106", "330000", None)] == [False] * 4
    assert not governs("440604", "440600", TODAY)


def test_a_county_that_the_province_governs_directly_has_no_city_above_it() -> None:
    assert governors("429004", TODAY) == ("429004", "420000")
    assert area("429000", TODAY) == ()


@pytest.mark.requirement("S3-03")
def test_a_retired_code_belongs_to_whoever_governs_its_successor() -> None:
    # 崇文区 went up in 东城区 on 2010-07-01.
    assert governs("110101", "110103", TODAY)
    assert governs("110103", "110103", "2009-01-01")
    assert not governs("110103", "110103", TODAY)
    assert "110103" in area("110101", TODAY)
    assert area("110103", TODAY) == ()


def test_an_area_is_all_that_it_governs() -> None:
    city = area("440600", TODAY)
    assert {"440600", "440604", "440605"} <= set(city)
    assert not {"440000", "440300", "330106"} & set(city)
    assert set(city) < set(area("440000", TODAY))


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def about(kind: str, source: str, /, **data: object) -> Submission:
    said = {"effective": "2031-02-01", **data}
    return statement(f"organisation.{kind}", "organisation:M000100Y4", said, source=source)


@pytest.mark.requirement("S0-31")
def test_an_authority_speaks_about_organisations_of_its_area_and_follows_them_when_they_move(ledger: Ledger) -> None:
    registered = {"organisation": {**HOLDER, "region": "440604"}}
    assert refusal(ledger, about("registered", FOREIGN, **registered)).code == "outside_jurisdiction"
    accept(ledger, about("registered", OWN, **registered))
    barred = {"kind": "serious_dishonesty", "reason": "失信"}
    objection = refusal(ledger, about("barred", BESIDE, **barred))
    assert (objection.code, objection.status) == ("outside_jurisdiction", 403)
    assert dict(objection.params) == {"source": BESIDE, "place": "440604", "row": "C-31"}
    accept(ledger, about("barred", ABOVE, **barred))
    accept(ledger, about("moved", FOREIGN, region="330106", address="文三路1号"))
    assert refusal(ledger, about("renamed", OWN, name_zh="新名")).code == "outside_jurisdiction"
    accept(ledger, about("renamed", FOREIGN, name_zh="新名"))


@pytest.mark.requirement("S0-31")
def test_what_follows_an_inspection_is_recorded_where_it_was_or_above(ledger: Ledger) -> None:
    accept(ledger, inspected())
    assert refusal(ledger, finding(source=BESIDE)).code == "outside_jurisdiction"
    assert refusal(ledger, finding(source=FOREIGN, name="F2")).code == "outside_jurisdiction"
    accept(ledger, finding(source=OWN, name="F3"), finding(source=ABOVE, name="F4"))


@pytest.mark.requirement("S0-31")
def test_a_case_is_opened_where_the_violation_is(ledger: Ledger) -> None:
    assert refusal(ledger, case_opened(f"case:{FOREIGN}:1", FOREIGN)).code == "outside_jurisdiction"
    accept(ledger, case_opened(), penalty())


def test_a_correction_moves_nothing_out_of_ones_area(ledger: Ledger) -> None:
    said = inspected()
    accept(ledger, said)
    moved = {**said.data, "region": "330106"}
    assert refusal(ledger, corrected(said, moved)).code == "outside_jurisdiction"
    accept(ledger, corrected(said, {**said.data, "region": "440604", "result": "conforming"}))


@pytest.mark.requirement("S3-86")
def test_a_power_holds_from_its_first_day_until_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Competence(
        "C-99", ("body.approved",), ("laboratory",), (), "anywhere", "2030-01-01", "2031-01-01", "-", "-", "-"
    )
    monkeypatch.setattr("ledger.access.competence.rows_of", lambda _name: (row,))
    laboratory = party_of("LAB-1A")
    assert laboratory is not None
    asked = ("2029-12-31", "2030-01-01", "2030-12-31", "2031-01-01")
    assert [competence("body.approved", laboratory, day) is not None for day in asked] == [False, True, True, False]


def test_every_event_type_has_its_speakers_and_its_class_and_every_row_its_source_in_both_languages() -> None:
    for name, event_type in EVENT_TYPES.items():
        assert actors_of(name) == event_type.actors
        assert class_of(name)
    for row in table():
        assert row.source
        assert row.zh
        assert row.en


def test_a_view_without_a_rule_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    require_rules()
    monkeypatch.setitem(VIEWS, "gossip", type("Gossip", (), {"contents": ("rumour",)}))
    with pytest.raises(LookupError, match=r"gossip\.rumour"):
        require_rules(VIEWS)
    with pytest.raises(LookupError, match="no class"):
        class_of("gossip.told")


def test_no_rule_is_ever_replaced() -> None:
    assert rule_of("register", "finding_open").rows == "restricted"
    with pytest.raises(LookupError, match="have a rule already"):
        declare({"register.finding_open": TableRule("X", "public", "-")})


def test_who_was_named_by_mistake_reads_no_further(ledger: Ledger) -> None:
    said = inspected()
    accept(ledger, said)
    assert audience_of(ledger.timeline(INSPECTION).applied) == Audience(
        OWN, ("organisation:M000100Y4",), ("CNCA-R-2031-101",), ("organisation:M000100Y4",), "440604"
    )
    accept(ledger, corrected(said, {**said.data, "organisation": "91350100M00010102K", "certificates": []}))
    audience = audience_of(ledger.timeline(INSPECTION).applied)
    assert audience is not None
    assert (audience.subjects, audience.issuers) == (("organisation:M00010102",), ())
    accept(ledger, corrected(said, None, identity="taken back"))
    assert audience_of(ledger.timeline(INSPECTION).applied) is None
