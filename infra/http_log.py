"""The log's evidence read from a live address: the paths of C2SP tlog-tiles, and the interface's trail for streams.

Answers are bounded in size and time and never followed elsewhere; what they say is left to the verifier.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from ledger.evidence.notes import MAXIMUM_NOTE, Verifier
from ledger.evidence.reader import HISTORY, MAXIMUM_TILE
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import ENTRIES, MAXIMUM_BUNDLE, MAXIMUM_ENTRY, Tile

_PAGE = 200
REASON = "audit"
_MAXIMUM_PAGE = 16_777_216


class LogUnreachable(EvidenceError):  # noqa: N818 - a condition of the surroundings
    """The address does not answer, or not with what was asked for; ``status`` is the HTTP status where there is one."""

    def __init__(self, said: str, status: int | None = None) -> None:
        super().__init__(said)
        self.status = status


class HttpLogReader:
    """A log at a base address; ``token`` is a bearer token for what only an auditor may read."""

    def __init__(
        self,
        base: str,
        log_keys: Sequence[Verifier] = (),
        *,
        token: str | None = None,
        timeout: float = 20.0,
        reason: str = REASON,
    ) -> None:
        self._log_keys = log_keys
        headers = {"Authorization": f"Bearer {token}", "Read-Reason": reason} if token else {}
        self._client = httpx.Client(base_url=base.rstrip("/"), headers=headers, timeout=timeout, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def note(self, size: int | None = None) -> bytes:
        """Return the note of a checkpoint, the newest where no size is given."""
        return self._get("/checkpoint" if size is None else f"/v1/log/checkpoints/{size}", MAXIMUM_NOTE)

    def history(self, size: int) -> Iterator[bytes]:
        """Yield older notes: all where one page holds them, else the first of each of :data:`HISTORY` equal parts."""
        page = self._checkpoints(0, HISTORY)
        if page["next"] is None:
            yield from (note for at, note in _notes(page) if at < size)
            return
        after = 0
        for part in range(HISTORY):
            after = max(after, size * part // HISTORY)
            for at, note in _notes(self._checkpoints(after, 1)):
                if at >= size:
                    return
                after = at
                yield note

    def recent(self, size: int) -> Iterator[bytes]:
        """Yield notes below a size, newest first: of the last thousand entries, then of the last hundred thousand."""
        for span in (1_000, 100_000):
            for at, note in reversed(_notes(self._checkpoints(max(0, size - span), HISTORY))):
                if at < size:
                    yield note

    def fetch(self, tile: Tile) -> bytes:
        """Return a tile or an entry bundle."""
        return self._get(f"/{tile.path}", MAXIMUM_BUNDLE if tile.level == ENTRIES else MAXIMUM_TILE)

    def log_keys(self) -> Sequence[Verifier]:
        """Return the keys that the caller knows to be the log's: they are never taken from the log itself."""
        return self._log_keys

    def entries_of(self, streams: Collection[str], size: int) -> Iterator[tuple[int, bytes]]:
        """Yield the entries of whole streams, in order."""
        positions = sorted({position for stream in streams for position in self._positions(stream, size)})
        for position in positions:
            if position <= size:
                yield position - 1, self._event(position)

    def disclosures(self, entries: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, list[str]]]:
        """Yield what the personal fields of entries say, by index; what the reader may not see is passed over."""
        for index, _ in entries:
            try:
                answer = self._json(f"/v1/events/{index + 1}/disclosures")
            except LogUnreachable as error:
                if error.status == 403:
                    continue
                raise
            fields = answer["fields"] if isinstance(answer, dict) else []
            yield index, [str(each["disclosure"]) for each in fields if each.get("state") == "disclosed"]

    def _positions(self, stream: str, size: int) -> Iterator[int]:
        # Whatever the trail has not seen yet would be missing without a word.
        seen = {"Min-Position": str(size)}
        following: dict[str, str] = {}
        while True:
            try:
                page = self._json(f"/v1/trail/{quote(stream, safe=':')}", seen, limit=str(_PAGE), **following)
            except LogUnreachable as error:
                if error.status == 404:
                    return
                raise
            yield from (int(each["position"]) for each in page["events"] if each["stream"] == stream)
            if not page["next"]:
                return
            following = {"cursor": str(page["next"])}

    def _event(self, position: int) -> bytes:
        head = b'{"position":%d,"event":' % position
        line = self._get(f"/v1/events/{position}", MAXIMUM_ENTRY + len(head) + 1)
        if not line.startswith(head) or not line.endswith(b"}"):
            raise LogUnreachable(f"/v1/events/{position}: not an event")
        return line[len(head) : -1]

    def _checkpoints(self, after: int, limit: int) -> Any:
        return self._json("/v1/log/checkpoints", after=str(after), limit=str(limit))

    def _json(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> Any:
        try:
            return orjson.loads(self._get(path, _MAXIMUM_PAGE, headers, **query))
        except orjson.JSONDecodeError as error:
            raise LogUnreachable(f"{path}: not JSON") from error

    def _get(self, path: str, maximum: int, headers: Mapping[str, str] | None = None, /, **query: str) -> bytes:
        found = bytearray()
        try:
            with self._client.stream("GET", path, params=query, headers=headers) as response:
                if response.status_code != 200:
                    raise LogUnreachable(f"{path}: HTTP {response.status_code}", response.status_code)
                for part in response.iter_bytes():
                    found += part
                    if len(found) > maximum:
                        raise LogUnreachable(f"{path}: more than {maximum} octets")
        except httpx.HTTPError as error:
            raise LogUnreachable(f"{path}: {error}") from error
        return bytes(found)


def _notes(page: Any) -> list[tuple[int, bytes]]:
    try:
        return [(int(each["size"]), str(each["note"]).encode()) for each in page["checkpoints"]]
    except (KeyError, TypeError, ValueError) as error:
        raise LogUnreachable("/v1/log/checkpoints: not a list of checkpoints") from error
