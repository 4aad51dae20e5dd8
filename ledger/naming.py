"""A text that is spelled like a stream names that subject, whatever family and member it stands in.

So a new family's events belong to the trails, archives and traces of what they name, without a change there.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ledger.families import FAMILIES, organisation_stream

_ORGANISATION = "organisation"


@lru_cache(maxsize=1 << 14)
def stream_named(text: str) -> str | None:
    """Return the stream that a text spells, an organisation by its nine characters; ``None`` where it spells none."""
    family, _, rest = text.partition(":")
    known = FAMILIES.get(family)
    if known is None or not rest:
        return None
    if family == _ORGANISATION and len(rest) == 18:
        return _organisation(rest)
    return text if known.subject.fullmatch(text) else None


def about(stream: str) -> str | None:
    """Return the subject that a stream's own spelling says it is about, as an archive's does."""
    match = FAMILIES[stream.partition(":")[0]].subject.fullmatch(stream)
    return match.groupdict().get("about") if match else None


def named_in(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the streams that an event's data names, each with the name of the member it stands in."""
    for member, value in data.items():
        yield from _named(member, value)


def _named(member: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        stream = stream_named(value)
        if stream is None and member == _ORGANISATION:
            stream = _organisation(value)
        if stream is not None:
            yield member, stream
    elif isinstance(value, Mapping):
        if member == _ORGANISATION and isinstance(value.get("code"), str):
            stream = _organisation(value["code"])
            if stream is not None:
                yield member, stream
        yield from named_in(value)
    elif isinstance(value, list):
        for each in value:
            yield from _named(member, each)


def _organisation(code: str) -> str | None:
    try:
        return organisation_stream(code)
    except ValueError:
        return None
