"""A notice from its creation to its answer; only its sender urges and withdraws, only its recipient answers."""

from dataclasses import dataclass, replace

from ledger.access.audience import party_key
from ledger.codes.notice_routes import route_of
from ledger.facts import Fact
from ledger.notices.relations import admits
from ledger.parties import CLOCK, party_of
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Between whom it is, whether it stands, and what became of it; ``opened`` is ``notice`` or ``request``."""

    opened: str = ""
    sender: str = ""
    recipient: str = ""
    kind: str = ""
    organisation: str = ""
    sent: frozenset[str] = frozenset()
    acknowledged: bool = False
    answered: bool = False
    urged: int = 0
    withdrawn: bool = False


_OPENING = frozenset({"created", "requested"})
_BY_RECIPIENT = frozenset({"acknowledged", "answered", "request_granted", "request_refused"})
_ANSWERS = frozenset({"answered", "request_granted", "request_refused"})


class NoticeMachine:
    """Steps along one notice's effective timeline."""

    def start(self) -> NoticeState:
        """Return the state of a notice of which nothing was said."""
        return NoticeState()

    def step(self, state: NoticeState, fact: Fact) -> NoticeState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("notice.")
        if name in _OPENING:
            if state.opened and not state.withdrawn:
                return Illegal("notice_already_there")
            return _created(fact) if name == "created" else _requested(fact)
        if not state.opened:
            return Illegal("notice_not_there", may_wait=True, pointer="/effective")
        if state.withdrawn:
            return Illegal("notice_taken_back")
        return _speaker_objection(state, name, fact) or _stepped(state, name, fact)


def _created(fact: Fact) -> NoticeState | Illegal:
    data, speaker = fact.data, party_of(fact.source)
    by_rule = speaker is not None and speaker.kind == CLOCK
    if not by_rule and party_key(data["sender"]) != party_key(fact.source):
        return Illegal("not_the_sender", pointer="/sender", params=(("sender", data["sender"]),))
    if party_of(data["recipient"]) is None:
        return Illegal("notice_recipient_wrong", pointer="/recipient", params=(("recipient", data["recipient"]),))
    route = route_of(data["kind"], fact.effective)
    if route is None:
        return Illegal("notice_kind_unknown", pointer="/kind", params=(("kind", data["kind"]),))
    if not by_rule and speaker is not None:
        if speaker.kind not in route.by:
            forbidden = (("kind", route.kind), ("row", route.id))
            return Illegal("notice_kind_not_yours", pointer="/kind", params=forbidden)
        if not admits(route.to, fact.source, data["recipient"], fact.effective):
            named = (("kind", route.kind), ("recipient", data["recipient"]), ("row", route.id))
            return Illegal("notice_recipient_wrong", pointer="/recipient", params=named)
    return NoticeState("notice", data["sender"], data["recipient"], data["kind"])


def _requested(fact: Fact) -> NoticeState | Illegal:
    recipient = party_of(fact.data["recipient"])
    if recipient is None or not admits("authority", fact.source, recipient.id, fact.effective):
        named = (("recipient", fact.data["recipient"]), ("kind", "spot_check_information"), ("row", "S2-71"))
        return Illegal("notice_recipient_wrong", pointer="/recipient", params=named)
    organisation = party_key(f"organisation:{fact.data['organisation']}")
    return NoticeState("request", fact.source, recipient.id, "spot_check_information", organisation)


def _speaker_objection(state: NoticeState, name: str, fact: Fact) -> Illegal | None:
    if fact.source == CLOCK:
        return None
    who = party_key(fact.source)
    if name in _BY_RECIPIENT and who != party_key(state.recipient):
        return Illegal("not_the_recipient", pointer="/source", params=(("recipient", state.recipient),))
    if name not in _BY_RECIPIENT and who != party_key(state.sender):
        return Illegal("not_the_sender", pointer="/source", params=(("sender", state.sender),))
    return None


def _stepped(state: NoticeState, name: str, fact: Fact) -> NoticeState | Illegal:
    if name == "sent":
        return replace(state, sent=state.sent | {fact.data["channel"]})
    if name == "withdrawn":
        return replace(state, withdrawn=True)
    if name in _ANSWERS and state.answered:
        return Illegal("notice_answered")
    if name.startswith("request_") != (state.opened == "request") and name in _ANSWERS:
        return Illegal("notice_answer_wrong", pointer="/type")
    if name in _ANSWERS:
        return replace(state, acknowledged=True, answered=True)
    if name == "urged":
        return Illegal("notice_answered") if state.answered else replace(state, urged=state.urged + 1)
    if state.acknowledged:
        return Illegal("notice_acknowledged")
    return replace(state, acknowledged=True)


MACHINE = NoticeMachine()
