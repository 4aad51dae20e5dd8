"""Every finding names who answers for it, and only a body or a certified organisation does (S2-18)."""

from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from ledger.access.competence import table
from ledger.authorities.lists import labels, party_roles
from ledger.envelope import open_recorded
from ledger.inspections.responsible import PartyRole, responsible_for
from ledger.parties import CLOCK, KINDS
from ledger.service import Ledger
from tests.support.inspecting import found, performed
from tests.support.statements import ANSWERABLE, BODY, accept, corrected, refusal, register_of

GOLDEN = Path(__file__).parents[2] / "golden" / "events"


@pytest.fixture
def ledger() -> Ledger:
    return register_of(BODY)


def answered(role: str, party: str) -> dict[str, Any]:
    return {"role": role, "party": party}


@pytest.mark.requirement("S2-18")
def test_the_four_roles_of_parties_are_an_enumeration_and_every_kind_of_speaker_has_one() -> None:
    assert set(get_args(PartyRole)) == {"regulator", "responsible_party", "other_department", "public"}
    assert set(get_args(PartyRole)) == set(party_roles()) == set(labels("party_roles"))
    assert sorted(kind for kinds in party_roles().values() for kind in kinds) == sorted(KINDS.keys() - {CLOCK})
    leading = {kind for row in table() if "case.penalty_decided" in row.events for kind in row.kinds}
    assert leading == party_roles()["regulator"]


@pytest.mark.requirement("S2-18")
def test_a_finding_without_a_responsible_party_is_refused_whether_or_not_its_inspection_is_known(
    ledger: Ledger,
) -> None:
    stream = "inspection:SAMR-440604-1"
    for _ in range(2):
        missing = refusal(ledger, found("F1", stream=stream, responsible=None))
        assert (missing.code, missing.status, missing.pointer) == (
            "responsible_party_missing",
            422,
            "/data/responsible",
        )
        if ledger.timeline(stream).version == 0:
            accept(ledger, performed(stream))
    accept(ledger, found("F1", stream=stream))


@pytest.mark.requirement("S2-18")
@pytest.mark.parametrize(
    ("role", "party", "member"),
    [
        ("regulator", "SAMR-440604", "role"),
        ("other_department", "authority:MEE-440600", "role"),
        ("public", "organisation:M000100Y4", "role"),
        ("responsible_party", "SAMR-440604", "party"),
        ("responsible_party", "authority:SAMR-440604", "party"),
        ("responsible_party", "LAB-101", "party"),
        ("responsible_party", BODY, "party"),
        ("responsible_party", "body:M000100Y4", "party"),
        ("responsible_party", "organisation:M0001", "party"),
        ("responsible_party", "person:CCAA:S101001", "party"),
    ],
)
def test_nobody_but_a_body_or_a_certified_organisation_answers_for_a_finding(
    ledger: Ledger, role: str, party: str, member: str
) -> None:
    accept(ledger, performed())
    refused = refusal(ledger, found("F1", responsible=answered(role, party)))
    assert (refused.code, refused.pointer) == ("not_a_responsible_party", f"/data/responsible/{member}")
    assert party in refused.title("zh")
    assert party in refused.title("en")


@pytest.mark.requirement("S2-18")
@pytest.mark.parametrize(
    "party", [f"body:{BODY}", "organisation:M000100Y4", "organisation:91350100M000100Y43"]
)  # fmt: skip
def test_a_body_and_a_certified_organisation_each_answer_for_a_finding(ledger: Ledger, party: str) -> None:
    accept(ledger, performed(), found("F1", responsible=answered("responsible_party", party)))
    (_, fact) = ledger.timeline("inspection:i-1").applied
    named = "organisation:M000100Y4" if party.startswith("organisation:") else party
    assert responsible_for(fact.data, {}) == named


def test_a_correction_of_a_finding_names_the_responsible_party_too(ledger: Ledger) -> None:
    said = found("F1")
    accept(ledger, performed(), said)
    without = {name: value for name, value in said.data.items() if name != "responsible"}
    assert refusal(ledger, corrected(said, without)).code == "responsible_party_missing"
    accept(ledger, corrected(said, {**without, "responsible": answered("responsible_party", f"body:{BODY}")}))


@pytest.mark.parametrize("version", [1, 2])
def test_a_finding_from_before_is_read_as_the_inspected_partys_own(version: int) -> None:
    raw = (GOLDEN / f"inspection.finding_recorded.v{version}.json").read_bytes()
    finding = open_recorded(1, raw).fact().data
    assert "responsible" not in finding
    assert responsible_for(finding, {"organisation": "91350100M000100Y43"}) == ANSWERABLE["party"]
    assert responsible_for(finding, {"target": f"body:{BODY}"}) == f"body:{BODY}"
    assert responsible_for(finding, {"target": "LAB-101"}) is None
    assert orjson.loads(raw)["record"]["schema"] == version
