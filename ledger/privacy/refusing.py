"""What holds personal data is refused before it is decided on: the refusal names the places and repeats no number."""

from ledger.envelope import Submission
from ledger.privacy.scanner import Kind, may_hold, suspected
from ledger.refusals import Problem, Refusal

_TOLD: dict[Kind, tuple[str, str]] = {
    "identity_number": ("含公民身份号码", "holds a person's identity number"),
    "telephone_number": ("含电话号码", "holds a telephone number"),
}


def personal_data_in(submission: Submission) -> Refusal | None:
    """Return the refusal of a submission whose public members hold personal numbers, or ``None``."""
    if not may_hold(submission.raw):
        return None
    event = {
        "data": submission.data,
        "id": submission.id,
        "source": submission.source,
        "subject": submission.subject,
    }
    hits = suspected(submission.raw, event)
    if not hits:
        return None
    problems = tuple(Problem(each.pointer, each.kind, *_TOLD[each.kind]) for each in hits)
    return Refusal("personal_data", hits[0].pointer, (), *submission.identity, problems)
