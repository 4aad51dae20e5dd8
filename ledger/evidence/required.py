"""Whose signature a statement had to bear: the signing policies that the log recorded before it, by their days.

What was required follows from the log alone; dated defaults for kinds of parties are the ledger's tables and not asked
here. A policy counts from its own entry on, for the China day on which the statement was recorded.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

POLICY_SET = "signing.policy_set"
_PREFIX = "signing:"
_STRENGTH = {"nothing": 0, "party": 1, "party_and_signatory": 2}
# Keys come before signatures, so statements about them are exempt.
_EXEMPT = "key."
_CHINA = timezone(timedelta(hours=8))
# A statement that was judged before midnight may be recorded after it.
_JUDGED_BEFORE = timedelta(minutes=2)


class RequiredSignatures:
    """Follows the policies in order of index."""

    def __init__(self) -> None:
        self._policies: dict[str, list[tuple[str, int, int]]] = {}

    @property
    def is_any(self) -> bool:
        """Whether any policy was set so far."""
        return bool(self._policies)

    def note(self, event: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Take in an event that sets a policy and was applied."""
        if event.get("type") != POLICY_SET or record.get("decision") != "applied":
            return
        data, stream = event.get("data"), str(record.get("stream"))
        strength = _STRENGTH.get(str(data.get("requires"))) if isinstance(data, dict) else None
        effective = data.get("effective") if isinstance(data, dict) else None
        if strength is not None and isinstance(effective, str) and stream.startswith(_PREFIX):
            policies = self._policies.setdefault(stream.removeprefix(_PREFIX), [])
            insort(policies, (effective, int(record["version"]), strength))

    def missing(
        self,
        speaker: str,
        event: Mapping[str, Any],
        recorded: str,
        signed_by: Collection[str],
        deciding: Collection[str],
    ) -> str | None:
        """Return whose signature was required and is not there.

        ``speaker`` is the source in its one spelling, ``signed_by`` the owners of the keys that signed, ``deciding``
        the signatories who decided; ``recorded`` is the instant of recording.
        """
        policies = self._policies.get(speaker)
        if not policies or str(event.get("type")).startswith(_EXEMPT):
            return None
        strength = min(_strength_on(policies, day) for day in _days(recorded))
        if strength > 0 and speaker not in signed_by:
            return speaker
        if strength > 1:
            return next((each for each in deciding if each not in signed_by), None)
        return None


def _strength_on(policies: list[tuple[str, int, int]], day: str) -> int:
    """Return what the policy in force on a day asks: the latest of its day, and of one day the last recorded."""
    at = bisect_right(policies, day, key=lambda each: each[0])
    return policies[at - 1][2] if at else 0


def _days(recorded: str) -> tuple[str, ...]:
    try:
        instant = datetime.strptime(recorded, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return (recorded[:10],)
    return tuple({each.astimezone(_CHINA).date().isoformat() for each in (instant, instant - _JUDGED_BEFORE)})
