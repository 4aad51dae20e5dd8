"""I-8: every suspension, cancellation and withdrawal of a compulsory certificate has exactly one notice standing.

The model is a plain list of moves: the notice goes to the city in which the enterprise was on the fact's day, as far as
was known when the fact was recorded; whatever is redelivered, and wherever the policies are in the middle of it all.
"""

import random
from typing import Any

import pytest

from ledger.days import add_days
from ledger.notices.relations import city_bureau
from tests.support.reacting import Remembered, notices_of, react
from tests.support.statements import CCC_NUMBER, HOLDER, accept, decided, issued_ccc, register_of, statement

CODES = {"suspended": "0201", "withdrawn": "0203", "cancelled": "0204"}
REGIONS = ("440604", "440605", "330106", "110105", "429004", "350102")
DAYS = [f"2031-{month:02}-{day:02}" for month in range(2, 7) for day in (3, 13, 23)]


def moved(day: str, region: str, number: int) -> Any:
    said = {"effective": day, "region": region, "address": f"{number}号"}
    return statement("organisation.moved", "organisation:M000100Y4", said, source="CNCA", identity=f"move {number}")


@pytest.mark.parametrize("seed", range(40))
def test_each_end_has_one_notice_to_the_city_of_its_day_as_known_then(seed: int) -> None:
    rng = random.Random(seed)
    ledger = register_of()
    accept(ledger, issued_ccc())
    moves: list[tuple[str, int, str]] = []
    expected: list[str] = []
    stores = [Remembered(), Remembered()]
    status, number = "valid", 0
    for day in sorted(rng.sample(DAYS, 9)):
        for _ in range(rng.randint(0, 2)):
            number += 1
            moves.append((rng.choice(DAYS), number, rng.choice(REGIONS)))
            accept(ledger, moved(moves[-1][0], moves[-1][2], number))
        kind = rng.choice({"valid": ("suspended", "withdrawn", "cancelled", None),
                           "suspended": ("restored", "withdrawn", "cancelled")}.get(status, (None,)))  # fmt: skip
        if kind is not None:
            more = {"until": add_days(day, 60)} if kind == "suspended" else {}
            code = {"reason_code": CODES[kind]} if kind in CODES else {}
            (receipt,) = accept(ledger, decided(kind, day, CCC_NUMBER, **code, **more))
            if receipt.decision != "applied":
                break
            status = {"suspended": "suspended", "restored": "valid"}.get(kind, "ended")
            if kind in CODES:
                before = [(when, order, region) for when, order, region in moves if when <= day]
                expected.append(city_bureau(max(before)[2] if before else str(HOLDER["region"]), day))
        if rng.random() < 0.5:
            react(ledger, rng.choice(stores))
    for store in (*stores, Remembered()):
        react(ledger, store)
        assert store.refused == []
    found = notices_of(ledger, "certificate_ended")
    assert sorted(recipient for recipient, _, _ in found) == sorted(expected)
    assert not any(state.withdrawn for _, _, state in found)
    assert len({stream for _, stream, _ in found}) == len(found)
    ledger.close()
