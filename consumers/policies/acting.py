"""Who acts for a bureau, and which unit of it is told: as its own stream said when the fact took effect.

A succeeded authority says nothing more and reads nothing: what is told from then on, of whatever day, goes to its
successor. Jurisdiction of a place is that of the fact's own day, designations included (S0-25, S0-31, S3-03).
"""

from collections.abc import Iterable
from typing import Any, Protocol

from ledger.access.audience import party_key
from ledger.authorities.judging import authority_stream, state_on
from ledger.authorities.routing import LONGEST_SUCCESSION, Authorities, designee_of, focal_unit_of, successor_of
from ledger.authorities.state import AuthorityState
from ledger.days import Day
from ledger.parties import AUTHORITIES, party_of
from ledger.timeline import Timeline


class Streams(Protocol):
    """What was recorded, by stream."""

    def known_at(self, stream: str, position: int) -> Timeline[Any]:
        """Return a stream's timeline as it was known when the event at a position was recorded."""
        ...

    def designated_in(self, place: str, position: int) -> Iterable[str]:
        """Return the streams of authorities that may have been designated for a place up to a position."""
        ...


def acting(party: str, day: Day, position: int, streams: Streams) -> str:
    """Return who acts for a party on a day: for an authority that was succeeded the last of those that followed it."""
    return successor_of(party, _chain(party, day, position, streams)) if _is_authority(party) else party


def designated(place: str, organisation: str | None, day: Day, position: int, streams: Streams) -> str | None:
    """Return who was designated for matters of a place, or of one organisation there, on a day (S0-31)."""
    known = {
        stream.partition(":")[2]: state_on(streams.known_at(stream, position), day)
        for stream in streams.designated_in(place, position)
    }
    return designee_of(place, party_key(f"organisation:{organisation}") if organisation else "", day, known)


def unit_of(party: str, kind: str, day: Day, position: int, streams: Streams) -> str | None:
    """Return the unit to which what is sent to a party goes: its one of the kind that is asked for, else the focal one.

    ``None`` where it has neither, or is no authority (S0-25, S2-89).
    """
    if not _is_authority(party):
        return None
    known = state_on(streams.known_at(authority_stream(party), position), day)
    units = (unit.code for unit in known.units if kind and unit.kind == kind)
    return next(units, None) or focal_unit_of(party, {party: known})


def _chain(authority: str, day: Day, position: int, streams: Streams) -> Authorities:
    """Return what an authority and those that followed it were on a day, as known at a position."""
    found: dict[str, AuthorityState] = {}
    following: str | None = authority
    while following is not None and following not in found and len(found) <= LONGEST_SUCCESSION:
        found[following] = state_on(streams.known_at(authority_stream(following), position), day)
        following = found[following].successor
    return found


def _is_authority(party: str) -> bool:
    known = party_of(party)
    return known is not None and known.kind in AUTHORITIES
