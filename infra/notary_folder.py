"""What the notary keeps outside the database: the last signed checkpoint, its key, why it stopped, who went on.

Whoever restores or rewrites the database does not thereby rewrite these files; each is replaced whole and is on the
disk before anything is published that rests on it.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from infra.folder_lock import FolderLock
from infra.services.errors import ServiceUnavailableError

LAST_SIGNED = "last-signed"
LAST_LINK = "last-link"
STOPPED = "stopped.json"
ACTS = "acts.jsonl"
_MAXIMUM = 1 << 20


class NotaryFolder:
    """A :class:`consumers.ports.SignedMemory` in a folder that only its owner may enter."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)

    def acquire(self) -> bool:
        """Become the folder's only holder, for as long as the process lives; True if held now."""
        return self._lock.acquire()

    def release(self) -> None:
        """Let another process hold the folder."""
        self._lock.release()

    def load(self) -> bytes | None:
        """Return the note of the last signed checkpoint, or None."""
        return self._read(LAST_SIGNED)

    def keep(self, note: bytes) -> None:
        """Put a note in its place; it has survived a power cut when this returns."""
        self._prepare()
        write_durably(self.path / LAST_SIGNED, note)

    def load_link(self) -> bytes | None:
        """Return the link of a checkpoint that is in the database for certain, or None."""
        return self._read(LAST_LINK)

    def keep_link(self, link: bytes) -> None:
        """Put a link in its place; it has survived a power cut when this returns."""
        self._prepare()
        write_durably(self.path / LAST_LINK, link)

    def alarms(self) -> list[dict[str, Any]]:
        """Return the findings for which signing was stopped; a file that cannot be read stops it as well."""
        raw = self._read(STOPPED)
        if raw is None:
            return []
        try:
            return list(orjson.loads(raw)["findings"])
        except (ValueError, KeyError, TypeError):
            return [{"code": "SIGNING_STOPPED"}]

    def raise_alarm(self, findings: Sequence[dict[str, Any]]) -> None:
        """Keep findings for which nothing may be signed any more."""
        self._prepare()
        stopped = {"findings": list(findings), "stopped": datetime.now(UTC).isoformat()}
        write_durably(self.path / STOPPED, orjson.dumps(stopped, option=orjson.OPT_INDENT_2))

    def go_on(
        self,
        reason: str,
        findings: Sequence[dict[str, Any]],
        last_signed: bytes | None,
        last_link: bytes | None,
    ) -> None:
        """Note who decided what, then sign after ``last_signed`` again; what was kept before stays beside it.

        ``last_link`` is that of the newest checkpoint which is stored. Killed in between, the act is noted and has no
        effect yet; it can be repeated.
        """
        self._prepare()
        now = datetime.now(UTC)
        before, link_before = self.load(), self.load_link()
        act = {
            "at": now.isoformat(),
            "reason": reason,
            "findings": list(findings),
            "last_signed_before": before.decode("utf-8", "replace") if before is not None else None,
            "last_signed_after": last_signed.decode() if last_signed is not None else None,
            "last_link_before": link_before.decode("utf-8", "replace") if link_before is not None else None,
        }
        _append_durably(self.path / ACTS, orjson.dumps(act) + b"\n")
        if before != last_signed:
            if before is not None:
                write_durably(self.path / f"{LAST_SIGNED}.{now:%Y%m%dT%H%M%S.%f}", before)
            if last_signed is not None:
                self.keep(last_signed)
            else:
                (self.path / LAST_SIGNED).unlink(missing_ok=True)
        if last_link is not None:
            self.keep_link(last_link)
        else:
            (self.path / LAST_LINK).unlink(missing_ok=True)
        (self.path / STOPPED).unlink(missing_ok=True)
        _sync_folder(self.path)

    def _read(self, name: str) -> bytes | None:
        try:
            with (self.path / name).open("rb") as file:
                return file.read(_MAXIMUM)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise ServiceUnavailableError(
                f"无法读取 {self.path / name},请检查其权限。",
                f"{self.path / name} cannot be read; check its mode and owner.",
            ) from error

    def _prepare(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file whole, readable by its owner alone: the old content or the new one survives a power cut."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    _write(descriptor, content)
    partial.replace(path)
    _sync_folder(path.parent)


def _append_durably(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _write(descriptor, line)
    _sync_folder(path.parent)


def _write(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
