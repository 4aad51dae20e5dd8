import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import orjson

from tests.integration.http.conftest import Running
from tests.support.statements import approved, issued
from tests.support.waiting import eventually


@contextmanager
def listening(app: Running, **query: str) -> Iterator[Iterator[str]]:
    """The lines of one client's stream."""
    headers = {"Last-Event-ID": query.pop("last")} if "last" in query else {}
    with app.client.stream("GET", "/v1/events/stream", params=query, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.iter_lines()


def positions(lines: Iterator[str], count: int) -> list[int]:
    found = []
    for line in lines:
        if line.startswith("data: "):
            found.append(orjson.loads(line.removeprefix("data: "))["position"])
            if len(found) == count:
                return found
    raise AssertionError(f"the stream ended after {found}")


def clients(app: Running) -> float:
    line = next(line for line in app.client.get("/metrics").text.splitlines() if line.startswith("certledger_sse"))
    return float(line.split()[1])


def test_a_stream_resumes_after_the_last_event_and_goes_on_with_new_ones(app: Running) -> None:
    app.accept(*approved())
    with listening(app, last="1") as lines:
        assert positions(lines, 2) == [2, 3]
        app.accept(issued("A"))
        assert positions(lines, 1) == [4]
        app.accept(issued("B"), issued("C"))
        assert positions(lines, 2) == [5, 6]


def test_a_stream_begins_with_what_comes_next_unless_told_otherwise(app: Running) -> None:
    app.accept(*approved())
    with listening(app) as lines, listening(app, after="0") as all_lines:
        next(lines)
        app.accept(issued())
        assert positions(lines, 1) == [4]
        assert positions(all_lines, 4) == [1, 2, 3, 4]


def test_a_quiet_stream_is_kept_alive(app: Running) -> None:
    with listening(app) as lines:
        assert sum(1 for line, _ in zip(lines, range(8), strict=False) if line == ":") >= 2


def test_a_stream_for_a_while_sends_what_is_there_and_ends(app: Running) -> None:
    app.accept(*approved())
    answer = app.client.get("/v1/events/stream", params={"after": 0, "seconds": 0})
    assert [line for line in answer.text.splitlines() if line.startswith("id:")] == ["id: 1", "id: 2", "id: 3"]
    for wrong in ("", "soon", "-1", str(2**53)):
        refused = app.client.get("/v1/events/stream", headers={"Last-Event-ID": wrong})
        assert (refused.status_code, refused.json()["pointer"]) == (422, "/header/Last-Event-ID")


def test_the_places_are_bounded_and_free_again_when_a_client_leaves(app: Running) -> None:
    with listening(app) as first, listening(app) as second:
        next(first), next(second)
        assert clients(app) == 2
        full = app.client.get("/v1/events/stream")
        assert (full.status_code, full.json()["code"]) == (503, "too_many_streams")
        assert full.headers["Retry-After"] == "10"
    eventually(lambda: clients(app) == 0)
    with listening(app) as lines:
        next(lines)


def test_many_events_come_in_order_and_once_while_they_are_recorded(app: Running) -> None:
    app.accept(*approved())
    content = b"\n".join(issued(f"M{number}").raw for number in range(3_000))
    headers = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer token of {issued().source}"}
    writer = threading.Thread(target=lambda: app.client.post("/v1/events", content=content, headers=headers))
    with httpx.Client(base_url=app.client.base_url, timeout=20) as client:
        writer.start()
        with client.stream("GET", "/v1/events/stream", params={"after": 0}) as answer:
            assert positions(answer.iter_lines(), 3_003) == list(range(1, 3_004))
        writer.join()


def test_the_end_of_the_server_ends_the_streams_and_loses_nothing_accepted(app: Running) -> None:
    app.accept(*approved())
    with listening(app, after="0") as lines:
        assert positions(lines, 3) == [1, 2, 3]
        ended = threading.Thread(target=app.stop)
        ended.start()
        for _ in lines:
            pass
        ended.join()
