"""What the relay noted of its way: all up to a position was acknowledged by Kafka."""

from api.http.service import Published
from infra.readers import Connection

_THROUGH = "SELECT through, saved_at FROM relay_bookmark WHERE topic = %s"
_AT = "SELECT at FROM relay_published WHERE topic = %s AND up_to >= %s ORDER BY up_to LIMIT 1"
_OLDEST = "SELECT min(up_to) FROM relay_published WHERE topic = %s"
_HEAD = "SELECT ledger_head()"


class RelayState:
    """Implements :class:`api.http.service.Relay` over the relay's bookmark of one topic."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    async def published(self, connection: Connection, position: int) -> Published | None:
        """Return when an event was published, without the time where that was too long ago to be kept."""
        row = await (await connection.execute(_AT, (self._topic, position))).fetchone()
        if row is not None:
            oldest = await (await connection.execute(_OLDEST, (self._topic,))).fetchone()
            return Published(row[0] if oldest is not None and (position > oldest[0] or oldest[0] == 1) else None)
        row = await (await connection.execute(_THROUGH, (self._topic,))).fetchone()
        return Published(None) if row is not None and row[0] >= position else None

    async def lag(self, connection: Connection) -> int | None:
        """Return how many events wait to be published, ``None`` where this topic was never filled."""
        row = await (await connection.execute(_THROUGH, (self._topic,))).fetchone()
        if row is None:
            return None
        head = await (await connection.execute(_HEAD)).fetchone()
        return max(int(head[0]) - int(row[0]), 0) if head else 0
