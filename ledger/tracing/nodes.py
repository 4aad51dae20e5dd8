"""A node of the trace is a text: a stream, or a kind and a name that is unique for its owner, such as a model's."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from ledger.families import body_stream, certificate_stream, organisation_stream, person_stream

LONGEST = 160
NOBODY = "abroad"
"""Stands for an owner without a code of its own: models of foreign producers are told apart by nothing else."""
_SEPARATORS = str.maketrans(dict.fromkeys(",;，；、\n\r\t", "\n"))
Maker = Callable[[Any, str, str, Mapping[str, Any]], Iterator[tuple[str, str]]]


def nodes_of(kind: str, value: Any, stream: str, owner: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a member's value names, each with the role it is named in (empty where it has none).

    ``owner`` is whom the names of products, models and batches belong to; ``data`` is what the value stands in.
    """
    for each in value if isinstance(value, list) else (value,):
        yield from _MAKERS[kind](each, stream, owner, data)


def owner_of(organisation: Any) -> str:
    """Return the nine characters by which an organisation owns the names of its products."""
    code = organisation.get("code") if isinstance(organisation, Mapping) else organisation
    named = _organisation(code)
    return named.partition(":")[2] if named else NOBODY


def name_of(kind: str, *parts: str) -> str:
    """Return a node's name, its blanks made one; a name that is too long ends with its digest."""
    name = ":".join((kind, *(" ".join(part.split()) for part in parts)))
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}~{sha256(name.encode()).hexdigest()[:16]}"


def _organisation(code: Any) -> str | None:
    if not isinstance(code, str):
        return None
    try:
        return organisation_stream(code)
    except ValueError:
        return None


def _of_organisation(value: Any, _stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = _organisation(value.get("code") if isinstance(value, Mapping) else value)
    if named:
        yield named, ""


def _of_signer(value: Any, _stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and "number" in value:
        yield person_stream(value.get("register", "CCAA"), value["number"]), value.get("role", "decision")


def _of_report(value: Any, _stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and "sha256" in value:
        yield name_of("report", value["sha256"]), ""


def _of_certificate(value: Any, stream: str, _owner: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield certificate_stream(data.get("@body") or stream.split(":", 2)[1], value), ""


def _of_body(value: Any, _stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield body_stream(value), ""


def _of_site(value: Any, stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and "name" in value:
        yield name_of("site", stream.partition(":")[2], value["name"]), ""


def _owned(kind: str) -> Maker:
    def make(value: Any, _stream: str, owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            names = value.translate(_SEPARATORS).split("\n") if kind == "model" else [value]
            yield from ((name_of(kind, owner, name), "") for name in names if name.strip())

    return make


def _plain(kind: str) -> Maker:
    def make(value: Any, _stream: str, _owner: str, _data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield name_of(kind, value), ""

    return make


_MAKERS: Mapping[str, Maker] = {
    "organisation": _of_organisation,
    "signer": _of_signer,
    "report": _of_report,
    "certificate": _of_certificate,
    "body": _of_body,
    "site": _of_site,
    "laboratory": _plain("laboratory"),
    "factory": _plain("factory"),
    "product": _owned("product"),
    "model": _owned("model"),
    "batch": _owned("batch"),
}
