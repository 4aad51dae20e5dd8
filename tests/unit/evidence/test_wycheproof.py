"""Every vector of Project Wycheproof for the two algorithms in which bodies may sign is judged as it asks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.evidence.signatures import Algorithm, PublicKey
from ledger.evidence.strict import EvidenceError

VECTORS = Path(__file__).parents[2] / "vendored" / "wycheproof"
# How many vectors a file states, so that none is passed over unseen.
EDWARDS, NIST = ("eddsa_test.json", 145), ("ecdsa_secp256r1_sha256_test.json", 387)


def vectors(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The public key's octets in hexadecimal, and a test under it."""
    for group in json.loads((VECTORS / name).read_bytes())["testGroups"]:
        key = group["key"]
        public = key["pk"] if "pk" in key else key["uncompressed"]
        for test in group["tests"]:
            yield public, test


def accepts(algorithm: Algorithm, public: str, test: dict[str, Any]) -> bool:
    key = PublicKey(algorithm, bytes.fromhex(public))
    try:
        key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
    except EvidenceError:
        return False
    return True


@pytest.mark.parametrize(
    ("algorithm", "file"), [("ed25519", EDWARDS), ("ecdsa-p256", NIST)], ids=["ed25519", "ecdsa-p256"]
)
def test_what_is_valid_is_accepted_and_whatever_else_is_not(algorithm: Algorithm, file: tuple[str, int]) -> None:
    name, count = file
    every = list(vectors(name))
    assert len(every) == json.loads((VECTORS / name).read_bytes())["numberOfTests"] == count
    wrong = [
        (test["tcId"], test["comment"], test["result"])
        for public, test in every
        # What is acceptable is another spelling of a valid signature; one spelling is enough for a ledger.
        if accepts(algorithm, public, test) != (test["result"] == "valid")
    ]
    assert wrong == []
    results = {test["result"] for _, test in every}
    assert {"valid", "invalid"} <= results
