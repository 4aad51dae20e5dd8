"""An intake of one test's own topic, and what it answered."""

from typing import Any

import orjson
import psycopg

from consumers.intake import Intake
from consumers.trust import Trust, source_trust
from infra.services.topics import ensure_topics
from ledger.privacy.keeping import FieldStore
from ledger.service import Ledger
from projections.feed import LANES
from tests.support.services import Topics


def intake_of(
    ledger: Ledger, receipts: Any, topics: Topics, trust: Trust = source_trust, fields: FieldStore | None = None
) -> Intake:
    """The intake of a test's topic of submissions, in a group of its own."""
    return Intake(
        ledger=ledger,
        receipts=receipts,
        bootstrap=topics.bootstrap,
        topic=topics.submissions,
        trust=trust,
        group=f"intake {topics.submissions}",
        ensure_topics=lambda: ensure_topics(topics.bootstrap, {topics.submissions: LANES}),
        fields=fields,
    )


def stored_answers(url: str) -> list[dict[str, Any]]:
    """Every stored answer, in order."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT body FROM intake_receipts ORDER BY position").fetchall()
    return [orjson.loads(body) for (body,) in rows]
