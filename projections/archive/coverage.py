"""The three 100 per cents of a jurisdiction, live and down to the missing rows; who is due for a patrol; what recurs.

Each figure is counted from rows that follow from events, so that anybody who reads the same events counts the same.
A region is that of the day: an enterprise that moved counts where it is (S0-36).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.classification.scoring import Input
from ledger.codes.archive import patrol_window_months
from ledger.days import Day, add_days, add_months
from ledger.supervision import Due, Enterprise, RuleSets, due

Row = dict[str, Any]
MISSING_SHOWN = 1_000
ENTERPRISES_AT_ONCE = 20_000
_PRODUCERS = """
    SELECT DISTINCT ON (c.organisation) c.organisation, c.name_zh, coalesce(p.region, c.region) AS region
    FROM archive.certified c
    LEFT JOIN archive.place p ON p.stream = c.organisation AND p.effective @> %(day)s::date
    WHERE c.effective @> %(day)s::date AND (c.is_producer OR NOT %(producers)s)
        AND (%(scheme)s::text IS NULL OR c.scheme_class = %(scheme)s)
        AND (%(kinds)s::text[] IS NULL OR c.product_class LIKE ANY(%(kinds)s))
        AND (%(codes)s::text[] IS NULL OR coalesce(p.region, c.region) = ANY(%(codes)s))
        AND (%(organisation)s::text IS NULL OR c.organisation = %(organisation)s)
    ORDER BY c.organisation, c.stream
"""
_ARCHIVED = """
    EXISTS (SELECT FROM archive.dossier d
            WHERE d.organisation = o.organisation AND d.is_open AND d.effective @> %(day)s::date)
"""
_PATROLLED = """
    EXISTS (SELECT FROM archive.visit v WHERE v.organisation = o.organisation AND v.is_patrol
            AND v.day BETWEEN %(since)s::date AND %(day)s::date)
"""
_MISSING = """
    WITH o AS ({producers}) SELECT organisation, name_zh, region, count(*) OVER () AS missing FROM o
    WHERE NOT {condition} ORDER BY organisation LIMIT %(most)s
"""
_COUNT = "WITH o AS ({producers}) SELECT count(*) AS total FROM o"
_FOUND = """
    SELECT q.stream, q.problem, q.organisation, q.kind, q.grade, q.clause, q.found::text, q.due::text, q.access,
        (q.closed IS NOT NULL AND q.closed <= %(day)s::date) OR EXISTS (
            SELECT FROM archive.handling h WHERE h.inspection = q.stream AND coalesce(h.problem, q.problem) = q.problem
                AND h.day BETWEEN q.found AND %(day)s::date) AS handled
    FROM archive.problem q
    LEFT JOIN archive.place p ON p.stream = q.organisation AND p.effective @> %(day)s::date
    WHERE (%(codes)s::text[] IS NULL OR coalesce(p.region, q.region) = ANY(%(codes)s))
        AND (%(organisation)s::text IS NULL OR q.organisation = %(organisation)s)
        AND q.found BETWEEN %(since)s::date AND %(day)s::date
"""
_PROBLEMS = f"""
    WITH q AS ({_FOUND}) SELECT *, count(*) OVER () AS missing FROM q WHERE NOT handled
    ORDER BY found, stream, problem LIMIT %(most)s
"""  # noqa: S608 - put together from this module's constants
_PROBLEM_COUNT = f"WITH q AS ({_FOUND}) SELECT count(*) AS total FROM q"  # noqa: S608 - as above
_COMMON = f"""
    WITH q AS ({_FOUND})
    SELECT kind, grade, clause, count(*) AS problems, count(DISTINCT organisation) AS organisations,
        count(*) FILTER (WHERE handled) AS handled, min(found) AS first, max(found) AS last
    FROM q GROUP BY kind, grade, clause ORDER BY problems DESC, organisations DESC, clause, grade, kind LIMIT 100
"""  # noqa: S608 - as above
_ENTERPRISES = f"""
    WITH o AS ({_PRODUCERS} LIMIT %(most)s)
    SELECT o.organisation, o.name_zh, o.region,
        (SELECT array_agg(DISTINCT c.product_class) FROM archive.certified c WHERE c.organisation = o.organisation
            AND c.effective @> %(day)s::date AND c.product_class IS NOT NULL) AS kinds,
        (SELECT min(lower(c.effective))::text FROM archive.certified c WHERE c.organisation = o.organisation) AS since,
        (SELECT max(v.day)::text FROM archive.visit v WHERE v.organisation = o.organisation AND v.is_patrol
            AND v.day <= %(day)s::date) AS last
    FROM o
"""  # noqa: S608 - as above
# By the place of now, or the one that the archive states while that is not known.
_KEPT = """
    SELECT d.stream, d.organisation, d.owner, coalesce(p.region, d.region) AS region, d.is_open,
        lower(d.effective)::text AS begins, upper(d.effective)::text AS ends, d.product_kinds, c.officer
    FROM archive.dossier d
    LEFT JOIN archive.place p ON p.stream = d.organisation AND p.effective @> %(day)s::date
    LEFT JOIN archive.custodian c ON c.stream = d.stream AND c.effective @> %(day)s::date
    WHERE d.effective @> %(day)s::date AND coalesce(p.region, d.region) = ANY(%(codes)s)
        AND (%(kinds)s::text[] IS NULL OR EXISTS (SELECT FROM unnest(d.product_kinds) AS k WHERE k LIKE ANY(%(kinds)s)))
        AND (NOT %(without)s OR (d.is_open AND c.officer IS NULL)) AND d.stream > %(after)s
    ORDER BY d.stream LIMIT %(most)s
"""
_FOUND_OF = """
    SELECT stream, problem, organisation, kind, grade, found::text FROM archive.problem
    WHERE organisation = ANY(%(organisations)s) AND found <= %(day)s::date
"""
_CLASSES_OF = """
    SELECT subject, owner, purpose, class_code, score, said FROM archive.class
    WHERE subject = ANY(%(organisations)s) AND effective @> %(day)s::date ORDER BY subject, owner, purpose
"""
_ENTRIES = """
    SELECT owner, kind, entry, interval_months FROM archive.key_entry
    WHERE effective @> %(day)s::date AND interval_months IS NOT NULL
"""
_RULE_SETS = "SELECT name, version, digest, rules FROM archive.rule_set"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose figures: the codes of a jurisdiction's area, a day, and which certificates make a producer count.

    ``codes`` or ``organisation`` bound it; ``scheme`` is a scheme class or ``None`` for all; ``kinds`` are beginnings
    of product classes.
    """

    codes: Sequence[str] | None
    day: Day
    scheme: str | None = "ccc"
    kinds: Sequence[str] = ()
    months: int | None = None
    organisation: str | None = None

    def parameters(self, most: int) -> dict[str, Any]:
        """Return the parameters of this module's statements; patrols and problems count since ``months`` before."""
        since = add_days(add_months(self.day, -(self.months or patrol_window_months())), 1)
        kinds = [f"{kind}%" for kind in self.kinds] or None
        return {
            "codes": None if self.codes is None else list(self.codes),
            "organisation": self.organisation,
            "producers": self.organisation is None,
            "day": self.day,
            "since": since,
            "scheme": self.scheme,
            "kinds": kinds,
            "most": most,
        }


async def coverage(connection: psycopg.AsyncConnection[Any], asked: Asked) -> dict[str, dict[str, Any]]:
    """Return ``archives``, ``patrols`` and ``problems``: ``total``, ``covered`` and ``missing`` rows (1,000 at most).

    Problems of which nothing more is open, or that a case or a rectification took up, are handled. S1-08.
    """
    parameters = asked.parameters(MISSING_SHOWN)
    (population,) = await _rows(connection, _COUNT.format(producers=_PRODUCERS), parameters)
    found = {}
    for name, condition in (("archives", _ARCHIVED), ("patrols", _PATROLLED)):
        missing = await _rows(connection, _MISSING.format(producers=_PRODUCERS, condition=condition), parameters)
        found[name] = _figure(population["total"], missing)
    (problems,) = await _rows(connection, _PROBLEM_COUNT, parameters)
    found["problems"] = _figure(problems["total"], await _rows(connection, _PROBLEMS, parameters))
    return found


async def producers(connection: psycopg.AsyncConnection[Any], asked: Asked) -> list[Row]:
    """Return the enterprises to be patrolled in an area: those certified on the day. S0-36, S1-22."""
    return await _rows(connection, f"{_PRODUCERS} LIMIT %(most)s", asked.parameters(ENTERPRISES_AT_ONCE))


async def common_problems(connection: psycopg.AsyncConnection[Any], asked: Asked) -> list[Row]:
    """Return what was found most often in an area, by clause or standard and grade, most frequent first."""
    return await _rows(connection, _COMMON, asked.parameters(MISSING_SHOWN))


async def archives_kept(
    connection: psycopg.AsyncConnection[Any], asked: Asked, *, without_custodian: bool, after: str, limit: int
) -> list[Row]:
    """Return the archives and surveyed producers of an area, certified or not, each with its custodian. S1-20, S1-21.

    ``after`` is the stream of the last one of the page before.
    """
    return await _rows(connection, _KEPT, {**asked.parameters(limit), "without": without_custodian, "after": after})


async def patrols_due(connection: psycopg.AsyncConnection[Any], asked: Asked) -> list[tuple[Enterprise, Due]]:
    """Return producers, each with its next patrol: the longest due first, and of those the riskiest. S0-38, S3-37."""
    found = [
        Enterprise(
            row["organisation"], row["name_zh"], row["region"], tuple(row["kinds"] or ()), row["since"], row["last"]
        )
        for row in await _rows(connection, _ENTERPRISES, asked.parameters(ENTERPRISES_AT_ONCE))
    ]
    those = {"organisations": [each.organisation for each in found], "day": asked.day}
    problems: defaultdict[str, list[Input]] = defaultdict(list)
    for row in await _rows(connection, _FOUND_OF, those):
        problems[row["organisation"]].append(_input(row))
    classes: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await _rows(connection, _CLASSES_OF, those):
        classes[row["subject"]].append(row)
    entries = await _rows(connection, _ENTRIES, those)
    rules: RuleSets = {
        (row["name"], row["version"], row["digest"]): row["rules"] for row in await _rows(connection, _RULE_SETS, those)
    }
    plan = [
        (each, due(each, asked.day, classes[each.organisation], entries, problems[each.organisation], rules))
        for each in found
    ]
    return sorted(plan, key=lambda pair: (pair[1].next_patrol, -pair[1].score, pair[0].organisation))


def _input(row: Row) -> Input:
    """Return a problem as the event that it is: only what rules of frequency ask of it."""
    is_finding = row["kind"] == "finding"
    event_type = "inspection.finding_recorded" if is_finding else "inspection.sample_result_recorded"
    data = {"grade": row["grade"]} if is_finding else {"passed": False}
    return Input(0, row["stream"], row["problem"], event_type, row["found"], data)


def _figure(total: int, missing: list[Row]) -> dict[str, Any]:
    without = missing[0]["missing"] if missing else 0
    shown = [{name: value for name, value in row.items() if name not in {"missing", "handled"}} for row in missing]
    return {"total": total, "covered": total - without, "missing": shown}


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, asked: dict[str, Any]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, asked)
        return await cursor.fetchall()
