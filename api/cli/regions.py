"""A region's database: the national log, followed by the same views for one region alone (S0-73).

Streams that come into scope bring their whole history, so that the log itself is the feed and not the topic.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from api.cli.surroundings import connector, database_url
from consumers.projection_run import ProjectionRun
from infra.migrations import migrate
from infra.open_ledger import open_ledger
from infra.redaction import hide
from infra.settings import Settings
from infra.telemetry import span
from ledger.access.jurisdiction import level_of
from ledger.days import china_day
from ledger.service import Ledger
from projections.projector import Projector
from projections.regional import Regional, ScopeChanged, histories_of, region_of
from projections.registry import VIEWS
from projections.store_feed import StoreFeed


def region_run(settings: Settings, views: Sequence[str], region: str, into: str | None) -> ProjectionRun:
    """Return the run that keeps a region's database; what its user must say is said where it is missing."""
    if into is None:
        raise typer.BadParameter("--region 须与 --into 同时给出。 --region needs --into.")
    hide([into])
    if level_of(region, china_day(datetime.now(UTC))) is None:
        raise typer.BadParameter(
            f"{region} 不是今日有效的省、市、县代码。 {region} is no province, city or county today."
        )
    national = database_url(settings)
    if into == national:
        raise typer.BadParameter("辖区须用自己的数据库。 A region has a database of its own.")
    migrate(into)
    ledger = open_ledger(national)
    log = ledger.event_log
    projectors = [Projector(connector(into), Regional(VIEWS[name](), region, histories_of(log))) for name in views]
    for projector in projectors:
        projector.prepare()
    with connector(into)() as connection:
        for name in views:
            kept = region_of(connection, name)
            if kept not in {None, region}:
                raise typer.BadParameter(str(ScopeChanged(region, str(kept))))
    return ProjectionRun(_KeepsLedger(ledger), projectors, name=f"region {region}", spans=span)


class _KeepsLedger(StoreFeed):
    """The log as a feed; the ledger is kept by name, since its pool closes with it."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.event_log)
        self._ledger = ledger
