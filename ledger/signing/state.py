"""What is asked of a party's statements on a day: the latest policy set for it, else the dated default of its kind."""

from dataclasses import dataclass
from functools import lru_cache

from ledger.codes.dated import holds, packaged_json
from ledger.days import Day
from ledger.facts import Fact
from ledger.parties import NATIONAL_AUTHORITY, party_of
from ledger.timeline import Illegal

STRENGTH = {"nothing": 0, "party": 1, "party_and_signatory": 2}


@dataclass(frozen=True, slots=True)
class SigningState:
    """The policy that was set, empty where none was."""

    requires: str = ""

    def requirement(self, kind: str, day: Day) -> str:
        """Return what is asked of a party of this kind on a day: a word of :data:`STRENGTH`."""
        return self.requires or default_requirement(kind, day)


@lru_cache(maxsize=1024)
def default_requirement(kind: str, day: Day) -> str:
    """Return the dated default for a kind of party (``ledger/codes/data/signing.json``)."""
    for row in packaged_json("signing.json"):
        if row["kind"] == kind and holds(row["valid_from"], row["valid_to"], day):
            return str(row["requires"])
    return "party"


class SigningMachine:
    """Steps along one party's policies by their days."""

    def start(self) -> SigningState:
        """Return the policy of a party for which none was set."""
        return SigningState()

    def step(self, state: SigningState, fact: Fact) -> SigningState | Illegal:
        """Return the policy after the fact; only the national authority asks for less than before."""
        speaker = party_of(fact.source)
        requires = str(fact.data["requires"])
        if speaker is not None and speaker.kind != NATIONAL_AUTHORITY:
            before = state.requirement(speaker.kind, fact.effective)
            if STRENGTH[requires] < STRENGTH[before]:
                return Illegal("signing_policy_loosened", pointer="/requires", params=(("before", before),))
        return SigningState(requires)


MACHINE = SigningMachine()
