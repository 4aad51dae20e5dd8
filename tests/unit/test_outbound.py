import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from infra.outbound import OutboundFailed, OutboundRefused, Policy, call, is_public, parse, pin

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "//example.org/",
        "https://", "https:///x", "https://user@example.org/", "https://user:secret@example.org/",
        "https://example.org@127.0.0.1/", "https://example.org\\@127.0.0.1/", "https://exam ple.org/",
        "https://example.org/\r\nHost: x", "https://example.org/#fragment", "https://example.org:99999/",
        "https://example.org:22/", "https://example.org:0x1bb/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://[::1/",
        "https://[fe80::1%25eth0]/", "https://1.2.3.4.5/", "https://example.0x7f/", "https://" + "a" * 70 + ".org/",
        "https://-x.org/", "https://example.org/" + "x" * 3_000, "https://ex\u00adample..org/", "https://①②⑦.0.0.1/",
    ],
)  # fmt: skip
def test_a_url_with_a_trick_in_it_is_refused_before_any_name_is_asked(url: str) -> None:
    with pytest.raises(OutboundRefused, match=r"拒绝.*Refusing"):
        parse(url, Policy())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org/hook?x=1", "example.org"),
        ("https://EXAMPLE.org.:8443/", "example.org"),
        ("https://例子.测试/", "xn--fsqu00a.xn--0zwm56d"),
        ("https://127。0。0。1/", "127.0.0.1"),
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://[::ffff:7f00:1]/", "::ffff:127.0.0.1"),
    ],
)
def test_a_host_is_judged_in_the_spelling_that_is_called(url: str, host: str) -> None:
    assert ip_or_text(parse(url, Policy()).host) == ip_or_text(host)


def ip_or_text(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return text


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "198.18.0.1", "192.0.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2001:0:7f00:1::", "100::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_public_internet_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(OutboundRefused, match="address_not_public"):
        pin(parse("https://example.org/", Policy()), Policy(), lambda _host, _port: [address])
    with pytest.raises(OutboundRefused, match="address_not_public"):
        pin(parse("https://example.org/", Policy()), Policy(), lambda _host, _port: [PUBLIC, address])


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "2002:101:101::1"])
def test_public_addresses_are_called(address: str) -> None:
    assert pin(parse("https://example.org/", Policy()), Policy(), lambda *_: [address]) == ip_address(address)


@pytest.mark.parametrize("literal", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", "10.0.0.1"])
def test_a_literal_goes_through_the_same_judgement(literal: str) -> None:
    with pytest.raises(OutboundRefused, match="address_not_public"):
        call("GET", f"https://{literal}/", policy=Policy())


class Handler(BaseHTTPRequestHandler):
    """A small server that records what it is asked."""

    asked: list[tuple[str, str | None]]

    def do_POST(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"x" * (100_000 if self.path == "/large" else 2))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        return


@contextmanager
def listening() -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Recording", (Handler,), {"asked": asked})) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def test_the_name_is_asked_once_and_the_connection_goes_to_the_address_that_was_judged() -> None:
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    policy = Policy(allow_loopback=True)
    with listening() as (port, asked):
        url = f"http://hook.example:{port}/in"
        answer = call("POST", url, policy=policy, content=b"{}", resolve=lambda _host, _port: next(answers))
    assert (answer.status, answer.content, answer.content_type) == (200, b"xx", "text/plain")
    assert asked == [("/in", f"hook.example:{port}")]
    assert next(answers) == ["192.0.2.1"], "a second question was never asked"


def test_redirects_are_not_followed_and_answers_are_bounded() -> None:
    with listening() as (port, asked):
        local = Policy(allow_loopback=True, maximum_bytes=50_000)
        assert call("POST", f"http://127.0.0.1:{port}/away", policy=local).status == 302
        with pytest.raises(OutboundFailed, match="answer_too_large"):
            call("POST", f"http://127.0.0.1:{port}/large", policy=local)
        assert [path for path, _ in asked] == ["/away", "/large"]


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        policy = Policy(allow_loopback=True, seconds=0.3)
        with pytest.raises(OutboundFailed, match="answer_too_slow"):
            call("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", policy=policy)


def test_development_reaches_this_machine_and_nothing_else_within() -> None:
    local = Policy(allow_loopback=True)
    target = parse("http://hook.example:8080/", local)
    assert str(pin(target, local, lambda *_: ["::1"])) == "::1"
    for addresses in (["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], [PUBLIC]):
        with pytest.raises(OutboundRefused):
            pin(target, local, lambda *_, addresses=addresses: addresses)
    with pytest.raises(OutboundFailed, match="name_unknown"):
        pin(target, local, lambda *_: [])
