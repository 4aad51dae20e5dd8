"""A quickly made value behaves like the frozen dataclass that it is."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from inspect import signature

import pytest

from ledger.values import quickly_made


@dataclass(frozen=True, slots=True)
class Plain:
    first: int
    second: str = "two"
    third: tuple[int, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    first: int
    second: str = "two"
    third: tuple[int, ...] = ()


def test_a_quickly_made_value_is_frozen_once_it_is_made() -> None:
    made = Quick(1)
    assert type(made) is Quick
    with pytest.raises(FrozenInstanceError):
        made.first = 2  # type: ignore[misc]  # what is tried
    with pytest.raises(FrozenInstanceError):
        del made.first
    # The class has no such member, and Python 3.11 tells so in one of two ways.
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        made.fourth = 4  # type: ignore[attr-defined]  # what is tried


def test_a_quickly_made_value_is_compared_hashed_copied_and_replaced_like_any() -> None:
    made = Quick(1, third=(3,))
    assert made == Quick(1, "two", (3,)) != Quick(2)
    assert hash(made) == hash(Plain(1, third=(3,)))
    assert asdict(made) == asdict(Plain(1, third=(3,)))
    assert replace(made, first=5) == Quick(5, "two", (3,))
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    assert repr(made) == "Quick(first=1, second='two', third=(3,))"


def test_a_quickly_made_value_takes_the_arguments_of_its_dataclass() -> None:
    assert [(each.name, each.default) for each in signature(Quick).parameters.values()] == [
        (each.name, each.default) for each in signature(Plain).parameters.values()
    ]
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]  # what is tried
    with pytest.raises(TypeError):
        Quick(1, fourth=4)  # type: ignore[call-arg]  # what is tried


def test_a_class_that_needs_more_than_its_arguments_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Factory:
        first: list[int] = field(default_factory=list)

    @dataclass(frozen=True)
    class Slotless:
        first: int

    for cls in (Factory, Slotless):
        with pytest.raises(TypeError):
            quickly_made(cls)  # type: ignore[type-var, unused-ignore]  # what is tried
