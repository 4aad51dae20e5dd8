"""A folder that one process holds at a time; the operating system frees it with the process, however that ends."""

import fcntl
from pathlib import Path
from typing import IO


class FolderLock:
    """The lock of a folder that only its owner may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Become the folder's only holder, for as long as the process lives; True if held now."""
        if self._held is not None:
            return True
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self._folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._held = lock
        return True

    def release(self) -> None:
        """Let another process hold the folder."""
        held, self._held = self._held, None
        if held is not None:
            held.close()
