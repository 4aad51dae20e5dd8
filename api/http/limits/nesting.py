"""How deep a JSON text nests is known before a parser sees it, in time linear in its length and constant memory."""

import re
from itertools import accumulate

# Possessive, and content to end at the end of the text: each byte is looked at once, whatever is sent.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_too_deep(raw: bytes, levels: int) -> bool:
    """Return whether arrays and objects stand in each other more than ``levels`` deep.

    Whether the brackets match is for the parser to say; it never meets more open ones than this lets through.
    """
    if raw.count(b"[") + raw.count(b"{") <= levels:
        return False
    brackets = _STRING.sub(b"", raw).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > levels
