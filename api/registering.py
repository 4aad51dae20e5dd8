"""Puts the registration of a key together, the same at the command line and for the samples of ``certledger run``."""

from datetime import datetime
from typing import Any

from ledger.days import instant_text
from ledger.envelope import make_event
from ledger.evidence.signatures import PrivateKey, possession_message, public_key_of, sign
from ledger.evidence.strict import decode_base64, encode_base64
from ledger.families import key_stream


def registration(
    key: PrivateKey, *, source: str, owner: str, ledger: str, nonce: str, now: datetime, **validity: str | None
) -> dict[str, Any]:
    """Return the event that registers a key for its owner; ``nonce`` is the ledger's, in Base 64.

    ``validity`` may hold ``valid_from`` and ``valid_until``, instants in the ledger's spelling.
    """
    public = public_key_of(key)
    proof = sign(key, possession_message(ledger, owner, public, decode_base64(nonce)))
    data = {
        "algorithm": public.algorithm,
        "public_key": encode_base64(public.raw),
        "owner": owner,
        "nonce": nonce,
        "proof": encode_base64(proof),
        **{name: instant for name, instant in validity.items() if instant},
    }
    return make_event(
        type_="key.registered",
        source=source,
        identity=f"key-{public.keyid}",
        subject=key_stream(public.keyid),
        time=instant_text(now),
        data=data,
    )
