"""The rows about how bureaux are organised and superintended: planning regions, campaign leaders, contacts, guidance.

Each follows from one authority's own timeline alone.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from ledger.authorities.state import AuthorityState
from ledger.facts import Fact
from ledger.timeline import Timeline
from projections import copying

_SAID = {"supervision_opinion_issued": "opinion", "assessed": "assessment"}


def _planning_regions(state: AuthorityState) -> Mapping[Hashable, bytes]:
    text = copying.text
    return {
        each.code: b"\t".join(
            (text(each.code), text(each.name_zh), text(each.name_en), copying.array(sorted(each.cities)))
        )
        for each in state.planning_regions
    }


def _leaders(state: AuthorityState) -> Mapping[Hashable, bytes]:
    return {each: b"\t".join(map(copying.text, each)) for each in state.campaign_leaders}


def _contacts(state: AuthorityState) -> Mapping[Hashable, bytes]:
    text = copying.text
    return {
        each.code: b"\t".join(
            (
                text(each.code),
                text(each.unit),
                copying.array(sorted(each.published)),
                copying.array(list(each.digests)),
                text(each.source),
                text(each.event_id),
            )
        )
        for each in state.contacts
    }


PARTS: dict[str, Callable[[AuthorityState], Mapping[Hashable, bytes]]] = {
    "planning_region": _planning_regions,
    "leader": _leaders,
    "contact": _contacts,
}


def superintended(timeline: Timeline[Any]) -> Iterator[bytes]:
    """Yield each act by which an authority above guided, inspected or assessed this one: kind, who, day (S0-95)."""
    for fact in timeline.applied:
        kind = _kind(fact)
        if kind is not None:
            text = copying.text
            numbered = fact.data.get("document_number")
            yield b"\t".join(
                (text(kind), text(fact.source), fact.effective.encode(), text(numbered), text(fact.data.get("result")))
            )


def _kind(fact: Fact) -> str | None:
    name = fact.type.removeprefix("authority.")
    return str(fact.data["function"]) if name == "guidance_issued" else _SAID.get(name)
