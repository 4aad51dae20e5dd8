"""Which streams a recorded event rests on: what the decision about it read, so that an auditor can judge it again."""

import orjson

from ledger.decide import streams_read
from ledger.envelope import Submission, parse_submission
from ledger.evidence.entries import event_bytes
from ledger.evidence.signatures import parse_signatures
from ledger.evidence.strict import EvidenceError


def streams_behind(raw: bytes) -> tuple[str, ...]:
    """Return the streams that a recorded event's bytes name: its own, those of its body, signatories and holder.

    With a signature goes the stream ``key:`` and the key's name, in which the key was registered. Bytes that are no
    event of the ledger name none.
    """
    try:
        submission = parse_submission(event_bytes(raw))
        signatures = parse_signatures(orjson.loads(raw)["signatures"])
    except (EvidenceError, ValueError, KeyError):
        return ()
    if not isinstance(submission, Submission):
        return ()
    return (*streams_read(submission), *(f"key:{each.keyid}" for each in signatures))
