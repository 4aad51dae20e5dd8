"""The life of keys against a model that looks at everything: who signs what, when, and which key is whose."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.open_ledger import open_memory_ledger
from ledger.outcomes import Receipt
from tests.support.signing import PERSON, TERMS, ed25519_key, ended, p256_key, registration, signed
from tests.support.statements import BODY, OTHER_BODY, accept, approved, issued, say

KEYS = [ed25519_key(1), p256_key(2), ed25519_key(3)]
OWNERS = [BODY, OTHER_BODY, PERSON]
SOURCES = [BODY, OTHER_BODY, "CNCA", "CCAA"]
SINCE = "2026-01-0{}T00:00:00.000000Z"

registers = st.tuples(st.just("register"), st.integers(0, 2), st.sampled_from(OWNERS), st.sampled_from(SOURCES))
ends = st.tuples(st.just("end"), st.integers(0, 2), st.integers(0, 2), st.sampled_from(SOURCES))
signs = st.tuples(st.just("sign"), st.lists(st.integers(0, 2), unique=True, max_size=3))


@dataclass
class Model:
    """Every key's whole history as a list; each question is answered by going through all of it."""

    history: list[tuple[int, str, str, str]] = field(default_factory=list)

    def said(self, key: int, *kinds: str) -> list[tuple[int, str, str, str]]:
        return [each for each in self.history if each[0] == key and each[1] in kinds]

    def register(self, key: int, owner: str, source: str) -> bool:
        allowed = owner == source or (owner == PERSON and source in {"CCAA", BODY})
        if not allowed or self.said(key, "register"):
            return False
        self.history.append((key, "register", owner, source))
        return True

    def end(self, key: int, day: int, source: str) -> bool:
        known = self.said(key, "register")
        if not known or source not in {known[0][2], known[0][3], "CNCA"}:
            return False
        before = self.said(key, "revoke", "compromise")
        if day == 0 and before:
            return False
        if day and any(each[1] == "compromise" and each[2] <= str(day) for each in before):
            return False
        self.history.append((key, "compromise" if day else "revoke", str(day), source))
        return True

    def sign(self, keys: list[int]) -> list[str] | None:
        owners = []
        for key in keys:
            known = self.said(key, "register")
            if not known or self.said(key, "revoke", "compromise") or known[0][2] not in {BODY, PERSON}:
                return None
            owners.append(known[0][2])
        return list(dict.fromkeys(owners))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(registers, ends, signs), max_size=14))
def test_the_register_of_keys_agrees_with_a_model_that_looks_at_everything(steps: list[tuple[object, ...]]) -> None:
    ledger, model = open_memory_ledger(TERMS), Model()
    accept(ledger, *approved())
    for number, step in enumerate(steps):
        match step:
            case ("register", int(key), str(owner), str(source)):
                (outcome,) = say(ledger, registration(KEYS[key], owner, source=source))
                expected = model.register(key, owner, source)
                # The same bytes are never made twice: every nonce is new.
                assert isinstance(outcome, Receipt) is expected, outcome
            case ("end", int(key), int(day), str(source)):
                kind, more = ("compromised", {"compromised_since": SINCE.format(day)}) if day else ("revoked", {})
                (outcome,) = say(ledger, ended(KEYS[key], kind, source=source, reason=f"第 {number} 步", **more))
                assert isinstance(outcome, Receipt) is model.end(key, day, source), outcome
            case ("sign", list(keys)):
                (outcome,) = say(ledger, signed(issued(f"N{number}"), *(KEYS[key] for key in keys)))
                by = model.sign(keys)
                assert (list(outcome.signed_by) if isinstance(outcome, Receipt) else None) == by, outcome
