"""The families of facts by name: their event types, their rules along the timeline, and their streams' spelling.

A new kind of fact is a row here, a folder of its own, its views and its tests.
"""

import re
from dataclasses import dataclass
from typing import Any

from ledger import (
    adoptions,
    archives,
    areas,
    authorities,
    bodies,
    cases,
    certificates,
    circulars,
    classification,
    conferences,
    consultants,
    deadlines,
    draws,
    emergencies,
    inspections,
    keylists,
    keys,
    maproots,
    notices,
    organisations,
    people,
    privacy,
    reads,
    rectification,
    reports,
    rulesets,
    signing,
    trainings,
    warnings,
)
from ledger.access.competence import require_complete
from ledger.access.visibility import require_classes
from ledger.codes.identifiers import organisation_key
from ledger.facts import EventType
from ledger.timeline import Machine


@dataclass(frozen=True, slots=True)
class Family:
    """A family's rules; ``subject`` is the spelling of its streams' identifiers."""

    name: str
    events: dict[str, EventType]
    machine: Machine[Any]
    subject: re.Pattern[str]
    zh: str
    en: str


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "certificate",
            certificates.EVENTS,
            certificates.MACHINE,
            re.compile(r"certificate:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "证书",
            "certificate",
        ),
        Family(
            "body",
            bodies.EVENTS,
            bodies.MACHINE,
            re.compile(r"body:(?P<number>[^:\s]{1,40})"),
            "认证机构",
            "body",
        ),
        Family(
            "person",
            people.EVENTS,
            people.MACHINE,
            re.compile(r"person:(?P<register>[A-Z]{2,12}):(?P<number>[0-9A-Z][0-9A-Z\-]{2,31})"),
            "人员",
            "person",
        ),
        Family(
            "organisation",
            organisations.EVENTS,
            organisations.MACHINE,
            re.compile(r"organisation:(?P<number>[0-9A-Z]{9})"),
            "组织",
            "organisation",
        ),
        Family(
            "inspection",
            inspections.EVENTS,
            inspections.MACHINE,
            re.compile(r"inspection:(?P<number>[0-9a-zA-Z\-]{1,60})"),
            "检查",
            "inspection",
        ),
        Family(
            "case",
            cases.EVENTS,
            cases.MACHINE,
            re.compile(r"case:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "案件",
            "case",
        ),
        Family(
            "draw",
            draws.EVENTS,
            draws.MACHINE,
            re.compile(r"draw:(?P<number>[0-9a-zA-Z\-]{1,60})"),
            "双随机抽取",
            "draw",
        ),
        Family(
            "authority",
            authorities.EVENTS,
            authorities.MACHINE,
            re.compile(r"authority:(?P<owner>[0-9A-Z][0-9A-Z\-]{2,31})"),
            "监管部门",
            "authority",
        ),
        Family(
            "rectification",
            rectification.EVENTS,
            rectification.MACHINE,
            re.compile(r"rectification:(?P<number>[0-9a-zA-Z\-]{1,60}):(?P<finding>[0-9A-Za-z][0-9A-Za-z_.\-]{0,31})"),
            "整改",
            "rectification",
        ),
        Family(
            "report",
            reports.EVENTS,
            reports.MACHINE,
            re.compile(r"report:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "报送",
            "report",
        ),
        Family(
            "area",
            areas.EVENTS,
            areas.MACHINE,
            re.compile(r"area:(?P<number>[0-9]{6})"),
            "重点地区",
            "area",
        ),
        Family(
            "reads",
            reads.EVENTS,
            reads.MACHINE,
            re.compile(r"reads:(?P<number>[a-z]{1,40})"),
            "查阅记录",
            "record of readings",
        ),
        Family(
            "key",
            keys.EVENTS,
            keys.MACHINE,
            re.compile(r"key:(?P<number>[0-9a-f]{64})"),
            "签名密钥",
            "key",
        ),
        Family(
            "signing",
            signing.EVENTS,
            signing.MACHINE,
            re.compile(r"signing:(?P<party>\S{1,60})"),
            "签名要求",
            "signing",
        ),
        Family(
            "log",
            maproots.EVENTS,
            maproots.MACHINE,
            re.compile(r"log:map:(?P<number>[0-9]{16})"),
            "日志",
            "log",
        ),
        Family(
            "privacy",
            privacy.EVENTS,
            privacy.MACHINE,
            re.compile(r"privacy:(?P<number>[0-9a-f]{64})"),
            "个人信息删除",
            "erasure",
        ),
        Family(
            "archive",
            archives.EVENTS,
            archives.MACHINE,
            re.compile(r"archive:(?P<owner>[^:\s]{1,40}):(?P<about>organisation:[0-9A-Z]{9})"),
            "监管档案",
            "archive",
        ),
        Family(
            "classification",
            classification.EVENTS,
            classification.MACHINE,
            re.compile(
                r"classification:(?P<owner>[^:\s]{1,40}):"
                r"(?P<about>organisation:[0-9A-Z]{9}|body:[^:\s]{1,40}|product:[0-9A-Za-z]{2,12})"
            ),
            "分类",
            "classification",
        ),
        Family(
            "ruleset",
            rulesets.EVENTS,
            rulesets.MACHINE,
            re.compile(r"ruleset:(?P<owner>[^:\s]{1,40}):(?P<number>[0-9A-Za-z][0-9A-Za-z_.\-]{0,31})"),
            "分类规则",
            "rule set",
        ),
        Family(
            "keylist",
            keylists.EVENTS,
            keylists.MACHINE,
            re.compile(r"keylist:(?P<owner>[^:\s]{1,40}):(?P<number>[0-9A-Za-z][0-9A-Za-z_.\-]{0,31})"),
            "重点名单",
            "key list",
        ),
        Family(
            "notice",
            notices.EVENTS,
            notices.MACHINE,
            re.compile(r"notice:(?P<number>[0-9a-zA-Z\-]{1,60})"),
            "通报",
            "notice",
        ),
        Family(
            "circular",
            circulars.EVENTS,
            circulars.MACHINE,
            re.compile(r"circular:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "通报文件",
            "circular",
        ),
        Family(
            "risk",
            warnings.RISK_EVENTS,
            warnings.RISK_MACHINE,
            re.compile(r"risk:(?P<number>[0-9a-zA-Z\-]{1,60})"),
            "风险",
            "risk",
        ),
        Family(
            "warning",
            warnings.WARNING_EVENTS,
            warnings.WARNING_MACHINE,
            re.compile(r"warning:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "预警",
            "early warning",
        ),
        Family(
            "deadline",
            deadlines.EVENTS,
            deadlines.MACHINE,
            re.compile(r"deadline:(?P<number>[0-9a-f]{32})"),
            "期限",
            "deadline",
        ),
        Family(
            "adoption",
            adoptions.EVENTS,
            adoptions.MACHINE,
            re.compile(r"adoption:(?P<body>[^:\s]{1,40}):(?P<number>\S{1,60}):(?P<adoption>[0-9a-zA-Z\-]{1,40})"),
            "采信",
            "adoption",
        ),
        Family(
            "conference",
            conferences.EVENTS,
            conferences.MACHINE,
            re.compile(r"conference:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "联席会议",
            "joint conference",
        ),
        Family(
            "emergency",
            emergencies.EVENTS,
            emergencies.MACHINE,
            re.compile(r"emergency:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "应急预案",
            "emergency plan",
        ),
        Family(
            "training",
            trainings.EVENTS,
            trainings.MACHINE,
            re.compile(r"training:(?P<owner>[^:\s]{1,40}):(?P<number>\S{1,60})"),
            "培训",
            "training",
        ),
        Family(
            "consultant",
            consultants.EVENTS,
            consultants.MACHINE,
            re.compile(r"consultant:(?P<number>[0-9A-Z]{9})"),
            "认证咨询机构",
            "consulting body",
        ),
    )
}
EVENT_TYPES: dict[str, EventType] = {
    name: event_type for family in FAMILIES.values() for name, event_type in family.events.items()
}


def certificate_stream(body: str, number: str) -> str:
    """Return the stream of a certificate: numbers are unique for one body only."""
    return f"certificate:{body}:{number}"


def person_stream(register: str, number: str) -> str:
    """Return the stream of a signatory."""
    return f"person:{register}:{number}"


def body_stream(number: str) -> str:
    """Return the stream of a certification body."""
    return f"body:{number}"


def notice_stream(number: str) -> str:
    """Return the stream of a notice."""
    return f"notice:{number}"


def key_stream(keyid: str) -> str:
    """Return the stream of a signing key; its name follows from the key, so that no key has two owners."""
    return f"key:{keyid}"


def signing_stream(party: str) -> str:
    """Return the stream of a party's signing policy."""
    return f"signing:{party}"


def organisation_stream(code: str) -> str:
    """Return the stream of an organisation: its credit code and its nine-character code name the same one."""
    return f"organisation:{organisation_key(code)}"


require_complete((each.name, each.actors) for each in EVENT_TYPES.values())
require_classes(EVENT_TYPES)
