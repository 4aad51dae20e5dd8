"""One leader by a PostgreSQL advisory lock: it is held exactly as long as the connection that took it lives."""

from hashlib import sha256
from typing import Any

import psycopg

from ledger.log import LogUnavailable

# A holder whose machine vanished is noticed by the server in about ten seconds, not in two hours.
_SESSION = (
    "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
    " SET tcp_user_timeout = 10000; SET idle_session_timeout = 0"
)


class AdvisoryLeadership:
    """The lock called ``name`` in this database."""

    def __init__(self, database_url: str, name: str) -> None:
        self._url = database_url
        self._name = name
        self._key = int.from_bytes(sha256(f"leadership:{name}".encode()).digest()[:8], "big", signed=True)
        self._connection: psycopg.Connection[Any] | None = None
        self._locked = False

    def acquire(self, *, blocking: bool) -> bool:
        """Become the holder, waiting for it or not; True if held now. Raises ``LogUnavailable``."""
        if self._locked and self.held():
            return True
        try:
            connection = self._connected()
            if blocking:
                connection.execute("SELECT pg_advisory_lock(%s)", (self._key,))
                self._locked = True
            else:
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
                self._locked = bool(row and row[0])
        except psycopg.Error as error:
            self.release()
            raise LogUnavailable(str(error)) from error
        return self._locked

    def held(self) -> bool:
        """Whether it is held at this moment: the server is asked over the connection that took the lock."""
        if not self._locked or self._connection is None:
            return False
        try:
            self._connection.execute("SELECT")
        except psycopg.Error:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let another one lead, by ending the connection."""
        self._locked = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                application_name=f"certledger {self._name}",
                connect_timeout=5,
                tcp_user_timeout=5_000,
                keepalives_idle=4,
                keepalives_interval=2,
                keepalives_count=3,
            )
            self._connection.execute(_SESSION)
        return self._connection
