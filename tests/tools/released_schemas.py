"""Writes the released schema of every event type that has none yet; what was released is never written again."""

from pathlib import Path

import orjson

from ledger.families import EVENT_TYPES
from ledger.schemas import event_schema

RELEASED = Path(__file__).parents[2] / "ledger" / "schemas" / "released"


def main() -> None:
    """Write what is missing."""
    for name, event_type in EVENT_TYPES.items():
        path = RELEASED / f"{name}.v{event_type.version}.json"
        if not path.exists():
            path.write_bytes(orjson.dumps(event_schema(event_type), option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
