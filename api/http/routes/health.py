"""Whether the process lives, whether it can serve, and its numbers; without Kafka it is degraded, not unready."""

import asyncio
from datetime import datetime
from typing import Any

import psycopg
from fastapi import APIRouter, Request
from psycopg_pool import PoolTimeout
from starlette.responses import Response

from api.http import tree
from api.http.answers import json_response
from api.http.describe import LIVEZ, METRICS, READYZ
from api.http.map_state import map_state
from api.http.service import Service, service_of
from api.http.tree import TreeState
from infra.metrics import CONTENT_TYPE
from ledger.log import LogUnavailable

router = APIRouter()
LAG_SECONDS = 60.0
MAP_LAG_SECONDS = 300.0
"""A root is due each minute while the log grows, unless set otherwise."""
_NO_STORE = {"Cache-Control": "no-store"}
_UNREACHABLE = (psycopg.Error, PoolTimeout, LogUnavailable)
_RANK = {"ok": 0, "degraded": 1, "unready": 2}
_CTYPE = "SELECT datctype FROM pg_database WHERE datname = current_database()"


@router.get("/livez", response_class=Response, **LIVEZ)
async def livez(_request: Request) -> Response:
    """Answer that the process runs; nothing else is looked at."""
    return json_response({"status": "ok"}, headers=_NO_STORE)


@router.get("/readyz", response_class=Response, **READYZ)
async def readyz(request: Request) -> Response:
    """Answer whether submissions and reads can be served, with each check in both languages."""
    service = service_of(request)
    try:
        checks = await _database(service)
        checks += [await _view(service, name) for name in service.views]
        checks.append(await _relay(service))
        checks.append(await _notary(service))
        checks.append(await _status_map(service))
    except _UNREACHABLE as error:
        told = ("数据库无法连接", "the database cannot be reached")
        checks = [_check("database", "unready", *told, type(error).__name__)]
    worst = max((each["status"] for each in checks), key=_RANK.__getitem__)
    return json_response({"status": worst, "checks": checks}, 503 if worst == "unready" else 200, _NO_STORE)


@router.get("/metrics", response_class=Response, **METRICS)
async def metrics(request: Request) -> Response:
    """Return the metrics in Prometheus' text form, with the lag of each follower as of now."""
    service = service_of(request)
    try:
        await _measure(service)
    except _UNREACHABLE:
        # What was measured last stands; the time since is for the reader's own scrape to judge.
        service.metrics.appender_waiting.set(service.appender.waiting)
    return Response(service.metrics.exposition(), 200, _NO_STORE, CONTENT_TYPE)


async def _database(service: Service) -> list[dict[str, Any]]:
    async with service.reader() as connection:
        row = await (await connection.execute(_CTYPE)).fetchone()
    ctype = str(row[0]) if row else ""
    checks = [_check("database", "ok", "数据库可用", "the database answers")]
    if ctype.upper() in {"C", "POSIX"}:
        told = ("字符类型不识别汉字,应为 C.UTF-8", "the ctype does not know Chinese letters; it should be C.UTF-8")
        checks.append(_check("locale", "unready", *told, ctype))
    else:
        checks.append(_check("locale", "ok", "字符类型可用", "the ctype knows Chinese letters", ctype))
    pending = await asyncio.to_thread(service.ports.pending_migrations)
    if pending:
        told = ("有未执行的迁移,请运行 certledger migrate", "migrations are missing; run certledger migrate")
        checks.append(_check("migrations", "unready", *told, ", ".join(pending)))
    else:
        checks.append(_check("migrations", "ok", "迁移已全部执行", "all migrations are applied"))
    return checks


async def _view(service: Service, name: str) -> dict[str, Any]:
    head = await asyncio.to_thread(service.log.head)
    try:
        seen = await service.views[name].look()
    except psycopg.errors.UndefinedTable:
        told = (f"视图 {name} 尚未建立", f"the view {name} does not exist yet")
        return _check(f"view:{name}", "degraded", *told)
    seconds = _age(service, seen.waiting_since)
    detail = f"{max(head - seen.position, 0)} events, {seconds:.1f} s"
    if seconds > LAG_SECONDS:
        return _check(f"view:{name}", "degraded", f"视图 {name} 落后", f"the view {name} lags", detail)
    return _check(f"view:{name}", "ok", f"视图 {name} 跟上", f"the view {name} keeps up", detail)


async def _relay(service: Service) -> dict[str, Any]:
    async with service.reader() as connection:
        lag = await service.ports.relay.lag(connection)
    if lag is None:
        return _check("kafka", "degraded", "没有向 Kafka 发布", "nothing is published to Kafka")
    return _check("kafka", "ok", "向 Kafka 发布中", "events are published to Kafka", f"{lag} events")


async def _notary(service: Service) -> dict[str, Any]:
    found, lag, seconds = await _tree(service)
    detail = f"{lag} events, {seconds:.1f} s"
    if found.alarms:
        told = ("已停止签署检查点,请运行 certledger scrub --once", "signing has stopped; run certledger scrub --once")
        return _check("notary", "degraded", *told, detail)
    if seconds > LAG_SECONDS:
        return _check("notary", "degraded", "检查点落后", "checkpoints lag", detail)
    return _check("notary", "ok", "检查点跟上", "checkpoints keep up", detail)


async def _status_map(service: Service) -> dict[str, Any]:
    async with service.reader() as connection:
        found = await map_state(connection)
    age = _age(service, found.recorded)
    detail = f"{found.uncovered} events, {age:.0f} s"
    if found.uncovered and (found.recorded is None or age > MAP_LAG_SECONDS):
        told = ("状态图落后,请运行 certledger status-map", "the status map lags; run certledger status-map")
        return _check("status_map", "degraded", *told, detail)
    return _check("status_map", "ok", "状态图跟上", "the status map keeps up", detail)


async def _tree(service: Service) -> tuple[TreeState, int, float]:
    """Return the tree's state, how many events no checkpoint covers, and the age of the oldest of them in seconds."""
    async with service.reader() as connection:
        found = await tree.state(connection)
    lag = await asyncio.to_thread(service.log.head) - found.size
    rows = await asyncio.to_thread(service.log.read, found.size, 1) if lag > 0 else ()
    return found, max(lag, 0), _age(service, rows[0].recorded if rows else None)


async def _measure(service: Service) -> None:
    numbers = service.metrics
    numbers.appender_waiting.set(service.appender.waiting)
    head = await asyncio.to_thread(service.log.head)
    numbers.position.set(head)
    for name, view in service.views.items():
        try:
            seen = await view.look()
        except psycopg.errors.UndefinedTable:
            continue
        numbers.view_lag_events.labels(name).set(max(head - seen.position, 0))
        numbers.view_lag_seconds.labels(name).set(_age(service, seen.waiting_since))
    async with service.reader() as connection:
        lag = await service.ports.relay.lag(connection)
    if lag is not None:
        numbers.relay_lag_events.set(lag)
    signed, waiting, seconds = await _tree(service)
    numbers.checkpoint_size.set(signed.size)
    numbers.checkpoint_lag_events.set(waiting)
    numbers.checkpoint_lag_seconds.set(seconds)
    numbers.checkpoint_age_seconds.set(_age(service, signed.signed))
    numbers.notary_alarms.set(signed.alarms)
    numbers.scrubbed_events.set(signed.scrubbed)
    numbers.scrub_rounds.set(signed.rounds)
    async with service.reader() as connection:
        mapped = await map_state(connection)
    numbers.map_root_size.set(mapped.size)
    numbers.map_uncovered_events.set(mapped.uncovered)
    numbers.map_root_age_seconds.set(_age(service, mapped.recorded))


def _age(service: Service, since: datetime | None) -> float:
    return 0.0 if since is None else max((service.clock() - since).total_seconds(), 0.0)


def _check(name: str, status: str, zh: str, en: str, detail: str = "") -> dict[str, Any]:
    return {"check": name, "status": status, "zh": zh, "en": en, **({"detail": detail} if detail else {})}
