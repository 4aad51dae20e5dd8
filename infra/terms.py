"""The terms of this deployment: its name from the settings, the secret of its challenges from a file.

In development the file is made at the first use; production names its own.
"""

import secrets
from pathlib import Path

from infra.national import sm2_verification
from infra.private_files import write_private
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from ledger.keys.challenge import MINIMUM_SECRET
from ledger.terms import Terms

CHALLENGE_FILE = "challenge.key"
_OCTETS = 32


def terms_of(settings: Settings) -> Terms:
    """Return the terms of this deployment.

    Raises :class:`ServiceUnavailableError` where the secret cannot be read, and in production where none is named.
    """
    path = settings.challenge_key_file
    if path is None:
        path = settings.run_dir / CHALLENGE_FILE
        if not settings.in_development:
            raise _unusable(path, "CERTLEDGER_CHALLENGE_KEY_FILE")
        if not path.exists():
            write_private(path, secrets.token_bytes(_OCTETS))
    try:
        secret = path.read_bytes()
    except OSError as error:
        raise _unusable(path, str(error.strerror or error)) from error
    if len(secret) < MINIMUM_SECRET:
        raise _unusable(path, f"< {MINIMUM_SECRET}")
    return Terms(settings.log_origin, secret, sm2_verification())


def _unusable(path: Path, reason: str) -> ServiceUnavailableError:
    return ServiceUnavailableError(
        f"密钥文件 {path} 无法使用({reason});请放入至少 {MINIMUM_SECRET} 字节的随机内容,"
        "并以 CERTLEDGER_CHALLENGE_KEY_FILE 指明,各服务器相同。",
        f"The secret file {path} cannot be used ({reason}); put at least {MINIMUM_SECRET} random octets into it, "
        "and name it by CERTLEDGER_CHALLENGE_KEY_FILE, the same for every server.",
    )
