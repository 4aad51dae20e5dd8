"""What a witness keeps: for each log the last note that it cosigned, and pairs of notes that contradict each other.

Each file is replaced whole and is on the disk before its cosignature leaves the machine; one process holds the folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock

from infra.folder_lock import FolderLock
from infra.notary_folder import write_durably
from ledger.evidence.notes import MAXIMUM_NOTE, parse_checkpoint, parse_note
from ledger.evidence.strict import EvidenceError

KEY_FILE = "witness.key"
CONFLICTS = "conflicts"
MAXIMUM_CONFLICTS = 1_000


class WitnessFolder:
    """A :class:`ledger.evidence.witness.Memory` in a folder that only its owner may enter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = Lock()
        self._lock = FolderLock(path)

    def acquire(self) -> bool:
        """Become the folder's only holder, for as long as the process lives; True if held now."""
        return self._lock.acquire()

    def release(self) -> None:
        """Let another process hold the folder."""
        self._lock.release()

    @contextmanager
    def turn(self, origin: str) -> Iterator[None]:
        """Lend the sole right to check and replace what is kept; logs take turns with one another, too."""
        del origin
        with self._turn:
            yield

    def load(self, origin: str) -> bytes | None:
        """Return the last note kept of a log; raises ``OSError`` where it cannot be read or is not of this log."""
        try:
            with self._place(origin).open("rb") as file:
                note = file.read(MAXIMUM_NOTE + 1)
        except FileNotFoundError:
            return None
        try:
            if parse_checkpoint(parse_note(note).text).origin == origin:
                return note
        except EvidenceError as error:
            raise OSError(f"{self._place(origin)}: {error}") from error
        raise OSError(f"{self._place(origin)} is of another log")

    def keep(self, origin: str, note: bytes) -> None:
        """Put a note in the place of the one before."""
        write_durably(self._place(origin), note)

    def keep_conflict(self, origin: str, kept: bytes, offered: bytes) -> None:
        """Keep two notes of a log beside each other, once each pair, at most :data:`MAXIMUM_CONFLICTS`."""
        folder = self.path / CONFLICTS
        folder.mkdir(mode=0o700, exist_ok=True)
        place = folder / sha256(origin.encode() + b"\0" + kept + b"\0" + offered).hexdigest()
        if not place.exists() and sum(1 for _ in folder.iterdir()) < MAXIMUM_CONFLICTS:
            write_durably(place, kept + b"\n" + offered)

    def _place(self, origin: str) -> Path:
        return self.path / f"{sha256(origin.encode()).hexdigest()}.note"
