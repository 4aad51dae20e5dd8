"""Status and validity are two facts: a status is what the body decided, validity what a reader may rely on.

The words of ISO/IEC 17000 are fixed here once: 撤销 is withdrawn, 注销 is cancelled, 过期失效 is expired.
"""

from enum import StrEnum
from typing import Self


class Status(StrEnum):
    """A certificate's status, with the code of the national platform where it has one."""

    code: str
    zh: str
    en: str

    NOT_ISSUED = "not_issued", "00", "未发证", "Not issued"
    REFUSED = "refused", "00", "不予发证", "Refused"
    VALID = "valid", "01", "有效", "Valid"
    SUSPENDED = "suspended", "02", "暂停", "Suspended"
    WITHDRAWN = "withdrawn", "03", "撤销", "Withdrawn"
    CANCELLED = "cancelled", "04", "注销", "Cancelled"
    EXPIRED = "expired", "05", "过期失效", "Expired"

    def __new__(cls, word: str, code: str = "", zh: str = "", en: str = "") -> Self:
        """Make a member whose value is the English word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.code, member.zh, member.en = code, zh, en
        return member

    @property
    def is_final(self) -> bool:
        """Whether the status ends the certificate's life; only corrections and side facts may follow."""
        return self in _FINAL

    @classmethod
    def from_code(cls, code: str) -> Self:
        """Return the status of a filed code ``01`` to ``05``; raises ``ValueError`` for any other.

        ``00`` is never filed for a certificate: it means not issued as well as refused.
        """
        for status in cls:
            if status.code == code != "00":
                return status
        raise ValueError(f"not a filed certificate status: {code!r}")


class Validity(StrEnum):
    """Whether a certificate may be relied on."""

    zh: str
    en: str

    VALID = "valid", "有效", "Valid"
    INVALID = "invalid", "无效", "Not valid"

    def __new__(cls, word: str, zh: str = "", en: str = "") -> Self:
        """Make a member whose value is the English word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.zh, member.en = zh, en
        return member


_FINAL = frozenset({Status.REFUSED, Status.WITHDRAWN, Status.CANCELLED, Status.EXPIRED})
