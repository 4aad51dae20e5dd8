"""Tip-offs of the public lie outside the log: sealed, counted, and deleted when their days are over.

Who holds the receipt learns how far a tip-off is, and nothing of what it says; what it says is opened for a region.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg

from infra.postgres_log import PLANNING
from infra.services.errors import ServiceUnavailableError
from infra.vault.keys import KeyEncryption, SealBroken, seal, unseal
from infra.vault.store import ROLE
from ledger.days import china_day

KEPT_DAYS = 180
MOST_KEPT = 100_000
_DATA_KEY = 32
_SAME = "SELECT receipt, received, said FROM vault.tip_off WHERE asked = ANY(%s)"
_INSERT = """
    INSERT INTO vault.tip_off (receipt, region, received, asked, said, wrapped, sealed)
    SELECT %s, %s, %s, %s, %s, %s, %s WHERE (SELECT count(*) FROM vault.tip_off) < %s
    ON CONFLICT (asked) DO NOTHING RETURNING receipt
"""
_ONE = """
    SELECT receipt, region, received, state, lead, reason, disposed_by, disposed, wrapped, sealed
    FROM vault.tip_off WHERE receipt = %s AND received >= %s
"""
_LISTED = """
    SELECT receipt, region, received, state, lead, reason, disposed_by, disposed, wrapped, sealed
    FROM vault.tip_off
    WHERE region = ANY(%s) AND received >= %s AND (%s::text IS NULL OR state = %s) ORDER BY received, receipt LIMIT %s
"""
_DISPOSE = """
    UPDATE vault.tip_off SET state = %s, lead = %s, reason = %s, disposed_by = %s, disposed = %s
    WHERE receipt = %s AND state = 'received'
"""


class TipOffsUnavailable(RuntimeError):  # noqa: N818 - says what is so
    """The vault or its keys are out of reach."""


class KeyReused(ValueError):  # noqa: N818 - says what was done
    """The same idempotency key came with other content."""


class TooManyKept(RuntimeError):  # noqa: N818 - says what is so
    """As many tip-offs are kept as may be."""


@dataclass(frozen=True, slots=True)
class Taken:
    """That a tip-off is kept: its receipt, since when, and whether the same one had come before."""

    receipt: str
    received: datetime
    repeated: bool


@dataclass(frozen=True, slots=True)
class TipOff:
    """One tip-off without what it says: ``state`` is ``received``, ``registered`` or ``not_pursued``."""

    receipt: str
    region: str
    received: datetime
    state: str
    lead: str | None
    reason: str | None
    disposed_by: str | None
    disposed: datetime | None


class TipOffs:
    """Opens a connection for each use, in the vault's own role; ``days`` is how long each tip-off is kept."""

    def __init__(
        self, url: str, keys: Callable[[], KeyEncryption], *, days: int = KEPT_DAYS, most: int = MOST_KEPT
    ) -> None:
        self._url = url
        self._keys = keys
        self._kept_for = timedelta(days=days)
        self._most = most

    def keep(self, region: str, content: dict[str, Any], now: datetime, key: str | None = None) -> Taken:
        """Keep what somebody told, once for each idempotency key, or without one for each content and China day.

        Raises :class:`KeyReused`, :class:`TooManyKept` and :class:`TipOffsUnavailable`; then nothing is kept.
        """
        told = orjson.dumps({"region": region, **content}, option=orjson.OPT_SORT_KEYS)
        name = f"tip-off key\0{key}" if key is not None else f"tip-off day\0{china_day(now)}\0{told.decode()}"
        with self._reached() as (keys, connection):
            # What is over makes room, whether or not the sweep ran.
            connection.execute("DELETE FROM vault.tip_off WHERE received < %s", (now - self._kept_for,))
            asked, said = list(keys.names(name)), list(keys.names(f"tip-off\0{told.decode()}"))
            receipt = secrets.token_urlsafe(16)
            data_key = secrets.token_bytes(_DATA_KEY)
            bound = _bound(receipt)
            sealed = seal(data_key, told, bound)
            same = connection.execute(_SAME, (asked,)).fetchone()
            if same is None:
                row = (receipt, region, now, asked[0], said[0], keys.wrap(data_key, bound), sealed, self._most)
                if connection.execute(_INSERT, row).fetchone() is not None:
                    return Taken(receipt, now, repeated=False)
                # Either the same came at this very moment, or there is no room.
                same = connection.execute(_SAME, (asked,)).fetchone()
        if same is None:
            raise TooManyKept
        if bytes(same[2]) not in said:
            raise KeyReused
        return Taken(same[0], same[1], repeated=True)

    def one(self, receipt: str, now: datetime) -> TipOff | None:
        """Return how far a tip-off is, ``None`` where none with this receipt is kept any more."""
        with self._reached() as (_, connection):
            row = connection.execute(_ONE, (receipt, now - self._kept_for)).fetchone()
        return None if row is None else TipOff(*row[:8])

    def listed(
        self, regions: Sequence[str], state: str | None, now: datetime, limit: int
    ) -> list[tuple[TipOff, dict[str, Any]]]:
        """Return the tip-offs about these regions with what they say, the oldest first."""
        asked = (list(regions), now - self._kept_for, state, state, limit)
        with self._reached() as (keys, connection):
            return [
                (TipOff(*row[:8]), _opened(keys, row[0], bytes(row[8]), bytes(row[9])))
                for row in connection.execute(_LISTED, asked)
            ]

    def dispose(self, receipt: str, *, lead: str | None, reason: str | None, by: str, now: datetime) -> bool:
        """Note what became of a tip-off, of which exactly one is given; return whether it was waiting for that."""
        state = "registered" if lead is not None else "not_pursued"
        with self._reached() as (_, connection):
            return connection.execute(_DISPOSE, (state, lead, reason, by, now, receipt)).rowcount == 1

    def sweep(self, now: datetime, *, dry_run: bool = False) -> int:
        """Delete what was kept for its days; return how many. ``dry_run`` only counts them."""
        with self._reached() as (_, connection):
            over = (now - self._kept_for,)
            if dry_run:
                row = connection.execute("SELECT count(*) FROM vault.tip_off WHERE received < %s", over).fetchone()
                return int(row[0]) if row else 0
            return connection.execute("DELETE FROM vault.tip_off WHERE received < %s", over).rowcount

    @contextmanager
    def _reached(self) -> Iterator[tuple[KeyEncryption, psycopg.Connection[Any]]]:
        options = f"{PLANNING} -c role={ROLE}"
        try:
            keys = self._keys()
            with psycopg.connect(
                self._url, connect_timeout=5, application_name="certledger tip-offs", options=options
            ) as connection:
                yield keys, connection
        except (psycopg.Error, SealBroken, ServiceUnavailableError) as error:
            raise TipOffsUnavailable(type(error).__name__) from error


def _bound(receipt: str) -> bytes:
    return b"tip-off\0" + receipt.encode()


def _opened(keys: KeyEncryption, receipt: str, wrapped: bytes, sealed: bytes) -> dict[str, Any]:
    bound = _bound(receipt)
    found: dict[str, Any] = orjson.loads(unseal(keys.unwrap(wrapped, bound), sealed, bound))
    return found
