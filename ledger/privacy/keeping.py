"""The fields of a batch are kept before its events are recorded, so that nothing acknowledged is ever missing.

Of an event that is then refused nothing stays. No disclosure goes further than the store of fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ledger.envelope import Submission
from ledger.outcomes import Outcome
from ledger.privacy.disclosed import Disclosed, Parsed
from ledger.refusals import Refusal


class FieldsUnavailable(Exception):  # noqa: N818 - a condition of the surroundings
    """The store of fields cannot be reached or opened; asking again with the same fields is always safe."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What one submission brought into the store: the digests that were new, under the mark of this placing."""

    source: str
    id: str
    digests: tuple[str, ...]
    mark: Any


class FieldStore(Protocol):
    """Where fields are kept; both operations are one transaction and may raise :class:`FieldsUnavailable`."""

    def place(self, items: Sequence[Disclosed]) -> list[Placed]:
        """Keep the fields of events and return what was new of each; what was erased is passed over."""
        ...

    def drop(self, placed: Sequence[Placed]) -> None:
        """Forget what was placed for events that were then refused, unless it was placed again since."""
        ...


class Keeping:
    """The fields of one batch: ``before`` it is submitted, and ``after`` it was answered."""

    def __init__(self, store: FieldStore, parsed: Sequence[Parsed], taken: Sequence[Submission | Refusal]) -> None:
        """``taken`` is what each becomes for the ledger: nobody places anything in another party's name."""
        self._store = store
        self._items = {
            index: each
            for index, (each, submission) in enumerate(zip(parsed, taken, strict=True))
            if isinstance(each, Disclosed) and each.fields and isinstance(submission, Submission)
        }
        self._placed: dict[int, Placed] = {}

    @property
    def indexes(self) -> frozenset[int]:
        """Which of the batch bring fields."""
        return frozenset(self._items)

    def before(self) -> None:
        """Keep the fields of the whole batch."""
        if self._items:
            self._placed = dict(zip(self._items, self._store.place(list(self._items.values())), strict=True))

    def after(self, outcomes: Sequence[Outcome]) -> None:
        """Forget what was placed for refused events; what is not known to be refused stays, for the sweep."""
        # The same event may stand twice in a batch, and be refused the first time alone.
        stands = {
            self._items[index].submission.identity
            for index in self._placed
            if not isinstance(outcome := outcomes[index], Refusal) or outcome.status >= 500
        }
        gone = [each for each in self._placed.values() if each.digests and (each.source, each.id) not in stands]
        if gone:
            self._store.drop(gone)
