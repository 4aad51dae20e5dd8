"""What the tests of consumers stand on: a ledger, its answers, and somebody who sends."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaProducer

from infra.open_ledger import open_ledger
from infra.receipts import ReceiptStore
from ledger.service import Ledger
from tests.support.services import Topics


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with closing(open_ledger(database_url)) as ledger:
        yield ledger


@pytest.fixture
def receipts(database_url: str) -> Iterator[ReceiptStore]:
    with closing(ReceiptStore(database_url)) as store:
        yield store


@pytest.fixture
def producer(kafka_topics: Topics) -> Iterator[KafkaProducer]:
    with closing(KafkaProducer(bootstrap_servers=kafka_topics.bootstrap)) as producer:
        yield producer
