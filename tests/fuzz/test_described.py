"""The real server answers as its OpenAPI document says, whoever asks and whatever is asked (Schemathesis, all checks).

``make fuzz`` goes deeper: FUZZ_EXAMPLES is the number of cases for each operation and phase.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.interface import Interface, interface
from tests.support.services import folder_for_servers, fresh_database
from tests.support.statements import BODY

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
DEEP = "FUZZ_EXAMPLES" in os.environ
# Every kind of party that may hold a token, and the public, who holds none.
ASKING = ("public", BODY, "CNCA", "SAMR-440604", "LAB-101", "CCAA", "CNAS", "organisation:91350100M000100Y43")
HERE = Path(__file__).parent
# Whoever asks is answered by the same code in all phases; the exhaustive one is run for the two that differ most.
_THOROUGH = frozenset({"public", BODY})


@pytest.fixture(scope="module")
def served(database_server: str, template_database: str) -> Iterator[Interface]:
    parties = [each for each in ASKING if each != "public"]
    with folder_for_servers() as parent, fresh_database(database_server, template_database) as url:
        folder = parent / "run"
        folder.mkdir(mode=0o711)
        with interface(url, folder, parties) as running:
            yield running


def organisation_of(served: Interface) -> str:
    """The code of some holder in the sample reports."""
    events = httpx.get(f"{served.address}/v1/events", params={"limit": 1_000}).content.splitlines()
    said = (orjson.loads(line)["event"]["event"] for line in events)
    return str(next(each["data"]["details"]["holder"]["code"] for each in said if each["type"] == "certificate.issued"))


@pytest.mark.parametrize("who", ASKING)
@pytest.mark.timeout(0 if DEEP else 600)
def test_the_interface_does_what_its_description_says(served: Interface, who: str) -> None:
    phases = "examples,coverage,fuzzing,stateful" if DEEP or who in _THOROUGH else "examples,fuzzing"
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"),
        "run", f"{served.address}/v1/openapi.json", "--checks", "all", "--phases", phases,
        "--max-examples", str(EXAMPLES), "--generation-database", "none", "--no-color",
        *([] if DEEP else ["--seed", "1"]),
    ]  # fmt: skip
    if who in served.tokens:
        command += ["--header", f"Authorization: Bearer {served.tokens[who].strip()}"]
    environment = os.environ | {
        "FUZZED_PARTY": "" if who == "public" else who,
        "FUZZED_ORGANISATION": organisation_of(served),
        "PYTHONPATH": str(HERE.parents[1]),
    }
    done = subprocess.run(command, env=environment, cwd=served.folder, capture_output=True, check=False)
    # A case may be megabytes long; its beginning tells what was wrong.
    said = "\n".join(line[:400] for line in done.stdout.decode("utf-8", "replace").splitlines())
    if DEEP:
        print(said[-2_000:])
    assert done.returncode == 0, said + done.stderr.decode("utf-8", "replace")[-2_000:]
    assert (served.folder / "serve.log").read_text("utf-8").count("request failed") == 0
