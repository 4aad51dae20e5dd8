"""Makes a status receipt from what is signed: the newest root of the status map that a checkpoint covers.

All of it is read as the public reads, at one moment. Where the log holds a newer event about the certificate, a root is
asked for and waited for; a receipt that leaves out what is known is never given.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog

from api.http import tree
from api.http.problems import problem
from api.http.service import Service
from infra.log_reading import row_at, rows_of
from infra.readers import Connection
from infra.status_map_store import CHANNEL
from ledger.certificates.statement import NEVER_REGISTERED, statement, timeline_from
from ledger.days import Day, instant_text
from ledger.evidence.maprules import change_of, logged_root, open_entry, refusal_of
from ledger.evidence.maptiles import TiledMap, halves
from ledger.evidence.merkle import inclusion_plan, leaf_hash, prove_inclusion
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.receipt import Included, ShownKey, SignatureShown, StatusReceipt, keep_small
from ledger.evidence.receiptcheck import signature_of
from ledger.evidence.statusmap import MapProof, history_of, key_of
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import HASH, TileHashes, tiles_under
from ledger.families import FAMILIES, certificate_stream, key_stream
from ledger.log import Row

_RETRY_SECONDS = "2"
_ASK_AGAIN_SECONDS = 0.1
_TRIES_AN_ASKING = 5
_NO_PROOF = MapProof(())
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_ROOT = """
    SELECT size, position FROM statusmap.root
    WHERE position <= %s AND (%s::timestamptz IS NULL OR recorded <= %s) ORDER BY size DESC LIMIT 1
"""
_OLDEST = """
    SELECT oldest, (SELECT min(recorded) FROM statusmap.root WHERE size >= oldest) FROM statusmap.state
"""
_TILES = """
    SELECT path, children FROM statusmap.tile
    WHERE path = ANY(%s::bytea[]) AND size <= %s AND (replaced IS NULL OR replaced > %s)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is stored at one moment: the certificate's public events, and what is signed of them."""

    rows: Sequence[Row]
    signed: tree.Signed | None = None
    size: int = 0
    root_row: Row | None = None
    proof: MapProof = _NO_PROOF
    included: Sequence[Included] = ()
    keys: Sequence[Row] = ()


async def status_receipt(
    service: Service, body: str, number: str, day: Day, known_at: datetime | None = None
) -> StatusReceipt:
    """Return the receipt of a certificate's status on a day, as known at the newest signed root of the map.

    With ``known_at`` it is the root that was the newest one then, under the checkpoint of now.
    """
    stream = certificate_stream(body, number)
    if FAMILIES["certificate"].subject.fullmatch(stream) is None:
        raise problem("never_registered", body=body[:40], number=number[:60])
    if known_at is not None:
        return _assembled(body, number, day, await _look_back(service, stream, known_at))
    deadline = asyncio.get_running_loop().time() + service.ports.wait_seconds
    tries = 0
    while True:
        seen = await _look(service, stream)
        newest = seen.rows[-1].position if seen.rows else 0
        if seen.signed is not None and newest <= seen.size:
            return _assembled(body, number, day, seen)
        if asyncio.get_running_loop().time() > deadline:
            headers = {"Retry-After": _RETRY_SECONDS}
            if seen.signed is None or not newest:
                raise problem("receipt_not_ready", headers=headers)
            raise problem("receipt_behind", headers=headers, position=str(newest), reached=str(seen.size))
        if tries % _TRIES_AN_ASKING == 0:
            # Asked again and again: a follower that has just begun to lead did not hear it.
            async with service.reader() as connection:
                await connection.execute(f"NOTIFY {CHANNEL}")
        tries += 1
        await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def _look(service: Service, stream: str) -> _Seen:
    async with service.reader() as connection, connection.transaction():
        await connection.execute(_SNAPSHOT)
        rows = _mapped(await rows_of(connection, stream, public=True))
        signed = await tree.newest(connection)
        root = await _root(connection, signed, None) if signed is not None else None
        if signed is None or root is None:
            return _Seen(rows)
        if rows and rows[-1].position > root[0]:
            return _Seen(rows, signed, root[0])
        return await _seen(connection, stream, rows, signed, root)


async def _look_back(service: Service, stream: str, known_at: datetime) -> _Seen:
    """Return what was known at an instant; the map's states of older roots are kept for a while alone."""
    async with service.reader() as connection, connection.transaction():
        await connection.execute(_SNAPSHOT)
        signed = await tree.newest(connection)
        root = await _root(connection, signed, known_at) if signed is not None else None
        oldest = await (await connection.execute(_OLDEST)).fetchone()
        if signed is None or root is None or oldest is None:
            raise problem("receipt_not_known_then", "/query/known_at")
        if root[0] < oldest[0]:
            raise problem("receipt_no_longer_kept", "/query/known_at", since=instant_text(oldest[1] or known_at))
        rows = [row for row in _mapped(await rows_of(connection, stream, public=True)) if row.position <= root[0]]
        return await _seen(connection, stream, rows, signed, root)


async def _root(connection: Connection, signed: tree.Signed, known_at: datetime | None) -> tuple[int, int] | None:
    """Return size and position of the newest root that a checkpoint covers, or of the newest one at an instant."""
    row = await (await connection.execute(_ROOT, (signed.size, known_at, known_at))).fetchone()
    return (int(row[0]), int(row[1])) if row else None


async def _seen(
    connection: Connection, stream: str, rows: Sequence[Row], signed: tree.Signed, root: tuple[int, int]
) -> _Seen:
    size, position = root
    keys = await _keys(connection, rows[-1]) if rows else []
    indexes = [position - 1, *(row.position - 1 for row in (*rows[-1:], *keys))]
    return _Seen(
        rows,
        signed,
        size,
        await row_at(connection, position, public=True),
        await _map_proof(connection, stream, size),
        await _proofs(connection, signed.size, indexes),
        keys,
    )


async def _keys(connection: Connection, last: Row) -> list[Row]:
    """Return the registrations of the keys that signed an event."""
    signatures = orjson.loads(last.raw)["signatures"]
    found = [await rows_of(connection, key_stream(str(each["keyid"])), public=True) for each in signatures]
    return [rows[0] for rows in found if rows and rows[0].position < last.position]


def _mapped(rows: Sequence[Row]) -> list[Row]:
    """Return the events that the map holds, in the order of the log."""
    refusals, found = set(), []
    for row in rows:
        entry = open_entry(row.position - 1, row.raw)
        if entry is None:
            continue
        refusals.add(refusal_of(entry))
        if change_of(entry, lambda source, name: (source, name) in refusals) is not None:
            found.append(row)
    return found


async def _map_proof(connection: Connection, stream: str, size: int) -> MapProof:
    path = halves(key_of(stream))
    paths = [path[:depth] for depth in range(len(path))]
    found = await (await connection.execute(_TILES, (paths, size, size), binary=True)).fetchall()
    tiles = {bytes(place): bytes(children) for place, children in found}
    return TiledMap(lambda asked: {each: tiles[each] for each in asked if each in tiles}).prove(key_of(stream))


async def _proofs(connection: Connection, size: int, indexes: Sequence[int]) -> list[Included]:
    """Return the inclusion proofs of leaves; all their tiles come in one query."""
    nodes = [node for index in indexes for group in inclusion_plan(index, size) for node in group]
    found = await tree.tiles(connection, tiles_under(nodes, size))
    read = TileHashes(size, lambda tile: found.get((tile.level, tile.index), b"")[: tile.width * HASH])
    return [Included(index, tuple(prove_inclusion(index, size, read))) for index in indexes]


def _assembled(body: str, number: str, day: Day, seen: _Seen) -> StatusReceipt:
    """Return the receipt, or end the request where what is stored is not what was signed: it would not verify."""
    entries = [row.raw for row in seen.rows]
    try:
        if seen.signed is None or seen.root_row is None:
            raise EvidenceError("the entry that records the root is not there")
        entry = open_entry(seen.root_row.position - 1, seen.root_row.raw)
        root = logged_root(entry) if entry is not None else None
        if root is None or root.size != seen.size:
            raise EvidenceError("the entry records another root")
        value = seen.proof.verify(key_of(certificate_stream(body, number)), root.root)
        stored = history_of([leaf_hash(each) for each in entries]) if entries else None
        if stored != (value.digest if value is not None else None):
            raise EvidenceError("the events are not the history that the map holds")
    except EvidenceError as error:
        log.error("receipt.contradicted", body=body, error=str(error))  # noqa: TRY400 - no trace is needed
        raise problem("receipt_contradicted") from error
    return StatusReceipt(
        body,
        number,
        day,
        seen.size,
        root.through,
        statement(timeline_from(entries), day) if entries else NEVER_REGISTERED,
        keep_small(entries),
        seen.included[1] if entries else None,
        seen.proof,
        seen.root_row.raw,
        seen.included[0],
        seen.signed.note,
        _signature(seen, seen.signed) if entries else None,
    )


def _signature(seen: _Seen, signed: tree.Signed) -> SignatureShown:
    """Return what is found of the last event's signatures, with the keys that show it."""
    keys = [ShownKey(row.raw, each) for row, each in zip(seen.keys, seen.included[2:], strict=True)]
    origin = parse_checkpoint(parse_note(signed.note).text).origin
    state, _ = signature_of(seen.rows[-1].raw, seen.rows[-1].position - 1, keys, origin)
    return SignatureShown(state, tuple(keys))
