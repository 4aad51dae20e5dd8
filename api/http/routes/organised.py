"""How bureaux are organised and superintended: counties by what was done for them, campaign leaders, contacts.

A list that would be wrong where a part of it is hidden is shown whole or not at all.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http.answers import JSON, json_response, min_position, require_acceptable
from api.http.areas import area_asked, begun, may_count
from api.http.asked import Asked, Number
from api.http.cursors import is_day
from api.http.describe_organised import CONTACTS, LEADERS, SUPERINTENDENCE
from api.http.disclosing import kept_of
from api.http.problems import problem
from api.http.reading import Reading
from infra.readers import Connection
from ledger.access.jurisdiction import area
from ledger.authorities.judging import authority_stream
from ledger.evidence.disclosures import parse_disclosure
from projections.authorities import organised, query
from projections.inspections import query as inspections

router = APIRouter()
CONTACT_CLASS = "contact"
_MAY_READ = "SELECT certledger_may_read(%s, %s, %s)"
_Day = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]
_Region = Annotated[str, Query(pattern="^[0-9]{6}$", description="辖区的行政区划代码 / The area's code")]


@router.get("/v1/superintendence", response_class=Response, **SUPERINTENDENCE)
async def superintendence(request: Request, region: _Region, since: _Day, until: _Day) -> Response:
    """Return by county how it was guided, inspected and assessed in a period, and the counties with none."""
    require_acceptable(request, JSON)
    for name, day in (("since", since), ("until", until)):
        if not is_day(day):
            raise problem("parameters_wrong", f"/query/{name}")
    reading, _, position = await begun(request, "get_superintendence", ("authorities",))
    if reading.public:
        raise problem("token_missing")
    rows, without = None, None
    async with reading.connection() as connection:
        codes = await area_asked(reading, connection, region, until)
        if codes is not None and may_count(reading, codes):
            followed = await query.successors(connection, until)
            counties = organised.bureaux_of(codes, "county", until, followed)
            rows, without = await organised.superintended(connection, counties, since, until)
            shown = [("duty", authority_stream(row["authority"])) for row in rows if row["acts"]]
            await reading.note(connection, shown)
    answer = {"region": region, "since": since, "until": until, "position": position}
    return _answered(reading, {**answer, "counties": rows, "without": without}, position)


@router.get("/v1/inspections/{number}/leaders", response_class=Response, **LEADERS)
async def campaign_leaders(request: Request, number: Number) -> Response:
    """Return which leader each city bureau designated for a campaign, and where none or a second one is."""
    asked = await Asked.of(request, "get_campaign_leaders")
    wanted, stream = min_position(request), f"inspection:{number}"
    if wanted:
        await asked.reading.wait_for(wanted, "authorities")
    rows = None
    async with asked.reading.connection() as connection:
        found = await inspections.inspection(connection, stream, asked.day)
        if found is None:
            raise problem("subject_unknown", subject=stream)
        shown = [(found["access"], stream)]
        codes = area(found["region"], asked.day)
        if may_count(asked.reading, codes):
            cities = organised.bureaux_of(codes, "prefecture", asked.day, await query.successors(connection, asked.day))
            rows = await organised.campaign_leaders(connection, stream, cities, asked.day)
            shown += [("duty", authority_stream(row["authority"])) for row in rows if row["leaders"]]
        await asked.reading.note(connection, shown)
    answer: dict[str, Any] = {"campaign": stream, "region": found["region"], "as_of": asked.day, "bureaux": rows}
    for state in ("missing", "several"):
        answer[state] = None if rows is None else [row["authority"] for row in rows if row["state"] == state]
    return asked.answer(answer)


@router.get("/v1/authorities/{authority}/contacts", response_class=Response, **CONTACTS)
async def contacts(request: Request, authority: Annotated[str, Path(max_length=40)]) -> Response:
    """Return the contacts of an authority, each with the fields that this reader may see."""
    require_acceptable(request, JSON)
    reading, day, position = await begun(request, "list_authority_contacts", ("authorities",))
    async with reading.connection() as connection:
        if await query.authority(connection, authority, day) is None:
            raise problem("subject_unknown", subject=authority)
        rows = await organised.contacts(connection, authority, day)
        is_entitled = bool(rows) and await _may_read(reading, connection, authority)
        if is_entitled:
            await reading.note(connection, [(CONTACT_CLASS, authority_stream(authority))])
    # Where nothing is this reader's to see, nothing is opened.
    opened = [row for row in rows if row["digests"] and (is_entitled or row["published"])]
    kept = await kept_of(reading.service.ports.vault, [(row["source"], row["event_id"]) for row in opened])
    told = [_contact(row, kept, is_entitled=is_entitled) for row in rows]
    answer = {"authority": authority, "as_of": day, "position": position, "contacts": told}
    return _answered(reading, answer, position)


async def _may_read(reading: Reading, connection: Connection, authority: str) -> bool:
    if reading.public:
        return False
    asked = (CONTACT_CLASS, authority_stream(authority), authority)
    return await (await connection.execute(_MAY_READ, asked)).fetchone() == (True,)


def _contact(
    row: dict[str, Any], kept: Mapping[tuple[str, str], Mapping[str, str]], *, is_entitled: bool
) -> dict[str, Any]:
    """Return a contact with the fields that are the reader's to see; what was erased or never disclosed is absent."""
    of_event = kept.get((row["source"], row["event_id"]), {})
    fields = [parse_disclosure(of_event[digest]) for digest in row["digests"] if digest in of_event]
    opened = {each.path.removeprefix("contact/"): each.value for each in fields}
    seen = sorted(opened if is_entitled else set(opened) & set(row["published"]))
    shown = [{"field": name, "value": opened[name]} for name in seen]
    return {**{name: row[name] for name in ("contact", "unit", "since", "published")}, "fields": shown}


def _answered(reading: Reading, answer: dict[str, Any], position: int) -> Response:
    # What is published may be erased at any time: no copy of it is kept on the way.
    headers = {"Ledger-Position": str(position), "Cache-Control": reading.cache_control("no-store")}
    return json_response(answer, headers=headers)
