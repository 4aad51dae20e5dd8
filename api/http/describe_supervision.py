"""What OpenAPI says about the operations of supervision: lists, one case, published penalties, statistics, checks."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, CERTIFICATE_NUMBER, READ_REASON, READING, operation
from api.http.describe_reads import AS_OF, KNOWN_AT, MIN_POSITION
from api.http.schemas import DAY, FREE, POSITION, Schema, fields, listed, nullable, text, whole

_LABEL = {"zh": text(), "en": text()}
_NAME = fields("name zh en source", {"name": text(), **_LABEL, "source": text("依据 / The rule's source")})
_ROW = fields(
    "stream region subject since due priority age_days overdue detail",
    {
        "stream": text(),
        "region": nullable(text()),
        "subject": nullable(text("当事人 / Whom it is about")),
        "since": nullable(DAY),
        "due": nullable({**DAY, "description": "有明确期限者的最后一日 / Last day in time, where a number is stated"}),
        "priority": {"type": "boolean"},
        "age_days": nullable(whole("自起始日的天数 / Days since")),
        "overdue": {"type": "boolean"},
        "detail": FREE,
    },
)
_EXAMPLE_NAME = {"name": "reports_overdue", "zh": "逾期未报案件", "en": "Closed cases whose report is overdue",
                 "source": "S1-97"}  # fmt: skip
LISTS = operation(
    "list_supervision_lists",
    "监管清单目录",
    "The lists of supervision",
    tag="supervision",
    answer=(JSON, fields("lists", {"lists": listed(_NAME)}), {"lists": [_EXAMPLE_NAME]}),
)
LIST = operation(
    "get_supervision_list",
    "一份监管清单",
    "One list of supervision",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "name zh en source as_of region position rows more",
            {
                "name": text(),
                **_LABEL,
                "source": text(),
                "as_of": DAY,
                "region": nullable(text()),
                "position": whole(),
                "rows": listed(_ROW),
                "more": {"type": "boolean", "description": "是否还有未列出的行 / Whether there is more than is listed"},
            },
        ),
        {
            **_EXAMPLE_NAME,
            "as_of": "2031-04-22",
            "region": "440600",
            "position": 18,
            "rows": [
                {
                    "stream": "case:SAMR-440604:1",
                    "region": "440604",
                    "subject": "organisation:M000100Y4",
                    "since": "2031-04-01",
                    "due": "2031-04-21",
                    "priority": True,
                    "age_days": 21,
                    "overdue": True,
                    "detail": {"phase": "closed"},
                }
            ],
            "more": False,
        },
    ),
    problems=("list_unknown", "region_not_found", "as_of_wrong", *READING),
    parameters=(AS_OF, MIN_POSITION, READ_REASON),
    more=(
        "只列出调用者有权看到的行;及时、定期等未定期限者只给出天数,不算逾期。"
        "\n\nOnly rows that the caller may see. What is to be done promptly or periodically is given with its age, "
        "and is never overdue."
    ),
)
_CASE: dict[str, Any] = {
    "stream": "case:SAMR-440604:1",
    "phase": "closed",
    "known_at": None,
    "position": 18,
    "state": {"opened": True, "closed": True},
    "facts": [],
    "holds": [],
    "merged": [],
    "duties": [
        {
            "obligation": "case_report", "since": "2031-04-01", "due": "2031-04-21", "standing": "due",
            "is_overdue": False, "age": 3, "zh": "…", "en": "…", "source": "S1-97",
        }
    ],
}  # fmt: skip
CASE = operation(
    "get_case",
    "一个案件",
    "One case",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "stream phase known_at position state facts holds merged duties",
            {
                "stream": text(),
                "phase": text(),
                "known_at": nullable(text()),
                "position": POSITION,
                "state": FREE,
                "facts": listed(FREE, "所记录的陈述,原样 / What was recorded, as it was said"),
                "holds": listed(FREE, "现在成立的事实,已更正者按更正 / What holds, corrections made"),
                "merged": listed(text()),
                "duties": listed(FREE),
            },
        ),
        _CASE,
    ),
    problems=("subject_unknown", "known_at_wrong", "known_at_in_future", *READING),
    parameters=(KNOWN_AT, MIN_POSITION, READ_REASON),
    more=(
        "按当时所知(known_at)与按现在所知均可回答:更正之后,原记录仍可查阅。"
        "\n\nAs known now or at an instant: what was corrected stays readable as it was."
    ),
)
_PENALTY = fields(
    "stream authority document_number party violation penalties amount legal_basis decided published until position",
    {
        "stream": text(),
        "authority": text(),
        "document_number": text(),
        "party": text(),
        "violation": text(),
        "penalties": listed(text()),
        "amount": nullable(text()),
        "legal_basis": listed(FREE),
        "decided": DAY,
        "published": DAY,
        "until": nullable(DAY),
        "position": POSITION,
    },
)
PENALTIES = operation(
    "list_published_penalties",
    "公示的行政处罚",
    "Published penalties",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "as_of position penalties next",
            {"as_of": DAY, "position": whole(), "penalties": listed(_PENALTY), "next": nullable(text())},
        ),
        {"as_of": "2031-04-22", "position": 18, "penalties": [], "next": None},
    ),
    problems=("cursor_invalid", "as_of_wrong", *READING),
    parameters=(AS_OF, MIN_POSITION),
)
_COUNT = {name: text("万元 / 10,000 CNY") for name in ("value", "fines", "confiscated")}
_STATISTICS = fields(
    "code zh en part_of cases ordinary value fines confiscated transferred",
    {
        "code": text(),
        **_LABEL,
        "part_of": nullable(text()),
        "cases": whole(),
        "ordinary": whole(),
        **_COUNT,
        "transferred": whole(),
    },
)
STATISTICS = operation(
    "get_case_statistics",
    "案件统计表",
    "The statistics table of cases",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "period first last region position table rows",
            {
                "period": text(),
                "first": DAY,
                "last": DAY,
                "region": nullable(text()),
                "position": whole(),
                "table": FREE,
                "rows": listed(_STATISTICS),
            },
        ),
        {
            "period": "2031-Q1", "first": "2031-01-01", "last": "2031-03-31", "region": None, "position": 18,
            "table": {"zh": "认证认可与检验检测案件统计表"}, "rows": [],
        },
    ),
    problems=("period_wrong", "region_not_found", *READING),
    parameters=(MIN_POSITION, READ_REASON),
)  # fmt: skip
COVERAGE = operation(
    "get_finding_coverage",
    "问题处置率",
    "How many findings were disposed of",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "as_of region position findings handled percent causes",
            {
                "as_of": DAY,
                "region": nullable(text()),
                "position": whole(),
                "findings": whole(),
                "handled": whole(),
                "percent": nullable(text()),
                "causes": {"type": "object", "additionalProperties": whole()},
            },
        ),
        {
            "as_of": "2031-04-22", "region": None, "position": 18, "findings": 4, "handled": 3, "percent": "75.00",
            "causes": {"ignorance_of_law": 2},
        },
    ),
    problems=("as_of_wrong", "region_not_found", *READING),
    parameters=(AS_OF, MIN_POSITION, READ_REASON),
)  # fmt: skip
_CHECKED: Schema = fields(
    "code zh en stated observed",
    {"code": text(), **_LABEL, "stated": text(), "observed": text()},
)
CHECK = operation(
    "check_production",
    "按生产日核对证书",
    "Check a product against the certificate of its day",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "body number produced position status findings",
            {
                "body": text(),
                "number": text(),
                "produced": DAY,
                "position": whole(),
                "status": nullable(text("生产日的状态 / Status on the day of production")),
                "rests_on": nullable(FREE),
                "findings": listed(_CHECKED),
            },
        ),
        {
            "body": BODY_NUMBER, "number": CERTIFICATE_NUMBER, "produced": "2031-03-15", "position": 18,
            "status": "suspended", "rests_on": {"position": 17, "version": 2}, "findings": [],
        },
    ),
    problems=READING,
    parameters=(MIN_POSITION,),
    more=(
        "所得为提示:是否构成违法由监管人员认定。"
        "\n\nWhat is found is a suggestion: whether it is a violation is for the inspectors to say."
    ),
)  # fmt: skip
CHECK_ORGANISATION = operation(
    "check_uncertified_production",
    "某日是否应有证而无证",
    "Whether a catalogued product had a valid certificate on a day",
    tag="supervision",
    answer=(
        JSON,
        fields(
            "organisation product_class produced position certificates findings",
            {
                "organisation": text(),
                "product_class": text(),
                "produced": DAY,
                "position": whole(),
                "certificates": listed(FREE),
                "findings": listed(_CHECKED),
            },
        ),
        {
            "organisation": "M000100Y4", "product_class": "0901", "produced": "2031-03-15", "position": 18,
            "certificates": [], "findings": [],
        },
    ),
    problems=("subject_unknown", *READING),
    parameters=(MIN_POSITION,),
)  # fmt: skip
