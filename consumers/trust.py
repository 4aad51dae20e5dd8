"""Who speaks in a record of the submissions topics: never whoever its key names, nor its source unless that is proven.

A record carries no principal. What is believed is a party's own topic, whose right to write the broker gives to that
party alone, or another way that a deployment adds (a signature); on one's own machine also the source as it stands.
"""

from typing import Protocol

from consumers.submissions import Arrived
from ledger.envelope import Submission
from ledger.parties import party_of
from ledger.principals import Principal
from ledger.refusals import Refusal

SOURCE, TOPIC, SIGNATURE = "source", "topic", "signature"
DEAD_LETTER = "dead-letter"
# The account of a principal that nothing vouches for yet but the signature on the record.
BY_SIGNATURE = "signature"


class Trust(Protocol):
    """Says who speaks in a record, or refuses to believe that anybody does."""

    def __call__(self, arrived: Arrived) -> Principal | Refusal:
        """Return the principal in whose name the record was sent."""
        ...


def trust_of(level: str, shared_topic: str, *ways: Trust) -> Trust:
    """Return how far records are trusted: by ``ways`` first, then as ``level`` says, and at last by their signature.

    ``source`` believes the source that is named, ``topic`` a party's own topic, ``signature`` neither.
    """
    own = [party_topic_trust(shared_topic)] if level in {SOURCE, TOPIC} else []
    return first_of(*ways, *own, *([source_trust] if level == SOURCE else []), signature_trust)


def first_of(*ways: Trust) -> Trust:
    """Return the trust that believes what any of these believes, asked in order."""

    def trust(arrived: Arrived) -> Principal | Refusal:
        for way in ways:
            speaker = way(arrived)
            if isinstance(speaker, Principal):
                return speaker
        return _untrusted(arrived)

    return trust


def party_topic_trust(shared_topic: str) -> Trust:
    """Return the trust in parties' own topics beside a shared one."""

    def trust(arrived: Arrived) -> Principal | Refusal:
        party = party_of_topic(shared_topic, arrived.origin.topic)
        return _untrusted(arrived) if party is None else _principal(party)

    return trust


def source_trust(arrived: Arrived) -> Principal | Refusal:
    """Believe the source that a record names; for a broker that only trusted programs can reach."""
    source = arrived.submission.source
    return _untrusted(arrived) if party_of(source) is None else _principal(source)


def signature_trust(arrived: Arrived) -> Principal | Refusal:
    """Hand on what is signed, whoever sent it: the ledger takes it only with the source's own valid signature."""
    said = arrived.submission
    party = party_of(said.source)
    if not isinstance(said, Submission) or not said.signatures or party is None:
        return _untrusted(arrived)
    return Principal(party.id, party.kind, BY_SIGNATURE, party.region)


def party_topic(shared_topic: str, party: str) -> str:
    """Return the name of a party's own topic; a colon is no character of a topic's name."""
    return f"{shared_topic}.{party.replace(':', '.')}"


def party_of_topic(shared_topic: str, topic: str) -> str | None:
    """Return the party whose own topic this is, ``None`` for any other topic."""
    if not topic.startswith(f"{shared_topic}."):
        return None
    name = topic.removeprefix(f"{shared_topic}.")
    party = name.replace("organisation.", "organisation:", 1)
    return party if party_of(party) is not None and party_topic(shared_topic, party) == topic else None


def _principal(source: str) -> Principal:
    party = party_of(source)
    assert party is not None  # noqa: S101 - every caller has asked
    return Principal(party.id, party.kind, f"kafka:{party.id}", party.region)


def _untrusted(arrived: Arrived) -> Refusal:
    named = (("topic", arrived.origin.topic), ("source", arrived.submission.source))
    return Refusal("submission_untrusted", params=named)
