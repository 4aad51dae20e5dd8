"""The JSON Schemas of how bureaux are organised and superintended, named as OpenAPI components."""

from api.http.schemas import DAY, Schema, fields, listed, nullable, text, whole

_BUREAU: dict[str, Schema] = {"authority": text(), "region": text(), "name_zh": nullable(text())}
_ACT = fields(
    "kind by day document_number result",
    {
        "kind": text("方式代码 / Code of the way"),
        "by": text(),
        "day": DAY,
        "document_number": nullable(text()),
        "result": nullable(text("考核结果 / Result of an assessment")),
    },
)
_COUNTY = fields(
    "authority region name_zh guidance inspection assessment latest acts",
    {
        **_BUREAU,
        "guidance": whole("指导 / Guidance"),
        "inspection": whole("督查 / Inspection"),
        "assessment": whole("考核 / Assessment"),
        "latest": nullable(DAY),
        "acts": listed(_ACT),
    },
)
_CITY = fields(
    "authority region name_zh leaders state",
    {
        **_BUREAU,
        "leaders": listed(fields("leader since", {"leader": text(), "since": DAY})),
        "state": {"type": "string", "enum": ["designated", "missing", "several"]},
    },
)
_CONTACT = fields(
    "contact unit since published fields",
    {
        "contact": text(),
        "unit": nullable(text()),
        "since": DAY,
        "published": listed(text(), "向公众公布的字段 / Fields that everybody may read"),
        "fields": listed(
            fields("field value", {"field": text(), "value": text()}),
            "查阅者有权查看的字段 / The fields that this reader may see",
        ),
    },
)
_NOT_YOURS = "无权查看全部者为空 / null for those who may not see all of it"
COMPONENTS: dict[str, Schema] = {
    "Superintendence": fields(
        "region since until position counties without",
        {
            "region": text(),
            "since": DAY,
            "until": DAY,
            "position": whole(),
            "counties": {**nullable(listed(_COUNTY)), "description": _NOT_YOURS},
            "without": {
                **nullable(listed(text())),
                "description": f"期内未受任何指导、督查、考核的县局 / Counties with none in the period; {_NOT_YOURS}",
            },
        },
    ),
    "CampaignLeaders": fields(
        "campaign region as_of position bureaux missing several",
        {
            "campaign": text(),
            "region": text(),
            "as_of": DAY,
            "position": whole(),
            "bureaux": {**nullable(listed(_CITY)), "description": _NOT_YOURS},
            "missing": {
                **nullable(listed(text())),
                "description": f"未指定的市局 / City bureaux without a leader; {_NOT_YOURS}",
            },
            "several": {
                **nullable(listed(text())),
                "description": f"指定多于一名的市局 / City bureaux with more than one; {_NOT_YOURS}",
            },
        },
    ),
    "AuthorityContacts": fields(
        "authority as_of position contacts",
        {"authority": text(), "as_of": DAY, "position": whole(), "contacts": listed(_CONTACT)},
    ),
}
