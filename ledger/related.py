"""Which streams a recorded event rests on: what the decision about it read, so that an auditor can judge it again."""

from ledger.decide import streams_read
from ledger.envelope import Submission, parse_submission
from ledger.evidence.entries import event_bytes
from ledger.evidence.strict import EvidenceError


def streams_behind(raw: bytes) -> tuple[str, ...]:
    """Return the streams that a recorded event's bytes name: its own, and those of its body, signatories and holder.

    Bytes that are no event of the ledger name none.
    """
    try:
        submission = parse_submission(event_bytes(raw))
    except EvidenceError:
        return ()
    return streams_read(submission) if isinstance(submission, Submission) else ()
