"""The disclosures that travel beside a submission: each must open a digest that the event itself holds."""

from collections.abc import Sequence

from ledger.envelope import Submission
from ledger.evidence.disclosures import MAXIMUM_DIGESTS, Disclosure, digests_in, parse_disclosure
from ledger.evidence.strict import EvidenceError
from ledger.privacy.fields import field_at
from ledger.refusals import Refusal


def opened(submission: Submission, texts: Sequence[object]) -> list[Disclosure] | Refusal:
    """Return the fields that the disclosures of a submission open, or the refusal that names the first wrong one."""
    if len(texts) > MAXIMUM_DIGESTS:
        return _refusal(submission, "disclosures_too_many", "", most=str(MAXIMUM_DIGESTS))
    held = digests_in(submission.data)
    found: dict[str, Disclosure] = {}
    for index, text in enumerate(texts):
        pointer = f"/disclosures/{index}"
        if not isinstance(text, str):
            return _refusal(submission, "disclosure_wrong", pointer, reason="not a text")
        try:
            disclosure = parse_disclosure(text)
        except EvidenceError as error:
            return _refusal(submission, "disclosure_wrong", pointer, reason=str(error))
        if disclosure.digest not in held:
            return _refusal(submission, "disclosure_mismatch", pointer)
        kind = field_at(disclosure.path)
        if kind is None or not kind.may_stand_in(submission.type.name):
            return _refusal(submission, "personal_field_unknown", pointer, type=submission.type.name)
        if len(disclosure.value) > kind.maximum:
            return _refusal(submission, "personal_field_too_long", pointer, most=str(kind.maximum))
        found[disclosure.digest] = disclosure
    if len({each.path for each in found.values()}) < len(found):
        return _refusal(submission, "disclosure_wrong", "/disclosures", reason="two values for one path")
    return list(found.values())


def _refusal(submission: Submission, code: str, pointer: str, **params: str) -> Refusal:
    # What was disclosed never appears in a refusal: refusals are logged.
    return Refusal(code, pointer, tuple(params.items()), *submission.identity)
