"""The vault on PostgreSQL: fields come in before their event is recorded, and leave for ever in one transaction.

Its writers take turns under one lock, so that nothing erased comes back and nothing is sealed with a key that is going.
What an erasure says in the ledger is written down in the transaction that erases; see :meth:`Vault.pending`.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from infra.postgres_log import PLANNING
from infra.vault.keys import KeyEncryption, seal, unseal
from ledger.evidence.disclosures import Disclosure
from ledger.privacy.fields import person_at

ROLE = "certledger_vault"
_LOCK = 7_226_070
_DATA_KEY = 32
_TAKEN = """
    SELECT digest FROM vault.disclosure WHERE source = %s AND event_id = %s
    UNION ALL SELECT digest FROM vault.erased WHERE source = %s AND event_id = %s
"""
_INSERT = """
    INSERT INTO vault.disclosure (source, event_id, digest, path, person, sealed) VALUES (%s, %s, %s, %s, %s, %s)
"""
_DROP = """
    DELETE FROM vault.disclosure WHERE source = %s AND event_id = %s AND digest = ANY(%s) RETURNING person
"""
_SEALED = """
    SELECT d.digest, d.sealed, p.pseudonym, p.wrapped
    FROM vault.disclosure d JOIN vault.person p ON p.pseudonym = d.person WHERE source = %s AND event_id = %s
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
_ERASE = "DELETE FROM vault.disclosure WHERE source = %s AND event_id = %s AND digest = %s"
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

    def put(
        self, source: str, event_id: str, disclosures: Sequence[Disclosure], persons: Mapping[str, str]
    ) -> list[str]:
        """Keep the fields of an event and return the digests that were new; what was erased is passed over.

        ``persons`` gives the source's own lasting name of a person (by path, such as ``contact``): events that share
        one share the person's key. Without one each event has persons of its own.
        """
        keys = self._keys()
        with self._writing() as connection:
            taken = {row[0] for row in connection.execute(_TAKEN, (source, event_id, source, event_id))}
            new = [each for each in disclosures if each.digest not in taken]
            people: dict[str, tuple[UUID, bytes]] = {}
            for each in new:
                group = person_at(each.path)
                if group not in people:
                    name = persons.get(group)
                    people[group] = _person(connection, keys, None if name is None else f"{source}\0{name}")
                person, data_key = people[group]
                row = (source, event_id, each.digest)
                connection.execute(_INSERT, (*row, each.path, person, seal(data_key, each.text.encode(), _bound(row))))
        return [each.digest for each in new]

    def drop(self, source: str, event_id: str, digests: Collection[str]) -> None:
        """Forget what was put for an event that was then refused."""
        with self._writing() as connection:
            people = connection.execute(_DROP, (source, event_id, list(digests))).fetchall()
            _forget_alone(connection, {row[0] for row in people})

    def open(self, source: str, event_id: str) -> dict[str, str]:
        """Return the disclosures kept for an event, by digest. Raises ``SealBroken`` where one is not as it was."""
        keys = self._keys()
        with self._connection() as connection:
            rows = connection.execute(_SEALED, (source, event_id)).fetchall()
        return {
            digest: unseal(
                keys.unwrap(bytes(wrapped), person.bytes), bytes(sealed), _bound((source, event_id, digest))
            ).decode()
            for digest, sealed, person, wrapped in rows
        }

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
                gone = connection.execute(_ERASE, each.key)
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
