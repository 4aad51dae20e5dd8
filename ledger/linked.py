"""What a statement of supervision says about other streams is judged by them: findings, referrals, decisions.

The streams read here are guards of the append, as those of standing are: nothing is recorded on what changed meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ledger.access.jurisdiction import governs, superior_of
from ledger.codes.identifiers import organisation_key
from ledger.days import Day
from ledger.envelope import Submission
from ledger.families import FAMILIES
from ledger.inspections.responsible import FINDING, responsible_objection
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY, party_of
from ledger.timeline import Illegal, Timeline
from ledger.trainings.events import MAXIMUM_CASES

Standing = Callable[[str], Timeline[Any]]
# What only a superior of the authority that handles the case says of it (S0-61, S3-49, S3-76).
_BY_SUPERIORS = frozenset(
    {
        "case.designated",
        "case.supervision_ordered",
        "case.supervision_lifted",
        "case.correction_ordered",
    }
)
_ONE_LEVEL_UP = frozenset({"case.major_reported", "report.accident_reported", "report.instruction_requested"})
_DECISIONS = frozenset({"certificate.suspended", "certificate.withdrawn", "certificate.cancelled"})
_NAMED = {
    "case.opened": (("referred_from", "case"),),
    "rectification.case_referred": (("case", "case"),),
    "rectification.decision_recorded": (("certificate", "certificate"),),
}


def is_above(authority: str, other: str, day: Day) -> bool:
    """Tell whether an authority is a superior of another on a day, at any distance."""
    mine, theirs = party_of(authority), party_of(other)
    if mine is None or theirs is None or authority == other:
        return False
    if mine.kind == NATIONAL_AUTHORITY:
        return theirs.kind == LOCAL_AUTHORITY or authority == superior_of(other, day)
    return mine.kind == LOCAL_AUTHORITY and governs(mine.region, theirs.region, day)


def linked_streams(submission: Submission) -> tuple[str, ...]:
    """Return the streams that a statement of supervision names and that decide on it.

    A correction's replacement is of a form that is not checked yet: whatever is not a stream's name is passed over.
    """
    data = submission.data.get("replacement") or {} if submission.type.corrects else submission.data
    return tuple(dict.fromkeys(_linked(submission, data)))


def _linked(submission: Submission, data: Mapping[str, Any]) -> Iterator[str]:
    if submission.type.family == "rectification":
        yield _inspection_of(submission.subject)
    if submission.type.family == "training":
        cases = data.get("cases")
        yield from (each for each in (cases if isinstance(cases, list) else ())[:MAXIMUM_CASES] if _is_case(each))
    for names in (_NAMED.get(submission.type.name, ()),) if not submission.type.corrects else _NAMED.values():
        for member, family in names:
            named = data.get(member)
            if isinstance(named, str) and FAMILIES[family].subject.fullmatch(named) and named != submission.subject:
                yield named


def linked_objection(
    submission: Submission, type_name: str, data: Mapping[str, Any], standing: Standing
) -> Illegal | None:
    """Return why what other streams hold forbids a statement of supervision."""
    day = str(data.get("effective", ""))
    if type_name in _BY_SUPERIORS:
        owner = submission.subject.split(":")[1]
        if not is_above(submission.source, owner, day):
            return Illegal("not_superior", pointer="/source", params=(("source", submission.source), ("owner", owner)))
    if type_name in _ONE_LEVEL_UP and data["to"] != superior_of(submission.source, day):
        above = superior_of(submission.source, day) or ""
        return Illegal("not_one_level_up", pointer="/to", params=(("to", above),))
    judge = _JUDGES.get(type_name)
    return judge(submission, data, standing) if judge else None


def _case_opened(submission: Submission, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    referred = data.get("referred_from")
    if referred is None:
        return None
    known = FAMILIES["case"].subject.fullmatch(referred) and referred != submission.subject
    if not known or standing(referred).tip.referred_to != submission.source:
        return Illegal("referral_unknown", pointer="/referred_from", params=(("case", referred),))
    return None


def _rectification_opened(submission: Submission, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    name = submission.subject.split(":")[2]
    inspection = standing(_inspection_of(submission.subject))
    found = next(
        (f for f in inspection.applied if f.type.endswith(".finding_recorded") and f.data.get("finding") == name), None
    )
    if found is None:
        return Illegal("finding_unknown", pointer="/subject", params=(("finding", name),))
    if found.data["grade"] == "major" and data["severity"] != "serious":
        return Illegal("major_finding_is_serious", pointer="/severity")
    inspected = getattr(inspection.tip, "organisation", "")
    if inspected and organisation_key(inspected) != organisation_key(data["organisation"]):
        return Illegal("not_the_inspected", pointer="/organisation", params=(("source", data["organisation"]),))
    return None


def _case_referred(_submission: Submission, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    known = FAMILIES["case"].subject.fullmatch(data["case"])
    if not known or not (standing(data["case"]).tip.opened or standing(data["case"]).tip.lead):
        return Illegal("case_unknown", pointer="/case", params=(("case", data["case"]),))
    return None


def _decision_recorded(_submission: Submission, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    named, certificate = data.get("decision"), data["certificate"]
    if FAMILIES["certificate"].subject.fullmatch(certificate) is None:
        return Illegal("decision_unknown", pointer="/certificate")
    if named is None:
        return None
    fact = standing(certificate).find(named["source"], named["id"])
    if fact is None or fact.type not in _DECISIONS or fact not in standing(certificate).applied:
        return Illegal("decision_unknown", pointer="/decision")
    return None


def _finding_recorded(_submission: Submission, data: Mapping[str, Any], _standing: Standing) -> Illegal | None:
    return responsible_objection(data)


def _area_listed(submission: Submission, data: Mapping[str, Any], _standing: Standing) -> Illegal | None:
    return None if submission.subject == f"area:{data['region']}" else Illegal("area_differs", pointer="/region")


def _training_held(_submission: Submission, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    """A review of case files rests on cases that are known, and on the reviews recorded in them (S0-65)."""
    cases = [standing(each) for each in data.get("cases") or ()]
    for index, (name, case) in enumerate(zip(data.get("cases") or (), cases, strict=True)):
        if not (case.tip.opened or case.tip.lead):
            return Illegal("case_unknown", pointer=f"/cases/{index}", params=(("case", name),))
    reviews = {(f.source, f.id) for case in cases for f in case.applied if f.type == "case.file_reviewed"}
    for index, each in enumerate(data.get("reviews") or ()):
        if (each["source"], each["id"]) not in reviews:
            named = (("review", f"{each['source']}/{each['id']}"),)
            return Illegal("training_review_unknown", pointer=f"/reviews/{index}", params=named)
    return None


def _is_case(named: object) -> bool:
    return isinstance(named, str) and FAMILIES["case"].subject.fullmatch(named) is not None


def _inspection_of(rectification: str) -> str:
    return f"inspection:{rectification.split(':')[1]}"


_JUDGES: dict[str, Callable[[Submission, Mapping[str, Any], Standing], Illegal | None]] = {
    "case.opened": _case_opened,
    "rectification.opened": _rectification_opened,
    "rectification.case_referred": _case_referred,
    "rectification.decision_recorded": _decision_recorded,
    "area.listed": _area_listed,
    FINDING: _finding_recorded,
    "training.held": _training_held,
}
