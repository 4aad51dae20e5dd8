"""A real witness on a real socket, as ``certledger witness`` serves it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.witness import create_witness
from infra.witness_folder import WitnessFolder
from ledger.evidence.notes import NoteSigner, Verifier
from ledger.evidence.witness import Witness
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG, NOW, WITNESSES


@contextmanager
def witnessing(
    folder: Path, signer: NoteSigner = WITNESSES[0], logs: tuple[Verifier, ...] = (LOG.verifier,), now: float = NOW
) -> Iterator[str]:
    """The address of a witness that is served for as long as the context lasts."""
    memory = WitnessFolder(folder)
    assert memory.acquire()
    app = create_witness(Witness([signer], logs, memory, lambda: now))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive())
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        memory.release()
