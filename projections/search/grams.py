"""Text is searched by pairs of characters: the commonest Chinese query has two, too few for trigrams.

Rows and queries are cut by the same function; it depends on no setting of the database.
"""

import unicodedata
from functools import lru_cache

MAXIMUM_GRAMS = 4_000


@lru_cache(maxsize=1 << 14)
def normalised(text: str) -> str:
    """Return text as it is compared: compatibility forms folded, case folded, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\0", " ").split())


def grams(text: str) -> list[str]:
    """Return all pairs of neighbouring characters in normalised text, and each Chinese character alone, sorted."""
    found = {text[index : index + 2] for index in range(len(text) - 1) if " " not in text[index : index + 2]}
    found.update(character for character in text if character >= "\u2e80")
    return sorted(found)[:MAXIMUM_GRAMS]
