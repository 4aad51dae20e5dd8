"""What OpenAPI says about the operations that read: certificates, subjects and the search."""

from typing import Any

from api.http.answers import FARTHEST, JSON
from api.http.describe import (
    BODY_NUMBER,
    CERTIFICATE_NUMBER,
    EXAMPLE_EVENT,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    READ_REASON,
    READING,
    link,
    operation,
)
from api.http.schemas import DAY, INSTANT, Schema, ref, text, whole
from ledger.codes.statuses import Status

MIN_POSITION: Schema = {
    "name": "Min-Position",
    "in": "header",
    "required": False,
    "description": "等视图到达此位置再回答(读己之写)/ Answer only when the views have reached this position",
    "schema": whole(minimum=0, maximum=FARTHEST),
    "example": 18,
}
AS_OF: Schema = {
    "name": "as_of",
    "in": "query",
    "required": False,
    "description": "哪一天的状态:中国日期或时刻,缺省为今天 / The day asked about, in China; today by default",
    "schema": {"anyOf": [DAY, INSTANT]},
    "example": "2031-03-05",
}
KNOWN_AT: Schema = {
    "name": "known_at",
    "in": "query",
    "required": False,
    "description": "按当时所知回答,缺省为现在 / As far as was known at this instant; now by default",
    "schema": INSTANT,
    "example": "2026-03-06T00:00:00Z",
}
_EACH = "|".join(each.value for each in Status)
STATUS: Schema = {
    "name": "status",
    "in": "query",
    "required": False,
    "description": "只列这些状态,逗号分隔 / Only these statuses, separated by commas",
    "schema": text(pattern=f"^({_EACH})(,({_EACH}))*$"),
    "example": "valid,suspended",
}


def _path(name: str, zh: str, en: str, example: str) -> Schema:
    return {
        "name": name, "in": "path", "required": True, "description": f"{zh} / {en}", "schema": text(),
        "example": example,
    }  # fmt: skip


_OF_CERTIFICATE = (
    _path("body", "发证机构批准号", "Approval number of the issuing body", BODY_NUMBER),
    _path("number", "证书编号", "Certificate number", CERTIFICATE_NUMBER),
)
_ORGANISATION: dict[str, Any] = {
    "code": "91350100M000100Y43", "name_zh": "福州示例机械有限公司", "country": "156", "region": "350100"
}  # fmt: skip
_CERTIFICATE: dict[str, Any] = {
    "body": BODY_NUMBER,
    "number": CERTIFICATE_NUMBER,
    "as_of": "2031-03-05",
    "known_at": None,
    "status": {"value": "withdrawn", "code": "03", "zh": "撤销", "en": "Withdrawn"},
    "validity": {"value": "invalid", "zh": "无效", "en": "Not valid"},
    "flags": [{"code": "appeal_open", "zh": "申诉正在处理", "en": "An appeal is open"}],
    "since": "2031-03-05",
    "issued": "2030-01-10",
    "first_issued": "2030-01-10",
    "expires": "2033-01-09",
    "reason": {"table": "withdrawal", "code": "0115", "zh": "…", "en": "…", "rule": "…"},
    "holder": _ORGANISATION,
    "scope": {"zh": "通用机械零部件的生产", "en": None},
    "details": {"scheme_class": "management_system"},
    "held": [],
    "rests_on": {"position": 18, "version": 3, "recorded": "2031-03-05T01:30:02.114201Z"},
}
CERTIFICATE = operation(
    "get_certificate",
    "证书某日状态",
    "A certificate's status on a day",
    tag="certificates",
    answer=(JSON, ref("Certificate"), _CERTIFICATE),
    responses=NOT_MODIFIED,
    parameters=[*_OF_CERTIFICATE, AS_OF, KNOWN_AT, MIN_POSITION, IF_NONE_MATCH, READ_REASON],
    problems=("never_registered", "not_known_then", "as_of_wrong", "known_at_wrong", "known_at_in_future", *READING),
    more=(
        "状态与有效性分开回答;撤销、注销、过期失效从不混为一谈。`never_registered` 表示从未登记,不等于证书已失效。"
        "\n\nStatus and validity are two answers; withdrawn, cancelled and expired are never merged. "
        "`never_registered` means that no such certificate was ever recorded, which is not the end of one."
    ),
)
TIMELINE = operation(
    "get_timeline",
    "证书全部期间与事实",
    "A certificate's periods and facts on both time axes",
    tag="certificates",
    answer=(
        JSON,
        ref("Timeline"),
        {
            "body": BODY_NUMBER,
            "number": CERTIFICATE_NUMBER,
            "known_at": None,
            "periods": [_CERTIFICATE],
            "facts": [
                {
                    "position": 18,
                    "version": 3,
                    "type": "certificate.withdrawn",
                    "zh": "撤销证书",
                    "en": "Certificate withdrawn",
                    "effective": "2031-03-05",
                    "recorded": "2031-03-05T01:30:02.114201Z",
                    "source": BODY_NUMBER,
                    "id": "2031-03/000017",
                    "decision": "applied",
                    "releases": [],
                    "signed_by": [],
                    "data": {},
                }
            ],
        },
    ),
    parameters=[KNOWN_AT, MIN_POSITION, READ_REASON],
    problems=("never_registered", "not_known_then", "known_at_wrong", "known_at_in_future", *READING),
)
TRAIL = operation(
    "get_trail",
    "任一对象的全部事件",
    "Every event about a subject",
    tag="subjects",
    answer=(
        JSON,
        ref("Trail"),
        {
            "subject": f"body:{BODY_NUMBER}",
            "position": 18,
            "next": None,
            "events": [
                {
                    "position": 18,
                    "stream": f"certificate:{BODY_NUMBER}:{CERTIFICATE_NUMBER}",
                    "version": 3,
                    "type": "certificate.withdrawn",
                    "zh": "撤销证书",
                    "en": "Certificate withdrawn",
                    "source": BODY_NUMBER,
                    "id": "2031-03/000017",
                    "effective": "2031-03-05",
                    "recorded": "2031-03-05T01:30:02.114201Z",
                    "decision": "applied",
                    "waits": None,
                    "late_days": None,
                    "corrected_by": None,
                    "signed_by": [],
                    "event": EXAMPLE_EVENT,
                    "record": {"decision": "applied"},
                }
            ],
        },
    ),
    parameters=[KNOWN_AT, MIN_POSITION, READ_REASON],
    problems=("subject_unknown", "cursor_invalid", "known_at_wrong", "known_at_in_future", *READING),
)
_PAGE: dict[str, Any] = {
    "subject": f"body:{BODY_NUMBER}", "as_of": "2031-03-05", "position": 18, "standing": {"approved": True},
    "held": [], "counts": [{**_CERTIFICATE["status"], "count": 1}], "certificates": [_CERTIFICATE], "next": None,
}  # fmt: skip
ORGANISATION = operation(
    "get_organisation",
    "组织及其证书",
    "An organisation and its certificates",
    tag="subjects",
    answer=(JSON, ref("Page"), {**_PAGE, "subject": "organisation:M000100Y4"}),
    parameters=[AS_OF, STATUS, MIN_POSITION, READ_REASON],
    problems=("subject_unknown", "cursor_invalid", "as_of_wrong", *READING),
)
BODY = operation(
    "get_body",
    "认证机构及其证书",
    "A certification body and its certificates",
    tag="subjects",
    answer=(JSON, ref("Page"), _PAGE),
    parameters=[AS_OF, STATUS, MIN_POSITION, READ_REASON],
    problems=("subject_unknown", "cursor_invalid", "as_of_wrong", *READING),
)
SEARCH = operation(
    "search_certificates",
    "检索证书",
    "Search certificates",
    tag="subjects",
    answer=(
        JSON,
        ref("Found"),
        {
            "q": "示例机械",
            "position": 18,
            "next": None,
            "certificates": [{"body": BODY_NUMBER, "number": CERTIFICATE_NUMBER, "title": "福州示例机械有限公司"}],
        },
    ),
    parameters=[MIN_POSITION],
    problems=("cursor_invalid", *READING),
)
_NEXT = {"cursor": "$response.body#/next"}
_FIRST = {name: f"$response.body#/certificates/0/{name}" for name in ("body", "number")}
_TO_FIRST = {"certificate": link("get_certificate", **_FIRST), "timeline": link("get_timeline", **_FIRST)}
for _operation, _name, _asked in (
    (TRAIL, "get_trail", {"subject": "$request.path.subject"}),
    (ORGANISATION, "get_organisation", {"code": "$request.path.code"}),
    (BODY, "get_body", {"number": "$request.path.number"}),
    (SEARCH, "search_certificates", {"q": "$request.query.q"}),
):
    _operation["responses"][200]["links"] = {"next": link(_name, **_asked, **_NEXT)}
for _operation in (ORGANISATION, BODY, SEARCH):
    _operation["responses"][200]["links"] |= _TO_FIRST
