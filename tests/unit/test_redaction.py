import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from infra import telemetry
from infra.redacting_exporter import RedactingExporter
from infra.redaction import BLOT, hide, redacted

SECRET = "correct-horse-battery"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    stream = io.StringIO()
    telemetry.configure_logging("debug", stream)
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ledger:{SECRET}@db.example/ledger",
        f"could not connect to amqp+ssl://u:{SECRET}@h/v?x=1",
        f"Authorization: Bearer {SECRET}",
        f"bearer {SECRET}",
        f"Basic {SECRET}==",
        f"password={SECRET} host=db",
        f"host=db password='{SECRET}' port=1",
        f'{{"password": "{SECRET}", "user": "x"}}',
        f"{{\"event\": \"{{'sasl_plain_password': '{SECRET}'}}\"}}",
        f'{{"event": "{{\\"client_secret\\": \\"{SECRET}\\"}}"}}',
        f"GET /v1/events?access_token={SECRET}&limit=1",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjb3JyZWN0In0.correct-horse-battery",
        f"sasl.jaas.config='org.apache.kafka ScramLoginModule required password=\"{SECRET}\";'",
    ],
)
def test_what_looks_like_a_credential_is_blotted_out(text: str) -> None:
    assert SECRET not in redacted(text)
    assert BLOT in redacted(text)


@pytest.mark.parametrize(
    "text",
    ["the token of a party is missing", "postgresql://ledger@db/ledger", "passwordless", "code token_missing",
     '{"event":"记录","position":18}', "https://example.org/a:b@c"],
)  # fmt: skip
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text


def test_a_known_value_is_blotted_out_in_every_spelling() -> None:
    hide(["postgresql://u:s%40fe-p%2Fword@h/d", "k4fka-secret", None, ""])
    assert redacted("tried s@fe-p/word, s%40fe-p%2Fword and k4fka-secret") == f"tried {BLOT}, {BLOT} and {BLOT}"


def test_no_logger_and_no_traceback_tells_a_secret(log: io.StringIO) -> None:
    def fails(token: str) -> None:
        raise ValueError(f"refused by postgresql://u:{token}@h")

    structlog.get_logger("own").info("asked", authorization=f"Bearer {SECRET}", url=f"https://u:{SECRET}@h")
    logging.getLogger("library").warning("sent %r", {"password": SECRET})
    try:
        fails(SECRET)
    except ValueError:
        structlog.get_logger("own").exception("failed")
        logging.getLogger("library").exception("failed")
    lines = log.getvalue().splitlines()
    assert len(lines) == 4
    assert all(json.loads(line)["event"] for line in lines)
    assert SECRET not in log.getvalue()


def test_no_span_tells_a_secret() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(RedactingExporter(kept)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("GET /x") as span:
        span.set_attributes({"url.query": f"access_token={SECRET}", "http.request.header.authorization": [SECRET],
                             "db.password": SECRET, "lines": [f"Bearer {SECRET}", "ok"], "count": 3})  # fmt: skip
        span.record_exception(ValueError(f"password={SECRET}"))
        span.set_status(StatusCode.ERROR, f"Bearer {SECRET}")
    provider.shutdown()
    (exported,) = kept.get_finished_spans()
    assert SECRET not in exported.to_json()
    assert exported.attributes is not None
    assert exported.attributes["count"] == 3
    assert [event.name for event in exported.events] == ["exception"]
