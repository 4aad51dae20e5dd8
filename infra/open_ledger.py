"""Opens the ledger on its log: the one place where application, mapper and recorder are put together."""

from psycopg.conninfo import conninfo_to_dict

from ledger.service import Ledger

_MAPPER = "ledger.mapper:LedgerMapper"


def open_ledger(database_url: str, *, pool_size: int = 2) -> Ledger:
    """Return the ledger on a migrated PostgreSQL database (``postgresql://`` URL or conninfo)."""
    parts = conninfo_to_dict(database_url)
    return Ledger(
        {
            "PERSISTENCE_MODULE": "infra.postgres_log:LedgerFactory",
            "MAPPER_TOPIC": _MAPPER,
            "CREATE_TABLE": "n",
            "ORIGINATOR_ID_TYPE": "text",
            "POSTGRES_DBNAME": str(parts.get("dbname", "")),
            "POSTGRES_HOST": str(parts.get("host", "")),
            "POSTGRES_PORT": str(parts.get("port", "5432")),
            "POSTGRES_USER": str(parts.get("user", "")),
            "POSTGRES_PASSWORD": str(parts.get("password", "")),
            "POSTGRES_POOL_SIZE": str(pool_size),
            "POSTGRES_MAX_OVERFLOW": "8",
            "POSTGRES_CONNECT_TIMEOUT": "5",
        }
    )


def open_memory_ledger() -> Ledger:
    """Return a ledger that forgets everything with the process."""
    return Ledger({"PERSISTENCE_MODULE": "infra.memory_log:MemoryFactory", "MAPPER_TOPIC": _MAPPER})
