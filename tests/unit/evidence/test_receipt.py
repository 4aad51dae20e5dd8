"""A receipt made from a small log in memory: every octet counts, and every false link is named."""

import json
from dataclasses import replace
from typing import Any

import pytest

from consumers.status_map import root_submission
from ledger.certificates.statement import NEVER_REGISTERED, derive, statement, timeline_from
from ledger.days import parse_instant
from ledger.evidence.maprules import apply, change_of, open_entry
from ledger.evidence.maptiles import TiledMap
from ledger.evidence.merkle import inclusion_plan, leaf_hash, prove_inclusion
from ledger.evidence.notes import Checkpoint, cosign, sign_checkpoint
from ledger.evidence.policy import Policy
from ledger.evidence.receipt import (
    UNSIGNED,
    Event,
    Included,
    SignatureShown,
    StatusReceipt,
    keep_small,
    parse_receipt,
)
from ledger.evidence.receiptcheck import check_receipt
from ledger.evidence.report import Result
from ledger.evidence.statusmap import key_of
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.evidence.tiles import TileBuilder, TileHashes
from ledger.evidence.verify import Question
from tests.support.statements import BODY, accept, certificate, decided, issued, register_of, suspended
from tests.unit.evidence.making import LOG, WITNESSES, tile_store

ALL_WITNESSES = Policy(
    logs=[LOG.verifier],
    witnesses={each.name: each.verifier for each in WITNESSES},
    groups={"all": (3, tuple(each.name for each in WITNESSES))},
    quorum="all",
)
DAY = "2031-04-01"


class Log:
    """A log of certificates with one recorded root of the map at its end, signed and witnessed."""

    def __init__(self) -> None:
        self.ledger = register_of()
        accept(
            self.ledger,
            *(issued(f"N{n:03}") for n in range(20)),
            suspended("N007"),
            decided("restored", "2031-03-05", "N007"),
        )
        entries = self.entries()
        self.tiles = map_of(entries)
        instant = entries[-1].split(b'"recorded":"')[1][:27].decode()
        self.through = instant
        self.size = len(entries)
        accept(self.ledger, root_submission(0, self.size, self.tiles.root(), parse_instant(instant)))
        entries = self.entries()
        builder = TileBuilder()
        builder.extend(b"".join(map(leaf_hash, entries)))
        self.seconds = parse_instant(entries[-1].split(b'"recorded":"')[1][:27].decode()).timestamp()
        self.note = sign_checkpoint(Checkpoint(LOG.name, len(entries), builder.root()), LOG)
        for witness in WITNESSES:
            self.note = cosign(self.note, witness, int(self.seconds) + 1)

    def entries(self) -> list[bytes]:
        return [row.raw for row in self.ledger.event_log.read(0, 10_000)]

    def included(self, index: int) -> Included:
        entries = self.entries()
        store = {(tile.level, tile.index): data for tile, data in tile_store(entries).items()}
        read = TileHashes(len(entries), lambda tile: store[tile.level, tile.index])
        assert inclusion_plan(index, len(entries))
        return Included(index, tuple(prove_inclusion(index, len(entries), read)))

    def receipt(self, number: str, **changes: Any) -> StatusReceipt:
        stream = certificate(number)
        mine = [(at, raw) for at, raw in enumerate(self.entries()) if b'"stream":"%b"' % stream.encode() in raw]
        history = [raw for _, raw in mine]
        made = StatusReceipt(
            BODY,
            number,
            DAY,
            self.size,
            self.through,
            statement(timeline_from(history), DAY) if history else NEVER_REGISTERED,
            keep_small(history),
            self.included(mine[-1][0]) if mine else None,
            self.tiles.prove(key_of(stream)),
            self.entries()[-1],
            self.included(len(self.entries()) - 1),
            self.note,
            SignatureShown(UNSIGNED) if mine else None,
        )
        return replace(made, **changes)

    def judge(self, receipt: StatusReceipt | bytes, policy: Policy | None = ALL_WITNESSES, **more: Any) -> list[str]:
        raw = receipt if isinstance(receipt, bytes) else receipt.to_json()
        found = check_receipt(raw, Question(self.seconds + 10, policy, **more))
        derive(found)
        assert (found.report.result is Result.SOUND) == (not found.report.findings)
        return [each.code for each in found.report.findings]


def map_of(entries: list[bytes]) -> TiledMap:
    tiles = TiledMap(lambda _paths: {})
    found = [open_entry(index, raw) for index, raw in enumerate(entries)]
    changes = [change_of(each, lambda _source, _id: False) for each in found if each is not None]
    apply(tiles, [each for each in changes if each is not None])
    tiles.changed()
    return tiles


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


def test_a_true_receipt_is_sound_for_a_certificate_and_for_a_number_never_registered(log: Log) -> None:
    assert log.judge(log.receipt("N007"), max_age=60) == []
    assert log.judge(log.receipt("NEVER"), max_age=60) == []


@pytest.mark.parametrize("number", ["N007", "NEVER"])
def test_no_octet_of_a_receipt_can_be_flipped(log: Log, number: str) -> None:
    raw = log.receipt(number).to_json()
    for at in range(len(raw)):
        for flip in (0x01, 0x20, 0x80):
            damaged = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
            report = check_receipt(damaged, Question(log.seconds, ALL_WITNESSES)).report
            assert report.result is not Result.SOUND, (at, flip)
    for cut in range(0, len(raw), 97):
        assert log.judge(raw[:cut]) == ["RECEIPT_UNREADABLE"]


def test_whoever_makes_the_digest_anew_is_found_out_by_the_proofs(log: Log) -> None:
    true, other, never = (log.receipt(number) for number in ("N007", "N008", "NEVER"))
    without_last = replace(true, events=true.events[:-1])
    forged = {
        "hides the last event": (without_last, "RECEIPT_EVENTS_WRONG"),
        "hides it and its place": (replace(without_last, latest=other.latest), "INCLUSION_WRONG"),
        "shows events in another order": (replace(true, events=true.events[::-1]), "RECEIPT_EVENTS_WRONG"),
        "borrows another's events": (replace(true, events=other.events, latest=other.latest), "RECEIPT_EVENTS_WRONG"),
        "borrows another's place in the map": (replace(true, map=other.map), "MAP_PROOF_WRONG"),
        "denies a certificate": (
            replace(never, number="N007", events=(), latest=None, map=replace(true.map, key=None, value=None)),
            "MAP_PROOF_WRONG",
        ),
        "denies it with its own leaf": (
            replace(true, statement=NEVER_REGISTERED, events=(), latest=None), "STATUS_CONTRADICTED",
        ),
        "invents a certificate": (replace(true, number="NEVER", map=never.map), "RECEIPT_EVENTS_WRONG"),
        "states another status": (
            replace(true, statement={**true.statement, "validity": "invalid"}), "STATUS_CONTRADICTED",
        ),
        "leaves out a flag": (replace(true, statement={**true.statement, "flags": ["x"]}), "STATUS_CONTRADICTED"),
        "claims to know more": (replace(true, position=log.size + 1), "RECEIPT_EDITED"),
        "claims another time": (replace(true, recorded="2039-01-01T00:00:00.000000Z"), "RECEIPT_EDITED"),
        "has no root": (replace(true, root_entry=log.entries()[0], root=log.included(0)), "MAP_PROOF_WRONG"),
        "puts the root elsewhere": (replace(true, root=log.included(3)), "INCLUSION_WRONG"),
        "alters an event": (altered(true), "RECEIPT_EVENTS_WRONG"),
        "is signed by a stranger": (
            replace(true, checkpoint=true.checkpoint.replace(b"\n\n", b"\nextension\n\n", 1)),
            "CHECKPOINT_SIGNATURE_INVALID",
        ),
    }  # fmt: skip
    for name, (receipt, code) in forged.items():
        assert code in log.judge(receipt), name


def altered(receipt: StatusReceipt) -> StatusReceipt:
    entry = receipt.events[-1].entry or b""
    entry = entry.replace(b"2031-03-05", b"2031-03-04")
    return replace(receipt, events=(*receipt.events[:-1], Event(leaf_hash(entry), entry)))


def test_an_old_receipt_is_called_stale_and_so_is_one_from_the_future(log: Log) -> None:
    receipt = log.receipt("N007")
    assert log.judge(receipt, max_age=9) == ["STALE"]
    assert log.judge(receipt, max_age=11) == []
    later = check_receipt(receipt.to_json(), Question(log.seconds - 400, ALL_WITNESSES, max_age=60))
    assert [each.code for each in later.report.findings] == ["STALE"]


def test_without_policy_or_quorum_nothing_is_sound(log: Log) -> None:
    receipt = log.receipt("N007")
    assert log.judge(receipt, None) == ["ORIGIN_UNPROVED"]
    alone = replace(receipt, checkpoint=receipt.checkpoint.split("— witness".encode())[0])
    assert log.judge(alone) == ["QUORUM_NOT_MET"]
    assert log.judge(alone, Policy(logs=[LOG.verifier])) == []
    assert log.judge(receipt, Policy(logs=[WITNESSES[0].verifier])) == ["CHECKPOINT_SIGNATURE_INVALID"]


def test_a_long_history_is_shown_by_hashes_and_its_status_is_then_not_derived(log: Log) -> None:
    receipt = log.receipt("N007")
    cut = replace(receipt, events=(Event(receipt.events[0].leaf), *receipt.events[1:]))
    assert log.judge(cut) == ["STATUS_NOT_DERIVED"]
    read, is_whole = parse_receipt(cut.to_json())
    assert is_whole
    assert read == cut
    long = keep_small([b"x" * 300_000, b"y" * 400_000, b"z" * 500_000])
    assert [each.entry is not None for each in long] == [False, True, True]


def test_other_rules_than_the_makers_leave_the_status_undecided(log: Log) -> None:
    receipt = log.receipt("N007")
    newer = replace(
        receipt, statement={**receipt.statement, "rules": "management_system@2099-01-01", "status": "expired"}
    )
    assert log.judge(newer) == ["STATUS_NOT_DERIVED"]


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": "2031-02-30"},
        {"certificate": {"body": "A:B", "number": "1"}},
        {"certificate": {"body": "A", "number": ""}},
        {"events": {}},
        {"events": [{"leaf": "AAAA"}]},
        {"known_at": {"position": -1, "recorded": ""}},
        {"known_at": {"position": True, "recorded": ""}},
        {"map": {"key": None, "proof": [], "value": "AAAA"}},
        {"root": {"entry": "e30=", "index": 2**63, "proof": []}},
        {"statement": []},
        {"more": 1},
    ],
)
def test_a_file_of_another_form_is_unreadable(log: Log, change: dict[str, Any]) -> None:
    value = json.loads(log.receipt("N007").to_json())
    raw = canonical_json({**value, **change})
    with pytest.raises(EvidenceError):
        parse_receipt(raw)
    assert log.judge(raw) == ["RECEIPT_UNREADABLE"]
