"""The whole chain that makes receipts, over one database: notary and status map beside the interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from consumers.status_map import Rhythm
from infra.status_map_store import PostgresMapStore
from ledger.evidence.policy import Policy
from ledger.evidence.receiptcheck import Checked, check_receipt
from ledger.evidence.verify import Question
from ledger.service import Ledger
from tests.support.consumers import running
from tests.support.maps import map_of
from tests.support.notaries import notary_of
from tests.unit.evidence.making import LOG

POLICY = Policy(logs=[LOG.verifier])
UNHURRIED = Rhythm(growing_seconds=60.0, idle_seconds=3_600.0)


@contextmanager
def proving(
    url: str, ledger: Ledger, folder: Path, rhythm: Rhythm = UNHURRIED, store: PostgresMapStore | None = None
) -> Iterator[None]:
    """A notary and a status map that follow."""
    store = store or PostgresMapStore(url, kept=timedelta(days=1))
    with running(notary_of(url, folder).run, map_of(url, ledger, rhythm=rhythm, store=store).run):
        yield


def checked(raw: bytes, **more: Any) -> Checked:
    return check_receipt(raw, Question(more.pop("now", 2e9), more.pop("policy", POLICY), **more))


def codes(found: Checked) -> list[str]:
    return [each.code for each in found.report.findings]
