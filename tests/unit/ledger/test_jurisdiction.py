"""An authority speaks and reads about its own area and all below it, as the regions are on the day."""

from collections.abc import Collection

import pytest

from infra.open_ledger import open_memory_ledger
from ledger.access.audience import Audience, audience_of
from ledger.access.competence import Competence, actors_of, competence, table
from ledger.access.jurisdiction import area, governors, governs, superior_of
from ledger.access.visibility import TableRule, class_of, declare, rule_of
from ledger.envelope import Submission
from ledger.families import EVENT_TYPES
from ledger.log import Loaded
from ledger.parties import party_of
from ledger.service import Ledger
from projections.registry import VIEWS, require_rules
from tests.support.access import (
    ABOVE,
    BESIDE,
    CITY_FIRM_CODE,
    FAR_ABOVE,
    FOREIGN,
    INSPECTION,
    OTHER_CODE,
    OWN,
    case_opened,
    finding,
    inspected,
    penalty,
)
from tests.support.statements import (
    DETAILS,
    HOLDER,
    LAW,
    OTHER_BODY,
    SIGNERS,
    accept,
    certificate,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    say,
    statement,
    suspended,
)

TODAY = "2031-04-01"
CODES = {"holder": HOLDER["code"], "producer": OTHER_CODE, "factory": CITY_FIRM_CODE}


def test_those_above_supervise_a_place_and_those_beside_or_below_do_not() -> None:
    assert governors("440604", TODAY) == ("440604", "440600", "440000")
    assert [governs(each, "440604", TODAY) for each in ("440604", "440600", "440000")] == [True] * 3
    assert [governs(each, "440604", TODAY) for each in ("440605", "330106", "330000", None)] == [False] * 4
    assert not governs("440604", "440600", TODAY)


def test_a_county_that_the_province_governs_directly_has_no_city_above_it() -> None:
    assert governors("429004", TODAY) == ("429004", "420000")
    assert area("429000", TODAY) == ()


def test_a_retired_code_belongs_to_whoever_governs_its_successor() -> None:
    # 崇文区 went up in 东城区 on 2010-07-01.
    assert governs("110101", "110103", TODAY)
    assert governs("110103", "110103", "2009-01-01")
    assert not governs("110103", "110103", TODAY)
    assert "110103" in area("110101", TODAY)
    assert area("110103", TODAY) == ()


def test_above_a_province_stands_samr_or_whom_the_matter_asks_for_and_above_samr_nobody() -> None:
    assert [superior_of(each, TODAY) for each in ("SAMR-440604", "SAMR-429004", "SAMR-440000", "CNCA", "SAMR")] == [
        "SAMR-440600", "SAMR-420000", "SAMR", "SAMR", None,
    ]  # fmt: skip
    assert superior_of("SAMR-440000", TODAY, "CNCA") == "CNCA"
    assert superior_of("SAMR-440604", TODAY, "CNCA") == "SAMR-440600"
    assert [superior_of(each, TODAY) for each in ("SAMR-110103", "SAMR-999999", "CNAS", "nobody")] == [None] * 4


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


def test_what_follows_an_inspection_is_recorded_where_it_was_or_above(ledger: Ledger) -> None:
    accept(ledger, inspected())
    assert refusal(ledger, finding(source=BESIDE)).code == "not_own_inspection"
    assert refusal(ledger, finding(source=FOREIGN, name="F2")).code == "not_own_inspection"
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


def hold(source: str, number: str = "冻1", day: str = "2031-02-01", **more: object) -> Submission:
    said = {"effective": day, "document_number": number, "reason": "立案", "legal_basis": LAW, **more}
    return statement("certificate.hold_placed", certificate(), said, source=source, identity=f"{source}{number}{more}")


def lift(source: str, number: str = "冻1", day: str = "2031-03-01") -> Submission:
    said = {"effective": day, "document_number": number}
    return statement("certificate.hold_lifted", certificate(), said, source=source, identity=f"lift {source}{number}")


def party_in(region: str, code: str = HOLDER["code"]) -> dict[str, str]:
    return {"code": code, "name_zh": "某厂", "region": region}


@pytest.mark.parametrize("role", ["holder", "producer", "factory"])
def test_an_authority_holds_where_a_party_of_the_certificate_is_and_those_above_it_do(
    ledger: Ledger, role: str
) -> None:
    elsewhere = {"holder": party_in("110101"), role: party_in("440604", CODES[role])}
    accept(ledger, issued(details={**DETAILS, **elsewhere}))
    accept(ledger, hold(OWN), hold(ABOVE), hold(FAR_ABOVE), hold("CNCA"))
    for source in (BESIDE, FOREIGN):
        objection = refusal(ledger, hold(source))
        assert (objection.code, objection.status, objection.pointer) == ("place_needed", 403, "/data/place")
        assert dict(objection.params) == {"source": source, "row": "C-08"}


def test_elsewhere_an_authority_names_the_place_of_the_violation_and_it_is_its_own(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert refusal(ledger, hold(OWN)).code == "place_needed"
    accept(ledger, hold(OWN, place="440604"), hold(ABOVE, place="440604"))
    objection = refusal(ledger, hold(OWN, place="440605"))
    assert (objection.code, dict(objection.params)["place"]) == ("outside_jurisdiction", "440605")
    assert refusal(ledger, hold(OWN, place="440600")).code == "outside_jurisdiction"


def test_a_named_place_counts_alone_even_where_the_holder_is_at_home(ledger: Ledger) -> None:
    accept(ledger, issued(details={**DETAILS, "holder": party_in("440604")}))
    assert refusal(ledger, hold(OWN, place="330106")).code == "outside_jurisdiction"


def test_the_holder_is_where_its_register_has_it_on_the_day_and_not_where_the_certificate_does(ledger: Ledger) -> None:
    accept(ledger, issued(details={**DETAILS, "holder": party_in("440604")}))
    accept(ledger, hold(OWN))
    accept(ledger, about("registered", "CNCA", organisation=party_in("330106")))
    assert refusal(ledger, hold(OWN, "冻2", "2031-02-02")).code == "place_needed"
    accept(ledger, hold(FOREIGN, "冻3", "2031-02-02"), hold(OWN, "冻4", "2031-01-31"))


def test_what_comes_before_the_certificate_names_its_place_and_waits(ledger: Ledger) -> None:
    assert refusal(ledger, hold(OWN)).code == "place_needed"
    early = accept(ledger, hold(OWN, place="440604"))[0]
    assert accept(ledger, issued())[0].releases == (early.version,)


def test_a_party_that_the_same_batch_makes_known_counts(ledger: Ledger) -> None:
    certified = issued(details={**DETAILS, "holder": party_in("110101")})
    placed = about("registered", "CNCA", organisation=party_in("440604"))
    late = hold(OWN, day="2031-02-02")
    assert [type(each).__name__ for each in say(ledger, certified, placed, late, hold(BESIDE))] == [
        "Receipt", "Receipt", "Receipt", "Refusal",
    ]  # fmt: skip


def test_a_correction_of_an_order_is_bounded_as_the_order_was(ledger: Ledger) -> None:
    accept(ledger, issued())
    said = hold(OWN, place="440604")
    accept(ledger, said)
    assert refusal(ledger, corrected(said, {**said.data, "place": "330106"})).code == "outside_jurisdiction"
    without = {key: value for key, value in said.data.items() if key != "place"}
    assert refusal(ledger, corrected(said, without)).code == "place_needed"
    accept(ledger, corrected(said, {**said.data, "reason": "调查"}))


def test_a_hold_is_lifted_by_who_placed_it_or_one_above_and_by_nobody_else(ledger: Ledger) -> None:
    accept(ledger, issued(), hold(OWN, place="440604"))
    for source in (BESIDE, FOREIGN):
        objection = refusal(ledger, lift(source))
        assert (objection.code, objection.status) == ("hold_of_another", 403)
        assert dict(objection.params) == {"source": source, "placed_by": OWN, "row": "C-09"}
    for number, source in enumerate((OWN, ABOVE, FAR_ABOVE, "CNCA"), 2):
        accept(ledger, hold(OWN, f"冻{number}", place="440604"), lift(source, f"冻{number}"))
    assert ledger.timeline(certificate()).tip.holds == ("冻1",)


@pytest.mark.parametrize("source", [OWN, FAR_ABOVE])
def test_a_hold_of_the_national_authority_or_of_one_above_is_not_lifted_from_below(ledger: Ledger, source: str) -> None:
    accept(ledger, issued(), hold("CNCA", "冻1"), hold(FAR_ABOVE, "冻2", place="440604"))
    assert refusal(ledger, lift(source, "冻1")).code == "hold_of_another"
    assert refusal(ledger, lift(OWN, "冻2")).code == "hold_of_another"


def test_two_holds_of_one_number_are_lifted_each_by_its_own_authority(ledger: Ledger) -> None:
    accept(ledger, issued(), hold(OWN, place="440604"), hold(FOREIGN, place="330106"), lift(FOREIGN))
    tip = ledger.timeline(certificate()).tip
    assert (tip.holds, tip.held_by) == (("冻1",), (OWN,))


def test_the_successor_of_an_authority_lifts_its_hold(ledger: Ledger) -> None:
    # 邢台县 became 信都区 in the main on 2021-01-01.
    accept(ledger, issued(day="2020-02-01", expires="2023-01-31", details={**DETAILS, "holder": party_in("130521")}))
    accept(ledger, hold("SAMR-130521", day="2020-03-01"))
    assert refusal(ledger, lift("SAMR-130505", day="2021-08-01")).code == "hold_of_another"
    assert refusal(ledger, lift("SAMR-130521", day="2021-08-01")).code == "not_competent"
    accept(ledger, lift("SAMR-130503", day="2021-08-01"))


def test_a_lifting_that_came_first_does_not_lift_another_authoritys_hold(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert accept(ledger, lift(BESIDE))[0].decision == "held"
    assert accept(ledger, hold(OWN, place="440604"))[0].releases == ()
    assert ledger.timeline(certificate()).tip.holds == ("冻1",)
    accept(ledger, lift(OWN))


@pytest.mark.parametrize("moment", ["before it is read", "after it was read"])
def test_a_move_that_comes_in_between_is_judged(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The holder's place is read after the certificate: what another writer records around it is seen all the same."""
    accept(ledger, issued(details={**DETAILS, "holder": party_in("440604")}))
    other = open_memory_ledger()
    other.event_log = ledger.event_log
    moves = iter([about("registered", "CNCA", organisation=party_in("330106"))])
    load = ledger.event_log.load

    def loading(since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        found = load(since, streams, identities) if moment == "after it was read" else None
        move = None if identities else next(moves, None)
        if move is not None:
            monkeypatch.setattr(ledger.event_log, "load", load)
            accept(other, move)
        return found or load(since, streams, identities)

    monkeypatch.setattr(ledger.event_log, "load", loading)
    assert refusal(ledger, hold(OWN, day="2031-02-02")).code == "place_needed"
    assert next(moves, None) is None
    accept(ledger, hold(FOREIGN, "冻2", "2031-02-02"))


def test_what_others_wrote_while_a_place_was_read_is_not_remembered_as_it_was(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(ledger, issued(details={**DETAILS, "holder": party_in("440604")}), issued("10131Q00002R0M"))
    other = open_memory_ledger()
    other.event_log = ledger.event_log
    load = ledger.event_log.load

    def loading(since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        if not identities:
            monkeypatch.setattr(ledger.event_log, "load", load)
            accept(other, suspended("10131Q00002R0M"))
        return load(since, streams, identities)

    monkeypatch.setattr(ledger.event_log, "load", loading)
    # The second statement is refused, so that nothing of its stream is checked at the append.

    lifted = {"effective": "2031-02-01", "signers": SIGNERS}
    strange = statement("certificate.restored", certificate("10131Q00002R0M"), lifted, source=OTHER_BODY)
    assert [type(each).__name__ for each in say(ledger, strange, hold(OWN, day="2031-02-02"))] == ["Refusal", "Receipt"]
    accept(ledger, decided("restored", "2031-04-01", "10131Q00002R0M"))
