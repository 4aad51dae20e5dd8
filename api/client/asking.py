"""The client: one method for each operation, with typed answers, whole lists fetched page by page as they are used.

What this client was told that it recorded, it sees in whatever it asks afterwards (``Min-Position``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from api.client import following, submitting
from api.client.models import (
    AgeingReport,
    Answer,
    AuthorityDetail,
    AuthorityGaps,
    AuthorityList,
    AuthorityPeriod,
    Certificate,
    Chain,
    Challenge,
    Deadlines,
    EarlyWarnings,
    EnforcementLedger,
    EventPath,
    EventTypes,
    Found,
    FoundCertificate,
    Inbox,
    Keys,
    LossOfApproval,
    Notice,
    Page,
    Receipt,
    RecordedEvent,
    RefusalCode,
    Risks,
    Summary,
    Timeline,
    TipOffList,
    TipOffReceipt,
    TipOffStatus,
    Trail,
    TrailEvent,
)
from api.client.submitting import Event, LineOutcome, Submitted
from api.client.supervising import Supervising
from api.client.transport import PATIENCE_SECONDS, Params, Transport

Model = TypeVar("Model", bound=Answer)
Paged = TypeVar("Paged", Trail, Page, Found, AuthorityList, EnforcementLedger)
_PAGE = 1_000


class Client(Supervising):
    """The ledger at one address. Without a token it asks only; with one it also speaks for a party.

    ``reason`` is the code of the reason for reading what is not public, which a supervisor must give.
    ``timeout`` bounds each wait for bytes, ``patience`` all attempts at one request together, both in seconds.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        reason: str | None = None,
        timeout: float = 30.0,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._transport = Transport(address, token=token, reason=reason, timeout=timeout, patience=patience)
        self.written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def submit(self, event: Event) -> Receipt:
        """Submit one event (a mapping, or its canonical bytes); raise ``ProblemError`` where it is refused."""
        return self._wrote(submitting.one(self._transport, event))

    def submit_envelope(self, envelope: Event) -> Receipt:
        """Submit one event in its signed envelope (DSSE); raise ``ProblemError`` where it is refused."""
        return self._wrote(submitting.one(self._transport, envelope, is_envelope=True))

    def submit_batch(self, events: Sequence[Event] | bytes, *, atomic: bool = False) -> Submitted:
        """Submit up to 5,000 events together, or the bytes of a JSON array of them; return one outcome each."""
        found = submitting.batch(self._transport, events, atomic=atomic)
        self.written = max(self.written, found.summary.position)
        return found

    def submit_lines(
        self, content: bytes | Iterable[Event], *, atomic: bool = False
    ) -> Iterator[LineOutcome | Summary]:
        """Submit up to 5,000 lines of NDJSON; yield the outcome of each as it is recorded, then the summary."""
        for each in submitting.lines(self._transport, content, atomic=atomic):
            if isinstance(each, Summary):
                self.written = max(self.written, each.position)
            yield each

    def certificate(
        self, body: str, number: str, *, as_of: str | None = None, known_at: str | None = None
    ) -> Certificate:
        """Return status and validity on a day (``YYYY-MM-DD``, China), as known at an instant (RFC 3339)."""
        return self._read(Certificate, _certificate(body, number), as_of=as_of, known_at=known_at)

    def receipt(
        self, body: str, number: str, *, as_of: str | None = None, known_at: str | None = None, pdf: bool = False
    ) -> bytes:
        """Return a status receipt, which is checked offline: canonical JSON, or the page that carries it."""
        path = f"{_certificate(body, number)}/receipt{'.pdf' if pdf else ''}"
        return self._get(path, {"as_of": as_of, "known_at": known_at}).content

    def timeline(self, body: str, number: str, *, known_at: str | None = None) -> Timeline:
        """Return all periods and facts of a certificate."""
        return self._read(Timeline, f"{_certificate(body, number)}/timeline", known_at=known_at)

    def trail(
        self, subject: str, *, newest_first: bool = False, known_at: str | None = None, page: int = 100
    ) -> Iterator[TrailEvent]:
        """Yield every event about a subject, as of the moment of the first page."""
        asked: dict[str, Any] = {"newest_first": newest_first, "known_at": known_at, "limit": page}
        for each in self._pages(Trail, f"/v1/trail/{quote(subject, safe=':')}", asked):
            yield from each.events

    def trail_page(
        self, subject: str, *, limit: int = 100, cursor: str | None = None, known_at: str | None = None
    ) -> Trail:
        """Return one page of a trail; ``next`` is the cursor of the next one."""
        path = f"/v1/trail/{quote(subject, safe=':')}"
        return self._read(Trail, path, limit=limit, cursor=cursor, known_at=known_at)

    def body(self, number: str, *, as_of: str | None = None, status: str | None = None) -> Page:
        """Return a body's standing, counts, and the first of its certificates."""
        return self._read(Page, f"/v1/bodies/{quote(number, safe='')}", as_of=as_of, status=status)

    def organisation(self, code: str, *, as_of: str | None = None, status: str | None = None) -> Page:
        """Return an organisation's standing, counts, and the first of its certificates."""
        return self._read(Page, f"/v1/organisations/{quote(code, safe='')}", as_of=as_of, status=status)

    def certificates_of_body(
        self, number: str, *, as_of: str | None = None, status: str | None = None, page: int = 100
    ) -> Iterator[Certificate]:
        """Yield a body's certificates; ``status`` names the wanted ones, separated by commas."""
        asked: dict[str, Any] = {"as_of": as_of, "status": status, "limit": page}
        for each in self._pages(Page, f"/v1/bodies/{quote(number, safe='')}", asked):
            yield from each.certificates

    def certificates_of_organisation(
        self, code: str, *, as_of: str | None = None, status: str | None = None, page: int = 100
    ) -> Iterator[Certificate]:
        """Yield the certificates that name an organisation as holder, producer or factory."""
        asked: dict[str, Any] = {"as_of": as_of, "status": status, "limit": page}
        for each in self._pages(Page, f"/v1/organisations/{quote(code, safe='')}", asked):
            yield from each.certificates

    def search(self, text: str, *, page: int = 50) -> Iterator[FoundCertificate]:
        """Yield the certificates that hold a text, best first, each once.

        One that is renamed meanwhile moves in the order, so that it may come again: it is passed over.
        """
        seen: set[tuple[str, str]] = set()
        for each in self._pages(Found, "/v1/search", {"q": text, "limit": page}):
            for found in each.certificates:
                if (found.body, found.number) not in seen:
                    seen.add((found.body, found.number))
                    yield found

    def authorities(
        self,
        *,
        region: str | None = None,
        level: str | None = None,
        as_of: str | None = None,
    ) -> Iterator[AuthorityPeriod]:
        """Yield the authorities of an area on a day, by identifier."""
        asked: dict[str, Any] = {"region": region, "level": level, "as_of": as_of}
        for each in self._pages(AuthorityList, "/v1/authorities", asked):
            yield from each.authorities

    def authority(self, name: str, *, as_of: str | None = None, reason: str | None = None) -> AuthorityDetail:
        """Return one authority on a day, with its units, lists, powers and history."""
        found = self._get(f"/v1/authorities/{quote(name, safe='')}", {"as_of": as_of}, reason)
        return AuthorityDetail.model_validate_json(found.content)

    def authority_gaps(self, *, region: str | None = None, reason: str | None = None) -> AuthorityGaps:
        """Return what the authorities of an area lack."""
        return AuthorityGaps.model_validate_json(self._get("/v1/authority-gaps", {"region": region}, reason).content)

    def enforcement_ledger(
        self,
        name: str,
        *,
        region: str | None = None,
        status: str | None = None,
        unassigned: bool = False,
        reason: str | None = None,
        page: int = 1_000,
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries of an enforcement ledger of an area; ``reason`` is why what is not public is read."""
        asked: dict[str, Any] = {"region": region, "status": status, "unassigned": unassigned, "limit": page}
        for each in self._pages(EnforcementLedger, f"/v1/ledgers/{quote(name, safe='')}", asked, reason):
            yield from each.entries

    def events(self, after: int = 0) -> Iterator[RecordedEvent]:
        """Yield every recorded event after a position, up to the last one there is."""
        while True:
            answer = self._transport.ask("GET", "/v1/events", params={"after": after, "limit": _PAGE})
            for line in answer.content.splitlines():
                event = RecordedEvent.model_validate_json(line)
                after = event.position
                yield event
            if "next" not in answer.links:
                return

    def follow(self, after: int, *, seconds: int | None = None) -> Iterator[RecordedEvent]:
        """Yield every event after a position as it is recorded, for ever, or for so many seconds."""
        return following.events(self._transport, after, seconds=seconds)

    def event(self, position: int) -> RecordedEvent:
        """Return one recorded event."""
        return self._read(RecordedEvent, f"/v1/events/{position}")

    def path(self, position: int) -> EventPath:
        """Return when one fact was received, recorded, published and seen by each view."""
        return self._read(EventPath, f"/v1/events/{position}/path")

    def key_challenge(self, owner: str | None = None) -> Challenge:
        """Return a nonce to register a key with, for the party of the token or a signatory that it names."""
        asked = {"owner": owner} if owner else {}
        return Challenge.model_validate_json(self._transport.ask("POST", "/v1/keys/challenge", json=asked).content)

    def keys(self, party: str, *, limit: int = 200, cursor: str | None = None) -> Keys:
        """Return a page of the signing keys of a party or a signatory, or the key of a name."""
        return self._read(Keys, f"/v1/keys/{quote(party, safe=':')}", limit=limit, cursor=cursor)

    def chain(self, party: str) -> Chain:
        """Return whether a party's own count of its statements adds up; for itself, an auditor or the operator."""
        return self._read(Chain, f"/v1/issuers/{quote(party, safe=':')}/chain")

    def inbox(
        self,
        *,
        state: str = "all",
        sent: bool = False,
        unit: str | None = None,
        limit: int = 200,
        cursor: str | None = None,
    ) -> Inbox:
        """Return a page of the notices to the token's party or one unit of it, or of those it sent, oldest first."""
        return self._read(Inbox, "/v1/inbox", state=state, sent=sent, unit=unit, limit=limit, cursor=cursor)

    def notice(self, number: str) -> Notice:
        """Return one notice, by its stream without ``notice:``."""
        return self._read(Notice, f"/v1/notices/{quote(number, safe='')}")

    def deadlines(self, *, reason: str | None = None, **asked: str | int | None) -> Deadlines:
        """Return a page of what is due (``state``, ``unit``, ``region``, ``kind``, ``as_of``, ``limit``, ``cursor``).

        ``reason`` is the code of the reason for reading what is not public.
        """
        return Deadlines.model_validate_json(self._get("/v1/deadlines", asked, reason).content)

    def ageing(self, *, reason: str | None = None, **asked: str | int | None) -> AgeingReport:
        """Return how long matters wait, by unit and kind (``unit``, ``region``, ``as_of``)."""
        return AgeingReport.model_validate_json(self._get("/v1/deadlines/ageing", asked, reason).content)

    def risks(self, *, reason: str | None = None, **asked: str | int | None) -> Risks:
        """Return a page of risks (``stage``, ``region``, ``limit``, ``cursor``)."""
        return Risks.model_validate_json(self._get("/v1/risks", asked, reason).content)

    def warnings(self, *, reason: str | None = None, **asked: str | int | None) -> EarlyWarnings:
        """Return a page of early warnings (``as_of``, ``limit``, ``cursor``)."""
        return EarlyWarnings.model_validate_json(self._get("/v1/warnings", asked, reason).content)

    def loss_of_approval(self, number: str, *, as_of: str | None = None) -> LossOfApproval:
        """Return how many certificates a body's loss of approval would flag."""
        return self._read(LossOfApproval, f"/v1/bodies/{quote(number, safe='')}/loss-of-approval", as_of=as_of)

    def state_digest(self, *, as_of: str | None = None, known_at: str | None = None) -> dict[str, Any]:
        """Return the digest over all certificates' states, with the position up to which it was worked out."""
        found: dict[str, Any] = self._get("/v1/log/state-digest", {"as_of": as_of, "known_at": known_at}).json()
        return found

    def event_types(self) -> EventTypes:
        """Return the catalogue of what may be said, by whom."""
        return self._read(EventTypes, "/v1/event-types")

    def schema(self, name: str, version: int) -> dict[str, Any]:
        """Return the JSON Schema of one version of an event type."""
        found: dict[str, Any] = self._get(f"/v1/schemas/events/{quote(name, safe='')}/{version}.json", {}).json()
        return found

    def refusal(self, code: str) -> RefusalCode:
        """Return what a code means, in both languages."""
        return self._read(RefusalCode, f"/v1/refusals/{quote(code, safe='')}")

    def ask(self, path: str, *, reason: str | None = None, **asked: str | int | bool | None) -> dict[str, Any]:
        """Return what a read of the interface answers, as plain JSON; ``reason`` is why what is not public is read."""
        found: dict[str, Any] = self._get(quote(path, safe="/:"), asked, reason).json()
        return found

    def tip_off(self, told: Mapping[str, Any]) -> TipOffReceipt:
        """Tell the authorities of a place of something; the receipt alone asks what became of it (S1-81)."""
        answer = self._transport.ask("POST", "/v1/tip-offs", json=dict(told))
        return TipOffReceipt.model_validate_json(answer.content)

    def tip_off_status(self, receipt: str) -> TipOffStatus:
        """Return how far a tip-off is, and nothing of what it says."""
        return self._read(TipOffStatus, f"/v1/tip-offs/{quote(receipt, safe='')}")

    def tip_offs(self, region: str, *, state: str | None = None, limit: int = 100) -> TipOffList:
        """Return the tip-offs about a region, for an authority of the place or above it."""
        return self._read(TipOffList, "/v1/tip-offs", region=region, state=state, limit=limit)

    def dispose_of_tip_off(
        self, receipt: str, *, lead: str | None = None, not_pursued: str | None = None
    ) -> TipOffStatus:
        """Note that a tip-off became a lead of one's own, or by which code it is not pursued; exactly one of them."""
        said = {name: value for name, value in (("lead", lead), ("reason", not_pursued)) if value is not None}
        answer = self._transport.ask("POST", f"/v1/tip-offs/{quote(receipt, safe='')}/disposal", json=said)
        return TipOffStatus.model_validate_json(answer.content)

    def _read(self, model: type[Model], path: str, **asked: str | int | bool | None) -> Model:
        return model.model_validate_json(self._get(path, asked).content)

    def _pages(self, model: type[Paged], path: str, asked: Params, reason: str | None = None) -> Iterator[Paged]:
        cursor: str | None = None
        while True:
            page = model.model_validate_json(self._get(path, {**asked, "cursor": cursor}, reason).content)
            yield page
            cursor = page.next
            if cursor is None:
                return

    def _get(self, path: str, asked: Params, reason: str | None = None) -> httpx.Response:
        headers = {"Min-Position": str(self.written)} if self.written else {}
        headers |= {"Read-Reason": reason} if reason else {}
        return self._transport.ask("GET", path, params=asked, headers=headers)

    def _wrote(self, receipt: Receipt) -> Receipt:
        self.written = max(self.written, receipt.position)
        return receipt


def _certificate(body: str, number: str) -> str:
    return f"/v1/certificates/{quote(body, safe='')}/{quote(number, safe='')}"
