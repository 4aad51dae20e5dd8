"""Which columns of the reports tell of a contact person, and as which personal field (S2-90)."""

from collections.abc import Mapping
from functools import lru_cache

from api.importer.row import Row
from ledger.families import EVENT_TYPES
from ledger.privacy.fields import field_at

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "management_system": {
        "contact/telephone": "组织联系电话",
        "contact/fax": "组织联系传真",
        "contact/postcode": "组织通讯邮编",
    },
    "product": {
        "contact/name": "认证委托人联系人",
        "contact/telephone": "认证委托人联系电话",
        "contact/postcode": "认证委托人邮政编码",
    },
}
# Only what describes the certificate anew says whom to call.
_DESCRIBING = frozenset({"certificate.issued", "certificate.renewed", "certificate.changed"})


def contact_of(row: Row, event_type: str) -> tuple[tuple[str, str], ...]:
    """Return path and value of each contact cell that is filled; one that is too long is a fault, never quoted."""
    if not _may_hold(event_type):
        return ()
    found = []
    for path, column in COLUMNS[row.layout.kind.name].items():
        value, kind = row.private(column), field_at(path)
        if value and kind is not None:
            if len(value) > kind.maximum:
                row.fault(column, "personal_cell_too_long", most=str(kind.maximum))
            found.append((path, value))
    return tuple(found)


@lru_cache(maxsize=64)
def _may_hold(event_type: str) -> bool:
    return event_type in _DESCRIBING and "digests" in EVENT_TYPES[event_type].model.model_fields
