"""What is known of a case at one point of its timeline: against whom, how far, what is decided and outstanding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed decision: which unit made it, and whether the legal unit approved it."""

    number: str
    unit: str
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Evidence that was asked for, and of whom."""

    number: str
    of: str
    due: str
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The report to the national register: ``complete`` is the day on which it held the decision's text."""

    submitted: str = ""
    complete: str = ""
    acknowledged: str = ""
    returned: bool = False


@dataclass(frozen=True, slots=True)
class CaseState:
    """Against whom the case is, how far it is, what was decided, and whether it is closed."""

    opened: bool = False
    target: str = ""
    decisions: tuple[str, ...] = ()
    closed: bool = False
    closed_on: str = ""
    lead: bool = False
    ended: str = ""
    merged_into: str = ""
    referred_to: str = ""
    referred_within: bool = False
    referral_accepted: bool = False
    procedure: str = ""
    act_date: str = ""
    entrusted: bool = False
    designated: bool = False
    investigated: bool = False
    proposals: tuple[Proposal, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    executed: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    major: str = ""
    major_reported: str = ""
    supervised: tuple[tuple[str, str, str], ...] = ()
    transferred: str = ""
    orders: tuple[str, ...] = ()
    corrected_orders: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    report: Report = Report()

    @property
    def phase(self) -> str:
        """How far it is: lead, open, investigated, proposed, reviewed, decided, executed, closed, or ended before."""
        if self.ended:
            return self.ended
        if self.closed:
            return "closed"
        if self.executed and set(self.decisions) <= set(self.executed):
            return "executed"
        if self.decisions:
            return "decided"
        if self.proposals:
            return "reviewed" if self.proposals[-1].approved else "proposed"
        if self.investigated:
            return "investigated"
        return "open" if self.opened else "referred" if self.referred_to else "lead" if self.lead else "unknown"
