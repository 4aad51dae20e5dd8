"""Every code that the source can give is in the catalogue, and the catalogue has no row that nothing gives."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.refusals import LANGUAGES, message, messages

ROOT = Path(__file__).parents[2]
ROOMS = ("ledger", "projections", "consumers", "infra", "api")
# The calls whose first argument is a code of the catalogue.
GIVE = frozenset({"Refusal", "Illegal", "problem", "always", "message"})


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def given() -> dict[str, str]:
    """The codes that calls give as they stand in the source, with the place of one."""
    found: dict[str, str] = {}
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in GIVE:
                for code in _texts(node.args[0]):
                    found[code] = f"{path}:{node.lineno}"
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(argument: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: itself, or one side of a choice."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from _texts(argument.body)
        yield from _texts(argument.orelse)


def literals() -> set[str]:
    """Every text of the source but the docstrings, which are whole sentences."""
    return {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_code_that_is_given_is_in_the_catalogue() -> None:
    unknown = {code: place for code, place in given().items() if code not in messages()}
    assert not unknown, "add a row to a file of ledger/messages/refusals"
    assert len(given()) > 60, "the calls that give codes are found"


def test_no_row_of_the_catalogue_is_dead() -> None:
    assert set(messages()) <= literals(), "a code that nothing gives is no code: take its row out"


@pytest.mark.parametrize("code", sorted(messages()))
def test_a_row_says_what_to_do_in_both_languages_and_names_its_rule(code: str) -> None:
    row = message(code)
    assert 400 <= row.status <= 599
    assert row.source
    for language in LANGUAGES:
        assert row.title[language].strip()
        assert row.action[language].strip()
    assert any("\u4e00" <= character <= "\u9fff" for character in row.title["zh"])
