"""The certificate's state machine: what each fact makes of the state before it, or why it may not stand there.

Status is what the issuing body decided; expiry follows from the clock and is worked out when it is asked for
(:mod:`ledger.certificates.answer`). End states admit only side facts, annulment and, after expiry, restoration.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.access.lifting import lifting_row, may_lift
from ledger.codes.identifiers import organisation_key
from ledger.codes.reasons import Table, normalise_change_code, reason, reasons, tables_of
from ledger.codes.schemes import SchemeRules, rules
from ledger.codes.statuses import Status
from ledger.days import Day, add_months, days_between
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True)
class CertificateState:
    """The certificate after one fact of its timeline. Days are China days; absent values are ``None``.

    ``holds`` are the numbers of the holds' documents, ``held_by`` who placed each.
    """

    status: Status = Status.NOT_ISSUED
    since: Day = ""
    issued: Day = ""
    first_issued: Day = ""
    expires: Day = ""
    suspended_from: Day | None = None
    suspended_until: Day | None = None
    suspended_late: bool = False
    reason_table: str | None = None
    reason_code: str | None = None
    ended_by: str | None = None
    last_surveillance: Day = ""
    head_signed: bool = False
    annulled: bool = False
    holds: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    appeals: tuple[str, ...] = ()
    orders: tuple[tuple[str, str, Day], ...] = ()
    linked_to: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def scheme_class(self) -> str:
        """The scheme class of the certificate's details, ``""`` before it was issued."""
        return str(self.details.get("scheme_class", ""))


def replace(state: CertificateState, **changes: Any) -> CertificateState:
    """Return the state with some fields changed.

    An import takes this step for every row; copying the fields as they are costs a seventh of constructing them anew.
    """
    changed = object.__new__(CertificateState)
    changed.__dict__.update(state.__dict__)
    changed.__dict__.update(changes)
    return changed


_START = CertificateState()
Step = Callable[[CertificateState, Fact], CertificateState | Illegal]

_ENDED = frozenset({Status.WITHDRAWN, Status.CANCELLED, Status.REFUSED})
# Management systems file a replacement as a withdrawal for this reason; it is no punishment.
REPLACED_CODE = "0120"


def rules_for(state: CertificateState, day: Day) -> SchemeRules:
    """Return the scheme's rules in force on a day."""
    return rules(state.scheme_class, day)


def _issued(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    if state.status is not Status.NOT_ISSUED:
        return Illegal("number_already_used")
    data = fact.data
    details = data["details"]
    origin = data.get("from_body")
    issued = replace(
        _START,
        status=Status.VALID,
        since=fact.effective,
        issued=fact.effective,
        first_issued=data["first_issued"],
        expires=data["expires"],
        last_surveillance=fact.effective,
        head_signed=_head_signed(data),
        linked_to=f"{origin}:{data['from_number']}" if origin else data.get("replaces"),
        details=details,
    )
    longest = rules(details["scheme_class"], fact.effective).validity_years_max
    return _no_longer_than(longest, fact.effective, issued)


def _refused(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    if state.status is not Status.NOT_ISSUED:
        return Illegal("number_already_used")
    return CertificateState(status=Status.REFUSED, since=fact.effective, details=fact.data["details"])


def _maintained(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    return replace(state, last_surveillance=fact.effective)


def _suspended(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    until, code = fact.data["until"], fact.data["reason_code"]
    unknown = _unknown_code(state, fact, "suspension", "reason_code")
    if unknown is not None:
        return unknown
    if until > state.expires:
        return Illegal("suspension_beyond_expiry", may_wait=True, pointer="/until")
    suspended = replace(
        state,
        status=Status.SUSPENDED,
        since=fact.effective,
        suspended_from=fact.effective,
        suspended_until=until,
        suspended_late=_is_late(state, fact),
        reason_table="suspension",
        reason_code=code,
        orders=tuple(o for o in state.orders if o[1] != "suspend"),
    )
    return _within_limit(rules_for(state, fact.effective).suspension_limit_days(code), suspended)


def _suspension_extended(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    until, code = fact.data["until"], fact.data["reason_code"]
    unknown = _unknown_code(state, fact, "suspension", "reason_code")
    if unknown is not None:
        return unknown
    if until <= (state.suspended_until or ""):
        return Illegal("extension_shortens_suspension", pointer="/until")
    if until > state.expires:
        return Illegal("suspension_beyond_expiry", may_wait=True, pointer="/until")
    extended = replace(state, suspended_until=until, reason_code=code)
    the_rules = rules_for(state, fact.effective)
    if not the_rules.extension_allowed:
        return Illegal("extension_not_allowed", regardless=extended)
    return _within_limit(the_rules.suspension_limit_days(code), extended)


def _restored(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    if state.suspended_until is not None and fact.effective > state.suspended_until:
        return Illegal("restoration_after_term", may_wait=True, pointer="/effective")
    return replace(_lifted(state), status=Status.VALID, since=fact.effective)


def _ended(status: Status, ended_by: str, table: Table) -> Step:
    def step(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
        code = fact.data.get("reason_code")
        unknown = _unknown_code(state, fact, table, "reason_code") or _unknown_code(
            state, fact, "replacement", "replacement_reason"
        )
        if unknown is not None:
            return unknown
        files_replacements = tables_of(state.scheme_class) == "management_system"
        is_replaced = table == "withdrawal" and files_replacements and code == REPLACED_CODE
        if ended_by == "replacement" and code is not None and not is_replaced:
            return Illegal("reason_is_no_replacement", pointer="/reason_code", params=(("code", code),))
        body, number = fact.data.get("to_body"), fact.data.get("to_number")
        return replace(
            state,
            status=status,
            since=fact.effective,
            ended_by="replacement" if is_replaced else ended_by,
            reason_table=table,
            reason_code=code,
            orders=(),
            linked_to=f"{body}:{number}" if body else fact.data.get("replaced_by", state.linked_to),
        )

    return step


def _expired(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    """A marker decides nothing: where a renewal is reported late, the marker of the old day says no more."""
    if fact.effective != state.expires:
        return state
    return replace(state, status=Status.EXPIRED, ended_by="expiry")


def _renewed(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    expires = fact.data["expires"]
    if expires <= state.expires:
        return Illegal("renewal_shortens_validity", pointer="/expires")
    if (fact.data.get("audit_end") or "") > state.expires:
        return Illegal("renewal_audit_after_expiry", pointer="/audit_end")
    renewed = replace(state, expires=expires, last_surveillance=fact.effective, head_signed=_head_signed(fact.data))
    longest = rules_for(state, fact.effective).validity_years_max
    return _no_longer_than(longest, max(fact.effective, state.expires), _restated(renewed, fact.data.get("changes")))


def _scope(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    unknown = _unknown_change(state, fact)
    if unknown is not None:
        return unknown
    scope = {key: fact.data[key] for key in ("scope_zh", "scope_en") if fact.data.get(key)}
    return _restated(state, scope)


def _changed(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    unknown = _unknown_change(state, fact)
    if unknown is not None:
        return unknown
    return _restated(state, fact.data.get("changes"))


def _restored_after_expiry(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    the_rules, expires = rules_for(state, fact.effective), fact.data["expires"]
    restored = replace(_lifted(state), status=Status.VALID, since=fact.effective, expires=expires)
    months = the_rules.restore_after_expiry_months
    if not months or fact.effective > add_months(state.expires, months):
        allowed = (("months", str(months or 0)),)
        return Illegal("restoration_after_expiry_closed", params=allowed, regardless=restored)
    return _no_longer_than(the_rules.validity_years_max, state.expires, restored)


def _annulled(state: CertificateState, _: Fact) -> CertificateState | Illegal:
    if state.annulled or state.status is Status.REFUSED:
        ended = "annulled" if state.annulled else state.status.value
        return Illegal("certificate_has_ended", params=(("status", ended),))
    return replace(
        state,
        status=Status.WITHDRAWN,
        annulled=True,
        ended_by="annulment",
        reason_table=None,
        reason_code=None,
    )


def _order_issued(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    order = (fact.data["document_number"], fact.data["demands"], fact.data["due"])
    return replace(state, orders=(*state.orders, order))


def _hold_placed(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    return _held(state, (*zip(state.holds, state.held_by, strict=True), (fact.data["document_number"], fact.source)))


def _hold_lifted(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    number = fact.data["document_number"]
    holds = tuple(zip(state.holds, state.held_by, strict=True))
    if number not in state.holds:
        return Illegal("hold_not_placed", may_wait=True, pointer="/document_number")
    theirs = [placed_by for each, placed_by in holds if each == number]
    liftable = {placed_by for placed_by in theirs if may_lift(fact.source, placed_by, fact.effective)}
    if not liftable:
        row = lifting_row(fact.source, fact.effective)
        named = (("source", fact.source), ("placed_by", ", ".join(theirs)), ("row", row))
        lifted = _held(state, tuple(each for each in holds if each[0] != number))
        return Illegal("hold_of_another", pointer="/source", params=named, regardless=lifted)
    return _held(state, tuple(each for each in holds if each[0] != number or each[1] not in liftable))


def _held(state: CertificateState, holds: Sequence[tuple[str, str]]) -> CertificateState:
    return replace(state, holds=tuple(n for n, _ in holds), held_by=tuple(p for _, p in holds))


def _appeal_opened(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    holder = (state.details.get("holder") or {}).get("code")
    if holder is not None and organisation_key(holder) != organisation_key(fact.source.partition(":")[2]):
        # A stranger's appeal, held before the holder was known: it opens nothing, and forbids nothing either.
        return state
    return replace(state, appeals=(*state.appeals, fact.data["appeal_number"]))


def _appeal_decided(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    number = fact.data["appeal_number"]
    if number not in state.appeals:
        return Illegal("appeal_not_opened", may_wait=True, pointer="/appeal_number")
    return replace(state, appeals=tuple(a for a in state.appeals if a != number))


def _unknown_code(state: CertificateState, fact: Fact, table: Table, member: str) -> Illegal | None:
    """The same digits say different things in each table; a class without such a table has nothing to check."""
    code, scheme = fact.data.get(member), state.scheme_class
    if code is None or reason(scheme, table, code, fact.effective) is not None:
        return None
    if not reasons(scheme, table, fact.effective):
        return None
    named = (("code", str(code)), ("table", table), ("scheme", scheme))
    return Illegal("code_not_in_table", pointer=f"/{member}", params=named)


def _unknown_change(state: CertificateState, fact: Fact) -> Illegal | None:
    """A change code that reports a status (97_01, 08_03, …) is no change: the status has an event of its own."""
    code, scheme = fact.data.get("change_code"), state.scheme_class
    if code is None:
        return None
    change = normalise_change_code(scheme, code)
    if change is None:
        named = (("code", str(code)), ("table", "change"), ("scheme", scheme))
        return Illegal("code_not_in_table", pointer="/change_code", params=named)
    if change.effect not in {"changed", "corrected"}:
        return Illegal("change_is_a_status", pointer="/change_code", params=(("code", str(code)),))
    return None


def _is_late(state: CertificateState, fact: Fact) -> bool:
    """Tell whether the body suspended later than the rules allow after it had confirmed the cause."""
    confirmed, days = fact.data.get("confirmed"), rules_for(state, fact.effective).suspend_within_days
    return confirmed is not None and days is not None and days_between(confirmed, fact.effective) > days


def _no_longer_than(years: int | None, begins: Day, state: CertificateState) -> CertificateState | Illegal:
    if years is None or state.expires <= add_months(begins, 12 * years):
        return state
    return Illegal("validity_too_long", pointer="/expires", params=(("years", str(years)),), regardless=state)


def _within_limit(days: int | None, state: CertificateState) -> CertificateState | Illegal:
    if days is None or days_between(state.suspended_from or "", state.suspended_until or "") <= days:
        return state
    return Illegal("suspension_too_long", pointer="/until", params=(("days", str(days)),), regardless=state)


def _head_signed(data: Mapping[str, Any]) -> bool:
    return any(signer.get("role") == "head" for signer in data["signers"])


def _lifted(state: CertificateState) -> CertificateState:
    return replace(
        state,
        suspended_from=None,
        suspended_until=None,
        suspended_late=False,
        reason_table=None,
        reason_code=None,
        ended_by=None,
    )


def _restated(state: CertificateState, changes: Mapping[str, Any] | None) -> CertificateState:
    return replace(state, details={**state.details, **changes}) if changes else state


_V, _S = Status.VALID, Status.SUSPENDED
_OPENING: dict[str, Step] = {
    "certificate.issued": _issued,
    "certificate.transferred_in": _issued,
    "certificate.refused": _refused,
}
_DECISIONS: dict[str, tuple[frozenset[Status], Step]] = {
    "certificate.maintained": (frozenset({_V}), _maintained),
    "certificate.suspended": (frozenset({_V}), _suspended),
    "certificate.suspension_extended": (frozenset({_S}), _suspension_extended),
    "certificate.restored": (frozenset({_S}), _restored),
    "certificate.withdrawn": (frozenset({_V, _S}), _ended(Status.WITHDRAWN, "withdrawal", "withdrawal")),
    "certificate.cancelled": (frozenset({_V, _S}), _ended(Status.CANCELLED, "cancellation", "cancellation")),
    "certificate.expired": (frozenset({_V, _S}), _expired),
    "certificate.renewed": (frozenset({_V}), _renewed),
    "certificate.replaced": (frozenset({_V, _S}), _ended(Status.WITHDRAWN, "replacement", "withdrawal")),
    "certificate.scope_extended": (frozenset({_V}), _scope),
    "certificate.scope_reduced": (frozenset({_V, _S}), _scope),
    "certificate.changed": (frozenset({_V, _S}), _changed),
    "certificate.transferred_out": (frozenset({_V}), _ended(Status.CANCELLED, "transfer", "replacement")),
}
_SIDE: dict[str, Step] = {
    "certificate.annulled": _annulled,
    "certificate.order_issued": _order_issued,
    "certificate.hold_placed": _hold_placed,
    "certificate.hold_lifted": _hold_lifted,
    "certificate.appeal_opened": _appeal_opened,
    "certificate.appeal_decided": _appeal_decided,
}


class CertificateMachine:
    """Steps along one certificate's effective timeline."""

    def start(self) -> CertificateState:
        """Return the state of a number under which nothing was said."""
        return _START

    def step(self, state: CertificateState, fact: Fact) -> CertificateState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        opening = _OPENING.get(fact.type)
        if opening is not None:
            return opening(state, fact)
        if state.status is Status.NOT_ISSUED:
            return Illegal("certificate_not_issued", may_wait=True, pointer="/effective")
        side = _SIDE.get(fact.type)
        if side is not None:
            return side(state, fact)
        if state.annulled:
            return Illegal("certificate_has_ended", params=(("status", "annulled"),))
        if state.status in _ENDED:
            return Illegal("certificate_has_ended", params=(("status", state.status.value),))
        gone = state.status is Status.EXPIRED or fact.effective > state.expires
        if fact.type == "certificate.restored_after_expiry":
            if not gone:
                return Illegal("certificate_not_expired", may_wait=True, pointer="/effective")
            return _restored_after_expiry(state, fact)
        if gone:
            return Illegal("after_expiry", may_wait=True, pointer="/effective", params=(("day", state.expires),))
        admitted, step = _DECISIONS[fact.type]
        if state.status not in admitted:
            return Illegal("not_in_this_status", may_wait=True, params=(("status", state.status.value),))
        return step(state, fact)


MACHINE = CertificateMachine()
