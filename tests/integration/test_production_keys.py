"""Production runs on keys of its own: none that development made, and no log in which samples speak for bodies."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.samples import sample_keys
from infra.log_key import log_signer, make_key
from infra.open_ledger import open_ledger
from infra.production import require_no_samples
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.terms import terms_of
from infra.vault.keys import file_keys
from tests.support.production import own_keys
from tests.support.statements import BODY, accept, approved


def development(folder: Path) -> Settings:
    return Settings(run_dir=folder)


def production(folder: Path, **more: object) -> Settings:
    return Settings(run_dir=folder, environment="production", **more)  # type: ignore[arg-type]  # settings by name


def test_what_development_made_is_not_taken_in_production_although_it_is_there(tmp_path: Path) -> None:
    terms_of(development(tmp_path))
    file_keys(development(tmp_path))
    log_signer(development(tmp_path))
    assert {"challenge.key", "vault.key", "notary"} <= {each.name for each in tmp_path.iterdir()}
    for use, named in (
        (terms_of, "CERTLEDGER_CHALLENGE_KEY_FILE"),
        (file_keys, "CERTLEDGER_VAULT_KEY"),
        (log_signer, "CERTLEDGER_LOG_KEY"),
    ):
        with pytest.raises(ServiceUnavailableError, match=named):
            use(production(tmp_path))
    assert not list((tmp_path / "empty").glob("*"))


def test_production_makes_no_key_and_takes_those_that_it_names(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for use in (terms_of, file_keys, log_signer):
        with pytest.raises(ServiceUnavailableError):
            use(production(folder))
    assert not folder.exists()
    make_key(tmp_path / "log.key", "ledger.example.cn/2031")
    names = {name.removeprefix("CERTLEDGER_").lower(): path for name, path in own_keys(tmp_path).items()}
    settings = production(folder, log_key=tmp_path / "log.key", **names)
    assert terms_of(settings).challenge_secret == (tmp_path / "own-challenge.key").read_bytes()
    assert file_keys(settings)
    assert log_signer(settings).name == "ledger.example.cn/2031"


def test_production_refuses_a_log_in_which_sample_keys_speak_for_bodies(database_url: str, tmp_path: Path) -> None:
    require_no_samples(production(tmp_path), database_url)
    with closing(open_ledger(database_url, terms=terms_of(development(tmp_path)))) as ledger:
        accept(ledger, *approved())
        require_no_samples(production(tmp_path), database_url)
        sample_keys(ledger, tmp_path / "keys", [BODY])
    require_no_samples(development(tmp_path), database_url)
    with pytest.raises(ServiceUnavailableError, match="samples of"):
        require_no_samples(production(tmp_path), database_url)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CERTLEDGER_")} | {
        "CERTLEDGER_ENVIRONMENT": "production",
        "CERTLEDGER_OIDC_ISSUER": "https://id.example",
        "CERTLEDGER_DATABASE_URL": database_url,
        "CERTLEDGER_RUN_DIR": str(tmp_path),
        **own_keys(tmp_path),
    }
    refused = subprocess.run(
        [sys.executable, "-m", "api.cli", "serve"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 3, refused.stderr
    assert "示例密钥" in refused.stderr
