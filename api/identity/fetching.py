"""One JSON object is fetched from the provider: over TLS, from the very address asked, bounded in time and size."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from api.identity.reading import TokenRefusedError, read_object

Fetch = Callable[[str], Awaitable[dict[str, Any]]]
_LARGEST_BYTES = 256 * 1024
_SECONDS = 3.0


class ProviderUnavailableError(Exception):
    """The provider's metadata or keys cannot be had now; whether a token is right is not known."""


def is_acceptable(address: str, *, development: bool) -> bool:
    """Return whether an address may be fetched: https, or in development plain http on this very machine."""
    parts = urlsplit(address)
    if parts.username is not None or parts.fragment or not parts.hostname:
        return False
    if parts.scheme == "https":
        return True
    try:
        loopback = ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        loopback = parts.hostname == "localhost"
    return development and parts.scheme == "http" and loopback


def fetcher(*, development: bool) -> Fetch:
    """Return the function that fetches; it raises :class:`ProviderUnavailableError` and nothing else.

    A redirect is not followed: where keys come from is the operator's choice and not the answering server's.
    """

    async def fetch(address: str) -> dict[str, Any]:
        if not is_acceptable(address, development=development):
            raise ProviderUnavailableError("the address is not https")
        try:
            # In development the provider is on this machine, where a proxy has no business.
            async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False, trust_env=not development) as client:
                return await _fetched(client, address)
        except (httpx.HTTPError, TokenRefusedError) as error:
            raise ProviderUnavailableError(type(error).__name__) from error

    return fetch


async def _fetched(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    async with client.stream("GET", address, headers={"Accept": "application/json"}) as response:
        if response.status_code != httpx.codes.OK:
            raise ProviderUnavailableError(f"status {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST_BYTES:
                raise ProviderUnavailableError("more than is read")
    return read_object(bytes(body))
