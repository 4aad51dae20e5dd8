"""A producer that waits for every replica and never reorders; it is thrown away rather than trusted after an error."""

from typing import Any

import structlog
from kafka import KafkaProducer

from consumers.cluster import Bootstrap, cluster_of

log = structlog.get_logger(__name__)


def make_producer(bootstrap: Bootstrap) -> Any:
    """Return an idempotent producer with ``acks=all``. Raises ``KafkaError`` when no broker answers in 5 s."""
    return KafkaProducer(
        **cluster_of(bootstrap).options(),
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        batch_size=65_536,
        delivery_timeout_ms=15_000,
        request_timeout_ms=10_000,
        max_block_ms=10_000,
        bootstrap_timeout_ms=5_000,
        reconnect_backoff_max_ms=1_000,
        retry_backoff_ms=50,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )


def abandon(producer: Any) -> None:
    """End a producer at once; what it had not sent is never sent."""
    # close(timeout=0) raises while batches are under way and leaves the sender running, so it is stopped first.
    sender = producer._sender  # noqa: SLF001 - there is no public way to stop it
    sender.force_close()
    sender.wakeup()
    sender.join(5)
    if sender.is_alive():
        log.error("producer.still_sending", producer=str(producer))
    producer.close(timeout=0)
