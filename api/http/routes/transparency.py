"""The log as C2SP tlog-tiles serves it, and proofs for people without such a client.

A path below ``/tile/`` gives the same octets for ever; a tile's own path answers only once the tile is full.
"""

import asyncio
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cose, tree
from api.http.answers import JSON, TEXT, json_response, matches, require_acceptable
from api.http.describe_tree import CHECKPOINT, CHECKPOINTS, CONSISTENCY, INCLUSION, OCTETS, OF_SIZE, TILE
from api.http.entitlement import require
from api.http.problems import problem
from api.http.reading import Reading
from api.http.service import service_of
from infra.readers import Connection
from ledger.evidence.merkle import Node, consistency_plan, inclusion_plan, prove_consistency, prove_inclusion
from ledger.evidence.proofs import ConsistencyProof, InclusionProof
from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError
from ledger.evidence.tiles import (
    ENTRIES,
    HASH,
    WIDTH,
    Tile,
    TileHashes,
    encode_entries,
    parse_path,
    tiles_under,
)

router = APIRouter()
_FAR = 2**53 - 1
_NOTE = "text/plain; charset=utf-8"
_FULL = "public, max-age=31536000, immutable"
_PARTIAL = "public, max-age=60"
_SIZE = Query(ge=1, le=_FAR, description="树的大小(有检查点者);缺省为最新 / A checkpoint's size; newest by default")


@router.get("/checkpoint", response_class=Response, **CHECKPOINT)
async def checkpoint(request: Request) -> Response:
    """Return the newest checkpoint, with the newest cosignature of each witness."""
    require_acceptable(request, TEXT)
    async with service_of(request).reader() as connection:
        return _note(request, await _signed(connection, None))


@router.get("/tile/{name:path}", response_class=Response, **TILE)
async def tile(
    request: Request,
    name: Annotated[str, Path(max_length=60, description="C2SP tlog-tiles 路径 / Path", examples=["0/x001/067.p/8"])],
) -> Response:
    """Return the hashes of a tile, or a bundle of entries."""
    require_acceptable(request, OCTETS)
    try:
        asked = parse_path(f"tile/{name}")
    except EvidenceError as error:
        raise problem("tile_unknown") from error
    if asked.level == ENTRIES:
        return await _entries(await _of_whole_log(request, "get_tile"), asked)
    if asked.index > MAXIMUM_INTEGER:
        raise problem("tile_unknown")
    async with service_of(request).reader() as connection:
        found = await tree.tiles(connection, [asked])
    data = found.get((asked.level, asked.index))
    if data is None:
        raise problem("tile_unknown")
    return Response(data, 200, {"Cache-Control": _cached(asked)}, OCTETS)


@router.get("/v1/log/checkpoints", response_class=Response, **CHECKPOINTS)
async def checkpoints(
    request: Request,
    after: Annotated[int, Query(ge=0, le=_FAR, description="大于此大小者 / Of more leaves than this")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, description="至多若干个 / At most so many")] = 100,
) -> Response:
    """Return every checkpoint ever signed, in order of size, page by page."""
    require_acceptable(request, JSON)
    async with service_of(request).reader() as connection:
        found = await tree.page(connection, after, limit)
    following = found[-1].size if len(found) == limit else None
    answer = {"checkpoints": [each.as_dict() for each in found], "next": following}
    return json_response(answer, headers={"Cache-Control": "public, no-cache"})


@router.get("/v1/log/checkpoints/{size}", response_class=Response, **OF_SIZE)
async def checkpoint_of_size(
    request: Request, size: Annotated[int, Path(ge=1, le=_FAR, description="树的大小 / The tree's size", examples=[18])]
) -> Response:
    """Return one checkpoint."""
    require_acceptable(request, TEXT)
    async with service_of(request).reader() as connection:
        return _note(request, await _signed(connection, size))


@router.get("/v1/log/proof/inclusion", response_class=Response, **INCLUSION)
async def inclusion(
    request: Request,
    index: Annotated[int, Query(ge=0, le=_FAR, description="序号 = 位置 − 1 / Index: the position less one")],
    size: Annotated[int | None, _SIZE] = None,
    entry: Annotated[bool, Query(description="附条目原文(限审计方) / With the entry itself, for auditors")] = False,
    form: Annotated[
        Literal["json", "text"],
        Query(alias="format", description="JSON 或 .tlog-proof 文本 / JSON or text"),
    ] = "json",
) -> Response:
    """Return the proof that an entry stands in the tree of a checkpoint."""
    if cose.is_wanted(request):
        return await cose.inclusion_receipt(request, index, size)
    media_type = JSON if form == "json" else TEXT
    require_acceptable(request, media_type)
    reading = await _of_whole_log(request, "prove_inclusion") if entry else None
    async with service_of(request).reader() as connection:
        signed = await _signed(connection, size)
        if index >= signed.size:
            raise problem("leaf_unknown", index=str(index), size=str(signed.size))
        nodes = [node for group in inclusion_plan(index, signed.size) for node in group]
        read = await _hashes(connection, signed.size, [*nodes, Node(0, index)])
    proof = InclusionProof(
        index,
        tuple(prove_inclusion(index, signed.size, read)),
        signed.note,
        entry=(await _shown(reading, index, 1))[0] if reading is not None else None,
        leaf=read([Node(0, index)])[0],
    )
    content = proof.to_json() if form == "json" else proof.to_text()
    return Response(content, 200, _proof_headers(private=entry), media_type if form == "json" else _NOTE)


@router.get("/v1/log/proof/consistency", response_class=Response, **CONSISTENCY)
async def consistency(
    request: Request,
    old: Annotated[int, Query(ge=1, le=_FAR, description="较早检查点的大小 / Size of the earlier checkpoint")],
    new: Annotated[int | None, _SIZE] = None,
) -> Response:
    """Return the proof that the tree of a later checkpoint extends that of an earlier one."""
    require_acceptable(request, JSON)
    async with service_of(request).reader() as connection:
        earlier, later = await _signed(connection, old), await _signed(connection, new)
        if earlier.size > later.size:
            raise problem("checkpoint_unknown", size=f"{old} ≤ {new}")
        nodes = [node for group in consistency_plan(earlier.size, later.size) for node in group]
        read = await _hashes(connection, later.size, nodes)
    proof = ConsistencyProof(tuple(prove_consistency(earlier.size, later.size, read)), earlier.note, later.note)
    return Response(proof.to_json(), 200, _proof_headers(private=False), JSON)


async def _signed(connection: Connection, size: int | None) -> tree.Signed:
    found = await (tree.newest(connection) if size is None else tree.of_size(connection, size))
    if found is None:
        raise problem("nothing_signed") if size is None else problem("checkpoint_unknown", size=str(size))
    return found


async def _hashes(connection: Connection, size: int, nodes: list[Node]) -> TileHashes:
    """Return a reader of these nodes; all their tiles come in one query."""
    found = await tree.tiles(connection, tiles_under(nodes, size))
    return TileHashes(size, lambda tile: found.get((tile.level, tile.index), b"")[: tile.width * HASH])


async def _of_whole_log(request: Request, operation: str) -> Reading:
    """Return the reading of somebody who may read whole entries, or end the request."""
    reading = await Reading.of(request, operation)
    if reading.public:
        raise problem("token_missing")
    require(reading.principal, "read_whole_log")
    return reading


async def _entries(reading: Reading, asked: Tile) -> Response:
    first = asked.index * WIDTH
    async with reading.service.reader() as connection:
        covered = await tree.covered(connection)
    if first + asked.width > covered:
        raise problem("tile_unknown")
    content = encode_entries(await _shown(reading, first, asked.width))
    return Response(content, 200, {"Cache-Control": reading.cache_control(""), "Vary": "Authorization"}, OCTETS)


async def _shown(reading: Reading, first: int, count: int) -> list[bytes]:
    """Return entries from index ``first`` on; what of them is not public is noted as read."""
    rows = await asyncio.to_thread(reading.service.log.read, first, count)
    if [row.position for row in rows] != list(range(first + 1, first + count + 1)):
        raise problem("tile_unknown")
    async with reading.connection() as connection:
        await reading.note_rows(connection, rows)
    return [row.raw for row in rows]


def _note(request: Request, signed: tree.Signed) -> Response:
    # Cosignatures come later, and newer ones in their place: the same checkpoint is then another note.
    headers = {"Cache-Control": "public, no-cache", "ETag": f'"{signed.size}-{sha256(signed.note).hexdigest()[:16]}"'}
    if matches(request, headers["ETag"]):
        return Response(None, 304, headers)
    return Response(signed.note, 200, headers, _NOTE)


def _cached(tile: Tile) -> str:
    return _FULL if tile.width == WIDTH else _PARTIAL


def _proof_headers(*, private: bool) -> dict[str, str]:
    # The checkpoint in it gains cosignatures and newer ones, so a proof is not kept for ever.
    return {"Cache-Control": "private, no-store" if private else "public, no-cache"}
