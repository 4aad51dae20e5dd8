"""The fence stands around every view from its first moment, is put up again by a rebuild, and lets no table out."""

from collections.abc import Iterator

import psycopg
import pytest

from infra.migrations import migrations
from infra.open_ledger import open_ledger, open_memory_ledger
from infra.readers import context
from ledger.access.visibility import TableRule, declare
from ledger.principals import Principal
from ledger.service import Ledger
from projections.fence import PUBLIC_ROLE, raise_fence
from projections.projector import Projector
from projections.rebuild import rebuild_together
from projections.registry import VIEWS, make_views
from projections.store_feed import StoreFeed
from projections.trail.project import Trail
from tests.support.access import OWN, SUBJECT, public_facts, refused, restricted_facts
from tests.support.statements import accept, corrected
from tests.support.views import batches_of


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    accept(ledger, *public_facts(), *(item.submission for item in restricted_facts()))
    yield ledger
    ledger.close()


def follow(ledger: Ledger, url: str) -> None:
    """Bring every view up to the end of the log."""
    for make in VIEWS.values():
        projector = Projector(lambda: psycopg.connect(url), make())
        projector.prepare()
        for batch in batches_of(StoreFeed(ledger.event_log, wait_seconds=0.1), projector):
            projector.apply(batch)
        projector.close()


def seen(url: str, principal: Principal | None) -> dict[str, int]:
    """How many rows of what is restricted somebody sees in the database."""
    tables = {
        "trail.trail": "access <> 'public'",
        "trail.trail_subject": "access <> 'public'",
        "register.supervision": "true",
        "register.refused": "true",
        "ledger_events": "access <> 'public'",
    }
    with psycopg.connect(url) as connection:
        if principal is None:
            connection.execute(f"SET LOCAL ROLE {PUBLIC_ROLE}")
        else:
            names = ("role", "certledger.role", "certledger.party", "certledger.area", "certledger.today")
            for name, value in zip(names, context(principal, "2031-04-01"), strict=False):
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        return {
            table: connection.execute(f"SELECT count(*) FROM {table} WHERE {which}").fetchone()[0]  # type: ignore[index,call-overload]  # a count
            for table, which in tables.items()
        }


def test_a_rebuild_puts_the_fence_up_again_before_anybody_reads(ledger: Ledger, database_url: str) -> None:
    readers = [None, Principal("CNCA", "national_authority"), Principal(SUBJECT, "organisation")]
    readers.append(Principal(OWN, "local_authority", region=OWN[-6:]))
    follow(ledger, database_url)
    before = [seen(database_url, reader) for reader in readers]
    assert before[0] == dict.fromkeys(before[0], 0)
    assert before[1]["trail.trail"] == before[1]["ledger_events"] == len(restricted_facts())
    assert 0 < before[2]["trail.trail"] < before[1]["trail.trail"]
    for source in (["trail", "search", "access"], ["register", "history"]):
        feed = StoreFeed(ledger.event_log)
        rebuilt = rebuild_together(make_views(source), feed, lambda: psycopg.connect(database_url))
        assert all(each.switched and each.compared and not each.differences for each in rebuilt)
    assert [seen(database_url, reader) for reader in readers] == before


def test_until_a_view_of_audiences_exists_nobody_but_those_who_see_all_sees_what_is_restricted(
    ledger: Ledger, database_url: str
) -> None:
    follow(ledger, database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE access.audience")
    assert seen(database_url, Principal(SUBJECT, "organisation")) == dict.fromkeys(seen(database_url, None), 0)
    assert seen(database_url, Principal("CNCA", "national_authority"))["trail.trail"] == len(restricted_facts())


def test_a_view_with_a_table_that_has_no_rule_does_not_start(database_url: str) -> None:
    class Talkative(Trail):
        tables = Trail.tables + "CREATE TABLE rumour (said text);"

    projector = Projector(lambda: psycopg.connect(database_url), Talkative())
    with pytest.raises(LookupError, match=r"trail\.rumour"):
        projector.prepare()
    projector.close()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('trail.trail')").fetchone() == (None,)


def test_a_changed_rule_is_put_up_at_the_next_start_and_an_unchanged_one_costs_nothing(database_url: str) -> None:
    class Open(Trail):
        name = "open_trail"

    rules = {f"open_trail.{table}": TableRule("T-03", "public", "tests") for table in Trail.contents}
    declare(rules)
    projector = Projector(lambda: psycopg.connect(database_url), Open())
    projector.prepare()
    projector.close()
    with psycopg.connect(database_url) as connection:
        assert not raise_fence(connection, "open_trail")
        connection.execute("COMMENT ON SCHEMA open_trail IS 'visibility of an older release'")
        assert raise_fence(connection, "open_trail")
        assert not raise_fence(connection, "open_trail")


def test_a_migrated_log_knows_the_class_of_what_was_recorded_before(empty_database_url: str) -> None:
    memory = open_memory_ledger()
    application = refused()
    # A refused application comes below with its correction; what flows between parties, and plans, came later than the
    # column of classes.
    known = {"inspection", "sample", "case", "penalty"}
    accept(memory, *public_facts(), *(item.submission for item in restricted_facts() if item.access in known))
    accept(memory, application, corrected(application, {**application.data, "reason": "补充"}))
    rows = memory.event_log.read(0, 100)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        for migration in migrations():
            if migration.name < "020":
                connection.execute(migration.sql.encode())
        for row in rows:
            event = row.raw
            connection.execute(
                "INSERT INTO ledger_events (originator_id, originator_version, topic, state, notification_id, source,"
                " event_id, recorded_at) SELECT %s, %s, %s, %s, %s, e #>> '{event,source}', e #>> '{event,id}', %s"
                " FROM (SELECT %s::json AS e) AS said",
                (row.stream, row.version, row.type, event, row.position, row.recorded, event.decode()),
            )
        for migration in migrations():
            if migration.name >= "020":
                connection.execute(migration.sql.encode())
        classes = connection.execute("SELECT access FROM ledger_events ORDER BY notification_id").fetchall()
        assert [access for (access,) in classes] == [row.access for row in rows]
