from collections import defaultdict
from importlib.metadata import distributions
from pathlib import PurePosixPath

ROOMS = {"ledger", "projections", "consumers", "api", "infra", "tests"}
NOT_IMPORTABLE = (".dist-info", ".egg-info", ".data", ".libs")


def _installed() -> dict[str, list[PurePosixPath]]:
    """Each distribution's files under site-packages; scripts and manual pages lie elsewhere."""
    return {
        distribution.metadata["Name"]: [
            PurePosixPath(file)
            for file in distribution.files or []
            if file.parts[0] != ".." and not file.parts[0].endswith(NOT_IMPORTABLE)
        ]
        for distribution in distributions()
    }


def _packages(files: list[PurePosixPath]) -> set[str]:
    """The outermost regular packages and modules; a namespace (no `__init__`) belongs to nobody as such."""
    regular = {file.parent for file in files if file.name in {"__init__.py", "__init__.pyi"}}
    owned = set()
    for file in files:
        if "__pycache__" in file.parts or file.suffix not in {".py", ".pyi", ".so", ".pth"}:
            continue
        outermost = [parent for parent in reversed(file.parents) if parent in regular]
        owned.add(str(outermost[0]) if outermost else str(file.with_suffix("")))
    return owned


def test_each_top_level_package_has_one_owner() -> None:
    owners = defaultdict(set)
    for distribution, files in _installed().items():
        for package in _packages(files):
            owners[package].add(distribution)
    assert len(owners) > 50, "the environment was not read"
    assert {package: who for package, who in owners.items() if len(who) > 1} == {}


def test_no_file_is_installed_by_two_distributions() -> None:
    owners = defaultdict(set)
    for distribution, files in _installed().items():
        for file in files:
            owners[file].add(distribution)
    assert {str(file): who for file, who in owners.items() if len(who) > 1} == {}


def test_no_dependency_takes_the_name_of_a_room() -> None:
    takers = {
        distribution: taken
        for distribution, files in _installed().items()
        if distribution != "certledger" and (taken := ROOMS & {file.parts[0] for file in files})
    }
    assert takers == {}
