"""All views by name; each call makes a new one, with a memory of its own unless views are made together."""

from collections.abc import Callable, Iterable

from ledger.access.visibility import rule_of
from projections.access.project import Access
from projections.archive.project import Archive
from projections.authorities.project import Authorities
from projections.cases.project import Cases
from projections.certificates.timelines import Timelines
from projections.deadlines.project import Deadlines
from projections.history.project import History
from projections.inspections.project import Inspections
from projections.keys.project import Keys
from projections.ledgers.project import Ledgers
from projections.mechanisms.project import Mechanisms
from projections.notices.project import Notices
from projections.register.project import Register
from projections.search.project import Search
from projections.trace.project import Trace
from projections.trail.project import Trail
from projections.view import View
from projections.warnings.project import Warnings

VIEWS: dict[str, Callable[[], View]] = {
    "register": Register,
    "history": History,
    "trail": Trail,
    "search": Search,
    "access": Access,
    "keys": Keys,
    "inspections": Inspections,
    "authorities": Authorities,
    "ledgers": Ledgers,
    "cases": Cases,
    "trace": Trace,
    "archive": Archive,
    "notices": Notices,
    "deadlines": Deadlines,
    "warnings": Warnings,
    "mechanisms": Mechanisms,
}


def require_rules(views: Iterable[str] = tuple(VIEWS)) -> None:
    """Raise ``LookupError`` unless every table of these views has a rule of visibility: nothing starts without."""
    for name in views:
        for table in VIEWS[name]().contents:
            rule_of(name, table)


def make_views(names: Iterable[str] = tuple(VIEWS)) -> list[View]:
    """Return new views that share one memory of timelines: for one thread that feeds them the same batches."""
    shared = Timelines()
    made: dict[str, Callable[[], View]] = {
        **VIEWS,
        "register": lambda: Register(shared),
        "history": lambda: History(shared),
        "search": lambda: Search(shared),
        "access": lambda: Access(shared),
        "inspections": lambda: Inspections(shared),
        "authorities": lambda: Authorities(shared),
        "ledgers": lambda: Ledgers(shared),
        "cases": lambda: Cases(shared),
        "trace": lambda: Trace(shared),
        "archive": lambda: Archive(shared),
        "notices": lambda: Notices(shared),
        "deadlines": lambda: Deadlines(shared),
        "warnings": lambda: Warnings(shared),
        "mechanisms": lambda: Mechanisms(shared),
    }
    return [made[name]() for name in names]
