"""Who asks: a party, the role in which it does so, and the account that spoke for it; never a person's name.

What the principal may do *now* follows from the ledger's own events (approval, designation, jurisdiction); the
principal only says who it is.
"""

from dataclasses import dataclass


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
