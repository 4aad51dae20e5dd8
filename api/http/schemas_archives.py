"""The JSON Schemas of traces, archives, figures of coverage and classes, named as OpenAPI components."""

from api.http.schemas import DAY, FREE, INSTANT, LABEL, POSITION, Schema, fields, listed, nullable, ref, text, whole
from ledger.codes.controls import controls

_REFERENCE = fields("source id", {"source": text(), "id": text()})
_MEASURES = nullable(FREE)
_IS_WHOLE: Schema = {
    "type": "boolean",
    "description": "未超出检索上限 / Whether no bound on what was looked through was reached",
}
_PLANNED = fields(
    "organisation name_zh region product_kinds known_since last_patrol interval_months reasons next_patrol score",
    {
        "organisation": text(),
        "name_zh": text(),
        "region": nullable(text()),
        "product_kinds": listed(text()),
        "known_since": DAY,
        "last_patrol": nullable(DAY),
        "interval_months": whole("两次巡查相隔的月数 / Months between patrols", minimum=1),
        "reasons": listed(
            fields("kind name interval_months", {"kind": text(), "name": text(), "interval_months": whole()})
        ),
        "next_patrol": DAY,
        "score": whole(),
    },
)
_CLASS = fields(
    "stream owner subject purpose class_code score begins ends version said measures",
    {
        "stream": text(),
        "owner": text("谁的分类 / Whose class"),
        "subject": text(),
        "purpose": text(),
        "class_code": text(),
        "score": whole(),
        "begins": DAY,
        "ends": nullable(DAY),
        "version": whole(minimum=1),
        "said": FREE,
        "measures": _MEASURES,
    },
)


def _figure(missing: Schema) -> Schema:
    return fields("total covered missing", {"total": whole(), "covered": whole(), "missing": listed(missing)})


_ENTERPRISE = fields("organisation name_zh region", {"organisation": text(), "name_zh": text(), "region": text()})
_PROBLEM = fields(
    "stream problem organisation kind found",
    {
        "stream": text(),
        "problem": text(),
        "organisation": text(),
        "kind": text(),
        "grade": nullable(text()),
        "clause": nullable(text()),
        "found": DAY,
        "due": nullable(DAY),
    },
)

COMPONENTS: dict[str, Schema] = {
    "TraceEdge": fields(
        "start relation end begins ends stream version position access source",
        {
            "start": text("由此追溯 / What came"),
            "relation": text(),
            "end": text("追溯到此 / From where"),
            "begins": DAY,
            "ends": nullable(DAY),
            "stream": text(),
            "version": whole(minimum=1),
            "position": POSITION,
            "access": text(),
            "source": text(),
        },
    ),
    "Trace": fields(
        "subject direction as_of known_at position nodes edges beside truncated",
        {
            "subject": text(),
            "direction": {"enum": ["forward", "back", "sideways"]},
            "as_of": nullable(DAY),
            "known_at": nullable(INSTANT),
            "position": whole(),
            "nodes": listed(fields("node depth", {"node": text(), "depth": whole()})),
            "edges": listed(ref("TraceEdge")),
            "beside": listed(
                fields(
                    "shared kind certificates is_truncated",
                    {
                        "shared": text(),
                        "kind": text(),
                        "certificates": listed(text()),
                        "is_truncated": {"type": "boolean"},
                    },
                )
            ),
            "truncated": listed(
                fields("node by", {"node": text(), "by": {"enum": ["fan_out", "nodes", "depth"]}}),
                "在何处未再继续 / Where the walk was not gone on",
            ),
        },
    ),
    "Responsibility": fields(
        "subject as_of position certificates liable",
        {
            "subject": text(),
            "as_of": DAY,
            "position": whole(),
            "certificates": listed(
                fields(
                    "certificate issued_by responsible signed",
                    {
                        "certificate": text(),
                        "issued_by": nullable(text()),
                        "responsible": nullable(text()),
                        "signed": listed(
                            fields(
                                "person role stream version",
                                {"person": text(), "role": text(), "stream": text(), "version": whole()},
                            )
                        ),
                    },
                )
            ),
            "liable": listed(text(), "链条上的机构 / The bodies and laboratories of the chain"),
        },
    ),
    "LifeChain": fields(
        "subject position is_whole events stages gaps issuer general signed",
        {
            "subject": text(),
            "position": whole(),
            "is_whole": _IS_WHOLE,
            "events": listed(
                fields(
                    "position effective type source id",
                    {"position": POSITION, "effective": text(), "type": text(), "source": text(), "id": text()},
                )
            ),
            "stages": listed(
                fields(
                    "stage zh en positions is_gap",
                    {"stage": text(), **LABEL, "positions": listed(POSITION), "is_gap": {"type": "boolean"}},
                )
            ),
            "gaps": listed(text()),
            "issuer": text(),
            "general": listed(text(), "对结果负总责的人 / Who answers for the whole"),
            "signed": listed(
                fields(
                    "person role type position",
                    {"person": text(), "role": text(), "type": text(), "position": POSITION},
                )
            ),
        },
    ),
    "CheckTasks": fields(
        "subject as_of position tasks",
        {
            "subject": text(),
            "as_of": DAY,
            "position": whole(),
            "tasks": listed(
                fields(
                    "task stream problem organisation kind grade found due certificates",
                    {
                        "task": {"enum": ["focused_audit", "check"]},
                        "stream": text(),
                        "problem": text(),
                        "organisation": text(),
                        "kind": text(),
                        "grade": nullable(text()),
                        "found": DAY,
                        "due": nullable(DAY),
                        "certificates": listed(text()),
                    },
                )
            ),
        },
    ),
    "BodyArchive": fields(
        "body as_of position is_whole controls",
        {
            "body": text(),
            "as_of": DAY,
            "position": whole(),
            "is_whole": _IS_WHOLE,
            "controls": listed(
                fields(
                    "control zh en events",
                    {
                        "control": {"enum": [*controls()]},
                        **LABEL,
                        "events": listed(
                            fields(
                                "day type zh en source id stream version said",
                                {
                                    "day": DAY,
                                    "type": text(),
                                    **LABEL,
                                    "source": text("谁说的 / Who said it"),
                                    "id": text(),
                                    "stream": text(),
                                    "version": whole(minimum=1),
                                    "said": listed(text(), "措施、处罚、结果等代码 / What happened, in codes or words"),
                                },
                            )
                        ),
                    },
                )
            ),
        },
    ),
    "Archive": fields(
        "organisation as_of position kept_by sections is_whole records next",
        {
            "organisation": text(),
            "as_of": DAY,
            "position": whole(),
            "kept_by": listed(
                fields(
                    "stream owner region is_open begins ends product_kinds officer",
                    {
                        "stream": text(),
                        "owner": text(),
                        "region": text(),
                        "is_open": {"type": "boolean"},
                        "begins": DAY,
                        "ends": nullable(DAY),
                        "product_kinds": listed(text()),
                        "officer": nullable(text()),
                    },
                )
            ),
            "sections": listed(fields("section zh en", {"section": text(), **LABEL})),
            "is_whole": _IS_WHOLE,
            "records": listed(
                fields(
                    "position stream version type source id effective recorded decision section zh en event",
                    {
                        "position": POSITION,
                        "stream": text(),
                        "version": whole(minimum=1),
                        "type": text(),
                        "source": text(),
                        "id": text(),
                        "effective": nullable(DAY),
                        "recorded": INSTANT,
                        "decision": text(),
                        "waits": nullable(text()),
                        "late_days": nullable(whole()),
                        "corrected_by": nullable(POSITION),
                        "section": text(),
                        **LABEL,
                        "event": FREE,
                        "record": FREE,
                    },
                )
            ),
            "next": nullable(text()),
        },
    ),
    "Archives": fields(
        "region as_of position archives next",
        {
            "region": text(),
            "as_of": DAY,
            "position": whole(),
            "archives": listed(
                fields(
                    "stream organisation owner region is_open begins ends product_kinds officer",
                    {
                        "stream": text(),
                        "organisation": text(),
                        "owner": text(),
                        "region": text(),
                        "is_open": {"type": "boolean"},
                        "begins": DAY,
                        "ends": nullable(DAY),
                        "product_kinds": listed(text()),
                        "officer": nullable(text()),
                    },
                )
            ),
            "next": nullable(text()),
        },
    ),
    "Coverage": fields(
        "region as_of position scheme archives patrols problems",
        {
            "region": text(),
            "as_of": DAY,
            "position": whole(),
            "scheme": text(),
            "archives": _figure(_ENTERPRISE),
            "patrols": _figure(_ENTERPRISE),
            "problems": _figure(_PROBLEM),
        },
    ),
    "PatrolPlan": fields(
        "region as_of position total due catalogues patrols",
        {
            "region": text(),
            "as_of": DAY,
            "position": whole(),
            "total": whole(),
            "due": whole(),
            "catalogues": listed(
                fields(
                    "owner list version document",
                    {"owner": text(), "list": text(), "version": text(), "document": text()},
                )
            ),
            "patrols": listed(_PLANNED),
        },
    ),
    "CommonProblems": fields(
        "region as_of position problems",
        {
            "region": text(),
            "as_of": DAY,
            "position": whole(),
            "problems": listed(
                fields(
                    "kind grade clause problems organisations handled first last",
                    {
                        "kind": text(),
                        "grade": nullable(text()),
                        "clause": nullable(text()),
                        "problems": whole(),
                        "organisations": whole(),
                        "handled": whole(),
                        "first": DAY,
                        "last": DAY,
                    },
                )
            ),
        },
    ),
    "KeyLists": fields(
        "as_of position entries issued",
        {"as_of": DAY, "position": whole(), "entries": listed(FREE), "issued": listed(FREE)},
    ),
    "RuleSets": fields(
        "position rule_sets",
        {
            "position": whole(),
            "rule_sets": listed(
                fields(
                    "stream owner name version purpose begins ends digest rules",
                    {
                        "stream": nullable(text()),
                        "owner": nullable(text()),
                        "name": text(),
                        "version": text(),
                        "purpose": text(),
                        "begins": DAY,
                        "ends": nullable(DAY),
                        "digest": text("SHA-256"),
                        "rules": FREE,
                    },
                )
            ),
        },
    ),
    "Classes": fields(
        "subject as_of position classes history patrol",
        {
            "subject": text(),
            "as_of": DAY,
            "position": whole(),
            "classes": listed(_CLASS),
            "history": listed(_CLASS),
            "patrol": nullable(_PLANNED),
        },
    ),
    "Evaluation": fields(
        "subject as_of position by is_whole rules is_sample purpose score class_code measures factors inputs",
        {
            "subject": text(),
            "as_of": DAY,
            "position": whole(),
            "by": text(),
            "is_whole": _IS_WHOLE,
            "rules": fields("name version sha256", {"name": text(), "version": text(), "sha256": text()}),
            "is_sample": {"type": "boolean"},
            "purpose": text(),
            "score": whole(),
            "class_code": text(),
            "measures": FREE,
            "factors": listed(
                fields(
                    "factor value points inputs",
                    {"factor": text(), "value": text(), "points": whole(), "inputs": listed(_REFERENCE)},
                )
            ),
            "inputs": listed(
                fields(
                    "position type effective source id",
                    {"position": POSITION, "type": text(), "effective": DAY, "source": text(), "id": text()},
                )
            ),
        },
    ),
}
