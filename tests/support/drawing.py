"""The steps of an invented double-random draw."""

from typing import Any

from ledger.draws.selecting import ALGORITHM, commitment, draw_key, pool_digest, select, selection_digest
from ledger.envelope import Submission
from tests.support.statements import statement

INSPECTEES = [f"organisation:M0001{number:03d}X" for number in range(12)]
INSPECTORS = ["i-1", "i-2", "i-3", "i-4", "i-5"]
CONFLICTS = [{"inspector": "i-2", "inspectee": INSPECTEES[0], "ground": "employment"}]
SEED, VALUE = "5a" * 32, "c3" * 32
DRAWER = "SAMR-440604"


def draw(kind: str, day: str, stream: str = "draw:d-1", source: str = DRAWER, tag: str = "", **data: Any) -> Submission:
    body = {**data, "effective": day}
    return statement(f"draw.{kind}", stream, body, source=source, identity=f"{kind}:{stream}:{day}:{source}:{tag}")


def steps(
    stream: str = "draw:d-1",
    population: str = "certified_enterprises",
    conflicts: list[dict[str, str]] | None = None,
    contributor: str = "CNCA",
) -> list[Submission]:
    """Announcement, both pools, commitment and contribution."""
    pools = {"inspectees": INSPECTEES, "inspectors": INSPECTORS}
    return [
        draw(
            "announced", "2031-03-01", stream, title="第一次抽查", population=population, mode="double_random",
            region="440604", take=3, inspectors_each=2, algorithm=ALGORITHM,
        ),
        *(
            draw("pool_listed", "2031-03-01", stream, tag=pool, pool=pool, identifiers=members)
            for pool, members in pools.items()
        ),
        draw(
            "committed", "2031-03-02", stream, seed_commitment=commitment(SEED),
            conflicts=CONFLICTS if conflicts is None else conflicts,
            **{pool: {"count": len(members), "sha256": pool_digest(members)} for pool, members in pools.items()},
        ),
        draw("contributed", "2031-03-03", stream, contributor, value=VALUE),
    ]  # fmt: skip


def made(day: str = "2031-03-04", stream: str = "draw:d-1", seed: str = SEED) -> Submission:
    conflicts = [(each["inspector"], each["inspectee"]) for each in CONFLICTS]
    drawn = select(draw_key(seed, {"CNCA": VALUE}), INSPECTEES, INSPECTORS, conflicts, take=3, each=2)
    selected = [{"inspectee": each.inspectee, "inspectors": list(each.inspectors)} for each in drawn]
    return draw("made", day, stream, seed=seed, selection=selection_digest(drawn), selected=selected)


def published(day: str = "2031-03-20", stream: str = "draw:d-1") -> Submission:
    said = made(day, stream).data
    results = [
        {"inspectee": each["inspectee"], "inspection": f"inspection:d-{number}", "outcome": "conforming"}
        for number, each in enumerate(said["selected"])
    ]
    return draw("published", **{**_named(said), "day": day, "stream": stream, "results": results})


def _named(data: Any) -> dict[str, Any]:
    return {name: each for name, each in data.items() if name != "effective"}
