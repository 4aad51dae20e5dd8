"""No secret leaves in a log line or a trace: known values and everything that looks like a credential are blotted out.

It works on the finished text, so that it does not matter which library said it, in which field, or in which error.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

BLOT = "[redacted]"
_SHORTEST = 6
_NAMES = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|client_secret|api[_-]?key|access_token|refresh_token|id_token|token|"
    r"authorization|credentials?|private_key|sasl_plain_password|ssl_password|sasl\.jaas\.config|cookie)"
)
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.\-]*://[^\s:/@\"'\\]*:)[^\s@\"'\\]+(?=@)", re.IGNORECASE), r"\1" + BLOT),
    # Authorization: Bearer …
    (
        re.compile(r"\b(Bearer|Basic|DPoP)[ \t]+[A-Za-z0-9._~+/=\-]{6,}", re.IGNORECASE),
        r"\1 " + BLOT,
    ),
    # a JSON Web Token, wherever it stands
    (re.compile(r"\beyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), BLOT),
    # password=… "password": "…" password='…'
    (
        re.compile(rf"(\b{_NAMES}\b(?:\\?[\"'])?\s*[=:]\s*)(\\?[\"'])(?:(?!\2)[^\n]){{1,500}}?\2", re.IGNORECASE),
        r"\1\2" + BLOT + r"\2",
    ),
    (re.compile(rf"(\b{_NAMES}=)[^\s\"'&;,\\}}\])]+", re.IGNORECASE), r"\1" + BLOT),
)
_known: set[str] = set()


def hide(values: Iterable[str | None]) -> None:
    """Blot these values out wherever they appear from now on; of a URL, the password in it."""
    for value in values:
        if not value:
            continue
        secret = (urlsplit(value).password or "") if "://" in value else value
        _known.update(each for each in (secret, unquote(secret), quote(secret)) if len(each) >= _SHORTEST)


def redacted(text: str) -> str:
    """Return a text without secrets."""
    for secret in _known:
        text = text.replace(secret, BLOT)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redacted_line(_logger: Any, _method: str, line: Any) -> str:
    """Return a finished log line without secrets (the last of structlog's processors)."""
    return redacted(line.decode("utf-8", "replace") if isinstance(line, bytes) else line)


def redacted_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a span's attributes without secrets; one whose name says that it is a secret is blotted out whole."""
    found: dict[str, Any] = {}
    for name, value in (attributes or {}).items():
        if re.fullmatch(_NAMES, name.rpartition(".")[2], re.IGNORECASE):
            found[name] = BLOT
        elif isinstance(value, str):
            found[name] = redacted(value)
        elif isinstance(value, Sequence):
            found[name] = [redacted(each) if isinstance(each, str) else each for each in value]
        else:
            found[name] = value
    return found
