"""What OpenAPI says about the operations on inspections, record forms and draws."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import ENTITLED, READ_REASON, operation
from api.http.describe_reads import AS_OF, MIN_POSITION
from api.http.schemas import DAY, FREE, Schema, fields, listed, nullable, text, whole

_READ = (
    "region_not_found",
    "subject_unknown",
    "parameters_wrong",
    "min_position_wrong",
    "min_position_ahead",
    "as_of_wrong",
    "cursor_invalid",
    "views_behind",
    "view_missing",
    "ledger_unavailable",
)
_BEARER: dict[str, Any] = {"security": [{"bearer": []}]}
_INSPECTION: dict[str, Any] = {
    "stream": "inspection:8d8ac610-566d-4ef0-9c22-186b2a5ed793",
    "subject": "organisation:M000100Y4",
    "region": "440604",
    "mode": {"code": "routine_patrol", "zh": "日常巡查", "en": "Routine patrol"},
    "programme": {"code": "routine", "zh": "日常监督", "en": "Routine supervision"},
    "stage": {"code": "ex_factory", "zh": "出厂环节", "en": "Ex-factory stage"},
    "status": {"code": "planned", "zh": "已计划", "en": "Planned"},
    "is_planned": True,
    "planned_by": "SAMR-440604",
    "planned": "2031-02-01",
    "due": "2031-03-31",
    "overdue": False,
    "performed": None,
    "recorded": None,
    "filed": None,
}
_ROW: Schema = {"type": "object", "description": "一次检查 / One inspection", "additionalProperties": True}
_MORE = "非公开信息:须持令牌;只列出调用者有权查看的内容。 Not public: a token is needed, and each reader sees its own."


def _listing(
    name: str, zh: str, en: str, member: str, example: Any, *, paged: bool = True, more: str = ""
) -> dict[str, Any]:
    properties: dict[str, Schema] = {"as_of": DAY, "position": whole(), member: listed(_ROW)}
    answer = {"as_of": "2031-03-05", "position": 18, member: [example]}
    if paged:
        properties["next"] = nullable(text())
        answer["next"] = None
    return operation(
        name,
        zh,
        en,
        tag="inspections",
        answer=(JSON, fields(" ".join(properties), properties), answer),
        problems=(*_READ, *ENTITLED),
        parameters=[AS_OF, MIN_POSITION, READ_REASON],
        extra=_BEARER,
        more=f"{zh}。{en}. {more}{_MORE}",
    )


INSPECTIONS = _listing(
    "list_inspections", "检查清单", "Inspections by place, mode and status", "inspections", _INSPECTION
)
INSPECTION = operation(
    "get_inspection",
    "一次检查",
    "One inspection with its parts and its chain of tasks",
    tag="inspections",
    answer=(
        JSON,
        {"allOf": [_ROW, fields("units findings samples above below", {
            name: listed(FREE)
            for name in ("units", "findings", "samples", "feedback", "assistance", "recognised", "above", "below")
        })]},
        {**_INSPECTION, "units": [], "findings": [], "samples": [], "feedback": [], "assistance": [],
         "recognised": [], "above": [], "below": []},
    ),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    extra=_BEARER,
    more=_MORE,
)  # fmt: skip
TARGETS = operation(
    "list_campaign_targets",
    "专项检查的对象",
    "The enterprises that a campaign is about",
    tag="inspections",
    answer=(
        JSON,
        fields("as_of position targets enterprises next", {
            "as_of": DAY, "position": whole(), "targets": nullable(FREE), "enterprises": listed(FREE),
            "next": nullable(text()),
        }),
        {"as_of": "2031-03-05", "position": 18, "targets": {"as_of": "2031-01-01", "product_classes": ["0901"]},
         "enterprises": [{"organisation": "organisation:M000100Y4", "region": "440604", "certificates": []}],
         "next": None},
    ),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    extra=_BEARER,
    more=_MORE,
)  # fmt: skip
WORKLIST = operation(
    "get_inspection_worklist",
    "单位的检查待办",
    "What a unit has to inspect, record, file or answer",
    tag="inspections",
    answer=(
        JSON,
        fields(
            "unit as_of position tasks assistance",
            {
                "unit": text(),
                "as_of": DAY,
                "position": whole(),
                "tasks": listed(_ROW),
                "assistance": listed(FREE, "待答复的协助请求 / Requests for assistance without an answer"),
            },
        ),
        {"unit": "SAMR-440604", "as_of": "2031-03-05", "position": 18, "tasks": [_INSPECTION], "assistance": []},
    ),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    extra=_BEARER,
    more=(
        "牵头与共同负责的单位都会看到同一任务;未答复的按天数列出,不设法外期限。"
        "\n\nA task is in the list of every unit that leads it or is co-responsible; what waits for an answer is "
        f"listed by its age, since the law gives no limit. {_MORE}"
    ),
)
REPORT = operation(
    "report_inspections",
    "检查统计",
    "Inspections or findings by one of their members",
    tag="inspections",
    answer=(
        JSON,
        fields("by since until position rows", {"by": text(), "since": DAY, "until": DAY, "position": whole(),
                                                "rows": listed(FREE)}),
        {"by": "stage", "since": "2031-01-01", "until": "2031-12-31", "position": 18, "rows": [
            {"value": "ex_factory", "zh": "出厂环节", "en": "Ex-factory stage", "inspections": 4, "performed": 4,
             "filed": 4, "without_record": 0, "not_filed": 0, "nonconforming": 1, "share": 0.8}]},
    ),
    parameters=[MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    extra=_BEARER,
    more=_MORE,
)  # fmt: skip
COVERAGE = operation(
    "get_patrol_coverage",
    "巡查覆盖率",
    "Producers under the patrol system, and those that are missing",
    tag="inspections",
    answer=(
        JSON,
        fields(
            "as_of position producers scheduled ratio overdue missing",
            {
                "as_of": DAY,
                "position": whole(),
                "producers": whole(),
                "scheduled": whole(),
                "ratio": nullable({"type": "number"}),
                "overdue": whole("下次巡查已逾期的 / Whose next patrol is overdue"),
                "missing": listed(FREE),
            },
        ),
        {"as_of": "2031-03-05", "position": 18, "producers": 2, "scheduled": 1, "ratio": 0.5, "overdue": 0,
         "missing": [{"organisation": "organisation:M000100Y4", "region": "440604"}]},
    ),
    parameters=[AS_OF, MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    extra=_BEARER,
    more=f"S1-17:应为 100 %。 It is to be 100 %. {_MORE}",
)  # fmt: skip
SCHEDULE = _listing("list_patrol_schedule", "巡查周期", "Producers and when their next patrol is due", "producers", {
    "organisation": "organisation:M000100Y4", "region": "440604", "last": "2031-02-10", "serious": None,
    "next_due": "2032-02-10", "is_scheduled": True, "overdue": False,
})  # fmt: skip
SAMPLES = _listing("list_samples", "抽样与检验结果", "Samples and their results", "samples", {
    "stream": "inspection:1", "sample": "S1", "product": "微型计算机", "passed": False,
}, paged=False)  # fmt: skip
DOUBLE = _listing("list_double_sampling", "重复抽样", "Products that two programmes sampled", "pairs", {
    "subject": "organisation:M000100Y4", "product": "微型计算机", "first": "inspection:1", "second": "inspection:2",
}, paged=False)  # fmt: skip
FEEDBACK = _listing("list_feedback", "企业的问题、意见和建议", "What enterprises said at patrols", "feedback", {
    "stream": "inspection:1", "subject": "organisation:M000100Y4", "kind": "problem", "said": "2031-02-11",
    "text": "检测排期长",
}, paged=False)  # fmt: skip
WATCH = _listing("list_suspension_watch", "暂停证书跟踪", "Suspended certificates and their checks", "watched", {
    "certificate": "certificate:CNCA-R-2031-101:2031900901000001", "suspended": "2031-03-01", "checks": 0,
})  # fmt: skip
_DRAW: dict[str, Any] = {
    "stream": "draw:2031-1", "organiser": "SAMR-440604", "title": "2031年第一次双随机抽查",
    "population": "certified_enterprises", "status": "committed", "take": 3, "inspectors_each": 2,
    "algorithm": "certledger-draw-1", "inspectees": 12, "inspectors": 5,
}  # fmt: skip
_OPEN = (
    "名录、摘要与种子封定公开;抽中名单在结果公布后公开,任何人可用 certledger draw verify 重算。"
    "\n\nPools, digests and the committed seed are public; who was drawn is public once the results are, and anybody "
    "recomputes it with `certledger draw verify`."
)
DRAWS = operation(
    "list_draws",
    "双随机抽取",
    "Double-random draws",
    tag="inspections",
    answer=(
        JSON,
        fields("position draws next", {"position": whole(), "draws": listed(FREE), "next": nullable(text())}),
        {"position": 18, "draws": [_DRAW], "next": None},
    ),
    parameters=[MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    more=_OPEN,
)
DRAW = operation(
    "get_draw",
    "一次双随机抽取",
    "One double-random draw",
    tag="inspections",
    answer=(
        JSON,
        fields("stream position drawn next", {"stream": text(), "position": whole(), "drawn": listed(FREE),
                                              "next": nullable(text())}),
        {**_DRAW, "position": 18, "drawn": [], "next": None},
    ),
    parameters=[MIN_POSITION, READ_REASON],
    problems=(*_READ, *ENTITLED),
    more=_OPEN,
)  # fmt: skip
FORMS = operation(
    "list_record_forms",
    "检查记录表",
    "Record forms, every version",
    tag="inspections",
    answer=(
        JSON,
        fields("forms lists", {"forms": listed(FREE), "lists": FREE}),
        {"forms": [{"form": "ccc_daily_patrol", "version": 1}], "lists": {"stages": []}},
    ),
)
FORM = operation(
    "get_record_form",
    "一张检查记录表",
    "One version of a record form",
    tag="inspections",
    answer=(JSON, FREE, {"form": "ccc_daily_patrol", "version": 1, "sections": []}),
    problems=("form_unknown", "parameters_wrong"),
)
