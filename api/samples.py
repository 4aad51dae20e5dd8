"""The samples of ``certledger run``: keys made on the spot for the sample bodies, and their reports signed with them.

The private keys never leave the run folder, and are for trying things out: whoever runs the samples holds them all.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from api.registering import registration
from infra.keyfiles import make_key, read_key
from infra.production import SAMPLES
from ledger.envelope import Submission, canonical_submission
from ledger.evidence.signatures import PrivateKey, public_key_of
from ledger.evidence.strict import encode_base64
from ledger.families import key_stream
from ledger.keys.challenge import make_nonce
from ledger.log import LogUnavailable
from ledger.outcomes import Receipt
from ledger.service import Incoming, Ledger


def sample_keys(ledger: Ledger, folder: Path, bodies: Iterable[str]) -> list[Path]:
    """Return the key files of the bodies whose keys are valid; what has no key yet gets one, registered here.

    A body whose sample key was revoked since gets no other: its samples stay unsigned.
    """
    found = []
    for body in bodies:
        path = folder / f"{body}.pem"
        key = read_key(path) if path.exists() else make_key(path)
        stream = key_stream(public_key_of(key).keyid)
        if not ledger.timeline(stream).tip.owner:
            _register(ledger, key, body)
        if not ledger.timeline(stream).tip.is_ended:
            found.append(path)
    return found


def _register(ledger: Ledger, key: PrivateKey, body: str) -> None:
    terms, now = ledger.terms, datetime.now(UTC)
    nonce, _ = make_nonce(terms.challenge_secret, terms.origin, body, now)
    event = registration(key, source=body, owner=body, ledger=terms.origin, nonce=encode_base64(nonce), now=now)
    made = canonical_submission(event)
    (outcome,) = ledger.submit([Incoming(made, SAMPLES)])
    if not isinstance(made, Submission) or not isinstance(outcome, Receipt):
        raise LogUnavailable(f"{body}: {outcome}")
