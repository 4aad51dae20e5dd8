"""The JSON Schemas of what the interface answers with about notices, deadlines, risks and early warnings."""

from api.http.schemas import DAY, FREE, INSTANT, LABEL, POSITION, Schema, fields, listed, nullable, ref, text, whole

_OPTIONAL_DAY = nullable(DAY)
COMPONENTS: dict[str, Schema] = {
    "Label": fields("value zh en", {"value": text(), **LABEL}),
    "Notice": fields(
        "stream position opened kind status sender recipient region basis rule mandatory answer statement about cause"
        " created recorded due sent channels acknowledged answered outcome reply urged withdrawn unit",
        {
            "stream": text(),
            "position": POSITION,
            "opened": text("notice 通报 / request 请求", enum=["notice", "request"]),
            "kind": ref("Label"),
            "status": ref("Label"),
            "sender": text(),
            "recipient": text(),
            "region": nullable(text()),
            "basis": text("依据 / The rule on which it rests"),
            "rule": nullable(text("路由表的行 / Row of the table of routes")),
            "mandatory": {"type": "boolean"},
            "answer": {"type": "boolean", "description": "须回复 / Open until it is answered"},
            "statement": text(),
            "about": listed(text()),
            "cause": nullable(FREE),
            "created": DAY,
            "recorded": INSTANT,
            "due": _OPTIONAL_DAY,
            "sent": _OPTIONAL_DAY,
            "channels": listed(text()),
            "acknowledged": _OPTIONAL_DAY,
            "answered": _OPTIONAL_DAY,
            "outcome": nullable(text()),
            "reply": nullable(text()),
            "urged": whole(minimum=0),
            "withdrawn": _OPTIONAL_DAY,
            "unit": nullable(text("送达的内设机构 / Unit of the recipient to which it went")),
        },
    ),
    "NoticeCounts": fields(
        "all unacknowledged open overdue",
        {name: whole(minimum=0) for name in ("all", "unacknowledged", "open", "overdue")},
    ),
    "Inbox": fields(
        "party as_of position counts notices next",
        {
            "party": text(),
            "as_of": DAY,
            "position": whole(),
            "counts": ref("NoticeCounts"),
            "notices": listed(ref("Notice")),
            "next": nullable(text()),
        },
    ),
    "Deadline": fields(
        "stream rule kind cause ordinal access started due provisional responsible region met met_by age state",
        {
            "stream": text(),
            "rule": text("期限表的行 / Row of the table of deadlines"),
            "kind": ref("Label"),
            "cause": FREE,
            "ordinal": whole(minimum=0),
            "access": text(),
            "started": DAY,
            "due": nullable(text("无期限者只计天数 / Absent where it only ages", format="date")),
            "provisional": {"type": "boolean", "description": "假期安排尚未公布 / Holidays not announced yet"},
            "responsible": text(),
            "region": nullable(text()),
            "met": _OPTIONAL_DAY,
            "met_by": nullable(text()),
            "age": whole("天数 / Days since it began", minimum=0),
            "state": text(enum=["open", "overdue", "ageing", "met", "met_late"]),
            "source": text("依据 / The rule's source"),
        },
    ),
    "Deadlines": fields(
        "as_of position deadlines next",
        {"as_of": DAY, "position": whole(), "deadlines": listed(ref("Deadline")), "next": nullable(text())},
    ),
    "Ageing": fields(
        "responsible kind count oldest median to_7 to_30 to_90 over_90 overdue",
        {
            "responsible": text(),
            "kind": ref("Label"),
            **{
                name: whole(minimum=0)
                for name in ("count", "oldest", "median", "to_7", "to_30", "to_90", "over_90", "overdue")
            },
        },
    ),
    "AgeingReport": fields(
        "as_of position ageing", {"as_of": DAY, "position": whole(), "ageing": listed(ref("Ageing"))}
    ),
    "Risk": fields(
        "stream position author region text about stage level stages lags",
        {
            "stream": text(),
            "position": POSITION,
            "author": text(),
            "region": text(),
            "text": text(),
            "about": listed(text()),
            "stage": text(),
            "level": nullable(text()),
            "stages": listed(FREE),
            "lags": listed(FREE, "相邻阶段相隔天数 / Days from each stage to the next"),
        },
    ),
    "Risks": fields(
        "position risks next", {"position": whole(), "risks": listed(ref("Risk")), "next": nullable(text())}
    ),
    "EarlyWarning": fields(
        "stream position author level title text scope raised_by risks issued until lifted state",
        {
            "stream": text(),
            "position": POSITION,
            "author": text(),
            "level": text(),
            "title": text(),
            "text": text(),
            "scope": FREE,
            "raised_by": listed(FREE),
            "risks": listed(text()),
            "issued": DAY,
            "until": DAY,
            "lifted": _OPTIONAL_DAY,
            "state": text(enum=["in_force", "expired", "lifted"]),
        },
    ),
    "EarlyWarnings": fields(
        "as_of position warnings next",
        {"as_of": DAY, "position": whole(), "warnings": listed(ref("EarlyWarning")), "next": nullable(text())},
    ),
    "LossOfApproval": fields(
        "body as_of position certificates suspended holders regions by_scheme by_region",
        {
            "body": text(),
            "as_of": DAY,
            "position": whole(),
            **{name: whole(minimum=0) for name in ("certificates", "suspended", "holders", "regions")},
            "by_scheme": listed(FREE),
            "by_region": listed(FREE),
        },
    ),
}
