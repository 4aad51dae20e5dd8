"""SM3 (GB/T 32905) by the OpenSSL that `cryptography` brings along; a build without it says so and guesses nothing."""

from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SM3, Hash

from ledger.evidence.strict import EvidenceError


class Sm3Missing(EvidenceError):  # noqa: N818 - a condition of the surroundings
    """Raised where OpenSSL was built without SM3: nothing that needs it can be made or checked here."""


def sm3(*parts: bytes) -> bytes:
    """Return the SM3 digest of the parts, 32 octets. Raises :class:`Sm3Missing`."""
    digest = _beginning().copy()
    for part in parts:
        digest.update(part)
    return digest.finalize()


@lru_cache(maxsize=1)
def _beginning() -> Hash:
    # Finding the algorithm takes OpenSSL a third of the time that 600 octets take.
    try:
        return Hash(SM3())
    except UnsupportedAlgorithm as error:
        raise Sm3Missing("SM3 is not in this build of OpenSSL") from error
