"""What a changed JSON Schema breaks, in words: for those who send by it, and for those who read what is sent by it.

It knows the keywords that our schemas use; one that it does not know may not change at all.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
ANNOTATIONS = frozenset(
    {"title", "description", "examples", "example", "default", "$comment", "$id", "$schema", "$defs"}
)
_LOWER = ("minimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
_KNOWN = ANNOTATIONS | {
    "$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf", "oneOf",
    "allOf", "format", "pattern", "contentMediaType", "contentSchema", *_LOWER, *_UPPER,
}  # fmt: skip


class Comparison:
    """Two documents, so that references inside each can be followed."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new

    def refused(self, old: Any, new: Any, where: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield why something that was valid when sent by the old schema may not be valid by the new one."""
        refs = f"{_ref(old)} {_ref(new)}"
        if refs != " " and refs in seen:
            return
        seen, old, new = seen | {refs}, _followed(self._old, old), _followed(self._new, new)
        if "anyOf" in old or "oneOf" in old or "anyOf" in new or "oneOf" in new:
            for number, alternative in enumerate(_alternatives(old)):
                reasons = [list(self.refused(alternative, each, where, seen)) for each in _alternatives(new)]
                if all(reasons):
                    yield f"{where}: form {number + 1} is no longer taken ({min(reasons, key=len)[0]})"
            return
        yield from self._refused_values(old, new, where)
        names = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{where}/{name}: is required now"
        if new.get("additionalProperties", True) is False:
            if old.get("additionalProperties", True) is not False:
                yield f"{where}: other members are no longer taken"
            for name in sorted(set(names[0]) - set(names[1])):
                yield f"{where}/{name}: is no longer taken"
        for name in sorted(set(names[0]) & set(names[1])):
            yield from self.refused(names[0][name], names[1][name], f"{where}/{name}", seen)
        if "items" in new:
            yield from self.refused(old.get("items", {}), new["items"], f"{where}/*", seen)
        yield from self._all_of(old, new, where, seen, reading=False)

    def missed(self, old: Any, new: Any, where: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield what a reader of the old schema misses, or does not understand, in what is sent by the new one.

        New members and new values of a list are no break: readers pass over what they do not know.
        """
        refs = f"{_ref(old)} {_ref(new)}"
        if refs != " " and refs in seen:
            return
        seen, old, new = seen | {refs}, _followed(self._old, old), _followed(self._new, new)
        if "anyOf" in old or "oneOf" in old or "anyOf" in new or "oneOf" in new:
            for number, alternative in enumerate(_alternatives(new)):
                reasons = [list(self.missed(each, alternative, where, seen)) for each in _alternatives(old)]
                if all(reasons):
                    yield f"{where}: form {number + 1} is new to a reader ({min(reasons, key=len)[0]})"
            return
        if "type" in old and not _types(new) <= _types(old):
            yield f"{where}: was {_types(old)}, is {_types(new) or 'anything'}"
        for value in _values(old) or ():
            if value not in (_values(new) or ()):
                yield f"{where}: the value {value!r} is gone"
        for name in sorted(set(old.get("properties", {})) - set(new.get("properties", {}))):
            yield f"{where}/{name}: is gone"
        for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
            yield f"{where}/{name}: may be missing now"
        for name in sorted(set(old.get("properties", {})) & set(new.get("properties", {}))):
            yield from self.missed(old["properties"][name], new["properties"][name], f"{where}/{name}", seen)
        if "items" in old:
            yield from self.missed(old["items"], new.get("items", {}), f"{where}/*", seen)
        yield from self._all_of(old, new, where, seen, reading=True)

    def _all_of(self, old: Schema, new: Schema, where: str, seen: frozenset[str], *, reading: bool) -> Iterator[str]:
        parts = old.get("allOf", []), new.get("allOf", [])
        if len(parts[0]) != len(parts[1]):
            yield f"{where}: is put together from other parts"
        for before, after in zip(*parts, strict=False):
            yield from (self.missed if reading else self.refused)(before, after, where, seen)

    def _refused_values(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        if "type" in new and not (_types(old) and _types(old) <= _types(new)):
            yield f"{where}: took {_types(old) or 'anything'}, takes {_types(new)}"
        allowed = _values(new)
        if allowed is not None:
            before = _values(old)
            gone = ["others"] if before is None else [value for value in before if value not in allowed]
            if gone:
                yield f"{where}: no longer takes {gone}"
        for name in _LOWER:
            if name in new and new[name] > old.get(name, float("-inf")):
                yield f"{where}: {name} rose to {new[name]}"
        for name in _UPPER:
            if name in new and new[name] < old.get(name, float("inf")):
                yield f"{where}: {name} fell to {new[name]}"
        for name in ("format", "pattern"):
            if name in new and new[name] != old.get(name):
                yield f"{where}: {name} is {new[name]} now"
        for name in sorted((set(old) | set(new)) - _KNOWN):
            if old.get(name) != new.get(name):
                yield f"{where}: {name} changed"


def _ref(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _followed(document: Schema, schema: Any) -> Schema:
    while isinstance(schema, dict) and "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema if isinstance(schema, dict) else {}


def _alternatives(schema: Schema) -> list[Any]:
    return list(schema.get("anyOf") or schema.get("oneOf") or [schema])


def _types(schema: Schema) -> set[str]:
    if "type" not in schema:
        return {_type_of(value) for value in _values(schema) or ()}
    found = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    return found | ({"integer"} if "number" in found else set())


def _type_of(value: Any) -> str:
    names = ((bool, "boolean"), (str, "string"), (int, "integer"), (type(None), "null"))
    return next((name for kind, name in names if isinstance(value, kind)), "object")


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def asked(schema: Any) -> Any:
    """Return what a schema asks, without what it merely tells."""
    if isinstance(schema, list):
        return [asked(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: asked(each) for name, each in value.items()} if key in {"properties", "$defs"} else asked(value)
        for key, value in schema.items()
        if key not in ANNOTATIONS or key == "$defs"
    }
