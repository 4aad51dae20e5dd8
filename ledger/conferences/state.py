"""A resolution belongs to a meeting that was held, a task to a resolution; who has a part in a task reports on it."""

from dataclasses import dataclass, replace

from ledger.access.audience import party_key
from ledger.facts import Fact
from ledger.timeline import Illegal

_FOLLOWING = frozenset({"task_progressed", "task_done"})


@dataclass(frozen=True, slots=True)
class Task:
    """A follow-up task: its departments, the leading one first, and whether it is done."""

    code: str
    departments: tuple[str, ...]
    done: bool = False


@dataclass(frozen=True, slots=True)
class ConferenceState:
    """The members of the day with their parties, and what was held, resolved and assigned so far."""

    conveners: frozenset[str] = frozenset()
    members: tuple[tuple[str, str], ...] = ()
    meetings: frozenset[str] = frozenset()
    resolutions: frozenset[str] = frozenset()
    tasks: tuple[Task, ...] = ()

    def task(self, code: str) -> Task | None:
        """Return a task by its code."""
        return next((each for each in self.tasks if each.code == code), None)


Step = ConferenceState | Illegal


class ConferenceMachine:
    """Steps along one conference's effective timeline."""

    def start(self) -> ConferenceState:
        """Return the state of a conference of which nothing was said."""
        return ConferenceState()

    def step(self, state: ConferenceState, fact: Fact) -> Step:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("conference."), fact.data
        if name == "established":
            if state.members:
                return Illegal("conference_already_established")
            return ConferenceState(frozenset({fact.source}), _members(fact))
        if not state.members:
            return Illegal("conference_not_established", may_wait=True, pointer="/effective")
        if name in _FOLLOWING:
            return _followed(state, fact)
        state = replace(state, conveners=state.conveners | {fact.source})
        if name == "members_changed":
            return replace(state, members=_members(fact))
        if name == "meeting_held":
            if data["meeting"] in state.meetings:
                return _taken("/meeting", data["meeting"])
            return _strangers(state, data["attended"], "/attended") or replace(
                state, meetings=state.meetings | {data["meeting"]}
            )
        if name == "resolution_adopted":
            return _adopted(state, fact)
        return _assigned(state, fact)


def _adopted(state: ConferenceState, fact: Fact) -> Step:
    data = fact.data
    if data["meeting"] not in state.meetings:
        return _missing("/meeting", data["meeting"])
    if data["resolution"] in state.resolutions:
        return _taken("/resolution", data["resolution"])
    return replace(state, resolutions=state.resolutions | {data["resolution"]})


def _assigned(state: ConferenceState, fact: Fact) -> Step:
    data = fact.data
    if data["resolution"] not in state.resolutions:
        return _missing("/resolution", data["resolution"])
    if state.task(data["task"]):
        return _taken("/task", data["task"])
    others = tuple(data.get("others") or ())
    strangers = _strangers(state, (data["lead"],), "/lead") or _strangers(state, others, "/others")
    return strangers or replace(state, tasks=(*state.tasks, Task(data["task"], (data["lead"], *others))))


def _followed(state: ConferenceState, fact: Fact) -> Step:
    task = state.task(fact.data["task"])
    if task is None:
        return _missing("/task", fact.data["task"])
    parties = dict(state.members)
    theirs = {parties.get(each, "") for each in task.departments}
    if fact.source not in state.conveners and party_key(fact.source) not in theirs:
        return Illegal("conference_task_not_yours", pointer="/source", params=(("task", task.code),))
    if task.done:
        return Illegal("conference_task_done", params=(("task", task.code),))
    if fact.type == "conference.task_progressed":
        return state
    return replace(state, tasks=tuple(replace(each, done=each == task or each.done) for each in state.tasks))


def _members(fact: Fact) -> tuple[tuple[str, str], ...]:
    return tuple((each["department"], party_key(each.get("party") or "")) for each in fact.data["members"])


def _strangers(state: ConferenceState, departments: tuple[str, ...] | list[str], pointer: str) -> Illegal | None:
    known = dict(state.members)
    stranger = next((each for each in departments if each not in known), None)
    if stranger is None:
        return None
    return Illegal("conference_not_a_member", pointer=pointer, params=(("department", stranger),))


def _taken(pointer: str, code: str) -> Illegal:
    return Illegal("conference_code_taken", pointer=pointer, params=(("code", code),))


def _missing(pointer: str, code: str) -> Illegal:
    return Illegal("conference_part_unknown", may_wait=True, pointer=pointer, params=(("code", code),))


MACHINE = ConferenceMachine()
