"""What a trail's events come to as inputs of a class: as corrected up to a position, without what has no effect."""

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.classification.scoring import Input
from ledger.families import EVENT_TYPES


def inputs_of(trail: Iterable[Mapping[str, Any]], up_to: int | None = None) -> list[Input]:
    """Return the events of a trail that have effect, as known at a position (all of them where it is ``None``).

    Each event of ``trail`` has ``position``, ``stream``, ``version``, ``event`` and ``record``, as the interface
    gives them; the order of the events does not matter.
    """
    known = sorted((each for each in trail if up_to is None or each["position"] <= up_to), key=lambda e: e["position"])
    released = {(each["stream"], version) for each in known for version in each["record"].get("releases", ())}
    found: dict[tuple[str, str, str], Input] = {}
    for each in known:
        event, stream = each["event"], each["stream"]
        if EVENT_TYPES[event["type"]].corrects:
            target = event["data"]["corrects"]
            _correct(found, (stream, target["source"], target["id"]), event["data"].get("replacement"))
        elif each["record"]["decision"] == "applied" or (stream, each["version"]) in released:
            found[stream, event["source"], event["id"]] = Input(
                each["position"],
                event["source"],
                event["id"],
                event["type"],
                str(event["data"].get("effective", "")),
                event["data"],
            )
    return list(found.values())


def _correct(
    found: dict[tuple[str, str, str], Input], target: tuple[str, str, str], replacement: Mapping[str, Any] | None
) -> None:
    said = found.pop(target, None)
    if said is not None and replacement is not None:
        day = str(replacement["effective"])
        found[target] = Input(said.position, said.source, said.id, said.type, day, replacement)
