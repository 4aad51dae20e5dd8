"""What a supervisor asks: traces, archives, figures of a region, patrols due, classes and key lists."""

from abc import abstractmethod
from typing import TypeVar
from urllib.parse import quote

from api.client.models import (
    Answer,
    Archive,
    Archives,
    AuthorityContacts,
    BodyArchive,
    CampaignLeaders,
    CheckTasks,
    Classes,
    CommonProblems,
    Coverage,
    Evaluation,
    KeyLists,
    LifeChain,
    PatrolPlan,
    Responsibility,
    RuleSets,
    Superintendence,
    Trace,
)

Model = TypeVar("Model", bound=Answer)
Asked = str | int | bool | None


class Supervising:
    """The operations of supervision; what is not public is answered to whom it is for."""

    @abstractmethod
    def _read(self, model: type[Model], path: str, **asked: Asked) -> Model: ...

    def trace(self, subject: str, direction: str = "forward", **asked: Asked) -> Trace:
        """Return the trace of a subject, ``forward``, ``back`` or ``sideways``; ``as_of``, ``known_at``, ``depth``."""
        return self._read(Trace, f"/v1/trace/{_path(subject)}", direction=direction, **asked)

    def responsibility(self, subject: str, **asked: Asked) -> Responsibility:
        """Return who answers for a subject."""
        return self._read(Responsibility, f"/v1/responsibility/{_path(subject)}", **asked)

    def check_tasks(self, subject: str, *, as_of: str | None = None) -> CheckTasks:
        """Return what open problems of products ask of an enterprise, a body or a laboratory."""
        return self._read(CheckTasks, f"/v1/check-tasks/{_path(subject)}", as_of=as_of)

    def chain_of_life(self, body: str, number: str, *, known_at: str | None = None) -> LifeChain:
        """Return a certificate's whole process, stage by stage, with its gaps."""
        return self._read(LifeChain, f"/v1/chains/{_path(body)}/{_path(number)}", known_at=known_at)

    def archive(self, organisation: str, **asked: Asked) -> Archive:
        """Return a page of an organisation's archive; by ``section``, ``credit``, ``as_of``, ``cursor``."""
        return self._read(Archive, f"/v1/archives/{_path(organisation)}", **asked)

    def body_archive(self, number: str, *, as_of: str | None = None) -> BodyArchive:
        """Return what speaks against a body, by the five sources of control."""
        return self._read(BodyArchive, f"/v1/bodies/{_path(number)}/archive", as_of=as_of)

    def archives(self, region: str, **asked: Asked) -> Archives:
        """Return a page of a region's archives; by ``kinds``, ``without_custodian``, ``as_of``, ``cursor``."""
        return self._read(Archives, f"/v1/regions/{_path(region)}/archives", **asked)

    def coverage(self, region: str, **asked: Asked) -> Coverage:
        """Return the three 100 per cents of a region, each with what is missing."""
        return self._read(Coverage, f"/v1/coverage/{_path(region)}", **asked)

    def patrol_plan(self, region: str, **asked: Asked) -> PatrolPlan:
        """Return who is due for a patrol in a region."""
        return self._read(PatrolPlan, f"/v1/patrol-plan/{_path(region)}", **asked)

    def common_problems(self, region: str, **asked: Asked) -> CommonProblems:
        """Return what was found most often in a region."""
        return self._read(CommonProblems, f"/v1/common-problems/{_path(region)}", **asked)

    def superintendence(self, region: str, since: str, until: str) -> Superintendence:
        """Return how the counties of a region were guided, inspected and assessed in a period."""
        return self._read(Superintendence, "/v1/superintendence", region=region, since=since, until=until)

    def campaign_leaders(self, number: str, *, as_of: str | None = None) -> CampaignLeaders:
        """Return which leader each city bureau designated for a campaign."""
        return self._read(CampaignLeaders, f"/v1/inspections/{_path(number)}/leaders", as_of=as_of)

    def authority_contacts(self, authority: str, *, as_of: str | None = None) -> AuthorityContacts:
        """Return the contacts of an authority with the fields that the asker may see."""
        return self._read(AuthorityContacts, f"/v1/authorities/{_path(authority)}/contacts", as_of=as_of)

    def key_lists(self, **asked: Asked) -> KeyLists:
        """Return what is on key lists on a day."""
        return self._read(KeyLists, "/v1/key-lists", **asked)

    def rule_sets(self, name: str | None = None) -> RuleSets:
        """Return rule sets of classification."""
        return self._read(RuleSets, "/v1/rule-sets", name=name)

    def classes(self, subject: str, *, as_of: str | None = None) -> Classes:
        """Return a subject's classes by every party, and how often it is patrolled."""
        return self._read(Classes, f"/v1/classes/{_path(subject)}", as_of=as_of)

    def evaluation(self, subject: str, *, rules: str, by: str, **asked: Asked) -> Evaluation:
        """Return what a rule set makes of what is recorded about a subject."""
        return self._read(Evaluation, f"/v1/classes/{_path(subject)}/evaluation", rules=rules, by=by, **asked)


def _path(text: str) -> str:
    return quote(text, safe=":")
