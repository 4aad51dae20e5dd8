"""What the operations on inspections share: who asks, for which day and place, over how much of the ledger."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Self

from fastapi import Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, require_acceptable
from api.http.cursors import is_day, is_position, is_text
from api.http.parameters import codes_asked
from api.http.problems import problem
from api.http.reading import Reading
from ledger.codes.identifiers import organisation_key
from ledger.inspections.codes import labels

_VIEW = "inspections"
_LISTED = {"mode": "modes", "programme": "programmes", "stage": "stages"}
_STATUSES = {
    "planned": ("已计划", "Planned"),
    "performed": ("已实施", "Performed"),
    "recorded": ("已记录", "Recorded"),
    "filed": ("已归档", "Filed"),
    "cancelled": ("已取消", "Cancelled"),
}
OrganisationAsked = Annotated[
    str | None, Query(max_length=30, description="信用代码或九位代码 / Credit code or nine characters")
]
Number = Annotated[str, Path(pattern="^[0-9a-zA-Z-]{1,60}$", max_length=60)]


class Asked:
    """What every operation here begins with: who asks, for which day, over how much of the ledger."""

    def __init__(self, reading: Reading, day: str, position: int) -> None:
        self.reading, self.day, self.position = reading, day, position

    @classmethod
    async def of(cls, request: Request, operation: str, *, public: bool = False) -> Self:
        """Begin; nothing but draws is answered without a token."""
        require_acceptable(request, JSON)
        reading = await Reading.of(request, operation)
        if reading.public and not public:
            raise problem("token_missing")
        position = await reading.reached(request, _VIEW)
        return cls(reading, as_of_day(request.query_params.get("as_of"), reading.service.clock()), position)

    def regions(self, region: str | None) -> tuple[str, ...] | None:
        """Return a region's code and all below it, ``None`` for everywhere; a code that is none ends the request."""
        return codes_asked(region, self.day)

    def page(self, operation: str, cursor: str | None) -> Any:
        """Return after what a page begins, for which day, and the snapshot of the first page."""
        if cursor is None:
            return ["", self.day, self.position]
        return cursors.decode(operation, cursor, is_text, is_day, is_position)

    def answer(self, content: dict[str, Any]) -> Response:
        """Return the answer with the position that it rests on."""
        headers = {
            "Ledger-Position": str(self.position),
            "Cache-Control": self.reading.cache_control("public, no-cache"),
        }
        return json_response({**content, "position": self.position}, headers=headers)


def noted(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the classes and streams of rows that are about to be shown."""
    return [(row["access"], row["stream"]) for row in rows]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its codes in both languages, and without the class that only the ledger needs."""
    found = {name: value for name, value in row.items() if name != "access"}
    for name, listed in _LISTED.items():
        if found.get(name):
            label = labels(listed).get(found[name], {"zh": "", "en": ""})
            found[name] = {"code": found[name], "zh": label["zh"], "en": label["en"]}
    status = found["status"]
    found["status"] = {"code": status, "zh": _STATUSES[status][0], "en": _STATUSES[status][1]}
    return found


def subject_asked(organisation: str | None) -> str | None:
    """Return the stream of the organisation asked about; a code that is none ends the request."""
    if organisation is None:
        return None
    try:
        return f"organisation:{organisation_key(organisation.upper())}"
    except ValueError as error:
        raise problem("subject_unknown", subject=organisation) from error


def following_page(operation: str, keys: Sequence[str], limit: int, day: str, snapshot: int) -> str | None:
    """Return the cursor of the next page, ``None`` where there is none; ``keys`` are those of one row more."""
    return cursors.encode(operation, [keys[limit - 1], day, snapshot]) if len(keys) > limit else None
