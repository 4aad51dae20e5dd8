"""Tests share one real server of each kind, and each test has its own database and topics in it."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from infra.settings import Settings
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Topics:
    """The three topics of one test, under names of its own."""

    bootstrap: str
    events: str
    submissions: str
    receipts: str

    @property
    def names(self) -> list[str]:
        return [self.events, self.submissions, self.receipts]


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where CERTLEDGER_REQUIRE_SERVICES says that the services must be there."""
    if Settings().require_services:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A temporary folder that an unprivileged server can enter, unlike pytest's own under root."""
    folder = Path(tempfile.mkdtemp(prefix="certledger-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _dropped(connection: psycopg.Connection[Any], name: str) -> bool:
    try:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        # The server's own vacuum is at work in it, and is nobody's to end; it is soon done.
        return False
    return True


@contextmanager
def fresh_database(server: str, template: str | None = None) -> Iterator[str]:
    """The URL of a new database on this server, a copy of `template` if given; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    copied = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            eventually(lambda: _dropped(connection, name), 60)
