"""The typed client against the real application, and against servers that misbehave."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from api.client import Client, LineOutcome, ProblemError, UnreachableError
from api.client.models import Receipt, Refused, Summary
from api.client.transport import retry_after
from tests.integration.http.conftest import Running
from tests.support.statements import BODY, HOLDER, issued, suspended
from tests.support.waiting import eventually
from tests.tools import client_models

NUMBER = "10131Q00001R0M"


@contextmanager
def client(app: Running, party: str | None = BODY) -> Iterator[Client]:
    with Client(str(app.client.base_url), token=f"token of {party}" if party else None) as found:
        yield found


def test_the_models_are_those_that_the_description_gives() -> None:
    assert client_models.MODELS.read_text("utf-8") == client_models.source(), (
        "run `python -m tests.tools.client_models`"
    )


def test_what_a_client_said_it_sees_at_once_in_typed_answers(whole: Running) -> None:
    with client(whole) as ledger:
        receipt = ledger.submit(issued().raw)
        assert (receipt.decision, receipt.duplicate) == ("applied", False)
        shown = ledger.certificate(BODY, NUMBER)
        assert (shown.status.value, shown.validity.value, shown.rests_on.position) == (
            "valid", "valid", receipt.position
        )  # fmt: skip
        assert ledger.submit(orjson.loads(issued().raw)).duplicate
        ledger.submit(suspended().raw)
        assert ledger.certificate(BODY, NUMBER).status.zh == "暂停"
        assert ledger.certificate(BODY, NUMBER, as_of="2031-02-01").status.value == "valid"
        timeline = ledger.timeline(BODY, NUMBER)
        assert [each.type for each in timeline.facts] == ["certificate.issued", "certificate.suspended"]
        assert ledger.path(receipt.position).type == "certificate.issued"
        assert ledger.event(receipt.position).event.event.id == issued().id


def test_an_answer_goes_back_into_the_json_that_it_came_from(whole: Running) -> None:
    with client(whole) as ledger:
        written = ledger.submit(issued().raw).position
        plain = whole.get(f"/v1/certificates/{BODY}/{NUMBER}/timeline", written).json()
        assert ledger.timeline(BODY, NUMBER).as_dict() == plain
        assert ledger.event_types().as_dict() == whole.get("/v1/event-types").json()
        page = whole.get(f"/v1/trail/body:{BODY}", written).json()
        assert ledger.trail_page(f"body:{BODY}").as_dict() == page


def test_a_refusal_is_an_error_in_both_languages(whole: Running) -> None:
    with client(whole) as ledger:
        with pytest.raises(ProblemError) as never:
            ledger.certificate(BODY, "NEVER")
        assert (never.value.code, never.value.status) == ("never_registered", 404)
        assert never.value.problem.zh.title
        assert never.value.problem.en.action
        with pytest.raises(ProblemError) as wrong:
            ledger.submit({**orjson.loads(issued().raw), "data": {}})
        assert {"/data/effective", "/data/signers"} <= {fault.pointer for fault in wrong.value.faults}
        assert ledger.refusal("never_registered").status == 404
    with client(whole, party=None) as nobody, pytest.raises(ProblemError, match="token_missing"):
        nobody.submit(issued().raw)


def test_batches_and_lines_are_answered_one_by_one(whole: Running) -> None:
    bad = issued("B", signers=[{"number": "UNKNOWN1"}]).raw
    with client(whole) as ledger:
        answer = ledger.submit_batch([issued("A").raw, bad, orjson.loads(issued("C").raw)])
        assert [type(each) for each in answer.outcomes] == [Receipt, Refused, Receipt]
        assert (answer.summary.recorded, answer.summary.refused) == (2, 1)
        told = list(ledger.submit_lines([issued("D").raw, bad]))
        assert [each.line for each in told if isinstance(each, LineOutcome)] == [1, 2]
        summary = told[-1]
        assert isinstance(summary, Summary)
        assert ledger.written == summary.position
        with pytest.raises(ProblemError, match="batch_refused"):
            ledger.submit_batch([issued("E").raw, bad], atomic=True)
        assert {each.number for each in ledger.certificates_of_body(BODY, page=1)} == {"A", "C", "D"}
        assert {each.number for each in ledger.certificates_of_organisation(HOLDER["code"], page=2)} == {"A", "C", "D"}
        assert [each.number for each in ledger.search("恒远电器", page=1)] == ["A", "C", "D"]
        assert len(list(ledger.trail(f"body:{BODY}", page=2))) == 6
        assert [each.position for each in ledger.events(2)] == [3, 4, 5, 6]
        assert ledger.body(BODY, status="suspended").certificates == []
        assert ledger.organisation(HOLDER["code"]).counts[0].count == 3
        assert ledger.schema("certificate.issued", 1)["$id"] == "/v1/schemas/events/certificate.issued/1.json"


def test_a_follower_gets_each_event_once_although_its_stream_breaks(whole: Running) -> None:
    with client(whole) as ledger:
        head = ledger.submit(issued("A").raw).position
        # A reader sees an event once the view of audiences has seen it.
        eventually(lambda: [each.position for each in ledger.follow(0, seconds=0)] == list(range(1, head + 1)))
        served = Cut(str(whole.client.base_url), after_bytes=3_000)
        with misbehaving(served) as address, Client(address, patience=5) as far:
            found = far.follow(0)
            assert [next(found).position for _ in range(head)] == list(range(1, head + 1))
            ledger.submit(issued("B").raw)
            assert next(found).position == head + 1
            found.close()
        assert served.connections > 1


Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def misbehaving(answer: Answering) -> Iterator[str]:
    """A server that answers as it is told; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Cut:
    """Passes an event stream on from the real server, and cuts it after so many bytes."""

    def __init__(self, address: str, after_bytes: int) -> None:
        self._address, self._left = address, after_bytes
        self.connections = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        import httpx  # noqa: PLC0415 - this stand-in alone speaks plain HTTP

        self.connections += 1
        headers = {"Last-Event-ID": handler.headers["last-event-id"]}
        with httpx.stream("GET", f"{self._address}/v1/events/stream", headers=headers, timeout=5) as answer:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            left = self._left
            for chunk in answer.iter_raw():
                try:
                    handler.wfile.write(chunk[:left])
                except OSError:
                    return
                left -= len(chunk)
                if left <= 0:
                    return


def test_a_busy_server_is_asked_again_when_it_says_and_gets_the_same_bytes() -> None:
    asked: list[float] = []

    def busy_twice(handler: BaseHTTPRequestHandler) -> None:
        asked.append(time.monotonic())
        if len(asked) < 3:
            handler.send_response(503 if len(asked) == 1 else 429)
            handler.send_header("Retry-After", "1")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        content = orjson.dumps(
            {"outcome": "recorded", "source": "s", "id": "i", "stream": "x", "version": 1, "position": 9,
             "recorded": "2031-01-01T00:00:00.000000Z", "decision": "applied", "duplicate": False, "releases": [],
                 "signed_by": []}
        )  # fmt: skip
        handler.send_response(201)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    with misbehaving(busy_twice) as address, Client(address, patience=10) as ledger:
        assert ledger.submit(b"{}").position == 9
        assert ledger.written == 9
    assert asked[1] - asked[0] >= 1
    assert asked[2] - asked[1] >= 1


def test_patience_ends_with_the_ledgers_own_words_or_with_what_to_do() -> None:
    def away(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(503)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with misbehaving(away) as address, Client(address, patience=0.3) as ledger:
        with pytest.raises(ProblemError, match="http_503") as refused:
            ledger.event(1)
        assert refused.value.problem.zh.action
    with Client(address, patience=0.3) as ledger, pytest.raises(UnreachableError, match="没有响应"):
        ledger.event(1)


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    attempts: list[int] = []

    def broken_once(handler: BaseHTTPRequestHandler) -> None:
        attempts.append(1)
        content = b'{"position":1,"event":{"event":{"data":{},"id":"1","source":"s","specversion":"1.0","subject":"x",'
        content += b'"time":"t","type":"t"},"record":{},"signatures":[]}}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: 20 if len(attempts) == 1 else len(content)])
        handler.close_connection = True

    with misbehaving(broken_once) as address, Client(address, patience=5) as ledger:
        assert ledger.event(1).position == 1
    assert len(attempts) == 2


def test_lines_whose_answer_breaks_off_are_never_taken_for_answered() -> None:
    def no_summary(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()

    with misbehaving(no_summary) as address, Client(address, patience=1) as ledger:
        answer = ledger.submit_lines(b"{}")
        with pytest.raises(UnreachableError, match="before its summary"):
            list(answer)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 0.0), ("3", 3.0), ("soon", 0.0), ("Wed, 05 Mar 2031 00:00:10 GMT", 10.0),
     ("Wed, 05 Mar 2031 00:00:00 GMT", 0.0), ("-1", 0.0)],
)  # fmt: skip
def test_retry_after_is_read_in_both_of_its_forms(header: str | None, seconds: float) -> None:
    assert retry_after(header, datetime(2031, 3, 5, tzinfo=UTC)) == seconds
