"""What OpenAPI says about tip-offs of the public: sending one, asking how far it is, listing and disposing of them."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import ENTITLED, READ_REASON, SPOKEN, operation
from api.http.schemas import ref, text
from api.http.schemas_tip_offs import KEY

_RECEIPT = "k3Vb0pXq9T2mYw7cRz1NhA"
_GIVEN = {"receipt": _RECEIPT, "received": "2031-03-05T01:30:02.114201Z", "state": "received"}
_TOLD: dict[str, Any] = {
    "about": {"body": "CNCA-R-2031-101", "certificate": "10124Q00012R0M"},
    "region": "440604",
    "text": "该产品未经认证即出厂。",
}
_TAKEN = {"description": "已收到 / Received", "content": {JSON: {"schema": ref("TipOffReceipt"), "example": _GIVEN}}}
_COMMON = ("parameters_wrong", "tip_offs_unavailable", "ledger_unavailable")


def _body(name: str, example: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {JSON: {"schema": ref(name), "example": example}}}}


SEND = operation(
    "send_tip_off",
    "公众举报",
    "Send a tip-off",
    tag="supervision",
    answer=(JSON, ref("TipOffReceipt"), _GIVEN),
    responses={202: _TAKEN},
    problems=(*_COMMON, "body_too_large", "bodies_full", "body_too_slow", "media_type_unsupported", "not_canonical",
              "json_too_deep", "region_not_found", "region_not_kept_here", "tip_off_key_reused",
              "tip_offs_too_fast", "tip_offs_full"),
    parameters=[{
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "自选随机值;同值同内容只收一次 / A random value of one's own: the same is taken once",
        "schema": text(pattern=KEY),
    }],
    extra=_body("TipOff", _TOLD),
    more=(
        "无需令牌,可匿名。内容不写入账本,加密保存,期满删除。202 为新收到,200 为同一份再次提交。"
        "请保存回执号,它不能找回。"
        "\n\nNo token, no name needed. Nothing of it goes into the ledger; it is kept sealed and deleted later. "
        "202 is a new one, 200 the same one again. Keep the receipt: nobody can give it a second time."
    ),
)  # fmt: skip
TIP_OFF = operation(
    "get_tip_off",
    "举报的处理情况",
    "How far a tip-off is",
    tag="supervision",
    answer=(JSON, ref("TipOffStatus"), {**_GIVEN, "reason": None}),
    problems=(*_COMMON, "tip_off_unknown"),
    more="凭回执号查询,只答阶段与不予处理的原因。\n\nBy the receipt: the stage, and why it was not pursued.",
)
LISTED = operation(
    "list_tip_offs",
    "辖区内的举报",
    "The tip-offs about a region",
    tag="supervision",
    answer=(JSON, ref("TipOffList"), {"region": "440604", "as_of": "2031-03-05", "rows": [], "more": False}),
    problems=(*_COMMON, "region_not_found", "not_entitled", *ENTITLED),
    parameters=[READ_REASON],
    extra={"security": [{"bearer": []}]},
    more="供有管辖权的监管部门及其上级,查阅留痕。\n\nFor the authorities of the region; the reading is noted.",
)
DISPOSE = operation(
    "dispose_of_tip_off",
    "处理一份举报",
    "Dispose of a tip-off",
    tag="supervision",
    answer=(JSON, ref("TipOffStatus"), {**_GIVEN, "state": "registered", "reason": None}),
    problems=(*_COMMON, "body_too_large", "bodies_full", "media_type_unsupported", "not_canonical", "json_too_deep",
              "not_entitled", "tip_off_unknown", "tip_off_disposed", "tip_off_lead_missing", *SPOKEN),
    extra={"security": [{"bearer": []}], **_body("TipOffDisposal", {"lead": "case:SAMR-440604:1"})},
    more=(
        "指明本部门已登记的线索,或不予处理的原因代码;重复提交相同内容不变。"
        "\n\nNames a lead that this authority registered, or why nothing follows. The same again changes nothing."
    ),
)  # fmt: skip
