import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwk
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from api.http.service import Ports
from api.http.tokens import Tokens
from api.identity.claims import thumbprint
from api.identity.keyring import COOL_DOWN_SECONDS, KEEP_SECONDS, LONGEST_SECONDS
from infra.services.spawn import free_ports
from tests.integration.http.conftest import Running, serving
from tests.support.issuing import Provider, answering, providing, raw, signed
from tests.support.statements import BODY, OTHER_BODY, approved, issued

CHALLENGE = 'Bearer realm="certledger", error="invalid_token"'


@dataclass
class Door:
    """The interface behind a provider."""

    app: Running
    provider: Provider

    def send(self, token: str | None, **headers: str) -> httpx.Response:
        (said,) = [each for each in approved() if each.source == "CCAA"]
        sent = {"Content-Type": "application/cloudevents+json", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return self.app.client.post("/v1/events", content=said.raw, headers=sent)


@pytest.fixture
def provider(tmp_path: Path, now: datetime) -> Iterator[Provider]:
    with providing(tmp_path, now, {"CCAA": "secret of CCAA", BODY: "secret of the body"}) as running:
        yield running


@pytest.fixture
def door(ports: Ports, provider: Provider) -> Iterator[Door]:
    with serving(replace(ports, verifier=provider.verifier())) as app:
        yield Door(app, provider)


def _other_key(provider: Provider) -> dict[str, Any]:
    key = jwk.ECKey.generate_key("P-256", private=True).as_dict(private=True)
    return {**key, "kid": provider.signing["kid"]}


def _public_pem(provider: Provider) -> bytes:
    public: bytes = jwk.ECKey.import_key(provider.signing).as_pem(private=False)
    return public


def _hmac_with_public_key(provider: Provider, secret: Callable[[Provider], bytes]) -> str:
    header, claims = provider.header(alg="HS256"), provider.claims("CCAA")
    unsigned = raw(header, claims, b"").rstrip(".")
    mac = hmac.HMAC(secret(provider), hashes.SHA256())
    mac.update(unsigned.encode())
    return raw(header, claims, mac.finalize())


def _changed_payload(provider: Provider) -> str:
    head, _, signature = provider.token(BODY).split(".")
    payload = base64.urlsafe_b64encode(orjson.dumps(provider.claims("CCAA"))).rstrip(b"=").decode()
    return f"{head}.{payload}.{signature}"


def _twice(provider: Provider, name: str, first: Any) -> str:
    claims = orjson.dumps(provider.claims("CCAA"))
    return signed(provider.header(), b"{" + orjson.dumps({name: first})[1:-1] + b"," + claims[1:], provider.signing)


def _header_twice(provider: Provider) -> str:
    _, payload, signature = provider.token("CCAA").split(".")
    header = b'{"alg":"none",' + orjson.dumps(provider.header())[1:]
    return ".".join([base64.urlsafe_b64encode(header).rstrip(b"=").decode(), payload, signature])


def _embedded_key(provider: Provider) -> str:
    own = jwk.ECKey.generate_key("P-256", private=True)
    header = provider.header(jwk=own.as_dict(private=False))
    return signed(header, provider.claims("CCAA"), own.as_dict(private=True))


def _seconds(provider: Provider, seconds: int) -> int:
    return int(provider.now.timestamp()) + seconds


Abuse = Callable[[Provider], str]
ABUSES: dict[str, Abuse] = {
    "expired": lambda p: p.token("CCAA", iat=_seconds(p, -900), exp=_seconds(p, -60)),
    "expired this very moment, leeway included": lambda p: p.token("CCAA", exp=_seconds(p, -30)),
    "never expires": lambda p: p.token("CCAA", exp=None),
    "expires at no number": lambda p: p.token("CCAA", exp="2099-01-01"),
    "expires at true": lambda p: p.token("CCAA", exp=True),
    "not yet valid": lambda p: p.token("CCAA", nbf=_seconds(p, 60)),
    "issued in the future": lambda p: p.token("CCAA", iat=_seconds(p, 60)),
    "issued at no time": lambda p: p.token("CCAA", iat=None),
    "for another audience": lambda p: p.token("CCAA", aud="another"),
    "for other audiences": lambda p: p.token("CCAA", aud=["another", "certledger2"]),
    "for an audience that is no text": lambda p: p.token("CCAA", aud=[1, "certledger"]),
    "for nobody": lambda p: p.token("CCAA", aud=None),
    "by another issuer": lambda p: p.token("CCAA", iss="https://issuer.example"),
    "by the issuer with a slash": lambda p: p.token("CCAA", iss=p.address + "/"),
    "by no issuer": lambda p: p.token("CCAA", iss=None),
    "about nobody": lambda p: p.token("CCAA", sub=None),
    "about an empty subject": lambda p: p.token("CCAA", sub=""),
    "about a subject of a thousand characters": lambda p: p.token("CCAA", sub="x" * 1_000),
    "alg none": lambda p: raw(p.header(alg="none"), p.claims("CCAA"), b"-")[:-2] + "AA",
    "alg none, unsigned": lambda p: raw(p.header(alg="none"), p.claims("CCAA"), b""),
    "alg None": lambda p: raw(p.header(alg="None"), p.claims("CCAA"), b"x"),
    "HS256 with the public key in PEM": lambda p: _hmac_with_public_key(p, _public_pem),
    "HS256 with the public key's coordinate": lambda p: _hmac_with_public_key(p, lambda q: q.signing["x"].encode()),
    "an algorithm of another key": lambda p: raw(p.header(alg="RS256"), p.claims("CCAA"), b"x" * 256),
    "ES384 with a key for ES256": lambda p: raw(p.header(alg="ES384"), p.claims("CCAA"), b"x" * 96),
    "an algorithm that is no text": lambda p: raw(p.header(alg=["ES256"]), p.claims("CCAA"), b"x"),
    "another key under the same name": lambda p: signed(p.header(), p.claims("CCAA"), _other_key(p)),
    "another key that the token brings along": _embedded_key,
    "a key at an address that the token names": lambda p: signed(
        p.header(jku="https://keys.example/jwks", x5u="https://keys.example/x5"), p.claims("CCAA"), _other_key(p)
    ),
    "kid unknown": lambda p: p.token("CCAA", {"kid": "unknown"}),
    "kid a path": lambda p: p.token("CCAA", {"kid": "../../../../dev/null"}),
    "kid an address": lambda p: p.token("CCAA", {"kid": "https://keys.example/jwks"}),
    "kid a query": lambda p: p.token("CCAA", {"kid": "' UNION SELECT 'x"}),
    "kid empty": lambda p: p.token("CCAA", {"kid": ""}),
    "kid missing": lambda p: p.token("CCAA", {"kid": None}),
    "kid endless": lambda p: p.token("CCAA", {"kid": "k" * 4_000}),
    "kid no text": lambda p: raw(p.header(kid=["x"]), p.claims("CCAA"), b"x"),
    "a critical extension": lambda p: signed(
        p.header(crit=["b64"], b64=True), p.claims("CCAA"), p.signing, algorithm="ES256"
    ),
    "of another type": lambda p: p.token("CCAA", {"typ": "logout+jwt"}),
    "of a type that is no text": lambda p: raw(p.header(typ=1), p.claims("CCAA"), b"x"),
    "payload changed": _changed_payload,
    "signature cut": lambda p: p.token("CCAA")[:-4],
    "signature empty": lambda p: p.token("CCAA").rpartition(".")[0] + ".",
    "encrypted, five parts": lambda p: p.token("CCAA") + ".a.b",
    "two parts": lambda p: p.token("CCAA").rpartition(".")[0],
    "a claim named twice": lambda p: _twice(p, "certledger_party", BODY),
    "expiry named twice": lambda p: _twice(p, "exp", 1),
    "header member named twice": _header_twice,
    "claims that are no object": lambda p: signed(p.header(), b"[]", p.signing),
    "claims that are no JSON": lambda p: signed(p.header(), b"\xff\xfe", p.signing),
    "claims nested without end": lambda p: signed(p.header(), b'{"a":' + b"[" * 2_000, p.signing),
    "a giant": lambda p: p.token("CCAA", padding="x" * 20_000),
    "a giant without parts": lambda _: "x" * 30_000,
    "a party that is none": lambda p: p.token("nobody"),
    "a party that is no text": lambda p: p.token("CCAA", certledger_party=["CCAA"]),
    "no party and no role": lambda p: p.token("CCAA", certledger_party=None),
    "a role of another kind": lambda p: p.token("CCAA", certledger_role="body"),
    "a role that is no text": lambda p: p.token("CCAA", certledger_role=["auditor"]),
    "a role that nobody has": lambda p: p.token("CCAA", certledger_role="public"),
    "the ledger's own clock": lambda p: p.token("clock"),
    "bound to a certificate that was not shown": lambda p: p.token("CCAA", cnf={"x5t#S256": "A" * 43}),
    "bound in a way that is not known": lambda p: p.token("CCAA", cnf={"jkt": "A" * 43}),
    "bound in two ways": lambda p: p.token("CCAA", cnf={"jkt": "A" * 43, "x5t#S256": "A" * 43}),
    "bound to nothing": lambda p: p.token("CCAA", cnf={}),
    "bound to text": lambda p: p.token("CCAA", cnf="A" * 43),
    "no token of the run folder": lambda _: "guessed",
}


def test_a_right_token_speaks_for_its_party(door: Door) -> None:
    for typ in ("at+jwt", "application/at+jwt", "JWT", None):
        assert door.send(door.provider.token("CCAA", {"typ": typ})).status_code in {200, 201}
    assert door.send(door.provider.token("CCAA", aud=["another", "certledger"])).status_code == 200
    assert door.send(door.provider.token("CCAA", certledger_role="registrar")).status_code == 200
    # The header's own addresses and keys are passed over, the signature is the provider's.
    ignored = {"jku": "https://keys.example/jwks", "x5t": "x", "x5c": ["A" * 900]}
    assert door.send(door.provider.token("CCAA", ignored)).status_code == 200
    within_leeway = door.provider.token("CCAA", nbf=_seconds(door.provider, 20), exp=_seconds(door.provider, -20))
    assert door.send(within_leeway).status_code == 200
    assert door.provider.asked == ["/.well-known/openid-configuration", "/jwks"]


def _shape(answer: httpx.Response) -> tuple[Any, ...]:
    body = answer.json()
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, body


def test_every_abuse_of_a_token_is_answered_alike(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    expected = _shape(door.send("wrong"))
    assert expected[0] == 401
    assert expected[1]["www-authenticate"] == CHALLENGE
    assert expected[1]["content-type"] == "application/problem+json"
    assert expected[2]["code"] == "token_refused"
    differing, tokens = {}, []
    for name, abuse in ABUSES.items():
        # Even an unknown key is asked for again at most once in ten seconds; here each time.
        door.provider.moment[0] += COOL_DOWN_SECONDS
        tokens.append(abuse(door.provider))
        found = _shape(door.send(tokens[-1]))
        if found != expected:
            differing[name] = found
    assert not differing
    assert door.app.ports.ledger.event_log.head() == 0
    logged = "".join(capfd.readouterr())
    assert logged.count("identity.token_refused") == len(ABUSES) + 1
    for part in {part for token in tokens for part in token.split(".") if len(part) > 20}:
        assert part not in logged


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Basic Q0NBQTpzZWNyZXQ=")],
        [("Authorization", "Bearer")],
        [("Authorization", "")],
        [("Authorization", "Digest x")],
        [("Authorization", "Bearer a.b.c"), ("Authorization", "Bearer a.b.c")],
        [("Authorization", "Bearer \u00e9.b.c".encode("latin-1"))],
    ],
)
def test_credentials_of_another_kind_are_answered_as_a_wrong_token(door: Door, headers: Any) -> None:
    answer = door.app.client.post("/v1/events", content=b"{}", headers=headers)
    assert _shape(answer) == _shape(door.send("wrong"))


def test_no_token_is_told_that_one_is_needed_without_an_error_code(door: Door) -> None:
    answer = door.send(None)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_missing"
    assert answer.headers["www-authenticate"] == 'Bearer realm="certledger"'
    assert set(answer.json()) == set(door.send("wrong").json())


@pytest.mark.parametrize(
    "token",
    [
        lambda p: p.token(BODY),
        lambda p: p.token("SAMR-440604"),
        lambda p: p.token("CCAA", certledger_role="auditor"),
        lambda p: p.token("CCAA", certledger_role="operator"),
        lambda p: p.token("CCAA", certledger_role="auditor", certledger_party=None),
    ],
)
def test_a_right_token_of_another_party_or_role_does_not_speak_for_it(door: Door, token: Abuse) -> None:
    answer = door.send(token(door.provider))
    assert answer.status_code == 403
    assert answer.json()["code"] == "source_not_yours"
    assert answer.json()["pointer"] == "/source"
    assert set(answer.json()) == set(door.send("wrong").json())
    assert door.app.ports.ledger.event_log.head() == 0


def test_each_event_of_a_batch_is_judged_by_the_token(door: Door) -> None:
    mixed = [*approved(), issued()]
    content = b"[" + b",".join(each.raw for each in mixed) + b"]"
    headers = {
        "Content-Type": "application/cloudevents-batch+json",
        "Authorization": f"Bearer {door.provider.token('CCAA')}",
    }
    outcomes = door.app.client.post("/v1/events", content=content, headers=headers).json()["outcomes"]
    for said, outcome in zip(mixed, outcomes, strict=True):
        if said.source == "CCAA":
            assert outcome["outcome"] == "recorded"
        else:
            assert outcome["problem"]["code"] == "source_not_yours"


def test_an_organisation_speaks_for_itself_under_either_spelling(door: Door) -> None:
    said = issued().raw.replace(f'"source":"{BODY}"'.encode(), b'"source":"organisation:M000100Y4"')
    headers = {"Content-Type": "application/cloudevents+json"}
    for party, code in (
        ("organisation:91350100M000100Y43", "not_competent"),
        ("organisation:91350100M000200Y43", "source_not_yours"),
    ):
        headers["Authorization"] = f"Bearer {door.provider.token(party)}"
        refused = door.app.client.post("/v1/events", content=said, headers=headers)
        assert refused.status_code == 403
        assert (refused.json()["code"] == "source_not_yours") == (code == "source_not_yours")


def test_a_token_replayed_after_its_key_was_withdrawn_is_refused(door: Door) -> None:
    old = door.provider.token("CCAA")
    assert door.send(old).status_code == 201
    door.provider.rotate(keep=1)
    door.provider.moment[0] += COOL_DOWN_SECONDS
    assert door.send(door.provider.token("CCAA")).status_code == 200
    assert door.send(old).status_code == 200, "the provider still shows the old key"
    door.provider.rotate(keep=0)
    door.provider.moment[0] += KEEP_SECONDS
    assert _shape(door.send(old)) == _shape(door.send("wrong"))
    assert door.send(door.provider.token("CCAA")).status_code == 200


def test_a_token_that_was_believed_is_refused_once_it_expires_or_its_certificate_is_gone(
    ports: Ports, provider: Provider
) -> None:
    moment = [provider.now]
    own = _certificate()
    known = replace(ports, verifier=provider.verifier(), proxies=frozenset({"127.0.0.1"}), clock=lambda: moment[0])
    with serving(known) as app:
        door = Door(app, provider)
        plain, bound = provider.token("CCAA"), provider.token("CCAA", cnf={"x5t#S256": thumbprint(own)})
        for _ in range(2):
            assert door.send(plain).status_code in {200, 201}
            assert door.send(bound, **{"Client-Cert": _forwarded(own)}).status_code == 200
        assert _shape(door.send(bound)) == _shape(door.send("wrong"))
        moment[0] += timedelta(seconds=700)
        assert _shape(door.send(plain)) == _shape(door.send("wrong"))


def test_unknown_keys_are_asked_for_at_a_bounded_rate(door: Door) -> None:
    assert door.send(door.provider.token("CCAA")).status_code == 201
    for _ in range(50):
        assert door.send(door.provider.token("CCAA", {"kid": "unknown"})).status_code == 401
    assert len(door.provider.asked) == 2
    door.provider.moment[0] += COOL_DOWN_SECONDS
    for _ in range(50):
        door.send(door.provider.token("CCAA", {"kid": "unknown"}))
    assert len(door.provider.asked) == 4


def test_while_the_provider_is_away_its_keys_go_on_for_an_hour_and_no_longer(
    ports: Ports, tmp_path: Path, now: datetime
) -> None:
    with providing(tmp_path, now) as provider:
        token = provider.token("CCAA")
        with serving(replace(ports, verifier=provider.verifier())) as app:
            door = Door(app, provider)
            assert door.send(token).status_code == 201
            _away(door, provider)
    assert provider.asked


def _away(door: Door, provider: Provider) -> None:
    # The keys are asked for at an address where nobody listens any more.
    gone = f"http://127.0.0.1:{free_ports(1)[0]}"
    verifier = door.app.ports.verifier
    assert verifier is not None
    verifier._keys._fetch = _unreachable(verifier._keys._fetch, provider.address, gone)  # type: ignore[attr-defined]
    token = provider.token("CCAA")
    provider.moment[0] += KEEP_SECONDS
    assert door.send(token).status_code == 200
    provider.moment[0] = LONGEST_SECONDS
    answer = door.send(token)
    assert answer.status_code == 503
    assert answer.json()["code"] == "identity_unavailable"
    assert answer.headers["retry-after"]
    assert door.app.client.get("/v1/events").status_code == 200, "who shows no token needs no provider"


def _unreachable(fetch: Any, address: str, gone: str) -> Any:
    async def away(asked: str) -> Any:
        return await fetch(asked.replace(address, gone))

    return away


@pytest.mark.parametrize("fault", ["issuer", "redirect", "giant", "not json", "not a set", "status", "plain http keys"])
def test_a_provider_that_answers_wrongly_gives_no_keys(ports: Ports, tmp_path: Path, now: datetime, fault: str) -> None:
    port = free_ports(1)[0]
    address = f"http://127.0.0.1:{port}"

    async def discovery(_request: Request) -> Response:
        named = "https://another.example" if fault == "issuer" else address
        keys = "http://keys.example/jwks" if fault == "plain http keys" else f"{address}/jwks"
        return JSONResponse({"issuer": named, "jwks_uri": keys})

    async def keys(_request: Request) -> Response:
        public = jwk.import_key(provider.signing).as_dict(private=False)
        answers: dict[str, Response] = {
            "redirect": RedirectResponse(f"{address}/elsewhere"),
            "giant": JSONResponse({"keys": [public], "padding": "x" * 300_000}),
            "not json": Response(b"<html>"),
            "not a set": JSONResponse({"keys": {}}),
            "status": JSONResponse({"keys": [public]}, 500),
        }
        return answers.get(fault) or JSONResponse({"keys": [public]})

    async def elsewhere(_request: Request) -> Response:
        return JSONResponse({"keys": [jwk.import_key(provider.signing).as_dict(private=False)]})

    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", keys),
            Route("/elsewhere", elsewhere),
        ]
    )
    with providing(tmp_path, now) as other:
        provider = Provider(other.folder, address, now)
        with answering(app, port), serving(replace(ports, verifier=provider.verifier())) as running:
            answer = Door(running, provider).send(provider.token("CCAA"))
    assert answer.status_code == 503
    assert answer.json()["code"] == "identity_unavailable"


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "body 101")])
    today = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, today, today + timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _forwarded(certificate: bytes) -> str:
    return f":{base64.b64encode(certificate).decode()}:"


def test_a_token_bound_to_a_certificate_needs_that_certificate_from_a_trusted_proxy(
    ports: Ports, provider: Provider
) -> None:
    own, other = _certificate(), _certificate()
    token = provider.token("CCAA", cnf={"x5t#S256": thumbprint(own)})
    behind = replace(ports, verifier=provider.verifier(), proxies=frozenset({"127.0.0.1"}))
    with serving(behind) as app:
        door = Door(app, provider)
        wrong = _shape(door.send("wrong"))
        assert door.send(token, **{"Client-Cert": _forwarded(own)}).status_code == 201
        for header in (_forwarded(other), base64.b64encode(own).decode(), "::", ":!:", ":" + "A" * 20_000 + ":"):
            assert _shape(door.send(token, **{"Client-Cert": header})) == wrong
        assert _shape(door.send(token)) == wrong
    with serving(replace(ports, verifier=provider.verifier())) as app:
        answer = Door(app, provider).send(token, **{"Client-Cert": _forwarded(own), "X-Forwarded-For": "127.0.0.1"})
        assert _shape(answer) == wrong, "without a trusted proxy the header is anybody's"
    bound = replace(ports, verifier=provider.verifier(always_bound=True), proxies=frozenset({"127.0.0.1"}))
    with serving(bound) as app:
        door = Door(app, provider)
        assert _shape(door.send(provider.token("CCAA"), **{"Client-Cert": _forwarded(own)})) == wrong
        assert door.send(token, **{"Client-Cert": _forwarded(own)}).status_code == 200


def test_without_a_provider_only_development_tokens_count_and_in_production_none_does(ports: Ports) -> None:
    with serving(ports) as app:
        assert app.accept(approved()[0]) == 1
        said = {"Authorization": "Bearer a.b.c", "Content-Type": "application/cloudevents+json"}
        assert app.client.post("/v1/events", content=b"{}", headers=said).status_code == 401
    with serving(replace(ports, tokens=Tokens({}))) as app:
        assert app.say(approved()[0]).json()["code"] == "token_refused"


def test_a_statement_of_another_body_is_not_taken_with_a_bodys_token(door: Door) -> None:
    headers = {
        "Content-Type": "application/cloudevents+json",
        "Authorization": f"Bearer {door.provider.token(OTHER_BODY)}",
    }
    answer = door.app.client.post("/v1/events", content=issued().raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "source_not_yours")


def test_the_provider_gives_a_client_its_own_tokens_and_nobody_elses(door: Door) -> None:
    def ask(**form: str) -> httpx.Response:
        return httpx.post(f"{door.provider.address}/token", data={"grant_type": "client_credentials", **form})

    given = ask(client_id="CCAA", client_secret="secret of CCAA")
    assert given.headers["cache-control"] == "no-store"
    assert door.send(given.json()["access_token"]).status_code == 201
    basic = httpx.post(
        f"{door.provider.address}/token",
        data={"grant_type": "client_credentials"},
        auth=("CCAA", "secret of CCAA"),
    )
    assert door.send(basic.json()["access_token"]).status_code == 200
    auditor = ask(client_id="CCAA", client_secret="secret of CCAA", scope="auditor").json()["access_token"]
    assert door.send(auditor).status_code == 403
    for form, code in (
        ({"client_id": "CCAA", "client_secret": "secret of the body"}, "invalid_client"),
        ({"client_id": "CCAA"}, "invalid_client"),
        ({"client_id": "CCAA", "client_secret": "secret of CCAA", "scope": "body"}, "invalid_scope"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"padding": "x" * 20_000}, "invalid_request"),
    ):
        answer = ask(**form)
        assert answer.json() == {"error": code}
        assert answer.status_code == (401 if code == "invalid_client" else 400)
