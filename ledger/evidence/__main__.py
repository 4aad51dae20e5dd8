"""``python -m ledger.evidence verify BUNDLE``, ``… receipt FILE``: the verifier by itself, needing no ledger."""

import argparse
import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ledger.evidence.notes import MAXIMUM_NOTE, parse_checkpoint, parse_note
from ledger.evidence.policy import MAXIMUM_POLICY, parse_policy
from ledger.evidence.receipt import MAXIMUM_RECEIPT, unwrapped
from ledger.evidence.receiptcheck import check_receipt
from ledger.evidence.report import Result
from ledger.evidence.strict import EvidenceError
from ledger.evidence.verify import Question, verify_bundle

STATED = (
    "凭据所述状态,由出具者陈述,此处未由事件推导 / the status as stated by its maker, not derived here from the events"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(int(Result.USAGE), f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="certledger", description="核验证据包 / verify an evidence bundle, offline")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    verify = commands.add_parser(
        "verify",
        help="核验一个证据包 / verify one bundle",
        epilog="0 完好 sound · 1 已被改动 tampered · 2 无法读取 unreadable · 3 不完整或已过时 incomplete or stale",
    )
    verify.add_argument("bundle", type=Path, help="文件夹或 tar / a folder or a tar")
    verify.add_argument("--policy", type=Path, help="信任策略 / trust policy (c2sp.org/tlog-policy)")
    verify.add_argument("--since", type=Path, help="以前保存的检查点 / a checkpoint kept from before")
    verify.add_argument("--max-age", type=int, metavar="S", help="允许的最大时长（秒） / greatest age in seconds")
    verify.add_argument("--partial", action="store_true", help="允许只有散列的条目 / allow entries shown by hash alone")
    verify.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
    receipt = commands.add_parser(
        "receipt",
        help="核验一个状态凭据的证明 / check the proofs of one status receipt",
        description="状态一词须由完整程序由事件推导 / the status in words is derived by `certledger verify-receipt`",
    )
    receipt.add_argument("receipt", type=Path, help="JSON 文件 / a JSON file")
    receipt.add_argument("--policy", type=Path, help="信任策略 / trust policy (c2sp.org/tlog-policy)")
    receipt.add_argument("--max-age", type=int, metavar="S", help="允许的最大时长（秒） / greatest age in seconds")
    receipt.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a bundle and return the exit code; a wrong option ends the process with 4."""
    asked = _parser().parse_args(arguments)
    try:
        policy = parse_policy(_read(asked.policy, MAXIMUM_POLICY)) if asked.policy else None
        since = _read(asked.since, MAXIMUM_NOTE) if asked.command == "verify" and asked.since else None
        if since is not None:
            parse_checkpoint(parse_note(since).text)
        raw = _read(asked.receipt, MAXIMUM_RECEIPT) if asked.command == "receipt" else b""
    except (OSError, EvidenceError) as error:
        sys.stderr.write(f"{error}\n")
        return int(Result.USAGE)
    if asked.max_age is not None and asked.max_age < 0:
        sys.stderr.write("--max-age < 0\n")
        return int(Result.USAGE)
    if asked.command == "receipt":
        checked = check_receipt(unwrapped(raw), Question(time.time(), policy, max_age=asked.max_age))
        report = checked.report
        if checked.receipt is not None:
            stated = json.dumps(dict(checked.receipt.statement), ensure_ascii=False, sort_keys=True)
            report.notes.append(f"{STATED} / {checked.receipt.stream} · {checked.receipt.as_of} · {stated}")
    else:
        report = verify_bundle(asked.bundle, Question(time.time(), policy, since, asked.max_age, asked.partial))
    if asked.json:
        sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write(report.as_text())
    return int(report.result)


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


if __name__ == "__main__":
    # A terminal of another encoding must not turn a finding into a crash.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
