"""The personal fields of a log's entries: each is valid, withheld, erased or a mismatch, whoever brings what.

What is missing is *erased* where the log itself recorded the erasure, and *withheld* where it did not. A disclosure
that fits no digest of its entry was tampered with, whatever it says.
"""

from collections.abc import Callable, Iterable
from typing import Any

from ledger.evidence.disclosures import digests_in, is_digest, parse_disclosure, parse_disclosures
from ledger.evidence.report import MAXIMUM_NAMED, Report
from ledger.evidence.strict import EvidenceError, decode_decimal
from ledger.evidence.writing import FOLDER

ERASURE = "privacy.erased"
VALID, WITHHELD, ERASED, MISMATCH = "valid", "withheld", "erased", "mismatch"


class Fields:
    """Hears every entry in order, then judges what the bundle discloses; ``read`` gives a file of the bundle."""

    def __init__(self, report: Report, names: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self._report = report
        self._files = sorted(name for name in names if name.startswith(FOLDER))
        self._read = read
        self._held: dict[int, frozenset[str]] = {}
        self._erased: dict[int, set[str]] = {}

    def note(self, index: int, event: dict[str, Any], record: dict[str, Any]) -> None:
        """Take down what an entry holds of digests, and what it says was erased."""
        data = event.get("data")
        if not isinstance(data, dict):
            return
        if digests := digests_in(data):
            self._held[index] = digests
        erased = data.get("erased") if event.get("type") == ERASURE and record.get("decision") == "applied" else None
        for each in erased if isinstance(erased, list) else ():
            if isinstance(each, dict) and type(each.get("position")) is int and is_digest(each.get("digest")):
                self._erased.setdefault(each["position"] - 1, set()).add(each["digest"])

    def close(self, *, is_whole: bool) -> None:
        """Report the state of every field; where entries were withheld, theirs are not judged."""
        opened: dict[int, dict[str, str]] = {}
        for name in self._files:
            index = decode_decimal(name.removeprefix(FOLDER))
            if index in self._held or is_whole:
                opened[index] = self._open(index, name)
            else:
                self._report.add("DISCLOSURE_UNCHECKED", index, path=name)
        for index, digests in self._held.items():
            shown, gone = opened.get(index, {}), self._erased.get(index, set())
            for digest in sorted(digests):
                if digest in shown:
                    self._state(index, VALID, digest, shown[digest])
                    if digest in gone:
                        self._report.add("DISCLOSED_THOUGH_ERASED", index, path=shown[digest])
                else:
                    self._state(index, ERASED if digest in gone else WITHHELD, digest)

    def _open(self, index: int, name: str) -> dict[str, str]:
        """Return digest and path of the disclosures that fit an entry, and report those that do not."""
        found: dict[str, str] = {}
        try:
            texts = parse_disclosures(self._read(name) or b"")
        except EvidenceError as error:
            self._report.add("DISCLOSURE_MISMATCH", index, path=name, detail=str(error))
            return found
        for text in texts:
            try:
                disclosure = parse_disclosure(text)
                if disclosure.digest not in self._held.get(index, frozenset()):
                    raise EvidenceError("the entry holds no such digest")
            except EvidenceError as error:
                self._state(index, MISMATCH)
                self._report.add("DISCLOSURE_MISMATCH", index, path=name, detail=str(error))
                continue
            found[disclosure.digest] = disclosure.path
        return found

    def _state(self, index: int, state: str, digest: str | None = None, path: str | None = None) -> None:
        self._report.fields[state] = self._report.fields.get(state, 0) + 1
        if len(self._report.field_states) < MAXIMUM_NAMED:
            members = {"index": index, "state": state, "digest": digest, "path": path}
            self._report.field_states.append({name: value for name, value in members.items() if value is not None})
