"""Makes a status receipt from what is signed: the newest root of the status map that a checkpoint covers.

Where the log holds a newer event about the certificate, a root is asked for and waited for; a receipt that leaves out
what is known is never given.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from api.http import tree
from api.http.problems import problem
from api.http.service import Connection, Service
from infra.status_map_store import CHANNEL
from ledger.certificates.statement import NEVER_REGISTERED, statement, timeline_from
from ledger.days import Day, instant_text
from ledger.evidence.maprules import change_of, open_entry, refusal_of
from ledger.evidence.maptiles import TiledMap, halves
from ledger.evidence.merkle import inclusion_plan, leaf_hash, prove_inclusion
from ledger.evidence.receipt import Included, StatusReceipt, keep_small
from ledger.evidence.statusmap import MapProof, decode_value, history_of, key_of
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import HASH, TileHashes, tiles_under
from ledger.families import FAMILIES, certificate_stream
from ledger.log import Row

_RETRY_SECONDS = "2"
_ASK_AGAIN_SECONDS = 0.1
_TRIES_AN_ASKING = 5
_NO_CHANGES = 2**62
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_ROOT = "SELECT size, root, position FROM statusmap.root WHERE position <= %s ORDER BY size DESC LIMIT 1"
_TILES = """
    SELECT path, children FROM statusmap.tile
    WHERE path = ANY(%s::bytea[]) AND size <= %s AND (replaced IS NULL OR replaced > %s)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is signed at one moment: the checkpoint, the root that it covers, and the way to the certificate's key."""

    signed: tree.Signed
    size: int
    root: bytes
    position: int
    proof: MapProof


async def status_receipt(service: Service, body: str, number: str, day: Day) -> StatusReceipt:
    """Return the receipt of a certificate's status on a day, as known at the newest signed root of the map."""
    stream = certificate_stream(body, number)
    if FAMILIES["certificate"].subject.fullmatch(stream) is None:
        raise problem("never_registered", body=body[:40], number=number[:60])
    deadline = asyncio.get_running_loop().time() + service.ports.wait_seconds
    tries = 0
    while True:
        rows = _public(await _rows(service, stream))
        standing = await _standing(service, stream)
        reached = standing.size if standing else 0
        if standing is not None and (not rows or rows[-1].position <= reached):
            return await _assembled(service, body, number, day, standing, rows)
        if asyncio.get_running_loop().time() > deadline:
            headers = {"Retry-After": _RETRY_SECONDS}
            if standing is None or not rows:
                raise problem("receipt_not_ready", headers=headers)
            raise problem("receipt_behind", headers=headers, position=str(rows[-1].position), reached=str(reached))
        if tries % _TRIES_AN_ASKING == 0:
            # Asked again and again: a follower that has just begun to lead did not hear it.
            async with service.reader() as connection:
                await connection.execute(f"NOTIFY {CHANNEL}")
        tries += 1
        await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def _rows(service: Service, stream: str) -> Sequence[Row]:
    loaded = await asyncio.to_thread(service.log.load, _NO_CHANGES, [stream], ())
    return loaded.rows.get(stream, ())


def _public(rows: Sequence[Row]) -> list[Row]:
    """Return the events that the map holds, in the order of the log: refusals are the applicant's confidence."""
    refusals, found = set(), []
    for row in rows:
        entry = open_entry(row.position - 1, row.raw)
        if entry is None:
            continue
        refusals.add(refusal_of(entry))
        if change_of(entry, lambda source, name: (source, name) in refusals) is not None:
            found.append(row)
    return found


async def _standing(service: Service, stream: str) -> _Standing | None:
    key = key_of(stream)
    path = halves(key)
    async with service.reader() as connection, connection.transaction():
        await connection.execute(_SNAPSHOT)
        signed = await tree.newest(connection)
        row = await (await connection.execute(_ROOT, (signed.size,))).fetchone() if signed is not None else None
        if signed is None or row is None:
            return None
        size, root, position = row
        paths = [path[:depth] for depth in range(len(path))]
        found = await (await connection.execute(_TILES, (paths, size, size), binary=True)).fetchall()
    tiles = {bytes(place): bytes(children) for place, children in found}
    proof = TiledMap(lambda asked: {each: tiles[each] for each in asked if each in tiles}).prove(key)
    return _Standing(signed, size, bytes(root), position, proof)


async def _assembled(
    service: Service, body: str, number: str, day: Day, standing: _Standing, rows: list[Row]
) -> StatusReceipt:
    entries = [row.raw for row in rows]
    root_row, last_row = await asyncio.to_thread(_entries_at, service, standing.position, standing.size)
    index = rows[-1].position - 1 if rows else None
    signed = standing.signed
    async with service.reader() as connection:
        proofs = await _proofs(connection, signed.size, [standing.position - 1, *([] if index is None else [index])])
    receipt = StatusReceipt(
        body,
        number,
        day,
        standing.size,
        instant_text(last_row.recorded),
        statement(timeline_from(entries), day) if rows else NEVER_REGISTERED,
        keep_small(entries),
        proofs[-1] if index is not None else None,
        standing.proof,
        root_row.raw,
        proofs[0],
        signed.note,
    )
    _require_sound(receipt, standing, entries)
    return receipt


def _entries_at(service: Service, *positions: int) -> list[Row]:
    return [service.log.read(position - 1, 1)[0] for position in positions]


async def _proofs(connection: Connection, size: int, indexes: Sequence[int]) -> list[Included]:
    """Return the inclusion proofs of leaves; all their tiles come in one query."""
    nodes = [node for index in indexes for group in inclusion_plan(index, size) for node in group]
    found = await tree.tiles(connection, tiles_under(nodes, size))
    read = TileHashes(size, lambda tile: found.get((tile.level, tile.index), b"")[: tile.width * HASH])
    return [Included(index, tuple(prove_inclusion(index, size, read))) for index in indexes]


def _require_sound(receipt: StatusReceipt, standing: _Standing, entries: list[bytes]) -> None:
    """Raise where what is stored is not what was signed: nobody is handed a receipt that does not verify."""
    try:
        value = standing.proof.verify(receipt.key, standing.root)
        digest = None if value is None else value.digest
        stored = history_of([leaf_hash(each) for each in entries]) if entries else None
        if digest != stored or (value is not None and decode_value(value.encode()).index != receipt.latest.index):  # type: ignore[union-attr]  # there is one where there are events
            raise EvidenceError("the events are not the history that the map holds")
    except EvidenceError as error:
        log.error("receipt.contradicted", stream=receipt.stream, error=str(error))  # noqa: TRY400 - no trace is needed
        raise problem("receipt_contradicted") from error
