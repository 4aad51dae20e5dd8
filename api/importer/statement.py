"""What one row says happened: an event type, the certificate and its data, and the column of each part.

The identity follows from the content alone, so that the same fact filed again, in whatever file, is the same event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from ledger import canonical
from ledger.days import Day, start_of_day
from ledger.envelope import MAXIMUM_BYTES, Submission
from ledger.families import EVENT_TYPES
from ledger.privacy.refusing import personal_data_in
from ledger.refusals import Problem, Refusal
from ledger.validation import problems_of
from ledger.values import quickly_made

_CONTENT = b'{"data":%b,"subject":%b,"type":"%b"}'
_EVENT = b'{"data":%b,"id":"%b","source":"%b","specversion":"1.0","subject":%b,"time":"%b","type":"%b"}'


@quickly_made
@dataclass(frozen=True, slots=True)
class Statement:
    """An event's content; ``columns`` maps the beginnings of JSON Pointers to the columns they came from."""

    type: str
    source: str
    subject: str
    data: dict[str, Any]
    columns: Mapping[str, str]
    effective_column: str = ""

    def column_of(self, pointer: str) -> str:
        """Return the column from which the part at a JSON Pointer came."""
        return column_of(pointer, self.columns, self.effective_column)


def column_of(pointer: str, columns: Mapping[str, str], effective_column: str) -> str:
    """Return the column of the longest beginning of a JSON Pointer that is known, else that of the effective day."""
    if pointer.startswith("/data/changes"):
        pointer = f"/data/details{pointer.removeprefix('/data/changes')}"
    while pointer and pointer != "/data/effective":
        if pointer in columns:
            return columns[pointer]
        pointer = pointer.rpartition("/")[0]
    return effective_column


def submission_of(statement: Statement) -> Submission | Refusal:
    """Return the submission that a statement makes, or the refusal of its data.

    Its bytes are those of :func:`ledger.envelope.parse_submission`: texts are NFC, the names are plain ASCII or
    encoded as JSON, and the members stand in order, so nothing has to be parsed again.
    """
    data = canonical.dumps(statement.data)
    subject = canonical.dumps(statement.subject)
    name = statement.type.encode()
    identity = f"r-{sha256(_CONTENT % (data, subject, name)).hexdigest()[:32]}"
    time = _midnight(statement.data["effective"]).encode()
    raw = _EVENT % (data, identity.encode(), statement.source.encode(), subject, time, name)
    event_type = EVENT_TYPES[statement.type]
    names = (statement.source, identity)
    if len(raw) > MAXIMUM_BYTES:
        return Refusal("event_too_large", "", (("bytes", str(MAXIMUM_BYTES)),), *names)
    try:
        event_type.model.__pydantic_validator__.validate_json(data)
    except ValidationError as error:
        problems = problems_of(error, "/data")
        return Refusal("data_invalid", problems[0].pointer, (("type", statement.type),), *names, problems)
    submission = Submission(raw, event_type, *names, statement.subject, statement.data, sha256(raw).digest())
    # Looked for here, where the finding names the row and the column, and not again in the ledger.
    return personal_data_in(submission) or submission


def problems_in(refusal: Refusal) -> tuple[Problem, ...]:
    """Return the single offences of a refusal; one without any is its own offence."""
    own = Problem(refusal.pointer, refusal.code, refusal.title("zh"), refusal.title("en"))
    return refusal.problems or (own,)


@lru_cache(maxsize=1 << 14)
def _midnight(day: Day) -> str:
    return start_of_day(day)
