"""The JSON Schemas of signed envelopes, keys, issuers' chains and kept contradictions, named as OpenAPI components."""

from api.http.schemas import INSTANT, LABEL, POSITION, Schema, fields, listed, nullable, ref, text, whole

_DIGEST = text("SHA-256", pattern="^[0-9a-f]{64}$")
_LINK = {
    "sequence": whole(minimum=1),
    "position": POSITION,
    "digest": _DIGEST,
    "stream": text(),
    "version": whole(minimum=1),
    "id": text(),
    "recorded": INSTANT,
}
_LINKS = listed(
    fields(
        "sequence position digest stream version id recorded",
        {**_LINK, "previous": nullable(_DIGEST), "signed_by": listed(text()), "expected": listed(_DIGEST)},
    )
)

COMPONENTS: dict[str, Schema] = {
    "Envelope": fields(
        "payload payloadType signatures",
        {
            "payload": text("事件规范字节的 Base64 / Base64 of the event's canonical bytes"),
            "payloadType": {"const": "application/vnd.certledger.event.v1+json"},
            "signatures": listed(fields("keyid sig", {"keyid": _DIGEST, "sig": text("Base64")})),
        },
        "DSSE v1.0.2",
    ),
    "Challenge": fields(
        "ledger owner nonce expires",
        {"ledger": text(), "owner": text(), "nonce": text("Base64"), "expires": INSTANT},
    ),
    "Keys": fields(
        "party position keys next",
        {"party": text(), "position": whole(), "keys": listed(ref("Key")), "next": nullable(text())},
    ),
    "Key": fields(
        "keyid owner algorithm public_key registered_by position registered status",
        {
            "keyid": _DIGEST,
            "owner": text(),
            "algorithm": {"enum": ["ed25519", "ecdsa-p256", "sm2"]},
            "public_key": text("Base64"),
            "registered_by": text(),
            "position": POSITION,
            "registered": INSTANT,
            "valid_from": nullable(INSTANT),
            "valid_until": nullable(INSTANT),
            "ended": nullable(INSTANT),
            "ended_by": nullable(text()),
            "ended_position": nullable(POSITION),
            "reason": nullable(text()),
            "compromised_since": nullable(INSTANT),
            "status": fields("value zh en", {"value": text(), **LABEL}),
        },
    ),
    "Chain": fields(
        "source position links head gaps forks broken is_sound",
        {
            "source": text(),
            "position": whole(),
            "links": whole("编号的陈述数 / Statements that were counted"),
            "head": nullable(fields("sequence position digest", _LINK)),
            "gaps": listed(fields("first last", {"first": whole(), "last": whole()})),
            "forks": _LINKS,
            "broken": _LINKS,
            "is_sound": {"type": "boolean"},
        },
    ),
    "IssuerEvents": fields(
        "source position events next",
        {"source": text(), "position": whole(), "events": listed({"type": "object"}), "next": nullable(text())},
    ),
    "Equivocations": fields(
        "equivocations next",
        {
            "equivocations": listed(
                fields(
                    "source id received first other",
                    {
                        "source": text(),
                        "id": text(),
                        "received": INSTANT,
                        "first": ref("Statement"),
                        "other": ref("Statement"),
                    },
                )
            ),
            "next": nullable(text()),
        },
    ),
    "Statement": fields(
        "event envelope",
        {
            "position": nullable(POSITION),
            "event": ref("CloudEvent"),
            "envelope": nullable(ref("Envelope")),
        },
    ),
}
