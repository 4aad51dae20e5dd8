"""The lists that supervision works by: each one a query over the view, with what it rests on and its names.

What is due promptly (及时) is shown with its age; only a stated number of days makes anything overdue.
"""

from projections.listing import SupervisionList
from projections.mechanisms.lists import LISTS as OF_MECHANISMS

_CASE = """
    SELECT c.stream, c.region, c.target AS subject, {since} AS since, {due} AS due, c.priority,
        json_build_object('phase', c.phase, 'lead', c.lead, 'violations', c.violations, 'severity', c.severity,
            'authority', c.authority, 'key_products', c.key_products {more}) AS detail
    FROM cases.case_file c
    WHERE (%(key_product)s::text IS NULL OR %(key_product)s = ANY(c.key_products)) AND {where}
"""
_COMPLETE = "nullif(c.state->'report'->>'complete', '')::date"
_IS_COMPLETE = f"(coalesce({_COMPLETE} <= %(day)s::date, false) AND NOT (c.state->'report'->>'returned')::boolean)"
_FINDING = """
    SELECT f.stream, f.region, 'organisation:' || f.organisation AS subject, f.found AS since,
        coalesce(r.due, f.due) AS due, coalesce(r.severity = 'serious', f.grade = 'major') AS priority,
        json_build_object('finding', f.finding, 'grade', f.grade, 'severity', r.severity, 'rectification', r.stream,
            'phase', r.phase, 'certificates', f.certificates, 'responsible', f.responsible) AS detail
    FROM cases.finding f LEFT JOIN cases.rectification r ON r.inspection = f.stream AND r.finding = f.finding
    WHERE f.found <= %(day)s::date AND {where}
"""
# A finding is in a case where its way says so, or where a case or lead names it as a cause.
_IN_CASE = """
    (r.case_stream IS NOT NULL OR EXISTS (
        SELECT FROM cases.case_file c CROSS JOIN json_array_elements(c.causes) AS named (ref)
        WHERE named.ref->>'source' = f.source AND named.ref->>'id' = f.event_id AND c.phase <> 'dismissed'))
"""
_UNHANDLED = "f.closed IS NULL AND NOT coalesce(r.disposed, false)"
_RECTIFICATION = """
    SELECT r.stream, r.region, 'organisation:' || r.organisation AS subject, {since} AS since, {due} AS due,
        r.severity = 'serious' AS priority,
        json_build_object('phase', r.phase, 'outstanding', r.outstanding, 'cause', r.cause) AS detail
    FROM cases.rectification r WHERE {where}
"""

_BULLETIN = """
    SELECT b.stream, b.region, b.authority AS subject, b.issued AS since, NULL::date AS due, false AS priority,
        json_build_object('period', b.period, 'stated', b.stated, 'document_number', b.document_number,
            'title', b.title {more}) AS detail
    FROM cases.bulletin b {joined}
    WHERE b.issued <= %(day)s::date AND (%(by)s::text IS NULL OR b.authority = %(by)s)
"""
_EARLIER = """
    CROSS JOIN LATERAL (
        SELECT f.stream FROM cases.bulletin f
        WHERE f.authority = b.authority AND f.period = b.period AND (f.issued, f.position) < (b.issued, b.position)
        ORDER BY f.issued, f.position LIMIT 1) AS e
"""


def _of_cases(
    zh: str, en: str, source: str, where: str, *, since: str = "c.registered", due: str = "NULL::date", more: str = ""
) -> SupervisionList:
    return SupervisionList("case", zh, en, source, _CASE.format(where=where, since=since, due=due, more=more))


def _of_findings(zh: str, en: str, source: str, where: str) -> SupervisionList:
    return SupervisionList("inspection", zh, en, source, _FINDING.format(where=where))


_REPORTED = f", 'complete', {_COMPLETE}, 'submitted', nullif(c.state->'report'->>'submitted', '')"
LISTS: dict[str, SupervisionList] = {
    "cases_open": _of_cases(
        "在办案件", "Cases and leads at work, priority violations first", "S1-88",
        "c.phase NOT IN ('closed', 'merged', 'dismissed', 'referred') AND c.registered <= %(day)s::date",
    ),
    "leads_open": _of_cases(
        "待处理线索", "Leads not decided on", "S1-65", "c.phase = 'lead' AND c.registered <= %(day)s::date"
    ),
    "reports_due": _of_cases(
        "待报送案件", "Closed cases whose report is due", "S1-97",
        f"c.report_due IS NOT NULL AND c.closed <= %(day)s::date AND NOT {_IS_COMPLETE}",
        since="c.closed", due="c.report_due", more=_REPORTED,
    ),
    "reports_overdue": _of_cases(
        "逾期未报案件", "Closed cases whose report is overdue", "S1-97",
        f"c.report_due < %(day)s::date AND NOT {_IS_COMPLETE}", since="c.closed", due="c.report_due", more=_REPORTED,
    ),
    "reports_late": _of_cases(
        "逾期报送案件", "Cases that were reported late", "S1-97",
        f"{_IS_COMPLETE} AND {_COMPLETE} > c.report_due", since="c.closed", due="c.report_due", more=_REPORTED,
    ),
    "major_unreported": _of_cases(
        "未上报的大案要案", "Major cases not reported upward: a breach", "S0-60; S1-96",
        "c.major <= %(day)s::date AND (c.major_reported IS NULL OR c.major_reported > %(day)s::date)",
        since="c.major",
    ),
    "supervised": _of_cases(
        "督办案件", "Cases under supervised handling", "S3-49",
        "cardinality(c.supervised_by) > 0 AND (%(by)s::text IS NULL OR %(by)s = ANY(c.supervised_by))",
        due="c.supervised_due", more=", 'supervised_by', c.supervised_by",
    ),
    "transferred": _of_cases(
        "移送司法尚未退回", "Cases with the criminal authority", "S3-50",
        "c.transferred IN ('transferred', 'accepted') AND c.closed IS NULL",
    ),
    "review_missing": _of_cases(
        "未经法制审核的处罚决定", "Decisions without a legal review on record", "S0-32", "NOT c.reviewed",
        more=", 'procedure', c.procedure",
    ),
    "requests_open": SupervisionList(
        "case_request", "未答复的取证要求", "Requests for evidence without an answer", "S2-79",
        """
        SELECT q.stream, NULL AS region, q.asked AS subject, q.since, q.due, false AS priority,
            json_build_object('request', q.number, 'what', q.what) AS detail
        FROM cases.request q
        WHERE q.since <= %(day)s::date AND (q.answered IS NULL OR q.answered > %(day)s::date)
            AND (%(by)s::text IS NULL OR q.asked = %(by)s)
        """,
    ),
    "findings_unhandled": _of_findings(
        "未处置的问题", "Findings that nothing disposed of", "S1-18; S1-35", _UNHANDLED
    ),
    "serious_without_case": _of_findings(
        "未立案也未关闭的严重问题", "Serious findings without a case or closure, by age", "S0-79",
        f"coalesce(r.severity = 'serious', f.grade = 'major') AND f.closed IS NULL AND r.closed IS NULL"
        f" AND NOT {_IN_CASE}",
    ),
    "decisions_outstanding": SupervisionList(
        "rectification", "整改未通过而证书未决定", "Failed rectifications without the body's decision", "S2-47",
        _RECTIFICATION.format(
            since="r.failed", due="NULL::date", where="cardinality(r.outstanding) > 0 AND r.failed <= %(day)s::date"
        ),
    ),
    "rectifications_overdue": SupervisionList(
        "rectification", "逾期未完成的整改", "Rectifications beyond their day", "S2-46",
        _RECTIFICATION.format(
            since="r.opened", due="r.due", where="r.due < %(day)s::date AND r.phase NOT IN ('closed', 'verified')"
        ),
    ),
    "admonitions_repeated": SupervisionList(
        "rectification", "多次被告诫的企业", "Producers admonished repeatedly: their risk is raised", "S1-57",
        """
        SELECT min(r.stream) AS stream, min(r.region) AS region, 'organisation:' || r.organisation AS subject,
            min(on_day) AS since, NULL::date AS due, true AS priority,
            json_build_object('admonitions', count(*), 'rectifications', array_agg(DISTINCT r.stream)) AS detail
        FROM cases.rectification r CROSS JOIN unnest(r.admonished) AS on_day
        WHERE on_day <= %(day)s::date AND on_day > (%(day)s::date - make_interval(months => %(months)s))
        GROUP BY r.organisation HAVING count(*) >= %(count)s
        """,
    ),
    "serious_enterprises": SupervisionList(
        "inspection", "严重违法或严重不合格的强制性认证企业", "CCC enterprises with serious findings", "S2-59",
        """
        SELECT min(f.stream) AS stream, min(f.region) AS region, 'organisation:' || f.organisation AS subject,
            min(f.found) AS since, NULL::date AS due, true AS priority,
            json_build_object('findings', json_agg(json_build_object('inspection', f.stream, 'finding', f.finding)
                ORDER BY f.stream, f.finding)) AS detail
        FROM cases.finding f LEFT JOIN cases.rectification r ON r.inspection = f.stream AND r.finding = f.finding
        WHERE f.found <= %(day)s::date AND coalesce(r.severity = 'serious', f.grade = 'major')
            AND EXISTS (SELECT FROM register.certificate k WHERE k.scheme_class = 'ccc'
                AND f.organisation IN (k.holder_key, k.producer_key, k.factory_key))
        GROUP BY f.organisation
        """,
    ),
    "suspended_watch": SupervisionList(
        "public", "暂停证书跟踪", "Suspended compulsory product certificates to be followed up", "S2-31",
        """
        SELECT k.stream, k.region, 'organisation:' || k.holder_key AS subject, k.since,
            k.suspended_until AS due, false AS priority, json_build_object('body', k.body) AS detail
        FROM register.certificate k
        WHERE k.scheme_class = 'ccc' AND k.status = 'suspended' AND (%(by)s::text IS NULL OR k.body = %(by)s)
        """,
    ),
    "returns_missing": SupervisionList(
        "report", "未报送或逾期报送", "Returns missing or late", "S2-48; S2-60; S2-61",
        """
        SELECT o.stream, NULL AS region, o.party AS subject, p.since, o.due, false AS priority,
            json_build_object('what', p.what, 'title', p.title, 'called_by', p.owner, 'submitted', o.submitted,
                'late', coalesce(o.submitted, %(day)s::date) > o.due) AS detail
        FROM cases.owed o JOIN cases.report p ON p.stream = o.stream
        WHERE p.since <= %(day)s::date AND (o.submitted IS NULL OR o.submitted > %(day)s::date OR o.submitted > o.due)
            AND (%(by)s::text IS NULL OR p.owner = %(by)s)
        """,
    ),
    "instructions_open": SupervisionList(
        "report", "未批复的请示", "Requests for instruction without an answer", "S0-60",
        """
        SELECT p.stream, NULL AS region, p.addressee AS subject, p.since, p.due, false AS priority,
            json_build_object('asked_by', p.owner) AS detail
        FROM cases.report p
        WHERE p.kind = 'instruction_requested' AND p.since <= %(day)s::date
            AND (p.answered IS NULL OR p.answered > %(day)s::date)
        """,
    ),
    "accidents": SupervisionList(
        "report", "重大事故报告", "Major accidents reported", "S1-96",
        """
        SELECT p.stream, NULL AS region, p.addressee AS subject, p.since, p.due, true AS priority,
            json_build_object('reported_by', p.owner, 'text', p.title) AS detail
        FROM cases.report p WHERE p.kind = 'accident_reported' AND p.since <= %(day)s::date
        """,
    ),
    "areas_listed": SupervisionList(
        "public", "挂牌整治地区", "Areas listed for rectification", "S3-49",
        """
        SELECT a.stream, a.region, a.stream AS subject, a.listed AS since, a.due, true AS priority,
            json_build_object('problem', a.problem, 'listed_by', a.listed_by) AS detail
        FROM cases.area a
        WHERE a.listed <= %(day)s::date AND (a.delisted IS NULL OR a.delisted > %(day)s::date)
        """,
    ),
    "referrals_open": SupervisionList(
        "case", "未接收的移送", "Referrals neither accepted nor returned", "S0-35",
        """
        SELECT e.stream, e.region, e.referred_to AS subject, e.referred AS since, NULL::date AS due, false AS priority,
            json_build_object('referred_by', e.referred_by, 'unit', e.unit, 'reason', e.reason) AS detail
        FROM cases.referral e
        WHERE e.referred <= %(day)s::date AND (%(by)s::text IS NULL OR %(by)s IN (e.referred_to, e.referred_by))
            AND (e.accepted IS NULL OR e.accepted > %(day)s::date)
            AND (e.returned IS NULL OR e.returned > %(day)s::date)
            AND NOT EXISTS (SELECT FROM cases.taken_up t
                WHERE t.referral = e.stream AND t.authority = e.referred_to
                    AND t.opened BETWEEN e.referred AND %(day)s::date)
        """,
    ),
    "intakes": SupervisionList(
        "case", "监管信息来源登记", "What came in, each with the kind of its source", "S1-60",
        """
        SELECT c.stream, c.region, c.target AS subject, c.registered AS since, NULL::date AS due, c.priority,
            json_build_object('source_kind', c.lead, 'phase', c.phase, 'violation', c.violation) AS detail
        FROM cases.case_file c
        WHERE c.registered <= %(day)s::date AND (%(by)s::text IS NULL OR c.authority = %(by)s)
        """,
    ),
    "problems": SupervisionList(
        "notice", "问题台账", "The register of problems, open ones first", "S3-71; S0-08; S2-89",
        """
        SELECT n.stream, n.region, n.recipient AS subject, n.created AS since, n.due,
            n.answered IS NULL OR n.answered > %(day)s::date AS priority,
            json_build_object('kind', n.kind, 'sender', n.sender, 'unit', n.unit, 'statement', n.statement,
                'answered', n.answered, 'outcome', n.outcome, 'reply', n.reply) AS detail
        FROM notices.notice n
        WHERE n.kind = ANY(%(problems)s) AND n.created <= %(day)s::date
            AND (n.withdrawn IS NULL OR n.withdrawn > %(day)s::date)
            AND (%(by)s::text IS NULL OR %(by)s IN (n.sender, n.recipient))
        """,
        ("cases", "register", "notices"),
    ),
    "common_problem_candidates": SupervisionList(
        "inspection", "疑似行业共性问题", "The same finding at several enterprises of a sector", "S1-29",
        """
        SELECT min(s.stream) AS stream, NULL AS region, 'sector:' || s.sector AS subject, min(s.found) AS since,
            NULL::date AS due, true AS priority,
            json_build_object('sector', s.sector, 'code', s.code, 'enterprises', count(DISTINCT s.organisation),
                'findings', json_agg(json_build_object('inspection', s.stream, 'finding', s.finding)
                    ORDER BY s.stream, s.finding)) AS detail
        FROM (
            SELECT DISTINCT f.stream, f.finding, f.organisation, f.code, f.found,
                left(k.product_class, %(sector_digits)s) AS sector
            FROM cases.finding f JOIN register.certificate k ON f.organisation IN (k.producer_key, k.factory_key)
                OR (f.organisation = k.holder_key AND k.producer_key IS NULL AND k.factory_key IS NULL)
            WHERE f.code IS NOT NULL AND k.product_class IS NOT NULL AND f.found <= %(day)s::date
                AND f.found > (%(day)s::date - make_interval(months => %(problem_months)s))
                AND (%(regions)s::text[] IS NULL OR f.region = ANY(%(regions)s))) AS s
        GROUP BY s.sector, s.code HAVING count(DISTINCT s.organisation) >= %(enterprises)s
        """,
    ),
    "bulletins": SupervisionList(
        "bulletin", "定期通报", "Periodic bulletins", "S2-39",
        _BULLETIN.format(more="", joined=""),
    ),
    "bulletins_missing": SupervisionList(
        "bulletin", "未发布的定期通报", "Periods without a bulletin", "S2-39",
        """
        SELECT 'authority:' || o.authority AS stream, o.region, o.authority AS subject, o.last + 1 AS since,
            NULL::date AS due, false AS priority,
            json_build_object('period', o.period, 'first', o.first, 'last', o.last) AS detail
        FROM json_to_recordset(%(bulletins)s::json)
            AS o (authority text, region text, period text, first date, last date)
        WHERE (%(by)s::text IS NULL OR o.authority = %(by)s) AND NOT EXISTS (
            SELECT FROM cases.bulletin b
            WHERE b.authority = o.authority COLLATE "C" AND b.period = o.period COLLATE "C"
                AND b.issued <= %(day)s::date)
        """,
    ),
    "bulletins_repeated": SupervisionList(
        "bulletin", "同一期间的第二份定期通报", "Further bulletins of a period that had one", "S2-39",
        _BULLETIN.format(more=", 'after', e.stream", joined=_EARLIER),
    ),
    **OF_MECHANISMS,
}  # fmt: skip
