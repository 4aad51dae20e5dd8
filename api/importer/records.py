"""A record is one row of a file before anything is read into it: its line and its cells, or why it has none."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


class FileRefused(Exception):  # noqa: N818 - says what happened to the file
    """The file as a whole is of no use; ``code`` is a key of the catalogue of faults."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(slots=True)
class Record:
    """Cells of one row, which begins on physical line ``line``; ``problem`` says why they are of no use.

    ``damaged`` are the indexes of cells whose content was lost before the file was written.
    """

    line: int
    cells: list[str]
    problem: str = ""
    params: dict[str, str] = field(default_factory=dict)
    damaged: tuple[int, ...] = ()


class Table(Protocol):
    """One file of rows, read once from its beginning in constant memory."""

    def records(self) -> Iterator[Record]:
        """Yield the header and then every row that is not blank."""
        ...

    def bytes_done(self) -> int:
        """Return how many bytes of the file have been read so far."""
        ...
