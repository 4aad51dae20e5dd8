"""What OpenAPI says about the operations on authorities and the enforcement ledgers."""

from typing import Any

from api.http.answers import CSV, JSON
from api.http.describe import READ_REASON, READING, link, operation
from api.http.describe_reads import AS_OF, MIN_POSITION
from api.http.schemas import ref

_DAY = "2031-03-05"
_PERIOD: dict[str, Any] = {
    "authority": "SAMR-440604",
    "kind": {"value": "district", "zh": "区局", "en": "District bureau"},
    "level": {"value": "county", "zh": "县级", "en": "County (district)"},
    "region": "440604",
    "name_zh": "示例区市场监督管理局",
    "name_en": None,
    "successor": None,
    "focal": "RZ",
    "division": False,
    "effective_from": "2024-01-02",
    "effective_until": None,
}
_READ = ("region_not_found", "region_not_kept_here", "as_of_wrong", *READING)
_PARAMETERS = [AS_OF, MIN_POSITION, READ_REASON]
AUTHORITIES = operation(
    "list_authorities",
    "监管部门名录",
    "The authorities of an area",
    tag="authorities",
    answer=(
        JSON,
        ref("AuthorityList"),
        {"as_of": _DAY, "position": 18, "authorities": [_PERIOD], "next": None},
    ),
    problems=(*_READ, "cursor_invalid"),
    parameters=_PARAMETERS,
)
AUTHORITY = operation(
    "get_authority",
    "一个监管部门",
    "One authority with its units, lists, powers and history",
    tag="authorities",
    answer=(
        JSON,
        ref("AuthorityDetail"),
        {
            "authority": "SAMR-440604",
            "as_of": _DAY,
            "position": 18,
            "now": _PERIOD,
            "history": [_PERIOD],
            "superior": "SAMR-440600",
            "bureau": "SAMR-440604",
            "units": [],
            "items": [],
            "duties": [],
            "predecessors": [],
            "planning_regions": [],
            "powers": [],
        },
    ),
    problems=(*_READ, "subject_unknown"),
    parameters=_PARAMETERS,
)
GAPS = operation(
    "get_authority_gaps",
    "监管体系缺口",
    "What the authorities of an area lack",
    tag="authorities",
    answer=(
        JSON,
        ref("AuthorityGaps"),
        {
            "as_of": _DAY,
            "position": 18,
            "region": "440600",
            "without_focal_unit": [],
            "without_supervision_unit": [],
            "unassigned_enterprises": None,
        },
    ),
    problems=_READ,
    parameters=_PARAMETERS,
    more=(
        "哪些市县局没有明确归口管理机构、哪些省局与计划单列市、副省级城市局没有认证监管机构,以及多少企业没有责任人。"
        "\n\nWhich city and county bureaux have no focal unit, which provincial bureaux and those of separately "
        "planned and sub-provincial cities have no unit for certification supervision, and for how many enterprises "
        "nobody answers."
    ),
)
LEDGER = operation(
    "get_enforcement_ledger",
    "监管台账",
    "An enforcement ledger of an area",
    tag="authorities",
    answer=(
        JSON,
        ref("EnforcementLedger"),
        {
            "ledger": "enterprises",
            "zh": "企业台账",
            "en": "Enterprises",
            "as_of": _DAY,
            "position": 18,
            "region": "440600",
            "entries": [{"organisation": "organisation:M000100Y4", "region": "440604", "bureau": "SAMR-440604"}],
            "next": None,
        },
    ),
    problems=(*_READ, "cursor_invalid", "subject_unknown"),
    parameters=[MIN_POSITION, READ_REASON],
    more=(
        "按辖区列出企业、证书、认证机构、检查、案件;企业迁址后归新辖区。请求 text/csv 时以 CSV 导出同一页。"
        "\n\nEnterprises, certificates, bodies, inspections and cases of an area; an enterprise that moved belongs to "
        "its new one. Asked for text/csv the same page is exported as CSV."
    ),
)
LEDGER["responses"][200]["content"][CSV] = {
    "schema": {"type": "string"},
    "example": "organisation,code,name_zh,region,bureau\r\n",
}
LEDGER["responses"][200]["links"] = {
    "next": link("get_enforcement_ledger", ledger="$request.path.ledger", cursor="$response.body#/next")
}
AUTHORITIES["responses"][200]["links"] = {
    "one": link("get_authority", authority="$response.body#/authorities/0/authority")
}
