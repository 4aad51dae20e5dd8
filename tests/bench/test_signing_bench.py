"""What signing adds: statements recorded on PostgreSQL, unsigned and signed, beside the library's own rate."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from infra.national import Sm2Key, sm2_verification
from infra.open_ledger import open_ledger
from ledger.envelope import Submission
from ledger.evidence.signatures import EVENT_TYPE, PrivateKey, pae, public_key_of, sign
from ledger.outcomes import Receipt
from ledger.service import Incoming, Ledger
from tests.support.services import fresh_database
from tests.support.signing import TERMS, ed25519_key, p256_key, registration, signed
from tests.support.statements import accept, approved, issued

pytestmark = pytest.mark.bench
STATEMENTS, BATCH, ROUNDS = 4_000, 500, 3
KEYS: dict[str, PrivateKey] = {"ed25519": ed25519_key(1), "ecdsa-p256": p256_key(2), "sm2": Sm2Key.generate()}
NATIONAL = replace(TERMS, verify_sm2=sm2_verification())


def rate(count: int, work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return count / (time.perf_counter() - start)


def often(work: Callable[..., object], *arguments: object) -> None:
    for _ in range(2_000):
        work(*arguments)


def recorded(ledger: Ledger, said: list[Submission]) -> None:
    def batches() -> Iterator[list[Incoming]]:
        for at in range(0, len(said), BATCH):
            yield [Incoming(each, "bench") for each in said[at : at + BATCH]]

    for outcomes in ledger.submit_all(batches()):
        assert all(isinstance(each, Receipt) for each in outcomes), outcomes[0]


def test_statements_a_second_unsigned_and_signed(database_server: str, template_database: str) -> None:
    best: dict[str, float] = {}
    for attempt in range(ROUNDS):
        with (
            fresh_database(database_server, template_database) as url,
            closing(open_ledger(url, terms=NATIONAL)) as ledger,
        ):
            accept(ledger, *approved(), *(registration(key) for key in KEYS.values()))
            said = [issued(f"U{attempt}-{n}") for n in range(STATEMENTS)]
            found = {"unsigned": rate(STATEMENTS, recorded, ledger, said)}
            for name, key in KEYS.items():
                sealed = [signed(issued(f"{name}{attempt}-{n}"), key) for n in range(STATEMENTS)]
                found[name] = rate(STATEMENTS, recorded, ledger, sealed)
            best = {name: max(each, best.get(name, 0.0)) for name, each in found.items()}
    for name, key in KEYS.items():
        message, public = pae(EVENT_TYPE, issued().raw), public_key_of(key)
        signature = sign(key, message)
        best[f"{name}: verify alone"] = rate(2_000, often, public.verify, signature, message)
        best[f"{name}: sign alone"] = rate(2_000, often, sign, key, message)
    for name, found_rate in best.items():
        print(f"{name:<26}{found_rate:>10,.0f} /s")
    assert best["ed25519"] > best["unsigned"] / 10
