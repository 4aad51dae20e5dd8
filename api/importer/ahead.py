"""Files are read while the ledger records: the first of them in a thread, the others in a process of their own.

Either way a few batches are ahead, no more, so that memory does not depend on the number of rows.
"""

import contextlib
import fcntl
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import IO, Any

import orjson

from api.importer.batches import Batch, Batches, Origin, Pending
from api.importer.files import Files
from ledger.envelope import Submission
from ledger.families import EVENT_TYPES

# Starting a process costs about a second: few files are read faster without one, and of many the first ones are.
LARGE_BYTES = 8 * 2**20
FIRST_BYTES = 3 * 2**20
PIPE_BYTES = 2**20
FRAMES_AHEAD = 4
_LENGTH = 8
_Packed = tuple[list[tuple[Any, ...]], list[Origin], Batch]


class ReaderLost(RuntimeError):  # noqa: N818 - says what happened
    """The reading process ended before the last file; what was recorded is kept, and the import can be run again."""


@contextmanager
def batches_ahead(files: Files, size: int, *, large_bytes: int = LARGE_BYTES) -> Iterator[Iterator[Batch]]:
    """Give the batches of a directory in order, the next one being read while one is used."""
    first, others = (files, None) if files.size < large_bytes else parted(files, min(FIRST_BYTES, large_bytes))
    with ExitStack() as stack:
        # In this order, so that the process starts while the first files are read.
        following = None if others is None else stack.enter_context(_reading_process(others, size))
        batches = stack.enter_context(closing(_prefetched(_from_files(first, size))))
        yield batches if following is None else _one_after_the_other(batches, following, first.size)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for cycles rarely: the records and rows of an import hold none, and looking costs a fifth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def parted(files: Files, first_bytes: int) -> tuple[Files, Files]:
    """Return the register with the first reports, up to a size, and the other reports."""
    count, size = 0, 0
    while count < len(files.reports) and size + files.reports[count].size <= first_bytes:
        size += files.reports[count].size
        count += 1
    return replace(files, reports=files.reports[:count]), replace(files, register=None, reports=files.reports[count:])


def _one_after_the_other(first: Iterator[Batch], others: Iterator[Batch], done: int) -> Iterator[Batch]:
    yield from first
    for batch in others:
        batch.bytes_done += done
        yield batch


def _from_files(files: Files, size: int) -> Generator[Batch, None, None]:
    yield from Batches(files, size)


def _prefetched(batches: Generator[Batch, None, None]) -> Generator[Batch, None, None]:
    """Yield the batches, the next one being fetched by a thread while the caller waits for the database."""
    with closing(batches), ThreadPoolExecutor(1, thread_name_prefix="import-reader") as reader:
        ahead = reader.submit(next, batches, None)
        while (batch := ahead.result()) is not None:
            ahead = reader.submit(next, batches, None)
            yield batch


@contextmanager
def _reading_process(files: Files, size: int) -> Iterator[Iterator[Batch]]:
    """Start the reading process and give the batches that it reads; end it."""
    # Not multiprocessing: that would run the caller's main module once more.
    command = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603 - ours
        try:
            _widen(process.stdin)
            _widen(process.stdout)
            with contextlib.suppress(BrokenPipeError):  # its end is met where it is read from
                pickle.dump((files, size), process.stdin)  # type: ignore[arg-type]  # PIPE was asked for
                process.stdin.close()  # type: ignore[union-attr]  # likewise
            with closing(_from_process(process)) as batches:
                yield batches
        finally:
            process.terminate()


def _from_process(process: subprocess.Popen[bytes]) -> Generator[Batch, None, None]:
    try:
        for frame in _frames_ahead(process.stdout):  # type: ignore[arg-type]  # PIPE was asked for
            yield _unpacked(pickle.loads(frame))  # noqa: S301 - our own
    except (EOFError, pickle.UnpicklingError) as error:
        raise ReaderLost(f"exit code {process.wait()}") from error


def _frames_ahead(stream: IO[bytes]) -> Generator[bytes, None, None]:
    """Yield the frames of a pipe; a thread keeps some at hand, so that neither process waits for the other's pauses."""
    reader = ThreadPoolExecutor(1, thread_name_prefix="import-frames")
    try:
        ahead = deque(reader.submit(_frame, stream) for _ in range(FRAMES_AHEAD))
        while frame := ahead.popleft().result():
            ahead.append(reader.submit(_frame, stream))
            yield frame
    finally:
        # The thread may wait for a process that is about to be ended; nobody needs what it reads.
        reader.shutdown(wait=False, cancel_futures=True)


def _frame(stream: IO[bytes]) -> bytes:
    """Return the next frame, empty after the last one; raise ``EOFError`` where the writer was lost."""
    length = stream.read(_LENGTH)
    frame = stream.read(int.from_bytes(length)) if len(length) == _LENGTH else None
    if frame is None or len(frame) < int.from_bytes(length):
        raise EOFError("the pipe ended within a frame")
    return frame


def _write_frame(frame: bytes) -> None:
    sys.stdout.buffer.write(len(frame).to_bytes(_LENGTH))
    sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a whole batch fit into the pipe: else the reader waits half-way through it until somebody takes it."""
    if pipe is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def serve() -> None:
    """Be the reading process: take the files from standard input, give packed batches on standard output."""
    # Ctrl-C is for the parent to answer; it then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    files, size = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the parent
    try:
        with rare_collections():
            for batch in Batches(files, size):
                _write_frame(pickle.dumps(_packed(batch), pickle.HIGHEST_PROTOCOL))
            _write_frame(b"")
    except BrokenPipeError:
        os._exit(1)  # nobody wants more, and there is nowhere left to flush to


def _packed(batch: Batch) -> _Packed:
    origins: dict[int, tuple[int, Origin]] = {}
    rows = []
    for pending in batch.pending:
        said, origin = pending.submission, pending.origin
        number, _ = origins.setdefault(id(origin), (len(origins), origin))
        rows.append(
            (
                said.raw,
                said.type.name,
                said.source,
                said.id,
                said.subject,
                said.digest,
                pending.line,
                pending.effective_column,
                number,
                pending.personal,
            )
        )
    batch.pending = []
    return rows, [origin for _, origin in origins.values()], batch


def _unpacked(packed: _Packed) -> Batch:
    rows, origins, batch = packed
    for raw, name, source, identity, subject, digest, line, column, number, personal in rows:
        data = orjson.loads(raw)["data"]
        said = Submission(raw, EVENT_TYPES[name], source, identity, subject, data, digest)
        batch.pending.append(Pending(said, line, column, origins[number], personal))
    return batch
