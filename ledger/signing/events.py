"""What may be said about signing: from which day on a party's statements must be signed."""

from typing import Literal

from pydantic import Field

from ledger.facts import Dated, EventType, Text, event_types
from ledger.parties import CLOCK, KINDS

FAMILY = "signing"
Requirement = Literal["nothing", "party", "party_and_signatory"]


class PolicySet(Dated):
    """The party's statements are taken unsigned, or signed by it, or by it and every signatory who decided.

    The national authority sets it for everybody; a party may ask more of itself, never less.
    """

    requires: Requirement = Field(description="nothing; party; party_and_signatory")
    reason: Text


EVENTS = event_types(
    EventType(
        f"{FAMILY}.policy_set",
        FAMILY,
        PolicySet,
        frozenset(KINDS) - {CLOCK},
        "设定签名要求",
        "Signing policy set",
        "电子签名法 3, 14",
    )
)
