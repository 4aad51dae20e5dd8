"""The JSON Schema (2020-12) of every event by type and version: what was released once is served as it was, for ever.

A schema says what an event's form may be; what its rules ask beyond that (days in order, codes of a table, who may
say it) is decided by the ledger.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from ledger.envelope import MAXIMUM_NAME, MAXIMUM_SEQUENCE
from ledger.facts import EventType
from ledger.families import FAMILIES

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPE = "application/schema+json"
_INSTANT = r"^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$"
_OPTIONAL = frozenset({"datacontenttype", "ledger", "issuersequence", "issuerprevious"})
_NAMES = frozenset({"properties", "$defs"})


def address(name: str, version: int) -> str:
    """Return where the schema of one version of a type is served; its ``$id`` is the same."""
    return f"/v1/schemas/events/{name}/{version}.json"


def event_schema(event_type: EventType) -> Schema:
    """Return the schema of a whole event (CloudEvents 1.0) of this type as its model is now.

    Its data have a schema of their own in ``#/$defs/data``.
    """
    data = _without_titles(event_type.model.model_json_schema())
    definitions = data.pop("$defs", {})
    text = {"type": "string", "minLength": 1, "maxLength": MAXIMUM_NAME}
    subject = re.sub(r"\?P<\w+>", "", FAMILIES[event_type.family].subject.pattern)
    properties: Schema = {
        "specversion": {"const": "1.0"},
        "type": {"const": event_type.name},
        "source": {**text, "description": "The party that says it"},
        "id": {**text, "description": "Unique for its source, for ever"},
        "subject": {**text, "pattern": f"^{subject}$", "description": "The stream that it is about"},
        "time": {"type": "string", "pattern": _INSTANT, "description": "When it was said, UTC"},
        "datacontenttype": {"const": "application/json"},
        "ledger": {**text, "description": "For which ledger it is said; needed where it is signed"},
        "issuersequence": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAXIMUM_SEQUENCE,
            "description": "The source's own count of its statements",
        },
        "issuerprevious": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 of the statement before; none of the first one",
        },
        "data": {"$ref": "#/$defs/data"},
    }
    return {
        "$schema": DIALECT,
        "$id": address(event_type.name, event_type.version),
        "title": f"{event_type.name} · {event_type.zh} · {event_type.en}",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in _OPTIONAL],
        "dependentRequired": {"issuerprevious": ["issuersequence"]},
        "additionalProperties": False,
        "$defs": {"data": data, **definitions},
    }


@lru_cache(maxsize=1)
def released() -> Mapping[tuple[str, int], bytes]:
    """Return the bytes of every released schema by type and version."""
    found: dict[tuple[str, int], bytes] = {}
    for file in files("ledger.schemas").joinpath("released").iterdir():
        name, _, version = file.name.removesuffix(".json").rpartition(".v")
        found[name, int(version)] = file.read_bytes()
    return MappingProxyType(dict(sorted(found.items())))


def _without_titles(schema: Any) -> Any:
    """Return a schema without the titles that merely repeat its members' names."""
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(each) for name, each in value.items()} if key in _NAMES else _without_titles(value)
        for key, value in schema.items()
        if key != "title"
    }
