"""The archive view's rows of one stream follow from its timeline alone; no other stream is read to write them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ledger.access.visibility import class_of
from ledger.archives.state import MACHINE as ARCHIVES
from ledger.certificates.answer import periods
from ledger.classification.scoring import rules_digest
from ledger.codes.archive import handles_problems, is_patrol
from ledger.codes.statuses import Status
from ledger.days import Day, add_days
from ledger.facts import Fact
from ledger.families import FAMILIES, organisation_stream
from ledger.naming import named_in
from ledger.organisations.state import MACHINE as ORGANISATIONS
from ledger.timeline import Timeline, states
from projections import copying
from projections.archive.adverse import adverse_rows
from projections.copying import Lines

TABLES = (
    "dossier", "custodian", "certified", "place", "visit", "problem", "handling", "class", "rule_set", "key_entry",
    "key_issue", "adverse",
)  # fmt: skip
_TABLES_OF: Mapping[str, tuple[str, ...]] = {
    "archive": ("dossier", "custodian"),
    "certificate": ("certified",),
    "organisation": ("place",),
    "inspection": ("visit", "problem", "adverse"),
    "case": ("handling", "adverse"),
    "body": ("adverse",),
    "classification": ("class",),
    "ruleset": ("rule_set",),
    "keylist": ("key_entry", "key_issue"),
}
_LEFT_OUT = frozenset({"person", "key", "signing", "reads", "log", "privacy"})
FILED = tuple(family for family in FAMILIES if family not in _LEFT_OUT)
"""The families whose facts can come to rows here."""
_IN_FORCE = frozenset({Status.VALID, Status.SUSPENDED})
_ROLES = ("holder", "producer", "factory")


def tables_of(stream: str) -> tuple[str, ...]:
    """Return the tables that the rows of a stream are in."""
    return _TABLES_OF.get(stream.partition(":")[0], ("handling",))


def add_rows(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    """Add all rows of a stream."""
    adds = _ADDS.get(stream.partition(":")[0], _handling)
    for table, fields in adds(stream, timeline):
        lines[table].append(b"\t".join(fields))


Rows = Iterator[tuple[str, tuple[bytes, ...]]]


def _spans(timeline: Timeline[Any], machine: Any) -> Iterator[tuple[str, Day, Any]]:
    """Yield from which day to which a state holds: of the facts of one day the last one wins."""
    walk = states(machine, timeline.applied)
    for index, (fact, state) in enumerate(walk):
        ends = walk[index + 1][0].effective if index + 1 < len(walk) else ""
        if fact.effective != ends:
            yield fact.effective, ends, state


def _days(begins: Day, ends: Day) -> bytes:
    return f"[{begins},{ends})".encode()


def _case(stream: str, timeline: Timeline[Any]) -> Rows:
    yield from _handling(stream, timeline)
    yield from adverse_rows(stream, timeline)


def _archive(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    owner, _, organisation = stream.partition(":")[2].partition(":")
    names = (text(stream), text(owner), text(organisation))
    kept: tuple[str, Day] | None = None
    for begins, ends, state in _spans(timeline, ARCHIVES):
        kinds = copying.array(list(state.product_kinds))
        spans = (text(state.region), copying.boolean(state.is_open), _days(begins, ends), kinds)
        yield "dossier", (*names, *spans)
        if kept and state.custodian != kept[0]:
            yield "custodian", (*names, text(kept[0]), _days(kept[1], begins))
            kept = None
        if state.custodian and kept is None:
            kept = (state.custodian, begins)
    if kept:
        yield "custodian", (*names, text(kept[0]), _days(kept[1], ""))


def _certificate(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    walk = periods(timeline)
    for index, period in enumerate(walk):
        state = period.state
        if state.status not in _IN_FORCE or state.annulled or period.begins > state.expires:
            continue
        ends = min(add_days(state.expires, 1), walk[index + 1].begins if index + 1 < len(walk) else "9999")
        details = state.details
        producer = next(role for role in ("producer", "factory", "holder") if details.get(role))
        for role in _ROLES:
            party = details.get(role) or {}
            if party.get("code"):
                yield (
                    "certified",
                    (
                        text(stream),
                        text(organisation_stream(party["code"])),
                        role.encode(),
                        copying.boolean(role == producer),
                        text(party["name_zh"]),
                        text(party.get("region")),
                        text(details["scheme_class"]),
                        text(details.get("product_class")),
                        _days(period.begins, ends),
                    ),
                )


def _organisation(stream: str, timeline: Timeline[Any]) -> Rows:
    for begins, ends, state in _spans(timeline, ORGANISATIONS):
        if state.region is not None:
            yield "place", (copying.text(stream), _days(begins, ends), copying.text(state.region))


def _inspection(stream: str, timeline: Timeline[Any]) -> Rows:
    yield from adverse_rows(stream, timeline)
    text, day = copying.text, copying.day
    done = next((fact for fact in timeline.applied if fact.type == "inspection.performed"), None)
    # A body or laboratory inspected as such is no producer that patrols are counted of.
    if done is None or not done.data.get("organisation"):
        return
    organisation, region = organisation_stream(done.data["organisation"]), done.data["region"]
    where = (text(organisation), text(region))
    mode = done.data["mode"]
    access = text(class_of(done.type))
    patrol = copying.boolean(is_patrol(done.type, mode))
    yield "visit", (text(stream), *where, text(mode), patrol, day(done.effective), access)
    closed = {f.data["finding"]: f.effective for f in timeline.applied if f.type == "inspection.finding_closed"}
    for fact in timeline.applied:
        problem = _problem(fact)
        if problem is not None:
            name, kind = problem
            yield (
                "problem",
                (
                    text(stream),
                    text(name),
                    *where,
                    text(kind),
                    text(fact.data.get("grade")),
                    text(fact.data.get("clause") or fact.data.get("standard")),
                    day(fact.effective),
                    day(fact.data.get("due")),
                    day(closed.get(name)) if kind == "finding" else copying.NULL,
                    text(class_of(fact.type)),
                ),
            )


def _problem(fact: Fact) -> tuple[str, str] | None:
    if fact.type == "inspection.finding_recorded":
        return fact.data["finding"], "finding"
    if fact.type == "inspection.sample_result_recorded" and not fact.data["passed"]:
        return fact.data["sample"], "sample"
    return None


def _handling(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    for fact in timeline.applied:
        if handles_problems(fact.type):
            problem = text(fact.data["finding"]) if isinstance(fact.data.get("finding"), str) else copying.NULL
            access = text(class_of(fact.type))
            for inspection in dict.fromkeys(named for _, named in named_in(fact.data)):
                if inspection.startswith("inspection:"):
                    yield "handling", (text(stream), text(inspection), problem, copying.day(fact.effective), access)


def _classification(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    owner, _, subject = stream.partition(":")[2].partition(":")
    assigned = [fact for fact in timeline.applied if fact.type == "classification.assigned"]
    for index, fact in enumerate(assigned):
        purpose = fact.data["purpose"]
        following = next((f.effective for f in assigned[index + 1 :] if f.data["purpose"] == purpose), "")
        if following != fact.effective:
            yield (
                "class",
                (
                    text(stream),
                    text(owner),
                    text(subject),
                    text(purpose),
                    text(fact.data["class_code"]),
                    b"%d" % fact.data["score"],
                    _days(fact.effective, following),
                    b"%d" % fact.version,
                    copying.json_text(fact.data),
                ),
            )


def _rule_set(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    _, owner, name = stream.split(":", 2)
    for index, fact in enumerate(timeline.applied):
        ends = timeline.applied[index + 1].effective if index + 1 < len(timeline.applied) else ""
        rules = {member: value for member, value in fact.data.items() if member != "effective"}
        said = (text(fact.data["version"]), text(fact.data["purpose"]), _days(fact.effective, ends))
        yield (
            "rule_set",
            (text(stream), text(owner), text(name), *said, text(rules_digest(rules)), copying.json_text(rules)),
        )


def _key_list(stream: str, timeline: Timeline[Any]) -> Rows:
    text = copying.text
    _, owner, name = stream.split(":", 2)
    names = (text(stream), text(owner), text(name))
    added: dict[tuple[str, str], Fact] = {}
    issued: Fact | None = None
    for fact in timeline.applied:
        data = fact.data
        if fact.type == "keylist.issued":
            if issued is not None and issued.effective != fact.effective:
                yield "key_issue", (*names, *_issue(issued, fact.effective))
            issued = fact
        elif fact.type == "keylist.entry_added":
            added[data["kind"], data["entry"]] = fact
        else:
            first = added.pop((data["kind"], data["entry"]))
            if first.effective != fact.effective:
                yield "key_entry", (*names, *_entry(first, fact.effective))
    for first in added.values():
        yield "key_entry", (*names, *_entry(first, ""))
    if issued is not None:
        yield "key_issue", (*names, *_issue(issued, ""))


def _entry(fact: Fact, ends: Day) -> tuple[bytes, ...]:
    text, data = copying.text, fact.data
    interval = data.get("interval_months")
    months = copying.NULL if interval is None else b"%d" % interval
    rated = (text(data.get("category")), text(data.get("risk_level")), text(data.get("maturity")))
    reason = text(data.get("reason", "priority"))
    about = (text(data["kind"]), text(data["entry"]), _days(fact.effective, ends))
    return (*about, months, reason, *rated, text(data["basis"]))


def _issue(fact: Fact, ends: Day) -> tuple[bytes, ...]:
    text, data = copying.text, fact.data
    return (text(data["version"]), text(data["document_number"]), _days(fact.effective, ends))


_ADDS: Mapping[str, Callable[[str, Timeline[Any]], Rows]] = {
    "archive": _archive,
    "certificate": _certificate,
    "organisation": _organisation,
    "inspection": _inspection,
    "case": _case,
    "body": adverse_rows,
    "classification": _classification,
    "ruleset": _rule_set,
    "keylist": _key_list,
}
