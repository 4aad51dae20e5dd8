"""The forms of training are a code list of its own (S0-65): a form means what its row says on a day."""

from functools import lru_cache
from typing import NamedTuple

from ledger.codes.dated import holds, packaged_json
from ledger.days import Day


class TrainingForm(NamedTuple):
    """One form of training; one that ``needs_case`` is about the files of cases."""

    code: str
    zh: str
    en: str
    needs_case: bool
    valid_from: Day
    valid_to: Day
    source: str


@lru_cache(maxsize=1)
def forms() -> dict[str, TrainingForm]:
    """Return every form by its code, in order."""
    return {row["code"]: TrainingForm(**row) for row in packaged_json("trainings.json")}


def form(code: str) -> TrainingForm:
    """Return a form by its code; raise ``KeyError`` where there is none."""
    return forms()[code]


def is_form(code: str, day: Day | None = None) -> bool:
    """Tell whether a code is a form of training, on a day where one is given."""
    found = forms().get(code)
    return found is not None and (day is None or holds(found.valid_from, found.valid_to, day))
