"""The development provider over HTTP: metadata, keys and the token endpoint, on this machine's loopback alone."""

import base64
import binascii
from urllib.parse import parse_qs, unquote_plus

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.identity.development import LIFETIME_SECONDS, ClientRefusedError, DevelopmentIssuer
from infra.services.spawn import LOOPBACK

_LARGEST_FORM = 16 * 1024


def create_issuer(issuer: DevelopmentIssuer, *, audience: str) -> Starlette:
    """Return the application; every token it gives is for ``audience``."""

    async def discovery(_request: Request) -> JSONResponse:
        return JSONResponse(issuer.discovery())

    async def keys(_request: Request) -> JSONResponse:
        return JSONResponse(issuer.keys())

    async def token(request: Request) -> JSONResponse:
        try:
            form = await _form(request)
            if form.get("grant_type") != "client_credentials":
                raise ClientRefusedError("unsupported_grant_type")
            client, secret = _client(request, form)
            given = issuer.token(client, secret, role=form.get("scope"), audience=audience)
        except ClientRefusedError as error:
            is_client = error.code == "invalid_client"
            headers = {"WWW-Authenticate": "Basic"} if is_client else {}
            return JSONResponse({"error": error.code}, 401 if is_client else 400, headers)
        answer = {"access_token": given, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", keys),
            Route("/token", token, methods=["POST"]),
        ]
    )


def issuer_server(app: Starlette, port: int) -> uvicorn.Server:
    """Return the server of the development provider; it listens on loopback whatever the settings say."""
    return uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, access_log=False, log_config=None, ws="none"))


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise ClientRefusedError("invalid_request")
    try:
        found = parse_qs(body.decode("utf-8"), strict_parsing=bool(body), max_num_fields=10)
    except ValueError as error:
        raise ClientRefusedError("invalid_request") from error
    if any(len(values) > 1 for values in found.values()):
        raise ClientRefusedError("invalid_request")
    return {name: values[0] for name, values in found.items()}


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ClientRefusedError("invalid_client") from error
    return unquote_plus(client), unquote_plus(secret)
