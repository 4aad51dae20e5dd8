"""The notary's tables as the cosigners use them: checkpoints and tiles are read, each cosignature is added once."""

from infra.notary_store import PostgresNotaryStore

_KEEP = """
    INSERT INTO notary.cosignature (size, name, key_id, line) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


class PostgresCosignatureStore(PostgresNotaryStore):
    """A :class:`consumers.witnesses.CosignatureStore`."""

    def keep_cosignature(self, size: int, name: str, key_id: bytes, line: str) -> None:
        """Keep a signature line under the checkpoint of a size; keeping the same line again changes nothing."""
        with self._connected() as connection:
            connection.execute(_KEEP, (size, name, key_id, line))
