"""Go's own transparency log reads ours over HTTP as any foreign client would, and agrees with every proof."""

import subprocess
from hashlib import sha256
from pathlib import Path

from api.http.service import Ports
from api.http.tokens import Tokens
from infra.open_ledger import open_ledger
from tests.integration.http.conftest import serving
from tests.support.consumers import history, record
from tests.support.notaries import sign_all
from tests.unit.evidence.making import LOG, key

SIZES = (1, 255, 256, 600)


def test_go_accepts_a_live_log(oracle: Path, database_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(database_url)
    said = history([f"G{number:05}" for number in range(SIZES[-1])], 1)
    for begin, end in zip((0, *SIZES), SIZES, strict=False):
        record(ledger, said[begin:end], batch=300)
        sign_all(database_url, tmp_path / "notary")
    tokens = Tokens({sha256(b"an auditor's").hexdigest(): "auditor"})
    with serving(Ports(ledger=ledger, database_url=database_url, tokens=tokens)) as log:
        address = str(log.client.base_url)

        def judge(vkey: str) -> subprocess.CompletedProcess[str]:
            command = [str(oracle), "live", address, vkey, "an auditor's"]
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

        done = judge(LOG.verifier.vkey)
        assert (done.returncode, done.stdout.split()[0]) == (0, str(SIZES[-1])), done.stderr
        assert int(done.stdout.split()[1]) >= len(SIZES)
        other = LOG.__class__(LOG.name, key(9)).verifier.vkey
        assert judge(other).returncode == 1
    ledger.close()
