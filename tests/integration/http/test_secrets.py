"""A run with known secrets: what it logs, traces and answers holds none of them, whatever goes wrong."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from api.http.tokens import make_tokens
from tests.support.statements import BODY, approved
from tests.support.system import free_port
from tests.support.waiting import eventually


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported and keeps it as it came."""

    taken: bytearray

    def do_POST(self) -> None:
        self.taken += self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        return


def ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez").status_code == 200
    except httpx.TransportError:
        return False


def test_no_secret_is_logged_traced_or_answered_in_a_run_where_much_goes_wrong(
    database_server: str, database_url: str, tmp_path: Path
) -> None:
    make_tokens(tmp_path, ["CNCA", BODY])
    tokens = dict(line.split(" ", 1) for line in (tmp_path / "tokens.txt").read_text("utf-8").splitlines())
    wrong, password = "wrong-0123456789abcdef", urlsplit(database_url).password
    assert password
    taken = bytearray()
    collector = ThreadingHTTPServer(("127.0.0.1", 0), type("Taking", (Collector,), {"taken": taken}))
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    port = free_port()
    environment = os.environ | {
        "CERTLEDGER_DATABASE_URL": database_url,
        "CERTLEDGER_RUN_DIR": str(tmp_path),
        "CERTLEDGER_HTTP_PORT": str(port),
        "CERTLEDGER_LOG_LEVEL": "debug",
        "CERTLEDGER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    address, answers = f"http://127.0.0.1:{port}", bytearray()
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "api.cli", "serve"], env=environment, stdout=log, stderr=log)
        try:
            eventually(lambda: ready(address), 60)
            with httpx.Client(base_url=address, timeout=30) as client:

                def ask(method: str, path: str, token: str, content: bytes = b"") -> int:
                    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
                    answer = client.request(method, path, content=content, headers=headers)
                    nonlocal answers
                    answers += answer.content + str(answer.headers).encode()
                    return answer.status_code

                good = tokens["CNCA"]
                assert ask("POST", "/v1/events", good, approved()[0].raw) == 201
                assert ask("POST", "/v1/events", wrong, approved()[0].raw) == 401
                assert ask("POST", "/v1/events", tokens[BODY], approved()[0].raw) == 403
                assert ask("POST", "/v1/events", good, b"[" * 1_000) == 400
                assert ask("GET", f"/v1/search?q=x&access_token={good}", good) == 503
                assert ask("GET", f"/v1/events/x?token={wrong}", good) == 422
                with psycopg.connect(database_server, autocommit=True) as connection:
                    name = urlsplit(database_url).path.removeprefix("/")
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name))
                    )
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                    )
                    assert ask("POST", "/v1/events", good, approved()[1].raw) == 503
                    assert ask("GET", "/readyz", good) == 503
                    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
            eventually(lambda: b"/v1/search" in taken, 30)
        finally:
            process.terminate()
            process.wait(30)
            collector.shutdown()
            collector.server_close()
    logged = (tmp_path / "serve.log").read_bytes()
    assert logged.count(b"\n") > 3
    for secret in (*tokens.values(), wrong, password):
        for told in (logged, bytes(taken), bytes(answers)):
            assert secret.strip().encode() not in told
