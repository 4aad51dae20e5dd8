"""Speaks to one witness over HTTP: bounded in time and size, followed nowhere else, connections kept open."""

import httpx

from ledger.log import LogUnavailable

_MAXIMUM_ANSWER = 65_536


class WitnessClient:
    """A :class:`consumers.witnesses.Post` to a witness's submission prefix."""

    def __init__(self, prefix: str, timeout: float = 10.0) -> None:
        self._address = prefix.rstrip("/") + "/add-checkpoint"
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def __call__(self, body: bytes) -> tuple[int, str, bytes]:
        """Return status, media type and body of the answer. Raises ``LogUnavailable`` where there is none."""
        found = bytearray()
        try:
            with self._client.stream("POST", self._address, content=body) as response:
                for part in response.iter_bytes():
                    found += part
                    if len(found) > _MAXIMUM_ANSWER:
                        raise LogUnavailable(f"{self._address}: the answer is too long")
                media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                return response.status_code, media_type, bytes(found)
        except httpx.HTTPError as error:
            raise LogUnavailable(f"{self._address}: {error!r}") from error
