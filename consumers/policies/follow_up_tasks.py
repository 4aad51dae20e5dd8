"""Tasks that follow from a failed sample: a focused audit by each issuing body, linked checks of enterprise and bodies.

As with bars, what to submit is a function of the event and of its stream up to it, so that every delivery submits the
same bytes under the same identities. A plan goes where its cause goes: taken back or corrected with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Protocol

from ledger.days import add_days
from ledger.envelope import Recorded, make_event
from ledger.facts import Fact
from ledger.families import EVENT_TYPES, body_stream
from ledger.inspections.codes import mode_on
from ledger.inspections.tasks import TaskRule, task_rules
from ledger.parties import party_of
from ledger.timeline import Timeline

SPEAKER = "clock"
_NATIONAL = "CNCA"
_RESULT, _PERFORMED = "inspection.sample_result_recorded", "inspection.performed"

Wanted = dict[str, dict[str, Any]]


class Streams(Protocol):
    """What was recorded, by stream."""

    def history(self, stream: str, through: int) -> Iterator[tuple[Recorded, Timeline[Any]]]:
        """Yield each event of a stream up to a version with the timeline after it."""
        ...


def follow_up_tasks(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the CloudEvents to submit after a recorded event; S2-72, S4-104, rows in ``ledger.inspections.tasks``."""
    if not recorded.stream.startswith("inspection:") or not _may_matter(recorded):
        return []
    standing: dict[str, tuple[str, dict[str, Any]]] = {}
    said: list[dict[str, Any]] = []
    for event, timeline in streams.history(recorded.stream, recorded.version):
        if not _may_matter(event):
            continue
        said, wanted = [], _wanted(timeline)
        for stream in [*sorted(standing.keys() - wanted.keys()), *wanted]:
            before, data = standing.get(stream), wanted.get(stream)
            identity = f"{stream.partition(':')[2]}-{event.version}"
            if before is None and data is not None:
                standing[stream] = (identity, data)
                said.append(_event("inspection.planned", stream, identity, event, data))
            elif before is not None and before[1] != data:
                said.append(_event("inspection.corrected", stream, identity, event, _correction(before[0], data)))
                if data is None:
                    del standing[stream]
                else:
                    standing[stream] = (before[0], data)
    return said


def _may_matter(recorded: Recorded) -> bool:
    """A failed sample, the inspection that it belongs to, a correction of either, or what they release."""
    event_type = recorded.event["type"]
    return (
        event_type in {_RESULT, _PERFORMED} or EVENT_TYPES[event_type].corrects or bool(recorded.record.get("releases"))
    )


def _wanted(timeline: Timeline[Any]) -> Wanted:
    performed = next((fact for fact in timeline.applied if fact.type == _PERFORMED), None)
    wanted: Wanted = {}
    for fact in timeline.applied if performed else ():
        if performed is None or fact.type != _RESULT or fact.data["passed"]:
            continue
        certificates = fact.data.get("certificates") or performed.data.get("certificates") or ()
        issued = _by_issuer(certificates)
        for rule in task_rules(fact.effective):
            for body in issued if rule.whom == "issuers" else ("",):
                stream, data = _task(rule, fact, performed, body, issued.get(body) or sorted(certificates))
                wanted[stream] = data
    return wanted


def _task(
    rule: TaskRule, fact: Fact, performed: Fact, body: str, certificates: list[str]
) -> tuple[str, dict[str, Any]]:
    region = performed.data["region"]
    lead = {"issuer": body, "place": f"SAMR-{region}", "national": _NATIONAL}[rule.lead]
    key = f"{rule.id}\n{fact.source}\n{fact.id}\n{body}"
    mode = mode_on(rule.mode, fact.effective)
    data: dict[str, Any] = {
        "cause": {"id": fact.id, "source": fact.source},
        "due": add_days(fact.effective, rule.days),
        "effective": fact.effective,
        "mode": rule.mode,
        "programme": mode.programme if mode else "special",
        "purpose": f"抽查不合格的后续任务 Follow-up of a failed sample ({rule.source})",
        "region": region,
        "stage": rule.stage,
        "units": [{"role": "lead", "unit": lead}],
    }
    if certificates:
        data["certificates"] = certificates
    if rule.whom == "issuers" and rule.lead != "issuer":
        data["target"] = body_stream(body)
    else:
        data |= {name: performed.data[name] for name in ("organisation", "target") if performed.data.get(name)}
    return f"inspection:task-{sha256(key.encode()).hexdigest()[:32]}", data


def _by_issuer(certificates: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in sorted(certificates):
        family, _, rest = each.partition(":")
        body = rest.partition(":")[0]
        if family == "certificate" and party_of(body) is not None:
            found.setdefault(body, []).append(each)
    return found


def _correction(identity: str, data: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "corrects": {"id": identity, "source": SPEAKER},
        "reason": "所依据的结果已更正 Its cause was corrected",
        "replacement": data,
    }


def _event(type_: str, subject: str, identity: str, event: Recorded, data: Mapping[str, Any]) -> dict[str, Any]:
    return make_event(type_=type_, source=SPEAKER, identity=identity, subject=subject, time=event.recorded, data=data)
