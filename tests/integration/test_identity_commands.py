import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.http.tokens import make_tokens
from api.identity.development import issuer_address
from api.identity.reading import TokenRefusedError
from api.identity.wiring import verifier_of
from infra.production import require_safe
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from ledger.principals import Principal
from tests.support.statements import BODY
from tests.support.waiting import eventually

SAFE = {
    "CERTLEDGER_ENVIRONMENT": "production",
    "CERTLEDGER_OIDC_ISSUER": "https://id.example",
    "CERTLEDGER_DATABASE_URL": "postgresql://ledger@db.example/certledger",
}


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CERTLEDGER_")}
    return kept | {"CERTLEDGER_RUN_DIR": str(folder)} | more


def _certledger(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        env=_environment(folder, **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _answers(folder: Path) -> bool:
    address = issuer_address(folder)
    try:
        return address is not None and httpx.get(f"{address}/jwks", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A run folder whose provider runs, as `certledger run` starts it."""
    make_tokens(tmp_path, ["CCAA", BODY, "SAMR-440604"])
    with (tmp_path / "issuer.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "issuer"], env=_environment(tmp_path), stdout=log, stderr=log
        )
        try:
            eventually(lambda: _answers(tmp_path), 60)
            yield tmp_path
        finally:
            process.terminate()
            process.wait(20)


def test_a_development_token_is_printed_believed_and_outlives_one_rotation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTLEDGER_RUN_DIR", str(folder))
    for file in ("keys.json", "port"):
        assert stat.S_IMODE((folder / "issuer" / file).stat().st_mode) == 0o600

    def who(token: str) -> Principal:
        verifier = verifier_of(Settings())
        assert verifier is not None
        return asyncio.run(verifier.principal(token.strip().encode(), now=datetime.now(UTC)))

    first = _certledger(folder, "token", "SAMR-440604").stdout
    assert who(first) == Principal("SAMR-440604", "local_authority", "development:SAMR-440604", "440604")
    auditor = _certledger(folder, "token", "CCAA", "--role", "auditor").stdout
    assert who(auditor) == Principal("CCAA", "auditor", "development:CCAA")
    assert _certledger(folder, "issuer", "--rotate").returncode == 0
    assert who(first).party == who(_certledger(folder, "token", "SAMR-440604").stdout).party
    assert _certledger(folder, "issuer", "--rotate").returncode == 0
    with pytest.raises(TokenRefusedError, match="key_unknown"):
        who(first)


def test_a_token_for_an_unknown_party_or_without_a_provider_says_what_to_do(folder: Path, tmp_path: Path) -> None:
    unknown = _certledger(folder, "token", "CNAS")
    assert unknown.returncode == 2
    assert BODY in unknown.stderr
    alone = tmp_path / "alone"
    make_tokens(alone, ["CCAA"])
    away = _certledger(alone, "token", "CCAA")
    assert away.returncode == 3
    assert "make run" in away.stderr


@pytest.mark.parametrize("words", [["run"], ["issuer"], ["issuer", "--rotate"], ["token", "CCAA"]], ids="-".join)
def test_production_refuses_what_is_for_development_alone(tmp_path: Path, words: list[str]) -> None:
    make_tokens(tmp_path, ["CCAA"])
    refused = _certledger(tmp_path, *words, **SAFE)
    assert refused.returncode == 3
    assert "仅供开发使用" in refused.stderr
    assert "for development alone" in refused.stderr
    assert not (tmp_path / "issuer").exists()


@pytest.mark.parametrize("verb", ["serve", "relay", "project", "intake"])
def test_no_process_starts_in_production_with_development_settings(tmp_path: Path, verb: str) -> None:
    refused = _certledger(tmp_path, verb, CERTLEDGER_ENVIRONMENT="production")
    assert refused.returncode == 3
    assert "CERTLEDGER_OIDC_ISSUER" in refused.stderr
    assert "CERTLEDGER_DATABASE_URL" in refused.stderr


def test_production_takes_an_https_provider_and_its_own_database_and_nothing_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    require_safe(Settings())
    assert verifier_of(Settings()) is not None
    for name, value in (("CERTLEDGER_OIDC_ISSUER", "http://127.0.0.1:9000"), ("CERTLEDGER_DATABASE_URL", "")):
        with monkeypatch.context() as changed:
            changed.setenv(name, value)
            with pytest.raises(ServiceUnavailableError, match=name):
                require_safe(Settings())


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    wrong = _certledger(tmp_path, "serve", CERTLEDGER_OIDC_ALGORITHMS="HS256", CERTLEDGER_ENVIRONMENT="prod-s3cret")
    assert wrong.returncode == 2
    assert "CERTLEDGER_OIDC_ALGORITHMS" in wrong.stderr
    assert "CERTLEDGER_ENVIRONMENT" in wrong.stderr
    assert "s3cret" not in wrong.stderr
    assert "Traceback" not in wrong.stderr
