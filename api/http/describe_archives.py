"""What OpenAPI says about traces, archives, figures of coverage and classes."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, CERTIFICATE_NUMBER, READ_REASON, READING, operation
from api.http.describe_reads import AS_OF, KNOWN_AT, MIN_POSITION
from api.http.schemas import ref

_STREAM = f"certificate:{BODY_NUMBER}:{CERTIFICATE_NUMBER}"
_ORGANISATION = "organisation:M000100Y4"
_DAY = "2031-03-05"
_SHA256 = "0" * 64
_READ = ("as_of_wrong", *READING)
_KNOWN = ("known_at_wrong", "known_at_in_future")
_FIGURES = ("region_not_found", "not_entitled", *_READ)
_BOTH = [AS_OF, KNOWN_AT, MIN_POSITION, READ_REASON]
_OF_DAY = [AS_OF, MIN_POSITION, READ_REASON]
_EDGE: dict[str, Any] = {
    "start": _STREAM,
    "relation": "issued_by",
    "end": f"body:{BODY_NUMBER}",
    "begins": "2030-01-10",
    "ends": None,
    "stream": _STREAM,
    "version": 1,
    "position": 16,
    "access": "public",
    "source": BODY_NUMBER,
}
TRACE = operation(
    "get_trace",
    "追溯、倒查与横向关联",
    "Traces forward, back and sideways",
    tag="supervision",
    answer=(
        JSON,
        ref("Trace"),
        {
            "subject": _STREAM,
            "direction": "forward",
            "as_of": None,
            "known_at": None,
            "position": 18,
            "nodes": [{"node": _STREAM, "depth": 0}, {"node": f"body:{BODY_NUMBER}", "depth": 1}],
            "edges": [_EDGE],
            "beside": [],
            "truncated": [],
        },
    ),
    parameters=_BOTH,
    problems=(*_READ, *_KNOWN, "subject_unknown"),
    more=(
        "节点为账本中的标识(证书、组织、机构、人员、检查、案件)或 `sample:`、`finding:`、`product:`、`model:`、"
        "`batch:`、"
        "`factory:`、`laboratory:`、`report:` 加名称。不带 as_of 即不限日期。超出界限之处列在 truncated。\n\n"
        "A node is a subject of the ledger, or `sample:`, `finding:`, `product:`, `model:`, `batch:`, `factory:`, "
        "`laboratory:` or `report:` with its name. Without as_of no day bounds the trace. Where bounds cut it is in "
        "truncated."
    ),
)
RESPONSIBILITY = operation(
    "get_responsibility",
    "谁出证谁负责、谁签字谁担责",
    "Who answers for a certificate, a product or a finding",
    tag="supervision",
    answer=(
        JSON,
        ref("Responsibility"),
        {
            "subject": _STREAM,
            "as_of": _DAY,
            "position": 18,
            "certificates": [
                {
                    "certificate": _STREAM,
                    "issued_by": f"body:{BODY_NUMBER}",
                    "responsible": f"body:{BODY_NUMBER}",
                    "signed": [{"person": "person:CCAA:S101001", "role": "decision", "stream": _STREAM, "version": 1}],
                }
            ],
            "liable": [f"body:{BODY_NUMBER}"],
        },
    ),
    parameters=_BOTH,
    problems=(*_READ, *_KNOWN, "subject_unknown"),
)
CHAIN = operation(
    "get_chain",
    "一张证书的全过程与缺失环节",
    "A certificate's whole process and its gaps",
    tag="supervision",
    answer=(
        JSON,
        ref("LifeChain"),
        {
            "subject": _STREAM,
            "position": 18,
            "is_whole": True,
            "events": [
                {
                    "position": 16,
                    "effective": "2030-01-10",
                    "type": "certificate.issued",
                    "source": BODY_NUMBER,
                    "id": "a",
                }
            ],
            "stages": [{"stage": "issue", "zh": "颁发证书", "en": "Issue", "positions": [16], "is_gap": False}],
            "gaps": ["evaluation"],
            "issuer": f"body:{BODY_NUMBER}",
            "general": ["person:CCAA:S101001"],
            "signed": [
                {"person": "person:CCAA:S101001", "role": "decision", "type": "certificate.issued", "position": 16}
            ],
        },
    ),
    parameters=[KNOWN_AT, MIN_POSITION, READ_REASON],
    problems=(*_READ, *_KNOWN, "never_registered"),
)
CHECK_TASKS = operation(
    "list_check_tasks",
    "由产品问题引出的核查任务",
    "Checks that open problems of products ask for",
    tag="supervision",
    answer=(JSON, ref("CheckTasks"), {"subject": f"body:{BODY_NUMBER}", "as_of": _DAY, "position": 18, "tasks": []}),
    parameters=_OF_DAY,
    problems=(*_READ, "subject_unknown"),
)
_ENTERPRISE = {"organisation": _ORGANISATION, "name_zh": "福州示例机械有限公司", "region": "350102"}
ARCHIVE = operation(
    "get_archive",
    "一个组织的档案",
    "The archive of an organisation",
    tag="supervision",
    answer=(
        JSON,
        ref("Archive"),
        {
            "organisation": _ORGANISATION,
            "as_of": _DAY,
            "position": 18,
            "kept_by": [
                {
                    "stream": f"archive:SAMR-350102:{_ORGANISATION}",
                    "owner": "SAMR-350102",
                    "region": "350102",
                    "is_open": True,
                    "begins": "2031-01-01",
                    "ends": None,
                    "product_kinds": ["0901"],
                    "officer": "person:SAMR:350102-001",
                }
            ],
            "is_whole": True,
            "sections": [{"section": "certificates", "zh": "证书", "en": "Certificates"}],
            "records": [],
            "next": None,
        },
    ),
    parameters=_BOTH,
    problems=(*_READ, *_KNOWN, "subject_unknown", "cursor_invalid"),
    more=(
        "凡涉及该组织的事件自动归档,有无证书均可;credit=true 为质量信用档案,所依据的是相同事件。\n\n"
        "Every event about the "
        "organisation is filed by itself, with or without a certificate; credit=true gives the credit archive, "
        "from the same events."
    ),
)
BODY_ARCHIVE = operation(
    "get_body_archive",
    "认证机构的监管档案(五位一体)",
    "What speaks against a body, by the five sources of control",
    tag="supervision",
    answer=(
        JSON,
        ref("BodyArchive"),
        {
            "body": f"body:{BODY_NUMBER}",
            "as_of": _DAY,
            "position": 18,
            "is_whole": True,
            "controls": [
                {
                    "control": "self_discipline",
                    "zh": "行业自律",
                    "en": "Industry self-discipline",
                    "events": [
                        {
                            "day": _DAY,
                            "type": "body.discipline_recorded",
                            "zh": "行业自律措施",
                            "en": "Self-discipline measure recorded",
                            "source": "CCAA",
                            "id": "a",
                            "stream": f"body:{BODY_NUMBER}",
                            "version": 4,
                            "said": ["industry_criticism"],
                        }
                    ],
                }
            ],
        },
    ),
    parameters=_OF_DAY,
    problems=(*_READ, "subject_unknown"),
    more=(
        "法律规范、行政监管、认可约束、行业自律、社会监督五类各成一组,没有事件的也列出。\n\n"
        "Law, administration, accreditation, self-discipline and society are a group each, empty ones too."
    ),
)
ARCHIVES = operation(
    "list_archives",
    "辖区档案与摸底名单",
    "Archives and surveyed producers of a region",
    tag="supervision",
    answer=(
        JSON,
        ref("Archives"),
        {"region": "350102", "as_of": _DAY, "position": 18, "archives": [], "next": None},
    ),
    parameters=_OF_DAY,
    problems=(*_FIGURES, "cursor_invalid"),
)
_NOTHING: dict[str, Any] = {"total": 1, "covered": 0, "missing": [_ENTERPRISE]}
COVERAGE = operation(
    "get_coverage",
    "三个百分之百",
    "The three 100 per cents of a region",
    tag="supervision",
    answer=(
        JSON,
        ref("Coverage"),
        {
            "region": "350102",
            "as_of": _DAY,
            "position": 18,
            "scheme": "ccc",
            "archives": _NOTHING,
            "patrols": _NOTHING,
            "problems": {"total": 0, "covered": 0, "missing": []},
        },
    ),
    parameters=_OF_DAY,
    problems=_FIGURES,
)
_PLANNED: dict[str, Any] = {
    **_ENTERPRISE,
    "product_kinds": ["0901"],
    "known_since": "2031-01-05",
    "last_patrol": None,
    "interval_months": 3,
    "reasons": [{"kind": "signal", "name": "serious_finding", "interval_months": 3}],
    "next_patrol": "2031-01-05",
    "score": 30,
}
PATROL_PLAN = operation(
    "get_patrol_plan",
    "应巡查企业",
    "Enterprises that are due for a patrol",
    tag="supervision",
    answer=(
        JSON,
        ref("PatrolPlan"),
        {
            "region": "350102",
            "as_of": _DAY,
            "position": 18,
            "total": 1,
            "due": 1,
            "catalogues": [
                {"owner": "SAMR-350000", "list": "key", "version": "2031-1", "document": "闽市监重〔2031〕1号"}
            ],
            "patrols": [_PLANNED],
        },
    ),
    parameters=_OF_DAY,
    problems=_FIGURES,
)
COMMON_PROBLEMS = operation(
    "get_common_problems",
    "共性问题",
    "Common problems of a region",
    tag="supervision",
    answer=(JSON, ref("CommonProblems"), {"region": "350102", "as_of": _DAY, "position": 18, "problems": []}),
    parameters=_OF_DAY,
    problems=_FIGURES,
)
KEY_LISTS = operation(
    "list_key_lists",
    "重点产品、企业与区域",
    "Key products, enterprises and areas",
    tag="supervision",
    answer=(JSON, ref("KeyLists"), {"as_of": _DAY, "position": 18, "entries": [], "issued": []}),
    parameters=_OF_DAY,
    problems=_READ,
)
RULE_SETS = operation(
    "list_rule_sets",
    "分类规则",
    "Rule sets of classification",
    tag="supervision",
    answer=(JSON, ref("RuleSets"), {"position": 18, "rule_sets": []}),
    parameters=[MIN_POSITION],
    problems=_READ,
)
_RULES = {"name": "sample-supervision", "version": "sample-1", "sha256": _SHA256}
CLASSES = operation(
    "get_classes",
    "分类及巡查频次",
    "Classes of a subject and how often it is patrolled",
    tag="supervision",
    answer=(
        JSON,
        ref("Classes"),
        {
            "subject": _ORGANISATION,
            "as_of": _DAY,
            "position": 18,
            "classes": [],
            "history": [],
            "patrol": _PLANNED,
        },
    ),
    parameters=_OF_DAY,
    problems=(*_READ, "subject_unknown"),
)
EVALUATION = operation(
    "evaluate_class",
    "按规则推算并说明类别",
    "Work out and explain a class",
    tag="supervision",
    answer=(
        JSON,
        ref("Evaluation"),
        {
            "subject": _ORGANISATION,
            "as_of": _DAY,
            "position": 18,
            "by": "SAMR-350102",
            "is_whole": True,
            "rules": _RULES,
            "is_sample": True,
            "purpose": "supervision",
            "score": 30,
            "class_code": "2",
            "measures": {"patrol_interval_months": 6},
            "factors": [],
            "inputs": [],
        },
    ),
    parameters=_OF_DAY,
    problems=(*_READ, "subject_unknown", "rules_not_found"),
)
