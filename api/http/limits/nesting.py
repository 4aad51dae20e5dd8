"""How deep a JSON text nests is known before a parser sees it, in time linear in its length and constant memory.

A text is looked through in steps, since a single call over megabytes would hold up every other thread.
"""

import re
from itertools import accumulate

STEP = 65_536
# Possessive, and content to end at the end of the step: each byte is looked at once, whatever is sent.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_REST = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
# Put after a step: it stays where no text is open there. No parser takes it outside of a text, nor what follows it.
_OUTSIDE = b"\1"


def is_too_deep(raw: bytes, levels: int, *, step: int = STEP) -> bool:
    """Return whether arrays and objects stand in each other more than ``levels`` deep.

    Whether the brackets match is for the parser to say; it never meets more open ones than this lets through.
    """
    if raw.count(b"[") + raw.count(b"{") <= levels:
        return False
    depth, inside, escaped = 0, False, False
    for start in range(0, len(raw), step):
        part = raw[start : start + step]
        if inside:
            part, inside, escaped = _after_text(part, escaped=escaped)
            if inside:
                continue
        outside = _STRING.sub(b"", part + _OUTSIDE + b'"')
        inside = not outside.endswith(_OUTSIDE)
        escaped = inside and _ends_in_escape(part)
        depths = list(accumulate(map(_STEPS.__getitem__, outside.translate(None, _ALL_BUT_BRACKETS)), initial=depth))
        if max(depths) > levels:
            return True
        depth = depths[-1]
    return False


def _after_text(part: bytes, *, escaped: bool) -> tuple[bytes, bool, bool]:
    """Return what stands after a text that was open, whether it is open still, and whether by an escape."""
    rest = _REST.match(part, 1 if escaped else 0)
    end = rest.end() if rest else len(part)
    if part[end : end + 1] == b'"':
        return part[end + 1 :], False, False
    return b"", True, end < len(part)


def _ends_in_escape(part: bytes) -> bool:
    """Return whether the last character is a backslash that begins an escape."""
    return (len(part) - len(part.rstrip(b"\\"))) % 2 == 1
