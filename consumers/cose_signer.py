"""Signs the roots of published checkpoints once more, in the form of COSE receipts (RFC 9942).

It signs only what the log's own key signed as a checkpoint before: it can make no fork that the notary did not make.
"""

from threading import Event

import structlog

from consumers.patience import TROUBLE, Patience
from consumers.ports import CoseStore
from ledger.cose import sign_root
from ledger.evidence.guard import signed_by
from ledger.evidence.notes import NoteSigner

_SECONDS = 1.0

log = structlog.get_logger(__name__)


class CoseSigner:
    """Signs the newest checkpoint about once a second; several of them at once make the same rows."""

    def __init__(self, *, store: CoseStore, signer: NoteSigner) -> None:
        self._store = store
        self._signer = signer
        self._signed = 0

    def run(self, stop: Event) -> None:
        """Sign until ``stop`` is set; outages are sat out."""
        patience = Patience()
        try:
            while not stop.is_set():
                try:
                    self._sign()
                    patience.restore()
                    stop.wait(_SECONDS)
                except TROUBLE as error:
                    log.warning("cose_signer.interrupted", error=repr(error))
                    patience.wait(stop)
        finally:
            self._store.close()

    def _sign(self) -> None:
        newest = self._store.newest()
        if newest is None or newest.size == self._signed:
            return
        checkpoint = signed_by(self._signer.name, [self._signer.verifier], newest)
        self._store.put(checkpoint.size, *sign_root(self._signer, checkpoint.size, checkpoint.root))
        self._signed = checkpoint.size
