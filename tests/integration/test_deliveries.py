"""Notices reach webhooks and mailboxes under one identity, signed, however often it takes and whatever is killed."""

import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consumers.deliveries import WAITS, Deliveries
from infra.delivery_store import PostgresDeliveryStore
from infra.mail import Smtp, Spool
from infra.open_ledger import open_memory_ledger
from infra.outbound import Policy
from infra.webhooks import Webhooks, public_key
from ledger.notices.letter import Attempt, Letter
from ledger.service import Ledger
from projections.projector import Projector
from projections.registry import VIEWS
from tests.support.access import SIBLING
from tests.support.notified import founded, told
from tests.support.reacting import events, react
from tests.support.statements import BODY, accept
from tests.support.views import deliveries

NOW = datetime(2031, 4, 1, 4, tzinfo=UTC)
WARNED = f"SAMR-{SIBLING}"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class Receiver:
    """A webhook that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/notices"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as made:
        yield made


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresDeliveryStore]:
    projector = Projector(lambda: psycopg.connect(database_url), VIEWS["notices"]())
    projector.prepare()
    projector.close()
    with closing(PostgresDeliveryStore(database_url)) as made:
        yield made


@pytest.fixture
def follow(database_url: str, store: PostgresDeliveryStore) -> Iterator[Callable[[Ledger], None]]:
    projector = Projector(lambda: psycopg.connect(database_url), VIEWS["notices"]())
    projector.prepare()
    projector.bookmarks()

    def seen(ledger: Ledger) -> None:
        projector.apply(deliveries(ledger))

    yield seen
    projector.close()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = open_memory_ledger()
    accept(ledger, *founded(), *told())
    react(ledger)
    yield ledger
    ledger.close()


def webhooks(policy: Policy = Policy(allow_loopback=True)) -> Webhooks:  # noqa: B008 - a frozen value
    return Webhooks([KEY], policy)


def delivering(ledger: Ledger, store: PostgresDeliveryStore, now: datetime = NOW, **channels: object) -> Deliveries:
    return Deliveries(ledger, store, channels or {"webhook": webhooks()}, lambda: now)  # type: ignore[arg-type]


def test_a_webhook_gets_each_notice_once_signed_as_the_standard_has_it(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    store.add(BODY, "webhook", receiver.address)
    follow(ledger)
    assert delivering(ledger, store).step() == 2
    assert delivering(ledger, store).step() == 0
    assert len(set(receiver.ids())) == len(receiver.ids()) == 2
    public = Ed25519PublicKey.from_public_bytes(b64decode(public_key(KEY).removeprefix("whpk_")))
    for headers, body in receiver.got:
        version, _, signature = headers["webhook-signature"].partition(",")
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        assert version == "v1a"
        public.verify(b64decode(signature), signed)
        said = orjson.loads(body)
        assert (said["type"], said["data"]["recipient"], said["data"]["kind"]) == (
            "notice.created",
            BODY,
            "violation_found",
        )
    by_webhook = [each for each in events(ledger, "notice.sent") if each["data"]["channel"] == "webhook"]
    assert len(by_webhook) == 2


def test_an_address_gets_what_comes_after_it_was_added_and_what_is_replayed(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    follow(ledger)
    store.add(BODY, "webhook", receiver.address)
    assert delivering(ledger, store).step() == 0
    assert store.replay(BODY, 0, NOW) == 2
    assert delivering(ledger, store).step() == 2
    assert store.replay(BODY, 0, NOW + timedelta(days=1)) == 2
    assert delivering(ledger, store, NOW + timedelta(days=1)).step() == 2
    assert len(set(receiver.ids())) == 2, "the receiver knows them again"
    (channel,) = store.channels()
    assert (channel["delivered"], channel["waiting"], channel["given_up"]) == (2, 0, 0)
    assert store.remove(BODY, "webhook", receiver.address)
    assert not store.remove(BODY, "webhook", receiver.address)


def test_a_receiver_that_fails_is_tried_again_with_longer_waits_and_then_no_more(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    store.add(WARNED, "webhook", receiver.address)
    follow(ledger)
    receiver.statuses = [500] * 100
    now = NOW
    assert delivering(ledger, store, now).step() == 0
    for attempt, wait in enumerate(WAITS, 1):
        assert delivering(ledger, store, now + timedelta(seconds=wait - 1)).step() == 0
        assert len(receiver.got) == attempt, "not before its time"
        now += timedelta(seconds=wait)
        delivering(ledger, store, now).step()
        assert len(receiver.got) == attempt + 1
    assert delivering(ledger, store, now + timedelta(days=365)).step() == 0
    assert len(receiver.got) == len(WAITS) + 1
    assert [channel["given_up"] for channel in store.channels()] == [1]
    assert len(set(receiver.ids())) == 1


def test_an_address_that_is_down_is_asked_once_and_gets_all_that_waits_when_it_answers(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    store.add(BODY, "webhook", receiver.address)
    follow(ledger)
    receiver.statuses = [503, 503]
    assert delivering(ledger, store).step() == 0
    assert len(receiver.got) == 1
    assert delivering(ledger, store, NOW + timedelta(seconds=4)).step() == 0
    assert len(receiver.got) == 1
    later = NOW + timedelta(seconds=WAITS[0])
    assert delivering(ledger, store, later).step() == 0
    assert len(receiver.got) == 2
    assert delivering(ledger, store, later + timedelta(seconds=WAITS[1])).step() == 2
    assert len(set(receiver.ids())) == 2


def test_an_address_that_is_gone_or_of_our_own_network_is_not_tried_again(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    store.add(BODY, "webhook", receiver.address)
    follow(ledger)
    receiver.statuses = [410, 410]
    assert delivering(ledger, store).step() == 0
    store.replay(BODY, 0, NOW)
    before = len(receiver.got)
    assert delivering(ledger, store, webhook=webhooks(Policy())).step() == 0
    assert len(receiver.got) == before, "nothing is sent to this machine outside development"
    (channel,) = store.channels()
    assert (channel["given_up"], channel["waiting"]) == (2, 0)


class Killed(BaseException):
    """The process died."""


@pytest.mark.parametrize("where", ["before the call", "after the call", "before the record"])
def test_a_kill_loses_nothing_and_the_receiver_knows_what_comes_again(
    where: str, ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], receiver: Receiver
) -> None:
    store.add(BODY, "webhook", receiver.address)
    follow(ledger)

    class Dying:
        def send(self, letter: Letter, now: datetime) -> Attempt:
            made = webhooks().send(letter, now) if where != "before the call" else Attempt("done")
            if where != "before the record":
                raise Killed
            return made

    class DyingLedger:
        def submit(self, incoming: object) -> object:
            del incoming
            raise Killed

    dying = DyingLedger() if where == "before the record" else ledger
    for _ in range(3):
        with pytest.raises(Killed):
            delivering(dying, store, webhook=Dying()).step()  # type: ignore[arg-type]  # dies on the way
        store.close()
    delivering(ledger, store, NOW + timedelta(hours=1)).step()
    assert len(set(receiver.ids())) == 2
    by_webhook = [each["subject"] for each in events(ledger, "notice.sent") if each["data"]["channel"] == "webhook"]
    assert len(by_webhook) == len(set(by_webhook)) == 2


def test_a_mail_is_one_file_that_says_it_in_both_languages(
    ledger: Ledger, store: PostgresDeliveryStore, follow: Callable[[Ledger], None], tmp_path: Path
) -> None:
    store.add(BODY, "email", "office@example.org")
    follow(ledger)
    spool = Spool(tmp_path / "mail", "certledger@example.org")
    assert delivering(ledger, store, email=spool).step() == 2
    files = sorted((tmp_path / "mail").iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    mail = message_from_bytes(files[0].read_bytes())
    assert (mail["To"], mail["From"]) == ("office@example.org", "certledger@example.org")
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "认证" in text.decode() or "检查" in text.decode()
    assert "Acknowledge" in text.decode()
    store.replay(BODY, 0, NOW)
    assert delivering(ledger, store, email=spool).step() == 2
    assert len(list((tmp_path / "mail").iterdir())) == 2, "the same letter takes its own place"


def test_a_mail_server_without_tls_gets_nothing() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail\r\n")
                while line := connection.recv(1000):
                    heard.append(line)
                    connection.sendall(b"250 mail\r\n" if line.startswith(b"EHLO") else b"502 no\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        letter = Letter("msg_1", "email", "a@example.org", BODY, 0, b"{}", "主题", "内容\n")
        smtp = Smtp(f"127.0.0.1:{server.getsockname()[1]}", "certledger@example.org", None, None)
        assert smtp.send(letter, NOW) == Attempt("later", "mail_server_unavailable")
        thread.join()
    assert not any(line.startswith(b"MAIL") for line in heard)
