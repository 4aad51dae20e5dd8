"""The verbs that are processes: the server, the relay, the views' projectors, the intake. SIGTERM ends each cleanly."""

import signal
import threading
from collections.abc import Callable
from typing import Annotated, TypeVar

import structlog
import typer
from eventsourcing.persistence import PersistenceError

from api.cli.identity import accepted_tokens
from api.cli.regions import region_run
from api.cli.surroundings import (
    EVERY_VIEW,
    bootstrap,
    cluster,
    connector,
    database_url,
    needed_cluster,
    topics_at,
)
from api.http.relay_state import RelayState
from consumers.dead_letters import dead_letters_relay
from consumers.intake import Intake, receipts_relay
from consumers.kafka_feed import KafkaFeed
from consumers.party_receipts import PartyReceipts
from consumers.patience import TROUBLE, Patience
from consumers.policies.follow_up_tasks import follow_up_tasks
from consumers.policies.holder_bars import holder_bars
from consumers.policies.notices import notices
from consumers.policies.requests import requests
from consumers.policies.run import Policies, Policy
from consumers.policies.supervision import failed_rectifications, unapproved_issues, unknown_certificates
from consumers.projection_run import ProjectionRun
from consumers.relay import relay as event_relay
from consumers.trust import trust_of
from infra.dead_letters import DeadLetters
from infra.leadership import AdvisoryLeadership
from infra.limits import Limits
from infra.migrations import pending
from infra.open_ledger import WRITER, open_ledger
from infra.policy_store import PostgresPolicyStore
from infra.production import require_no_samples, require_safe
from infra.published_times import PublishedTimes
from infra.receipts import ReceiptStore
from infra.redaction import hide
from infra.relay_bookmarks import RelayBookmarks
from infra.services.topics import DEAD_LETTERS, EVENTS, RECEIPTS, SUBMISSIONS, topic_names
from infra.settings import Settings
from infra.telemetry import configure_logging, configure_telemetry, span
from infra.terms import terms_of
from infra.vault.keys import file_keys
from infra.vault.store import Vault
from infra.vault.tip_offs import TipOffs
from ledger.service import Ledger
from ledger.terms import Terms
from projections.feed import Feed
from projections.projector import Projector
from projections.registry import VIEWS, make_views
from projections.store_feed import StoreFeed

Answer = TypeVar("Answer")
log = structlog.get_logger(__name__)


def serve() -> None:
    """提供 HTTP 接口。 Serve the HTTP interface."""
    from api.http.app import create_app  # noqa: PLC0415 - FastAPI takes a second to import
    from api.http.serve import admitted_from  # noqa: PLC0415 - likewise
    from api.http.serve import serve as serve_http  # noqa: PLC0415 - likewise
    from api.http.service import NoRelay, Ports  # noqa: PLC0415 - likewise
    from api.identity.wiring import verifier_of  # noqa: PLC0415 - joins the HTTP client

    settings = started("serve")
    # Said before anything is waited for; the server asks again.
    admitted_from(settings.http_host, Limits(), in_development=settings.in_development)
    url = database_url(settings)
    ports = Ports(
        ledger=_taking(settings, url),
        database_url=url,
        tokens=accepted_tokens(settings),
        verifier=verifier_of(settings),
        proxies=settings.proxies,
        region=settings.region,
        relay=NoRelay() if bootstrap(settings) is None else RelayState(EVENTS),
        pending_migrations=lambda: pending(url),
        vault=_vault(settings, url),
        tip_offs=tip_offs_of(settings, url),
    )
    serve_http(
        create_app(ports), host=settings.http_host, port=settings.http_port, in_development=settings.in_development
    )


def relay() -> None:
    """把每个已记录事件按序发布到 Kafka。 Publish every recorded event to Kafka, in order."""
    settings = started("relay")
    url, brokers = database_url(settings), needed_cluster(settings)
    ledger = opened(url)
    publisher = event_relay(
        event_log=ledger.event_log,
        bootstrap=brokers,
        topic=EVENTS,
        leadership=AdvisoryLeadership(url, f"relay:{EVENTS}"),
        bookmark=RelayBookmarks(url, EVENTS),
        ensure_topics=topics_at(settings, brokers, EVENTS),
        observer=PublishedTimes(connector(url), EVENTS),
        spans=span,
    )
    until_stopped(publisher.run)


def project(
    views: Annotated[list[str] | None, typer.Argument(help="视图名,不写则全部 · names of views; all if none")] = None,
    region: Annotated[
        str | None, typer.Option(help="只投影此辖区,如 440600 · project this region alone, into --into")
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(
            envvar="CERTLEDGER_REGION_DATABASE_URL", help="辖区数据库的连接串 · the URL of the region's own database"
        ),
    ] = None,
) -> None:
    """让视图跟上事件,或投影到辖区自己的数据库。 Keep views up to date, or those of a region in its own database."""
    settings = started("project")
    if region is not None:
        until_stopped(region_run(settings, _known_views(views or list(EVERY_VIEW)), region, into).run)
        return
    url, brokers = database_url(settings), cluster(settings)
    names = _known_views(views or list(EVERY_VIEW))
    projectors = [Projector(connector(url), view) for view in make_views(names)]
    for projector in projectors:
        _once_it_answers(projector.prepare)
    feed: Feed
    # The ledger is kept by name: its pool closes with it.
    ledger = opened(url) if brokers is None else None
    if ledger is not None:
        feed = StoreFeed(ledger.event_log)
    else:
        feed = KafkaFeed(needed_cluster(settings), EVENTS, f"certledger.{'.'.join(names)}")
    until_stopped(ProjectionRun(feed, projectors, name="+".join(names), spans=span).run)


def policies() -> None:
    """按规则跟进已记录的事件(如认证限制期)。 Submit what follows from events by rule, such as bars."""
    settings = started("policies")
    url, brokers = database_url(settings), cluster(settings)
    ledger = opened(url)
    feed: Feed = StoreFeed(ledger.event_log) if brokers is None else KafkaFeed(brokers, EVENTS, "certledger.policies")
    rules: list[Policy] = [
        holder_bars,
        failed_rectifications,
        unknown_certificates,
        unapproved_issues,
        notices,
        requests,
        follow_up_tasks,
    ]
    run = ProjectionRun(feed, [Policies(ledger, PostgresPolicyStore(url), rules)], name="policies", spans=span)
    until_stopped(run.run)


def intake() -> None:
    """从 Kafka 接收提交并发布回执。 Take submissions from Kafka and publish their receipts."""
    settings = started("intake")
    url, brokers = database_url(settings), needed_cluster(settings)
    ensure = topics_at(settings, brokers, SUBMISSIONS, RECEIPTS, DEAD_LETTERS)
    receipts = ReceiptStore(url)
    taking = Intake(
        ledger=_taking(settings, url),
        receipts=receipts,
        bootstrap=brokers,
        topic=SUBMISSIONS,
        trust=trust_of(settings.trust, SUBMISSIONS),
        ensure_topics=ensure,
        fields=_vault(settings, url),
    )
    answering = receipts_relay(
        receipts=ReceiptStore(url),
        bootstrap=brokers,
        topic=RECEIPTS,
        leadership=AdvisoryLeadership(url, f"relay:{RECEIPTS}"),
        bookmark=RelayBookmarks(url, RECEIPTS),
        ensure_topics=ensure,
    )
    telling = PartyReceipts(
        receipts=ReceiptStore(url),
        bootstrap=brokers,
        topic=RECEIPTS,
        topics=lambda: topic_names(brokers.servers, credentials=brokers.credentials),
        leadership=AdvisoryLeadership(url, f"relay:{RECEIPTS}.*"),
        bookmark=lambda name: RelayBookmarks(url, name),
    )
    burying = dead_letters_relay(
        letters=DeadLetters(url),
        bootstrap=brokers,
        topic=DEAD_LETTERS,
        leadership=AdvisoryLeadership(url, f"relay:{DEAD_LETTERS}"),
        bookmark=RelayBookmarks(url, DEAD_LETTERS),
        ensure_topics=ensure,
    )
    until_stopped(taking.run, answering.run, telling.run, burying.run)


def opened(url: str, terms: Terms | None = None) -> Ledger:
    """Return the ledger over a database, waiting for one that is away."""
    terms = terms or Terms(Settings().log_origin)
    return _once_it_answers(lambda: open_ledger(url, acting_as=WRITER, terms=terms))


def _taking(settings: Settings, url: str) -> Ledger:
    """Return the ledger of a process that takes statements in, which needs more than one that follows."""
    terms = terms_of(settings)
    _once_it_answers(lambda: require_no_samples(settings, url))
    return opened(url, terms)


def _vault(settings: Settings, url: str) -> Vault:
    """Return the vault; in production its keys are there from the start, in development they are made when needed."""
    if not settings.in_development:
        file_keys(settings)
    return Vault(url, lambda: file_keys(settings))


def tip_offs_of(settings: Settings, url: str) -> TipOffs:
    """Return the store of tip-offs, sealed by the vault's keys."""
    return TipOffs(url, lambda: file_keys(settings), days=settings.tip_off_days, most=Limits().tip_offs_kept)


def _once_it_answers(ask: Callable[[], Answer]) -> Answer:
    """Return the answer, waiting for a database that is away or still starting: it may have fallen with us."""
    patience, never = Patience(), threading.Event()
    while True:
        try:
            return ask()
        except (*TROUBLE, PersistenceError) as error:
            log.warning("start.waits_for_the_database", error=repr(error))
            patience.wait(never)


def _known_views(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in VIEWS]
    if unknown:
        listed = "、".join(VIEWS)
        raise typer.BadParameter(f"没有视图 {unknown[0]};可用:{listed}。 There is no view {unknown[0]}; use {listed}.")
    return names


def started(service: str) -> Settings:
    """Return the settings, with logs and traces of a process configured by them."""
    settings = Settings()
    hide([settings.database_url])
    configure_logging(settings.log_level)
    require_safe(settings)
    configure_telemetry(settings.otlp_endpoint, f"certledger-{service}")
    return settings


def until_stopped(*runs: Callable[[threading.Event], None]) -> None:
    """Run each in a thread until a signal comes; a run that ends by an error ends the process, to be restarted."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    failed: list[BaseException] = []

    def guarded(each: Callable[[threading.Event], None]) -> None:
        try:
            each(stop)
        except BaseException as error:  # noqa: BLE001 - carried over to the main thread
            failed.append(error)
        finally:
            stop.set()

    threads = [threading.Thread(target=guarded, args=(each,)) for each in runs]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
