"""The personal fields of recorded events, read out of the vault for a party: only what it may, and noted before.

What the party may not read is passed over without a word, so that it stays withheld in what is made of it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson
import psycopg

from infra.postgres_log import PLANNING
from infra.readers import ENTER, context
from infra.vault.store import Vault
from ledger.access.visibility import PERSONAL_CLASS
from ledger.days import china_day
from ledger.principals import Principal

_NOTE = "SELECT ledger_note_reads(%s, %s, %s::text[], %s::text[])"
_MAY_READ = """
    SELECT number FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (stream, source, number)
    WHERE certledger_may_read(%s, stream, source)
"""


class VaultReader:
    """Reads in a party's name, for a reason of the list; ``operation`` is what the note says it was for."""

    def __init__(self, url: str, vault: Vault, principal: Principal, reason: str, operation: str) -> None:
        self._url = url
        self._vault = vault
        self._principal = principal
        self._reason = reason
        self._operation = operation

    def __call__(self, entries: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, list[str]]]:
        """Yield the disclosures of (index, recorded event's bytes) that the party may read, by index.

        Raises ``psycopg.Error`` where the reading cannot be noted: then nothing is shown.
        """
        # A row that somebody edited is exported as it is, and names nothing here.
        named = [(index, *names) for index, raw in entries if (names := _named(raw)) is not None]
        allowed = self._noted([(stream, source) for _, source, _, stream in named])
        may = [each for number, each in enumerate(named) if number in allowed]
        kept = self._vault.open_all([(source, event_id) for _, source, event_id, _ in may])
        for index, source, event_id, _ in may:
            yield index, list(kept[source, event_id].values())

    def _noted(self, asked: Sequence[tuple[str, str]]) -> set[int]:
        """Return which of (stream, source) the party may read, after noting that it does."""
        streams, sources = [each[0] for each in asked], [each[1] for each in asked]
        with psycopg.connect(self._url, connect_timeout=10, options=PLANNING) as connection:
            connection.execute(ENTER, context(self._principal, china_day(datetime.now(UTC))))
            found = connection.execute(_MAY_READ, (streams, sources, PERSONAL_CLASS)).fetchall()
            allowed = {int(number) - 1 for (number,) in found}
            read = sorted({streams[number] for number in allowed})
            if read:
                classes = [PERSONAL_CLASS] * len(read)
                connection.execute(_NOTE, (self._reason, self._operation, classes, read))
        return allowed


def _named(raw: bytes) -> tuple[str, str, str] | None:
    """Return source, id and stream of a recorded event, ``None`` where the bytes are none."""
    try:
        value = orjson.loads(raw)
        return str(value["event"]["source"]), str(value["event"]["id"]), str(value["record"]["stream"])
    except (ValueError, KeyError, TypeError):
        return None
