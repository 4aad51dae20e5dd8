"""The rows of one draw: what everybody may know of it, and who was drawn, for the authorities until it is published."""

from typing import Any

from ledger.draws.state import DrawState
from ledger.facts import Fact
from ledger.timeline import Timeline
from projections import copying
from projections.copying import Lines


def add_draw(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    """Add all rows of a draw."""
    of: dict[str, Fact] = {fact.type.removeprefix("draw."): fact for fact in timeline.applied}
    announced = of.get("announced")
    if announced is None:
        return
    state: DrawState = timeline.tip
    lines["draw"].append(_draw(stream, of, announced, state))
    made, published = of.get("made"), of.get("published")
    if made is None:
        return
    results = {each["inspectee"]: each for each in published.data.get("results") or ()} if published else {}
    for number, each in enumerate(state.selection(made.data["seed"]), 1):
        result = results.get(each.inspectee, {})
        lines["drawn"].append(
            b"\t".join(
                (
                    copying.text(stream),
                    b"public" if published else b"selection",
                    b"%d" % number,
                    copying.text(each.inspectee),
                    copying.array(list(each.inspectors)),
                    copying.text(result.get("inspection")),
                    copying.text(result.get("outcome")),
                )
            )
        )


def _draw(stream: str, of: dict[str, Fact], announced: Fact, state: DrawState) -> bytes:
    data, text = announced.data, copying.text
    days = {kind: fact.effective for kind, fact in of.items()}
    status = next(
        (each for each in ("published", "abandoned", "committed", "announced") if each in of),
        "announced",
    )
    return b"\t".join(
        (
            text(stream),
            text(announced.source),
            *(text(data[name]) for name in ("title", "population", "mode", "region")),
            b"%d\t%d" % (data["take"], data["inspectors_each"]),
            text(data["algorithm"]),
            status.encode(),
            announced.effective.encode(),
            b"%d\t%d" % (len(state.inspectees), len(state.inspectors)),
            copying.day(days.get("committed")),
            text(state.seed_commitment or None),
            b"%d" % len(state.contributions),
            copying.day(days.get("published")),
            copying.day(days.get("abandoned")),
        )
    )
