"""What the look for personal numbers costs an event, where nothing is suspicious and where something is."""

import time
from collections.abc import Sequence

import pytest

from ledger.envelope import Submission
from ledger.privacy.refusing import personal_data_in
from tests.support.lives import lives
from tests.support.statements import CCC_DETAILS, CCC_NUMBER, issued

pytestmark = pytest.mark.bench
ROUNDS = 50


def microseconds(submissions: Sequence[Submission]) -> float:
    """The best of a few rounds, an event: others use this machine, too."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = [personal_data_in(each) for each in submissions]
        best = min(best, time.perf_counter() - began)
        assert not any(found)
    return best / len(submissions) * 1e6


def test_the_look_for_personal_numbers() -> None:
    plain = list(lives(120, 700))
    products = [issued(CCC_NUMBER, f"2031-01-{day:02}", details=CCC_DETAILS) for day in range(1, 29)] * 20
    octets = sum(len(each.raw) for each in plain) / len(plain)
    print(f"\nmanagement systems, {octets:.0f} octets on average: {microseconds(plain):.2f} µs an event")
    print(f"product certificates, whose numbers are sixteen digits: {microseconds(products):.2f} µs an event")
