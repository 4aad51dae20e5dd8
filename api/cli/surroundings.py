"""Where database, broker and server are: the environment says so, else the embedded ones of the run folder."""

from collections.abc import Callable
from typing import Any

import psycopg

from consumers.cluster import Cluster
from infra.kafka_credentials import kafka_credentials
from infra.postgres_log import PLANNING
from infra.services.errors import ServiceUnavailableError
from infra.services.kafka import running_bootstrap
from infra.services.postgres import running_url
from infra.services.topics import TOPICS, ensure_topics
from infra.settings import Settings

EVERY_VIEW = ("register", "history", "trail", "search", "access", "keys", "inspections", "authorities", "ledgers")


def database_url(settings: Settings) -> str:
    """Return the database's URL, or raise with what to do where none runs."""
    url = settings.database_url or running_url(settings.run_dir / "postgres")
    if url is None:
        raise ServiceUnavailableError(
            "数据库没有运行。请先运行 make run(或设 CERTLEDGER_DATABASE_URL)。",
            "No database is running. Start it with `make run`, or set CERTLEDGER_DATABASE_URL.",
        )
    return url


def bootstrap(settings: Settings) -> str | None:
    """Return the broker's address, ``None`` where there is none: views then follow the store itself."""
    embedded = running_bootstrap(settings.run_dir / "kafka") if settings.in_development else None
    return settings.kafka or embedded


def cluster(settings: Settings) -> Cluster | None:
    """Return the brokers and our credentials, ``None`` where there are none."""
    address = bootstrap(settings)
    return None if address is None else Cluster(address, kafka_credentials(settings))


def needed_cluster(settings: Settings) -> Cluster:
    """Return the brokers and our credentials, or raise with what to do where there are none."""
    found = cluster(settings)
    if found is None:
        raise ServiceUnavailableError(
            "Kafka 没有运行。请先运行 make run(或设 CERTLEDGER_KAFKA)。",
            "Kafka is not running. Start it with `make run`, or set CERTLEDGER_KAFKA.",
        )
    return found


def topics_at(settings: Settings, brokers: Cluster, *names: str) -> Callable[[], object]:
    """Return what makes these topics, or only looks whether they are there (``CERTLEDGER_KAFKA_TOPICS``)."""
    manage, wanted = settings.kafka_topics == "manage", {name: TOPICS[name] for name in names}
    return lambda: ensure_topics(brokers.servers, wanted, credentials=brokers.credentials, manage=manage)


def connector(url: str) -> Callable[[], psycopg.Connection[Any]]:
    """Return what opens a connection for a view's projector.

    Rows and bookmark are one transaction, so a server that crashes before it is on disk loses both, and the feed
    delivers again: waiting for the disk at every batch would buy nothing.
    """
    options = f"-c synchronous_commit=off {PLANNING}"
    return lambda: psycopg.connect(url, autocommit=True, connect_timeout=10, options=options)
