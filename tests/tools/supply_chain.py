"""What this product is made of keeps to a policy that can be checked anywhere, and to advisories where they can be had.

``python -m tests.tools.supply_chain`` checks the policy: every dependency pinned, every licence on the list, no version
that is known to be bad. ``… audit`` asks the advisory database beside it. Exit codes: 0 sound, 1 not sound, 3 nobody
could be asked, which is said and never taken for sound.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
POLICY = Path(__file__).with_name("supply_chain.json")
SOUND, NOT_SOUND, NOT_ASKED = 0, 1, 3


def pinned(text: str) -> dict[str, str]:
    """The versions that a constraints file fixes; raises ``ValueError`` for a line that fixes none."""
    found = {}
    for line in filter(None, (each.partition("#")[0].strip() for each in text.splitlines())):
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+_-]+)", line)
        if match is None:
            raise ValueError(f"constraints.txt fixes no version: {line}")
        found[canonicalize_name(match[1])] = match[2]
    return found


def declared(project: dict[str, Any]) -> Iterator[Requirement]:
    """Every dependency that pyproject.toml names, of the product and of each extra."""
    for each in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from (found for text in each if (found := Requirement(text)).name != project["name"])


def closure(names: set[str], extras: dict[str, frozenset[str]]) -> dict[str, Distribution]:
    """The distributions that these need here, with everything that those need in turn."""
    found: dict[str, Distribution] = {}
    waiting = [(canonicalize_name(name), extras.get(canonicalize_name(name), frozenset())) for name in names]
    seen = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        found[name] = distribution(name)
        for text in found[name].requires or ():
            needed = Requirement(text)
            applies = needed.marker is None or any(
                needed.marker.evaluate({**default_environment(), "extra": extra}) for extra in ("", *wanted)
            )
            if applies:
                waiting.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return found


def licence(of: Distribution) -> str:
    """What a distribution says of its licence: the SPDX expression, else its classifiers, else the free text."""
    metadata = of.metadata
    if metadata.get("License-Expression"):
        return str(metadata["License-Expression"])
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or () if "License ::" in each]
    return " AND ".join(sorted(classifiers)) or (metadata.get("License") or "").strip().partition("\n")[0]


def offences(policy: dict[str, Any], project: dict[str, Any], constraints: dict[str, str]) -> list[str]:
    """Everything in which this environment breaks the policy."""
    found = []
    for each in declared(project):
        name, wanted = canonicalize_name(each.name), str(each.specifier)
        if not re.fullmatch(r"==[^*,]+", wanted):
            found.append(f"{name}: pyproject.toml does not fix its version ({wanted or 'any'})")
        elif constraints.get(name) != wanted.removeprefix("=="):
            found.append(f"{name}: pyproject.toml and constraints.txt disagree")
    product = [each for text in project["dependencies"] if (each := Requirement(text))]
    for extra in ("embedded", "pdf", "telemetry"):
        product += map(Requirement, project["optional-dependencies"][extra])
    extras = {canonicalize_name(each.name): frozenset(each.extras) for each in product}
    for name, each in closure({each.name for each in product}, extras).items():
        if name not in constraints:
            found.append(f"{name}: constraints.txt does not fix it")
        elif constraints[name] != each.version:
            found.append(f"{name}: {each.version} is installed, {constraints[name]} is fixed")
        if licence(each) not in policy["licences"] and policy["licences_by_name"].get(name) != licence(each):
            found.append(f"{name}: the licence {licence(each)!r} is not on the list")
    for name, rows in policy["known_bad"].items():
        fixed = constraints.get(name)
        bad = (row for row in rows if fixed is not None and fixed in SpecifierSet(row["versions"]))
        found += [f"{name} {fixed}: {row['id']}, {row['why']}" for row in bad]
    return found


def read() -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """The policy, the project's table in pyproject.toml, and the constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return json.loads(POLICY.read_text("utf-8")), project, pinned((ROOT / "constraints.txt").read_text("utf-8"))


def judged(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What an audit report says: the vulnerabilities found, and those of whom nothing could be learned."""
    found, unknown = [], []
    for each in report["dependencies"]:
        if "skip_reason" in each:
            unknown.append(each["name"])
        found += [f"{each['name']} {each['version']}: {row['id']}" for row in each.get("vulns", ())]
    return found, unknown


def audit(tool: str) -> int:
    """Ask the advisory database about every fixed version."""
    asked = ["--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip"]
    command = [tool, *asked, "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    try:
        found, unknown = judged(json.loads(done.stdout))
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        print(f"无法查询漏洞库,没有得出结论。 The advisory database could not be asked; nothing is known. ({reason})")
        return NOT_ASKED
    for each in found:
        print(f"✗ {each}")
    if unknown:
        print(
            f"漏洞库没有回答 {len(unknown)} 个组件,没有得出结论。 The advisory database said nothing about"
            f" {len(unknown)} components; nothing is known of them: {', '.join(unknown)}"
        )
    return NOT_SOUND if found else NOT_ASKED if unknown else SOUND


def main() -> int:
    """Check, say what was found, and return the exit code."""
    if sys.argv[1:2] == ["audit"]:
        return audit(sys.argv[2])
    policy, project, constraints = read()
    found = offences(policy, project, constraints)
    for each in found:
        print(f"✗ {each}")
    days = (date.today() - date.fromisoformat(policy["known_bad_as_of"])).days  # noqa: DTZ011 - the operator's own day
    print(f"依赖策略 · dependency policy: {len(constraints)} 个版本 versions, {len(found)} 处不符 offences")
    print(
        f"已知不良版本清单截至 {policy['known_bad_as_of']}({days} 天前);漏洞库请用 make audit。"
        f" The list of known bad versions is {days} days old; `make audit` asks the advisory database."
    )
    return NOT_SOUND if found else SOUND


if __name__ == "__main__":
    sys.exit(main())
