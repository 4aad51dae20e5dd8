"""The rows of one stream follow from its timeline alone; what depends on the day that is asked about is not stored."""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.access.audience import party_key
from ledger.access.visibility import class_of
from ledger.consultants.state import MACHINE as CONSULTANT_MACHINE
from ledger.days import FOREVER, Day, add_days
from ledger.facts import Fact
from ledger.parties import party_of
from ledger.timeline import states
from projections.certificates.timelines import Known
from projections.copying import Lines, array, day, json_text, text

TABLES = {
    "conference": ("conference", "resolution", "task"),
    "emergency": ("plan_version", "activation"),
    "training": ("training",),
    "consultant": ("admission", "violation"),
}
"""The tables that the rows of each family are in."""


def _row(*fields: bytes) -> bytes:
    return b"\t".join(fields)


def _days(first: Day, after: Day) -> bytes:
    """Return the days from ``first`` to before ``after``; an empty one is open."""
    return f"[{first},{after})".encode()


def _after(last: Day | None) -> Day:
    return add_days(last, 1) if last and last != FOREVER else ""


def _owner(stream: str) -> tuple[str, str | None]:
    """Return the authority that a stream's name says is its own, and that one's region."""
    owner = stream.split(":", 2)[1]
    party = party_of(owner)
    return owner, party.region if party else None


def _conference(stream: str, known: Known, lines: Lines) -> None:
    author, region = _owner(stream)
    members: list[Mapping[str, Any]] = []
    tasks: dict[str, tuple[Fact, str | None]] = {}
    progress: dict[str, list[dict[str, str]]] = {}
    done: dict[str, Day] = {}
    resolved: dict[str, Mapping[str, Any]] = {}
    begin = (text(stream), text(author), text(region))
    for fact in known.timeline.applied:
        name, data = fact.type.removeprefix("conference."), fact.data
        members = list(data.get("members") or members)
        if name == "resolution_adopted":
            resolved[data["resolution"]] = data
            fields = (text(data["resolution"]), text(data["meeting"]), day(fact.effective), text(data["text"]))
            lines["resolution"].append(_row(*begin, *fields))
        elif name == "task_assigned":
            party = next((each.get("party") for each in members if each["department"] == data["lead"]), None)
            tasks[data["task"]] = (fact, party_key(party) if party else None)
        elif name in {"task_progressed", "task_done"}:
            said = {"day": fact.effective, "source": fact.source, "text": data["text"]}
            progress.setdefault(data["task"], []).append(said)
            if name == "task_done":
                done[data["task"]] = fact.effective
    for code, (fact, party) in tasks.items():
        lines["task"].append(
            _row(
                *begin,
                text(fact.data["resolution"]),
                text(resolved[fact.data["resolution"]]["meeting"]),
                text(resolved[fact.data["resolution"]]["text"]),
                text(code),
                text(fact.data["text"]),
                text(fact.data["lead"]),
                text(party),
                array(list(fact.data.get("others") or ())),
                day(fact.effective),
                day(fact.data.get("due")),
                json_text(progress.get(code, [])),
                day(done.get(code)),
            )
        )
    title = known.timeline.applied[0].data["title"]
    named = (text(stream), b"%d" % known.first, text(author), text(region), text(title), json_text(members))
    lines["conference"].append(_row(*named))


def _emergency(stream: str, known: Known, lines: Lines) -> None:
    author, region = _owner(stream)
    facts = known.timeline.applied
    ended = {fact.data["activation"]: fact.effective for fact in facts if fact.type == "emergency.ended"}
    for index, fact in enumerate(facts):
        data = fact.data
        region = data.get("region", region)
        begin = (text(stream), text(author), text(region))
        if fact.type == "emergency.plan_issued":
            following = (each.effective for each in facts[index + 1 :] if _ends(each, data["version"]))
            until = min(filter(None, (next(following, ""), _after(data.get("until")))), default="")
            named = (text(data["version"]), text(data["title"]), text(data["scope"]), text(data["document"]["sha256"]))
            lines["plan_version"].append(_row(*begin, *named, _days(fact.effective, until)))
        elif fact.type == "emergency.activated":
            lines["activation"].append(
                _row(
                    *begin,
                    text(data["activation"]),
                    text(data["version"]),
                    day(fact.effective),
                    day(ended.get(data["activation"])),
                    text(data["text"]),
                    array(list(data.get("about") or ())),
                )
            )


def _ends(fact: Fact, version: str) -> bool:
    """Whether a later fact ends a version: another one is issued, or it is repealed."""
    repealed = fact.type == "emergency.plan_repealed" and fact.data["version"] == version
    return repealed or fact.type == "emergency.plan_issued"


def _training(stream: str, known: Known, lines: Lines) -> None:
    author, region = _owner(stream)
    for fact in known.timeline.applied:
        data = fact.data
        count = data.get("participants")
        lines["training"].append(
            _row(
                text(stream),
                text(author),
                text(region),
                text(data["form"]),
                text(data["title"]),
                day(fact.effective),
                text(data.get("audience")),
                text(None if count is None else str(count)),
                array(list(data.get("cases") or ())),
                json_text(list(data.get("reviews") or ())),
            )
        )


def _consultant(stream: str, known: Known, lines: Lines) -> None:
    decided = []
    for fact, state in states(CONSULTANT_MACHINE, known.timeline.applied):
        begin = (text(stream), text(fact.source))
        if fact.type == "consultant.violation_recorded":
            said = (
                text(fact.data["region"]),
                day(fact.effective),
                text(fact.data["text"]),
                text(fact.data.get("case")),
            )
            lines["violation"].append(_row(*begin, *said))
        else:
            decided.append((fact, state))
    for index, (fact, state) in enumerate(decided):
        following = [later.effective for later, _ in decided[index + 1 : index + 2]]
        ends = (*following, _after(state.until))
        lines["admission"].append(
            _row(
                text(stream),
                text(fact.source),
                text(class_of(fact.type)),
                text(state.admission),
                text(state.name_zh),
                text(state.region),
                text(fact.data.get("approval_number")),
                _days(fact.effective, min(filter(None, ends), default="")),
            )
        )


ADD: Mapping[str, Callable[[str, Known, Lines], None]] = {
    "conference": _conference,
    "emergency": _emergency,
    "training": _training,
    "consultant": _consultant,
}
