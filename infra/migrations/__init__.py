"""Numbered SQL files, applied once each, in order, under an advisory lock; an applied file never changes."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

import psycopg

from projections.fence import raise_fence

_LOCK = 7_226_001
_REGISTER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class MigrationChanged(RuntimeError):  # noqa: N818 - says what happened
    """An applied migration's text is not the one that was applied."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file: its name (``NNN_what.sql``) and text."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hex."""
        return sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the packaged migrations in order."""
    found = (item for item in files(__package__).iterdir() if item.name.endswith(".sql"))
    return sorted((Migration(item.name, item.read_text("utf-8")) for item in found), key=lambda m: m.name)


def migrate(url: str) -> list[str]:
    """Apply what is missing, each file in a transaction of its own; return the names applied now.

    Afterwards the tables that belong to no view are fenced as the table of visibility says.
    """
    applied = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(_REGISTER)
        known: dict[str, str] = dict(connection.execute("SELECT name, sha256 FROM schema_migrations").fetchall())
        for migration in migrations():
            if migration.name in known:
                if known[migration.name] != migration.digest:
                    raise MigrationChanged(migration.name)
                continue
            with connection.transaction():
                connection.execute(migration.sql.encode())
                connection.execute(
                    "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)",
                    (migration.name, migration.digest),
                )
            applied.append(migration.name)
        with connection.transaction():
            raise_fence(connection, "public")
    return applied


def pending(url: str) -> list[str]:
    """Return the names of migrations that are not applied yet."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_REGISTER)
        known = {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}
    return [m.name for m in migrations() if m.name not in known]
