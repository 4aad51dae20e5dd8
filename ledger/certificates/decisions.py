"""What each decision of a body makes of its certificate: issue, suspension, restoration, renewal, end, change.

What no fact could make right is refused with the rule; what the scheme's limits alone forbid may be imposed regardless.
"""

from collections.abc import Mapping
from typing import Any

from ledger.certificates.state import START, CertificateState, Step, replace, rules_for
from ledger.codes.reasons import Table, normalise_change_code, reason, reasons, tables_of
from ledger.codes.schemes import rules
from ledger.codes.statuses import Status
from ledger.days import Day, add_months, days_between
from ledger.facts import Fact
from ledger.timeline import Illegal

# Management systems file a replacement as a withdrawal for this reason; it is no punishment.
_REPLACED_CODE = "0120"


def _issued(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    if state.status is not Status.NOT_ISSUED:
        return Illegal("number_already_used")
    data = fact.data
    details = data["details"]
    origin = data.get("from_body")
    issued = replace(
        START,
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
        is_replaced = table == "withdrawal" and files_replacements and code == _REPLACED_CODE
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


def restored_after_expiry(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    """Return the certificate in force again, which only a scheme that allows it has, within its months of expiry."""
    the_rules, expires = rules_for(state, fact.effective), fact.data["expires"]
    restored = replace(_lifted(state), status=Status.VALID, since=fact.effective, expires=expires)
    months = the_rules.restore_after_expiry_months
    if not months or fact.effective > add_months(state.expires, months):
        allowed = (("months", str(months or 0)),)
        return Illegal("restoration_after_expiry_closed", params=allowed, regardless=restored)
    return _no_longer_than(the_rules.validity_years_max, state.expires, restored)


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
OPENING: dict[str, Step] = {
    "certificate.issued": _issued,
    "certificate.transferred_in": _issued,
    "certificate.refused": _refused,
}
DECISIONS: dict[str, tuple[frozenset[Status], Step]] = {
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
