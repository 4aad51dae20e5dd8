"""Puts the interface together: routes, problems, the outermost layer, and what must be opened and closed with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.http import problems
from api.http.edge import Edge
from api.http.limits.gate import Gate
from api.http.openapi import describe
from api.http.routes import (
    archives,
    authorities,
    catalogue,
    certificates,
    classes,
    deadlines,
    disclosures,
    documents,
    draws,
    feed,
    health,
    inspection_reports,
    inspections,
    keys,
    notices,
    organised,
    reads,
    receipts,
    schemas,
    state_digest,
    subjects,
    submit,
    supervision,
    tip_offs,
    trace,
    transparency,
    warnings,
)
from api.http.service import Ports, Service
from api.http.versions import DEPRECATIONS, Announced, Deprecation

_UNTRACED = frozenset({"/livez", "/readyz", "/metrics", "/v1/events/stream"})


def create_app(ports: Ports, deprecations: Sequence[Deprecation] = DEPRECATIONS) -> FastAPI:
    """Return the application; it opens its pool and appender when it starts, and answers everybody before it ends."""
    service = Service(ports)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        telemetry={
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "exclude": lambda scope: scope["path"] in _UNTRACED,
        },
    )
    app.state.service = service
    problems.install(app)
    # In the order of how often they are asked, since a request is matched against one route after the other; a
    # certificate's number may hold anything, so its own route comes after those that add to it.
    app.router.routes.extend(certificates.plain.routes)
    modules = (
        receipts,
        certificates,
        submit,
        feed,
        subjects,
        authorities,
        organised,
        supervision,
        tip_offs,
        notices,
        deadlines,
        warnings,
        keys,
        transparency,
        catalogue,
        reads,
        disclosures,
        inspection_reports,
        inspections,
        draws,
        health,
        state_digest,
        documents,
        schemas,
        trace,
        archives,
        classes,
    )
    for module in modules:
        app.router.routes.extend(module.router.routes)
    if deprecations:
        app.add_middleware(Announced, deprecations=deprecations)
    app.add_middleware(Edge, metrics=ports.metrics)
    app.add_middleware(Gate, limits=ports.limits, metrics=ports.metrics)
    describe(app, deprecations)
    return app
