import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.notary_folder import NotaryFolder
from infra.open_ledger import open_ledger
from ledger.evidence.growth import SigningRefused
from ledger.service import Ledger
from tests.support.consumers import history, record
from tests.support.notaries import notary_of, scrubber_of, sign_all, store_of
from tests.support.tampering import as_superuser
from tests.support.waiting import eventually

EVENTS = 600


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def folder(ledger: Ledger, database_url: str, tmp_path: Path) -> Path:
    """The folder of a notary that has signed 600 events in two steps."""
    for part in ("A", "B"):
        record(ledger, history([f"{part}{n:05}" for n in range(EVENTS // 2)], 1), batch=150)
        sign_all(database_url, tmp_path / "notary")
    return tmp_path / "notary"


def drift(url: str, folder: Path) -> dict[str, int | None]:
    """What the scrubber finds, which ends it."""
    scrubber = scrubber_of(url, folder)
    with pytest.raises(SigningRefused) as caught:
        scrubber.run(threading.Event())
    return {each.code: each.first for each in caught.value.report.findings}


def rounds(url: str, folder: Path) -> int:
    """How many events one round reads."""
    scrubber = scrubber_of(url, folder)
    try:
        total = 0
        while events := scrubber.step():
            total += events
        return total
    finally:
        scrubber._store.close()


def test_a_sound_store_is_read_whole_and_again(database_url: str, folder: Path) -> None:
    assert rounds(database_url, folder) == EVENTS
    assert rounds(database_url, folder) == EVENTS
    store = store_of(database_url)
    through, passes, finished = store.scrubbed()
    store.close()
    assert (through, passes) == (0, 2)
    assert finished is not None
    assert NotaryFolder(folder).alarms() == []


@pytest.mark.parametrize(
    ("statement", "code", "index"),
    [
        ("UPDATE ledger_events SET state = state || ' ' WHERE notification_id = 77", "ENTRY_EDITED", 76),
        ("UPDATE ledger_events SET state = state || ' ' WHERE notification_id = 590", "ENTRY_EDITED", 589),
        ("DELETE FROM ledger_events WHERE notification_id = 300", "ENTRY_MISSING", 299),
        ("UPDATE notary.tile SET hashes = set_byte(hashes, 40, 0) WHERE level = 0 AND idx = 1", "TILE_MISMATCH", None),
        ("DELETE FROM notary.tile WHERE level = 0 AND idx = 0", "TILE_MISMATCH", None),
        ("UPDATE notary.tile SET hashes = set_byte(hashes, 40, 0) WHERE idx = 2", "ROOT_MISMATCH", 0),
        ("UPDATE notary.checkpoint SET root = sha256('') WHERE size = 300", "CHECKPOINT_CONTRADICTED", None),
        ("DELETE FROM notary.checkpoint WHERE size = 300", "CHECKPOINT_MISSING", None),
        ("UPDATE notary.checkpoint SET previous = sha256('') WHERE size = 600", "CHECKPOINT_LINK_BROKEN", None),
        ("UPDATE notary.checkpoint SET number = 7 WHERE size = 300", "CHECKPOINT_MISSING", None),
        (
            "UPDATE notary.checkpoint SET note = overlay(note PLACING 'XXX' FROM length(note) - 20) WHERE size = 300",
            "CHECKPOINT_SIGNATURE_INVALID",
            None,
        ),
    ],
)
def test_drift_is_named_and_stops_the_signing_for_good(
    ledger: Ledger, database_url: str, folder: Path, statement: str, code: str, index: int | None
) -> None:
    as_superuser(database_url, statement)
    found = drift(database_url, folder)
    assert found[code] == index, found
    record(ledger, history(["C00001"], 1))
    for _ in range(2):
        with pytest.raises(SigningRefused, match="SIGNING_STOPPED"):
            notary_of(database_url, folder).run(threading.Event())
    # A restored dump forgets the alarm, the notary's folder does not.
    as_superuser(database_url, "DELETE FROM notary.alarm")
    with pytest.raises(SigningRefused, match="SIGNING_STOPPED"):
        notary_of(database_url, folder).run(threading.Event())


def test_a_fault_of_one_reading_alone_is_no_alarm(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubber = scrubber_of(database_url, folder)
    check, readings = scrubber._check, []

    def first_wrong(through: int):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the method it stands for
        findings, events = check(through)
        readings.append(through)
        return (findings or ["a flipped bit"], events) if len(readings) == 1 else (findings, events)

    monkeypatch.setattr(scrubber, "_check", first_wrong)
    assert scrubber.step() == 256
    assert readings == [0, 0]
    scrubber._store.close()


def test_the_scrubber_keeps_to_its_rate(database_url: str, folder: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=scrubber_of(database_url, folder, rate=256).run, args=(stop,))
    thread.start()
    store = store_of(database_url)
    times = []
    for events in (256, 512):
        eventually(lambda events=events: store.scrubbed()[0] >= events)
        times.append(time.monotonic())
    stop.set()
    thread.join(20)
    store.close()
    assert times[1] - times[0] > 0.9
