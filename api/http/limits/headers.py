"""The header fields that every answer carries: a browser may run, frame, guess and pass on nothing of it."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

Fields = list[tuple[bytes, bytes]]

_DENIED = (
    "accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "web-share",
    "xr-spatial-tracking",
)  # fmt: skip
DATA_POLICY = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
ALWAYS: Fields = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", ", ".join(f"{name}=()" for name in _DENIED).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_FOR_DATA: Fields = [*ALWAYS, (b"content-security-policy", DATA_POLICY)]
_FOR_PAGES: Fields = [*ALWAYS, (b"content-security-policy", PAGE_POLICY)]
_NOT_STORED = (b"cache-control", b"no-store")


def page_policy(style: str) -> str:
    """Return the policy of a page that brings this one style sheet within it, by its digest, and nothing else."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def secured(fields: Sequence[tuple[bytes, bytes]], *, secure: bool, private: bool) -> Fields:
    """Return an answer's fields with those that it must carry.

    A page may bring its own policy, any other answer gets the one for data; HSTS goes out under HTTPS alone
    (RFC 6797, 7.2). ``private`` says that the asker named itself: nobody keeps such an answer, and nobody keeps one
    that says nothing about being kept.
    """
    is_page = has_policy = has_cache = is_stored = False
    for name, value in fields:
        if name == b"content-type":
            is_page = value.startswith(b"text/html")
        elif name == b"content-security-policy":
            has_policy = True
        elif name == b"cache-control":
            has_cache, is_stored = True, b"no-store" not in value
    found = [field for field in fields if field[0] != b"cache-control"] if private and is_stored else list(fields)
    found += ALWAYS if has_policy else _FOR_PAGES if is_page else _FOR_DATA
    if not has_cache or (private and is_stored):
        found.append(_NOT_STORED)
    if secure:
        found.append(HSTS)
    return found
