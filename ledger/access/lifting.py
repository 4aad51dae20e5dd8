"""Who may lift a regulatory hold: as the table of competence says, whoever placed it, one above, or its successor.

It is judged where the hold and its lifting meet on the timeline, so that no order of arrival gets around it.
"""

from ledger.access.competence import competence, rows_of
from ledger.access.jurisdiction import governs
from ledger.days import Day
from ledger.parties import LOCAL_AUTHORITY, party_of

_LIFTED = "certificate.hold_lifted"


def may_lift(source: str, placed_by: str, day: Day) -> bool:
    """Tell whether an authority may, on a day, lift a hold that this authority placed (S0-31)."""
    party, placer = party_of(source), party_of(placed_by)
    row = competence(_LIFTED, party, day) if party else None
    if party is None or row is None or placer is None:
        return False
    if row.where != "holds_placed_below":
        return True
    return placer.kind == LOCAL_AUTHORITY and governs(party.region, placer.region, day)


def lifting_row(source: str, day: Day) -> str:
    """Return the row of the table by which an authority lifts, or all rows about it where none is its own."""
    party = party_of(source)
    row = competence(_LIFTED, party, day) if party else None
    return row.id if row else ", ".join(each.id for each in rows_of(_LIFTED))
