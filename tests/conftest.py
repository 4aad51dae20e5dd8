import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient

from infra.migrations import migrate
from infra.services.errors import ServiceUnavailableError
from infra.services.kafka import EmbeddedKafka
from infra.services.postgres import EmbeddedPostgres
from infra.services.topics import EVENTS, RECEIPTS, SUBMISSIONS, ensure_topics
from infra.settings import Settings
from tests.support.services import Topics, folder_for_servers, fresh_database, unavailable

# All clients of a test come from one address, and some ask as fast as they can; what tests the quotas sets its own.
os.environ.setdefault("CERTLEDGER_LIMIT_ADDRESS_REQUESTS_PER_SECOND", "100000")
os.environ.setdefault("CERTLEDGER_LIMIT_ADDRESS_BURST", "1000000")
os.environ.setdefault("CERTLEDGER_LIMIT_PARTY_EVENTS_PER_SECOND", "100000")
os.environ.setdefault("CERTLEDGER_LIMIT_PARTY_BURST", "1000000")


@pytest.fixture
def service_dir() -> Iterator[Path]:
    """A folder for a server of the test's own, one that it may kill."""
    with folder_for_servers() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """The embedded server that all tests share; a test that kills one starts its own in `service_dir`."""
    with folder_for_servers() as folder:
        server = EmbeddedPostgres(folder / "postgres")
        try:
            server.start()
        except ServiceUnavailableError as error:
            unavailable(str(error))
        with server:
            yield server


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> str:
    """The URL of a server on which databases may be made: the external one if set, else the embedded one."""
    external = Settings().database_url
    if external:
        return external
    server: EmbeddedPostgres = request.getfixturevalue("postgres_server")
    return server.url()


@pytest.fixture(scope="session")
def template_database(database_server: str) -> Iterator[str]:
    """The name of a database with every migration applied; nobody stays connected to it."""
    with fresh_database(database_server) as url:
        migrate(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def empty_database_url(database_server: str) -> Iterator[str]:
    """The URL of a new database without any table."""
    with fresh_database(database_server) as url:
        yield url


@pytest.fixture
def database_url(database_server: str, template_database: str) -> Iterator[str]:
    """The URL of a new, migrated database."""
    with fresh_database(database_server, template_database) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[EmbeddedKafka]:
    """The embedded broker that all tests share; a test that kills one starts its own in `service_dir`."""
    with folder_for_servers() as folder:
        broker = EmbeddedKafka(folder / "kafka")
        try:
            broker.start()
        except ServiceUnavailableError as error:
            unavailable(str(error))
        with broker:
            yield broker


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> str:
    """The bootstrap servers: the external ones if set, else the embedded broker's."""
    external = Settings().kafka
    if external:
        return external
    broker: EmbeddedKafka = request.getfixturevalue("kafka_server")
    return broker.bootstrap


@pytest.fixture
def kafka_topics(kafka_bootstrap: str) -> Iterator[Topics]:
    """Three new topics of twelve partitions, deleted afterwards."""
    prefix = f"test-{uuid4().hex[:12]}"
    topics = Topics(kafka_bootstrap, *(f"{prefix}.{name}" for name in (EVENTS, SUBMISSIONS, RECEIPTS)))
    ensure_topics(kafka_bootstrap, dict.fromkeys(topics.names, 12))
    yield topics
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    try:
        admin.delete_topics(topics.names)
    finally:
        admin.close()
