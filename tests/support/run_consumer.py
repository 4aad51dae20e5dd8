"""Runs one consumer: python -m tests.support.run_consumer relay|project|intake DATABASE BOOTSTRAP TOPIC [GROUP]."""

import sys
from threading import Event

from consumers.intake import Intake
from consumers.trust import source_trust
from infra.open_ledger import open_ledger
from infra.receipts import ReceiptStore
from infra.services.topics import ensure_topics
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from projections.feed import LANES
from tests.support.consumers import projection_of, relay_of


def main(what: str, url: str, bootstrap: str, topic: str, *more: str) -> None:
    if what == "relay":
        # The log is closed with the ledger, which must therefore outlive the relay.
        ledger = open_ledger(url)
        relay_of(ledger, url, bootstrap, topic).run(Event())
    elif what == "project":
        projection_of(url, bootstrap, topic, more[0]).run(Event())
    elif what == "intake":
        Intake(
            ledger=open_ledger(url),
            receipts=ReceiptStore(url),
            bootstrap=bootstrap,
            topic=topic,
            trust=source_trust,
            group=more[0],
            ensure_topics=lambda: ensure_topics(bootstrap, {topic: LANES}),
            fields=Vault(url, lambda: FileKeys([b"k" * 32])),
        ).run(Event())
    else:
        raise ValueError(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
