"""Kills an erasure before its n-th round trip for every n, and checks that nothing is half gone or said in vain.

python -m tests.support.erasure_kills DATABASE. After each kill either everything is there and nothing is said, or
everything is gone and the next start says it, once.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg

from infra.open_ledger import WRITER, open_ledger
from infra.vault.erasing import Order, erase, record_pending
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.envelope import Submission
from ledger.evidence.disclosures import Disclosure, commit, disclose
from ledger.outcomes import Receipt
from ledger.service import Incoming
from tests.support.fields import put
from tests.support.statements import BODY, approved, issued, statement

_MOST_STEPS = 200
NOW = datetime(2031, 4, 1, 4, tzinfo=UTC)


def vault_of(url: str) -> Vault:
    return Vault(url, lambda: FileKeys([b"k" * 32]))


def work(url: str, identity: tuple[str, str]) -> None:
    """What the command does: erase a person's name, record that; a restart finds what is left of it."""
    vault = vault_of(url)
    fields = [each for each in vault.of_event(*identity) if each.path == "contact/name"]
    if fields:
        erase(vault, url, fields, Order("consent_withdrawn", BODY), NOW)
    ledger = open_ledger(url, acting_as=WRITER)
    record_pending(vault, ledger.submit)
    ledger.close()


def in_child(task: Callable[[], None], kill_at: int) -> int:
    """Run in a child that kills itself before its round trip `kill_at` (0: never); the exit status as of waitpid."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        steps = 0
        original = psycopg.Connection.wait

        def counted(*args: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **named)

        psycopg.Connection.wait = counted  # type: ignore[method-assign]  # every round trip
        task()
    except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def prepared(url: str, number: int) -> tuple[Submission, Disclosure, Disclosure]:
    """An event with two personal fields of one person, recorded."""
    name, mail = disclose("contact/name", f"张{number}"), disclose("contact/email", "zhang@example.cn")
    plain = issued(f"N{number}")
    data = {**plain.data, "_sd": commit([name, mail])}
    submission = statement(plain.type.name, plain.subject, data, identity=f"issued {number}")
    put(vault_of(url), *submission.identity, [name, mail], {})
    ledger = open_ledger(url)
    (outcome,) = ledger.submit([Incoming(submission, BODY)])
    assert isinstance(outcome, Receipt), outcome
    ledger.close()
    return submission, name, mail


def said(url: str, digest: str) -> int:
    """How many recorded erasures name a digest."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT state FROM ledger_events WHERE topic = 'privacy.erased'").fetchall()
    return sum(digest.encode() in bytes(state) for (state,) in rows)


def main(url: str) -> None:
    ledger = open_ledger(url)
    ledger.submit([Incoming(each, each.source) for each in approved()])
    ledger.close()
    vault = vault_of(url)
    for step in range(1, _MOST_STEPS):
        submission, name, mail = prepared(url, step)
        status = in_child(lambda identity=submission.identity: work(url, identity), step)
        kept = vault.open(*submission.identity)
        assert kept.get(mail.digest) == mail.text, "what was not to be erased is there and opens"
        gone = name.digest not in kept
        assert gone == (name.digest in vault.erased(*submission.identity))
        assert gone or said(url, name.digest) == 0, "said and not done"
        if os.WIFSIGNALED(status):
            assert in_child(lambda identity=submission.identity: work(url, identity), 0) == 0
        else:
            assert status == 0
        assert vault.open(*submission.identity) == {mail.digest: mail.text}
        assert said(url, name.digest) == 1
        assert vault.pending() == []
        if not os.WIFSIGNALED(status):
            print(step - 1)
            return
    raise AssertionError("an erasure takes more steps than expected")


if __name__ == "__main__":
    main(sys.argv[1])
