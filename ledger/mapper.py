"""Stored events are canonical bytes already: mapping opens them, and never makes them anew."""

from eventsourcing.persistence import Mapper, StoredEvent

from ledger.envelope import Recorded, open_recorded


class LedgerMapper(Mapper[str]):
    """Maps between the library's stored events and :class:`ledger.envelope.Recorded`."""

    def to_stored_event(self, domain_event: Recorded) -> StoredEvent:  # type: ignore[override]  # bytes are the event
        """Return the row that holds a recorded event's bytes."""
        return StoredEvent(
            originator_id=domain_event.stream,
            originator_version=domain_event.version,
            topic=domain_event.event["type"],
            state=domain_event.raw,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:  # type: ignore[override]  # likewise
        """Return the recorded event; its position is the row's and is not known here."""
        return open_recorded(0, stored_event.state)
