"""The event-sourcing library's own test cases pass on our recorders."""

from itertools import count
from typing import Any

import pytest
from eventsourcing.tests import persistence as cases

from infra.memory_log import MemoryRecorder
from infra.open_ledger import open_ledger
from ledger.service import Ledger

_IDS = count(1)


class _TextIdentifiers:
    INITIAL_VERSION = 1

    def new_originator_id(self) -> str:
        return f"case:library:{next(_IDS)}"


class TestMemoryRecorder(_TextIdentifiers, cases.ApplicationRecorderTestCase):  # type: ignore[type-arg, misc]  # shipped untyped
    def create_recorder(self) -> Any:
        return MemoryRecorder()


class _OnPostgres(_TextIdentifiers):
    ledger: Ledger

    @pytest.fixture(autouse=True)
    def _database(self, database_url: str) -> Any:
        self.ledger = open_ledger(database_url, pool_size=24)
        yield
        self.ledger.close()

    def create_recorder(self) -> Any:
        return self.ledger.recorder


class TestLedgerRecorder(_OnPostgres, cases.ApplicationRecorderTestCase):  # type: ignore[type-arg, misc]  # shipped untyped
    pass


class TestPositionsDoNotInterleave(_OnPostgres, cases.NonInterleavingNotificationIDsBaseCase):  # type: ignore[misc]  # shipped untyped
    insert_num = 1000
