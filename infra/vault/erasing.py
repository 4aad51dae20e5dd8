"""An erasure from the question to the ledger: what goes, the events that say so, and the recording of those events.

The vault's transaction is the point of no return; whatever is killed after it, :func:`record_pending` ends the work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
import psycopg

from infra.vault.store import Kept, Vault
from ledger.days import add_months, china_day, instant_text
from ledger.envelope import Submission, canonical_submission, make_event, parse_submission
from ledger.evidence.disclosures import digests_in
from ledger.outcomes import Outcome, Receipt
from ledger.parties import CLOCK
from ledger.privacy.events import MAXIMUM_ERASED
from ledger.privacy.fields import months_kept
from ledger.service import Incoming

Submit = Callable[[Sequence[Incoming]], Sequence[Outcome]]
RETENTION = "service_ended"
_ORPHAN_DAYS = 1
_PLACES = """
    SELECT source, event_id, notification_id, topic, recorded_at, state FROM ledger_events
    JOIN unnest(%s::text[], %s::text[]) AS wanted (source, event_id) USING (source, event_id)
"""
_IDENTITY_AT = "SELECT source, event_id FROM ledger_events WHERE notification_id = %s"


@dataclass(frozen=True, slots=True)
class Order:
    """Why fields are erased: the legal ground, who ordered it, and the SHA-256 of the request where there is one."""

    basis: str
    ordered_by: str
    kind: str = "request"
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event with personal fields was recorded, of which type, when, and the digests that it holds."""

    position: int
    type: str
    recorded: datetime
    digests: frozenset[str]


def identity_at(url: str, position: int) -> tuple[str, str] | None:
    """Return source and id of the event at a position."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_IDENTITY_AT, (position,)).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def places(url: str, fields: Sequence[Kept]) -> dict[tuple[str, str], Place]:
    """Return where the fields' events were recorded; what was never recorded is absent."""
    wanted = sorted({(each.source, each.event_id) for each in fields})
    with psycopg.connect(url) as connection:
        rows = connection.execute(_PLACES, ([each[0] for each in wanted], [each[1] for each in wanted])).fetchall()
    return {
        (source, event_id): Place(position, type_, at, digests_in(orjson.loads(bytes(state))["event"]["data"]))
        for source, event_id, position, type_, at, state in rows
    }


def erase(vault: Vault, url: str, fields: Sequence[Kept], order: Order, now: datetime) -> int:
    """Erase fields of the vault and write down the events that say so; return how many fields the log knew.

    The events are not recorded yet: see :func:`record_pending`. Raises :class:`~infra.vault.store.Changed` where the
    vault moved meanwhile: then nothing went.
    """
    known = places(url, fields)
    said = [
        {"position": place.position, "path": each.path, "digest": each.digest}
        for each in fields
        if (place := known.get((each.source, each.event_id))) is not None and each.digest in place.digests
    ]
    said.sort(key=lambda each: (each["position"], each["digest"]))
    parts = (said[start : start + MAXIMUM_ERASED] for start in range(0, len(said), MAXIMUM_ERASED))
    vault.erase(fields, [_event(part, order, now) for part in parts])
    return len(said)


def record_pending(vault: Vault, submit: Submit) -> int:
    """Submit the events of erasures that were carried out; return how many were recorded, or had been before.

    Raises ``RuntimeError`` with the code where the ledger refuses one: the erasure stands, and it is pending still.
    """
    pending = vault.pending()
    for identity, raw in pending:
        submission = parse_submission(raw)
        (outcome,) = submit([Incoming(submission, CLOCK)])
        if not isinstance(outcome, Receipt):
            raise RuntimeError(f"erasure {identity}: {outcome.code}")  # noqa: TRY004 - the outcome, not its type
        vault.recorded(identity, outcome.position)
    return len(pending)


def due(vault: Vault, url: str, now: datetime) -> list[Kept]:
    """Return the fields whose retention ended, and those whose event was not recorded within a day."""
    fields = vault.everything()
    known = places(url, fields)
    today = china_day(now)
    found = []
    for each in fields:
        place = known.get((each.source, each.event_id))
        if place is None or each.digest not in place.digests:
            if (now - each.stored).days >= _ORPHAN_DAYS:
                found.append(each)
            continue
        day = china_day(place.recorded)
        months = months_kept(place.type, each.path, today)
        if months is not None and add_months(day, months) < today:
            found.append(each)
    return found


def _event(part: Sequence[dict[str, Any]], order: Order, now: datetime) -> tuple[str, bytes]:
    """Return identity and bytes of the event about one part; the same fields always have the same stream."""
    number = sha256(orjson.dumps(part, option=orjson.OPT_SORT_KEYS)).hexdigest()
    data: dict[str, Any] = {
        "effective": china_day(now),
        "basis": order.basis,
        "ordered_by": order.ordered_by,
        "kind": order.kind,
        "erased": list(part),
    }
    if order.request is not None:
        data["request"] = order.request
    identity = f"erasure/{number}"
    submission = canonical_submission(
        make_event(
            type_="privacy.erased",
            source=CLOCK,
            identity=identity,
            subject=f"privacy:{number}",
            time=instant_text(now),
            data=data,
        )
    )
    if not isinstance(submission, Submission):
        # The order is wrong, and nothing was erased yet.
        raise ValueError(submission.code, [each.as_dict() for each in submission.problems])  # noqa: TRY004 - as it says
    return identity, submission.raw
