"""The certificate family: transitions T1 to T17, T19 and T20 of the register's state machine."""

from ledger.certificates.events import EVENTS
from ledger.certificates.machine import MACHINE
from ledger.certificates.state import CertificateState

__all__ = ["EVENTS", "MACHINE", "CertificateState"]
