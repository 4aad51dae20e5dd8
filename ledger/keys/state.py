"""The standing of one key: registered once and to one owner for ever, ended by revocation or compromise for ever."""

from dataclasses import dataclass, replace
from functools import lru_cache

from ledger.evidence.signatures import Algorithm, PublicKey
from ledger.evidence.strict import decode_base64
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whose key it is and when it may sign; instants in the ledger's spelling, ``public_key`` in Base 64."""

    owner: str = ""
    registered_by: str = ""
    algorithm: Algorithm = "ed25519"
    public_key: str = ""
    valid_from: str | None = None
    valid_until: str | None = None
    is_ended: bool = False
    compromised_since: str | None = None

    def objection_to_sign(self, now: str) -> str | None:
        """Return the refusal code that forbids a statement recorded at an instant to be signed with this key."""
        if not self.owner:
            return "key_unknown"
        if self.is_ended:
            return "key_revoked"
        if self.valid_from is not None and now < self.valid_from:
            return "key_not_yet_valid"
        if self.valid_until is not None and now >= self.valid_until:
            return "key_no_longer_valid"
        return None

    @property
    def key(self) -> PublicKey:
        """The key itself; it was admitted when it was registered."""
        return admitted(self.algorithm, self.public_key)


@lru_cache(maxsize=4096)
def admitted(algorithm: Algorithm, public_key: str) -> PublicKey:
    """Return an honest key, or raise ``EvidenceError``; about 2 ms for an Ed25519 key that is seen anew."""
    return PublicKey(algorithm, decode_base64(public_key))


class KeyMachine:
    """Steps along one key's life, in the order of recording: nothing about a key is retroactive."""

    def start(self) -> KeyState:
        """Return the standing of a key that nobody registered."""
        return KeyState()

    def step(self, state: KeyState, fact: Fact) -> KeyState | Illegal:
        """Return the standing after the fact, or why the fact may not stand here."""
        data, name = fact.data, fact.type.removeprefix("key.")
        if name == "registered":
            if state.owner:
                return Illegal("key_already_registered", pointer="/subject")
            return KeyState(
                data["owner"],
                fact.source,
                data["algorithm"],
                data["public_key"],
                data.get("valid_from"),
                data.get("valid_until"),
            )
        if not state.owner:
            return Illegal("key_unknown", pointer="/subject")
        if name == "revoked":
            return Illegal("key_already_revoked") if state.is_ended else replace(state, is_ended=True)
        since = min(data["compromised_since"], state.compromised_since or data["compromised_since"])
        if since == state.compromised_since:
            return Illegal("key_already_revoked")
        return replace(state, is_ended=True, compromised_since=since)


MACHINE = KeyMachine()
