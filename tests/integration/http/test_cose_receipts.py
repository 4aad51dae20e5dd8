"""COSE receipts (RFC 9942), read by an independent implementation of COSE."""

from collections.abc import Iterator
from pathlib import Path

import cbor2
import httpx
import psycopg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import Sign1Message

from api.http.service import Ports
from consumers.cose_signer import CoseSigner
from infra.cose_store import PostgresCoseStore
from infra.notary_store import connect_as_notary
from infra.open_ledger import open_ledger
from ledger.cose import MEDIA_TYPE, root_of
from ledger.evidence.merkle import leaf_hash, root_from_inclusion
from ledger.evidence.strict import EvidenceError
from tests.integration.http.conftest import TOKENS, Running, serving
from tests.support.consumers import history, record, running
from tests.support.notaries import sign_all, stored_entries, true_roots
from tests.support.services import fresh_database
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG, key

SIZE = 300


@pytest.fixture(scope="module")
def log(database_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("notary")
    with fresh_database(database_server, template_database) as url:
        ledger = open_ledger(url)
        record(ledger, history([f"N{n:04}" for n in range(SIZE)], 1), batch=150)
        sign_all(url, folder)
        signer = CoseSigner(store=PostgresCoseStore(lambda: connect_as_notary(url)), signer=LOG)
        with running(signer.run, signer_again(url).run), psycopg.connect(url, autocommit=True) as connection:
            eventually(lambda: connection.execute("SELECT 1 FROM notary.cose WHERE size = %s", (SIZE,)).fetchone())
        with serving(Ports(ledger=ledger, database_url=url, tokens=TOKENS)) as app:
            yield app
        ledger.close()


def signer_again(url: str) -> CoseSigner:
    return CoseSigner(store=PostgresCoseStore(lambda: connect_as_notary(url)), signer=LOG)


def receipt(log: Running, index: int, **params: object) -> httpx.Response:
    return log.client.get("/v1/log/proof/inclusion", params={"index": index, **params}, headers={"Accept": MEDIA_TYPE})


def read_by_pycose(raw: bytes, leaf: bytes, public: bytes) -> bytes:
    """The root that the proof leads to, once pycose found the signature over it good."""
    # pycose's own decode() wants the lists and dictionaries that older releases of cbor2 made below a tag.
    tag = cbor2.loads(raw)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    message = Sign1Message.from_cose_obj([protected, dict(unprotected), payload, signature], True)
    (encoded,) = message.uhdr[396][-1]
    size, index, proof = cbor2.loads(encoded)
    root = root_from_inclusion(index, size, leaf, proof)
    message.key = OKPKey(crv=Ed25519, x=public)
    assert message.payload is None
    message.payload = root
    if not message.verify_signature():
        raise InvalidSignature
    return root


@pytest.mark.parametrize("index", [0, 1, 255, 256, SIZE - 1])
def test_an_independent_reader_finds_the_entry_under_the_signed_root(log: Running, index: int) -> None:
    entries = stored_entries(log.ports.database_url)
    answer = receipt(log, index)
    assert answer.headers["content-type"] == MEDIA_TYPE
    public = LOG.verifier.public
    assert read_by_pycose(answer.content, leaf_hash(entries[index]), public) == true_roots(entries)[SIZE]
    with pytest.raises(InvalidSignature):
        read_by_pycose(answer.content, leaf_hash(entries[index - 1]), public)
    with pytest.raises(InvalidSignature):
        read_by_pycose(answer.content, leaf_hash(entries[index]), key(2).public_key().public_bytes_raw())
    assert len(answer.content) < 600


def test_the_protected_header_names_log_key_and_tree(log: Running) -> None:
    header = cbor2.loads(cbor2.loads(receipt(log, 0).content).value[0])
    claims = {1: LOG.name, 2: f"{LOG.name}/checkpoint/{SIZE}"}
    assert header == {1: -8, 4: LOG.verifier.id, 15: claims, 395: 1}


def test_no_octet_of_a_receipt_can_be_flipped(log: Running) -> None:
    leaf = leaf_hash(stored_entries(log.ports.database_url)[7])
    raw = receipt(log, 7).content
    assert holds(raw, leaf)
    for at in range(len(raw)):
        assert not holds(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :], leaf), at


def holds(raw: bytes, leaf: bytes) -> bool:
    try:
        _, signed, signature = root_of(raw, leaf)
        Ed25519PublicKey.from_public_bytes(LOG.verifier.public).verify(signature, signed)
    except (EvidenceError, InvalidSignature):
        return False
    return True


def test_what_was_not_signed_is_told(log: Running) -> None:
    answer = receipt(log, 0, size=299)
    assert (answer.status_code, answer.json()["code"]) == (404, "cose_unknown")
    answer = receipt(log, SIZE)
    assert (answer.status_code, answer.json()["code"]) == (404, "leaf_unknown")
    assert receipt(log, 0, size=SIZE).headers["cache-control"].endswith("immutable")
