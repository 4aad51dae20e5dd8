"""The key-encryption key never enters the database: it wraps each person's data key, bound to the pseudonym.

The port is :class:`KeyEncryption`; the one here reads a private file. A line is a key of 32 octets in Base64: the first
one wraps, all of them unwrap, so that a key is replaced by putting a new line above it.
"""

import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.private_files import write_private
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from ledger.evidence.strict import EvidenceError, decode_base64, encode_base64

KEY_FILE = "vault.key"
_OCTETS = 32
_NONCE = 12
_MAXIMUM_FILE = 8_192


class SealBroken(ValueError):  # noqa: N818 - says what was found
    """What was sealed is not what was stored, or no key at hand opens it."""


class KeyEncryption(Protocol):
    """Wraps data keys; ``bound`` must be the same at both ends. A key management service is another one of these."""

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Return a data key that only this key-encryption key opens."""
        ...

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Return a data key, or raise :class:`SealBroken`."""
        ...

    def names(self, reference: str) -> Sequence[bytes]:
        """Return the keyed digests of a reference, that of the present key first."""
        ...


class FileKeys:
    """Key-encryption keys that a private file holds."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def wrap(self, key: bytes, bound: bytes) -> bytes:
        """Return a data key wrapped by the first key."""
        return seal(self._keys[0], key, b"data key\0" + bound)

    def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """Return a data key that any of the keys wrapped."""
        for each in self._keys:
            try:
                return unseal(each, wrapped, b"data key\0" + bound)
            except SealBroken:
                continue
        raise SealBroken("no key-encryption key opens the data key")

    def names(self, reference: str) -> Sequence[bytes]:
        """Return the keyed digests of a reference: without the key nobody tries names against them."""
        return [hmac.digest(each, b"reference\0" + reference.encode(), "sha256") for each in self._keys]


def seal(key: bytes, content: bytes, bound: bytes) -> bytes:
    """Return content under AES-256-GCM, its random nonce before it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """Return what was sealed, or raise :class:`SealBroken`."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("what is sealed was not sealed with this key") from error


def file_keys(settings: Settings) -> FileKeys:
    """Return the keys of this deployment; in development the file is made at the first use.

    Raises :class:`ServiceUnavailableError` with what to do where it is missing, readable by others, or no key file.
    """
    path = settings.vault_key or settings.run_dir / KEY_FILE
    if settings.vault_key is None:
        # What lies in the run folder was made for trying things out, and may have been seen by anybody.
        if not settings.in_development:
            raise _unusable(path, "CERTLEDGER_VAULT_KEY")
        if not path.exists():
            write_private(path, encode_base64(secrets.token_bytes(_OCTETS)).encode() + b"\n")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _unusable(path, "chmod 600")
            keys = [decode_base64(line) for line in file.read(_MAXIMUM_FILE).decode("ascii").split()]
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise _unusable(path, type(error).__name__) from error
    if not keys or any(len(key) != _OCTETS for key in keys):
        raise _unusable(path, f"{_OCTETS} octets")
    return FileKeys(keys)


def _unusable(path: Path, reason: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"保管库密钥文件 {path} 无法使用({reason})。每行应为 32 字节的 Base64,仅所有者可读;"
        "以 CERTLEDGER_VAULT_KEY 指明。",
        f"The vault's key file {path} cannot be used ({reason}). A line is the Base64 of 32 octets, and its owner "
        "alone may read it; CERTLEDGER_VAULT_KEY names it.",
    )
