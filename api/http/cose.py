"""Proofs of inclusion as COSE receipts (RFC 9942), where the ``Accept`` header asks for them."""

from fastapi import Request
from starlette.responses import Response

from api.http import tree
from api.http.problems import problem
from api.http.service import service_of
from ledger.cose import MEDIA_TYPE, receipt
from ledger.evidence.merkle import inclusion_plan, prove_inclusion
from ledger.evidence.tiles import HASH, TileHashes, tiles_under

_SIGNED = """
    SELECT size, protected, signature FROM notary.cose
    WHERE size = %(size)s OR %(size)s::bigint IS NULL ORDER BY size DESC LIMIT 1
"""
_FOR_EVER = "public, max-age=31536000, immutable"


def is_wanted(request: Request) -> bool:
    """Tell whether the reader asks for a COSE receipt by name."""
    return MEDIA_TYPE in request.headers.get("accept", "")


async def inclusion_receipt(request: Request, index: int, size: int | None) -> Response:
    """Return the receipt of an entry in the tree of a checkpoint that was signed for receipts."""
    async with service_of(request).reader() as connection:
        row = await (await connection.execute(_SIGNED, {"size": size})).fetchone()
        if row is None:
            raise problem("cose_unknown", size="—" if size is None else str(size))
        leaves, protected, signature = row
        if index >= leaves:
            raise problem("leaf_unknown", index=str(index), size=str(leaves))
        nodes = [node for group in inclusion_plan(index, leaves) for node in group]
        found = await tree.tiles(connection, tiles_under(nodes, leaves))
    read = TileHashes(leaves, lambda tile: found.get((tile.level, tile.index), b"")[: tile.width * HASH])
    made = receipt(bytes(protected), bytes(signature), leaves, index, prove_inclusion(index, leaves, read))
    # Of one size the same octets for ever; which size is the newest changes.
    cached = "public, no-cache" if size is None else _FOR_EVER
    return Response(made, 200, {"Cache-Control": cached, "Vary": "Accept"}, MEDIA_TYPE)
