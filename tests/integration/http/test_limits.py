import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from api.http.limits.headers import DATA_POLICY
from api.http.service import Ports
from infra.limits import Limits
from projections.projector import Projector
from projections.registry import VIEWS
from tests.integration.http.conftest import Running, serving, token
from tests.support.statements import BODY, approved, issued
from tests.support.waiting import eventually

PROBLEM = "application/problem+json"
POST = b"POST /v1/events HTTP/1.1\r\n"


@contextmanager
def limited(ports: Ports, **limits: Any) -> Iterator[Running]:
    """The application with some limits of its own."""
    with serving(replace(ports, limits=Limits(**limits))) as running:
        yield running


@contextmanager
def connected(app: Running) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", app.client.base_url.port or 0), timeout=20) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """All that the server sends until it closes."""
    found = bytearray()
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return bytes(found)


def problem_in(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    told = json.loads(body)
    assert told["zh"]["title"]
    assert told["en"]["title"]
    assert b"x-content-type-options: nosniff" in head.lower()
    return int(head.split()[1]), told["code"]


def exchange(app: Running, sent: bytes) -> tuple[int, str]:
    with connected(app) as connection:
        connection.sendall(sent)
        return problem_in(everything(connection))


def open_connections(app: Running) -> float:
    text = app.client.get("/metrics").text
    line = next(line for line in text.splitlines() if line.startswith("certledger_http_connections "))
    return float(line.split()[1])


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n", 414, "url_too_long"),
        (b"GET /livez HTTP/1.1\r\nA: " + b"x" * 40_000 + b"\r\n\r\n", 431, "header_too_large"),
        (b"GET /livez HTTP/1.1\r\n" + b"A: x\r\n" * 101 + b"\r\n", 431, "header_too_large"),
        (b"\r\n" * 20_000, 431, "header_too_large"),
        (b"not http\r\n\r\n", 400, "request_malformed"),
        (b"\x16\x03\x01\x02\x00\x01", 400, "request_malformed"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400, "request_malformed"),
        (POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n", 400, "request_malformed"),
    ],
    ids=["url", "field", "fields", "empty lines", "noise", "tls", "two lengths", "lengths differ"],
)
def test_what_breaks_the_protocol_or_its_bounds_gets_a_problem_and_is_closed(
    app: Running, sent: bytes, status: int, code: str
) -> None:
    assert exchange(app, sent) == (status, code)
    assert app.client.get("/livez").status_code == 200


def pour(connection: socket.socket, piece: bytes, pieces: int) -> bytes:
    """Send piece after piece until an answer comes, at most so many; what came."""
    connection.settimeout(0.1)
    for _ in range(pieces):
        try:
            connection.sendall(piece)
            if answer := connection.recv(65_536):
                return answer
        except TimeoutError:
            continue
    raise AssertionError(f"{pieces} pieces were taken in")


def test_a_field_without_end_is_cut_off(app: Running) -> None:
    with connected(app) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nA: ")
        assert problem_in(pour(connection, b"x" * 1_000, 40)) == (431, "header_too_large")


def test_a_header_that_does_not_come_in_time_is_cut_off(ports: Ports) -> None:
    with limited(ports, header_seconds=0.5) as app, connected(app) as connection, connected(app) as silent:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost:")
        assert problem_in(everything(connection)) == (408, "header_too_slow")
        assert everything(silent) == b""


def test_a_dripped_header_gets_no_more_time_by_dripping(ports: Ports) -> None:
    with limited(ports, header_seconds=1.0) as app, connected(app) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        assert problem_in(pour(connection, b"A: x\r\n", 90)) == (408, "header_too_slow")


def test_a_dripped_body_is_cut_off_below_the_least_rate(ports: Ports) -> None:
    with limited(ports, body_grace_seconds=0.5, body_bytes_per_second=1_000_000) as app, connected(app) as connection:
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {token(BODY)['Authorization']}\r\n"
        head += "Content-Type: application/x-ndjson\r\nContent-Length: 8000000\r\n\r\n"
        connection.sendall(head.encode())
        assert problem_in(pour(connection, b"x", 300)) == (408, "body_too_slow")


def test_the_rest_of_a_body_that_was_answered_is_not_taken_in_for_long(ports: Ports) -> None:
    with limited(ports, linger_seconds=0.5) as app, connected(app) as connection:
        connection.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n{")
        assert problem_in(everything(connection)) == (401, "token_missing")


def test_a_client_that_does_not_read_is_cut_off(ports: Ports) -> None:
    with limited(ports, read_grace_seconds=0.5, read_bytes_per_second=100_000_000) as app:
        app.accept(*approved())
        content = b"\n".join(issued(f"R{number}").raw for number in range(1_000))
        headers = {"Content-Type": "application/x-ndjson", **token(BODY)}
        assert app.client.post("/v1/events", content=content, headers=headers).status_code == 200
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", app.client.base_url.port or 0))
            asked = b"GET /v1/events?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n"
            connection.sendall(asked * 30)
            eventually(lambda: open_connections(app) == 2)
            eventually(lambda: open_connections(app) == 1, 30)
        assert 'certledger_http_limited_total{reason="answer_not_read"} 1.0' in app.client.get("/metrics").text


def test_connections_are_bounded_for_an_address_and_in_all_and_places_come_free(ports: Ports) -> None:
    with limited(ports, connections_per_address=3) as app, ExitStack() as stack:
        assert app.client.get("/livez").status_code == 200
        for _ in range(2):
            stack.enter_context(connected(app))
        eventually(lambda: open_connections(app) == 3)
        with connected(app) as refused:
            assert problem_in(everything(refused)) == (429, "connections_full_here")
        stack.close()
        eventually(lambda: open_connections(app) == 1)


def test_a_full_house_displaces_the_oldest_idler_but_no_request_in_progress(ports: Ports) -> None:
    busy = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    busy += f"Authorization: {token(BODY)['Authorization']}\r\n\r\n".encode()
    with limited(ports, connections=2) as app, connected(app) as idle, connected(app) as working:
        working.sendall(busy)
        with connected(app) as third:
            assert everything(idle) == b""
            third.sendall(busy)
            eventually(lambda: is_refused(app))
            for each in (working, third):
                each.sendall(b"[" * 9)
                assert each.recv(65_536).startswith(b"HTTP/1.1 400")


def test_a_full_house_keeps_the_connection_that_is_used(ports: Ports) -> None:
    with limited(ports, connections=3) as app, ExitStack() as stack:
        app.client.get("/livez")
        used = app.client.get("/livez").extensions["network_stream"]
        for _ in range(20):
            stack.enter_context(connected(app))
            kept = app.client.get("/livez").extensions["network_stream"]
            assert kept.get_extra_info("client_addr") == used.get_extra_info("client_addr")


def is_refused(app: Running) -> bool:
    with connected(app) as fourth:
        answer = everything(fourth)
    return bool(answer) and problem_in(answer) == (503, "connections_full")


def test_an_address_that_asks_too_fast_is_told_when_to_come_again(ports: Ports) -> None:
    with limited(ports, address_requests_per_second=1, address_burst=4) as app:
        answers = [app.client.get("/v1/refusals/token_missing") for _ in range(8)]
        assert [each.status_code for each in answers[:4]] == [200] * 4
        assert "RateLimit" not in answers[0].headers
        assert answers[3].headers["RateLimit-Policy"] == '"address";q=4;w=4'
        refused = answers[-1]
        assert (refused.status_code, refused.json()["code"]) == (429, "requests_too_fast")
        assert refused.headers["content-type"] == PROBLEM
        assert refused.headers["RateLimit"].startswith('"address";r=0;t=')
        assert 1 <= int(refused.headers["Retry-After"]) <= 4
        assert app.client.get("/livez").status_code == 200
        assert app.client.get("/readyz").status_code in {200, 503}


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(ports: Ports) -> None:
    def asked(app: Running, client: str) -> int:
        return app.client.get("/v1/refusals/x", headers={"X-Forwarded-For": f"203.0.113.9, {client}"}).status_code

    quota = {"address_requests_per_second": 1, "address_burst": 2}
    with limited(ports, **quota) as app:
        assert [asked(app, f"198.51.100.{number}") for number in range(4)].count(429) == 2
    with limited(ports, **quota, trusted_proxies="127.0.0.1") as app:
        assert 429 not in [asked(app, f"198.51.100.{number}") for number in range(4)]
        assert [asked(app, "198.51.100.50") for _ in range(4)].count(429) == 2


def test_a_party_that_submits_too_fast_is_refused_before_anything_is_recorded(ports: Ports) -> None:
    with limited(ports, party_events_per_second=1, party_burst=5) as app:
        app.accept(*approved())
        lines = b"\n".join(issued(f"P{number}").raw for number in range(4))
        headers = {"Content-Type": "application/x-ndjson", **token(BODY)}
        assert app.client.post("/v1/events", content=lines, headers=headers).status_code == 200
        refused = app.client.post("/v1/events", content=lines.replace(b"P", b"Q"), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "events_too_fast")
        assert refused.json()["params"]["party"] == BODY
        assert refused.headers["RateLimit-Policy"] == '"party";q=5;w=5'
        assert int(refused.headers["Retry-After"]) >= 1
        assert app.client.get("/v1/events?limit=1000").text.count('"Q') == 0
        assert app.say(approved()[0]).status_code == 200, "another party is not concerned"


def test_bodies_in_memory_are_bounded_in_all(ports: Ports) -> None:
    with limited(ports, bodies_bytes=100_000) as app:
        headers = {"Content-Type": "application/x-ndjson", **token(BODY)}
        refused = app.client.post("/v1/events", content=b"x" * 200_000, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "bodies_full")
        assert refused.headers["Retry-After"] == "2"
        for _ in range(5):
            assert app.client.post("/v1/events", content=b"x" * 40_000, headers=headers).status_code == 200


def test_a_page_ends_early_where_its_events_are_large(ports: Ports) -> None:
    with limited(ports, page_bytes=2_000) as app:
        app.accept(*approved(), *(issued(f"L{number}") for number in range(20)))
        found, path = [], "/v1/events?limit=500"
        while path:
            page = app.client.get(path)
            lines = page.text.splitlines()
            assert len(lines) == 1 or len(page.content) < 2_500
            found += [json.loads(line)["position"] for line in lines]
            path = page.links.get("next", {}).get("url", "")
        assert found == list(range(1, 24))


def test_event_streams_are_bounded_for_an_address_and_end_after_their_time(ports: Ports) -> None:
    several = replace(ports, stream_clients=9)
    with limited(several, streams_per_address=1) as app, app.client.stream("GET", "/v1/events/stream") as first:
        lines = first.iter_lines()
        next(lines)
        second = app.client.get("/v1/events/stream", timeout=5)
        assert (second.status_code, second.json()["code"]) == (429, "streams_too_many")
    with (
        limited(ports, stream_seconds=1.5, request_seconds=0.3) as app,
        app.client.stream("GET", "/v1/events/stream") as stream,
    ):
        lines = list(stream.iter_lines())
        assert lines[0] == "retry: 1000"
        assert lines.count(":") >= 3, "it lives longer than a request may wait for its answer"


def test_a_query_that_takes_too_long_is_ended(ports: Ports, database_url: str) -> None:
    with limited(ports, statement_seconds=0.3) as app, psycopg.connect(database_url) as locker:
        for make in VIEWS.values():
            projector = Projector(lambda: psycopg.connect(database_url), make())
            projector.prepare()
            projector.close()
        locker.execute("LOCK TABLE search.bookmark")
        answer = app.client.get("/v1/search", params={"q": "x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "query_too_slow")
        assert answer.headers["Retry-After"]


def test_a_pool_without_rest_says_so(ports: Ports, database_url: str) -> None:
    one = replace(ports, pool_size=2)
    with limited(one, pool_wait_seconds=0.3) as app, psycopg.connect(database_url) as locker, ExitStack() as stack:
        for make in VIEWS.values():
            projector = Projector(lambda: psycopg.connect(database_url), make())
            projector.prepare()
            projector.close()
        locker.execute("LOCK TABLE register.standing IN ACCESS EXCLUSIVE MODE")
        busy = b"GET /v1/bodies/X HTTP/1.1\r\nHost: x\r\n\r\n"
        for connection in [stack.enter_context(connected(app)) for _ in range(2)]:
            connection.sendall(busy)
        eventually(lambda: app.client.get("/v1/search", params={"q": "x"}).status_code == 503)
        answer = app.client.get("/v1/search", params={"q": "x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "readers_busy")
        assert answer.headers["Retry-After"]
        locker.rollback()


def test_a_read_that_finds_no_answer_in_time_is_ended(ports: Ports) -> None:
    with limited(replace(ports, wait_seconds=30), request_seconds=0.5) as app:
        answer = app.get("/v1/certificates/X/Y", seen=app.accept(*approved()))
        assert answer.status_code == 503
        assert answer.json()["code"] in {"request_took_too_long", "view_missing"}


@pytest.mark.parametrize("path", ["/livez", "/v1/refusals", "/nowhere", "/docs", "/v1/openapi.json", "/v1/events"])
def test_every_answer_is_secured_and_names_no_server(app: Running, path: str) -> None:
    answer = app.client.get(path)
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert "strict-transport-security" not in headers
    assert "cache-control" in headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    if not headers["content-type"].startswith("text/html"):
        assert policy == DATA_POLICY.decode()
    assert app.client.get(path, headers=token(BODY)).headers["cache-control"] in {"no-store", "private, no-store"}


def test_https_at_a_trusted_proxy_is_made_permanent(ports: Ports) -> None:
    with limited(ports, trusted_proxies="127.0.0.1") as app:
        answer = app.client.get("/livez", headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_requests_queued_on_one_connection_are_bounded(ports: Ports) -> None:
    with limited(ports, pipelined_requests=4) as app, connected(app) as connection:
        connection.sendall(b"GET /v1/refusals HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        assert b"requests_too_many" in everything(connection)
