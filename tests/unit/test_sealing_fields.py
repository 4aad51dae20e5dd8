"""`certledger submit --key` signs the event of a line that brings disclosures, and lets them travel beside it."""

from pathlib import Path

import orjson

from api.cli.sealing import sealed
from infra.keyfiles import make_key
from ledger.evidence.disclosures import disclose
from ledger.evidence.signatures import EVENT_TYPE, pae, public_key_of
from ledger.privacy.disclosed import Disclosed, disclosed_submission
from tests.support.fields import disclosing, holding
from tests.support.statements import BODY, issued

NAME = disclose("contact/name", "张伟")


def test_a_line_that_brings_fields_is_signed_and_still_brings_them(tmp_path: Path) -> None:
    key = make_key(tmp_path / "body.key")
    content = disclosing(holding("N1", NAME), NAME, persons='{"contact":"p-1"}') + b"\n" + issued("N2").raw
    lines, is_lines = sealed(content, [tmp_path / "body.key"], party=BODY, chained=False)
    assert is_lines
    first, second = map(orjson.loads, lines.splitlines())
    found = disclosed_submission(first)
    assert isinstance(found, Disclosed)
    assert ([each.text for each in found.fields], found.persons) == ([NAME.text], {"contact": "p-1"})
    (signature,) = found.submission.signatures
    public_key_of(key).verify(signature.value, pae(EVENT_TYPE, found.submission.raw))
    assert "payloadType" in second
