from collections.abc import Callable, Iterator

import psycopg
import pytest

from projections.projector import Projector
from projections.view import View

MakeProjector = Callable[[View], Projector]


@pytest.fixture
def projector(database_url: str) -> Iterator[MakeProjector]:
    """Makes projectors whose views are there and whose bookmarks were asked; they are closed afterwards."""
    made = []

    def make(view: View) -> Projector:
        made.append(Projector(lambda: psycopg.connect(database_url), view))
        made[-1].prepare()
        made[-1].bookmarks()
        return made[-1]

    yield make
    for each in made:
        each.close()
