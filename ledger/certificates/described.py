"""A certificate's state on a day as plain data, and the digest over the states of all certificates.

The same function describes a state to every reader, so that a timeline rebuilt from a bundle and a row of the live
register give the same bytes where, and only where, they say the same.
"""

from hashlib import sha256
from typing import Any

import orjson

from ledger.certificates.answer import answer
from ledger.certificates.state import CertificateState
from ledger.codes.statuses import Status
from ledger.days import Day

_STILL = frozenset({Status.VALID, Status.SUSPENDED})


def described_on(stream: str, day: Day, state: CertificateState, *, approved: bool | None) -> dict[str, Any]:
    """Return status and validity on a day with the state behind them; ``approved`` is the issuing body's standing."""
    answered = answer(state, day)
    flags = list(answered.flags)
    if approved is False and answered.status in _STILL:
        flags.append("issuer_not_approved")
    return {
        "stream": stream,
        "day": day,
        "status": answered.status.value,
        "validity": answered.validity.value,
        "flags": flags,
        "since": state.since,
        "issued": state.issued or None,
        "first_issued": state.first_issued or None,
        "expires": state.expires or None,
        "suspended_from": state.suspended_from,
        "suspended_until": state.suspended_until,
        "reason_table": state.reason_table,
        "reason_code": state.reason_code,
        "ended_by": state.ended_by,
        "annulled": state.annulled,
        "last_surveillance": state.last_surveillance or None,
        "head_signed": state.head_signed,
        "linked_to": state.linked_to,
        "holds": list(state.holds),
        "appeals": list(state.appeals),
        "orders": [{"document_number": n, "demands": d, "due": due} for n, d, due in state.orders],
        "details": state.details,
    }


class StateDigest:
    """SHA-256 over one line a certificate, in order of its stream's UTF-8 bytes.

    A line is the canonical JSON (RFC 8785) of :func:`described_on` with ``effective_from``, ``effective_until`` and
    ``version`` of the period that holds, and a line feed; a certificate without a period on the day has no line.
    """

    def __init__(self) -> None:
        self.certificates = 0
        self._hash = sha256()
        self._last = ""

    def add(
        self,
        stream: str,
        day: Day,
        state: CertificateState,
        period: tuple[Day, Day | None, int],
        *,
        approved: bool | None,
    ) -> None:
        """Add the next certificate; ``period`` is its first day, its first day no more if any, and its version."""
        if stream <= self._last:
            raise ValueError(f"{stream} does not come after {self._last}")
        begins, ends, version = period
        said = described_on(stream, day, state, approved=approved)
        said |= {"effective_from": begins, "effective_until": ends or None, "version": version}
        self._hash.update(orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        self._last = stream
        self.certificates += 1

    def hexadecimal(self) -> str:
        """Return the digest of what was added so far."""
        return self._hash.hexdigest()
