"""Signed webhooks as Standard Webhooks has them: three headers, and an Ed25519 signature that anybody can verify.

What is signed is ``id.timestamp.body``. The key is asymmetric, so that no receiver holds a secret of ours.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.keyfiles import make_key, read_key
from infra.outbound import OutboundFailed, OutboundRefused, Policy, Resolve, call
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from ledger.notices.letter import Attempt, Letter

_GONE = 410
_ANSWER_BYTES = 16_384


class Webhooks:
    """Brings letters to webhooks; ``policy`` bounds which addresses are called at all."""

    def __init__(self, keys: Sequence[Ed25519PrivateKey], policy: Policy, resolve: Resolve | None = None) -> None:
        self._keys = keys
        self._policy = policy
        self._resolve = resolve

    def send(self, letter: Letter, now: datetime) -> Attempt:
        """Bring a letter to its address; an answer of 2xx is the receiver's word that it has it."""
        headers = signed_headers(self._keys, letter.id, int(now.timestamp()), letter.body)
        try:
            answer = call(
                "POST",
                letter.address,
                policy=self._policy,
                content=letter.body,
                headers=headers,
                resolve=self._resolve,
            )
        except OutboundRefused as refused:
            return Attempt("never", refused.reason)
        except OutboundFailed as failed:
            return Attempt("later", failed.reason)
        if 200 <= answer.status < 300:
            return Attempt("done")
        return Attempt("never" if answer.status == _GONE else "later", f"status_{answer.status}")


def signed_headers(keys: Sequence[Ed25519PrivateKey], identity: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt; several keys sign while one takes the place of another."""
    signed = f"{identity}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1a,{b64encode(key.sign(signed)).decode()}" for key in keys)
    return {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures,
    }


def public_key(key: Ed25519PrivateKey) -> str:
    """Return the public key in the spelling of Standard Webhooks, ``whpk_`` and Base64."""
    return "whpk_" + b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def webhook_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs webhooks; in development it is made where there is none."""
    path = settings.webhook_key or settings.run_dir / "webhook.key"
    if not path.exists():
        if settings.webhook_key is not None or not settings.in_development:
            raise ServiceUnavailableError(
                f"没有 webhook 签名私钥 {path}。请用 certledger key make 生成,并设 CERTLEDGER_WEBHOOK_KEY。",
                f"There is no key {path} to sign webhooks. Make one with `certledger key make` and set "
                "CERTLEDGER_WEBHOOK_KEY.",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        make_key(path)
    found = read_key(path)
    if not isinstance(found, Ed25519PrivateKey):
        raise ServiceUnavailableError(f"{path} 不是 Ed25519 私钥。", f"{path} holds no Ed25519 private key.")
    return found


def outbound_policy(settings: Settings) -> Policy:
    """Return what may be called: the public internet alone, in development this machine too."""
    return Policy(allow_loopback=settings.in_development, maximum_bytes=_ANSWER_BYTES)
