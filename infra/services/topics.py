"""A topic keeps every record for ever and never changes its partitions, since a key's order hangs on them.

Only what brought personal fields is deleted from the topic of submissions once it is answered.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from infra.kafka_credentials import NONE
from infra.services.errors import ServiceUnavailableError

EVENTS = "certification.events"
SUBMISSIONS = "certification.submissions"
RECEIPTS = "certification.receipts"
DEAD_LETTERS = f"{SUBMISSIONS}.dead-letter"
TOPICS: Mapping[str, int] = MappingProxyType({EVENTS: 12, SUBMISSIONS: 12, RECEIPTS: 12, DEAD_LETTERS: 12})
BOOTSTRAP_MILLISECONDS = 10_000
CONFIGURATION = {
    "retention.ms": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": str(1024 * 1024),
    # The broker unpacks what a producer packed: a reader without that codec would stand still for ever.
    "compression.type": "uncompressed",
}


def ensure_topics(
    bootstrap: str,
    topics: Mapping[str, int] = TOPICS,
    *,
    credentials: Mapping[str, object] = NONE,
    manage: bool = True,
) -> list[str]:
    """Create the topics (name to number of partitions) that are not there; returns the names created.

    ``manage=False`` creates and corrects nothing: it needs the right to describe alone, and raises
    ServiceUnavailableError for a topic that is not there.

    Safe to call by many at once, at every start and after the broker was wiped; one that is there gets the
    same retention. Raises ServiceUnavailableError if one has another number of partitions, and KafkaError if
    the cluster does not answer.
    """
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS, **credentials
    )
    try:
        missing = sorted(set(topics) - set(admin.list_topics()))
        if not manage:
            _check(admin, topics, missing)
            return []
        if missing:
            wanted = {name: {"num_partitions": topics[name], "configs": CONFIGURATION} for name in missing}
            try:
                admin.create_topics(wanted, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                # Another process was faster with some of them; the rest were created all the same.
                admin.wait_for_topics(missing)
        _correct(admin, topics, [name for name in topics if name not in missing])
        return missing
    finally:
        admin.close()


def topic_names(bootstrap: str, *, credentials: Mapping[str, object] = NONE) -> list[str]:
    """Return the names of all topics that this user may see. Raises KafkaError if the cluster does not answer."""
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS, **credentials
    )
    try:
        return sorted(admin.list_topics())
    finally:
        admin.close()


def _correct(admin: KafkaAdminClient, topics: Mapping[str, int], existing: list[str]) -> None:
    if not existing:
        return
    _check_partitions(admin, topics, existing)
    described = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys(CONFIGURATION)) for name in existing],
        config_filter="all",
    )
    differing = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict(CONFIGURATION))
        for by_name in described.values()
        for name, found in by_name.items()
        if any(found.get(key, {}).get("value") != value for key, value in CONFIGURATION.items())
    ]
    if differing:
        admin.alter_configs(differing)


def _check(admin: KafkaAdminClient, topics: Mapping[str, int], missing: list[str]) -> None:
    if missing:
        raise ServiceUnavailableError(
            f"Kafka 缺少主题 {'、'.join(missing)},或本进程无权查看;请由管理员执行 certledger kafka-acls --apply。",
            f"Kafka lacks the topics {', '.join(missing)}, or this process may not see them; "
            "let an administrator run `certledger kafka-acls --apply`.",
        )
    _check_partitions(admin, topics, list(topics))


def _check_partitions(admin: KafkaAdminClient, topics: Mapping[str, int], existing: list[str]) -> None:
    for description in admin.describe_topics(existing):
        name, found = description["name"], len(description["partitions"])
        if found != topics[name]:
            raise ServiceUnavailableError(
                f"Kafka 主题 {name} 有 {found} 个分区，应为 {topics[name]} 个；"
                "改变分区数会打乱同一证书的事件顺序。请删除该主题，账本会重新发布全部事件。",
                f"Kafka topic {name} has {found} partitions and must have {topics[name]}; changing "
                "them breaks the order of one certificate's events. Delete it, and all is published again.",
            )
