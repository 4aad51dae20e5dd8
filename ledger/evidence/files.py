"""A bundle's files as a verification reads them: each is hashed against the manifest the moment it is read."""

from hashlib import sha256
from typing import Any

from ledger.evidence import subject
from ledger.evidence.bundle import FORMAT
from ledger.evidence.fields import Fields
from ledger.evidence.notes import MAXIMUM_NOTE
from ledger.evidence.proofs import MAXIMUM_DOCUMENT
from ledger.evidence.report import Report
from ledger.evidence.sources import Source, is_bundle_name
from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError, parse_canonical_json
from ledger.evidence.tiles import HASH, MAXIMUM_BUNDLE, MAXIMUM_ENTRY, WIDTH
from ledger.evidence.writing import FOLDER

MAXIMUM_MANIFEST = 1 << 30
_SMALL = 67_108_864
_HEXADECIMAL = frozenset("0123456789abcdef")
_MEMBERS = frozenset({"files", "format", "origin", "size"})
_FORMS: dict[str, tuple[set[str], ...]] = {FORMAT: (set(), {"range"}), subject.FORMAT: ({"subject"},)}


class Files:
    """Reads files once or more, reports each fault of a file once."""

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._digests: dict[str, str] = {}
        self._seen: set[str] = set()
        self.names = source.names
        self.origin: str | None = None
        self.size: int | None = None
        self.shown: tuple[int, int] | None = None
        self.subject: str | None = None
        self._manifest()

    def read(self, name: str) -> bytes | None:
        """Return a file's octets, or ``None`` after reporting why there are none."""
        first = name not in self._seen
        self._seen.add(name)
        if name not in self.names:
            if first:
                self._report.add("FILE_MISSING", path=name)
            return None
        try:
            data = self._source.read(name, _limit(name))
        except EvidenceError as error:
            if first:
                self._report.add("FILE_UNREADABLE", path=name, detail=str(error))
            return None
        if first and self._digests and name != "manifest.json":
            expected = self._digests.get(name)
            if expected is None and name.startswith(FOLDER):
                # What is disclosed later than the bundle was made proves itself by its digests.
                return data
            if expected is None:
                self._report.add("FILE_UNLISTED", path=name)
            elif sha256(data).hexdigest() != expected:
                self._report.add("FILE_HASH_MISMATCH", path=name)
        return data

    def fields(self) -> Fields:
        """Return what hears of personal fields and judges what the bundle discloses of them."""
        return Fields(self._report, self.names, self.read)

    def read_rest(self) -> None:
        """Hash what the manifest lists and nobody read, and name what it does not list."""
        for name in sorted(self._digests.keys() - self._seen):
            self.read(name)
        if self._digests:
            named = {name for name in self.names if not name.startswith(FOLDER)}
            unlisted = sorted(named - self._digests.keys() - {"manifest.json"})
            if unlisted:
                shown = ", ".join(repr(name) for name in unlisted[:5])
                self._report.notes.append(f"{len(unlisted)} 个文件不在清单内 / files not in the manifest: {shown}")

    def _manifest(self) -> None:
        data = self.read("manifest.json")
        if data is None:
            return
        try:
            value = parse_canonical_json(data, MAXIMUM_MANIFEST)
            _check_manifest(value)
        except EvidenceError as error:
            self._report.add("MANIFEST_UNREADABLE", path="manifest.json", detail=str(error))
            return
        self._digests, self.origin, self.size = value["files"], value["origin"], value["size"]
        self.subject = value.get("subject")
        if "range" in value:
            self.shown = (value["range"][0], value["range"][1])


def _check_manifest(value: Any) -> None:
    if not isinstance(value, dict) or set(value) - _MEMBERS not in _FORMS.get(str(value.get("format")), ()):
        raise EvidenceError("not a bundle's manifest")
    files = value.get("files")
    if not isinstance(value.get("subject", ""), str) or not _is_range(value.get("range", [0, 1])):
        raise EvidenceError("a bundle's manifest names a subject as text, and a range by two indexes")
    if not isinstance(files, dict) or not isinstance(value.get("origin"), str) or type(value.get("size")) is not int:
        raise EvidenceError("not a bundle's manifest")
    for name, digest in files.items():
        if (
            not is_bundle_name(name)
            or not isinstance(digest, str)
            or len(digest) != 64
            or not set(digest) <= _HEXADECIMAL
        ):
            raise EvidenceError("a manifest lists files of the bundle with their SHA-256")


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(each) is int for each in value)
        and 0 <= value[0] < value[1] <= MAXIMUM_INTEGER
    )


def _limit(name: str) -> int:
    if name.startswith("entry/"):
        return MAXIMUM_ENTRY
    if name.startswith(("proof/", "consistency/")):
        return MAXIMUM_DOCUMENT
    if name.startswith("tile/entries/"):
        return MAXIMUM_BUNDLE
    if name.startswith("tile/"):
        return WIDTH * HASH
    if name.startswith("checkpoint"):
        return MAXIMUM_NOTE
    return MAXIMUM_MANIFEST if name == "manifest.json" else _SMALL
