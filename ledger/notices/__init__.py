"""The family of notices (信息通报): created, sent, acknowledged, answered; and requests for spot check results."""

from ledger.notices.events import EVENTS
from ledger.notices.state import MACHINE, NoticeState

__all__ = ["EVENTS", "MACHINE", "NoticeState"]
