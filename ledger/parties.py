"""Who speaks: the kind of a party follows from the spelling of its identifier, which is the event's source."""

import re
from dataclasses import dataclass
from functools import lru_cache

BODY = "body"
NATIONAL_AUTHORITY = "national_authority"
LOCAL_AUTHORITY = "local_authority"
ACCREDITATION_BODY = "accreditation_body"
REGISTRAR = "registrar"
LABORATORY = "laboratory"
ORGANISATION = "organisation"
CLOCK = "clock"

AUTHORITIES = frozenset({NATIONAL_AUTHORITY, LOCAL_AUTHORITY})
KINDS: dict[str, tuple[str, str]] = {
    BODY: ("认证机构", "certification body"),
    NATIONAL_AUTHORITY: ("国家主管部门", "national authority"),
    LOCAL_AUTHORITY: ("地方监管部门", "local authority"),
    ACCREDITATION_BODY: ("认可机构", "accreditation body"),
    REGISTRAR: ("人员注册机构", "register of persons"),
    LABORATORY: ("实验室", "laboratory"),
    ORGANISATION: ("组织", "organisation"),
    CLOCK: ("账本时钟", "ledger clock"),
}

_SPELLINGS = (
    (BODY, re.compile(r"CNCA-RF?-(19|20)[0-9]{2}-[0-9]{2,4}")),
    (NATIONAL_AUTHORITY, re.compile(r"CNCA|SAMR")),
    (LOCAL_AUTHORITY, re.compile(r"SAMR-(?P<region>[0-9]{6})")),
    (ACCREDITATION_BODY, re.compile(r"CNAS")),
    (REGISTRAR, re.compile(r"CCAA")),
    (LABORATORY, re.compile(r"LAB-[0-9A-Z][0-9A-Z\-]{1,30}")),
    (ORGANISATION, re.compile(r"organisation:[0-9A-Z]{9}([0-9A-Z]{9})?")),
    (CLOCK, re.compile(r"clock")),
)


@dataclass(frozen=True, slots=True)
class Party:
    """A speaker: its kind, its identifier, and for a local authority the GB/T 2260 code of its region."""

    kind: str
    id: str
    region: str | None = None


def inspected_party(target: str) -> str | None:
    """Return the party that an inspection of a body's stream or of a laboratory by name is about (S3-69).

    ``None`` where the text names neither.
    """
    is_body = target.startswith("body:")
    party = party_of(target.removeprefix("body:"))
    return party.id if party is not None and party.kind == (BODY if is_body else LABORATORY) else None


@lru_cache(maxsize=4096)
def party_of(source: str) -> Party | None:
    """Return the party that an event source names, or ``None`` where the spelling is no party's."""
    for kind, spelling in _SPELLINGS:
        match = spelling.fullmatch(source)
        if match:
            return Party(kind, source, match.groupdict().get("region"))
    return None
