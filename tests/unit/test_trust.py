from typing import get_args

import pytest

from consumers.submissions import Arrived, Origin
from consumers.trust import SIGNATURE, SOURCE, TOPIC, party_of_topic, party_topic, trust_of
from infra.services.topics import DEAD_LETTERS, SUBMISSIONS
from infra.settings import Settings
from ledger.parties import KINDS, party_of
from ledger.principals import AUDITOR, OPERATOR, PUBLIC, Principal, speaks_for
from ledger.refusals import Refusal
from tests.support.statements import BODY, issued

PARTIES = ("CNCA", "SAMR", "SAMR-440604", "CNAS", "CCAA", "LAB-A1", BODY, "organisation:M000100Y4", "clock")


def _arrived(topic: str) -> Arrived:
    said = issued()
    return Arrived(said, (said.source, said.id, said.digest), None, Origin(topic, 0, 0, said.raw))


@pytest.mark.parametrize("party", PARTIES)
def test_a_partys_own_topic_is_spelled_and_read_back(party: str) -> None:
    topic = party_topic(SUBMISSIONS, party)
    assert set(topic) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
    assert party_of_topic(SUBMISSIONS, topic) == party


@pytest.mark.parametrize(
    "topic",
    [
        SUBMISSIONS,
        DEAD_LETTERS,
        f"{SUBMISSIONS}.",
        f"{SUBMISSIONS}.nobody",
        f"{SUBMISSIONS}.{BODY}.more",
        f"{SUBMISSIONS}.organisation:M000100Y4",
        f"other.{SUBMISSIONS}.{BODY}",
        f"{SUBMISSIONS}{BODY}",
    ],
)
def test_no_other_topic_is_any_partys_own(topic: str) -> None:
    assert party_of_topic(SUBMISSIONS, topic) is None


def test_each_level_of_trust_believes_what_it_says_and_no_more() -> None:
    own, shared = _arrived(party_topic(SUBMISSIONS, BODY)), _arrived(SUBMISSIONS)
    believed = {
        level: [isinstance(trust_of(level, SUBMISSIONS)(each), Principal) for each in (own, shared)]
        for level in (SOURCE, TOPIC, SIGNATURE)
    }
    assert believed == {SOURCE: [True, True], TOPIC: [True, False], SIGNATURE: [False, False]}
    assert set(believed) == {
        each for part in get_args(Settings.model_fields["intake_trust"].annotation) for each in get_args(part)
    }
    refused = trust_of(SIGNATURE, SUBMISSIONS)(own)
    assert isinstance(refused, Refusal)
    assert refused.code == "submission_untrusted"


def test_a_way_that_a_deployment_adds_is_asked_first() -> None:
    asked: list[Arrived] = []

    def signed(arrived: Arrived) -> Principal | Refusal:
        asked.append(arrived)
        return Principal(BODY, "body", "key")

    assert trust_of(SIGNATURE, SUBMISSIONS, signed)(_arrived(SUBMISSIONS)) == Principal(BODY, "body", "key")
    assert len(asked) == 1


def test_a_principal_speaks_for_its_own_party_and_for_nobody_else() -> None:
    for party in PARTIES:
        found = party_of(party)
        assert found is not None
        own = Principal(party, found.kind)
        assert [each for each in PARTIES if speaks_for(own, each)] == [party]
        for role in (AUDITOR, "public", *(kind for kind in KINDS if kind != found.kind)):
            assert not any(speaks_for(Principal(party, role), each) for each in PARTIES)
    assert not any(speaks_for(PUBLIC, each) for each in (*PARTIES, "", "nobody"))
    assert [each for each in PARTIES if speaks_for(Principal("", OPERATOR), each)] == ["clock"]
    assert speaks_for(Principal("organisation:91350100M000100Y43", "organisation"), "organisation:M000100Y4")
    assert not speaks_for(Principal("organisation:91350100M000100Y43", "organisation"), "organisation:M000200Y4")
