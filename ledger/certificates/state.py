"""What a certificate is after one fact of its timeline, and how a step is spelled that leads from one to the next.

Status is what the issuing body decided; expiry follows from the clock and is worked out when it is asked for
(:mod:`ledger.certificates.answer`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.codes.schemes import SchemeRules, rules
from ledger.codes.statuses import Status
from ledger.days import Day
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


def rules_for(state: CertificateState, day: Day) -> SchemeRules:
    """Return the scheme's rules in force on a day."""
    return rules(state.scheme_class, day)


START = CertificateState()
Step = Callable[[CertificateState, Fact], CertificateState | Illegal]
