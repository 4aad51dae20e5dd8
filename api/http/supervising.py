"""What the operations for supervisors share: who may ask for a region's figures, and what a name stands for."""

from api.http.parameters import codes_of
from api.http.problems import problem
from api.http.reading import Reading
from ledger.access.jurisdiction import governs
from ledger.codes.identifiers import organisation_key
from ledger.days import Day
from ledger.naming import stream_named
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY
from ledger.principals import AUDITOR

NOT_STORED = "public, no-cache"
_ORGANISATION = "organisation:"
SUPERVISORS = frozenset({NATIONAL_AUTHORITY, LOCAL_AUTHORITY, AUDITOR})


def codes_for(reading: Reading, region: str, day: Day) -> tuple[str, ...]:
    """Return the codes of a region's area; end the request where its figures are not for this reader.

    An authority gets those of its own area: of any other it would see too little, and figures that are not true.
    """
    principal = reading.principal
    codes = codes_of(region, day, "/path/region")
    is_outside = principal.role == LOCAL_AUTHORITY and not governs(principal.region, region, day)
    if principal.role not in SUPERVISORS or is_outside:
        raise problem("not_entitled", role=principal.role)
    return codes


def organisation_named(code: str) -> str:
    """Return the stream of an organisation by credit code or nine characters, with or without its family's name."""
    try:
        return _ORGANISATION + organisation_key(code.removeprefix(_ORGANISATION).upper())
    except ValueError as error:
        raise problem("subject_unknown", subject=code[:200]) from error


def node_named(subject: str) -> str:
    """Return the node that a subject names: a stream under its one spelling, anything else as it is written."""
    return organisation_named(subject) if subject.startswith(_ORGANISATION) else stream_named(subject) or subject
