"""The log's private keys: one file, readable by its owner alone; a key that is in it is never replaced by us.

The first line is the Ed25519 key that makes a checkpoint the log's; further lines are keys of other kinds.
"""

import os
import secrets
import stat
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.national import Sm2Signer, parse_sm2_secret
from infra.notary_folder import write_durably
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from ledger.evidence.log_signers import MlDsaSigner, parse_log_secret
from ledger.evidence.notes import ED25519, NoteSigner, parse_secret
from ledger.evidence.strict import EvidenceError

KEY_FILE = "log.key"
_MAXIMUM = 8_192
Signer = NoteSigner | MlDsaSigner | Sm2Signer


class Kind(StrEnum):
    """The kinds of keys that a log may have beside its Ed25519 key."""

    ML_DSA_44 = "ml-dsa-44"
    SM2 = "sm2"


def notary_folder(settings: Settings) -> Path:
    """Return the folder in which the notary keeps what must not be in the database."""
    return settings.notary_dir or settings.run_dir / "notary"


def key_file(settings: Settings) -> Path:
    """Return where the log's private key is, or is to be made."""
    return settings.log_key or notary_folder(settings) / KEY_FILE


def log_signer(settings: Settings) -> NoteSigner:
    """Return the log's key; in development it is made at the first start.

    Raises :class:`ServiceUnavailableError` where it is missing in production, cannot be read or can be by others.
    """
    path = key_file(settings)
    # What lies in the run folder was made for trying things out, and may have been seen by anybody.
    if not path.exists() or (settings.log_key is None and not settings.in_development):
        if settings.log_key is not None or not settings.in_development:
            raise ServiceUnavailableError(
                f"没有日志签名私钥 {path}。请运行 certledger log-key --make 名称,并以 CERTLEDGER_LOG_KEY 指明该文件。",
                f"There is no log key {path}. Make one by `certledger log-key --make ORIGIN`, and name its file in "
                "CERTLEDGER_LOG_KEY.",
            )
        make_key(path, settings.log_origin)
    return read_key(path)


def log_signers(settings: Settings) -> list[Signer]:
    """Return all keys of the log, its Ed25519 key first; as :func:`log_signer` otherwise."""
    log_signer(settings)
    return read_keys(key_file(settings))


def read_key(path: Path) -> NoteSigner:
    """Return the Ed25519 key of a file, or raise :class:`ServiceUnavailableError` with what to do."""
    first = read_keys(path)[0]
    assert isinstance(first, NoteSigner)  # noqa: S101 - read_keys has seen to it
    return first


def read_keys(path: Path) -> list[Signer]:
    """Return every key of a file, the Ed25519 key first, or raise :class:`ServiceUnavailableError` with what to do."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MAXIMUM).decode("ascii")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ServiceUnavailableError(
                f"日志私钥 {path} 可被他人读取;请执行 chmod 600。请考虑更换该密钥。",
                f"Others may read the log key {path}: chmod 600 it, and consider it known to them.",
            )
        first, *further = text.strip().split("\n")
        keys = [parse_secret(first), *(parse_sm2_secret(each) or parse_log_secret(each) for each in further)]
        names, kinds = {each.name for each in keys}, {each.verifier.kind for each in keys}
        if len(names) > 1 or len(kinds) < len(keys):
            raise EvidenceError("the keys of one log bear one name, and there is one of each kind")
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise ServiceUnavailableError(
            f"日志私钥 {path} 无法读取:每行应为一个 PRIVATE+KEY+名称+标识+密钥。",
            f"The log key {path} cannot be read; each line is one PRIVATE+KEY+name+id+key. ({error})",
        ) from error
    return keys


def add_key(path: Path, kind: Kind) -> list[Signer]:
    """Add a key of another kind below those of a file, and return them all; a kind that is there already stays."""
    keys = read_keys(path)
    made = _MAKERS[kind](keys[0].name)
    if made.verifier.kind not in {each.verifier.kind for each in keys}:
        keys.append(made)
        write_durably(path, "".join(f"{each.secret}\n" for each in keys).encode("ascii"))
    return read_keys(path)


def make_key(path: Path, origin: str, kind: int = ED25519) -> NoteSigner:
    """Make a key where there is none yet, and return the one that is there then."""
    try:
        signer = NoteSigner(origin, Ed25519PrivateKey.generate(), kind)
        text = signer.secret
        parse_secret(text)
    except EvidenceError as error:
        raise ServiceUnavailableError(
            f"日志名称 {origin!r} 不能作密钥名:不得含空白与加号。",
            f"{origin!r} cannot name a log: no spaces, no plus.",
        ) from error
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link is made or there is one: two processes that start at once end with the same key.
        path.hardlink_to(partial)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return read_key(path)


_MAKERS: dict[Kind, Callable[[str], Signer]] = {Kind.ML_DSA_44: MlDsaSigner.generate, Kind.SM2: Sm2Signer.generate}
