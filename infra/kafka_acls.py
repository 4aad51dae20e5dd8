"""Who may do what on the broker is one table: each process, party and reader has what it needs and no more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import SecurityDisabledError

from infra.services.errors import ServiceUnavailableError
from infra.services.topics import BOOTSTRAP_MILLISECONDS, DEAD_LETTERS, EVENTS, RECEIPTS, SUBMISSIONS
from projections.registry import VIEWS

RELAY, INTAKE, PROJECT, POLICIES = "relay", "intake", "project", "policies"
PROCESSES: Mapping[str, str] = MappingProxyType(
    {name: f"certledger-{name}" for name in (RELAY, INTAKE, PROJECT, POLICIES)}
)
_TOPIC, _GROUP = "topic", "group"
_READ, _WRITE = ("DESCRIBE", "READ"), ("DESCRIBE", "WRITE")
_READ_WRITE = ("DESCRIBE", "READ", "WRITE")
# What brought personal fields is deleted from its topic once it is answered.
_READ_DELETE = ("DESCRIBE", "READ", "DELETE")
_KINDS = {_TOPIC: ResourceType.TOPIC, _GROUP: ResourceType.GROUP}


@dataclass(frozen=True, slots=True)
class Grant:
    """One row: a user may do these operations on a topic or group of this name, or of every name that begins so."""

    user: str
    kind: str
    name: str
    operations: tuple[str, ...]
    zh: str
    en: str
    is_prefix: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the plain form of the row."""
        return {
            "principal": self.principal,
            "resource": self.kind,
            "name": self.name,
            "pattern": "prefixed" if self.is_prefix else "literal",
            "operations": list(self.operations),
            "zh": self.zh,
            "en": self.en,
        }

    @property
    def principal(self) -> str:
        """The principal as Kafka spells it."""
        return self.user if ":" in self.user else f"User:{self.user}"


def grants(
    users: Mapping[str, str] = PROCESSES,
    *,
    parties: Mapping[str, str] = {},
    answered: Mapping[str, str] = {},
    readers: Iterable[str] = (),
) -> list[Grant]:
    """Return the table.

    ``users`` names each process's user, ``parties`` the user of each party's own topic of submissions (topic to
    user) and ``answered`` that of its topic of receipts; ``readers`` see every event, restricted ones included.
    """
    relay, intake, project, policies = (users[name] for name in (RELAY, INTAKE, PROJECT, POLICIES))
    events = "发布全部事件,并核对主题末尾", "publishes every event, and reads where the topic ends"
    rules = "按规则跟进事件", "submits what follows from events by rule"
    views = "视图读取事件", "views read the events"
    found = [
        Grant(relay, _TOPIC, EVENTS, _READ_WRITE, *events),
        Grant(project, _TOPIC, EVENTS, _READ, *views),
        *(Grant(project, _GROUP, f"certledger.{view}", _READ, *views, is_prefix=True) for view in (*VIEWS, "rebuild.")),
        Grant(policies, _TOPIC, EVENTS, _READ, *rules),
        Grant(policies, _GROUP, "certledger.policies", _READ, *rules),
        Grant(intake, _TOPIC, SUBMISSIONS, _READ_DELETE, "接收提交", "takes submissions in"),
        Grant(
            intake,
            _TOPIC,
            f"{SUBMISSIONS}.",
            _READ_DELETE,
            "接收各方提交",
            "takes parties' submissions in",
            is_prefix=True,
        ),
        Grant(intake, _GROUP, "certledger.intake", _READ, "接收提交", "takes submissions in"),
        Grant(intake, _TOPIC, RECEIPTS, _READ_WRITE, "发布回执", "publishes receipts"),
        Grant(
            intake,
            _TOPIC,
            f"{RECEIPTS}.",
            _READ_WRITE,
            "发布各方自己的回执",
            "publishes parties' own receipts",
            is_prefix=True,
        ),
        Grant(intake, _TOPIC, DEAD_LETTERS, _READ_WRITE, "发布死信", "publishes dead letters"),
    ]
    own = "在本方主题提交", "submits on its own topic"
    found += [Grant(user, _TOPIC, topic, _WRITE, *own) for topic, user in parties.items()]
    answers = "读取本方的回执", "reads its own receipts"
    for topic, user in answered.items():
        found.append(Grant(user, _TOPIC, topic, _READ, *answers))
        found.append(Grant(user, _GROUP, f"{user}.", _READ, *answers, is_prefix=True))
    for user in readers:
        found.append(Grant(user, _TOPIC, EVENTS, _READ, "读取全部事件", "reads every event"))
        found.append(Grant(user, _GROUP, f"{user}.", _READ, "读取全部事件", "reads every event", is_prefix=True))
    return found


def apply_grants(bootstrap: str, rows: Sequence[Grant], credentials: Mapping[str, object]) -> list[str]:
    """Give these rights, and return every other right on the ledger's topics and groups, which is left as it is.

    Raises ServiceUnavailableError where the broker has no authoriser, and KafkaError where we may not do this.
    """
    wanted = [acl for row in rows for acl in _acls(row)]
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=BOOTSTRAP_MILLISECONDS, **credentials
    )
    try:
        failed = admin.create_acls(wanted)["failed"]
        if failed:
            raise failed[0]
        return [_spelled(acl) for acl in _present(admin) if not any(_same(acl, each) for each in wanted)]
    except SecurityDisabledError as error:
        raise ServiceUnavailableError(
            "该 Kafka 没有启用授权(authorizer.class.name),无法设置权限。",
            "This Kafka has no authoriser (authorizer.class.name), so rights cannot be given.",
        ) from error
    finally:
        admin.close()


def _acls(row: Grant) -> list[ACL]:
    pattern = ACLResourcePatternType.PREFIXED if row.is_prefix else ACLResourcePatternType.LITERAL
    resource = ResourcePattern(_KINDS[row.kind], row.name, pattern)
    return [
        ACL(row.principal, "*", ACLOperation[operation], ACLPermissionType.ALLOW, resource)
        for operation in row.operations
    ]


def _present(admin: KafkaAdminClient) -> list[ACL]:
    found = []
    for kind in _KINDS.values():
        pattern = ResourcePatternFilter(kind, None, ACLResourcePatternType.ANY)
        asked = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, pattern)
        acls, _ = admin.describe_acls(asked)
        found += [acl for acl in acls if _concerns_us(acl.resource_pattern.resource_name)]
    return found


def _concerns_us(name: str) -> bool:
    # A right on every name, or on names that begin like ours, is a right on ours.
    return name == "*" or any(name.startswith(own) or own.startswith(name) for own in ("certification.", "certledger."))


def _same(one: ACL, other: ACL) -> bool:
    return _spelled(one) == _spelled(other)


def _spelled(acl: ACL) -> str:
    resource = acl.resource_pattern
    return (
        f"{acl.permission_type.name} {acl.principal} {acl.operation.name} "
        f"{resource.resource_type.name} {resource.resource_name} {resource.pattern_type.name} {acl.host}"
    )
