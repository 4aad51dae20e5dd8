"""The COSE signatures beside the checkpoints; a signature over one root is the same however often it is made."""

from infra.notary_store import PostgresNotaryStore

_PUT = "INSERT INTO notary.cose (size, protected, signature) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


class PostgresCoseStore(PostgresNotaryStore):
    """A :class:`consumers.ports.CoseStore`: the notary's store, with a place for one more signature a checkpoint."""

    def put(self, size: int, protected: bytes, signature: bytes) -> None:
        """Write a checkpoint's signature, unless it is there."""
        with self._connected() as connection:
            connection.execute(_PUT, (size, protected, signature))
