"""One step of a case for each kind of statement: the state after it, or why it may not stand there."""

from collections.abc import Callable
from dataclasses import replace

from ledger.cases.record import CaseState, Proposal, Report, Request
from ledger.codes.cases import basis_in_force, is_paper
from ledger.facts import Fact
from ledger.timeline import Illegal

Outcome = CaseState | Illegal
_ORDINARY = "ordinary"


def _lead_registered(state: CaseState, fact: Fact) -> Outcome:
    if state.lead or state.opened:
        return Illegal("lead_already_registered")
    return replace(state, lead=True, target=fact.data.get("target") or "")


def _same(state: CaseState, _fact: Fact) -> Outcome:
    return state


def _lead_dismissed(state: CaseState, _fact: Fact) -> Outcome:
    return replace(state, ended="dismissed")


def _merged(state: CaseState, fact: Fact) -> Outcome:
    if state.decisions:
        return Illegal("merged_after_decision")
    return replace(state, ended="merged", merged_into=fact.data["into"])


def _referred(state: CaseState, fact: Fact) -> Outcome:
    if state.referred_to:
        return Illegal("already_referred")
    to = fact.data["to"]
    return replace(state, referred_to=to, referred_within=to == fact.source, referral_accepted=False)


def _referral_accepted(state: CaseState, fact: Fact) -> Outcome:
    """Another authority goes on in a case of its own; a unit of the same one goes on here."""
    if state.referral_accepted:
        return Illegal("referral_already_accepted")
    return _by_recipient(state, fact) or (
        replace(state, referred_to="") if state.referred_within else replace(state, referral_accepted=True)
    )


def _referral_returned(state: CaseState, fact: Fact) -> Outcome:
    return _by_recipient(state, fact) or replace(state, referred_to="", referral_accepted=False)


def _by_recipient(state: CaseState, fact: Fact) -> Illegal | None:
    if not state.referred_to:
        return Illegal("not_referred", may_wait=True)
    if fact.source != state.referred_to:
        return Illegal("referred_to_another", pointer="/source", params=(("to", state.referred_to),))
    return None


def _opened(state: CaseState, fact: Fact) -> Outcome:
    if state.opened:
        return Illegal("case_already_opened")
    if state.referred_to:
        return Illegal("already_referred")
    data = fact.data
    return replace(
        state,
        opened=True,
        target=data["target"],
        procedure=data.get("procedure") or "",
        act_date=data.get("act_date") or "",
        entrusted=state.designated or bool(data.get("referred_from")),
    )


def _evidence_requested(state: CaseState, fact: Fact) -> Outcome:
    if any(each.number == fact.data["request"] for each in state.requests):
        return Illegal("request_already_made", pointer="/request")
    asked = Request(fact.data["request"], fact.data["of"], fact.data.get("due") or "")
    return replace(state, requests=(*state.requests, asked))


def _answered(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["request"]
    asked = next((each for each in state.requests if each.number == number), None)
    if asked is None:
        return Illegal("request_unknown", may_wait=True, pointer="/request")
    if fact.source.startswith("CNCA-R") and fact.source != asked.of:
        return Illegal("request_of_another", pointer="/source")
    after = tuple(replace(each, answered=True) if each.number == number else each for each in state.requests)
    return replace(state, requests=after)


def _investigated(state: CaseState, _fact: Fact) -> Outcome:
    return replace(state, investigated=True)


def _proposed(state: CaseState, fact: Fact) -> Outcome:
    if any(each.number == fact.data["proposal"] for each in state.proposals):
        return Illegal("proposal_already_made", pointer="/proposal")
    if state.procedure and not state.investigated:
        return Illegal("not_investigated", may_wait=True)
    made = Proposal(fact.data["proposal"], fact.data["unit"]["unit"])
    return _lawful(replace(state, proposals=(*state.proposals, made)), state, fact)


def _reviewed(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["proposal"]
    proposal = next((each for each in state.proposals if each.number == number), None)
    if proposal is None:
        return Illegal("proposal_unknown", may_wait=True, pointer="/proposal")
    if proposal.unit == fact.data["unit"]["unit"]:
        return Illegal("reviewed_by_proposer", pointer="/unit", params=(("unit", proposal.unit),))
    reviewed = replace(proposal, approved=fact.data["outcome"] == "approved")
    return replace(state, proposals=tuple(reviewed if each is proposal else each for each in state.proposals))


def _decided(state: CaseState, fact: Fact) -> Outcome:
    data = fact.data
    number = data["document_number"]
    if number in state.decisions:
        return Illegal("decision_already_recorded", pointer="/document_number")
    if state.procedure == _ORDINARY and not any(
        p.approved and p.number == data.get("proposal") for p in state.proposals
    ):
        return Illegal("legal_review_missing", pointer="/proposal")
    paper = data.get("paper")
    if state.procedure and paper is None:
        return Illegal("paper_missing", pointer="/paper")
    digest = (data.get("document") or {}).get("sha256", "")
    after = replace(state, decisions=(*state.decisions, number), documents=(*state.documents, (number, digest)))
    if paper is not None and not is_paper(paper["template"], paper["version"], fact.effective):
        named = (("template", paper["template"]), ("version", paper["version"]))
        return Illegal("paper_unknown", pointer="/paper/template", params=named, regardless=after)
    return _lawful(after, state, fact)


def _lawful(after: CaseState, state: CaseState, fact: Fact) -> Outcome:
    """Return the state after, unless a basis was not in force on the day of the act (S4-145, I-11)."""
    act = fact.data.get("act_date") or state.act_date
    day = act or fact.effective
    for index, basis in enumerate(fact.data["legal_basis"]):
        # Where the day of the act is not stated, an older law may be the right one, a later one never is.
        known = basis_in_force(basis["rule"], basis["version"], day) if act else basis["version"] <= day
        if not known:
            named = (("rule", basis["rule"]), ("version", basis["version"]), ("day", day))
            return Illegal("basis_not_in_force", pointer=f"/legal_basis/{index}", params=named, regardless=after)
    return after


def _executed(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if number not in state.decisions:
        return Illegal("decision_unknown_here", may_wait=True, pointer="/document_number")
    if number in state.executed:
        return Illegal("already_executed", pointer="/document_number")
    return replace(state, executed=(*state.executed, number)) if fact.data.get("complete", True) else state


def _closed(state: CaseState, fact: Fact) -> Outcome:
    outcome = fact.data["outcome"]
    if state.transferred in {"transferred", "accepted"} and outcome != "transferred":
        return Illegal("case_transferred", pointer="/outcome")
    if outcome == "transferred" and state.procedure and not state.transferred:
        return Illegal("never_transferred", may_wait=True, pointer="/outcome")
    if state.procedure and outcome == "executed" and not state.decisions:
        return Illegal("nothing_decided", may_wait=True, pointer="/outcome")
    return replace(state, closed=True, closed_on=fact.effective)


def _flagged_major(state: CaseState, fact: Fact) -> Outcome:
    return Illegal("already_major") if state.major else replace(state, major=fact.effective)


def _major_reported(state: CaseState, fact: Fact) -> Outcome:
    if not state.major:
        return Illegal("not_major", may_wait=True)
    return replace(state, major_reported=state.major_reported or fact.effective)


def _designated(state: CaseState, _fact: Fact) -> Outcome:
    return replace(state, designated=True)


def _supervision_ordered(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if any(each[0] == number for each in state.supervised):
        return Illegal("already_supervised", pointer="/document_number")
    return replace(state, supervised=(*state.supervised, (number, fact.source, fact.data["due"])))


def _supervision_progress(state: CaseState, _fact: Fact) -> Outcome:
    return state if state.supervised else Illegal("not_supervised", may_wait=True)


def _supervision_lifted(state: CaseState, fact: Fact) -> Outcome:
    kept = tuple(each for each in state.supervised if each[:2] != (fact.data["document_number"], fact.source))
    if len(kept) == len(state.supervised):
        return Illegal("not_supervised", may_wait=True, pointer="/document_number")
    return replace(state, supervised=kept)


def _correction_ordered(state: CaseState, fact: Fact) -> Outcome:
    if fact.data["order"] in state.orders:
        return Illegal("already_ordered", pointer="/order")
    return replace(state, orders=(*state.orders, fact.data["order"]))


def _correction_made(state: CaseState, fact: Fact) -> Outcome:
    if fact.data["order"] not in state.orders:
        return Illegal("not_ordered", may_wait=True, pointer="/order")
    return replace(state, corrected_orders=(*state.corrected_orders, fact.data["order"]))


def _transferred(state: CaseState, _fact: Fact) -> Outcome:
    if state.transferred in {"transferred", "accepted"}:
        return Illegal("case_transferred")
    return replace(state, transferred="transferred")


def _transfer(after: str) -> Callable[[CaseState, Fact], Outcome]:
    def step(state: CaseState, _fact: Fact) -> Outcome:
        if state.transferred not in {"transferred", "accepted"}:
            return Illegal("not_transferred", may_wait=True)
        return replace(state, transferred=after)

    return step


def _criminal_outcome(state: CaseState, _fact: Fact) -> Outcome:
    return state if state.transferred else Illegal("not_transferred", may_wait=True)


def _published(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if number not in state.decisions:
        return Illegal("decision_unknown_here", may_wait=True, pointer="/document_number")
    if number in state.published:
        return Illegal("already_published", pointer="/document_number")
    return replace(state, published=(*state.published, number))


def _publication_withdrawn(state: CaseState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if number not in state.published:
        return Illegal("not_published", may_wait=True, pointer="/document_number")
    return replace(state, published=tuple(each for each in state.published if each != number))


def _report_submitted(state: CaseState, fact: Fact) -> Outcome:
    if not state.closed:
        return Illegal("case_not_closed", may_wait=True)
    if state.report.acknowledged:
        return Illegal("report_acknowledged")
    document = fact.data.get("document")
    recorded = {digest for _, digest in state.documents if digest}
    if document is not None and recorded and document["sha256"] not in recorded:
        return Illegal("document_differs", pointer="/document/sha256")
    before = "" if state.report.returned else state.report.complete
    complete = before or (fact.effective if document is not None else "")
    return replace(state, report=Report(state.report.submitted or fact.effective, complete))


def _report_acknowledged(state: CaseState, fact: Fact) -> Outcome:
    if not state.report.complete or state.report.returned:
        return Illegal("report_incomplete", may_wait=True)
    if state.report.acknowledged:
        return Illegal("report_acknowledged")
    return replace(state, report=replace(state.report, acknowledged=fact.effective))


def _report_returned(state: CaseState, _fact: Fact) -> Outcome:
    if not state.report.submitted:
        return Illegal("report_incomplete", may_wait=True)
    if state.report.acknowledged:
        return Illegal("report_acknowledged")
    return replace(state, report=replace(state.report, returned=True))


STEPS: dict[str, Callable[[CaseState, Fact], Outcome]] = {
    "lead_registered": _lead_registered,
    "lead_investigated": _same,
    "lead_dismissed": _lead_dismissed,
    "merged": _merged,
    "referred": _referred,
    "referral_accepted": _referral_accepted,
    "referral_returned": _referral_returned,
    "opened": _opened,
    "evidence_requested": _evidence_requested,
    "evidence_provided": _answered,
    "staff_assigned": _answered,
    "investigated": _investigated,
    "penalty_proposed": _proposed,
    "legally_reviewed": _reviewed,
    "penalty_decided": _decided,
    "penalty_executed": _executed,
    "closed": _closed,
    "file_reviewed": _same,
    "flagged_major": _flagged_major,
    "major_reported": _major_reported,
    "designated": _designated,
    "supervision_ordered": _supervision_ordered,
    "supervision_progress": _supervision_progress,
    "supervision_lifted": _supervision_lifted,
    "enforcement_reviewed": _same,
    "correction_ordered": _correction_ordered,
    "correction_made": _correction_made,
    "transferred": _transferred,
    "transfer_accepted": _transfer("accepted"),
    "transfer_returned": _transfer("returned"),
    "criminal_outcome": _criminal_outcome,
    "published": _published,
    "publication_withdrawn": _publication_withdrawn,
    "report_submitted": _report_submitted,
    "report_acknowledged": _report_acknowledged,
    "report_returned": _report_returned,
}
