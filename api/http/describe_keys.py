"""What OpenAPI says about the operations on keys, issuers' chains and contradictory statements."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, ENTITLED, READ_REASON, SPOKEN, operation
from api.http.describe_reads import MIN_POSITION
from api.http.schemas import ref
from ledger.evidence.signatures import POSSESSION_TYPE

_KEYID = "203d267f27bb77e186ed0bd681ed34573d5b9caf5d4cd8dee4896fd1cf2d64fd"
_INSTANT = "2031-03-05T01:30:02.114201Z"
_READ = (
    "parameters_wrong",
    "min_position_wrong",
    "min_position_ahead",
    "cursor_invalid",
    "views_behind",
    "view_missing",
)
_KEY: dict[str, Any] = {
    "keyid": _KEYID,
    "owner": BODY_NUMBER,
    "algorithm": "ed25519",
    "public_key": "YqYRtHLYmw5fyTwGm59wC0xVLVW8Doe1YAjvF7ayvr4=",
    "registered_by": BODY_NUMBER,
    "position": 18,
    "registered": _INSTANT,
    "valid_from": None,
    "valid_until": None,
    "ended": None,
    "ended_by": None,
    "ended_position": None,
    "reason": None,
    "compromised_since": None,
    "status": {"value": "valid", "zh": "有效", "en": "Valid"},
}
CHALLENGE = operation(
    "make_key_challenge",
    "取得登记密钥用的随机数",
    "A nonce for the registration of a key",
    tag="signatures",
    answer=(
        JSON,
        ref("Challenge"),
        {"ledger": "ledger.localhost/certledger", "owner": BODY_NUMBER, "nonce": "AAAA…", "expires": _INSTANT},
    ),
    problems=(
        *SPOKEN,
        "not_canonical",
        "key_party_unknown",
        "body_too_large",
        "body_too_slow",
        "bodies_full",
        "challenges_unavailable",
        "ledger_unavailable",
    ),
    extra={
        "security": [{"bearer": []}],
        "requestBody": {
            "required": False,
            "content": {
                JSON: {
                    "schema": {"type": "object", "properties": {"owner": {"type": "string"}}},
                    "example": {"owner": "person:CCAA:S101001"},
                }
            },
        },
    },
    more=(
        f"用要登记的私钥对 DSSE 编码(类型 {POSSESSION_TYPE},内容为 keyid、ledger、nonce、owner 的规范 JSON)签名,"
        f"十分钟内提交 key.registered。\n\nSign the DSSE encoding (type {POSSESSION_TYPE}; the payload is the "
        "canonical JSON of keyid, ledger, nonce and owner) with the private key to be registered, and submit "
        "key.registered within ten minutes."
    ),
)
KEYS = operation(
    "list_keys",
    "一个主体的签名密钥",
    "A party's signing keys",
    tag="signatures",
    answer=(JSON, ref("Keys"), {"party": BODY_NUMBER, "position": 18, "keys": [_KEY], "next": None}),
    problems=(*_READ, "key_party_unknown", "ledger_unavailable"),
    parameters=(MIN_POSITION,),
)
_LINK = {
    "sequence": 7,
    "position": 18,
    "digest": _KEYID,
    "stream": f"certificate:{BODY_NUMBER}:1",
    "version": 1,
    "id": "a",
    "recorded": _INSTANT,
}
CHAIN = operation(
    "get_issuer_chain",
    "提交方自己的编号是否连续",
    "Whether an issuer's own count of its statements adds up",
    tag="signatures",
    answer=(
        JSON,
        ref("Chain"),
        {
            "source": BODY_NUMBER,
            "position": 18,
            "links": 7,
            "head": _LINK,
            "gaps": [],
            "forks": [],
            "broken": [],
            "is_sound": True,
        },
    ),
    problems=(*_READ, *SPOKEN, "key_party_unknown", "chain_restricted", "ledger_unavailable"),
    parameters=(MIN_POSITION,),
    extra={"security": [{"bearer": []}]},
)
ISSUER_EVENTS = operation(
    "list_issuer_events",
    "以某主体名义记录的全部事件",
    "Every event recorded under a party's name",
    tag="signatures",
    answer=(JSON, ref("IssuerEvents"), {"source": BODY_NUMBER, "position": 18, "events": [], "next": None}),
    problems=(
        *_READ,
        "key_party_unknown",
        *ENTITLED,
        "ledger_unavailable",
    ),
    parameters=(MIN_POSITION, READ_REASON),
)
EQUIVOCATIONS = operation(
    "list_equivocations",
    "同一编号下的矛盾陈述",
    "Contradictory statements under one id",
    tag="signatures",
    answer=(JSON, ref("Equivocations"), {"equivocations": [], "next": None}),
    problems=("parameters_wrong", "cursor_invalid", *SPOKEN, "equivocations_restricted", "ledger_unavailable"),
    extra={"security": [{"bearer": []}]},
)
