"""The register file beside the reports says who may certify what and who may sign, before any row is judged.

It speaks for the national authority (approval, designation) and the register of persons (signers).
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from api.importer.records import FileRefused
from api.importer.row import given
from api.importer.statement import Statement
from ledger.families import body_stream, person_stream

NAME = "bodies.json"
AUTHORITY = "CNCA"
REGISTRAR = "CCAA"
_MODEL = ConfigDict(extra="ignore", frozen=True)


class Signer(BaseModel):
    """A registered person by register number."""

    model_config = _MODEL
    register_number: str
    registered_from: date


class Body(BaseModel):
    """A certification body with its approval, its designation and its signers."""

    model_config = _MODEL
    approval_number: str
    name: str
    ccc_code: str | None = None
    approved_from: date
    approved_to: date | None = None
    schemes: list[str] = []
    designated_classes: list[str] = []
    signers: list[Signer] = []


def read_register(path: Path) -> Iterator[tuple[str, Body | str]]:
    """Yield each entry's JSON Pointer with the entry, or with what is wrong with it."""
    try:
        entries = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise FileRefused("file_unreadable", reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise FileRefused("file_unreadable", reason=f"JSON: {error}") from error
    if not isinstance(entries, list):
        raise FileRefused("file_unreadable", reason="JSON: [ … ]")
    for number, entry in enumerate(entries):
        try:
            yield f"/{number}", Body.model_validate(entry)
        except ValidationError as error:
            wrong = error.errors(include_url=False)[0]
            pointer = "".join(f"/{part}" for part in (number, *wrong["loc"]))
            yield pointer, str(wrong["msg"])


def statements_of(body: Body) -> Iterator[Statement]:
    """Yield what an entry says: approval, designation, and every signer's registration."""
    start, end = body.approved_from.isoformat(), body.approved_to and body.approved_to.isoformat()
    subject = body_stream(body.approval_number)
    approval = given(
        effective=start, until=end, name_zh=body.name, ccc_code=body.ccc_code, schemes=sorted(set(body.schemes))
    )
    yield _statement("body.approved", AUTHORITY, subject, approval)
    if body.designated_classes:
        classes = sorted(set(body.designated_classes))
        yield _statement(
            "body.designated", AUTHORITY, subject, given(effective=start, until=end, product_classes=classes)
        )
    for signer in body.signers:
        yield _statement(
            "person.registered",
            REGISTRAR,
            person_stream(REGISTRAR, signer.register_number),
            {"body": body.approval_number, "effective": signer.registered_from.isoformat()},
        )


def _statement(type_: str, source: str, subject: str, data: dict[str, Any]) -> Statement:
    return Statement(type_, source, subject, data, {})
