import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from psycopg import sql

from infra.services import places
from infra.services.errors import ServiceUnavailableError
from infra.services.java import class_archive, default_cache, fetch_jars, java_missing, java_program
from infra.services.kafka import EmbeddedKafka, running_bootstrap
from infra.services.places import choose_identity
from infra.services.postgres import EmbeddedPostgres, running_url, verify_chinese_text
from infra.services.processes import Supervisor
from infra.services.spawn import Identity, children_of, runs
from infra.services.topics import EVENTS, TOPICS, ensure_topics
from tests.support.services import Topics, fresh_database
from tests.support.waiting import eventually

IS_ROOT = os.geteuid() == 0
SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(600)"


def _value(url: str, query: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


class TestPostgres:
    def test_it_is_version_18_on_loopback_alone_and_keeps_what_it_acknowledged(
        self, postgres_server: EmbeddedPostgres
    ) -> None:
        url = postgres_server.url()
        assert str(_value(url, "SHOW server_version")).startswith("18.")
        assert _value(url, "SHOW listen_addresses") == "127.0.0.1"
        lock = postgres_server.data_dir / "cluster" / "postmaster.pid"
        assert lock.read_text().split("\n")[4] == "", "there is a unix socket"
        assert _value(url, "SHOW fsync") == "on"
        assert _value(url, "SHOW synchronous_commit") == "on"

    def test_it_knows_chinese_letters(self, empty_database_url: str) -> None:
        query = "SELECT datctype FROM pg_database WHERE datname = current_database()"
        assert _value(empty_database_url, query) == "C.UTF-8"
        with psycopg.connect(empty_database_url) as connection:
            verify_chinese_text(connection)

    def test_a_database_that_does_not_know_chinese_letters_is_refused_in_both_languages(
        self, postgres_server: EmbeddedPostgres, empty_database_url: str
    ) -> None:
        name = "without_letters"
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            statement = "CREATE DATABASE {} TEMPLATE template0 LOCALE 'C' ENCODING 'UTF8'"
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
        with (
            psycopg.connect(postgres_server.url(name)) as connection,
            pytest.raises(ServiceUnavailableError) as refused,
        ):
            verify_chinese_text(connection)
        _do(empty_database_url, f"DROP DATABASE {name} WITH (FORCE)")
        assert "汉字" in refused.value.zh
        assert "C.UTF-8" in refused.value.en

    def test_it_never_runs_as_root_nor_lets_the_ledger_in_as_superuser(self, postgres_server: EmbeddedPostgres) -> None:
        assert Path(f"/proc/{postgres_server.pid}").stat().st_uid != 0
        assert _value(postgres_server.url(), "SHOW is_superuser") == "off"

    def test_without_the_password_nobody_enters_and_no_log_holds_it(self, postgres_server: EmbeddedPostgres) -> None:
        url = postgres_server.url()
        password = url.split(":")[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace(password, "guess"))
        secret = postgres_server.data_dir / "certledger.password"
        assert secret.read_text() == password
        assert secret.stat().st_mode & 0o777 == 0o600
        assert password not in (postgres_server.data_dir / "server.log").read_text()

    def test_after_kill_9_it_comes_back_at_the_same_address_with_all_it_acknowledged(self, service_dir: Path) -> None:
        with EmbeddedPostgres(service_dir / "postgres") as server:
            url = server.url()
            _do(url, "CREATE TABLE fact AS SELECT 1 AS number")
            server.kill()
            assert running_url(server.data_dir) is None
            server.start()
            assert server.url() == url
            assert running_url(server.data_dir) == url
            assert _value(url, "SELECT number FROM fact") == 1

    def test_a_second_run_resumes_the_same_data_at_the_same_address(self, service_dir: Path) -> None:
        with EmbeddedPostgres(service_dir / "postgres") as first:
            url = first.url()
            _do(url, "CREATE TABLE fact AS SELECT 1 AS number")
        with EmbeddedPostgres(service_dir / "postgres") as second:
            assert second.url() == url
            assert _value(url, "SELECT number FROM fact") == 1

    def test_a_recycled_process_id_in_a_stale_lock_file_does_not_keep_it_from_starting(self, service_dir: Path) -> None:
        with EmbeddedPostgres(service_dir / "postgres") as server:
            lock = server.data_dir / "cluster" / "postmaster.pid"
            server.kill()
            # The process that most surely lives and is no PostgreSQL is this one.
            lines = lock.read_text().split("\n")
            lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
            server.start()
            assert _value(server.url(), "SELECT 1") == 1

    def test_an_initialisation_that_was_cut_off_is_begun_again(self, service_dir: Path) -> None:
        unfinished = service_dir / "postgres" / "cluster.new"
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")
        with EmbeddedPostgres(service_dir / "postgres", durable=False) as server:
            assert _value(server.url(), "SHOW fsync") == "off"
        assert not unfinished.exists()

    def test_databases_are_created_on_demand_and_only_once(self, postgres_server: EmbeddedPostgres) -> None:
        url = postgres_server.create_database("asked_for")
        assert postgres_server.create_database("asked_for") == url
        assert _value(url, "SELECT current_database()") == "asked_for"

    def test_a_server_whose_starter_is_killed_ends_by_itself_and_hands_over_its_data(self, service_dir: Path) -> None:
        data_dir = service_dir / "postgres"
        script = (
            "import sys, time; from pathlib import Path\n"
            "from infra.services.postgres import EmbeddedPostgres\n"
            "EmbeddedPostgres(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(600)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(data_dir)], stdout=subprocess.PIPE, text=True
        ) as starter:
            assert starter.stdout is not None
            assert starter.stdout.readline() == "up\n"
            pid = int((data_dir / "cluster" / "postmaster.pid").read_text().split("\n")[0])
            url = running_url(data_dir)
            starter.kill()
        with EmbeddedPostgres(data_dir) as successor:
            assert successor.url() == url
        assert not runs(pid, str(data_dir))

    @pytest.mark.skipif(not IS_ROOT, reason="only root changes to another user")
    def test_under_root_a_folder_closed_to_others_is_replaced_by_one_that_is_remembered(
        self, service_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.services.places._ELSEWHERE", service_dir)
        closed = service_dir / "closed"
        closed.mkdir(mode=0o700)
        with EmbeddedPostgres(closed / ".run" / "postgres") as server:
            url = server.url()
            _do(url, "CREATE TABLE fact AS SELECT 1 AS number")
            assert running_url(server.data_dir) == url
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not (closed / ".run" / "postgres" / "cluster").exists()
        closed.chmod(0o755)
        with EmbeddedPostgres(closed / ".run" / "postgres") as server:
            assert _value(server.url(), "SELECT number FROM fact") == 1

    @pytest.mark.skipif(not IS_ROOT, reason="only root changes to another user")
    def test_under_root_programs_closed_to_others_are_run_from_a_copy(
        self, service_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.services.places._ELSEWHERE", service_dir)
        monkeypatch.setattr("infra.services.places._can_run", lambda _program, _identity: False)
        with EmbeddedPostgres(service_dir / "postgres", durable=False) as server:
            assert str(service_dir).encode() in Path(f"/proc/{server.pid}/cmdline").read_bytes()
            assert Path(f"/proc/{server.pid}/exe").readlink().is_relative_to(service_dir)

    @pytest.mark.skipif(not IS_ROOT, reason="only root can make a folder that belongs to another")
    def test_under_root_the_unprivileged_owner_of_the_place_is_preferred(self, service_dir: Path) -> None:
        home = service_dir / "home"
        home.mkdir()
        os.chown(home, 1, 1)
        assert choose_identity(home / ".run" / "postgres") == Identity(1, 1)
        assert choose_identity(service_dir / ".run" / "postgres") == Identity(65534, 65534)

    def test_a_folder_of_someone_else_in_a_shared_place_is_not_trusted(
        self, service_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.services.places._ELSEWHERE", service_dir)
        folder = places._own_folder("key")
        folder.chmod(0o777)
        with pytest.raises(ServiceUnavailableError, match="not ours"):
            places._own_folder("key")

    def test_each_test_has_a_database_of_its_own(self, database_server: str) -> None:
        with fresh_database(database_server) as one, fresh_database(database_server) as other:
            _do(one, "CREATE TABLE fact (number int)")
            assert _value(other, "SELECT to_regclass('fact')") is None


class TestKafka:
    def test_topics_have_twelve_partitions_and_forget_nothing(self, kafka_topics: Topics) -> None:
        assert set(TOPICS.values()) == {12}
        assert ensure_topics(kafka_topics.bootstrap, dict.fromkeys(kafka_topics.names, 12)) == []
        assert _topic_setting(kafka_topics.bootstrap, kafka_topics.events, "retention.ms") == "-1"
        assert _topic_setting(kafka_topics.bootstrap, kafka_topics.events, "cleanup.policy") == "delete"
        assert _topic_setting(kafka_topics.bootstrap, kafka_topics.events, "max.message.bytes") == "1048576"

    def test_a_topic_that_would_forget_is_corrected(self, kafka_topics: Topics) -> None:
        admin = KafkaAdminClient(bootstrap_servers=kafka_topics.bootstrap)
        forgetful = {"retention.ms": "1000"}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, kafka_topics.events, forgetful)])
        admin.close()
        # A broker answers from its copy of the metadata, which follows a change by a moment.
        assert eventually(lambda: _topic_setting(kafka_topics.bootstrap, kafka_topics.events, "retention.ms") == "1000")
        ensure_topics(kafka_topics.bootstrap, {kafka_topics.events: 12})
        assert eventually(lambda: _topic_setting(kafka_topics.bootstrap, kafka_topics.events, "retention.ms") == "-1")

    def test_a_topic_with_other_partitions_is_refused_in_both_languages(self, kafka_topics: Topics) -> None:
        with pytest.raises(ServiceUnavailableError) as refused:
            ensure_topics(kafka_topics.bootstrap, {kafka_topics.events: 6})
        assert "分区" in refused.value.zh
        assert "12 partitions" in refused.value.en

    def test_after_kill_9_it_keeps_its_records_and_after_a_wipe_it_is_empty_and_usable(
        self, service_dir: Path, kafka_server: EmbeddedKafka
    ) -> None:
        with EmbeddedKafka(service_dir / "kafka") as broker:
            bootstrap = broker.bootstrap
            ensure_topics(bootstrap)
            _produce(bootstrap, EVENTS, b"one")
            broker.kill()
            assert running_bootstrap(broker.data_dir) is None
            broker.start()
            assert broker.bootstrap == running_bootstrap(broker.data_dir) == bootstrap
            assert _consume(bootstrap, EVENTS, 1) == [b"one"]
            broker.kill()
            broker.wipe()
            broker.start()
            assert broker.bootstrap == bootstrap
            assert set(ensure_topics(bootstrap)) == set(TOPICS)
            _produce(bootstrap, EVENTS, b"two")
            assert _consume(bootstrap, EVENTS, 1) == [b"two"]

    def test_a_damaged_class_archive_neither_stops_the_broker_nor_stays(
        self, service_dir: Path, kafka_server: EmbeddedKafka
    ) -> None:
        jars = fetch_jars(default_cache(service_dir))
        cache = service_dir / "cache"
        (cache / jars.parent.name).mkdir(parents=True)
        (cache / jars.parent.name / "libs").symlink_to(jars)
        java = java_program()
        assert java is not None
        archive = class_archive(fetch_jars(cache), java)
        archive.write_bytes(b"damaged" * 10_000)
        with EmbeddedKafka(service_dir / "kafka", cache=cache):
            assert not archive.exists()
        with EmbeddedKafka(service_dir / "kafka", cache=cache):
            pass
        assert archive.stat().st_size > 10_000_000

    def test_without_java_it_says_so_in_both_languages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("JAVA_HOME", raising=False)
        zh, en = (java_missing(tmp_path) or "").split("\n")
        assert "Java 17" in zh
        assert "Java 17" in en
        with pytest.raises(ServiceUnavailableError, match="CERTLEDGER_KAFKA"):
            EmbeddedKafka(tmp_path / "kafka", cache=tmp_path).start()

    def test_an_old_java_is_told_apart_from_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        old = tmp_path / "bin" / "java"
        old.parent.mkdir()
        old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
        old.chmod(0o755)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        assert "found 8" in (java_missing(tmp_path) or "")


class TestSupervisor:
    def test_a_command_that_falls_is_started_again_and_its_output_is_kept(self, tmp_path: Path) -> None:
        with _supervised(tmp_path, {"sleeper": SLEEPER}) as supervisor:
            log = tmp_path / "log" / "sleeper.log"
            first = eventually(lambda: _children(supervisor.pid))[0]
            eventually(lambda: log.exists() and log.read_text() == "up\n")
            os.kill(first, signal.SIGKILL)
            eventually(lambda: log.read_text() == "up\nup\n")
            assert _children(supervisor.pid) != [first]
            supervisor.terminate()
        assert supervisor.returncode == 0

    @pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
    def test_however_it_ends_nothing_is_left_behind(self, tmp_path: Path, ending: signal.Signals) -> None:
        stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEPER
        commands = {"one": SLEEPER, "two": stubborn if ending is signal.SIGKILL else SLEEPER}
        with _supervised(tmp_path, commands) as supervisor:
            eventually(lambda: len(_children(supervisor.pid)) == len(commands))
            children = _children(supervisor.pid)
            logs = [tmp_path / "log" / f"{name}.log" for name in commands]
            eventually(lambda: all(log.exists() and log.read_text() == "up\n" for log in logs))
            supervisor.send_signal(ending)
        eventually(lambda: not any(runs(child, sys.executable) for child in children))

    def test_a_second_supervisor_of_the_same_folder_is_refused_in_both_languages(self, tmp_path: Path) -> None:
        with Supervisor(tmp_path):
            with pytest.raises(ServiceUnavailableError) as refused:
                Supervisor(tmp_path).acquire()
            assert str(os.getpid()) in refused.value.zh
            assert "Stop that one first" in refused.value.en
        with Supervisor(tmp_path):
            pass

    def test_leaving_it_gives_the_signals_back(self, tmp_path: Path) -> None:
        before = signal.getsignal(signal.SIGINT)
        with Supervisor(tmp_path):
            assert signal.getsignal(signal.SIGINT) is not before
        assert signal.getsignal(signal.SIGINT) is before

    @pytest.mark.parametrize("while_it_starts", [False, True])
    def test_a_server_that_is_killed_comes_back_and_is_stopped_after_the_commands(
        self, service_dir: Path, *, while_it_starts: bool
    ) -> None:
        run_dir = service_dir / "run"
        script = (
            "import sys; from pathlib import Path\n"
            "from infra.services.postgres import EmbeddedPostgres\n"
            "from infra.services.processes import Supervisor\n"
            "run_dir = Path(sys.argv[1])\n"
            "with Supervisor(run_dir) as supervisor:\n"
            "    server = EmbeddedPostgres(run_dir / 'postgres')\n"
            "    supervisor.attach('postgres', server)\n"
            f"    supervisor.add('sleeper', [sys.executable, '-c', {SLEEPER!r}])\n"
            "    supervisor.start()\n"
            "    print(server.url(), flush=True)\n"
            "    supervisor.wait()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(run_dir)], stdout=subprocess.PIPE, text=True
        ) as supervisor:
            assert supervisor.stdout is not None
            url = supervisor.stdout.readline().strip()
            lock = run_dir / "postgres" / "cluster" / "postmaster.pid"
            first = int(lock.read_text().split("\n")[0])
            os.kill(first, signal.SIGKILL)
            eventually(lambda: not runs(first, str(run_dir)) and running_url(run_dir / "postgres") == url)
            if not while_it_starts:
                eventually(lambda: _accepts(url))
            supervisor.terminate()
            supervisor.stdout.read()
        assert supervisor.returncode == 0
        assert running_url(run_dir / "postgres") is None
        assert not lock.exists()


def _accepts(url: str) -> bool:
    try:
        return bool(_value(url, "SELECT 1") == 1)
    except psycopg.OperationalError:
        return False


def _children(pid: int) -> list[int]:
    return [child for child in children_of(pid) if runs(child, sys.executable)]


def _supervised(run_dir: Path, commands: dict[str, str]) -> subprocess.Popen[bytes]:
    script = (
        "import sys; from pathlib import Path; from infra.services.processes import Supervisor\n"
        "with Supervisor(Path(sys.argv[1])) as supervisor:\n"
        f"    for name, code in {commands!r}.items():\n"
        "        supervisor.add(name, [sys.executable, '-c', code])\n"
        "    supervisor.start(); supervisor.wait()\n"
    )
    return subprocess.Popen([sys.executable, "-c", script, str(run_dir)])


def _topic_setting(bootstrap: str, topic: str, name: str) -> str:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        wanted = ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})
        return str(admin.describe_configs([wanted], config_filter="all")["topic"][topic][name]["value"])
    finally:
        admin.close()


def _produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    try:
        producer.send(topic, value=value, key=b"key").get(timeout=30)
    finally:
        producer.close()


def _consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    found: list[bytes] = []

    def enough() -> bool:
        batch = consumer.poll(timeout_ms=200)
        found.extend(record.value for records in batch.values() for record in records)
        return len(found) >= count

    try:
        eventually(enough, 30)
    finally:
        consumer.close()
    return found
