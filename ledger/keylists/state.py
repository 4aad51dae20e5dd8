"""The entries of one key list on a day, and the versions under which it was issued."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class KeyListState:
    """Entries by kind, and the versions issued."""

    entries: frozenset[tuple[str, str]] = frozenset()
    versions: tuple[str, ...] = ()


class KeyListMachine:
    """Steps along one key list's effective timeline."""

    def start(self) -> KeyListState:
        """Return an empty list."""
        return KeyListState()

    def step(self, state: KeyListState, fact: Fact) -> KeyListState | Illegal:
        """Return the list after the fact, or why the fact may not stand here."""
        data = fact.data
        if fact.type == "keylist.issued":
            if data["version"] in state.versions:
                return Illegal("key_list_version_taken", pointer="/version")
            return replace(state, versions=(*state.versions, data["version"]))
        entry = (data["kind"], data["entry"])
        if fact.type == "keylist.entry_added":
            if entry in state.entries:
                return Illegal("key_entry_already_listed", pointer="/entry")
            return replace(state, entries=state.entries | {entry})
        if entry not in state.entries:
            return Illegal("key_entry_not_listed", may_wait=True, pointer="/entry")
        return replace(state, entries=state.entries - {entry})


MACHINE = KeyListMachine()
