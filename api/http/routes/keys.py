"""Signing keys and what is done with them: challenges, the register of keys, issuers' chains, contradictions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors, submissions
from api.http.answers import JSON, json_response, min_position, require_acceptable
from api.http.describe_keys import CHAIN, CHALLENGE, EQUIVOCATIONS, ISSUER_EVENTS, KEYS
from api.http.parameters import Cursor, Limit
from api.http.principals import speaker_of
from api.http.problems import ProblemError, problem
from api.http.reading import Reading
from api.http.service import Service, service_of
from infra.equivocations import Equivocation, Statement, equivocations
from ledger.days import instant_text
from ledger.evidence.signatures import EVENT_TYPE
from ledger.evidence.strict import encode_base64
from ledger.families import EVENT_TYPES, FAMILIES
from ledger.keys.challenge import MINIMUM_SECRET, make_nonce
from ledger.keys.state import KeyState
from ledger.parties import party_of
from ledger.principals import AUDITOR, OPERATOR
from ledger.refusals import Refusal
from ledger.signatures import speaker
from projections.keys.query import chain_of, keys_of
from projections.trail.query import said_by

router = APIRouter()
_CHALLENGE_BYTES = 1_000
_NO_CACHE = {"Cache-Control": "public, no-cache"}
_PRIVATE = {"Cache-Control": "private, no-store"}
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_HEXADECIMAL = frozenset("0123456789abcdef")
_Party = Annotated[str, Path(max_length=120)]
_KINDS = (cursors.is_instant, cursors.is_text, cursors.is_text, cursors.is_digest)
_STATUSES = {
    "valid": ("有效", "Valid"),
    "key_revoked": ("已吊销", "Revoked"),
    "key_not_yet_valid": ("尚未生效", "Not valid yet"),
    "key_no_longer_valid": ("已过有效期", "No longer valid"),
}


@router.post("/v1/keys/challenge", response_class=Response, **CHALLENGE)
async def challenge(request: Request) -> Response:
    """Return a nonce for the party that asks, or for the signatory whose key it is going to register."""
    require_acceptable(request, JSON)
    service, principal = service_of(request), await speaker_of(request)
    terms = service.ledger.terms
    if len(terms.challenge_secret) < MINIMUM_SECRET:
        raise problem("challenges_unavailable")
    raw = await submissions.read_body(request, _CHALLENGE_BYTES)
    asked = submissions.parse_json(raw) if raw.strip() else {}
    if isinstance(asked, Refusal):
        raise ProblemError(asked)
    owner = asked.get("owner", principal.party) if isinstance(asked, dict) else None
    if not isinstance(owner, str) or not _is_owner(owner):
        raise problem("key_party_unknown", "/owner", party=str(owner)[:100])
    # The decision on the registration goes by the log's clock, so the nonce does not follow another one.
    nonce, expires = make_nonce(terms.challenge_secret, terms.origin, owner, datetime.now(UTC))
    answer = {"ledger": terms.origin, "owner": owner, "nonce": encode_base64(nonce), "expires": expires}
    return json_response(answer, headers=_PRIVATE)


@router.get("/v1/keys/{party}", response_class=Response, **KEYS)
async def keys(request: Request, party: _Party, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the keys of a party or a signatory, or the key of a name; each with whether it may sign now."""
    require_acceptable(request, JSON)
    service = service_of(request)
    is_name = len(party) == 64 and _HEXADECIMAL.issuperset(party)
    if not is_name and not _is_owner(party):
        raise problem("key_party_unknown", party=party)
    position = await _reached(service, request, "keys")
    operation, name = f"keys {party}", party if is_name else speaker(party)
    (after,) = cursors.decode(operation, cursor, cursors.is_position) if cursor else (0,)
    async with service.reader() as connection:
        rows = await keys_of(connection, name, by_keyid=is_name, after=after, limit=limit + 1)
    now = instant_text(service.clock())
    following = cursors.encode(operation, [rows[limit - 1]["position"]]) if len(rows) > limit else None
    answer = {
        "party": party,
        "position": position,
        "keys": [{**row, "status": _status(row, now)} for row in rows[:limit]],
        "next": following,
    }
    return json_response(answer, headers={"Ledger-Position": str(position), **_NO_CACHE})


@router.get("/v1/issuers/{party}/chain", response_class=Response, **CHAIN)
async def chain(request: Request, party: _Party) -> Response:
    """Return how an issuer's own count adds up: a gap, a fork or a broken link shows what it did not say."""
    require_acceptable(request, JSON)
    service, principal, source = service_of(request), await speaker_of(request), _source(party)
    # A number that is not shown would look like one that is missing, so that a part of a chain is no answer.
    if principal.role not in {AUDITOR, OPERATOR} and principal.party != source:
        raise problem("chain_restricted", "/path/party")
    position = await _reached(service, request, "keys")
    async with service.reader(principal) as connection:
        found = await chain_of(connection, source)
    answer = {"source": source, "position": position, **found}
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


@router.get("/v1/issuers/{party}/events", response_class=Response, **ISSUER_EVENTS)
async def issuer_events(request: Request, party: _Party, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return every event under a party's name that the reader may see, so that it finds what it never said."""
    require_acceptable(request, JSON)
    reading, source = await Reading.of(request, "list_issuer_events"), _source(party)
    position = await _reached(reading.service, request, "trail")
    operation = f"issuer {source}"
    (after,) = cursors.decode(operation, cursor, cursors.is_position) if cursor else (0,)
    async with reading.connection() as connection:
        rows = await said_by(connection, source, after, limit + 1)
        await reading.note(connection, ((row.pop("access"), row["stream"]) for row in rows[:limit]))
    following = cursors.encode(operation, [rows[limit - 1]["position"]]) if len(rows) > limit else None
    answer = {
        "source": source,
        "position": position,
        "events": [_told(row) for row in rows[:limit]],
        "next": following,
    }
    stored = {"Cache-Control": reading.cache_control(_NO_CACHE["Cache-Control"])}
    return json_response(answer, headers={"Ledger-Position": str(position), **stored})


@router.get("/v1/equivocations", response_class=Response, **EQUIVOCATIONS)
async def contradictions(
    request: Request,
    source: Annotated[str | None, Query(max_length=120, description="哪一主体 / Of which party")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return both statements of every contradiction: all for auditor and operator, its own for a party."""
    require_acceptable(request, JSON)
    service, principal = service_of(request), await speaker_of(request)
    if principal.role not in {AUDITOR, OPERATOR}:
        if source is not None and source != principal.party:
            raise problem("equivocations_restricted", "/query/source")
        source = principal.party
    operation = f"equivocations {source}"
    received, name, identity, digest = cursors.decode(operation, cursor, *_KINDS) if cursor else (None, "", "", "")
    after = datetime.fromisoformat(received) if received else _BEGINNING
    async with service.reader(principal) as connection:
        rows = await equivocations(connection, source, (after, name, identity, bytes.fromhex(digest)), limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        place = [last.received.isoformat(), last.source, last.id, last.digest.hex()]
        following = cursors.encode(operation, place)
    answer = {"equivocations": [_contradiction(each) for each in rows[:limit]], "next": following}
    return json_response(answer, headers=_PRIVATE)


def _is_owner(name: str) -> bool:
    return party_of(name) is not None or FAMILIES["person"].subject.fullmatch(name) is not None


def _source(party: str) -> str:
    if party_of(party) is None:
        raise problem("key_party_unknown", party=party)
    return party


async def _reached(service: Service, request: Request, view: str) -> int:
    wanted = min_position(request)
    if wanted:
        await service.views[view].wait(wanted, service.ports.wait_seconds)
    return await service.views[view].position()


def _status(row: dict[str, Any], now: str) -> dict[str, str]:
    """Return whether a key may sign now, by the rule that the decision uses."""
    state = KeyState(
        row["owner"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        is_ended=row["ended"] is not None,
    )
    value = state.objection_to_sign(now) or "valid"
    zh, en = _STATUSES[value]
    return {"value": value.removeprefix("key_"), "zh": zh, "en": en}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    event, event_type = row["event"], EVENT_TYPES[row["type"]]
    return {
        **row,
        "zh": event_type.zh,
        "en": event_type.en,
        "sequence": event.get("issuersequence"),
        "previous": event.get("issuerprevious"),
        "signed_by": row["record"].get("signed_by", []),
    }


def _contradiction(found: Equivocation) -> dict[str, Any]:
    return {
        "source": found.source,
        "id": found.id,
        "received": instant_text(found.received),
        "first": _statement(found.first),
        "other": _statement(found.other),
    }


def _statement(said: Statement) -> dict[str, Any]:
    """Return a statement to read, and where it was signed the envelope by which anybody can check it."""
    signatures: Sequence[dict[str, str]] = said.signatures
    envelope = {"payload": encode_base64(said.event), "payloadType": EVENT_TYPE, "signatures": signatures}
    return {
        "position": said.position,
        "event": orjson.loads(said.event),
        "envelope": envelope if signatures else None,
    }
