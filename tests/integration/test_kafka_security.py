import gc
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from api.cli.tell import prepare_views
from consumers.trust import party_topic
from infra.kafka_acls import PROCESSES, apply_grants, grants
from infra.services.errors import ServiceUnavailableError
from infra.services.topics import DEAD_LETTERS, EVENTS, RECEIPTS, SUBMISSIONS, TOPICS, ensure_topics
from tests.support.consumers import history
from tests.support.production import own_keys
from tests.support.secured_kafka import ADMINISTRATOR, SecuredKafka, password_of, secured_kafka
from tests.support.services import folder_for_servers, unavailable
from tests.support.statements import BODY
from tests.support.waiting import eventually

REGISTRAR, BODY_USER, AUDITING = "CCAA", "body-101", "auditing"
OWN = {party_topic(SUBMISSIONS, "CCAA"): REGISTRAR, party_topic(SUBMISSIONS, BODY): BODY_USER}
RELAY, INTAKE, PROJECT, POLICIES = (PROCESSES[name] for name in ("relay", "intake", "project", "policies"))
USERS = (RELAY, INTAKE, PROJECT, POLICIES, REGISTRAR, BODY_USER, AUDITING, "stranger")
ANSWERED = {party_topic(RECEIPTS, "CCAA"): REGISTRAR, party_topic(RECEIPTS, BODY): BODY_USER}
ALL_TOPICS = (*TOPICS, *OWN, *ANSWERED)
WRITERS = {
    EVENTS: {RELAY},
    SUBMISSIONS: set(),
    RECEIPTS: {INTAKE},
    DEAD_LETTERS: {INTAKE},
    **{topic: {user} for topic, user in OWN.items()},
    **{topic: {INTAKE} for topic in ANSWERED},
}
READERS = {
    EVENTS: {RELAY, PROJECT, POLICIES, AUDITING},
    SUBMISSIONS: {INTAKE},
    RECEIPTS: {INTAKE},
    DEAD_LETTERS: {INTAKE},
    **{topic: {INTAKE} for topic in OWN},
    **{topic: {INTAKE, user} for topic, user in ANSWERED.items()},
}


@pytest.fixture(autouse=True, scope="module")
def sockets_of_refused_clients() -> Iterator[None]:
    """Collect here what the Kafka client leaves open where it is refused, and not in the middle of another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _certledger(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        env=_clean() | environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CERTLEDGER_")}


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredKafka]:
    """A guarded broker on which the administrator applied the table by the command."""
    with folder_for_servers() as folder:
        kafka = secured_kafka(folder)
        try:
            kafka.broker.start()
        except ServiceUnavailableError as error:
            unavailable(str(error))
        with kafka.broker:
            kafka.add_users(*USERS)
            words = ["kafka-acls", "--apply", "--party", "CCAA", "--party", f"{BODY}={BODY_USER}", "--reader", AUDITING]
            for expected in ("新主题", "—"):
                applied = _certledger(kafka.environment(ADMINISTRATOR), *words)
                assert applied.returncode == 0, applied.stderr
                assert expected in applied.stdout
                assert "表外权限" not in applied.stdout
            yield kafka


@contextmanager
def _process(environment: dict[str, str], folder: Path, *words: str) -> Iterator[None]:
    log = folder / f"{words[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", *words], env=_clean() | environment, stdout=output, stderr=output
        )
        try:
            yield
        except BaseException:
            print(f"--- {log.name}", log.read_text("utf-8", "replace")[-3_000:], sep="\n")
            raise
        finally:
            process.terminate()
            process.wait(30)


def _send(kafka: SecuredKafka, user: str, topic: str, *values: bytes) -> list[str]:
    """Send to the first partition; the places of the records."""
    options: dict[str, Any] = kafka.credentials(user)
    producer = KafkaProducer(
        bootstrap_servers=kafka.broker.bootstrap, max_block_ms=5_000, delivery_timeout_ms=8_000,
        request_timeout_ms=5_000, enable_idempotence=False, **options,
    )  # fmt: skip
    try:
        sent = [producer.send(topic, value, key=b"CNCA", partition=0).get(10) for value in values]
        return [f"{topic}/0/{each.offset}" for each in sent]
    finally:
        producer.close(timeout=1)


def _read(kafka: SecuredKafka, user: str, topic: str, group: str | None = None) -> None:
    """Return once a record of the first partition was read; an error of authorisation comes out."""
    options: dict[str, Any] = kafka.credentials(user)
    consumer = KafkaConsumer(
        bootstrap_servers=kafka.broker.bootstrap, group_id=group, auto_offset_reset="earliest", **options
    )
    try:
        if group:
            consumer.subscribe([topic])
        else:
            consumer.beginning_offsets([TopicPartition(topic, 0)], timeout_ms=5_000)
            consumer.assign([TopicPartition(topic, 0)])
            consumer.seek(TopicPartition(topic, 0), 0)
        eventually(lambda: consumer.poll(timeout_ms=200), 20)
    finally:
        consumer.close(autocommit=False, timeout_ms=500)


def test_a_fact_goes_the_whole_way_with_the_least_rights(
    secured: SecuredKafka, database_url: str, tmp_path: Path
) -> None:
    prepare_views(database_url)
    common = {
        "CERTLEDGER_DATABASE_URL": database_url,
        "CERTLEDGER_RUN_DIR": str(tmp_path),
        "CERTLEDGER_ENVIRONMENT": "production",
        "CERTLEDGER_OIDC_ISSUER": "https://id.example",
        "CERTLEDGER_KAFKA_TOPICS": "check",
        **own_keys(tmp_path),
    }
    said = history(["P0001", "P0002"], 2)
    own = party_topic(SUBMISSIONS, "CCAA")
    with ExitStack() as stack:
        for user, words in (
            (RELAY, ["relay"]),
            (INTAKE, ["intake"]),
            (PROJECT, ["project", "register", "history"]),
            (PROJECT, ["project", "trail", "search", "access"]),
            (POLICIES, ["policies"]),
        ):
            stack.enter_context(_process(common | secured.environment(user), tmp_path, *words))
        _send(secured, REGISTRAR, own, *(each.raw for each in said))
        # Its own topic gives a body no right to speak as the registrar.
        dead = _send(secured, BODY_USER, party_topic(SUBMISSIONS, BODY), said[0].raw, b"\xff junk")

        def seen() -> bool:
            with psycopg.connect(database_url) as connection:
                answers = connection.execute("SELECT outcome, body FROM intake_receipts").fetchall()
                positions = [
                    connection.execute(f"SELECT max(position) FROM {view}.bookmark").fetchone()  # type: ignore[arg-type]  # fixed names
                    for view in ("register", "history", "trail", "search", "access")
                ]
            told = [orjson.loads(body) for outcome, body in answers if outcome == "refused"]
            refused = {each["id"]: each["code"] for each in told if each["id"] in dead}
            recorded = [outcome for outcome, _ in answers if outcome == "recorded"]
            return (
                len(recorded) == len(said)
                and refused == dict(zip(dead, ("source_not_yours", "not_canonical"), strict=True))
                and all(row == (len(said),) for row in positions)
            )

        eventually(seen, 90)
        eventually(lambda: _size(secured, RECEIPTS) >= len(said) + 2, 30)
        eventually(lambda: _size(secured, DEAD_LETTERS) >= 2, 30)
        # Each party has its own answers, the refusals of what it sent in another's name too, and nobody else's.
        eventually(lambda: _size(secured, party_topic(RECEIPTS, "CCAA")) >= len(said), 60)
        eventually(lambda: _size(secured, party_topic(RECEIPTS, BODY)) >= 2, 30)
        assert _size(secured, party_topic(RECEIPTS, "CCAA")) == len(said)
        assert _size(secured, party_topic(RECEIPTS, BODY)) == 2
    for log in tmp_path.glob("*.log"):
        for user in USERS:
            assert password_of(user) not in log.read_text("utf-8", "replace")


def _size(kafka: SecuredKafka, topic: str) -> int:
    options: dict[str, Any] = kafka.credentials(ADMINISTRATOR)
    consumer = KafkaConsumer(bootstrap_servers=kafka.broker.bootstrap, group_id=None, **options)
    try:
        partitions = [TopicPartition(topic, number) for number in range(TOPICS.get(topic, 1))]
        return int(sum(consumer.end_offsets(partitions, timeout_ms=5_000).values()))
    finally:
        consumer.close()


@pytest.fixture(scope="module")
def filled(secured: SecuredKafka) -> SecuredKafka:
    """The same with a record of nobody's at the beginning of each topic."""
    for topic in ALL_TOPICS:
        _send(secured, ADMINISTRATOR, topic, b"")
    return secured


@pytest.mark.parametrize("user", USERS)
def test_each_user_writes_and_reads_what_the_table_says_and_nothing_else(filled: SecuredKafka, user: str) -> None:
    secured, found = filled, {"writes": set(), "reads": set()}
    for topic in ALL_TOPICS:
        if user in WRITERS[topic]:
            _send(secured, user, topic, b"")
            found["writes"].add(topic)
        else:
            with pytest.raises(KafkaError) as refused:
                _send(secured, user, topic, b"")
            assert isinstance(refused.value, TopicAuthorizationFailedError), topic
        if user in READERS[topic]:
            _read(secured, user, topic)
            found["reads"].add(topic)
        else:
            with pytest.raises(TopicAuthorizationFailedError):
                _read(secured, user, topic)
    assert found == {
        "writes": {topic for topic, users in WRITERS.items() if user in users},
        "reads": {topic for topic, users in READERS.items() if user in users},
    }


def test_nobody_joins_the_group_of_another(filled: SecuredKafka) -> None:
    secured = filled
    for user, group in ((PROJECT, "certledger.intake"), (INTAKE, "certledger.register.history")):
        with pytest.raises(GroupAuthorizationFailedError):
            _read(secured, user, EVENTS if user == PROJECT else SUBMISSIONS, group)
    with pytest.raises(GroupAuthorizationFailedError):
        _read(secured, AUDITING, EVENTS, "certledger.register.history")
    _read(secured, AUDITING, EVENTS, f"{AUDITING}.one")
    _read(secured, BODY_USER, party_topic(RECEIPTS, BODY), f"{BODY_USER}.one")


@pytest.mark.parametrize("wrong", ["password", "user", "authority", "no encryption"])
def test_a_client_that_is_not_right_is_refused_and_its_password_never_shown(
    secured: SecuredKafka, tmp_path: Path, wrong: str
) -> None:
    changes = {
        "password": {"CERTLEDGER_KAFKA_PASSWORD": "guessed-password"},
        "user": {"CERTLEDGER_KAFKA_USER": "nobody"},
        "authority": {"CERTLEDGER_KAFKA_CA_FILE": str(secured_kafka(tmp_path).folder / "authority.pem")},
        "no encryption": {"CERTLEDGER_KAFKA_SECURITY": "PLAINTEXT"},
    }
    refused = _certledger(secured.environment(ADMINISTRATOR) | changes[wrong], "kafka-acls", "--apply")
    assert refused.returncode == 3, refused.stderr
    assert "Kafka 拒绝或没有应答" in refused.stderr
    for password in ("guessed-password", password_of(ADMINISTRATOR)):
        assert password not in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"CERTLEDGER_KAFKA_PASSWORD": ""}, "CERTLEDGER_KAFKA_PASSWORD"),
        ({"CERTLEDGER_KAFKA_USER": ""}, "CERTLEDGER_KAFKA_USER"),
        ({"CERTLEDGER_KAFKA_CA_FILE": "missing.pem"}, "CERTLEDGER_KAFKA_CA_FILE"),
        ({"CERTLEDGER_KAFKA_MECHANISM": "PLAIN"}, "CERTLEDGER_KAFKA_MECHANISM"),
    ],
)
def test_credentials_that_are_not_whole_are_named_at_the_start(changes: dict[str, str], named: str) -> None:
    whole = {
        "CERTLEDGER_KAFKA": "127.0.0.1:1",
        "CERTLEDGER_KAFKA_SECURITY": "SASL_SSL",
        "CERTLEDGER_KAFKA_USER": "relay",
        "CERTLEDGER_KAFKA_PASSWORD": "s3cret",
    }
    refused = _certledger(whole | changes, "kafka-acls", "--apply")
    assert refused.returncode in {2, 3}
    assert named in refused.stderr
    assert "s3cret" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_right_that_is_not_in_the_table_is_shown_and_left(secured: SecuredKafka) -> None:
    credentials: dict[str, Any] = secured.credentials(ADMINISTRATOR)
    everybody = ACL(
        "User:*", "*", ACLOperation.WRITE, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, SUBMISSIONS)
    )
    rows = grants(parties=OWN, answered=ANSWERED, readers=[AUDITING])
    with closing(KafkaAdminClient(bootstrap_servers=secured.broker.bootstrap, **credentials)) as admin:
        admin.create_acls([everybody])
        try:
            assert apply_grants(secured.broker.bootstrap, rows, credentials) == [
                f"ALLOW User:* WRITE TOPIC {SUBMISSIONS} LITERAL *"
            ]
        finally:
            admin.delete_acls([everybody])
    eventually(lambda: apply_grants(secured.broker.bootstrap, rows, credentials) == [])


def test_who_may_not_give_rights_is_told_so(secured: SecuredKafka) -> None:
    refused = _certledger(secured.environment(RELAY), "kafka-acls", "--apply")
    assert refused.returncode == 3
    assert "super.users" in refused.stderr
    with pytest.raises(ServiceUnavailableError, match="kafka-acls --apply"):
        ensure_topics(secured.broker.bootstrap, {EVENTS: 12}, credentials=secured.credentials("stranger"), manage=False)


def test_a_broker_without_an_authoriser_is_named(kafka_bootstrap: str) -> None:
    with pytest.raises(ServiceUnavailableError, match=r"authorizer\.class\.name"):
        apply_grants(kafka_bootstrap, grants(), {})


def test_the_table_is_printed_without_a_broker(tmp_path: Path) -> None:
    environment = {"CERTLEDGER_RUN_DIR": str(tmp_path)}
    printed = _certledger(environment, "kafka-acls", "--json", "--party", "organisation:M000100Y4", "--user", "relay=r")
    rows = orjson.loads(printed.stdout)
    assert {(row["principal"], row["name"]) for row in rows if "WRITE" in row["operations"]} == {
        ("User:r", EVENTS),
        ("User:certledger-intake", RECEIPTS),
        ("User:certledger-intake", f"{RECEIPTS}."),
        ("User:certledger-intake", DEAD_LETTERS),
        ("User:organisation.M000100Y4", f"{SUBMISSIONS}.organisation.M000100Y4"),
    }
    assert all(row["zh"] and row["en"] for row in rows)
    reads = {(row["principal"], row["name"]) for row in rows if "READ" in row["operations"]}
    assert ("User:organisation.M000100Y4", f"{RECEIPTS}.organisation.M000100Y4") in reads
    for wrong in (
        ["--party", "CCAA=certledger"],
        ["--reader", "certledger"],
        ["--party", "nobody"],
        ["--user", "nobody=x"],
        ["--user", "relay"],
    ):
        assert _certledger(environment, "kafka-acls", *wrong).returncode == 2
