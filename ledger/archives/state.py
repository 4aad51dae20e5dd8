"""An archive is open or not, and from its opening on has at most one custodian a day."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """Whether the archive is open, since when, and who keeps it."""

    is_open: bool = False
    region: str = ""
    custodian: str | None = None
    product_kinds: tuple[str, ...] = ()


class ArchiveMachine:
    """Steps along one archive's effective timeline."""

    def start(self) -> ArchiveState:
        """Return the state of an archive of which nothing was said."""
        return ArchiveState()

    def step(self, state: ArchiveState, fact: Fact) -> ArchiveState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("archive."), fact.data
        kinds = tuple(dict.fromkeys((*state.product_kinds, *(data.get("product_kinds") or ()))))
        if name == "surveyed":
            return replace(state, region=data["region"], product_kinds=kinds)
        if name == "opened":
            if state.is_open:
                return Illegal("archive_already_open")
            return replace(state, is_open=True, region=data["region"], product_kinds=kinds)
        if not state.is_open:
            return Illegal("archive_not_open", may_wait=True, pointer="/effective")
        if name == "custodian_assigned":
            return replace(state, custodian=data["officer"])
        return replace(state, is_open=False, custodian=None)


MACHINE = ArchiveMachine()
