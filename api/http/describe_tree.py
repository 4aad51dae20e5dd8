"""What OpenAPI says about the log's own operations: checkpoints, tiles and proofs."""

from typing import Any

from api.http.answers import JSON, TEXT
from api.http.describe import ENTITLED, IF_NONE_MATCH, NOT_MODIFIED, READ_REASON, operation
from api.http.schemas import Schema, fields, listed, nullable, text, whole

OCTETS = "application/octet-stream"
_HASH = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_EXAMPLE_NOTE = (
    f"ledger.example.cn/2031\n18\n{_HASH}\n\n— ledger.example.cn/2031 "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
_CHECKPOINT: Schema = fields(
    "size root signed note",
    {
        "size": whole("树的大小 / Leaves of the tree"),
        "root": text("树根,Base64 / The root, Base 64"),
        "signed": text(format="date-time"),
        "note": text("已签名的检查点 / The signed note"),
    },
)
_SIGNED = {"size": 18, "root": _HASH, "signed": "2031-03-05T01:30:02.514201Z", "note": _EXAMPLE_NOTE}
_WHOLE_LOG = ("token_missing", "not_entitled", *ENTITLED)
_TREE = ("parameters_wrong", "nothing_signed", "ledger_unavailable")
CHECKPOINT = operation(
    "get_checkpoint",
    "最新检查点(C2SP tlog-checkpoint)",
    "The newest checkpoint (C2SP tlog-checkpoint)",
    tag="log",
    answer=(TEXT, text(), _EXAMPLE_NOTE),
    responses=NOT_MODIFIED,
    parameters=[IF_NONE_MATCH],
    problems=("nothing_signed", "ledger_unavailable"),
)
TILE = operation(
    "get_tile",
    "散列瓦片与条目包(C2SP tlog-tiles)",
    "Tiles of hashes and bundles of entries (C2SP tlog-tiles)",
    tag="log",
    answer=(OCTETS, text(contentMediaType=OCTETS), ""),
    problems=("parameters_wrong", "tile_unknown", *_WHOLE_LOG, "ledger_unavailable"),
    parameters=[READ_REASON],
    extra={"security": [{}, {"bearer": []}]},
    more=(
        "`<L>/<N>[.p/<W>]` 为散列,`entries/<N>[.p/<W>]` 为条目原文(限审计方)。满瓦片不变;未满时以 .p/W 取前 W 个。"
        "\n\n`<L>/<N>[.p/<W>]` are hashes, `entries/<N>[.p/<W>]` whole entries (auditors only). A full tile never "
        "changes and answers only once it is full; `.p/W` gives the first W of it."
    ),
)
CHECKPOINTS = operation(
    "list_checkpoints",
    "全部检查点",
    "Every checkpoint ever signed",
    tag="log",
    answer=(
        JSON,
        fields("checkpoints next", {"checkpoints": listed(_CHECKPOINT), "next": nullable(whole())}),
        {"checkpoints": [_SIGNED], "next": None},
    ),
    problems=("parameters_wrong", "ledger_unavailable"),
)
OF_SIZE = operation(
    "get_checkpoint_of_size",
    "某一大小的检查点",
    "The checkpoint of a size",
    tag="log",
    answer=(TEXT, text(), _EXAMPLE_NOTE),
    responses=NOT_MODIFIED,
    parameters=[IF_NONE_MATCH],
    problems=("parameters_wrong", "checkpoint_unknown", "ledger_unavailable"),
)
_PROOF: dict[str, Any] = {"v": 1, "proof": [_HASH]}
INCLUSION = operation(
    "prove_inclusion",
    "包含证明",
    "Proof that an entry is in the log",
    tag="log",
    answer=(
        JSON,
        fields(
            "v type origin leaf_index tree_size leaf_hash root_hash proof checkpoint",
            {
                "v": {"const": 1},
                "type": {"const": "inclusion"},
                "origin": text(),
                "leaf_index": whole(),
                "tree_size": whole(),
                "leaf_hash": text(),
                "root_hash": text(),
                "proof": listed(text()),
                "checkpoint": text(),
                "entry": text("条目原文,Base64 / The entry, Base 64"),
            },
        ),
        {
            **_PROOF,
            "type": "inclusion",
            "origin": "ledger.example.cn/2031",
            "leaf_index": 1,
            "tree_size": 2,
            "leaf_hash": _HASH,
            "root_hash": _HASH,
            "checkpoint": _EXAMPLE_NOTE,
        },
    ),
    problems=(*_TREE, "checkpoint_unknown", "leaf_unknown", "cose_unknown", *_WHOLE_LOG),
    parameters=[READ_REASON],
    extra={"security": [{}, {"bearer": []}]},
)
INCLUSION["responses"][200]["content"][TEXT] = {
    "schema": text(".tlog-proof (c2sp.org/tlog-proof)"),
    "example": f"c2sp.org/tlog-proof@v1\nindex 1\n{_HASH}\n\n{_EXAMPLE_NOTE}",
}
INCLUSION["responses"][200]["content"]["application/scitt-receipt+cose"] = {
    "schema": text("COSE receipt (RFC 9942)", contentMediaType="application/scitt-receipt+cose"),
    "example": "",
}
CONSISTENCY = operation(
    "prove_consistency",
    "一致性证明",
    "Proof that a later tree extends an earlier one",
    tag="log",
    answer=(
        JSON,
        fields(
            "v type size1 size2 root1 root2 proof checkpoint1 checkpoint2",
            {
                "v": {"const": 1},
                "type": {"const": "consistency"},
                "size1": whole(),
                "size2": whole(),
                "root1": text(),
                "root2": text(),
                "proof": listed(text()),
                "checkpoint1": text(),
                "checkpoint2": text(),
            },
        ),
        {
            **_PROOF,
            "type": "consistency",
            "size1": 1,
            "size2": 2,
            "root1": _HASH,
            "root2": _HASH,
            "checkpoint1": _EXAMPLE_NOTE,
            "checkpoint2": _EXAMPLE_NOTE,
        },
    ),
    problems=(*_TREE, "checkpoint_unknown"),
)
