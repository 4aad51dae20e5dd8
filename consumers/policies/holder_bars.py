"""Bars from certification that follow from a scheme's rules alone: after an own-cause decision, after a body's loss.

What to submit is a function of the event and of its stream up to it, so that every delivery submits the same bytes
under the same identities, and the ledger's answer to the second is its answer to the first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from ledger.certificates.machine import MACHINE
from ledger.certificates.state import CertificateState
from ledger.codes.bars import BarRule, bar_rule, barring_types
from ledger.codes.statuses import Status
from ledger.days import add_days, add_months
from ledger.envelope import Recorded, make_event
from ledger.facts import Fact
from ledger.families import EVENT_TYPES, organisation_stream
from ledger.timeline import Timeline, state_on, states

SPEAKER = "clock"
_REASONS = {
    "own_cause": "因自身原因被暂停或撤销认证 Certification suspended or withdrawn for the client's own cause",
    "body_lost_approval": "认证机构丧失批准 The certification body lost its approval",
}
_CLIENT = frozenset({Status.VALID, Status.SUSPENDED})

Key = tuple[str, str, str]  # the organisation, and the identity of the fact from which the bar follows
Wanted = dict[Key, dict[str, Any]]


class Streams(Protocol):
    """What was recorded, by stream."""

    def history(self, stream: str, through: int) -> Iterator[tuple[Recorded, Timeline[Any]]]:
        """Yield each event of a stream up to a version with the timeline after it."""
        ...

    def certificates_of(self, body: str) -> Iterator[Timeline[CertificateState]]:
        """Yield the timeline of every certificate of a body, as known now."""
        ...


@dataclass(frozen=True, slots=True)
class _Submitted:
    identity: str
    data: dict[str, Any]


def holder_bars(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the CloudEvents to submit after a recorded event; CNCA-QMS-01:2025, dated rows in ``ledger.codes``."""
    if not _may_matter(recorded):
        return []
    family, _, name = recorded.stream.partition(":")
    if family == "certificate":
        return _follow(recorded, streams, _wanted_of_certificate)
    if family == "body":
        return _follow(recorded, streams, lambda timeline: _wanted_of_body(timeline, streams, name))
    return []


def _may_matter(recorded: Recorded) -> bool:
    """A bar comes or goes with a barring event, a correction, a release of held facts, or a change of the holder."""
    event_type, data = recorded.event["type"], recorded.event["data"]
    return (
        event_type in barring_types()
        or EVENT_TYPES[event_type].corrects
        or bool(recorded.record.get("releases"))
        or "holder" in (data.get("changes") or {})
    )


def _follow(
    recorded: Recorded, streams: Streams, wanted_of: Callable[[Timeline[Any]], Wanted]
) -> Iterable[dict[str, Any]]:
    """Return what the last event of a history adds to, changes in or takes from the bars wanted before it."""
    standing: dict[Key, _Submitted] = {}
    said: list[dict[str, Any]] = []
    for event, timeline in streams.history(recorded.stream, recorded.version):
        if not _may_matter(event):
            continue
        said, wanted = [], wanted_of(timeline)
        for key in [*sorted(standing.keys() - wanted.keys()), *wanted]:
            before, data = standing.get(key), wanted.get(key)
            identity = _identity(key, event)
            if before is None and data is not None:
                standing[key] = _Submitted(identity, data)
                said.append(_event("organisation.barred", key[0], identity, event, data))
            elif before is not None and before.data != data:
                said.append(_event("organisation.corrected", key[0], identity, event, _correction(before, data)))
                if data is None:
                    del standing[key]
                else:
                    standing[key] = _Submitted(before.identity, data)
    return said


def _correction(before: _Submitted, data: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "corrects": {"id": before.identity, "source": SPEAKER},
        "reason": "所依据的决定已更正 Its cause was corrected",
        "replacement": data,
    }


def _wanted_of_certificate(timeline: Timeline[CertificateState]) -> Wanted:
    wanted: Wanted = {}
    for fact, state in states(MACHINE, timeline.applied):
        code = str(state.details.get("project_code", ""))
        holder = (state.details.get("holder") or {}).get("code")
        rule = bar_rule(fact.type, fact.data.get("reason_code"), code, fact.effective)
        if rule is not None and holder:
            stream = organisation_stream(holder)
            wanted[(stream, fact.source, fact.id)] = _bar(rule, fact)
    return wanted


def _wanted_of_body(timeline: Timeline[Any], streams: Streams, body: str) -> Wanted:
    losses = [(f, rule) for f in timeline.applied if (rule := bar_rule(f.type, None, None, f.effective))]
    wanted: Wanted = {}
    for certificate in streams.certificates_of(body) if losses else ():
        for fact, rule in losses:
            state = state_on(MACHINE, certificate, fact.effective)
            holder = (state.details.get("holder") or {}).get("code")
            concerned = str(state.details.get("project_code", "")).startswith(rule.projects)
            if holder and concerned and state.status in _CLIENT and fact.effective <= state.expires:
                wanted[(organisation_stream(holder), fact.source, fact.id)] = _bar(rule, fact)
    return wanted


def _bar(rule: BarRule, fact: Fact) -> dict[str, Any]:
    return {
        "cause": {"id": fact.id, "source": fact.source},
        "effective": fact.effective,
        "kind": rule.kind,
        "projects": list(rule.projects),
        "reason": f"{_REASONS[rule.kind]} ({rule.source})",
        "until": add_days(add_months(fact.effective, rule.months), -1),
    }


def _identity(key: Key, event: Recorded) -> str:
    digest = sha256("\n".join(key).encode()).hexdigest()[:32]
    return f"bar-{digest}-{event.version}"


def _event(type_: str, subject: str, identity: str, event: Recorded, data: Mapping[str, Any]) -> dict[str, Any]:
    return make_event(type_=type_, source=SPEAKER, identity=identity, subject=subject, time=event.recorded, data=data)
