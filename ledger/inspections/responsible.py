"""Every finding names its responsible party, a certification body or a certified organisation and nobody else (S2-18).

A new finding states it. One that was recorded before this was asked is read as the inspected party's own.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from ledger.authorities.lists import party_roles
from ledger.codes.identifiers import organisation_key
from ledger.facts import Data, Identifier
from ledger.parties import BODY, party_of
from ledger.timeline import Illegal

FINDING = "inspection.finding_recorded"
RESPONSIBLE_PARTY = "responsible_party"
PartyRole = Literal["regulator", "responsible_party", "other_department", "public"]


class Responsible(Data):
    """Who answers for what was found, and the role in which it does."""

    role: PartyRole
    party: Identifier = Field(
        description="Stream of the certification body or of the organisation",
        examples=["organisation:M000100Y4", "body:CNCA-R-2031-101"],
    )


def responsible_objection(data: Mapping[str, Any]) -> Illegal | None:
    """Return why a new finding's responsible party may not stand: it is missing, or it is none."""
    said = data.get("responsible")
    if said is None:
        return Illegal("responsible_party_missing", pointer="/responsible")
    named = (("role", said["role"]), ("party", said["party"]))
    if said["role"] != RESPONSIBLE_PARTY:
        return Illegal("not_a_responsible_party", pointer="/responsible/role", params=named)
    if not _may_answer(said["party"]):
        return Illegal("not_a_responsible_party", pointer="/responsible/party", params=named)
    return None


def responsible_for(finding: Mapping[str, Any], performed: Mapping[str, Any]) -> str | None:
    """Return the stream of who answers for a finding, given the data of its inspection.

    A finding from before parties were stated is the inspected organisation's or body's; one in a laboratory, nobody's.
    """
    said = finding.get("responsible")
    if said is not None:
        return _stream(said["party"])
    if performed.get("organisation"):
        return f"organisation:{organisation_key(performed['organisation'])}"
    target = performed.get("target") or ""
    return target if target.startswith("body:") else None


def _may_answer(party: str) -> bool:
    """Tell whether a text is the stream of a party of a responsible kind."""
    is_body = party.startswith("body:")
    speaker = party_of(party.removeprefix("body:"))
    if speaker is None or speaker.kind not in party_roles()[RESPONSIBLE_PARTY] or is_body != (speaker.kind == BODY):
        return False
    try:
        return bool(_stream(party))
    except ValueError:
        return False


def _stream(party: str) -> str:
    """Return the stream that a party's spelling names: both codes of an organisation name the same one."""
    return (
        party if party.startswith("body:") else f"organisation:{organisation_key(party.removeprefix('organisation:'))}"
    )
