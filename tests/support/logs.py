"""A database that holds a log of some 700 events under two checkpoints, and what a test does with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from infra.log_reader import PostgresLogReader
from infra.open_ledger import open_ledger
from ledger.envelope import Submission
from ledger.service import Incoming
from tests.support.lives import lives
from tests.support.notarised import notarise
from tests.support.services import fresh_database
from tests.support.statements import certificate, issued, suspended
from tests.unit.evidence.making import LOG

OLD = 300
SUBJECT = certificate("10131Q99999R0M")


@dataclass(frozen=True)
class Log:
    """A database with a log under checkpoints, and the notes of its checkpoints."""

    url: str
    notes: list[bytes]

    def reader(self) -> PostgresLogReader:
        return PostgresLogReader(self.url, [LOG.verifier])


def statements() -> Iterator[Submission]:
    every = list(lives(120, 700))
    yield from every[:200]
    yield issued("10131Q99999R0M")
    yield from every[200:500]
    yield suspended("10131Q99999R0M")
    yield from every[500:]


@pytest.fixture(scope="session")
def notarised_template(database_server: str, template_database: str) -> Iterator[tuple[str, list[bytes]]]:
    """The name of a database with a log of some 600 events under two checkpoints."""
    with fresh_database(database_server, template_database) as url:
        ledger = open_ledger(url)
        every = [Incoming(each, "test") for each in statements()]
        for at in range(0, len(every), 200):
            ledger.submit(every[at : at + 200])
        ledger.close()
        notes = notarise(url, [OLD])
        yield urlsplit(url).path.removeprefix("/"), notes


@pytest.fixture
def log(database_server: str, notarised_template: tuple[str, list[bytes]]) -> Iterator[Log]:
    """A copy of that database, to do with as an administrator pleases."""
    template, notes = notarised_template
    with fresh_database(database_server, template) as url:
        yield Log(url, notes)
