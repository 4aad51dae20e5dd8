"""A small country: one street, its authorities above, beside and below, and everything of it that is not public."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.envelope import Submission
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    DETAILS,
    HOLDER,
    LAW,
    OTHER_BODY,
    approved,
    certificate,
    issued,
    statement,
)

COUNTY, SIBLING, CITY, PROVINCE, ELSEWHERE = "440604", "440605", "440600", "440000", "330106"
OWN, BESIDE, ABOVE, FAR_ABOVE, FOREIGN = (f"SAMR-{code}" for code in (COUNTY, SIBLING, CITY, PROVINCE, ELSEWHERE))
AUTHORITIES = {"own": OWN, "sibling": BESIDE, "parent": ABOVE, "above the parent": FAR_ABOVE, "foreign": FOREIGN}
LAB = "LAB-1A"
OTHER_LAB = "LAB-2B"
SUBJECT = f"organisation:{HOLDER['code']}"
OTHER_CODE = "91350100M00010102K"
CITY_FIRM_CODE = "91440600M00010209B"
STRANGER = f"organisation:{OTHER_CODE}"
AUDITOR, OPERATOR = "auditor:a-1", "operator:o-1"
OVERSEERS = (AUDITOR, OPERATOR)
SPEAKERS = (OTHER_BODY, *AUTHORITIES.values(), LAB, OTHER_LAB, SUBJECT, STRANGER, "CNAS", "clock")
READERS = ("", "CNCA", "CCAA", BODY, *SPEAKERS[:-1], *OVERSEERS)
"""Everybody who may ask; the empty one is the public."""

CERTIFICATE = certificate()
INSPECTION, CITY_INSPECTION = "inspection:i-county", "inspection:i-city"
PLANNED_INSPECTION = "inspection:p-county"
CASE = f"case:{OWN}:2031-1"
APPLICATION = certificate("10131Q00099R0M")


@dataclass(frozen=True)
class Item:
    """One event that is not public: its class, and by relation who stands in it."""

    submission: Submission
    access: str
    related: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def readers(self, allowed: frozenset[str]) -> set[str]:
        """Who reads it where these relations are allowed to."""
        return {each for relation in allowed for each in self.related.get(relation, ())}


_ALWAYS = {
    "national_authority": frozenset({"CNCA"}),
    "auditor": frozenset({AUDITOR}),
    "operator": frozenset({OPERATOR}),
}
_OF_COUNTY = {**_ALWAYS, "jurisdiction": frozenset({OWN, ABOVE, FAR_ABOVE})}
_INSPECTED = {
    **_OF_COUNTY,
    "author": frozenset({OWN}),
    "subject": frozenset({SUBJECT}),
    "issuer": frozenset({BODY}),
}


def public_facts() -> list[Submission]:
    """What everybody knows: two bodies, three organisations, one certificate."""
    places = ((HOLDER, COUNTY), ({**HOLDER, "code": CITY_FIRM_CODE}, CITY), ({**HOLDER, "code": OTHER_CODE}, ELSEWHERE))
    return [
        *approved(),
        *approved(OTHER_BODY, "S101002"),
        *(
            statement(
                "organisation.registered",
                f"organisation:{holder['code'][8:17]}",
                {"effective": "2020-01-01", "organisation": {**holder, "region": region}},
                source="CNCA",
            )
            for holder, region in places
        ),
        issued(),
    ]


def inspected(
    stream: str = INSPECTION, source: str = OWN, region: str = COUNTY, code: str = HOLDER["code"]
) -> Submission:
    data = {
        "effective": "2031-03-02",
        "mode": "unannounced",
        "organisation": code,
        "region": region,
        "certificates": [CERTIFICATE],
        "result": "nonconforming",
    }
    return statement("inspection.performed", stream, data, source=source)


def finding(stream: str = INSPECTION, source: str = OWN, name: str = "F1") -> Submission:
    data = {
        "effective": "2031-03-03",
        "finding": name,
        "grade": "major",
        "text": "未按程序实施内审",
        "responsible": ANSWERABLE,
    }
    return statement("inspection.finding_recorded", stream, data, source=source, identity=f"{stream}:{name}")


def sample(stream: str = INSPECTION, source: str = LAB) -> Submission:
    data = {"effective": "2031-03-04", "sample": "S1", "standard": "GB 4706.1-2005", "passed": False}
    return statement("inspection.sample_result_recorded", stream, data, source=source)


def planned(stream: str = PLANNED_INSPECTION, source: str = OWN, region: str = COUNTY) -> Submission:
    """An unannounced inspection that has not taken place, in which an authority of elsewhere takes part."""
    data = {
        "effective": "2031-03-07",
        "mode": "unannounced",
        "programme": "routine",
        "stage": "ex_factory",
        "region": region,
        "due": "2031-04-30",
        "organisation": HOLDER["code"],
        "certificates": [CERTIFICATE],
        "units": [{"unit": FOREIGN, "role": "participant"}],
    }
    return statement("inspection.planned", stream, data, source=source)


def case_opened(stream: str = CASE, source: str = OWN, region: str = COUNTY, target: str = SUBJECT) -> Submission:
    data = {
        "effective": "2031-03-05",
        "target": target,
        "region": region,
        "lead": "patrol",
        "violation": "伪造检测报告",
        "certificates": [CERTIFICATE],
    }
    return statement("case.opened", stream, data, source=source)


def penalty(stream: str = CASE, source: str = OWN) -> Submission:
    data = {
        "effective": "2031-03-20",
        "document_number": "市监处〔2031〕1号",
        "penalties": ["fine"],
        "description": "责令改正并处罚款",
        "legal_basis": LAW,
    }
    return statement("case.penalty_decided", stream, data, source=source)


def refused(stream: str = APPLICATION, **details: object) -> Submission:
    data = {
        "effective": "2031-03-06",
        "reason": "审核发现严重不符合",
        "details": {**DETAILS, **details},
        "signers": [{"register": "CCAA", "number": "S101001", "role": "decision"}],
    }
    return statement("certificate.refused", stream, data)


def flowing() -> list[Item]:
    """A report upward, a circulated criticism, a risk and an adoption: what flows between parties."""
    report = {
        "effective": "2031-03-07",
        "kind": "problem_raised",
        "sender": OWN,
        "recipient": ABOVE,
        "basis": "S2-89",
        "statement": "企业拒绝配合",
        "about": [CERTIFICATE],
    }
    criticism = {
        "effective": "2031-03-08",
        "document_number": "1号",
        "title": "通报批评",
        "text": "减少认证程序",
        "scope": {"regions": [CITY]},
        "target": f"body:{BODY}",
    }
    risk = {"effective": "2031-03-09", "kind": "signal", "region": COUNTY, "text": "隐患", "about": [CERTIFICATE]}
    adoption = {
        "effective": "2031-03-10", "certificate": CERTIFICATE, "field": "credit", "purpose": "授信",
    }  # fmt: skip
    of_city = {**_ALWAYS, "jurisdiction": frozenset({ABOVE, FAR_ABOVE})}
    return [
        Item(
            statement("notice.created", "notice:report", report, source=OWN),
            "notice",
            {**of_city, "author": frozenset({OWN}), "subject": frozenset({ABOVE})},
        ),
        Item(
            statement("circular.criticism_circulated", f"circular:{ABOVE}:1", criticism, source=ABOVE),
            "circular",
            {**of_city, "author": frozenset({ABOVE})},
        ),
        Item(
            statement("risk.detected", "risk:r-street", risk, source=OWN),
            "risk",
            {**_OF_COUNTY, "author": frozenset({OWN})},
        ),
        Item(
            statement("adoption.recorded", f"adoption:{BODY}:10131Q00001R0M:a-1", adoption, source=SUBJECT),
            "adoption",
            {**_ALWAYS, "author": frozenset({SUBJECT}), "issuer": frozenset({BODY})},
        ),
    ]


def restricted_facts() -> list[Item]:
    """Everything that is not public, in an order in which it may be said."""
    penalised = {**_OF_COUNTY, "author": frozenset({OWN}), "subject": frozenset({SUBJECT})}
    in_city = {
        **_ALWAYS,
        "author": frozenset({"CNCA"}),
        "issuer": frozenset({BODY}),
        "jurisdiction": frozenset({ABOVE, FAR_ABOVE}),
    }
    return [
        Item(inspected(), "inspection", _INSPECTED),
        Item(finding(), "inspection", _INSPECTED),
        Item(sample(), "sample", {**_INSPECTED, "author": frozenset({OWN, LAB})}),
        Item(case_opened(), "case", penalised),
        Item(penalty(), "penalty", penalised),
        Item(refused(), "refused", {**_ALWAYS, "author": frozenset({BODY}), "subject": frozenset({SUBJECT})}),
        Item(planned(), "plan", {**_OF_COUNTY, "author": frozenset({OWN}), "participant": frozenset({OWN, FOREIGN})}),
        Item(inspected(CITY_INSPECTION, "CNCA", CITY, CITY_FIRM_CODE), "inspection", in_city),
        *flowing(),
    ]
