"""Classes of enterprises, products and bodies: what each party holds, what follows, and how it was worked out."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http.answers import JSON, as_of_day, json_response, require_acceptable
from api.http.describe_archives import CLASSES, EVALUATION, RULE_SETS
from api.http.problems import problem
from api.http.reading import Reading
from api.http.supervising import NOT_STORED, SUPERVISORS, node_named
from ledger.classification.known import inputs_of
from ledger.classification.scoring import evaluate, measures_of, rules_digest
from ledger.codes.classification import shipped_rule_sets, shipped_rules
from ledger.supervision import rules_named
from projections.archive.coverage import Asked, patrols_due
from projections.archive.query import classes_of, records_of, rule_sets

router = APIRouter()
EVENTS_CONSIDERED = 5_000
_Subject = Annotated[str, Path(max_length=200)]


@router.get("/v1/rule-sets", response_class=Response, **RULE_SETS)
async def published(
    request: Request, name: Annotated[str | None, Query(max_length=40, description="规则名称 / Name")] = None
) -> Response:
    """Return the rule sets that were published and those that ship as samples, every version."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_rule_sets")
    position = await reading.reached(request, "archive")
    async with reading.connection() as connection:
        rows = await rule_sets(connection, name)
    shipped = [
        {
            "stream": None,
            "owner": None,
            "name": row["name"],
            "version": row["rules"]["version"],
            "purpose": row["rules"]["purpose"],
            "begins": row["valid_from"],
            "ends": row["valid_to"] or None,
            "digest": rules_digest(row["rules"]),
            "rules": row["rules"],
        }
        for row in shipped_rule_sets()
        if name in {None, row["name"]}
    ]
    return json_response({"position": position, "rule_sets": [*rows, *shipped]}, headers=_headers(reading, position))


@router.get("/v1/classes/{subject:path}/evaluation", response_class=Response, **EVALUATION)
async def evaluation(
    request: Request,
    subject: _Subject,
    rules: Annotated[str, Query(max_length=40, description="规则名称 / Name of the rule set")],
    by: Annotated[str, Query(max_length=40, description="谁的分类 / Whose class")],
    without: Annotated[
        str,
        Query(
            max_length=4000,
            pattern="^[0-9,]*$",
            description="不计入的事件位置,逗号分隔 / Positions of events to leave out",
        ),
    ] = "",
) -> Response:
    """Return what a rule set makes of the events that the reader may see, and every event that it rests on."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "evaluate_class")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    left_out = {int(each) for each in without.split(",") if each}
    node = node_named(subject)
    position = await reading.reached(request, "trail", "archive")
    async with reading.connection() as connection:
        used = next((row["rules"] for row in await rule_sets(connection, rules, day)), None)
        used = used or shipped_rules(rules, day)
        if used is None:
            raise problem("rules_not_found", "/query/rules", name=rules)
        rows, is_whole = await records_of(connection, node, limit=EVENTS_CONSIDERED)
        inputs = [each for each in inputs_of(rows) if each.position not in left_out]
        found = evaluate(used, day, inputs, by)
        named = set(found.inputs)
        shown = {each.position: each for each in inputs if each.identity in named}
        streams = {row["position"]: (row["access"], row["stream"]) for row in rows}
        await reading.note(connection, (streams[each] for each in shown))
    answer = {
        "subject": node,
        "as_of": day,
        "position": position,
        "by": by,
        "is_whole": is_whole and len(rows) < EVENTS_CONSIDERED,
        "rules": {"name": rules, "version": used["version"], "sha256": rules_digest(used)},
        "is_sample": used["is_sample"],
        "purpose": used["purpose"],
        "score": found.score,
        "class_code": found.class_code,
        "measures": found.measures,
        "factors": [
            {"factor": f.factor, "value": f.value, "points": f.points, "inputs": [_reference(i) for i in f.inputs]}
            for f in found.factors
        ],
        "inputs": [
            {"position": each.position, "type": each.type, "effective": each.effective, **_reference(each.identity)}
            for each in shown.values()
        ],
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/classes/{subject:path}", response_class=Response, **CLASSES)
async def classes(request: Request, subject: _Subject) -> Response:
    """Return a subject's classes by every party with their history, what follows, and when it is next patrolled."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_classes")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    node = node_named(subject)
    position = await reading.reached(request, "archive")
    async with reading.connection() as connection:
        history = await classes_of(connection, node)
        known = {(r["name"], r["version"], r["digest"]): r["rules"] for r in await rule_sets(connection)}
        plan = []
        # Others do not see every visit and finding, so that what they would be told is not true.
        if node.startswith("organisation:") and reading.principal.role in SUPERVISORS:
            plan = await patrols_due(connection, Asked(None, day, None, organisation=node))
        await reading.note(connection, (("archive", row["stream"]) for row in history))
    answer = {
        "subject": node,
        "as_of": day,
        "position": position,
        "classes": [_held(row, known) for row in history if _holds(row, day)],
        "history": [_held(row, known) for row in history],
        "patrol": {**asdict(plan[0][0]), **asdict(plan[0][1])} if plan else None,
    }
    return json_response(answer, headers=_headers(reading, position))


def _held(row: dict[str, Any], known: dict[tuple[str, str, str], Any]) -> dict[str, Any]:
    rules = rules_named(row["said"], known)
    try:
        measures = None if rules is None else measures_of(rules, row["class_code"])
    except LookupError:
        measures = None
    return {**row, "measures": measures}


def _holds(row: dict[str, Any], day: str) -> bool:
    return bool(row["begins"] <= day and (row["ends"] is None or day < row["ends"]))


def _reference(identity: tuple[str, str]) -> dict[str, str]:
    return {"source": identity[0], "id": identity[1]}


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(NOT_STORED)}
