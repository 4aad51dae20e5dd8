"""Two worlds whose public facts are the same, and whose restricted ones are about others at the very same positions."""

import random
from collections.abc import Iterator

import psycopg

from infra.open_ledger import open_memory_ledger
from ledger.days import instant_text
from ledger.envelope import Submission, open_recorded
from ledger.log import Row
from tests.support.access import (
    CITY,
    COUNTY,
    LAB,
    OWN,
    case_opened,
    finding,
    inspected,
    penalty,
    planned,
    public_facts,
    refused,
    sample,
)
from tests.support.statements import HOLDER, accept, certificate, corrected, decided, issued, statement

CODES = {"one": "91350100M000100Y43", "other": "91350100M000103058"}
NAMES = {"one": "甲号申请有限公司", "other": "乙号申请有限公司"}
_INSERT = """
    INSERT INTO ledger_events (originator_id, originator_version, topic, state, notification_id, source, event_id,
        recorded_at, access) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def numbers(world: str) -> list[str]:
    """The numbers of the certificates whose matters one of the worlds keeps to itself."""
    return [f"101{world.upper()}{index:03d}" for index in range(3)]


def secret_names(world: str) -> list[str]:
    """Every identifier that stands in restricted facts of one world alone."""
    streams = [f"inspection:{world}-{index}" for index in range(6)]
    return [*streams, *(f"case:{OWN}:{world}-{i}" for i in range(6)), *(f"REF{world}{i}" for i in range(6))]


def story(seed: int, world: str) -> Iterator[Submission]:
    """The statements of one world; the same seed gives the same public ones in the same places."""
    rng = random.Random(seed)
    yield from public_facts()
    for each in ("one", "other"):
        for number in numbers(each):
            yield issued(number, details={**issued().data["details"], "holder": {**HOLDER, "code": CODES[each]}})
    for index in range(6):
        kind, place = rng.choice(("inspection", "case", "application")), rng.choice((COUNTY, CITY))
        if kind == "inspection":
            yield from _inspection(rng, f"inspection:{world}-{index}", world, place)
        elif kind == "case":
            target = f"organisation:{CODES[world]}"
            yield case_opened(f"case:{OWN}:{world}-{index}", OWN, COUNTY, target)
            if rng.random() < 0.6:
                yield penalty(f"case:{OWN}:{world}-{index}")
        else:
            holder = {**HOLDER, "code": CODES[world], "name_zh": NAMES[world]}
            application = refused(certificate(f"REF{world}{index}"), holder=holder)
            yield application
            if rng.random() < 0.5:
                restated = {**application.data, "reason": "补充理由"}
                yield corrected(application, restated, identity=f"correction {index}")
        yield decided("maintained", f"2031-03-{10 + index}", rng.choice(numbers(rng.choice(("one", "other")))))


def _inspection(rng: random.Random, stream: str, world: str, place: str) -> Iterator[Submission]:
    source = "CNCA" if place == CITY else OWN
    performed = inspected(stream, source, place, CODES[world])
    named = [certificate(number) for number in numbers(world)]
    if rng.random() < 0.7:
        plan = planned(stream, source, place)
        yield statement_with(plan, organisation=CODES[world], certificates=named, effective="2031-02-20", units=[])
    if rng.random() < 0.3:
        return
    yield statement_with(performed, certificates=named)
    for number in range(rng.randint(0, 2)):
        yield finding(stream, source, f"F{number}")
    if rng.random() < 0.5:
        yield sample(stream, LAB)


def statement_with(submission: Submission, **data: object) -> Submission:
    """The same statement with some of its data changed."""
    said = {**submission.data, **data}
    return statement(submission.type.name, submission.subject, said, source=submission.source)


def recorded(seed: int, world: str) -> list[Row]:
    """The rows of one world's log."""
    ledger = open_memory_ledger()
    accept(ledger, *story(seed, world))
    return list(ledger.event_log.read(0, 10_000))


def fill(url: str, rows: list[Row], times_of: list[Row]) -> None:
    """Put rows into an empty log as if they had been recorded at the times of others."""
    with psycopg.connect(url) as connection:
        for row, other in zip(rows, times_of, strict=True):
            mine, theirs = (b'"recorded":"%b"' % instant_text(each.recorded).encode() for each in (row, other))
            raw = row.raw.replace(mine, theirs)
            event = open_recorded(row.position, raw).event
            identity = (event["source"], event["id"])
            known = (row.stream, row.version, row.type, raw, row.position, *identity, other.recorded, row.access)
            connection.execute(_INSERT, known)
