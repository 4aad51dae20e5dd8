"""Requests to addresses that others chose (webhooks, witnesses) reach the public internet alone, never our own network.

The name is resolved once, every address it has is judged, and the connection goes to a judged one: a name that
answers differently the second time gains nothing. No redirects, no proxies, bounded size and time.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

import httpx
import idna

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

_URL_LENGTH = 2_048
# Prefixes in which an IPv4 address is written: what is inside counts (RFC 6052, RFC 3056, RFC 4291 2.5.5.1).
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_SITE_LOCAL = IPv6Network("fec0::/10")


class OutboundRefused(ValueError):  # noqa: N818 - says what became of the request
    """The address is one that this service must not call; ``reason`` is a short stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"拒绝访问该外部地址({reason})。 Refusing to call this address ({reason}).")
        self.reason = reason


class OutboundFailed(RuntimeError):  # noqa: N818 - likewise
    """The address may be called but gave no answer within the bounds; ``reason`` is a short stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"外部地址没有给出可用的回答({reason})。 No usable answer came from the address ({reason}).")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be called. ``allow_loopback`` is for development: this machine itself, then also by plain HTTP."""

    allow_loopback: bool = False
    ports: frozenset[int] = frozenset({443, 8443})
    maximum_bytes: int = 1024 * 1024
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """A sound URL, taken apart: ``host`` is an ASCII name or an address literal without brackets."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, within the bounds."""

    status: int
    content: bytes
    content_type: str


def parse(url: str, policy: Policy) -> Target:
    """Return the parts of a URL, or raise :class:`OutboundRefused`; asks nobody."""
    if len(url) > _URL_LENGTH or any(ord(letter) <= 0x20 or letter in "\\\x7f" for letter in url):
        raise OutboundRefused("url_malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefused("url_malformed") from error
    if parts.scheme != "https" and not (policy.allow_loopback and parts.scheme == "http"):
        raise OutboundRefused("scheme_not_https")
    if "@" in parts.netloc or parts.fragment or not parts.hostname:
        raise OutboundRefused("url_malformed")
    host = _host(parts)
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in policy.ports and not policy.allow_loopback:
        raise OutboundRefused("port_not_allowed")
    try:
        path = httpx.URL(url).raw_path.decode("ascii")
    except httpx.InvalidURL as error:
        raise OutboundRefused("url_malformed") from error
    return Target(parts.scheme, host, port, path)


def pin(target: Target, policy: Policy, resolve: Resolve | None = None) -> Address:
    """Return the address to connect to; raise :class:`OutboundRefused` if any address of the host is not public.

    One forbidden address among several refuses the name: whoever answers so is trying something.
    """
    try:
        found = [ip_address(each.partition("%")[0]) for each in (resolve or _resolved)(target.host, target.port)]
    except OSError as error:
        raise OutboundFailed("name_unknown") from error
    if not found:
        raise OutboundFailed("name_unknown")
    if policy.allow_loopback and all(_unwrapped(each).is_loopback for each in found):
        return found[0]
    if target.scheme != "https":
        raise OutboundRefused("scheme_not_https")
    if target.port not in policy.ports:
        raise OutboundRefused("port_not_allowed")
    if not all(is_public(each) for each in found):
        raise OutboundRefused("address_not_public")
    return found[0]


def is_public(address: Address) -> bool:
    """Return whether an address is of the public internet, however it is written."""
    inner = _unwrapped(address)
    if inner != address:
        return is_public(inner)
    if isinstance(address, IPv6Address):
        if address in _SITE_LOCAL or address in _LOCAL_NAT64:
            return False
        if address.teredo is not None:
            return all(map(is_public, address.teredo))
    return address.is_global and not address.is_multicast and not address.is_reserved


def call(
    method: str,
    url: str,
    *,
    policy: Policy,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    resolve: Resolve | None = None,
) -> Answer:
    """Make one request and return its answer.

    Raises :class:`OutboundRefused` before anything is sent, :class:`OutboundFailed` where no answer came in bounds.
    A redirect is an answer like any other.
    """
    target = parse(url, policy)
    address = pin(target, policy, resolve)
    until = time.monotonic() + policy.seconds
    literal = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    named = f"[{target.host}]" if ":" in target.host else target.host
    fields = {
        **(headers or {}),
        "Host": f"{named}:{target.port}",
        # A compressed answer could grow without bounds; none is asked for, and none is unpacked.
        "Accept-Encoding": "identity",
    }
    try:
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=policy.seconds) as client,
            client.stream(
                method,
                f"{target.scheme}://{literal}:{target.port}{target.path}",
                content=content,
                headers=fields,
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            body = bytearray()
            for part in answer.iter_raw(16_384):
                body += part
                if len(body) > policy.maximum_bytes:
                    raise OutboundFailed("answer_too_large")
                if time.monotonic() > until:
                    raise OutboundFailed("answer_too_slow")
            return Answer(answer.status_code, bytes(body), answer.headers.get("content-type", ""))
    except httpx.TimeoutException as error:
        raise OutboundFailed("answer_too_slow") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OutboundFailed("no_answer") from error


def _host(parts: SplitResult) -> str:
    """Return the host as an ASCII name, or as an address in its one canonical spelling."""
    given = parts.hostname or ""
    if "%" in given:
        raise OutboundRefused("url_malformed")
    if ":" in given:
        try:
            return str(IPv6Address(given))
        except ValueError as error:
            raise OutboundRefused("url_malformed") from error
    try:
        # UTS 46 turns full-width digits and ideographic full stops into what they stand for, before anything is judged.
        name = idna.encode(given, uts46=True).decode("ascii").lower().removesuffix(".")
    except idna.IDNAError as error:
        raise OutboundRefused("url_malformed") from error
    last = name.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        # A name that ends in a number is an address to every resolver; only the plain spelling is taken (WHATWG URL).
        try:
            return str(IPv4Address(name))
        except ValueError as error:
            raise OutboundRefused("url_malformed") from error
    return name


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and (address in _NAT64 or address in _COMPATIBLE) and int(address) > 1:
        carried = IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address


def _resolved(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
