import json
import socket
from pathlib import Path

import pytest

from infra.doctor import Check, checks
from infra.log_key import make_key
from infra.notary_folder import NotaryFolder
from infra.services.spawn import LOOPBACK
from infra.settings import Settings


def _named(name: str, settings: Settings) -> Check:
    return next(check for check in checks(settings) if check.name_en == name)


def test_every_check_is_bilingual_and_a_failed_one_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CERTLEDGER_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = checks(Settings(run_dir=tmp_path / "run"))
    assert all(check.name_zh and check.name_en and check.found for check in found)
    failed = [check for check in found if not check.ok]
    assert {"Java (Kafka)", "Maven (Kafka)"} <= {check.name_en for check in failed}
    assert all(check.to_do_zh and check.to_do_en for check in failed)
    assert not any(check.to_do_zh or check.to_do_en for check in found if check.ok)


def test_the_ledger_runs_without_java_so_it_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    java = _named("Java (Kafka)", Settings(run_dir=tmp_path))
    assert not java.ok
    assert not java.needed
    assert "库内日志" in java.to_do_zh
    assert "store feed" in java.to_do_en


def test_external_services_make_the_embedded_ones_unnecessary(tmp_path: Path) -> None:
    settings = Settings(run_dir=tmp_path, kafka="broker:9092", database_url="postgresql://u:secret@db/x")
    found = {check.name_en: check for check in checks(settings)}
    assert found["Java (Kafka)"].found == "CERTLEDGER_KAFKA"
    assert found["PostgreSQL 18"].found == "CERTLEDGER_DATABASE_URL"
    assert "secret" not in json.dumps([check.as_dict() for check in found.values()])
    assert "secret" not in repr(settings)


def test_a_run_folder_that_is_a_file_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not _named("Run folder", Settings(run_dir=tmp_path / "file")).ok


def test_a_taken_port_is_found_out(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert not _named("HTTP port", Settings(run_dir=tmp_path, http_port=port)).ok


def test_a_log_key_that_others_may_read_and_a_notary_that_stopped_are_found_out(tmp_path: Path) -> None:
    settings = Settings(run_dir=tmp_path)
    assert _named("Log key", settings).ok
    signer = make_key(tmp_path / "notary" / "log.key", "ledger.example.cn/test")
    assert _named("Log key", settings).found == signer.verifier.vkey
    (tmp_path / "notary" / "log.key").chmod(0o604)
    assert "chmod 600" in _named("Log key", settings).to_do_en
    assert not _named("Log key", Settings(run_dir=tmp_path / "other", environment="production")).ok
    assert _named("Signing of checkpoints", settings).ok
    NotaryFolder(tmp_path / "notary").raise_alarm([{"code": "ENTRY_EDITED"}])
    stopped = _named("Signing of checkpoints", settings)
    assert (stopped.ok, stopped.found) == (False, "ENTRY_EDITED")


def test_looking_changes_nothing(tmp_path: Path) -> None:
    checks(Settings(run_dir=tmp_path / "run", cache=tmp_path / "cache"))
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_the_environment_and_an_empty_variable_is_unset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CERTLEDGER_KAFKA", "")
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", "8123")
    monkeypatch.setenv("CERTLEDGER_REQUIRE_SERVICES", "1")
    settings = Settings()
    assert settings.kafka is None
    assert settings.http_port == 8123
    assert settings.require_services
    assert settings.run_dir.is_absolute()
