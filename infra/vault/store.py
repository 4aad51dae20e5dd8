"""The vault on PostgreSQL: fields come in before their event is recorded, and leave for ever in one transaction.

Its writers take turns under one lock, so that nothing erased comes back and nothing is sealed with a key that is going.
What an erasure says in the ledger is written down in the transaction that erases; see :meth:`Vault.pending`.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from infra.postgres_log import PLANNING
from infra.services.errors import ServiceUnavailableError
from infra.vault.keys import KeyEncryption, SealBroken, seal, unseal
from ledger.privacy.disclosed import Disclosed
from ledger.privacy.fields import person_at
from ledger.privacy.keeping import FieldsUnavailable, Placed

ROLE = "certledger_vault"
_LOCK = 7_226_070
_DATA_KEY = 32
# What comes again is marked anew, so that whoever brought it first does not take it away when refused.
_MARK = """
    UPDATE vault.disclosure d SET stored = %s FROM unnest(%s::text[], %s::text[], %s::text[]) AS w (s, e, g)
    WHERE (d.source, d.event_id, d.digest) = (w.s, w.e, w.g) RETURNING d.source, d.event_id, d.digest
"""
_GONE = """
    SELECT t.source, t.event_id, t.digest
    FROM vault.erased t JOIN unnest(%s::text[], %s::text[], %s::text[]) AS w (s, e, g)
    ON (t.source, t.event_id, t.digest) = (w.s, w.e, w.g)
"""
_INSERT = """
    INSERT INTO vault.disclosure (source, event_id, digest, path, person, sealed, stored)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_DROP = """
    DELETE FROM vault.disclosure
    WHERE source = %s AND event_id = %s AND digest = ANY(%s) AND stored = %s RETURNING person
"""
_SEALED = """
    SELECT d.source, d.event_id, d.digest, d.sealed, p.pseudonym, p.wrapped
    FROM vault.disclosure d JOIN vault.person p ON p.pseudonym = d.person
    JOIN unnest(%s::text[], %s::text[]) AS w (s, e) ON (d.source, d.event_id) = (w.s, w.e)
"""
_DIGESTS = """
    SELECT source, event_id, digest FROM vault.disclosure
    JOIN unnest(%s::text[], %s::text[]) AS w (s, e) ON (source, event_id) = (w.s, w.e)
    UNION ALL SELECT source, event_id, digest FROM vault.erased
    JOIN unnest(%s::text[], %s::text[]) AS w (s, e) ON (source, event_id) = (w.s, w.e)
"""
_OF_EVENT = """
    SELECT source, event_id, digest, path, person, stored FROM vault.disclosure
    WHERE source = %s AND event_id = %s ORDER BY digest
"""
_OF_PERSONS = """
    SELECT source, event_id, digest, path, person, stored FROM vault.disclosure
    WHERE person = ANY(%s) ORDER BY stored, source, event_id, digest
"""
_ALL = """
    SELECT source, event_id, digest, path, person, stored FROM vault.disclosure
    ORDER BY stored, source, event_id, digest
"""
_ERASE = "DELETE FROM vault.disclosure WHERE source = %s AND event_id = %s AND digest = %s AND stored = %s"
_RESEAL = "UPDATE vault.disclosure SET sealed = %s WHERE source = %s AND event_id = %s AND digest = %s"


class Changed(RuntimeError):  # noqa: N818 - says what happened
    """Between looking and erasing something of it came or went; look again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One field that the vault keeps, without what it says."""

    source: str
    event_id: str
    digest: str
    path: str
    person: UUID
    stored: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the field: the event's identity and the digest."""
        return (self.source, self.event_id, self.digest)


class Vault:
    """Opens a connection for each use, in the vault's own role; ``keys`` are asked for when they are needed first."""

    def __init__(self, url: str, keys: Callable[[], KeyEncryption]) -> None:
        self._url = url
        self._keys = keys

    def place(self, items: Sequence[Disclosed]) -> list[Placed]:
        """Keep the fields of events and return what was new of each; what was erased is passed over.

        The source's own lasting name of a person (by path, such as ``contact``) makes events share that person's key.
        Without one each event has persons of its own. Raises :class:`FieldsUnavailable`.
        """
        wanted = [(*each.submission.identity, field.digest) for each in items for field in each.fields]
        columns = [list(column) for column in zip(*wanted, strict=True)] or [[], [], []]
        with self._reached() as keys, self._writing() as connection:
            mark = _now(connection)
            known = {*connection.execute(_MARK, (mark, *columns)), *connection.execute(_GONE, columns)}
            rows: list[tuple[Any, ...]] = []
            placed = []
            for each in items:
                new = _sealed(connection, keys, each, known)
                rows += [(*row, mark) for row in new]
                placed.append(Placed(*each.submission.identity, tuple(row[2] for row in new), mark))
                # The same event may stand twice in a batch.
                known.update(row[:3] for row in new)
            connection.cursor().executemany(_INSERT, rows)
        return placed

    def drop(self, placed: Sequence[Placed]) -> None:
        """Forget what was placed for events that were then refused, unless it was placed again since."""
        with self._reached(), self._writing() as connection:
            people: set[UUID] = set()
            for each in placed:
                gone = connection.execute(_DROP, (each.source, each.id, list(each.digests), each.mark))
                people |= {row[0] for row in gone}
            _forget_alone(connection, people)

    def open(self, source: str, event_id: str) -> dict[str, str]:
        """Return the disclosures kept for an event, by digest. Raises ``SealBroken`` where one is not as it was."""
        return self.open_all([(source, event_id)])[source, event_id]

    def open_all(self, identities: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, str]]:
        """Return the disclosures kept for each of these events, by digest; raise as :meth:`open` does."""
        keys = self._keys()
        found: dict[tuple[str, str], dict[str, str]] = {each: {} for each in identities}
        sources, names = [each[0] for each in found], [each[1] for each in found]
        with self._connection() as connection:
            rows = connection.execute(_SEALED, (sources, names)).fetchall()
        for source, event_id, digest, sealed, person, wrapped in rows:
            data_key = keys.unwrap(bytes(wrapped), person.bytes)
            text = unseal(data_key, bytes(sealed), _bound((source, event_id, digest))).decode()
            found[source, event_id][digest] = text
        return found

    def digests(self, identities: Sequence[tuple[str, str]]) -> dict[tuple[str, str], frozenset[str]]:
        """Return the digests that are kept of each of these events or were erased; an event that has none is absent."""
        columns = [[each[0] for each in identities], [each[1] for each in identities]]
        found: dict[tuple[str, str], set[str]] = {}
        with self._reached(), self._connection() as connection:
            for source, event_id, digest in connection.execute(_DIGESTS, columns * 2):
                found.setdefault((source, event_id), set()).add(digest)
        return {identity: frozenset(each) for identity, each in found.items()}

    def erased(self, source: str, event_id: str) -> frozenset[str]:
        """Return the digests of an event that were erased."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT digest FROM vault.erased WHERE source = %s AND event_id = %s", (source, event_id)
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def of_event(self, source: str, event_id: str) -> list[Kept]:
        """Return the fields that are kept of an event."""
        return self._kept(_OF_EVENT, (source, event_id))

    def of_persons(self, persons: Collection[UUID]) -> list[Kept]:
        """Return the fields that are kept of persons, in all their events."""
        return self._kept(_OF_PERSONS, (list(persons),))

    def everything(self) -> list[Kept]:
        """Return every field that is kept, the oldest first."""
        return self._kept(_ALL, ())

    def erase(self, fields: Sequence[Kept], events: Sequence[tuple[str, bytes]]) -> None:
        """Erase fields: rows, salts and keys go, the tombstones and the events to be recorded come, all in one step.

        ``events`` are (identity, canonical bytes). A person's other fields get a new key. Raises :class:`Changed`
        where one of the fields is not kept any more, and ``SealBroken`` where what is left cannot be sealed anew.
        """
        with self._writing() as connection:
            for each in fields:
                gone = connection.execute(_ERASE, (*each.key, each.stored))
                if gone.rowcount != 1:
                    raise Changed(each.digest)
                connection.execute("INSERT INTO vault.erased (source, event_id, digest) VALUES (%s, %s, %s)", each.key)
            people = {each.person for each in fields}
            _forget_alone(connection, people)
            for person in people:
                _rekey(connection, self._keys, person)
            for identity, event in events:
                connection.execute("INSERT INTO vault.erasure (event_id, event) VALUES (%s, %s)", (identity, event))

    def pending(self) -> list[tuple[str, bytes]]:
        """Return the events about erasures that the ledger has not been seen to record, the oldest first."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT event_id, event FROM vault.erasure WHERE position IS NULL ORDER BY made, event_id"
            ).fetchall()
        return [(identity, bytes(event)) for identity, event in rows]

    def recorded(self, event_id: str, position: int) -> None:
        """Note that the ledger recorded the event of an erasure."""
        with self._connection() as connection:
            connection.execute("UPDATE vault.erasure SET position = %s WHERE event_id = %s", (position, event_id))

    def _kept(self, query: LiteralString, values: tuple[Any, ...]) -> list[Kept]:
        with self._connection() as connection:
            return [Kept(*row) for row in connection.execute(query, values)]

    @contextmanager
    def _reached(self) -> Iterator[KeyEncryption]:
        """Lend the keys; whatever stands between us and the vault is one error for those who bring fields."""
        try:
            yield self._keys()
        except (psycopg.Error, SealBroken, ServiceUnavailableError) as error:
            raise FieldsUnavailable(type(error).__name__) from error

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(
            self._url, connect_timeout=5, application_name="certledger vault", options=f"{PLANNING} -c role={ROLE}"
        ) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[psycopg.Connection[Any]]:
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            yield connection


def _now(connection: psycopg.Connection[Any]) -> datetime:
    (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
    if not isinstance(now, datetime):
        raise TypeError(now)
    return now


def _sealed(
    connection: psycopg.Connection[Any], keys: KeyEncryption, item: Disclosed, known: Collection[tuple[str, str, str]]
) -> list[tuple[Any, ...]]:
    """Return the rows of an event's fields that are not known yet; each of its persons gets one key."""
    source, event_id = item.submission.identity
    people: dict[str, tuple[UUID, bytes]] = {}
    rows: list[tuple[Any, ...]] = []
    for each in item.fields:
        row = (source, event_id, each.digest)
        if row in known:
            continue
        group = person_at(each.path)
        if group not in people:
            name = item.persons.get(group)
            people[group] = _person(connection, keys, None if name is None else f"{source}\0{name}")
        person, data_key = people[group]
        rows.append((*row, each.path, person, seal(data_key, each.text.encode(), _bound(row))))
    return rows


def _bound(row: tuple[str, str, str]) -> bytes:
    """Return what a sealed field is bound to, so that it opens nowhere else."""
    return "\0".join(row).encode()


def _person(connection: psycopg.Connection[Any], keys: KeyEncryption, reference: str | None) -> tuple[UUID, bytes]:
    """Return pseudonym and data key of a person, a new one where the reference is not known."""
    names = [] if reference is None else list(keys.names(reference))
    row = connection.execute(
        "SELECT pseudonym, wrapped FROM vault.person WHERE reference = ANY(%s)", (names,)
    ).fetchone()
    if row is not None:
        return row[0], keys.unwrap(bytes(row[1]), row[0].bytes)
    data_key = secrets.token_bytes(_DATA_KEY)
    person = UUID(bytes=secrets.token_bytes(16), version=4)
    connection.execute(
        "INSERT INTO vault.person (pseudonym, reference, wrapped) VALUES (%s, %s, %s)",
        (person, names[0] if names else None, keys.wrap(data_key, person.bytes)),
    )
    return person, data_key


def _forget_alone(connection: psycopg.Connection[Any], people: Collection[UUID]) -> None:
    """Delete the keys of those of whom no field is left."""
    connection.execute(
        "DELETE FROM vault.person WHERE pseudonym = ANY(%s) "
        "AND NOT EXISTS (SELECT FROM vault.disclosure WHERE person = pseudonym)",
        (list(people),),
    )


def _rekey(connection: psycopg.Connection[Any], keys: Callable[[], KeyEncryption], person: UUID) -> None:
    """Seal what is left of a person under a new key, so that no copy of what went is ever opened."""
    row = connection.execute("SELECT wrapped FROM vault.person WHERE pseudonym = %s", (person,)).fetchone()
    if row is None:
        return
    encryption = keys()
    old, new = encryption.unwrap(bytes(row[0]), person.bytes), secrets.token_bytes(_DATA_KEY)
    left = connection.execute(
        "SELECT source, event_id, digest, sealed FROM vault.disclosure WHERE person = %s", (person,)
    ).fetchall()
    for *key, sealed in left:
        bound = _bound((key[0], key[1], key[2]))
        connection.execute(_RESEAL, (seal(new, unseal(old, bytes(sealed), bound), bound), *key))
    connection.execute(
        "UPDATE vault.person SET wrapped = %s WHERE pseudonym = %s", (encryption.wrap(new, person.bytes), person)
    )
