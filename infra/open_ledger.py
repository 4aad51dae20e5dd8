"""Opens the ledger on its log: the one place where application, mapper and recorder are put together."""

from ledger.service import Ledger
from ledger.terms import Terms

_MAPPER = "ledger.mapper:LedgerMapper"


WRITER = "certledger_writer"
"""The role of a process that records and changes no table by itself."""


def open_ledger(database_url: str, *, pool_size: int = 2, acting_as: str = "", terms: Terms | None = None) -> Ledger:
    """Return the ledger on a migrated PostgreSQL database (``postgresql://`` URL or conninfo).

    ``acting_as`` is the role in which its connections act, by default that of whoever connects.
    """
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
