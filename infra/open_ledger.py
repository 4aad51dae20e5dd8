"""Opens the ledger on its log: the one place where application, mapper and recorder are put together."""

from infra.services.errors import ServiceUnavailableError
from ledger.evidence.sm3 import Sm3Missing, sm3
from ledger.service import Ledger
from ledger.terms import Terms

_MAPPER = "ledger.mapper:LedgerMapper"


WRITER = "certledger_writer"
"""The role of a process that records and changes no table by itself."""


def open_ledger(database_url: str, *, pool_size: int = 2, acting_as: str = "", terms: Terms | None = None) -> Ledger:
    """Return the ledger on a migrated PostgreSQL database (``postgresql://`` URL or conninfo).

    ``acting_as`` is the role in which its connections act, by default that of whoever connects.
    """
    _require_sm3()
    return Ledger(
        {
            "PERSISTENCE_MODULE": "infra.postgres_log:LedgerFactory",
            "MAPPER_TOPIC": _MAPPER,
            "CREATE_TABLE": "n",
            "ORIGINATOR_ID_TYPE": "text",
            "DATABASE_URL": database_url,
            "DATABASE_ROLE": acting_as,
            # The library insists on these; the URL says them better.
            "POSTGRES_DBNAME": "-",
            "POSTGRES_HOST": "-",
            "POSTGRES_USER": "-",
            "POSTGRES_PASSWORD": "",
            "POSTGRES_POOL_SIZE": str(pool_size),
            "POSTGRES_MAX_OVERFLOW": "8",
            "POSTGRES_CONNECT_TIMEOUT": "5",
        },
        terms,
    )


def open_memory_ledger(terms: Terms | None = None) -> Ledger:
    """Return a ledger that forgets everything with the process."""
    return Ledger({"PERSISTENCE_MODULE": "infra.memory_log:MemoryFactory", "MAPPER_TOPIC": _MAPPER}, terms)


def _require_sm3() -> None:
    """Raise where no entry could be recorded, before anything is promised."""
    try:
        sm3(b"")
    except Sm3Missing as error:
        raise ServiceUnavailableError(
            "此处的密码库没有 SM3,无法登记条目;请使用 PyPI 上的 cryptography 轮子,或带 SM3 的 OpenSSL 3。",
            "The crypto library here has no SM3, which every entry holds: use the `cryptography` wheel, or an OpenSSL "
            "3 that was built with SM3.",
        ) from error
