"""The family of archives: one of each bureau about each organisation, with or without a certificate. S1-16 to S1-21."""

from ledger.archives.events import EVENTS
from ledger.archives.state import MACHINE, ArchiveState

__all__ = ["EVENTS", "MACHINE", "ArchiveState"]
