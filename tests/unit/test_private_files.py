"""Private keys and secrets on disk: their owner's alone, written once, and of use or refused in two languages."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.keyfiles import PASSPHRASE, make_key, read_key
from infra.private_files import write_private
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.terms import terms_of
from ledger.evidence.signatures import Algorithm, public_key_of


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_a_key_file_is_its_owners_alone_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Algorithm, passphrase: str
) -> None:
    monkeypatch.setenv(PASSPHRASE, passphrase)
    path = tmp_path / "keys" / "a.pem"
    key = make_key(path, algorithm)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["a.pem"]
    assert public_key_of(read_key(path)) == public_key_of(key)
    with pytest.raises(ServiceUnavailableError, match="已存在"):
        make_key(path, algorithm)
    if passphrase:
        monkeypatch.setenv(PASSPHRASE, "wrong")
        with pytest.raises(ServiceUnavailableError, match=PASSPHRASE):
            read_key(path)


def test_what_is_no_key_of_ours_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    with pytest.raises(ServiceUnavailableError, match="cannot be read"):
        read_key(path)
    keys = [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())]
    for content in (
        b"",
        b"x" * 70_000,
        *(k.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for k in keys),
    ):
        path.write_bytes(content)
        with pytest.raises(ServiceUnavailableError):
            read_key(path)


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    assert write_private(tmp_path / "a", b"first")
    assert not write_private(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"


def test_the_secret_of_challenges_is_made_once_and_a_short_one_is_refused(tmp_path: Path) -> None:
    settings = Settings(run_dir=tmp_path / "run", log_origin="ledger.example.cn/a")
    first = terms_of(settings)
    assert (first, first.origin, len(first.challenge_secret)) == (terms_of(settings), "ledger.example.cn/a", 32)
    short = tmp_path / "short"
    short.write_bytes(b"too short")
    for file in (short, tmp_path / "missing"):
        with pytest.raises(ServiceUnavailableError, match="密钥文件"):
            terms_of(Settings(run_dir=tmp_path, challenge_key_file=file))
