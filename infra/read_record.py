"""The record of readings and its check: each row is bound to the one before it, and the ledger holds heads of it.

A row that was edited, dropped or put in between is found by its number; one cut off at the end is found by an anchor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
import psycopg

from ledger.days import china_day, instant_text
from ledger.envelope import Submission, canonical_submission, make_event

STREAM = "reads:ledger"
SOURCE = "clock"
_START = bytes(32)
_ALL = """
    SELECT number, at, account, party, role, reason, operation, access, stream, digest FROM ledger_reads ORDER BY number
"""
_ANCHORS = "SELECT state FROM ledger_events WHERE originator_id = %s ORDER BY originator_version"
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a row, in both languages; ``number`` is the row's, or the anchored length."""

    number: int
    zh: str
    en: str


def anchor_of(number: int, at: datetime, digest: bytes) -> Submission:
    """Return the statement that vouches for the record up to a row; the same row always gives the same bytes."""
    event = make_event(
        type_="reads.anchored",
        source=SOURCE,
        identity=f"reads/{number}",
        subject=STREAM,
        time=instant_text(at),
        data={"effective": china_day(at), "size": number, "head": digest.hex()},
    )
    submission = canonical_submission(event)
    if not isinstance(submission, Submission):
        raise TypeError(f"the anchor of row {number} is no submission: {submission.code}")
    return submission


def digest_after(before: bytes, fields: tuple[Any, ...]) -> bytes:
    """Return a row's digest from the one before it and its fields, number and instant first (migration 022)."""
    number, at, *texts = fields
    return sha256(before + "\n".join((str(number), instant_text(at), *texts)).encode()).digest()


def check(database_url: str) -> Iterator[Fault]:
    """Yield every fault of the record, in one pass and constant memory; none means that it stands as it was written."""
    with psycopg.connect(database_url) as connection:
        anchors = {
            event["data"]["size"]: event["data"]["head"]
            for (state,) in connection.execute(_ANCHORS, (STREAM,))
            for event in (orjson.loads(bytes(state))["event"],)
        }
        before, last = _START, 0
        with connection.cursor("reads") as rows:
            rows.itersize = _PAGE
            for *fields, digest in rows.execute(_ALL):
                number = int(fields[0])
                if number != last + 1:
                    yield Fault(
                        number, f"缺少第 {last + 1} 至 {number - 1} 行", f"rows {last + 1}–{number - 1} missing"
                    )
                if digest_after(before, tuple(fields)) != bytes(digest):
                    yield Fault(number, "此行或其前一行已被改动", "this row or the one before it was changed")
                anchored = anchors.pop(number, None)
                if anchored is not None and anchored != bytes(digest).hex():
                    yield Fault(number, "与账本中的存证不符", "it differs from what the ledger vouches for")
                before, last = bytes(digest), number
    for size in sorted(anchors):
        yield Fault(
            size, f"账本存证有 {size} 行,现只有 {last} 行", f"the ledger vouches for {size} rows, {last} are left"
        )
