"""Which client a network address stands for: IPv4 by the address, IPv6 by its /64, since one host owns a whole /64."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from infra.limits import Network

_HOST_BITS = 64


@lru_cache(maxsize=8192)
def client_key(host: str) -> str:
    """Return the key under which a client is counted; anything that is no address (a Unix socket) counts as one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS)}/64"
    return str(address)


def is_within(host: str, networks: Sequence[Network]) -> bool:
    """Return whether an address belongs to one of the networks."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return any(address.ipv4_mapped in network for network in networks)
    return any(address in network for network in networks)
