import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools import supply_chain

BAD = {"versions": ">=1", "id": "X-1", "why": "smuggles"}


def test_what_the_product_is_made_of_keeps_to_the_policy() -> None:
    assert supply_chain.offences(*supply_chain.read()) == []


Break = Callable[[Any, Any, dict[str, str]], object]


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda _, project, __: project["dependencies"].append("orjson>=3"), "pyproject.toml does not fix"),
        (lambda _, __, fixed: fixed.update(httpx="0.1"), "httpx: pyproject.toml and constraints.txt disagree"),
        (lambda _, __, fixed: fixed.pop("anyio"), "anyio: constraints.txt does not fix it"),
        (lambda _, __, fixed: fixed.update(anyio="1.0"), "1.0 is fixed"),
        (lambda policy, _, __: policy["licences"].remove("PSF-2.0"), "licence 'PSF-2.0' is not on the list"),
        (lambda policy, _, __: policy["licences_by_name"].pop("psycopg"), "psycopg: the licence"),
        (lambda policy, _, __: policy["known_bad"].update(idna=[BAD]), "X-1, smuggles"),
    ],
)
def test_each_offence_against_the_policy_is_found(break_it: Break, said: str) -> None:
    policy, project, constraints = copy.deepcopy(supply_chain.read())
    break_it(policy, project, constraints)
    assert any(said in each for each in supply_chain.offences(policy, project, constraints))


def test_a_line_that_fixes_no_version_is_refused() -> None:
    assert supply_chain.pinned("# why\nA_b==1.0 # so\n\n") == {"a-b": "1.0"}
    with pytest.raises(ValueError, match="a>=1"):
        supply_chain.pinned("a>=1")


@pytest.mark.parametrize(
    ("printed", "code", "said"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], supply_chain.SOUND, ""),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}], supply_chain.NOT_SOUND, "CVE-1"),
        ([{"name": "a", "skip_reason": "not found"}], supply_chain.NOT_ASKED, "nothing is known"),
        (None, supply_chain.NOT_ASKED, "nothing is known"),
    ],
)  # fmt: skip
def test_an_audit_that_learned_nothing_is_never_taken_for_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], printed: object, code: int, said: str
) -> None:
    tool = tmp_path / "tool"
    answer = f"printf '%s' '{json.dumps({'dependencies': printed})}'" if printed else "echo 'no route' >&2; exit 1"
    tool.write_text(f"#!/bin/sh\n{answer}\n")
    tool.chmod(0o700)
    assert supply_chain.audit(str(tool)) == code
    assert said in capsys.readouterr().out
