import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.http.limits.addresses import client_key, is_within
from api.http.limits.connection import canned
from api.http.limits.headers import ALWAYS, secured
from api.http.limits.nesting import is_too_deep
from api.http.limits.places import Places
from api.http.limits.rates import Rate, told
from api.http.problems import ProblemError
from api.http.service import Ports, Service
from api.http.tokens import Tokens
from infra.limits import Limits, networks
from infra.open_ledger import open_memory_ledger
from ledger.families import EVENT_TYPES
from ledger.refusals import messages


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    clock = Clock()
    rate = Rate("address", 10, 20, clock=clock)
    assert [rate.take("a") for _ in range(20)] == [0.0] * 20
    assert rate.take("a") == pytest.approx(0.1)
    assert rate.take("b") == 0.0
    clock.now += 0.5
    assert [rate.take("a") for _ in range(5)] == [0.0] * 5
    assert rate.take("a") > 0


def test_what_was_refused_costs_nothing_and_waiting_as_told_is_enough() -> None:
    clock = Clock()
    rate = Rate("address", 3, 7, clock=clock)
    for _ in range(500):
        wait = rate.take("a", 2)
        if wait:
            assert rate.take("a", 2) == wait
            clock.now += wait
            assert rate.take("a", 2) == 0.0


def test_more_than_a_bucket_holds_is_taken_as_all_of_it() -> None:
    clock = Clock()
    rate = Rate("party", 10, 100, clock=clock)
    assert rate.take("a", 5_000) == 0.0
    assert rate.take("a", 5_000) == pytest.approx(10.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3), st.integers(1, 5)), max_size=200))
def test_forgetting_full_buckets_never_changes_an_answer(steps: list[tuple[str, float, int]]) -> None:
    clock = Clock()
    forgetful = Rate("address", 4, 8, clock=clock)
    full_at: dict[str, float] = {}
    for key, seconds, units in steps:
        clock.now += seconds
        would_be = max(full_at.get(key, 0), clock.now) + units / 4
        admitted = would_be - clock.now <= 2 + 1e-9
        assert (forgetful.take(key, units) == 0.0) == admitted
        if admitted:
            full_at[key] = would_be


def test_a_crowd_of_addresses_takes_bounded_memory() -> None:
    rate = Rate("address", 1, 1_000, kept=1_000)
    for number in range(10_000):
        rate.take(str(number))
        assert len(rate) <= 2_000
    clock = Clock()
    quiet = Rate("address", 10, 10, clock=clock)
    for number in range(5):
        quiet.take(str(number))
        clock.now += 2
    assert len(quiet) <= 2


def test_the_quota_is_told_as_structured_fields() -> None:
    clock = Clock()
    rate = Rate("address", 10, 100, clock=clock)
    rate.take("a", 30)
    assert told(rate, "a") == {"RateLimit-Policy": '"address";q=100;w=10', "RateLimit": '"address";r=70;t=3'}


@pytest.mark.parametrize(
    ("host", "key"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
     ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"),
     ("", ""), ("unix", "")],
)  # fmt: skip
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(host: str, key: str) -> None:
    assert client_key(host) == key


def test_proxies_are_trusted_by_address_or_network_alone() -> None:
    trusted = networks("127.0.0.1, 10.0.0.0/8, ::1")
    assert [is_within(host, trusted) for host in ("127.0.0.1", "::ffff:10.1.2.3", "::1")] == [True] * 3
    assert [is_within(host, trusted) for host in ("127.0.0.2", "11.0.0.1", "x", "")] == [False] * 4
    with pytest.raises(ValidationError):
        Limits(trusted_proxies="proxy.example")


def test_places_are_given_back_and_nobody_is_remembered() -> None:
    places = Places(3, 2)
    places.enter("a"), places.enter("a")
    assert (places.has("a"), places.has("b"), places.is_full()) == (False, True, False)
    places.enter("b")
    assert places.is_full()
    for key in "aab":
        places.leave(key)
    assert (places.taken, len(places)) == (0, 0)


def nested(value: Any) -> int:
    inside: Iterator[Any] = iter(())
    if isinstance(value, dict):
        inside = iter(value.values())
    elif isinstance(value, list):
        inside = iter(value)
    else:
        return 0
    return 1 + max(map(nested, inside), default=0)


ANYTHING = st.recursive(
    st.text('[]{}"\\a', max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[{"\\', max_size=3), inner, max_size=4),
    max_leaves=30,
)  # fmt: skip


@given(ANYTHING, st.integers(1, 8), st.integers(1, 40))
def test_depth_is_found_without_parsing_wherever_the_text_is_cut(value: Any, levels: int, step: int) -> None:
    assert is_too_deep(json.dumps(value).encode(), levels, step=step) == (nested(value) > levels)


@pytest.mark.parametrize(
    ("raw", "deep"),
    [
        (b"[" * 1_000 + b"]" * 1_000, True),
        (b"[" * 8_388_608, True),
        (b'{"a":' * 1_000, True),
        (b'["' + b"[" * 1_000 + b'"]', False),
        (b"[[[" * 20 + b'"' + b'\\"' * 4_000_000, True),
        (b'"' + b'\\"' * 4_000_000 + b"[" * 100, False),
        (b"[" + b"[]," * 2_000_000 + b"[]]", False),
    ],
    ids=["deep", "open", "objects", "in a text", "quotes", "unclosed text", "wide"],
)
def test_hostile_texts_are_judged_in_bounded_time(raw: bytes, deep: bool) -> None:
    started = time.process_time()
    assert is_too_deep(raw, 32) == deep
    # Quadratic work on 8 MiB would take hours; this takes under a second on a quiet machine.
    assert time.process_time() - started < 20


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "application/problem+json"])
def test_every_answer_carries_the_security_fields(kind: str, secure: bool) -> None:
    fields = dict(secured([(b"content-type", kind.encode())], secure=secure, private=False))
    assert dict(ALWAYS).items() <= fields.items()
    assert b"frame-ancestors 'none'" in fields[b"content-security-policy"]
    assert b"default-src 'none'" in fields[b"content-security-policy"]
    assert b"unsafe" not in fields[b"content-security-policy"]
    assert fields[b"cache-control"] == b"no-store"
    assert (b"strict-transport-security" in fields) == secure


def test_a_private_answer_is_never_kept_and_a_pages_own_policy_stands_alone() -> None:
    given_fields = [(b"content-type", b"text/html"), (b"content-security-policy", b"own"),
                    (b"cache-control", b"public, max-age=300")]  # fmt: skip
    kept = secured(given_fields, secure=False, private=False)
    assert [value for name, value in kept if name == b"content-security-policy"] == [b"own"]
    assert (b"cache-control", b"public, max-age=300") in kept
    private = secured(given_fields, secure=False, private=True)
    assert [value for name, value in private if name == b"cache-control"] == [b"no-store"]


@pytest.mark.parametrize("code", sorted(code for code, row in messages().items() if row.status in {408, 414, 429, 431}))
def test_a_refusal_before_the_header_is_read_is_a_whole_problem(code: str) -> None:
    head, _, body = canned(code).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % messages()[code].status)
    assert b"content-length: %d" % len(body) in head
    told_to = json.loads(body)
    assert told_to["code"] == code
    assert told_to["zh"]["action"]
    assert told_to["en"]["action"]


def unbounded(schema: dict[str, Any], definitions: dict[str, Any], path: str, seen: frozenset[str]) -> Iterator[str]:
    """The places in a JSON Schema where a text or a list may be as long as it likes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from unbounded(definitions[name], definitions, path, seen | {name})
        return
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from unbounded(each, definitions, path, seen)
    if schema.get("type") == "string" and not {"maxLength", "pattern", "enum", "const", "format"} & schema.keys():
        yield path
    if schema.get("type") == "array":
        if "maxItems" not in schema and "prefixItems" not in schema:
            yield f"{path}[]"
        yield from unbounded(schema.get("items", {}), definitions, f"{path}[]", seen)
    for name, member in schema.get("properties", {}).items():
        yield from unbounded(member, definitions, f"{path}/{name}", seen)
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield from unbounded(schema["additionalProperties"], definitions, f"{path}/*", seen)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_every_text_and_list_of_an_event_has_a_longest_form(name: str) -> None:
    schema = EVENT_TYPES[name].model.model_json_schema()
    assert list(unbounded(schema, schema.get("$defs", {}), "", frozenset())) == []


def test_every_limit_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "limits.md").read_text("utf-8")
    for name, field in Limits.model_fields.items():
        assert f"| `CERTLEDGER_LIMIT_{name.upper()}` | {field.default!r} | " in page


def test_servers_that_share_the_clients_share_the_quotas() -> None:
    whole = {"address_requests_per_second": 200, "address_burst": 1_000}
    limits = Limits(servers=4, party_events_per_second=500, party_burst=20_000, **whole)
    assert (limits.share(limits.address_requests_per_second), limits.share(limits.address_burst)) == (50, 250)
    assert Limits(servers=4, address_burst=2).share(2) == 1
    service = Service(Ports(ledger=open_memory_ledger(), database_url="", tokens=Tokens({}), limits=limits))
    service.charge("CNCA", 5_000)
    with pytest.raises(ProblemError):
        service.charge("CNCA", 1_000)
