"""A member of the intake's group: it reads the shared topic and every party's own, and gets past what cannot be read.

One record with a malformed header makes the client library raise for its whole batch, again at every attempt. Such a
batch is one producer's; what is left of it is given out as unreadable, and the group goes on behind it. Records that
may tell of persons are deleted, with all before them, once they are answered.
"""

import re
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CommitFailedError, CorruptRecordError, KafkaError, UnsupportedCodecError

from consumers.cluster import Cluster
from consumers.submissions import Arrived, Origin, read_record, unreadable
from consumers.trust import DEAD_LETTER

_POLL_MILLISECONDS = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Spoilt:
    """What is left of a batch that cannot be read."""

    partition: TopicPartition
    begin: int
    end: int


class SubmissionReader:
    """One membership; after :meth:`close`, or once a batch was spoilt, the next :meth:`poll` joins again."""

    def __init__(self, cluster: Cluster, topic: str, group: str, *, batch: int) -> None:
        self._cluster = cluster
        self._group = group
        self._batch = batch
        # A party's own topic is the shared one's name and the party's; the dead letters must never be read again.
        self._pattern = rf"^{re.escape(topic)}(\.(?!{DEAD_LETTER}$).+)?$"
        self._consumer: Any = None
        self._spoilt: _Spoilt | None = None
        self._personal: dict[TopicPartition, int] = {}
        self._admin: Any = None
        self.newest = 0.0

    def poll(self) -> list[Arrived]:
        """Return what came, maybe nothing. Raises ``KafkaError``."""
        if self._consumer is None:
            self._consumer = self._join()
        try:
            polled = self._consumer.poll(timeout_ms=_POLL_MILLISECONDS, max_records=self._batch)
        except (CorruptRecordError, UnsupportedCodecError) as error:
            return self._unreadable(error)
        records = [record for each in polled.values() for record in each]
        if records:
            self.newest = records[-1].timestamp / 1_000
        arrived = [read_record(record) for record in records]
        for each in arrived:
            if each.origin.is_personal:
                place = TopicPartition(each.origin.topic, each.origin.partition)
                self._personal[place] = each.origin.offset + 1
        return arrived

    def commit(self) -> None:
        """Note in the group that all that was polled is answered. Raises ``KafkaError``."""
        # Before the offset, so that whoever is killed in between is given the rest again and deletes it.
        self._forget()
        spoilt, self._spoilt = self._spoilt, None
        try:
            self._consumer.commit(_behind(spoilt), timeout_ms=5_000)
        except CommitFailedError as error:
            # The lanes went to another member, who will find the answers stored.
            log.info("intake.not_committed", error=repr(error))
        if spoilt is not None:
            # The client would go on to take the spoilt batch apart.
            self.close()

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer, self._spoilt = self._consumer, None, None
        # What was polled and not answered comes again, and may not be deleted before.
        self._personal.clear()
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=2_000)
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    def _forget(self) -> None:
        """Delete what was answered and may tell of persons; where that fails it is tried again with the next batch."""
        if not self._personal:
            return
        try:
            self._admin = self._admin or KafkaAdminClient(**self._cluster.options(), bootstrap_timeout_ms=5_000)
            self._admin.delete_records(dict(self._personal), timeout_ms=5_000)
        except KafkaError as error:
            log.error("intake.personal_records_not_deleted", error=repr(error))  # noqa: TRY400 - no trace is needed
            return
        self._personal.clear()

    def _unreadable(self, error: KafkaError) -> list[Arrived]:
        found = _spoilt_batch(error)
        if found is None:
            raise error
        partition, end = found
        begin = int(self._consumer.position(partition, timeout_ms=5_000))
        self._spoilt = _Spoilt(partition, begin, end)
        self.newest = time.time()
        log.warning("intake.unreadable", topic=partition.topic, lane=partition.partition, begin=begin, end=end)
        return [unreadable(Origin(partition.topic, partition.partition, offset)) for offset in range(begin, end)]

    def _join(self) -> Any:
        consumer = KafkaConsumer(
            **self._cluster.options(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            metadata_max_age_ms=5_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            metrics_enabled=False,
        )
        consumer.subscribe(pattern=self._pattern)
        return consumer


def _behind(spoilt: _Spoilt | None) -> Mapping[TopicPartition, OffsetAndMetadata] | None:
    return None if spoilt is None else {spoilt.partition: OffsetAndMetadata(spoilt.end, "", -1)}


def _spoilt_batch(error: Exception) -> tuple[TopicPartition, int] | None:
    """Return partition and end of the batch in which the library raised; only its own frames know them.

    ``None`` for a batch whose checksum does not hold: that was damaged on its way to us, and may be read yet.
    """
    if "failed crc check" in str(error):
        return None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        batch, partition = frame.f_locals.get("batch"), frame.f_locals.get("tp")
        end = getattr(batch, "next_offset", None)
        if isinstance(end, int) and isinstance(partition, TopicPartition):
            return partition, end
    return None
