"""The lists about joint conferences, emergency plans, trainings and consulting bodies, as of a day.

Whoever names a consulting body names its stream, so that the trace holds where one appears; whether it was admitted
on that event's day is joined when it is asked for.
"""

from projections.listing import SupervisionList

_VIEWS = ("mechanisms",)
# A member department reads the tasks that it leads, and so a task's row holds what it follows up.
_TASKS = """
    SELECT t.stream, t.region, coalesce(t.lead_party, t.author) AS subject, t.assigned AS since,
        CASE WHEN t.done <= %(day)s::date THEN NULL ELSE t.due END AS due, false AS priority,
        json_build_object('resolution', t.resolution, 'meeting', t.meeting, 'text', t.resolved,
            'task', t.task, 'task_text', t.text, 'lead', t.lead, 'others', t.others, 'due', t.due,
            'done', CASE WHEN t.done <= %(day)s::date THEN t.done END,
            'progress', (SELECT json_agg(p.said) FROM json_array_elements(t.progress) AS p (said)
                WHERE (p.said->>'day')::date <= %(day)s::date)) AS detail
    FROM mechanisms.task t
    WHERE t.assigned <= %(day)s::date AND (%(by)s::text IS NULL OR %(by)s IN (t.lead, t.lead_party, t.author))
"""
_WITHOUT_TASK = """
    SELECT r.stream, r.region, r.author AS subject, r.adopted AS since, NULL::date AS due, true AS priority,
        json_build_object('resolution', r.resolution, 'meeting', r.meeting, 'text', r.text, 'task', NULL) AS detail
    FROM mechanisms.resolution r
    WHERE r.adopted <= %(day)s::date AND (%(by)s::text IS NULL OR r.author = %(by)s) AND NOT EXISTS (
        SELECT FROM mechanisms.task t
        WHERE t.stream = r.stream AND t.resolution = r.resolution AND t.assigned <= %(day)s::date)
"""
_IS_OVERDUE = " AND t.due < %(day)s::date AND (t.done IS NULL OR t.done > %(day)s::date)"
# An admission that ended by its own last day is followed by no row: the body has none from then on.
_ADMISSION = """
    (SELECT a.admission FROM mechanisms.admission a WHERE a.stream = {stream} AND a.effective @> {day}
        ORDER BY lower(a.effective) DESC LIMIT 1)
"""
_VIOLATIONS = """
    SELECT v.stream, v.region, v.stream AS subject, v.found AS since, NULL::date AS due,
        coalesce({admission}, '') <> 'admitted' AS priority,
        json_build_object('text', v.text, 'case', v.case_stream, 'recorded_by', v.author) AS detail
    FROM mechanisms.violation v
    WHERE v.found <= %(day)s::date AND (%(by)s::text IS NULL OR %(by)s IN (v.stream, v.author))
"""
_APPEARANCES = """
    SELECT e.start AS stream, NULL AS region, e.finish AS subject, lower(e.effective) AS since, NULL::date AS due,
        true AS priority,
        json_build_object('relation', e.relation, 'recorded_in', e.stream, 'version', e.version,
            'said_by', e.source,
            'admission', coalesce({admission}, 'none')) AS detail
    FROM trace.edge e
    WHERE e.finish >= 'consultant:' AND e.finish < 'consultant;' AND e.known_until = 'infinity'
        AND lower(e.effective) <= %(day)s::date AND (%(by)s::text IS NULL OR e.finish = %(by)s)
        AND coalesce({admission}, '') <> 'admitted'
"""

LISTS: dict[str, SupervisionList] = {
    "resolutions": SupervisionList(
        "conference", "联席会议议定事项及落实情况", "Resolutions of joint conferences with their follow-up",
        "S4-16; S4-141", f"{_TASKS} UNION ALL {_WITHOUT_TASK}", _VIEWS,
    ),
    "resolutions_overdue": SupervisionList(
        "conference", "逾期未落实的议定事项", "Follow-up tasks of joint conferences beyond their day", "S4-16; S4-141",
        _TASKS + _IS_OVERDUE, _VIEWS,
    ),
    "emergency_plans": SupervisionList(
        "emergency", "有效的应急预案", "Emergency plans in force", "S0-57",
        """
        SELECT p.stream, p.region, p.author AS subject, lower(p.in_force) AS since, NULL::date AS due,
            false AS priority,
            json_build_object('version', p.version, 'title', p.title, 'scope', p.scope, 'sha256', p.sha256,
                'in_force_until', upper(p.in_force) - 1) AS detail
        FROM mechanisms.plan_version p
        WHERE p.in_force @> %(day)s::date AND (%(by)s::text IS NULL OR p.author = %(by)s)
        """, _VIEWS,
    ),
    "emergency_responses": SupervisionList(
        "emergency", "进行中的应急响应", "Emergency responses that go on", "S0-57",
        """
        SELECT a.stream, a.region, a.author AS subject, a.activated AS since, NULL::date AS due, true AS priority,
            json_build_object('activation', a.activation, 'version', a.version, 'text', a.text, 'about', a.about,
                'title', p.title) AS detail
        FROM mechanisms.activation a
            LEFT JOIN mechanisms.plan_version p ON p.stream = a.stream AND p.version = a.version
        WHERE a.activated <= %(day)s::date AND (a.ended IS NULL OR a.ended > %(day)s::date)
            AND (%(by)s::text IS NULL OR a.author = %(by)s)
        """, _VIEWS,
    ),
    "trainings": SupervisionList(
        "training", "培训活动与案卷评查发现", "Trainings, and what reviews of case files found", "S0-65",
        """
        SELECT t.stream, t.region, t.author AS subject, t.held AS since, NULL::date AS due, false AS priority,
            json_build_object('form', t.form, 'title', t.title, 'audience', t.audience,
                'participants', t.participants, 'cases', t.cases,
                'findings', (SELECT json_agg(json_build_object('case', f.stream, 'by', f.unit,
                        'findings', f.findings) ORDER BY f.stream, f.reviewed, f.event_id)
                    FROM json_array_elements(t.reviews) AS named (ref) JOIN cases.file_review f
                        ON f.source = named.ref->>'source' AND f.event_id = named.ref->>'id')) AS detail
        FROM mechanisms.training t
        WHERE t.held <= %(day)s::date AND (%(by)s::text IS NULL OR %(by)s IN (t.author, t.form))
        """, ("mechanisms", "cases"),
    ),
    "consultants": SupervisionList(
        "public", "认证咨询机构准入", "Admission of consulting bodies", "S0-42",
        """
        SELECT a.stream, a.region, a.stream AS subject, lower(a.effective) AS since, NULL::date AS due,
            false AS priority,
            json_build_object('admission', a.admission, 'name_zh', a.name_zh, 'number', a.number,
                'until', upper(a.effective) - 1, 'decided_by', a.author) AS detail
        FROM mechanisms.admission a
        WHERE a.effective @> %(day)s::date AND (%(by)s::text IS NULL OR %(by)s IN (a.stream, a.admission))
        """, _VIEWS,
    ),
    "consultant_violations": SupervisionList(
        "consultant_conduct", "认证咨询机构违法违规", "Violations of consulting bodies", "S0-42",
        _VIOLATIONS.format(admission=_ADMISSION.format(stream="v.stream", day="v.found")), _VIEWS,
    ),
    "consultants_unadmitted": SupervisionList(
        "inspection", "未获准入的认证咨询机构出现之处", "Where consulting bodies without admission appear", "S0-42",
        _APPEARANCES.format(admission=_ADMISSION.format(stream="e.finish", day="lower(e.effective)")),
        ("mechanisms", "trace"),
    ),
}  # fmt: skip
