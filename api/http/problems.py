"""Every error is an RFC 9457 problem in Chinese and English, with a stable code, its rule, and what to do.

Nothing of the server's inside is shown; the trace identifier leads an operator to the log.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from api.http.appender import Overloaded
from api.http.cursors import CursorInvalid
from infra.telemetry import trace_id_of
from ledger.log import LogUnavailable
from ledger.refusals import LANGUAGES, Problem, Refusal

Handler = Callable[[Request, Exception], Awaitable[Response]]
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "1"
_BY_STATUS = {
    401: "token_missing",
    404: "address_unknown",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "media_type_unsupported",
    503: "ledger_unavailable",
}
_PLACES = {"path": "path", "query": "query", "header": "header", "body": ""}


class ProblemError(Exception):
    """Ends a request with the problem of a refusal; ``headers`` go out beside it."""

    def __init__(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.headers = dict(headers or {})


def problem(
    code: str, pointer: str = "", /, *, headers: Mapping[str, str] | None = None, **params: str
) -> ProblemError:
    """Return the error to raise for a code of the catalogue."""
    return ProblemError(Refusal(code, pointer, tuple(params.items())), headers)


@lru_cache(maxsize=256)
def language_of(accept_language: str | None) -> str:
    """Return ``zh`` or ``en`` for an ``Accept-Language`` header (RFC 9110, 12.5.4); Chinese unless asked otherwise."""
    best, found = 0.0, LANGUAGES[0]
    for part in (accept_language or "").split(","):
        name, _, weight = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if language in LANGUAGES and quality > best:
            best, found = quality, language
    return found


def document(refusal: Refusal, language: str, *, instance: str | None, trace_id: str | None) -> dict[str, Any]:
    """Return the problem document (RFC 9457, section 3) of a refusal, with its extension members."""
    texts = refusal.as_dict()
    problems = texts.pop("problems")
    found: dict[str, Any] = {
        "type": f"/v1/refusals/{refusal.code}",
        "title": refusal.title(language),
        "status": refusal.status,
        "detail": refusal.action(language),
        **texts,
    }
    if instance is not None:
        found["instance"] = instance
    if problems:
        found["errors"] = [{**each, "detail": each[language]} for each in problems]
    if trace_id is not None:
        found["trace_id"] = trace_id
    return found


def instance_of(request: Request) -> str:
    """Return the path that was asked for as a URI reference (RFC 3986, 4.2), whatever characters it holds."""
    return quote(request.scope["path"], safe="/:@!$&'()*+,;=-._~")


def response(request: Request, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that carries a refusal as a problem document."""
    language = language_of(request.headers.get("accept-language"))
    content = document(
        refusal, language, instance=instance_of(request), trace_id=trace_id_of(request.headers.get("traceparent"))
    )
    extra = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **(headers or {})}
    if refusal.status == 503:
        extra.setdefault("Retry-After", RETRY_AFTER_SECONDS)
    if refusal.status == 401:
        extra.setdefault("WWW-Authenticate", 'Bearer realm="certledger"')
    return Response(orjson.dumps(content), refusal.status, extra, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make the application answer every error of its own and of the framework with a problem."""

    async def own(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class alone
        return response(request, error.refusal, error.headers)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
        code = _BY_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "request_wrong")
        named = (("path", request.url.path), ("method", request.method))
        headers = dict(error.headers or {})
        if code == "method_not_allowed":
            headers["Allow"] = _allowed(app, request)
        return response(request, Refusal(code, params=named), headers)

    async def parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
        problems = parameter_problems(error.errors())
        return response(request, Refusal("parameters_wrong", problems[0].pointer, problems=problems))

    def always(code: str) -> Handler:
        async def handler(request: Request, _error: Exception) -> Response:
            return response(request, Refusal(code))

        return handler

    app.add_exception_handler(ProblemError, own)
    app.add_exception_handler(LogUnavailable, always("ledger_unavailable"))
    app.add_exception_handler(PoolTimeout, always("readers_busy"))
    app.add_exception_handler(TooManyRequests, always("readers_busy"))
    app.add_exception_handler(psycopg.errors.QueryCanceled, always("query_too_slow"))
    app.add_exception_handler(psycopg.errors.LockNotAvailable, always("query_too_slow"))
    app.add_exception_handler(psycopg.OperationalError, always("ledger_unavailable"))
    app.add_exception_handler(psycopg.errors.UndefinedTable, always("view_missing"))
    app.add_exception_handler(Overloaded, always("ledger_busy"))
    app.add_exception_handler(CursorInvalid, always("cursor_invalid"))
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, parameters)


def _allowed(app: FastAPI, request: Request) -> str:
    """Return every method of the address: the router names those of the first route that matches alone.

    A pattern that matches as well, behind an address that is written out, is about other addresses.
    """
    routes = [route for route in app.routes if isinstance(route, Route)]
    address = next(route.path for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    found = {method for route in routes if route.path == address for method in route.methods or ()}
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


def parameter_problems(errors: Sequence[Any]) -> tuple[Problem, ...]:
    """Return the framework's complaints about parameters as problems; the pointer names place and parameter."""
    return tuple(_parameter_problem(each) for each in errors)


def _parameter_problem(error: Mapping[str, Any]) -> Problem:
    place, *rest = (str(part) for part in error["loc"])
    pointer = "/" + "/".join([_PLACES.get(place, place), *rest]).lstrip("/")
    code = str(error["type"])
    limits = {key: value for key, value in (error.get("ctx") or {}).items() if isinstance(value, int | str)}
    zh, en = _PARAMETER_TEXTS.get(code, ("不符合规定", "does not have the required form"))
    return Problem(pointer, code, zh.format_map(limits), en.format_map(limits))


_PARAMETER_TEXTS = {
    "missing": ("缺少必填参数", "is required but missing"),
    "int_parsing": ("应为整数", "must be an integer"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} characters"),
    "string_pattern_mismatch": ("应符合 {pattern}", "must match {pattern}"),
    "string_too_long": ("最多 {max_length} 个字符", "takes at most {max_length} characters"),
}
