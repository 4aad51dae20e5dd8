"""Who asks: a party, the role in which it does so, and the account that spoke for it; never a person's name.

What the principal may do *now* follows from the ledger's own events (approval, designation, jurisdiction); the
principal only says who it is.
"""

from dataclasses import dataclass

from ledger.codes.identifiers import organisation_key
from ledger.parties import CLOCK, ORGANISATION, party_of


@dataclass(frozen=True, slots=True)
class Principal:
    """One who reads or submits.

    ``party`` is spelled like an event's source (``CNCA-R-2031-101``, ``SAMR-440604``), empty for the public;
    ``role`` is a kind of :mod:`ledger.parties`, ``auditor``, ``operator`` or ``public``; ``account`` is the token's
    subject, an opaque identifier; ``region`` is the GB/T 2260 code of a local authority.
    """

    party: str
    role: str
    account: str = ""
    region: str | None = None


AUDITOR = "auditor"
OPERATOR = "operator"
PUBLIC = Principal("", "public")


def speaks_for(principal: Principal, source: str) -> bool:
    """Return whether a principal may submit statements of this source.

    A party speaks for itself alone, an organisation under either spelling of its code; the operator speaks for the
    ledger's clock. Auditors and the public speak for nobody.
    """
    speaker, own = party_of(source), party_of(principal.party)
    if speaker is None:
        return False
    if principal.role == OPERATOR:
        return speaker.kind == CLOCK
    if own is None or not own.kind == principal.role == speaker.kind:
        return False
    if speaker.kind == ORGANISATION:
        return _organisation(principal.party) == _organisation(source)
    return principal.party == source


def _organisation(party: str) -> str:
    return organisation_key(party.partition(":")[2])
