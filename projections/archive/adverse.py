"""The adverse events about a certification body, each under its source of control, from one stream's timeline (S4-92).

A complaint that came to nothing holds until the day on which it was found to: from then on nothing is held against
the body for it.
"""

from collections.abc import Iterator
from typing import Any

from ledger.access.visibility import class_of
from ledger.codes.controls import Adverse, adverse_on
from ledger.days import Day
from ledger.facts import Fact
from ledger.inspections.responsible import responsible_for
from ledger.parties import party_of
from ledger.timeline import Timeline
from projections import copying

_BODY = "body:"
_SOCIAL = "social"


def adverse_rows(stream: str, timeline: Timeline[Any]) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """Yield a row for each applied fact that a row of the data calls adverse to a body."""
    text, day = copying.text, copying.day
    groundless = _groundless(timeline)
    for fact in timeline.applied:
        speaker = party_of(fact.source)
        row = adverse_on(fact.type, speaker.kind, fact.effective) if speaker else None
        said = row.says(fact.data) if row else ()
        body = _body(row, stream, fact, timeline) if row and said else None
        if row is None or body is None:
            continue
        yield (
            "adverse",
            (
                text(stream),
                b"%d" % fact.version,
                text(body),
                text(row.control),
                text(fact.type),
                text(fact.source),
                text(fact.id),
                fact.effective.encode(),
                day(groundless if row.control == _SOCIAL else None),
                copying.array(list(said)),
                text(class_of(fact.type)),
            ),
        )


def _body(row: Adverse, stream: str, fact: Fact, timeline: Timeline[Any]) -> str | None:
    if row.about == "subject":
        return stream
    if row.about == "target":
        named = fact.data.get("target") or timeline.tip.target
    else:
        performed = next((each for each in timeline.applied if each.type == "inspection.performed"), None)
        named = responsible_for(fact.data, performed.data if performed else {})
    return named if named and named.startswith(_BODY) else None


def _groundless(timeline: Timeline[Any]) -> Day | None:
    """Return the day on which a lead was dismissed, or its investigation found nothing."""
    for fact in timeline.applied:
        found_nothing = fact.type == "case.lead_investigated" and fact.data["outcome"] == "unsubstantiated"
        if found_nothing or fact.type == "case.lead_dismissed":
            return fact.effective
    return None
