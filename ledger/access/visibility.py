"""The table of visibility: which class every event belongs to, who reads a class, and which rule guards every table.

An event type without a class, or a table without a rule, stops the start: nothing is ever open by oversight.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import orjson

Reader = Literal[
    "everyone",
    "author",
    "subject",
    "issuer",
    "participant",
    "jurisdiction",
    "authorities",
    "national_authority",
    "auditor",
    "operator",
]
PUBLIC_CLASS = "public"
PERSONAL_CLASS = "personal"
"""The class of what personal fields say, which no event holds."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """One class of events and who reads it.

    ``author`` is who opened the stream or made the statement, ``subject`` whom it is about (an organisation or body),
    ``issuer`` the body of a certificate that is named, ``participant`` who was named to take part, ``jurisdiction`` the
    authorities of the place and those above, ``authorities`` every authority, of whatever place.
    """

    access: str
    id: str
    events: tuple[str, ...]
    readers: frozenset[str]
    source: str
    zh: str
    en: str

    def admits(self, reader: Reader) -> bool:
        """Tell whether this relation to the row is enough to read it."""
        return reader in self.readers or "everyone" in self.readers


@dataclass(frozen=True, slots=True)
class TableRule:
    """Who reads the rows of a table, and which of its columns the public does not get.

    ``public``: everybody reads all rows; ``internal``: no reader any; ``roles``: those roles all rows, others the
    rows that name their party in ``said_by`` or, as ``told`` says, that are about what they may read;
    ``restricted``: by the class in ``access`` (a column, or a literal in quotes), the stream in ``about`` and the
    party in ``said_by``, or ``through`` a table of the same view that has the same key.
    """

    id: str
    rows: Literal["public", "internal", "restricted", "roles"]
    source: str
    access: str | None = None
    about: str | None = None
    said_by: str | None = None
    through: Mapping[str, str] | None = None
    roles: tuple[str, ...] = ()
    told: Mapping[str, Any] | None = None
    hidden_from_public: tuple[str, ...] = field(default=())


@lru_cache(maxsize=1)
def _data() -> Any:
    return orjson.loads(files("ledger.access").joinpath("data", "visibility.json").read_bytes())


@lru_cache(maxsize=1)
def classes() -> Mapping[str, Visibility]:
    """Return the classes by name."""
    return {
        row["access"]: Visibility(
            row["access"], row["id"], tuple(row["events"]), frozenset(row["readers"]),
            row["source"], row["zh"], row["en"],
        )
        for row in _data()["classes"]
    }  # fmt: skip


@lru_cache(maxsize=1)
def _by_pattern() -> Mapping[str, str]:
    return {pattern: row.access for row in classes().values() for pattern in row.events}


@lru_cache(maxsize=4096)
def class_of(event_type: str, corrects: str | None = None) -> str:
    """Return the class of an event; a correction belongs to the class of the event type that it corrects.

    Raises ``LookupError`` for a type that no row names.
    """
    name = corrects or event_type
    found = _by_pattern().get(name) or _by_pattern().get(f"{name.partition('.')[0]}.*")
    if found is None:
        raise LookupError(f"ledger/access/data/visibility.json names no class for the event type {name}")
    return found


@lru_cache(maxsize=1)
def open_classes() -> tuple[str, ...]:
    """Return the classes that everybody reads, in order of name."""
    return tuple(sorted(name for name, row in classes().items() if "everyone" in row.readers))


def is_open(access: str) -> bool:
    """Tell whether everybody reads events of this class; one that nobody knows is closed."""
    return access in open_classes()


@lru_cache(maxsize=1)
def _rules() -> dict[str, TableRule]:
    found: dict[str, TableRule] = {}
    for row in _data()["tables"]:
        given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        name = given.pop("table")
        found[name] = TableRule(**given)
    return found


def rule_of(schema: str, table: str) -> TableRule:
    """Return the rule of a table; raise ``LookupError`` where a view's table has none.

    A table of the schema ``public`` without a rule is internal: it belongs to the machinery, and no reader gets it.
    """
    rules = _rules()
    if schema == "public":
        return rules.get(f"public.{table}", TableRule("R-00", "internal", "operation"))
    found = rules.get(f"{schema}.{table}") or rules.get(f"*.{table}")
    if found is None:
        raise LookupError(
            f"表 {schema}.{table} 在 ledger/access/data/visibility.json 中没有可见性规则,不能启动。"
            f" The table {schema}.{table} has no rule in ledger/access/data/visibility.json, so nothing starts."
        )
    return found


def declare(rules: Mapping[str, TableRule]) -> None:
    """Add the rules of a view that is not the product's own, by ``schema.table``; no rule is ever replaced."""
    known = _rules()
    taken = sorted(known.keys() & rules.keys())
    if taken:
        raise LookupError(f"tables that have a rule already: {taken}")
    known.update(rules)


def tables_of(schema: str) -> tuple[str, ...]:
    """Return the tables of a schema that have a rule of their own."""
    return tuple(name.partition(".")[2] for name in _rules() if name.startswith(f"{schema}."))


def require_classes(event_types: Iterable[str]) -> None:
    """Raise ``LookupError`` unless every event type has a class."""
    for name in event_types:
        class_of(name)
