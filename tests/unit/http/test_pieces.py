import asyncio
import io
import json
import logging
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.http import cursors
from api.http.group_read import GroupRead
from api.http.limits.door import Door
from api.http.problems import language_of
from api.http.serve import NotLoopbackError, admitted_from
from api.http.tokens import Tokens, TokensUnreadable, make_tokens, read_tokens
from infra import telemetry
from infra.limits import Limits
from infra.metrics import Metrics


def test_tokens_are_made_once_for_their_owner_alone_and_kept_as_digests(tmp_path: Path) -> None:
    clear = make_tokens(tmp_path / "run", ["CNCA", "CNCA-R-2031-101"])
    text = clear.read_text()
    assert make_tokens(tmp_path / "run", ["SAMR"]).read_text() == text
    kept = tmp_path / "run" / "tokens.json"
    for file in (clear, kept):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    tokens = read_tokens(kept)
    for line in text.splitlines():
        party, token = line.split()
        assert token not in kept.read_text()
        assert tokens.party(f"Bearer {token}") == tokens.party(f"bearer {token}") == party
        assert tokens.party(f"Basic {token}") is None
    assert tokens.party(None) is None
    assert tokens.party("Bearer ") is None
    assert Tokens({}).party("Bearer x") is None


@pytest.mark.parametrize(
    "content", ["", "[]", '{"xy":"CNCA"}', '{"%s":"nobody"}' % ("0" * 64), '{"%s":1}' % ("0" * 64)]
)
def test_a_broken_tokens_file_says_so_in_both_languages(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(content)
    with pytest.raises(TokensUnreadable, match=r"令牌文件.*cannot be read"):
        read_tokens(file)


class Connected:
    """A connection with nothing on it."""

    def overdue(self, now: float) -> str | None:
        return None

    def unread_bytes(self) -> int:
        return 0

    def cut_unread(self) -> None:
        return None

    def make_room(self) -> bool:
        return False


PROXIES = Limits(trusted_proxies="10.1.2.3,fd00::/64")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_in_development_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(NotLoopbackError, match=r"(?s)拒绝监听.*开发环境.*Refusing.*CERTLEDGER_ENVIRONMENT=production"):
        admitted_from(host, PROXIES, in_development=True)


@pytest.mark.parametrize("trusted", ["", "0.0.0.0/0", "10.0.0.0/8,::/0"])
def test_in_production_a_network_is_served_only_behind_proxies_that_are_named(trusted: str) -> None:
    with pytest.raises(NotLoopbackError, match=r"(?s)拒绝监听.*CERTLEDGER_LIMIT_TRUSTED_PROXIES.*Refusing"):
        admitted_from("0.0.0.0", Limits(trusted_proxies=trusted), in_development=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
@pytest.mark.parametrize("in_development", [True, False])
def test_loopback_addresses_are_served(host: str, in_development: bool) -> None:
    assert admitted_from(host, Limits(), in_development=in_development) == ()


@pytest.mark.parametrize("host", ["nowhere.invalid", ""])
def test_an_address_that_there_is_not_is_named(host: str) -> None:
    with pytest.raises(NotLoopbackError, match="There is no such address"):
        admitted_from(host, Limits(), in_development=False)


def test_on_a_network_the_proxies_and_this_machine_alone_are_let_in() -> None:
    door = Door(PROXIES, Metrics(), only_from=admitted_from("0.0.0.0", PROXIES, in_development=False))
    for host in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::7", "127.0.0.1", "::1"):
        assert door.enter(Connected(), host) is None, host
    for host in ("10.1.2.4", "192.0.2.1", "fd00:0:0:1::7", "::ffff:192.0.2.1", ""):
        assert door.enter(Connected(), host) == "not_through_the_proxy", host


def test_a_cursor_is_read_by_the_query_that_gave_it_out_alone() -> None:
    cursor = cursors.encode("trail a", [17, "证书", 20])
    kinds = (cursors.is_position, cursors.is_text, cursors.is_position)
    assert cursors.decode("trail a", cursor, *kinds) == [17, "证书", 20]
    for operation, text in (("trail b", cursor), ("trail a", cursor[:-2]), ("trail a", "é"), ("trail a", "")):
        with pytest.raises(cursors.CursorInvalid):
            cursors.decode(operation, text, *kinds)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (cursors.is_position, [-1, 0, 2**63 - 1], [-2, 2**63, True, 1.0, "1", None]),
        (cursors.is_text, ["", "certificate:A:1"], ["a\0", "a\n", "x" * 301, 1, None]),
        (cursors.is_instant, ["2031-03-05T01:30:02.114201+00:00"], ["2031-03-05T01:30:02", "2031-03-05", "x" * 50, 1]),
        (cursors.is_digest, ["0f" * 32], ["0F" * 32, "0f" * 31, "0f" * 33, 1, None]),
        (cursors.is_day, ["2031-03-05"], ["2031-02-30", "2031-3-5", "20310305", 1, None]),
    ],
)
def test_a_forged_cursor_brings_in_nothing_that_its_query_could_not_be_given(
    kind: cursors.Kind, good: list[Any], bad: list[Any]
) -> None:
    for value in good:
        assert cursors.decode("q", cursors.encode("q", [value]), kind) == [value]
    for value in bad:
        with pytest.raises(cursors.CursorInvalid):
            cursors.decode("q", cursors.encode("q", [value]), kind)
    for values in ([], [good[0], good[0]]):
        with pytest.raises(cursors.CursorInvalid):
            cursors.decode("q", cursors.encode("q", values), kind)


@given(
    st.lists(st.one_of(st.integers(-1, 2**63 - 1), st.text(max_size=50).filter(str.isprintable)), max_size=4),
    st.integers(0, 500),
    st.characters(codec="ascii"),
)
def test_a_cursor_is_read_back_as_it_was_and_never_as_anything_else(values: list[Any], place: int, other: str) -> None:
    kinds = [cursors.is_text if isinstance(value, str) else cursors.is_position for value in values]
    cursor = cursors.encode("q", values)
    assert cursors.decode("q", cursor, *kinds) == values
    at = place % len(cursor)
    altered = cursor[:at] + other + cursor[at + 1 :]
    with suppress(cursors.CursorInvalid):
        # The last character of base64 may hold bits that say nothing.
        assert cursors.decode("q", altered, *kinds) == values


@pytest.mark.parametrize(
    ("header", "language"),
    [(None, "zh"), ("", "zh"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("zh-CN, en;q=0.5", "zh"), ("fr", "zh"),
     ("en;q=0.2, zh;q=0.9", "zh"), ("en;q=nonsense", "zh"), ("de, en;q=0.1", "en")],
)  # fmt: skip
def test_the_language_is_the_one_preferred_of_those_we_speak(header: str | None, language: str) -> None:
    assert language_of(header) == language


def test_what_is_asked_while_a_query_runs_is_asked_together_in_the_next_one() -> None:
    batches: list[list[int]] = []

    async def read(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        await asyncio.sleep(0)
        if 13 in asked:
            raise LookupError
        return [number * 2 for number in asked]

    async def main() -> None:
        group = GroupRead(read)
        assert await group.ask(1) == 2
        for _ in range(3):
            assert await asyncio.gather(*(group.ask(number) for number in range(10))) == [2 * n for n in range(10)]
        with pytest.raises(LookupError):
            await group.ask(13)
        assert await group.ask(5) == 10

    asyncio.run(main())
    assert batches[0] == [1]
    assert len(batches) <= 9


def test_a_callers_context_is_kept_and_a_malformed_one_replaced() -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert telemetry.current_traceparent(given) == given
    for wrong in (None, "", "nonsense", given.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32), f"ff{given[2:]}"):
        made = telemetry.current_traceparent(wrong)
        assert made != given
        assert telemetry.parse_traceparent(made) is not None
    assert telemetry.trace_id_of(given) == "0af7651916cd43dd8448eb211c80319c"
    assert telemetry.trace_id_of(None) is None


def test_a_span_continues_its_parent_and_links_to_those_it_works_for(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    first = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    other = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.span("outer", first, linked=[other, None, other], events=2):
        running = telemetry.current_traceparent(other)
        with telemetry.span("inner"):
            pass
    inner, outer = exporter.get_finished_spans()
    assert outer.context is not None
    assert f"{outer.context.trace_id:032x}" == running.split("-")[1] == first.split("-")[1]
    assert [f"{link.context.trace_id:032x}" for link in outer.links] == [other.split("-")[1]]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert not trace.get_current_span().get_span_context().is_valid


def test_logs_are_json_lines_from_structlog_and_the_standard_library_alike() -> None:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    stream = io.StringIO()
    try:
        telemetry.configure_logging("info", stream)
        structlog.get_logger("ledger").info("记录", position=18)
        logging.getLogger("library").warning("told %s", "so")
        structlog.get_logger("ledger").debug("silent")
    finally:
        root.handlers = before
        root.setLevel(level)
        structlog.reset_defaults()
    own, foreign = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (own["event"], own["position"], own["level"], own["logger"]) == ("记录", 18, "info", "ledger")
    assert (foreign["event"], foreign["level"], foreign["logger"]) == ("told so", "warning", "library")
