"""What goes to the national register: one report as canonical bytes, the same for every sending, and its schema.

The decision's text goes beside it; a text counts only if it has the digest that was recorded (S1-101).
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ledger.canonical import canonical

FORMAT = "certledger-case-report/1"
_FIELDS = (
    "case_source",
    "case_information",
    "penalty_basis",
    "penalty_type",
    "penalty_amount",
    "case_description",
    "extension",
    "document",
)


def payload(stream: str, event: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of one ``case.report_submitted`` as the register gets it (S1-98)."""
    data = event["data"]
    report = {name: data[name] for name in _FIELDS if data.get(name) is not None}
    return canonical(
        {
            "format": FORMAT,
            "case": stream,
            "report": {"source": event["source"], "id": event["id"]},
            "reported": data["effective"],
            **report,
        }
    )


def is_the_document(evidence: Mapping[str, Any], content: bytes) -> bool:
    """Tell whether a text is the one that was recorded: by its size and its SHA-256."""
    return bool(len(content) == evidence["size"] and sha256(content).hexdigest() == evidence["sha256"])
