"""A number of places, in all and for each key; whoever leaves gives its place back, and nobody is remembered."""


class Places:
    """Counts who is in; used on one event loop."""

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._by_key: dict[str, int] = {}
        self.taken = 0

    def has(self, key: str) -> bool:
        """Return whether this key may have a place more."""
        return self.taken < self._total and self._by_key.get(key, 0) < self._per_key

    def is_full(self) -> bool:
        """Return whether there is no place for anybody."""
        return self.taken >= self._total

    def enter(self, key: str) -> None:
        """Take a place."""
        self._by_key[key] = self._by_key.get(key, 0) + 1
        self.taken += 1

    def leave(self, key: str) -> None:
        """Give it back."""
        self.taken -= 1
        left = self._by_key[key] - 1
        if left:
            self._by_key[key] = left
        else:
            del self._by_key[key]

    def __len__(self) -> int:
        return len(self._by_key)
