"""Stores the OpenAPI document of this version, against which later ones are compared; a released one stays as it is.

A version is released once CHANGELOG.md has a heading of its own for it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from api.http.app import create_app
from api.http.service import Ports
from api.http.tokens import Tokens
from api.version import __version__
from infra.open_ledger import open_memory_ledger
from tests.tools.compatibility import Comparison

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "tests" / "released"
_TOLD = frozenset({"description", "summary", "example", "title", "links"})
_JSON = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS


def stored() -> dict[str, dict[str, Any]]:
    """Return the stored documents by version."""
    return {
        path.name.removeprefix("openapi-").removesuffix(".json"): orjson.loads(path.read_bytes())
        for path in sorted(RELEASED.glob("openapi-*.json"))
    }


def described() -> dict[str, Any]:
    """Return the document as the application gives it."""
    return create_app(Ports(ledger=open_memory_ledger(), database_url="", tokens=Tokens({}))).openapi()


def essence(value: Any) -> Any:
    """Return what programs rely on, without texts and examples; the codes of problems are kept in their place."""
    if isinstance(value, list):
        return [essence(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, each in value.items():
        if key == "properties":
            kept[key] = {name: essence(member) for name, member in each.items()}
        elif key == "examples":
            kept[key] = sorted(each) if isinstance(each, dict) else []
        elif key not in _TOLD:
            kept[key] = essence(each)
    return kept


def breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield what of the new document breaks a program that was written for the old one."""
    compared = Comparison(old, new)
    for path, methods in old["paths"].items():
        for method, before in methods.items():
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{where}: is gone"
                continue
            if before["operationId"] != after["operationId"]:
                yield f"{where}: {before['operationId']} is called {after['operationId']}"
            if not before.get("security") and after.get("security"):
                yield f"{where}: asks for a token"
            yield from _parameters(compared, before, after, where)
            yield from _request(compared, before, after, where)
            yield from _responses(compared, before, after, where)


def _parameters(compared: Comparison, before: Any, after: Any, where: str) -> Iterator[str]:
    old, new = ({(p["in"], p["name"]): p for p in each.get("parameters", ())} for each in (before, after))
    for key, parameter in old.items():
        if key not in new:
            yield f"{where}: the parameter {key[1]} is gone"
        else:
            if new[key].get("required") and not parameter.get("required"):
                yield f"{where}: the parameter {key[1]} is required now"
            yield from compared.refused(parameter["schema"], new[key]["schema"], f"{where} {key[1]}")
    for key, parameter in new.items():
        if key not in old and parameter.get("required"):
            yield f"{where}: asks for the new parameter {key[1]}"


def _request(compared: Comparison, before: Any, after: Any, where: str) -> Iterator[str]:
    old, new = (each.get("requestBody", {}).get("content", {}) for each in (before, after))
    for media_type, content in old.items():
        if media_type not in new:
            yield f"{where}: no longer takes {media_type}"
        else:
            yield from compared.refused(content["schema"], new[media_type]["schema"], f"{where} {media_type}")


def _responses(compared: Comparison, before: Any, after: Any, where: str) -> Iterator[str]:
    for status, answer in before["responses"].items():
        now = after["responses"].get(status)
        if int(status) >= 400:
            continue
        if now is None:
            yield f"{where}: never answers {status}"
            continue
        for header in answer.get("headers", {}):
            if header not in now.get("headers", {}):
                yield f"{where} {status}: the header {header} is gone"
        for media_type, content in answer.get("content", {}).items():
            if media_type not in now.get("content", {}):
                yield f"{where} {status}: is no longer given as {media_type}"
            else:
                schema = now["content"][media_type]["schema"]
                yield from compared.missed(content["schema"], schema, f"{where} {status}")


def codes(document: dict[str, Any]) -> set[str]:
    """Return the codes of all problems that a document shows."""
    return {
        code
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for content in answer.get("content", {}).values()
        for code in content.get("examples", ())
    }


def main() -> int:
    """Store the document of this version, unless it was released."""
    path = RELEASED / f"openapi-{__version__}.json"
    if path.exists() and f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        print(f"{__version__} 已发布,不可改写 / is released and stays as it is", file=sys.stderr)
        return 1
    RELEASED.mkdir(exist_ok=True)
    path.write_bytes(orjson.dumps(essence(described()), option=_JSON) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
