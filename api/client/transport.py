"""One request at a time, asked again where the ledger asks for patience: every operation of it is safe to repeat.

Reads change nothing, and a submission has a permanent identity. The wait is the server's ``Retry-After`` where it
gives one (RFC 9110, 10.2.3), else it doubles, with some chance in it, up to a total that the caller sets.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from api.client.errors import UnreachableError, error_of

PATIENCE_SECONDS = 30.0
_AGAIN = frozenset({429, 503})
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 5.0

Params = Mapping[str, str | int | bool | None]


class Transport:
    """The connection to one address, as one party or as nobody."""

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        reason: str | None = None,
        timeout: float = 30.0,
        patience: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Read-Reason": reason} if reason else {}
        self.address = address.rstrip("/")
        self._patience = patience
        self._sleep = sleep
        self._http = httpx.Client(base_url=self.address, headers=headers, timeout=timeout)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Wait a little longer than so many seconds, so that callers who broke off together do not return together."""
        self._sleep(seconds * random.uniform(1.0, 1.25))  # noqa: S311 - chance, not a secret

    def ask(self, method: str, path: str, *, params: Params | None = None, **options: Any) -> httpx.Response:
        """Return a whole response; raise ``ProblemError``, or ``UnreachableError`` once patience ends."""
        response = self._patiently(self._request(method, path, params, options), whole=True)
        if response.status_code >= 400:
            raise error_of(response)
        return response

    @contextmanager
    def streamed(
        self, method: str, path: str, *, params: Params | None = None, **options: Any
    ) -> Iterator[httpx.Response]:
        """Lend a response whose body is still to come; raise as :meth:`ask` does."""
        response = self._patiently(self._request(method, path, params, options), whole=False)
        try:
            if response.status_code >= 400:
                response.read()
                raise error_of(response)
            yield response
        finally:
            response.close()

    def _request(self, method: str, path: str, params: Params | None, options: Mapping[str, Any]) -> httpx.Request:
        given = {name: _plain(value) for name, value in (params or {}).items() if value is not None}
        return self._http.build_request(method, path, params=given or None, **options)

    def _patiently(self, request: httpx.Request, *, whole: bool) -> httpx.Response:
        deadline, pause = time.monotonic() + self._patience, _FIRST_WAIT_SECONDS
        while True:
            left = deadline - time.monotonic()
            try:
                response = self._http.send(request, stream=not whole)
            except httpx.TransportError as error:
                if pause > left:
                    raise UnreachableError(self.address, repr(error)) from error
                wait = pause
            else:
                if response.status_code not in _AGAIN:
                    return response
                wait = max(retry_after(response.headers.get("retry-after")), pause)
                if wait > left:
                    return response
                response.close()
            self.pause(wait)
            pause = min(pause * 2, _LONGEST_WAIT_SECONDS)


def retry_after(header: str | None, now: datetime | None = None) -> float:
    """Return the seconds that a ``Retry-After`` header asks for, 0 where it asks for nothing that is understood."""
    if header is None:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return max((at - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _plain(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
