"""Private keys are PKCS #8 files in PEM that their owner alone can read; a passphrase comes from the environment."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from infra.national import Sm2Key
from infra.private_files import write_private
from infra.services.errors import ServiceUnavailableError
from ledger.evidence.signatures import Algorithm, PrivateKey

PASSPHRASE = "CERTLEDGER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
_MAXIMUM_FILE = 65_536


def make_key(path: Path, algorithm: Algorithm = "ed25519") -> PrivateKey:
    """Write a new private key and return it; raise where the file is there already."""
    phrase = os.environ.get(PASSPHRASE, "").encode()
    key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey | Sm2Key
    if algorithm == "sm2":
        key = Sm2Key.generate()
        pem = key.to_pem(phrase)
    else:
        key = Ed25519PrivateKey.generate() if algorithm == "ed25519" else ec.generate_private_key(ec.SECP256R1())
        encryption: KeySerializationEncryption = BestAvailableEncryption(phrase) if phrase else NoEncryption()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    if not write_private(path, pem):
        raise ServiceUnavailableError(
            f"{path} 已存在,不覆盖。请另选文件名。", f"{path} is there already and is never overwritten; name another."
        )
    return key


def read_key(path: Path) -> PrivateKey:
    """Return the private key of a file; raise with what to do where it is of no use."""
    phrase = os.environ.get(PASSPHRASE, "").encode() or None
    try:
        if path.stat().st_size > _MAXIMUM_FILE:
            raise ValueError(f"> {_MAXIMUM_FILE}")
        found = _load(path.read_bytes(), phrase)
    except (OSError, ValueError, TypeError) as error:
        raise ServiceUnavailableError(
            f"私钥文件 {path} 无法读取({error});应为 PKCS #8 PEM,口令放在 {PASSPHRASE}。",
            f"The key file {path} cannot be read ({error}); it must be PKCS #8 PEM, its passphrase in {PASSPHRASE}.",
        ) from error
    if isinstance(found, Ed25519PrivateKey | Sm2Key):
        return found
    if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
        return found
    raise ServiceUnavailableError(
        f"{path} 不是 Ed25519、P-256 或 SM2 私钥。", f"{path} holds no Ed25519, P-256 or SM2 private key."
    )


def _load(pem: bytes, phrase: bytes | None) -> object:
    """Return the key of a file; what the library does not know may be SM2, which the optional extra reads."""
    try:
        return load_pem_private_key(pem, phrase)
    except UnsupportedAlgorithm as error:
        unknown: Exception = error
    except ValueError as error:
        # A passphrase that is wrong, or encryption with SM4, as Tongsuo does it.
        if b"ENCRYPTED" not in pem:
            raise
        unknown = error
    try:
        return Sm2Key.load(pem, phrase)
    except ServiceUnavailableError:
        if isinstance(unknown, UnsupportedAlgorithm):
            raise
        raise unknown from None
