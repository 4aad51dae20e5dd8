"""What is verified ahead, in threads, is judged exactly as what is verified one by one."""

import os
from dataclasses import replace

import pytest

from infra.open_ledger import open_memory_ledger
from ledger import verifying
from ledger.envelope import Submission
from ledger.outcomes import Receipt
from ledger.service import Ledger
from tests.support.signing import TERMS, ed25519_key, ended, p256_key, registration, signed
from tests.support.statements import accept, approved, issued, say

MINE, ENDED, STRANGER, CURVE = ed25519_key(1), ed25519_key(2), ed25519_key(3), p256_key(4)


def known() -> Ledger:
    ledger = open_memory_ledger(TERMS)
    accept(ledger, *approved(), *(registration(key) for key in (MINE, ENDED, CURVE)), ended(ENDED))
    return ledger


def batch() -> list[Submission]:
    good = [signed(issued(f"N{n:03}"), MINE if n % 2 else CURVE) for n in range(40)]
    forged = [replace(good[7], signatures=good[9].signatures), replace(good[8], signatures=good[10].signatures)]
    others = [signed(issued("E"), ENDED), signed(issued("S"), STRANGER), signed(issued("B"), MINE, CURVE), issued("U")]
    return [*forged, *good[:20], *others, *good[20:], good[0]]


@pytest.mark.parametrize("processors", [1, 2, 5])
def test_a_batch_is_judged_alike_whether_it_is_verified_ahead_or_not(
    monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    monkeypatch.setattr(verifying, "_processors", lambda: 1)
    alone = say(known(), *batch())
    monkeypatch.setattr(verifying, "_processors", lambda: processors)
    ahead = say(known(), *batch())
    assert [each.as_dict() | {"recorded": ""} for each in ahead] == [
        each.as_dict() | {"recorded": ""} for each in alone
    ]
    codes = [None if isinstance(each, Receipt) else each.code for each in ahead]
    assert codes[:2] == ["signature_invalid"] * 2
    assert (codes[22], codes[23], codes[24:]) == ("key_revoked", "key_unknown", [None] * 23)


def test_verdicts_are_of_these_octets_this_signature_and_this_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_processors", lambda: 2)
    ledger, said = known(), batch()[2:12]
    timelines = {f"key:{each.signatures[0].keyid}": ledger.timeline(f"key:{each.signatures[0].keyid}") for each in said}
    verdicts = verifying.verify_ahead(said, timelines)
    assert set(verdicts.values()) == {True}
    assert len(verdicts) == len(said)
    assert verifying.verify_ahead(said[:3], timelines) == {}
    assert verifying.verify_ahead(said, {}) == {}


def test_a_child_process_verifies_with_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_processors", lambda: 2)
    say(known(), *batch())
    child = os.fork()
    if not child:
        try:
            outcomes = say(known(), *batch())
            os._exit(0 if sum(isinstance(each, Receipt) for each in outcomes) == 43 else 1)
        except BaseException:  # noqa: BLE001 - a child must not go on as its parent
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
