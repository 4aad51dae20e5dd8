"""What a patrol checks against certificates as they were on the day of production, never as they are today.

Each check answers with a finding's code, or with nothing; a person decides what becomes of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.codes.schemes import product_class
from ledger.codes.statuses import Status
from ledger.days import Day

UNCERTIFIED = "uncertified_production"
WHILE_INVALID = "production_while_invalid"
MISMATCH = "certificate_mismatch"
FORGERY = "forgery_certificate"
# The three statuses that S1-33 names; a certificate that ran out is none, so that its product is without one.
_NAMED = frozenset({Status.SUSPENDED, Status.WITHDRAWN, Status.CANCELLED})
_SEPARATORS = re.compile(r"[\s,,;;、]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that a check suggests: its code, and what of the certificate it rests on."""

    code: str
    stated: str = ""
    observed: str = ""


def while_invalid(status: str | None, *, is_known: bool = True) -> Found | None:
    """Return the finding where a certificate's status on the production day is one of the three named (S1-33).

    Without a status there was no certificate on that day; one that the ledger does not know at all is another matter,
    a forgery's lead.
    """
    if not is_known:
        return Found(FORGERY)
    if status is None:
        return Found(UNCERTIFIED)
    return Found(WHILE_INVALID, stated=status) if Status(status) in _NAMED else None


def uncertified(product: str, day: Day, statuses: Iterable[tuple[str, str | None]]) -> Found | None:
    """Return the finding where a catalogued product had no valid certificate of its producer on a day (S1-32).

    ``statuses`` are the product class and status on that day of the producer's certificates.
    """
    if product_class(product, day) is None:
        return None
    if any(status == Status.VALID.value and code == product for code, status in statuses):
        return None
    return Found(UNCERTIFIED, stated=product)


def mismatches(details: Mapping[str, Any], observed: Mapping[str, str]) -> list[Found]:
    """Return where the product on site differs from the certificate's version of that day (S1-34).

    ``observed`` may give ``model``, ``product``, ``standard`` and ``factory``; what the certificate leaves open
    contradicts nothing.
    """
    product = details.get("product") or {}
    factory = details.get("factory") or {}
    stated: dict[str, tuple[str, set[str]]] = {
        "model": (product.get("models") or "", _words(product.get("models") or "")),
        "product": (product.get("name") or "", {_plain(product.get("name") or "")}),
        "standard": ("; ".join(details.get("standards") or ()), {_plain(s) for s in details.get("standards") or ()}),
        "factory": (factory.get("name_zh") or "", {_plain(factory.get("name_zh") or "")}),
    }
    return [
        Found(MISMATCH, stated=f"{name}: {stated[name][0]}", observed=value)
        for name, value in observed.items()
        if stated[name][0] and _plain(value) not in stated[name][1]
    ]


def _words(text: str) -> set[str]:
    return {_plain(word) for word in _SEPARATORS.split(text) if word}


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
