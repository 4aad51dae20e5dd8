"""Every speaker with every kind of statement, about its own and others' subjects, as the table of competence says."""

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
import pytest

from ledger.envelope import Submission
from ledger.families import EVENT_TYPES
from ledger.parties import LOCAL_AUTHORITY, party_of
from tests.golden.build import EXTRA, SUBJECTS, about_key
from tests.integration.http.conftest import PARTIES, Running, token
from tests.support.access import AUTHORITIES, CITY, COUNTY
from tests.support.statements import BODY, HOLDER, SIGNERS, approved, certificate, statement

ROWS: list[dict[str, Any]] = orjson.loads(files("ledger.access").joinpath("data", "competence.json").read_bytes())
NOT_COMPETENT = {"not_competent", "not_own_certificate", "not_own_case", "outside_jurisdiction"}
SUPERVISED_BY = {
    COUNTY: {"own", "parent", "above the parent"},
    CITY: {"parent", "above the parent"},
}
"""Who supervises a county's street, and who one that is the city's own: never the authority below it."""
_REGION = {
    "inspection.performed",
    "inspection.planned",
    "draw.announced",
    "case.opened",
    "organisation.moved",
    "organisation.registered",
}


def rows_for(name: str, source: str) -> list[dict[str, Any]]:
    party = party_of(source)
    assert party is not None
    return [row for row in ROWS if name in row["events"] and party.kind in row["kinds"]]


def is_allowed(name: str, source: str, place: str, *, own: bool) -> bool:
    """What the table says, read by itself: kind, own subject, and area by who supervises the place."""
    rows = rows_for(name, source)
    if not rows:
        return False
    where = rows[0]["where"]
    party = party_of(source)
    assert party is not None
    if where in {"own", "own_area"} and not own and party.kind != "organisation":
        return False
    if where == "own_certificates":
        return own or "certificates" not in EVENT_TYPES[name].model.model_fields
    if where not in {"area", "own_area"} or party.kind != LOCAL_AUTHORITY or name not in _REGION:
        return True
    return any(AUTHORITIES[relation] == source for relation in SUPERVISED_BY[place])


def trials(source: str, place: str) -> Iterator[tuple[Submission, bool]]:
    """One statement of every type about the speaker's own subject and one about another's, and if it is allowed."""
    for name, event_type in EVENT_TYPES.items():
        if event_type.corrects:
            continue
        for own in (True, False):
            yield _statement(name, event_type.family, source, place, own=own), is_allowed(name, source, place, own=own)


def _statement(name: str, family: str, source: str, place: str, *, own: bool) -> Submission:
    party = party_of(source)
    assert party is not None
    is_body = party.kind == "body"
    data: dict[str, Any] = {"effective": "2031-03-05", **EXTRA.get(name, {})}
    if "signers" in EVENT_TYPES[name].model.model_fields:
        data["signers"] = SIGNERS
    subject = SUBJECTS.get(family, "")
    tag = f"{place}{'own' if own else 'other'}{source.replace(':', '')}"
    if family == "certificate":
        body = source if is_body and own else "CNCA-R-2031-109" if is_body else BODY
        subject = certificate(f"N{tag}{name}"[:60], body)
    elif family == "case":
        subject = f"case:{source if own else 'CNCA' if source != 'CNCA' else 'SAMR'}:{tag}{name}"
        data |= {"region": place} if "region" in data else {}
    elif family == "inspection":
        subject = f"inspection:{tag}{name}".replace(".", "-").replace("_", "-")[:60]
        data |= {"region": place} if "region" in data else {}
        if "certificates" in EVENT_TYPES[name].model.model_fields:
            data["certificates"] = [certificate("X", source if is_body and own else "CNCA-R-2031-109")]
    elif family == "draw":
        subject = f"draw:{tag}{name}".replace(".", "-").replace("_", "-")[:60]
        data |= {"region": place} if "region" in data else {}
    elif family == "organisation":
        # One of its own for each trial: where nothing was said about its place, nobody speaks outside their area.
        subject = f"organisation:{sha256(f'{tag}{name}'.encode()).hexdigest()[:9].upper()}"
        data |= {"region": place} if name == "organisation.moved" else {}
        data |= {"organisation": {**HOLDER, "region": place}} if name == "organisation.registered" else {}
    elif family == "key":
        subject = f"key:{sha256(f'{tag}{name}'.encode()).hexdigest()}"
        data = dict(about_key(name).data)
    elif family == "signing":
        # What comes after it is still judged by the table, and not by a signature that nobody gave.
        subject, data["requires"] = f"signing:{source if own else BODY}", "nothing"
    return statement(name, subject, data, source=source, identity=f"{tag}:{name}")


@pytest.mark.requirement("S3-78", "S2-29")
@pytest.mark.parametrize("place", [COUNTY, CITY])
def test_what_the_table_allows_is_taken_and_what_it_does_not_is_refused_by_its_row(app: Running, place: str) -> None:
    app.accept(*approved())
    allowed = refused = 0
    for source in (each for each in PARTIES if party_of(each)):
        said = list(trials(source, place))
        lines = b"\n".join(submission.raw for submission, _ in said)
        headers = {"Content-Type": "application/x-ndjson", **token(source)}
        answer = app.client.post("/v1/events", content=lines, headers=headers)
        assert answer.status_code == 200, answer.text
        outcomes = [orjson.loads(line) for line in answer.content.splitlines()][:-1]
        for (submission, is_right), outcome in zip(said, outcomes, strict=True):
            code = outcome.get("problem", {}).get("code")
            told = (source, submission.type.name, submission.subject, outcome)
            assert (code not in NOT_COMPETENT) == is_right, told
            if is_right:
                allowed += 1
            else:
                refused += 1
                rows = {row["id"] for row in ROWS if submission.type.name in row["events"]}
                named = set(outcome["problem"]["params"]["row"].split(", "))
                assert set() < named <= rows, told
                assert outcome["problem"]["status"] == 403
    assert allowed > 200
    assert refused > 1_000


def test_who_reads_alone_says_nothing(app: Running) -> None:
    for reader in ("auditor:a-1", "operator:o-1"):
        answer = app.client.post(
            "/v1/events",
            content=approved()[0].raw,
            headers={"Content-Type": "application/cloudevents+json", **token(reader)},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_yours")
