"""What a newcomer does: run everything, ask, submit, rebuild, stop, and run again on the same data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from infra.services.java import default_cache, java_missing
from infra.services.postgres import running_url
from tests.support.services import unavailable
from tests.support.system import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(280)
BODY = "CNCA-R-2031-101"


class Everything:
    """``certledger run`` in a process of its own, and the other verbs beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = os.environ | {
            "CERTLEDGER_RUN_DIR": str(folder),
            "CERTLEDGER_HTTP_PORT": str(self.port),
            "COLUMNS": "200",
        }
        self.output = folder.parent / f"{folder.name}.out"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "run"], env=self.environment, stdout=output, stderr=output
            )
        eventually(self._is_ready, 120)

    def _is_ready(self) -> bool:
        assert self._process is not None
        # What is being written may end in the middle of a character.
        said = self.output.read_text("utf-8", "replace")
        assert self._process.poll() is None, said
        return "The ledger is ready" in said

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(60)

    def verb(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *words], env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
        return (done.stdout if code == 0 else done.stdout + done.stderr).decode()

    def json(self, *words: str) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self.verb(*words, "--json"))
        return answer

    @property
    def url(self) -> str:
        url = running_url(self.folder / "postgres")
        assert url is not None
        return url

    def position(self) -> int:
        with psycopg.connect(self.url) as database:
            row = database.execute("SELECT max(notification_id) FROM ledger_events").fetchone()
        return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def everything() -> Iterator[Everything]:
    from tests.support.services import folder_for_servers  # noqa: PLC0415 - the fixture's alone

    with folder_for_servers() as parent:
        missing = java_missing(default_cache(parent))
        if missing:
            unavailable(missing)
        folder = parent / "run"
        folder.mkdir(mode=0o711)
        running = Everything(folder)
        running.start()
        yield running
        running.stop()


def suspended_certificate(everything: Everything) -> tuple[str, str, str]:
    """Body, number and first day of a suspension of some certificate of the sample reports."""
    with psycopg.connect(everything.url) as database:
        row = database.execute(
            "SELECT source, originator_id, convert_from(state, 'UTF8')::json #>> '{event,data,effective}'"
            " FROM ledger_events WHERE topic = 'certificate.suspended' ORDER BY notification_id LIMIT 1"
        ).fetchone()
    assert row is not None
    return row[0], row[1].split(":", 2)[2], row[2]


def test_the_sample_reports_are_imported_and_the_output_says_where_to_look(everything: Everything) -> None:
    said = everything.output.read_text("utf-8")
    assert f"http://127.0.0.1:{everything.port}" in said
    assert "有误的行" in said
    assert "Faulty rows" in said
    assert everything.position() > 500


def test_status_is_shown_on_a_day_and_its_timeline_as_a_picture(everything: Everything) -> None:
    body, number, day = suspended_certificate(everything)
    shown = everything.json("show", body, number, "--as-of", day)
    assert shown["status"] == {"value": "suspended", "code": "02", "zh": "暂停", "en": "Suspended"}
    assert shown["validity"]["value"] == "invalid"  # type: ignore[index]  # a JSON object
    assert "02 暂停 Suspended" in everything.verb("show", body, number, "--as-of", day)
    timeline = everything.verb("timeline", body, number)
    assert "█" in timeline
    assert "暂停证书" in timeline
    first = everything.json("trail", f"body:{body}", "--limit", "20")
    more = everything.json("trail", f"body:{body}", "--limit", "5", "--cursor", str(first["next"]))
    seen = [each["position"] for page in (first, more) for each in page["events"]]  # type: ignore[attr-defined]  # JSON
    assert seen == sorted(set(seen))
    before = everything.verb("show", body, number, "--known-at", "2020-01-01T00:00:00Z", code=1)
    assert "not_known_then" in before


def test_a_person_who_errs_is_told_what_to_do_in_both_languages(everything: Everything) -> None:
    unknown = everything.verb("show", BODY, "NO-SUCH-NUMBER", code=1)
    assert "从未登记" in unknown
    assert "ever registered" in unknown
    wrong_day = everything.verb("show", BODY, "X", "--as-of", "2031-02-30", code=1)
    assert "YYYY-MM-DD" in wrong_day
    assert "没有视图" in everything.verb("project", "nonsense", code=2)
    assert "没有 CNCA-R-2031-999 的令牌" in everything.verb("submit", __file__, "--as", "CNCA-R-2031-999", code=2)


def test_a_submission_is_recorded_once_visible_soon_and_its_path_is_told(everything: Everything) -> None:
    event = {
        "specversion": "1.0",
        "type": "organisation.moved",
        "source": "SAMR",
        "id": "moved-1",
        "subject": "organisation:M000100Y4",
        "time": "2031-01-01T00:00:00.000000Z",
        "data": {"effective": "2031-01-01", "region": "350102", "address": "福州市鼓楼区金鼎路1号"},
    }
    file = everything.folder / "event.json"
    file.write_text(json.dumps(event), "utf-8")
    first = everything.json("submit", str(file), "--as", "SAMR")
    again = everything.json("submit", str(file), "--as", "SAMR")
    assert (first["position"], first["duplicate"], again["duplicate"]) == (again["position"], False, True)
    position = str(first["position"])
    eventually(lambda: all(step["at"] for step in everything.json("path", position)["steps"]), 20)  # type: ignore[attr-defined]  # JSON
    trail = everything.json("trail", "organisation:91350100M000100Y43")
    assert [each["id"] for each in trail["events"]] == ["moved-1"]  # type: ignore[attr-defined]  # JSON
    assert "organisation:M000100Y4" in everything.verb("trail", "organisation:91350100M000100Y43")
    lines = everything.folder / "events.ndjson"
    lines.write_text(json.dumps(event) + "\n" + json.dumps({**event, "id": "moved-2", "data": {}}) + "\n", "utf-8")
    said = everything.verb("submit", str(lines), "--as", "SAMR")
    assert "此前已记录 recorded before" in said
    assert "data_invalid" in said
    assert "重复 duplicate 1 · 拒绝 refused 1" in said
    foreign = everything.verb("submit", str(file), "--as", "CNCA", code=1)
    assert "source_not_yours" in foreign


def test_the_samples_are_signed_with_keys_that_are_registered_here(everything: Everything) -> None:
    body, number, day = suspended_certificate(everything)
    shown = " ".join(everything.verb("show", body, number, "--as-of", day).split())
    assert f"签名 signed by │ {body}" in shown
    (key,) = everything.json("key", "list", body)["keys"]  # type: ignore[misc, attr-defined]  # a JSON object
    assert (key["status"]["value"], key["owner"]) == ("valid", body)
    assert "有效 Valid" in everything.verb("key", "list", body)
    trail = everything.verb("trail", f"certificate:{body}:{number}")
    assert f"签名 signed: {body}" in trail
    assert (everything.folder / "keys" / f"{body}.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_is_made_registered_used_in_a_chain_and_revoked(everything: Everything) -> None:
    file, key = everything.folder / "signed.ndjson", everything.folder / "cnca.pem"
    keyid = everything.verb("key", "make", str(key), "--algorithm", "ecdsa-p256").strip()
    assert "已存在" in everything.verb("key", "make", str(key), code=3)
    events = [
        {
            "specversion": "1.0",
            "type": "person.registered",
            "source": "CNCA",
            "id": f"signed-{n}",
            "subject": f"person:CCAA:S90900{n}",
            "time": "2031-01-01T00:00:00.000000Z",
            "data": {"effective": "2031-01-01", "body": BODY},
        }
        for n in range(4)
    ]
    file.write_text("\n".join(map(json.dumps, events[:2])), "utf-8")
    unknown = everything.verb("submit", str(file), "--as", "CNCA", "--key", str(key))
    assert unknown.count("key_unknown") >= 2
    assert key.name not in everything.verb("key", "register", str(key), "--as", "CNCA")
    said = everything.verb("submit", str(file), "--as", "CNCA", "--key", str(key), "--chain")
    assert said.count("签名 signed: CNCA") == 2
    chain = f"http://127.0.0.1:{everything.port}/v1/issuers/CNCA/chain"
    tokens = dict(line.split(" ", 1) for line in (everything.folder / "tokens.txt").read_text("utf-8").splitlines())
    own = {"Authorization": f"Bearer {tokens['CNCA'].strip()}"}
    eventually(lambda: httpx.get(chain, headers=own).json()["links"] == 2)
    file.write_text(json.dumps(events[2]), "utf-8")
    assert "signed: CNCA" in everything.verb("submit", str(file), "--as", "CNCA", "--key", str(key), "--chain")
    eventually(lambda: httpx.get(chain, headers=own).json()["head"]["sequence"] == 3)
    assert httpx.get(chain, headers=own).json()["is_sound"]
    everything.verb("key", "revoke", keyid, "--as", "CNCA", "--reason", "人员变动")
    file.write_text(json.dumps(events[3]), "utf-8")
    refused = everything.verb("submit", str(file), "--as", "CNCA", "--key", str(key), code=1)
    assert "已吊销" in refused
    assert "is revoked" in refused
    reports = Path(__file__).parents[2] / "infra" / "demo" / "reports"
    assert "key register" in everything.verb("import", str(reports), "--key", str(key), code=2)


def test_a_second_import_records_nothing(everything: Everything) -> None:
    before = everything.position()
    reports = Path(__file__).parents[2] / "infra" / "demo" / "reports"
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "import", str(reports), "--json"],
        env=everything.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, "the samples hold faulty rows"
    assert json.loads(done.stdout)["total"]["recorded"] == 0
    assert everything.position() == before


@pytest.mark.parametrize("view", ["register", "history", "trail", "search", "keys"])
def test_a_view_is_rebuilt_from_kafka_alone_and_equals_the_live_one(everything: Everything, view: str) -> None:
    rebuilt = everything.json("rebuild", view, "--from", "kafka")
    assert (rebuilt["compared"], rebuilt["switched"], rebuilt["differences"]) == (True, True, {})
    assert int(str(rebuilt["rows"])) > 0


def test_a_dropped_view_comes_back_from_kafka_as_it_was(everything: Everything) -> None:
    body, number, day = suspended_certificate(everything)
    before = everything.json("show", body, number, "--as-of", day)
    with psycopg.connect(everything.url, autocommit=True) as database:
        database.execute("DROP SCHEMA history CASCADE")
        database.execute("DROP SCHEMA register CASCADE")
    for view in ("history", "register"):
        assert everything.json("rebuild", view, "--from", "kafka")["switched"]
    address = f"http://127.0.0.1:{everything.port}/v1/certificates/{body}/{number}"
    eventually(lambda: httpx.get(address, params={"as_of": day}).json() == before, 30)


def test_a_second_run_resumes_and_ctrl_c_leaves_nothing_behind(everything: Everything) -> None:
    before, address = everything.position(), f"http://127.0.0.1:{everything.port}/livez"
    assert everything.stop() == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(address, timeout=2)
    assert running_url(everything.folder / "postgres") is None
    assert not processes_of(everything.folder)
    assert "没有响应" in everything.verb("show", BODY, "X", code=3)
    everything.start()
    assert everything.position() == before


def processes_of(folder: Path) -> list[str]:
    """The command lines of live processes that name the run folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if str(folder) in command:
                found.append(command)
    return found
