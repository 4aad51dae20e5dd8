"""Issuers' own counts of their statements: a number that was used twice or skipped shows what the issuer did not say.

A fork proves that two hold the issuer's key, or that a statement was replaced; a gap that a statement is not here.
"""

from hashlib import sha256
from typing import Any

from ledger.evidence.report import Report

_Link = tuple[int, bytes, bytes | None]


class Chains:
    """Collects the links of every issuer; they may come in any order, so they are judged at the end."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._links: dict[str, dict[int, _Link]] = {}

    def note(self, index: int, event: dict[str, Any], raw_event: bytes) -> None:
        """Take in one statement; one without a number is no link."""
        sequence, previous = event.get("issuersequence"), event.get("issuerprevious")
        if type(sequence) is not int:
            return
        source = str(event.get("source"))
        links = self._links.setdefault(source, {})
        digest = sha256(raw_event).digest()
        try:
            named = bytes.fromhex(previous) if isinstance(previous, str) else None
        except ValueError:
            named = b""
        known = links.get(sequence)
        if known is None:
            links[sequence] = (index, digest, named)
        elif known[1] != digest:
            self._report.add("ISSUER_FORK", index, detail=f"{source} {sequence}: index {known[0]}")

    def close(self, *, is_whole: bool) -> None:
        """Report broken links, and skipped numbers where every entry was there to be seen."""
        for source, links in sorted(self._links.items()):
            last = 0
            for sequence in sorted(links):
                index, _, named = links[sequence]
                before = links.get(sequence - 1)
                if before is not None and named != before[1]:
                    self._report.add("ISSUER_FORK", index, detail=f"{source} {sequence}: not after index {before[0]}")
                if is_whole and sequence > last + 1:
                    self._report.add("ISSUER_GAP", index, detail=f"{source} {last + 1}–{sequence - 1}")
                last = sequence
