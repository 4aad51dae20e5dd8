"""Where a certificate's parties are on a day: what bounds a local authority that orders or holds.

A place that the statement names decides alone. Without one, the authority must supervise the holder, the producer or
the factory: where the organisation's own facts say it was on that day, else where the certificate says. Nobody's
place is taken for granted, so what is said before the certificate is known must name its place (S0-31, S3-44).
"""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.access.competence import Competence
from ledger.access.jurisdiction import governs
from ledger.certificates.machine import MACHINE as CERTIFICATE_MACHINE
from ledger.days import Day
from ledger.envelope import Submission
from ledger.families import organisation_stream
from ledger.organisations.state import MACHINE as ORGANISATION_MACHINE
from ledger.parties import LOCAL_AUTHORITY, Party, party_of
from ledger.timeline import Illegal, Timeline, state_on

_PARTIES = ("holder", "producer", "factory")


def streams_of_places(submission: Submission, own: Timeline[Any]) -> tuple[str, ...]:
    """Return the streams that say where a certificate's parties are, for a local authority that speaks about it.

    They follow from the certificate's own stream and so can be named only once that has been read.
    """
    speaker = party_of(submission.source)
    if submission.type.family != "certificate" or speaker is None or speaker.kind != LOCAL_AUTHORITY:
        return ()
    data = (submission.data.get("replacement") or {}) if submission.type.corrects else submission.data
    day = data.get("effective")
    if not isinstance(day, str) or "place" in data:
        return ()
    return tuple(dict.fromkeys(organisation_stream(each["code"]) for each in _parties(own, day) if each.get("code")))


def certificate_place_objection(
    row: Competence, party: Party, data: Mapping[str, Any], own: Timeline[Any], standing: Callable[[str], Timeline[Any]]
) -> Illegal | None:
    """Return why a local authority may not speak about this certificate on the fact's day."""
    day, stated = str(data["effective"]), data.get("place")
    named = (("source", party.id), ("row", row.id))
    if stated is not None:
        if governs(party.region, stated, day):
            return None
        return Illegal("outside_jurisdiction", pointer="/place", params=(("place", stated), *named))
    if any(governs(party.region, _region(each, day, standing), day) for each in _parties(own, day)):
        return None
    return Illegal("place_needed", pointer="/place", params=named)


def _parties(own: Timeline[Any], day: Day) -> list[Mapping[str, Any]]:
    details = state_on(CERTIFICATE_MACHINE, own, day).details
    return [details[role] for role in _PARTIES if details.get(role)]


def _region(named: Mapping[str, Any], day: Day, standing: Callable[[str], Timeline[Any]]) -> str | None:
    """An organisation is where its register says; one of which nothing was said, where the certificate has it."""
    code = named.get("code")
    registered = state_on(ORGANISATION_MACHINE, standing(organisation_stream(code)), day).region if code else None
    return registered or named.get("region")
