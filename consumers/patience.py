"""A consumer outlives its surroundings: after trouble it waits a little longer each time, and starts afresh."""

from threading import Event

import psycopg
from kafka.errors import KafkaError

from ledger.log import ConcurrentUpdate, LogUnavailable
from ledger.privacy.keeping import FieldsUnavailable

TROUBLE = (
    KafkaError,
    LogUnavailable,
    ConcurrentUpdate,
    FieldsUnavailable,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    OSError,
)
"""What passes by itself: broker or database away, or a race lost too often."""

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 3.0


class Patience:
    """The waits between attempts, doubling up to three seconds."""

    def __init__(self) -> None:
        self._seconds = _FIRST_SECONDS

    def wait(self, stop: Event) -> None:
        """Wait before the next attempt, or until ``stop`` is set."""
        stop.wait(self._seconds)
        self._seconds = min(self._seconds * 2, _LONGEST_SECONDS)

    def restore(self) -> None:
        """Begin with short waits again: something went well."""
        self._seconds = _FIRST_SECONDS
