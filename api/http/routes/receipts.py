"""Status receipts: what a certificate's status is, as a small file that anybody checks without asking us."""

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.answers import JSON, as_of_day, known_at_instant, require_acceptable
from api.http.describe_receipts import PDF, RECEIPT, RECEIPT_PDF
from api.http.problems import problem
from api.http.receipt import status_receipt
from api.http.service import Service, service_of
from ledger.evidence.receipt import StatusReceipt

router = APIRouter()
_MOST_WAITING = 4
_waiting = 0


@router.get("/v1/certificates/{body}/{number:path}/receipt", response_class=Response, **RECEIPT)
async def receipt(request: Request, body: str, number: str) -> Response:
    """Return the receipt as canonical JSON."""
    require_acceptable(request, JSON)
    service = service_of(request)
    made = await _receipt(request, service, body, number)
    return Response(made.to_json(), 200, _headers(made.position, body, number, "json"), JSON)


@router.get("/v1/certificates/{body}/{number:path}/receipt.pdf", response_class=Response, **RECEIPT_PDF)
async def receipt_pdf(request: Request, body: str, number: str) -> Response:
    """Return the receipt as a page for a tender file, with the JSON inside (PDF/A-3)."""
    require_acceptable(request, PDF)
    service = service_of(request)
    try:
        from api.receipt_pdf import pdf_of  # noqa: PLC0415 - needs the extra `pdf`, and takes a while to load
    except ImportError as error:
        raise problem("pdf_unavailable") from error
    made = await _receipt(request, service, body, number)
    address = str(request.url).partition("?")[0].removesuffix(".pdf")
    content = await _made_in_turn(lambda: pdf_of(made, address))
    return Response(content, 200, _headers(made.position, body, number, "pdf"), PDF)


async def _receipt(request: Request, service: Service, body: str, number: str) -> StatusReceipt:
    query, now = request.query_params, service.clock()
    day, known_at = as_of_day(query.get("as_of"), now), known_at_instant(query.get("known_at"), now)
    return await status_receipt(service, body, number, day, known_at)


async def _made_in_turn(make: Callable[[], bytes]) -> bytes:
    """Return what takes a processor for most of a second; a few may wait for it, more are told to come again."""
    global _waiting  # noqa: PLW0603 - counts what this process has under way, in its one event loop
    if _waiting >= _MOST_WAITING:
        raise problem("ledger_busy")
    _waiting += 1
    try:
        return await asyncio.to_thread(make)
    finally:
        _waiting -= 1


def _headers(position: int, body: str, number: str, kind: str) -> dict[str, str]:
    name = "".join(each if each.isascii() and (each.isalnum() or each in "-.") else "_" for each in f"{body}_{number}")
    return {
        "Ledger-Position": str(position),
        # A later one knows more.
        "Cache-Control": "public, no-cache",
        "Content-Disposition": f'inline; filename="{name}.receipt.{kind}"',
    }
