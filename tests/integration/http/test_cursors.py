"""Pages taken while others write: nothing twice, and nothing missing that was there when the first page was."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api.client import Client
from api.http import cursors
from tests.integration.http.conftest import Running
from tests.support.statements import BODY, HOLDER, decided, issued, suspended

THERE = 60
ROUNDS = 3


@contextmanager
def writing(app: Running) -> Iterator[Callable[[], int]]:
    """Somebody who issues, suspends and withdraws without a pause, before and behind whoever pages; how often."""
    stop, written = threading.Event(), [0]

    def write() -> None:
        with Client(str(app.client.base_url), token=f"token of {BODY}") as ledger:
            while not stop.is_set():
                number = written[0]
                old = f"N{number % THERE:03}"
                ledger.submit_batch(
                    [
                        issued(f"{'A' if number % 2 else 'Z'}{number:05}").raw,
                        suspended(old).raw,
                        decided("withdrawn", "2031-03-20", old, reason_code="0101").raw,
                    ]
                )
                written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield lambda: written[0]
    finally:
        stop.set()
        thread.join()


LISTS: dict[str, Callable[[Client], Iterator[Any]]] = {
    "body": lambda ledger: (each.number for each in ledger.certificates_of_body(BODY, page=7)),
    "organisation": lambda ledger: (
        each.number for each in ledger.certificates_of_organisation(HOLDER["code"], page=7)
    ),
    "search": lambda ledger: (each.number for each in ledger.search("恒远电器", page=7)),
    "trail": lambda ledger: (each.position for each in ledger.trail(f"body:{BODY}", page=7)),
    "trail backwards": lambda ledger: (
        each.position for each in ledger.trail(f"body:{BODY}", newest_first=True, page=7)
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_pages_hold_everything_once_while_others_write(whole: Running, name: str) -> None:
    listed = LISTS[name]
    with Client(str(whole.client.base_url), token=f"token of {BODY}") as ledger:
        ledger.submit_batch([issued(f"N{number:03}").raw for number in range(THERE)])
        with writing(whole) as written:
            for _ in range(ROUNDS):
                before = set(listed(ledger))
                already = written()
                found = list(listed(ledger))
                assert written() > already, "somebody wrote meanwhile"
                assert [each for each, times in Counter(found).items() if times > 1] == []
                assert before <= set(found)
                if name.startswith("trail"):
                    assert found == sorted(found, reverse="backwards" in name)


@pytest.mark.parametrize(
    ("address", "query"),
    [("/v1/search", {"q": "恒远"}), (f"/v1/bodies/{BODY}", {}), (f"/v1/trail/body:{BODY}", {})],
)
def test_a_cursor_that_was_tampered_with_is_a_clear_400(whole: Running, address: str, query: dict[str, str]) -> None:
    seen = whole.accept(*(issued(f"N{number}") for number in range(4)))
    good = whole.get(address, seen, limit=1, **query).json()["next"]
    altered = [good[:-1], good[1:], good + "A", good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")]
    forged = [cursors.encode("page", [1]), cursors.encode(f"search {'恒远'}", [-1, "\0", 1])]
    for wrong in [*altered, *forged]:
        answer = whole.get(address, seen, limit=1, cursor=wrong, **query)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), wrong
        assert answer.json()["en"]["action"] == "Begin again with the first page."
    assert whole.get(address, seen, limit=1, cursor=good, **query).status_code == 200
