"""Puts a rebuild together: the views, the feed that its events come from, and the live database."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from threading import Event
from typing import Any
from uuid import uuid4

from api.cli.surroundings import connector
from consumers.cluster import Bootstrap
from consumers.kafka_feed import KafkaFeed
from consumers.topic_reader import Topic, TopicReader
from infra.open_ledger import open_ledger
from infra.services.errors import ServiceUnavailableError
from infra.services.topics import EVENTS
from projections.feed import Feed
from projections.rebuild import RebuildIncomplete, RebuildRunning, ViewsDiffer, rebuild_together
from projections.registry import make_views
from projections.store_feed import StoreFeed

Progress = Callable[[str, int, int], None]


def rebuild_views(
    views: Sequence[str],
    source: str,
    database_url: str,
    bootstrap: Bootstrap | None,
    *,
    force: bool,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Rebuild views from one reading; return for each what came of it: rows, differences, and if it was switched."""
    ledger = open_ledger(database_url)
    feed: Feed
    bound: dict[int, int] | None = None
    if source == "kafka":
        if bootstrap is None:
            raise ServiceUnavailableError(
                "Kafka 没有运行,可用 --from store。", "Kafka is not running; --from store needs none."
            )
        # A group of its own: the live projectors keep their lanes.
        feed = KafkaFeed(bootstrap, EVENTS, f"certledger.rebuild.{uuid4().hex}")
        with TopicReader(Topic(bootstrap, EVENTS)) as reader:
            bound = {lane: end.position for lane, end in enumerate(reader.ends(Event()))}
    else:
        feed = StoreFeed(ledger.event_log)
    try:
        rebuilt = rebuild_together(
            make_views(views), feed, connector(database_url), bound=bound, force=force, progress=progress
        )
        return [asdict(each) for each in rebuilt]
    except ViewsDiffer as error:
        return [{**asdict(error.rebuilt), "message": str(error)}]
    except (RebuildRunning, RebuildIncomplete) as error:
        raise ServiceUnavailableError(str(error), str(error)) from error
    finally:
        feed.close()
        ledger.close()
