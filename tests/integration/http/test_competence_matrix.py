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
from tests.support.access import AUTHORITIES, CITY, COUNTY, ELSEWHERE
from tests.support.statements import BODY, DETAILS, HOLDER, LAW, SIGNERS, approved, certificate, issued, statement

ROWS: list[dict[str, Any]] = orjson.loads(files("ledger.access").joinpath("data", "competence.json").read_bytes())
NOT_COMPETENT = {
    *("not_competent", "not_own_certificate", "not_own_case", "not_own_authority", "authority_not_below"),
    *("outside_jurisdiction", "place_needed", "hold_of_another", "not_own_inspection", "not_own_report"),
    "not_own_record",
    "not_own_document",
    "not_own_mechanism",
}
LEVELS = {"own": "county", "sibling": "county", "parent": "prefecture", "above the parent": "province"}
THIRD = "SAMR-440607"
"""A county of the same city, which says nothing here."""
SUPERVISED_BY = {
    COUNTY: {"own", "parent", "above the parent"},
    CITY: {"parent", "above the parent"},
}
"""Who supervises a county's street, and who one that is the city's own: never the authority below it."""
ADDED = {name for name in EVENT_TYPES if name.startswith("inspection.")} - {
    "inspection.performed",
    "inspection.planned",
}
AT = {place: f"inspection:of-{place}" for place in (COUNTY, CITY)}
IN_AREA = {"certificate.order_issued", "certificate.hold_placed", "certificate.hold_lifted"}
_REGION = {
    "inspection.performed", "case.opened", "organisation.moved", "organisation.registered", "case.lead_registered",
    "rectification.opened", "area.listed", "area.delisted", "archive.surveyed", "archive.opened",
    "consultant.admitted", "consultant.admission_refused", "consultant.violation_recorded", "emergency.plan_issued",
    "risk.detected", "risk.monitored", "inspection.planned", "draw.announced",
}  # fmt: skip


def rows_for(name: str, source: str) -> list[dict[str, Any]]:
    party = party_of(source)
    assert party is not None
    level = {AUTHORITIES[relation]: level for relation, level in LEVELS.items()}.get(source, "county")
    return [
        row
        for row in ROWS
        if name in row["events"]
        and party.kind in row["kinds"]
        and (party.kind != LOCAL_AUTHORITY or level in row["levels"])
    ]


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
    supervises = any(AUTHORITIES[relation] == source for relation in SUPERVISED_BY[place])
    if name in ADDED and party.kind in {"body", "local_authority"}:
        # Its own is an inspection under its own name, of which nothing was said yet; another's is that of the place.
        return (own and name != "inspection.published") or (supervises and party.kind == "local_authority")
    if where == "below":
        return not own and source in {AUTHORITIES["parent"], AUTHORITIES["above the parent"]}
    if where == "own_certificates":
        return own or "certificates" not in EVENT_TYPES[name].model.model_fields
    if where in {"certificates_in_area", "holds_placed_below"}:
        # Its own is a certificate with a holder in the place, or that place's hold; another's one whose holder is
        # elsewhere, with the place stated, or the national authority's hold.
        return supervises and (own or where == "certificates_in_area")
    if where not in {"area", "own_area"} or party.kind != LOCAL_AUTHORITY or name not in _REGION:
        return True
    return supervises


def trials(source: str, place: str) -> Iterator[tuple[Submission, bool]]:
    """One statement of every type about the speaker's own subject and one about another's, and if it is allowed."""
    for name, event_type in EVENT_TYPES.items():
        if event_type.corrects:
            continue
        for own in (True, False):
            yield _statement(name, event_type.family, source, place, own=own), is_allowed(name, source, place, own=own)


def _flowing(family: str, source: str, tag: str, *, own: bool) -> str:
    owner = source if own else "CNCA" if source != "CNCA" else "SAMR"
    number = tag.replace(".", "-").replace("_", "-")[:55]
    return f"risk:{number}" if family == "risk" else f"{family}:{owner}:{number}"


def _statement(name: str, family: str, source: str, place: str, *, own: bool) -> Submission:  # noqa: C901, PLR0912 - a branch a family
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
        if name in IN_AREA:
            subject = certificate(f"{place}-{own}")
            data.pop("place", None)
            data |= {"place": place} if name != "certificate.hold_lifted" and not own else {}
            data["document_number"] = f"{source} {own}" if name == "certificate.hold_lifted" else tag
    elif family == "case":
        subject = f"case:{source if own else 'CNCA' if source != 'CNCA' else 'SAMR'}:{tag}{name}"
        data |= {"region": place} if "region" in data else {}
    elif family == "inspection":
        subject = f"inspection:{tag}{name}".replace(".", "-").replace("_", "-")[:60]
        if name in ADDED:
            is_new = own and name != "inspection.published"
            subject = f"inspection:{source}-{len(name)}-{place}".replace("organisation:", "") if is_new else AT[place]
            data |= {"performed": "2031-03-01"} if name == "inspection.published" else {}
            data |= {"finding": tag[:31]} if "finding" in data else {}
        data |= {"region": place} if "region" in data else {}
        if "certificates" in EVENT_TYPES[name].model.model_fields:
            data["certificates"] = [certificate("X", source if is_body and own else "CNCA-R-2031-109")]
    elif family == "rectification":
        subject = f"rectification:{tag}{name}".replace(".", "-").replace("_", "-")[:60] + ":F1"
        data |= {"region": place} if "region" in data else {}
        if "certificates" in EVENT_TYPES[name].model.model_fields:
            data["certificates"] = [certificate("X", source if is_body and own else "CNCA-R-2031-109")]
    elif family == "report":
        subject = f"report:{source if own else 'CNCA' if source != 'CNCA' else 'SAMR'}:{tag}{name}"
    elif family == "draw":
        subject = f"draw:{tag}{name}".replace(".", "-").replace("_", "-")[:60]
        data |= {"region": place} if "region" in data else {}
    elif family == "area":
        # Each speaker lists the area of the place and takes it from the list again, whoever listed it before.
        subject = f"area:{place}"
        data |= {"region": place} if "region" in data else {}
    elif family == "organisation":
        # One of its own for each trial: where nothing was said about its place, nobody speaks outside their area.
        subject = f"organisation:{sha256(f'{tag}{name}'.encode()).hexdigest()[:9].upper()}"
        data |= {"region": place} if name == "organisation.moved" else {}
        data |= {"organisation": {**HOLDER, "region": place}} if name == "organisation.registered" else {}
    elif family == "consultant":
        subject = f"consultant:{sha256(f'{tag}{name}'.encode()).hexdigest()[:9].upper()}"
        data |= dict.fromkeys(data.keys() & {"region"}, place)
    elif family == "authority":
        subject = f"authority:{source if own and party.kind.endswith('authority') else THIRD}"
    elif family in {"archive", "classification", "ruleset", "keylist"}:
        about = f"organisation:{sha256(f'{tag}{name}'.encode()).hexdigest()[:9].upper()}"
        named = about if family in {"archive", "classification"} else sha256(tag.encode()).hexdigest()[:9]
        subject = f"{family}:{source if own else 'CNCA' if source != 'CNCA' else 'SAMR'}:{named}"
        data |= {"region": place} if "region" in data else {}
    elif family in {"circular", "warning", "risk", "conference", "emergency", "training"}:
        subject = _flowing(family, source, f"{tag}{name}", own=own)
        data |= dict.fromkeys(data.keys() & {"region"}, place)
    elif family == "key":
        subject = f"key:{sha256(f'{tag}{name}'.encode()).hexdigest()}"
        data = dict(about_key(name).data)
    elif family == "signing":
        # What comes after it is still judged by the table, and not by a signature that nobody gave.
        subject, data["requires"] = f"signing:{source if own else BODY}", "nothing"
    return statement(name, subject, data, source=source, identity=f"{tag}:{name}")


def supervised(place: str) -> Iterator[Submission]:
    """A certificate whose holder is in the place, and one whose holder is not; a hold for everyone to try to lift.

    And an inspection by the authority of the place.
    """
    performed = {"effective": "2031-03-01", **EXTRA["inspection.performed"], "region": place}
    yield statement("inspection.performed", AT[place], performed, source=f"SAMR-{place}")
    for own, region in ((True, place), (False, ELSEWHERE)):
        holder = {**HOLDER, "region": region}
        number = f"{place}-{own}"
        yield issued(number, details={**DETAILS, "holder": holder})
        for source in PARTIES:
            data = {
                "effective": "2031-02-01",
                "document_number": f"{source} {own}",
                "reason": "立案",
                "legal_basis": LAW,
                "place": place,
            }
            placed_by = f"SAMR-{place}" if own else "CNCA"
            yield statement(
                "certificate.hold_placed", certificate(number), data, source=placed_by, identity=f"{source}{own}"
            )


@pytest.mark.requirement("S3-78")
@pytest.mark.parametrize("place", [COUNTY, CITY])
def test_what_the_table_allows_is_taken_and_what_it_does_not_is_refused_by_its_row(app: Running, place: str) -> None:
    app.accept(*approved(), *supervised(place))
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
