"""What a deployment in production brings along by itself."""

import secrets
from pathlib import Path

from ledger.evidence.strict import encode_base64


def own_keys(folder: Path) -> dict[str, str]:
    """Settings that name key files of the deployment's own, made here."""
    vault, challenge = folder / "own-vault.key", folder / "own-challenge.key"
    vault.write_text(encode_base64(secrets.token_bytes(32)) + "\n", "ascii")
    vault.chmod(0o600)
    challenge.write_bytes(secrets.token_bytes(32))
    return {"CERTLEDGER_VAULT_KEY": str(vault), "CERTLEDGER_CHALLENGE_KEY_FILE": str(challenge)}
