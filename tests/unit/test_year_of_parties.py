"""The scripted year shows all five sources of control over one body, and interests that no longer conflict."""

from infra.demo.year import load
from infra.open_ledger import open_memory_ledger
from ledger.codes.controls import controls
from ledger.interests import conflict_of
from projections.archive.adverse import adverse_rows

BODY = "body:CNCA-R-2024-405"


def test_the_year_shows_a_body_under_every_source_of_control() -> None:
    ledger = open_memory_ledger()
    loaded = load(ledger)
    assert loaded.refused == ()
    assert loaded.held == 0
    of = [BODY, "case:SAMR-440604:year-party-1"]
    shown = {fields[3].decode() for stream in of for _, fields in adverse_rows(stream, ledger.timeline(stream))}
    assert shown == set(controls())
    person = ledger.timeline("person:CCAA:S155002").applied
    assert conflict_of(person, "MA5ARCH11", "2022-02-28") == "employment"
    assert conflict_of(person, "MA5ARCH11", "2024-01-01") is None
