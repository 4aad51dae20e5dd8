"""Where the brokers are and who we are to them; credentials are carried along and never shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cluster:
    """Bootstrap servers (``host:port,…``) and the client's options of security, in kafka-python's names."""

    servers: str
    credentials: Mapping[str, object] = field(default_factory=dict, repr=False, hash=False)

    def options(self) -> dict[str, Any]:
        """Return the options with which every client of ours connects."""
        return {"bootstrap_servers": self.servers.split(","), **self.credentials}


Bootstrap = str | Cluster


def cluster_of(bootstrap: Bootstrap) -> Cluster:
    """Return the cluster; a plain address is one that asks for no credentials."""
    return bootstrap if isinstance(bootstrap, Cluster) else Cluster(bootstrap)
