import base64

import pytest

from ledger.evidence.notes import (
    COSIGNATURE_V1,
    Checkpoint,
    NoteSigner,
    cosign,
    cosigned_message,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    sign_note,
)
from ledger.evidence.policy import parse_policy
from ledger.evidence.strict import EvidenceError
from tests.unit.evidence.making import LOG, WITNESSES, events, key, note_of

# The published example of golang.org/x/mod/sumdb/note.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
TEXT = "ledger.example.cn/test\n3\n" + base64.b64encode(bytes(32)).decode() + "\n"


def test_the_published_note_verifies_and_its_vkey_has_one_spelling() -> None:
    verifier = parse_vkey(VKEY)
    assert verifier.vkey == VKEY
    assert parse_note(EXAMPLE).verify([verifier]) == {verifier: None}
    with pytest.raises(EvidenceError):
        parse_note(EXAMPLE.replace(b"problem is", b"problem was")).verify([verifier])


def test_the_published_checkpoint_parses() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.text) == ("example.com/behind-the-sofa", 20852163, text)
    assert parse_checkpoint(text + "extension\n").extensions == ("extension",)
    assert cosigned_message(text, 1679315147).decode() == "cosignature/v1\ntime 1679315147\n" + text


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "o\n1\n", "o\n1\nAA==\n", TEXT[:-1], TEXT.replace("\n3\n", "\n03\n"), TEXT.replace("\n3\n", "\n+3\n"),
        TEXT.replace("\n3\n", "\n9223372036854775808\n"), TEXT + "\n", TEXT.replace("AAA=", "AAB="),
        TEXT.replace("\n3\n", "\n\u0663\n"), TEXT.replace("\n3\n", "\n" + "9" * 100_000 + "\n"),
    ],
)  # fmt: skip
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    with pytest.raises(EvidenceError):
        parse_checkpoint(text)


def test_sixteen_signatures_are_accepted_and_ten_thousand_are_not() -> None:
    lines = [LOG.line(TEXT)] + [WITNESSES[0].line(TEXT, time) for time in range(15)]
    signed = parse_note(sign_note(TEXT, lines)).verify([LOG.verifier, WITNESSES[0].verifier])
    assert signed == {LOG.verifier: None, WITNESSES[0].verifier: 14}
    for count in (65, 10_000):
        with pytest.raises(EvidenceError):
            parse_note((TEXT + "\n" + LOG.line(TEXT) * count).encode())


def test_unknown_keys_are_passed_over_but_a_known_one_that_fails_condemns_the_note() -> None:
    other = NoteSigner("other.example", key(7))
    note = parse_note(sign_note(TEXT, [other.line(TEXT), LOG.line(TEXT)]))
    assert note.verify([LOG.verifier]) == {LOG.verifier: None}
    assert note.verify([]) == {}
    same_name = NoteSigner(LOG.name, key(8))
    assert note.verify([same_name.verifier]) == {}
    bad = parse_note(sign_note(TEXT, [LOG.line(TEXT), other.line("another text\n")]))
    with pytest.raises(EvidenceError):
        bad.verify([LOG.verifier, other.verifier])


def test_a_cosignature_covers_its_time_and_cannot_serve_as_a_log_signature() -> None:
    raw = cosign(note_of(events(3)), WITNESSES[0], 1_700_000_000)
    line = raw.decode().splitlines()[-1]
    octets = bytearray(base64.b64decode(line.rpartition(" ")[2]))
    octets[11] ^= 1
    forged = raw.replace(line.rpartition(" ")[2].encode(), base64.b64encode(octets))
    with pytest.raises(EvidenceError):
        parse_note(forged).verify([WITNESSES[0].verifier])
    assert WITNESSES[0].verifier.id != NoteSigner(WITNESSES[0].name, WITNESSES[0].private).verifier.id
    for signer, time in ((LOG, 5), (WITNESSES[0], None)):
        with pytest.raises(EvidenceError):
            signer.line(TEXT, time)
    with pytest.raises(EvidenceError):
        sign_checkpoint(Checkpoint("another", 0, bytes(32)), LOG)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"text\n", b"text\n\n", b"\n\n\xe2\x80\x94 a AAAAAAA=\n", b"t\r\n\n\xe2\x80\x94 a AAAAAAA=\n", b"\xff\n\n",
        b"t\n\n\xe2\x80\x94 a AAAAAAA=", b"t\n\n- a AAAAAAA=\n", b"t\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        b"t\n\n\xe2\x80\x94  AAAAAAA=\n", b"t\n\n\xe2\x80\x94 a AAAA\n", b"t\n\n\xe2\x80\x94 a AAAAAAB=\n",
        b"t\n\n\xe2\x80\x94 a\xc2\xa0b AAAAAAA=\n", b"t\n\n\xe2\x80\x94 a AAAAAAA= x\n", b"t" * 300_000,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_note(raw)


@pytest.mark.parametrize(
    "vkey",
    [
        "", "a+b", VKEY.replace("c74f", "C74F"), VKEY.replace("c74f20a3", "c74f20a4"), VKEY.replace("+ARpc", "+Bhpc"),
        VKEY.replace("Peter", "Pet er"), VKEY + "AA==", "x+00000000+AQ==", VKEY.replace("TW", "TX"),
    ],
)  # fmt: skip
def test_what_is_no_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(EvidenceError):
        parse_vkey(vkey)


def policy_text(*lines: str) -> bytes:
    known = [f"log {LOG.verifier.vkey} https://log.example"]
    known += [f"witness w{at}\t{each.verifier.vkey}" for at, each in enumerate(WITNESSES)]
    return "\n".join(["# 策略", *known, *lines]).encode()


def test_groups_within_groups_make_the_quorum() -> None:
    policy = parse_policy(policy_text("group pair 2 w0 w1", " group all all pair w2 ", "quorum all"))
    assert policy.is_met(["w0", "w1", "w2"])
    assert not policy.is_met(["w0", "w2"])
    assert not policy.is_met(["pair2", "w2"])
    assert parse_policy(policy_text("group g any w0 w1", "quorum g")).is_met(["w1"])
    assert parse_policy(policy_text("quorum none")).is_met([])
    accepted = policy.accept(parse_note(cosign(note_of(events(1)), WITNESSES[1], 9)))
    assert (accepted.cosigned, accepted.quorum) == ({"w1": 9}, False)


@pytest.mark.parametrize(
    "lines",
    [
        [], ["quorum none", "quorum none"], ["quorum w9"], ["group g 3 w0 w1", "quorum g"],
        ["group g 0 w0", "quorum g"],
        ["group g 1 w0", "group h 1 w0", "quorum h"], ["group g 1 g", "quorum g"], ["group w0 1 w1", "quorum w0"],
        ["group none 1 w0", "quorum none"], ["group g 1 none", "quorum g"], ["other", "quorum none"],
        ["quorum none\x00"], ["quorum none extra"], ["witness x " + LOG.verifier.vkey, "quorum x"],
        ["log " + WITNESSES[0].verifier.vkey, "quorum none"], ["log " + LOG.verifier.vkey, "quorum none"],
        [f"witness x {WITNESSES[0].verifier.vkey}", "quorum none"], ["group g one w0", "quorum g"],
        [f"group g{at} 1 w0" for at in range(200)],
    ],
)  # fmt: skip
def test_a_policy_that_breaks_the_rules_of_the_specification_is_refused(lines: list[str]) -> None:
    with pytest.raises(EvidenceError):
        parse_policy(policy_text(*lines))


def test_a_checkpoint_that_only_another_log_signed_is_not_accepted() -> None:
    other = NoteSigner("other.example/log", key(9))
    policy = parse_policy(f"log {LOG.verifier.vkey}\nlog {other.verifier.vkey}\nquorum none\n".encode())
    text = Checkpoint(LOG.name, 0, bytes(32)).text
    with pytest.raises(EvidenceError):
        policy.accept(parse_note(sign_note(text, [other.line(text)])))
    assert COSIGNATURE_V1 == 4
