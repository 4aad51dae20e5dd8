"""The family of joint conferences (部门联席会议): resolutions, and who follows them up by when. S4-16, S4-141."""

from ledger.conferences.events import EVENTS
from ledger.conferences.state import MACHINE, ConferenceState

__all__ = ["EVENTS", "MACHINE", "ConferenceState"]
