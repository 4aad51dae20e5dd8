"""Rows are written by COPY in its text format: the cheapest way from Python to many rows.

Days and instants are already spelled as PostgreSQL reads them, so that nothing is parsed to be written.
"""

from collections import defaultdict
from typing import Any

import orjson
import psycopg
from psycopg import sql

NULL = b"\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\ufffd"})


def text(value: str | None) -> bytes:
    """Return one field; NUL, which PostgreSQL has no place for, becomes U+FFFD."""
    if value is None:
        return NULL
    if not value.isprintable() or "\\" in value:
        value = value.translate(_ESCAPES)
    return value.encode()


def day(value: str | None) -> bytes:
    """Return a day or an instant as a field; what is absent or empty is null."""
    return value.encode() if value else NULL


def boolean(value: bool) -> bytes:
    """Return a truth value as a field."""
    return b"t" if value else b"f"


def json_text(value: Any) -> bytes:
    """Return a JSON value as a field; JSON text has no tab or line end of its own."""
    return verbatim(orjson.dumps(value))


def verbatim(json_bytes: bytes) -> bytes:
    """Return JSON bytes as a field."""
    return json_bytes.replace(b"\\", b"\\\\") if b"\\" in json_bytes else json_bytes


def array(values: list[str]) -> bytes:
    """Return a text array as a field."""
    inner = (
        v if v.isalnum() and v != "NULL" else '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values
    )
    return text("{" + ",".join(inner) + "}")


class Lines:
    """Rows by table, each one line of COPY text without its end; columns are in the order of the table."""

    def __init__(self) -> None:
        self.by_table: defaultdict[str, list[bytes]] = defaultdict(list)

    def __getitem__(self, table: str) -> list[bytes]:
        return self.by_table[table]

    def size(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self.by_table.values()))

    def write(self, connection: psycopg.Connection[Any]) -> None:
        """Append all rows to their tables and let go of them."""
        with connection.cursor() as cursor:
            for table, lines in self.by_table.items():
                if lines:
                    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                        copy.write(b"\n".join(lines) + b"\n")
        self.by_table.clear()
