"""Every stored checkpoint is numbered without a gap and holds the link of the one before, so that none goes unseen.

A link is SHA-256 over the link before and the note's octets. Whoever takes a checkpoint out and makes all later ones
fit meets the newest link, which is kept outside the database.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from ledger.evidence.growth import StoredCheckpoint, refuse
from ledger.evidence.report import Finding
from ledger.evidence.strict import EvidenceError

LAST_LINK = "last-link"
_FORM = re.compile(rb"([1-9][0-9]{0,18}) ([0-9a-f]{64})\n")


class LinkedCheckpoint(StoredCheckpoint, Protocol):
    """A checkpoint as it is stored, with its place among the others."""

    @property
    def number(self) -> int:
        """Its number, from 1."""
        ...

    @property
    def previous(self) -> bytes:
        """The link of the checkpoint before, empty for the first."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """What a checkpoint of a number hands on: all checkpoints up to it, in 32 octets."""

    number: int = 0
    value: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the link as it is kept outside the database: number, hexadecimal value, line feed."""
        return b"%d %b\n" % (self.number, self.value.hex().encode())


def link_of(stored: LinkedCheckpoint) -> Link:
    """Return the link that a stored checkpoint hands on."""
    return Link(stored.number, sha256(stored.previous + stored.note).digest())


def parse_link(raw: bytes) -> Link:
    """Return the link that was kept, or raise."""
    match = _FORM.fullmatch(raw)
    if match is None:
        raise EvidenceError("not a number and a link")
    return Link(int(match[1]), bytes.fromhex(match[2].decode()))


def check_links(before: LinkedCheckpoint | None, following: Iterable[LinkedCheckpoint]) -> Iterator[Finding]:
    """Yield where checkpoints do not follow one another; ``before`` is the one that stands before the first."""
    link = link_of(before) if before is not None else Link()
    for each in following:
        path = f"checkpoints/{each.size}"
        if each.number != link.number + 1:
            detail = f"number {each.number} stands after {link.number}"
            yield Finding("CHECKPOINT_MISSING", path=path, detail=detail)
        elif each.previous != link.value:
            detail = f"previous {each.previous.hex()}, link before {link.value.hex()}"
            yield Finding("CHECKPOINT_LINK_BROKEN", path=path, detail=detail)
        link = link_of(each)


def check_kept_link(kept: bytes | None, numbered: Callable[[int], LinkedCheckpoint | None]) -> None:
    """Raise unless the stored checkpoint of the kept link's number hands on that very link."""
    if kept is None:
        return
    try:
        link = parse_link(kept)
    except EvidenceError as error:
        raise refuse("LAST_SIGNED_UNREADABLE", path=LAST_LINK, detail=str(error)) from error
    stored = numbered(link.number)
    if stored is None:
        raise refuse("CHECKPOINT_MISSING", path=LAST_LINK, detail=f"there was a checkpoint of number {link.number}")
    found = link_of(stored)
    if found != link:
        detail = f"number {link.number}: link {found.value.hex()}, kept {link.value.hex()}"
        raise refuse("CHECKPOINT_LINK_BROKEN", path=LAST_LINK, detail=detail)
