"""The JSON Schemas of authorities, their gaps and the enforcement ledgers, named as OpenAPI components."""

from api.http.schemas import DAY, LABEL, Schema, fields, listed, nullable, ref, text, whole

_CODE = fields("value zh en", {"value": text(), **LABEL})
_PERIOD: dict[str, Schema] = {
    "authority": text(),
    "kind": _CODE,
    "level": _CODE,
    "region": nullable(text()),
    "name_zh": text(),
    "name_en": nullable(text()),
    "successor": nullable(text("承继其职责的部门 / Who took its place")),
    "focal": nullable(text("归口管理机构 / The one focal unit")),
    "division": {"type": "boolean"},
    "effective_from": DAY,
    "effective_until": nullable(DAY),
}
_BUREAU = fields(
    "authority name_zh name_en region",
    {"authority": text(), "name_zh": text(), "name_en": nullable(text()), "region": nullable(text())},
)
COMPONENTS: dict[str, Schema] = {
    "AuthorityPeriod": fields(" ".join(_PERIOD), _PERIOD),
    "AuthorityList": fields(
        "as_of position authorities next",
        {
            "as_of": DAY,
            "position": whole(),
            "authorities": listed(ref("AuthorityPeriod")),
            "next": nullable(text()),
        },
    ),
    "AuthorityDetail": fields(
        "authority as_of position now history superior bureau units items duties predecessors planning_regions powers",
        {
            "authority": text(),
            "as_of": DAY,
            "position": whole(),
            "now": nullable(ref("AuthorityPeriod")),
            "history": listed(ref("AuthorityPeriod")),
            "superior": nullable(text("上一级 / The authority above")),
            "bureau": text("现由谁履职 / Who acts for it now"),
            "units": listed(
                fields(
                    "unit kind name_zh name_en roles",
                    {
                        "unit": text(),
                        "kind": _CODE,
                        "name_zh": text(),
                        "name_en": nullable(text()),
                        "roles": listed(_CODE),
                    },
                )
            ),
            "items": listed(
                fields(
                    "list_name item said events basis",
                    {
                        "list_name": text(),
                        "item": text(),
                        "said": text(),
                        "events": listed(text()),
                        "basis": listed(fields("rule article", {"rule": text(), "article": text()})),
                    },
                ),
                "权力清单与责任清单 / Power and responsibility lists",
            ),
            "duties": listed(
                fields("scope unit officer", {"scope": text(), "unit": text(), "officer": text()}),
                "监管责任人,仅有权者可见 / Who answers for what, for those who may read it",
            ),
            "predecessors": listed(text()),
            "planning_regions": listed(
                fields(
                    "planning_region name_zh name_en cities",
                    {
                        "planning_region": text(),
                        "name_zh": text(),
                        "name_en": nullable(text()),
                        "cities": listed(text()),
                    },
                ),
                "省级部门的规划区域 / Cities that a province plans for together",
            ),
            "powers": listed(
                fields("row events source zh en", {"row": text(), "events": listed(text()), "source": text(), **LABEL}),
                "该级别当日的权限行 / Rows of the table of competence for its level on the day",
            ),
        },
    ),
    "AuthorityGaps": fields(
        "as_of position region without_focal_unit without_supervision_unit unassigned_enterprises",
        {
            "as_of": DAY,
            "position": whole(),
            "region": nullable(text()),
            "without_focal_unit": listed(_BUREAU),
            "without_supervision_unit": listed(_BUREAU),
            "unassigned_enterprises": nullable(
                whole("无责任人的企业数;无权者为空 / Enterprises nobody answers for; null for those who may not know")
            ),
        },
    ),
    "EnforcementLedger": fields(
        "ledger zh en as_of position region entries next",
        {
            "ledger": text(),
            **LABEL,
            "as_of": DAY,
            "position": whole(),
            "region": nullable(text("辖区代码,缺省为全国 / The area's code; null is the nation")),
            "entries": listed({"type": "object"}),
            "next": nullable(text("下一页游标 / Cursor of the next page")),
        },
    ),
}
