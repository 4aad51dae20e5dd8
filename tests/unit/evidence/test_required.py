"""The verifier names a statement that lacks the signature which a policy of the log required of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.open_ledger import open_memory_ledger
from ledger.evidence.report import Result
from ledger.evidence.required import RequiredSignatures
from ledger.evidence.sm3 import sm3
from ledger.evidence.strict import canonical_json
from ledger.refusals import Refusal
from tests.support.signing import PERSON, TERMS, ed25519_key, policy, registration
from tests.support.signing import signed as sealed
from tests.support.statements import BODY as ISSUER
from tests.support.statements import accept, approved, issued, say, suspended
from tests.unit.evidence.making import BODY, check, event, found, instant, key, key_event, make, signed

MINE, OTHERS = key(40), key(41)


def policy_event(
    index: int, requires: str, effective: str = "2026-05-01", version: int = 1, decision: str = "applied"
) -> bytes:
    said = {
        "data": {"effective": effective, "requires": requires, "reason": "x"},
        "id": f"p-{index}", "source": "CNCA", "type": "signing.policy_set",
    }  # fmt: skip
    raw = canonical_json(said)
    record = {
        "decision": decision, "recorded": instant(index), "schema": 1, "sm3": sm3(raw).hex(),
        "stream": f"signing:{BODY}", "version": version,
    }  # fmt: skip
    return b'{"event":%b,"record":%b,"signatures":[]}' % (raw, canonical_json(record))


def missing(path: Path, shown: Sequence[bytes]) -> list[int | None]:
    return found(check(make(path, shown))).get("REQUIRED_SIGNATURE_MISSING", [])


def test_an_unsigned_statement_after_the_policy_is_named_and_one_before_it_is_not(tmp_path: Path) -> None:
    shown = [key_event(0, MINE), event(1, 1_000), policy_event(2, "party"), event(3, 1_000)]
    shown += [signed(event(4, 1_000), 4, MINE, streams=1_000), key_event(5, OTHERS)]
    report = check(make(tmp_path / "b", shown))
    assert (found(report), report.result) == ({"REQUIRED_SIGNATURE_MISSING": [3]}, Result.TAMPERED)
    (finding,) = report.findings
    assert (finding.detail, finding.stream) == (BODY, f"certificate:{BODY}:3")


def test_a_policy_holds_from_its_day_until_another_is_set_and_a_held_one_never(tmp_path: Path) -> None:
    assert missing(tmp_path / "a", [policy_event(0, "party", "2026-05-13"), event(1, 1_000)]) == []
    assert missing(tmp_path / "b", [policy_event(0, "party", "2026-05-12"), event(1, 1_000)]) == [1]
    shown = [policy_event(0, "party"), policy_event(1, "nothing", version=2), event(2, 1_000)]
    assert missing(tmp_path / "c", shown) == []
    shown = [policy_event(0, "party", "2026-05-03"), policy_event(1, "nothing", "2026-05-02", 2), event(2, 1_000)]
    assert missing(tmp_path / "d", shown) == [2]
    assert missing(tmp_path / "e", [policy_event(0, "party", decision="held"), event(1, 1_000)]) == []


@pytest.mark.parametrize(
    ("recorded", "lacks"),
    [
        # Judged on the day before, recorded after midnight of China.
        ("2026-05-12T16:01:59.000000Z", False),
        ("2026-05-12T16:02:00.000000Z", True),
        ("2026-05-12T15:59:59.000000Z", False),
        ("2026-05-13T99:00:00.000000Z", True),
    ],
)
def test_a_statement_judged_before_midnight_may_be_recorded_just_after_it(recorded: str, lacks: bool) -> None:
    required = RequiredSignatures()
    said = {"type": "signing.policy_set", "data": {"requires": "party", "effective": "2026-05-13"}}
    required.note(said, {"decision": "applied", "stream": f"signing:{BODY}", "version": 1})
    told = required.missing(BODY, {"type": "certificate.issued"}, recorded, (), ())
    assert (told is not None) == lacks


def test_what_the_ledger_takes_under_a_policy_verifies_and_what_it_refuses_would_not(tmp_path: Path) -> None:
    ledger = open_memory_ledger(TERMS)
    body, person = ed25519_key(1), ed25519_key(2)
    accept(ledger, *approved(), registration(body), registration(person, PERSON, source="CCAA"))
    accept(
        ledger,
        issued("A"),
        policy("party"),
        sealed(issued("B"), body),
        sealed(policy("party_and_signatory", source=ISSUER), body),
    )
    accept(ledger, sealed(issued("C"), body, person), registration(ed25519_key(3)))
    refused = [issued("D"), sealed(suspended("B"), body)]
    assert all(isinstance(each, Refusal) and each.code == "signature_required" for each in say(ledger, *refused))
    entries = [row.raw for row in ledger.event_log.read(0, 1_000)]
    assert check(make(tmp_path / "sound", entries)).findings == []
    # The same log in which somebody with the log's own key recorded one of them without a signature.
    at = next(
        index
        for index, raw in enumerate(entries)
        if b'"id":"certificate.issued:certificate:%b:C' % ISSUER.encode() in raw
    )
    stripped = entries[at][: entries[at].rindex(b'"signatures":')] + b'"signatures":[]}'
    report = check(make(tmp_path / "stripped", [*entries[:at], stripped, *entries[at + 1 :]]))
    assert set(found(report)) == {"REQUIRED_SIGNATURE_MISSING", "SIGNERS_MISSTATED"}
    assert found(report)["REQUIRED_SIGNATURE_MISSING"] == [at]
