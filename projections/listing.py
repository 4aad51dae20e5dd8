"""A list of supervision is a query over views with a day: no order of arrival changes it, and any day can be asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupervisionList:
    """One list; ``access`` is the class of its rows in the table of visibility, ``views`` what its query reads.

    The statement gives ``stream``, ``region``, ``subject``, ``since``, ``due``, ``priority`` and ``detail``, and takes
    ``day`` and ``by``.
    """

    access: str
    zh: str
    en: str
    source: str
    statement: str
    views: tuple[str, ...] = ("cases", "register")
