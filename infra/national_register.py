"""Case reports on their way to the national register: a folder that another system takes them from.

A report's name follows from its identity, and a file is there as a whole or not at all, so that sending again changes
nothing. The register's own interface is in no source; this is the seam at which one is put.
"""

import os
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson


class ReportConflictError(Exception):
    """Another report of the same identity lies there already: one of them was altered."""


class ReportFolder:
    """The folder of outgoing reports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, report: bytes, document: bytes | None = None) -> Path:
        """Put a report, and the decision's text where it is given, into the folder; return the report's path.

        Raises ``ReportConflictError`` where other bytes lie under its name, ``OSError`` where nothing can be written.
        """
        said = orjson.loads(report)["report"]
        name = sha256(f"{said['source']}\n{said['id']}".encode()).hexdigest()[:32]
        if document is not None:
            self._put(f"{name}.document", document)
        return self._put(f"{name}.json", report)

    def _put(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        self._folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            if path.read_bytes() != content:
                raise ReportConflictError(str(path))
            return path
        with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
        return path
