"""How far the status map is: what receipts can know."""

from dataclasses import dataclass
from datetime import datetime

from infra.readers import Connection

_STATE = """
    SELECT coalesce(root.size, 0), root.recorded, ledger_head() FROM (SELECT) AS one
    LEFT JOIN (SELECT size, recorded FROM statusmap.root ORDER BY size DESC LIMIT 1) AS root ON true
"""


@dataclass(frozen=True, slots=True)
class MapState:
    """The newest recorded root: how many entries it covers, when it was recorded, how many it does not cover."""

    size: int
    recorded: datetime | None
    uncovered: int


async def map_state(connection: Connection) -> MapState:
    """Return how far the recorded roots are; the entry that records the newest one does not count as uncovered."""
    row = await (await connection.execute(_STATE)).fetchone()
    size, recorded, head = row or (0, None, 0)
    return MapState(size, recorded, max(head - size - (recorded is not None), 0))
