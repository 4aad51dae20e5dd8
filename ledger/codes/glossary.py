"""Terms that are easily taken for one another, and which short form of a term is never used alone (S3-54)."""

from dataclasses import dataclass
from functools import lru_cache

from ledger.codes.dated import packaged_json
from ledger.codes.lists import Label


@dataclass(frozen=True, slots=True)
class Term:
    """One term with its meaning; ``bare`` are short forms that could mean another term in ``apart_from``."""

    term: str
    name: Label
    means: Label
    apart_from: tuple[str, ...]
    bare: tuple[str, ...]
    source: str


@lru_cache(maxsize=1)
def terms() -> dict[str, Term]:
    """Return all terms by code."""
    return {
        row["term"]: Term(
            row["term"], Label(row["zh"], row["en"]), Label(**row["means"]), tuple(row["apart_from"]),
            tuple(row["bare"]), row["source"],
        )
        for row in packaged_json("glossary.json")["terms"]
    }  # fmt: skip


def ambiguous(text: str) -> list[str]:
    """Return the short forms that a text uses outside the whole term that they belong to."""
    return [bare for term in terms().values() for bare in term.bare if bare in text.replace(term.name.zh, "")]
