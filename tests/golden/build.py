"""Writes one recorded event of every type to tests/golden/events; what is there already is never written again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.codes.classification import shipped_rules
from ledger.draws.selecting import commitment, draw_key, pool_digest, select, selection_digest
from ledger.envelope import Submission
from ledger.evidence.disclosures import disclose
from ledger.families import EVENT_TYPES
from ledger.service import Ledger
from tests.support.inspecting import daily_patrol
from tests.support.signing import TERMS, ed25519_key, ended, registration
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    DETAILS,
    HOLDER,
    LAW,
    OTHER_BODY,
    SIGNERS,
    accept,
    certificate,
    corrected,
    issued,
    register_of,
    statement,
)

EVENTS = Path(__file__).parent / "events"
GOLDEN_KEY = ed25519_key(77)
EVIDENCE = [{"uri": "urn:example:report-1", "media_type": "application/pdf", "size": 1024, "sha256": "0" * 64}]
CIRCULAR: dict[str, Any] = {
    "document_number": "佛市监通〔2031〕1号",
    "title": "关于强制性产品认证监管情况的通报",
    "text": "各县区局:现将有关情况通报如下。",
    "scope": {"regions": ["440600"], "levels": ["county"]},
}
_MEMBERS = [
    {"department": "samr", "name_zh": "市场监督管理局", "party": "SAMR-440600"},
    {"department": "customs", "name_zh": "海关", "name_en": "Customs"},
]
SEED = "5a" * 32
_POOLS = {"inspectees": ["organisation:M000100Y4"], "inspectors": ["inspector:440604-1"]}
_DRAWN = select(
    draw_key(SEED, {"CNCA": "c3" * 32}), _POOLS["inspectees"], _POOLS["inspectors"], (), take=1, each=1
)  # fmt: skip
_MADE = {
    "seed": SEED,
    "selection": selection_digest(_DRAWN),
    "selected": [{"inspectee": each.inspectee, "inspectors": list(each.inspectors)} for each in _DRAWN],
}
DRAW: dict[str, dict[str, Any]] = {
    "draw.pool_listed": {"pool": "inspectees", "identifiers": _POOLS["inspectees"]},
    "draw.committed": {
        **{pool: {"count": len(each), "sha256": pool_digest(each)} for pool, each in _POOLS.items()},
        "seed_commitment": commitment(SEED),
    },
    "draw.contributed": {"value": "c3" * 32},
    "draw.made": _MADE,
    "draw.published": {
        **_MADE,
        "results": [
            {"inspectee": "organisation:M000100Y4", "inspection": "inspection:i-1", "outcome": "conforming"},
        ],
    },
    "draw.abandoned": {"reason": "种子丢失"},
}
EXTRA: dict[str, Mapping[str, Any]] = {
    "certificate.issued": {
        "first_issued": "2031-03-05",
        "expires": "2034-03-04",
        "details": DETAILS,
        "evidence": EVIDENCE,
        "legal_basis": LAW,
        "replaces": "10128Q00001R0M",
    },
    "certificate.refused": {"reason": "审核发现严重不符合", "details": DETAILS},
    "certificate.maintained": {"audit_start": "2031-02-20", "audit_end": "2031-02-22", "surveillance_count": 1},
    "certificate.suspended": {"reason_code": "0111", "until": "2031-06-05", "confirmed": "2031-03-01"},
    "certificate.suspension_extended": {"reason_code": "0111", "until": "2031-08-05"},
    "certificate.restored": {"note": "整改有效"},
    "certificate.withdrawn": {"reason_code": "0115"},
    "certificate.cancelled": {"reason_code": "0204", "requested_by_holder": True},
    "certificate.renewed": {"expires": "2037-03-04", "audit_end": "2031-02-22", "recertification_count": 1},
    "certificate.replaced": {"replaced_by": "10131Q00002R0M", "replacement_reason": "04", "reason_code": "0120"},
    "certificate.scope_extended": {"scope_zh": "电器的设计、生产、销售和维修", "change_code": "05"},
    "certificate.scope_reduced": {"scope_zh": "电器的销售", "change_code": "06"},
    "certificate.changed": {"change_code": "01", "changes": {"holder": {**HOLDER, "name_zh": "新名称电器有限公司"}}},
    "certificate.transferred_out": {"to_body": OTHER_BODY, "to_number": "10231Q00001R0M"},
    "certificate.transferred_in": {
        "first_issued": "2030-03-05",
        "expires": "2033-03-04",
        "details": DETAILS,
        "from_body": OTHER_BODY,
        "from_number": "10230Q00001R0M",
    },
    "certificate.restored_after_expiry": {"expires": "2034-03-04"},
    "certificate.annulled": {"reason": "虚假认证", "legal_basis": LAW},
    "certificate.order_issued": {
        "document_number": "市监责〔2031〕1号",
        "demands": "suspend",
        "due": "2031-03-10",
        "legal_basis": LAW,
        "place": "440604",
    },
    "certificate.hold_placed": {
        "document_number": "市监冻〔2031〕1号",
        "reason": "立案调查",
        "legal_basis": LAW,
        "place": "440604",
    },
    "certificate.hold_lifted": {"document_number": "市监冻〔2031〕1号"},
    "certificate.appeal_opened": {"appeal_number": "申诉-1", "against": "certificate.suspended"},
    "certificate.appeal_decided": {"appeal_number": "申诉-1", "outcome": "rejected"},
    "body.approved": {
        "name_zh": "第一示例认证有限公司",
        "ccc_code": "90",
        "schemes": ["A010102"],
        "until": "2036-03-04",
    },
    "body.approval_changed": {"schemes": ["A010102", "A020102"]},
    "body.approval_suspended": {"reason": "停业整顿", "legal_basis": LAW},
    "body.approval_restored": {},
    "body.approval_withdrawn": {"reason": "出具虚假认证结论", "legal_basis": LAW},
    "body.approval_cancelled": {"reason": "机构解散"},
    "body.designated": {"product_classes": ["0901", "0702"]},
    "body.designation_removed": {"product_classes": ["0702"], "reason": "目录调整"},
    "body.accreditation_changed": {"status": "granted", "number": "C101-M", "scopes": ["A010102"]},
    "body.merged": {"into": OTHER_BODY, "document_number": "国认可〔2031〕1号"},
    "body.converted": {"name_zh": "第一示例认证集团有限公司", "legal_form": "有限责任公司"},
    "body.judgment_recorded": {
        "court": "佛山市示例人民法院",
        "case_number": "(2031)粤0604民初1号",
        "matter": "civil",
        "outcome": "liable",
        "legal_basis": LAW,
    },
    "body.discipline_recorded": {
        "measure": "industry_criticism",
        "reason": "违反自律公约",
        "document_number": "中认协〔2031〕1号",
    },
    "body.interest_declared": {"kind": "ownership", "organisation": HOLDER["code"]},
    "person.interest_declared": {"kind": "consulting", "organisation": HOLDER["code"], "until": "2031-06-30"},
    "person.registered": {"body": BODY, "qualification": "senior_auditor", "until": "2034-03-04"},
    "person.employed": {"body": BODY},
    "person.left": {"body": BODY},
    "person.registration_suspended": {"reason": "调查期间"},
    "person.registration_restored": {},
    "person.registration_withdrawn": {"reason": "出具虚假认证结论"},
    "person.banned": {"reason": "出具虚假认证结论", "legal_basis": LAW},
    "person.ban_lifted": {"reason": "复议撤销原决定"},
    "organisation.registered": {"organisation": HOLDER},
    "organisation.renamed": {"name_zh": "新名称电器有限公司"},
    "organisation.moved": {"region": "440604", "address": "季华路一号"},
    "organisation.barred": {"kind": "own_cause", "reason": "因自身原因被撤销证书", "until": "2032-03-04"},
    "organisation.bar_lifted": {"kind": "own_cause"},
    "inspection.performed": {
        "mode": "national_spot_check",
        "organisation": HOLDER["code"],
        "region": "440604",
        "certificates": [certificate()],
        "result": "nonconforming",
    },
    "inspection.finding_recorded": {
        "finding": "F1",
        "grade": "major",
        "text": "关键件与型式试验样品不一致",
        "due": "2031-04-05",
        "responsible": ANSWERABLE,
    },
    "inspection.finding_closed": {"finding": "F1", "evidence": EVIDENCE},
    "inspection.sample_result_recorded": {"sample": "S1", "standard": "GB 4943.1-2022", "passed": False, "grave": True},
    "inspection.published": {
        "mode": "national_spot_check",
        "organisation": HOLDER["code"],
        "performed": "2031-03-05",
        "result": "nonconforming",
    },
    "inspection.planned": {
        "mode": "routine_patrol",
        "programme": "routine",
        "stage": "ex_factory",
        "region": "440604",
        "due": "2031-03-31",
        "organisation": HOLDER["code"],
        "units": [
            {"unit": "SAMR-440604", "role": "lead"},
            {"unit": "SAMR-440605", "role": "co_responsible"},
            {"unit": "CNCA", "role": "participant", "department": "certification"},
        ],
        "certificates": [certificate()],
        "catalogue": "2031-1",
    },
    "inspection.plan_cancelled": {"reason": "企业已停产"},
    "inspection.participation_answered": {"accepts": True},
    "inspection.assistance_requested": {"request": "R1", "to": "SAMR-110101", "text": "协查仓库所在地的库存"},
    "inspection.assistance_answered": {"request": "R1", "provided": True, "text": "库存已核对"},
    "inspection.recognised": {"plan": "inspection:i-2", "until": "2031-09-05"},
    "inspection.recorded": {
        "programme": "routine",
        "stage": "ex_factory",
        "parts": [{"form": "ccc_daily_patrol", "version": 1, "content": daily_patrol()}],
    },
    "inspection.filed": {"archive": "organisation:M000100Y4", "document": EVIDENCE[0]},
    "inspection.sampled": {
        "sample": "S1",
        "product": {"name": "微型计算机", "models": "A1"},
        "stage": "ex_factory",
        "batch": "2031-02",
        "laboratory": "LAB-101",
    },
    "inspection.sample_tested": {
        "sample": "S1",
        "laboratory": "LAB-101",
        "report": EVIDENCE[0],
        "report_number": "2031-检-1",
        "calibration": {
            "certificate_number": "校准字第2031-1号",
            "institute": "示例计量科学研究院",
            "calibrated": "2031-01-10",
        },
    },
    "draw.announced": {
        "title": "2031年第一次双随机抽查",
        "population": "certified_enterprises",
        "mode": "double_random",
        "region": "440604",
        "take": 1,
        "inspectors_each": 1,
        "algorithm": "certledger-draw-1",
    },
    **DRAW,
    "case.opened": {"target": f"body:{BODY}", "region": "440604", "lead": "complaint", "violation": "减少认证程序"},
    "case.penalty_decided": {
        "document_number": "市监处〔2031〕1号",
        "penalties": ["warning", "fine"],
        "amount": "50000.00",
        "description": "减少认证程序,责令改正并处罚款",
        "legal_basis": LAW,
    },
    "case.closed": {"outcome": "executed"},
    "authority.registered": {
        "kind": "district",
        "level": "county",
        "region": "440604",
        "name_zh": "示例区市场监督管理局",
        "name_en": "Example District Bureau",
    },
    "authority.renamed": {"name_zh": "示例区市场监督管理局"},
    "authority.succeeded": {"successor": "SAMR-440605", "document_number": "示编〔2031〕1号"},
    "authority.took_over": {"predecessor": "SAMR-440605", "document_number": "示编〔2031〕1号"},
    "authority.unit_established": {
        "unit": "U1",
        "kind": "certification_supervision",
        "name_zh": "认证监管股",
        "roles": ["supervision"],
    },
    "authority.unit_closed": {"unit": "U1"},
    "authority.focal_unit_designated": {"unit": "U1"},
    "authority.division_adopted": {"document_number": "示市监〔2031〕2号"},
    "authority.item_listed": {
        "list": "power",
        "item": "P-01",
        "text": "对认证活动实施行政处罚",
        "events": ["case.opened", "case.penalty_decided"],
        "legal_basis": LAW,
    },
    "authority.item_removed": {"list": "power", "item": "P-01", "reason": "法律修改"},
    "authority.responsibility_assigned": {"organisation": HOLDER["code"], "unit": "U1", "officer": "YZ440604001"},
    "authority.responsibility_ended": {"organisation": HOLDER["code"]},
    "authority.jurisdiction_designated": {"region": "440605", "document_number": "示市监〔2031〕3号"},
    "authority.guidance_issued": {"function": "training", "text": "认证执法培训"},
    "authority.supervision_opinion_issued": {
        "document_number": "示市监〔2031〕4号",
        "text": "巡查记录不完整,请补正",
        "due": "2031-04-05",
    },
    "authority.leading_group_formed": {
        "group": "CCC",
        "name_zh": "强制性产品认证行政监管工作领导小组",
        "mandate": "统筹协调强制性产品认证行政监管",
        "head": "YZ440604001",
        "members": ["YZ440604002"],
        "office_unit": "U1",
    },
    "authority.planning_region_defined": {
        "planning_region": "PRD",
        "name_zh": "珠三角片区",
        "name_en": "Pearl River Delta",
        "cities": ["440100", "440600"],
    },
    "authority.planning_region_dissolved": {"planning_region": "PRD"},
    "authority.campaign_leader_designated": {
        "campaign": "inspection:8d8ac610-566d-4ef0-9c22-186b2a5ed793",
        "leader": "YZ440600001",
    },
    "authority.assessed": {
        "begins": "2030-01-01",
        "ends": "2030-12-31",
        "result": "良好",
        "document_number": "佛市监〔2031〕6号",
    },
    "authority.contact_stated": {
        "contact": "CCC",
        "unit": "U1",
        "published": ["email"],
        "_sd": [disclose("contact/email", "office@example.org", b"golden" * 5 + b"go").digest],
    },
    "authority.contact_removed": {"contact": "CCC"},
    "case.lead_registered": {
        "region": "440604",
        "lead": "complaint",
        "violation": "疑似伪造认证证书",
        "violations": ["forgery_certificate"],
        "channel": "telephone",
        "informant": "anonymous",
    },
    "case.lead_investigated": {"outcome": "substantiated", "text": "现场核查属实", "informant_answered": True},
    "case.lead_dismissed": {"reason": "查无实据"},
    "case.merged": {"into": "case:SAMR-440604:2", "reason": "同一违法行为"},
    "case.referred": {"to": "SAMR-440605", "reason": "违法行为地不在本辖区"},
    "case.referral_accepted": {"unit": {"role": "enforcement", "unit": "team-1"}},
    "case.referral_returned": {"reason": "违法行为地在移送部门辖区"},
    "case.evidence_requested": {"request": "Q1", "of": BODY, "what": "工厂检查报告", "due": "2031-03-15"},
    "case.evidence_provided": {"request": "Q1", "evidence": EVIDENCE},
    "case.staff_assigned": {"request": "Q1", "persons": 2},
    "case.investigated": {"facts": "减少认证程序", "unit": {"role": "enforcement", "unit": "team-1"}},
    "case.penalty_proposed": {
        "proposal": "P1",
        "penalties": ["fine"],
        "amount": "50000.00",
        "legal_basis": LAW,
        "unit": {"role": "enforcement", "unit": "team-1"},
    },
    "case.legally_reviewed": {
        "proposal": "P1",
        "outcome": "approved",
        "unit": {"role": "legal", "unit": "legal-1"},
    },
    "case.penalty_executed": {"document_number": "市监处〔2031〕1号", "paid": "50000.00"},
    "case.file_reviewed": {"findings": ["送达回证缺页"], "by": {"role": "legal", "unit": "legal-1"}},
    "case.flagged_major": {"reason": "涉案金额特别巨大"},
    "case.major_reported": {"to": "SAMR-440600", "text": "涉案金额特别巨大,已立案调查"},
    "case.designated": {"document_number": "指定〔2031〕1号", "legal_basis": LAW},
    "case.supervision_ordered": {"document_number": "督办〔2031〕1号", "due": "2031-06-05", "demands": "限期办结"},
    "case.supervision_progress": {"text": "已调查终结"},
    "case.supervision_lifted": {"document_number": "督办〔2031〕1号"},
    "case.enforcement_reviewed": {"outcome": "proper", "opinion": "程序合法,证据充分"},
    "case.correction_ordered": {
        "order": "J1",
        "wrong": {"source": "SAMR-440604", "id": "golden:case.penalty_decided"},
        "reason": "罚款数额有误",
        "legal_basis": LAW,
    },
    "case.correction_made": {
        "order": "J1",
        "correction": {"source": "SAMR-440604", "id": "golden:case.corrected"},
    },
    "case.transferred": {"to": "佛山市公安局", "document_number": "移送〔2031〕1号", "legal_basis": LAW},
    "case.transfer_accepted": {"document_number": "受理〔2031〕1号"},
    "case.transfer_returned": {"reason": "不构成犯罪"},
    "case.criminal_outcome": {"outcome": "not_prosecuted"},
    "case.published": {
        "document_number": "市监处〔2031〕1号",
        "party": "第一示例认证有限公司",
        "violation": "减少认证程序",
        "penalties": ["warning", "fine"],
        "amount": "50000.00",
        "legal_basis": LAW,
        "decided": "2031-03-05",
        "until": "2034-03-04",
    },
    "case.publication_withdrawn": {"document_number": "市监处〔2031〕1号", "reason": "公示期满"},
    "case.report_submitted": {
        "case_source": "complaint",
        "case_information": {
            "case_number": "case:SAMR-440604:1",
            "title": "减少认证程序案",
            "parties": ["第一示例认证有限公司"],
            "opened": "2031-01-05",
            "closed": "2031-03-01",
        },
        "penalty_basis": LAW,
        "penalty_type": ["fine"],
        "penalty_amount": "50000.00",
        "case_description": "该机构在认证中减少程序",
        "document": EVIDENCE[0],
    },
    "case.report_acknowledged": {"number": "R-1"},
    "case.report_returned": {"reason": "缺案情描述", "fields": ["case_description"]},
    "rectification.opened": {
        "organisation": HOLDER["code"],
        "region": "440604",
        "severity": "general",
        "violations": ["certificate_mismatch"],
        "certificates": [certificate()],
    },
    "rectification.cause_analysed": {"cause": "ignorance_of_law", "analysis": "不了解标志使用规定"},
    "rectification.plan_submitted": {"measures": "更换标志并培训", "until": "2031-04-05"},
    "rectification.deadline_set": {"due": "2031-04-05", "document_number": "责改〔2031〕1号", "legal_basis": LAW},
    "rectification.assisted": {"text": "上门讲解规定"},
    "rectification.service_provided": {"service": "现场指导并纠正标志使用"},
    "rectification.admonition_issued": {
        "document_number": "告诫〔2031〕1号",
        "reason": "标志使用不当",
        "legal_basis": LAW,
    },
    "rectification.admonition_acknowledged": {"document_number": "告诫〔2031〕1号"},
    "rectification.admonition_followed_up": {"document_number": "告诫〔2031〕1号", "text": "已改正"},
    "rectification.interview_held": {"subject": "产品一致性"},
    "rectification.commitment_given": {"commitment": "一个月内完成整改"},
    "rectification.recommended": {"document_number": "督查〔2031〕1号", "recommendation": "加强进货检验"},
    "rectification.case_referred": {"case": "case:SAMR-440604:1"},
    "rectification.verified": {"outcome": "failed", "text": "仍不一致"},
    "rectification.decision_demanded": {
        "certificate": certificate(),
        "cause": {"source": "SAMR-440604", "id": "golden:rectification.verified"},
    },
    "rectification.decision_recorded": {"certificate": certificate(), "reason": "已进入暂停程序"},
    "rectification.closed": {"disposition": "rectified"},
    "report.called": {
        "kind": "county_inspection",
        "title": "监督检查情况",
        "owed_by": ["SAMR-440604", "SAMR-440605"],
        "due": "2031-10-15",
        "written": True,
        "basis": "浙质评发〔2009〕195号",
    },
    "report.submitted": {"content": "检查情况", "document": EVIDENCE[0]},
    "report.accident_reported": {"region": "440604", "to": "SAMR-440600", "text": "产品起火事故"},
    "report.instruction_requested": {"to": "SAMR-440600", "text": "法律适用请示"},
    "report.instruction_given": {"text": "适用第六十一条"},
    "area.listed": {"region": "440604", "document_number": "挂牌〔2031〕1号", "problem": "无证生产较多"},
    "area.delisted": {"document_number": "摘牌〔2031〕1号"},
    "archive.surveyed": {
        "region": "440604",
        "name_zh": "南海示例灯具厂",
        "product_kinds": ["1001"],
        "certified": False,
        "evidence": EVIDENCE,
    },
    "archive.opened": {"region": "440604", "product_kinds": ["1001"]},
    "archive.custodian_assigned": {
        "officer": "person:SAMR:440604-017",
        "duties": ["keeping", "maintenance", "updating"],
    },
    "archive.closed": {"reason": "企业已注销"},
    "classification.factor_stated": {"factor": "enterprise_scale", "value": "small", "evidence": EVIDENCE},
    "classification.information_received": {
        "department": "消防部门",
        "summary": "使用现场发现产品与证书不一致",
        "adverse": True,
    },
    "classification.assigned": {
        "purpose": "supervision",
        "class_code": "2",
        "score": 30,
        "rules": {"name": "sample-supervision", "version": "sample-1", "sha256": "0" * 64},
        "factors": [{"factor": "failed_samples", "value": "1", "points": 30}],
        "inputs": [{"source": "LAB-101", "id": "S1"}],
    },
    "classification.measure_adopted": {
        "measure": "半年内巡查两次",
        "rationale": [{"source": "LAB-101", "id": "S1"}],
        "until": "2031-09-05",
    },
    "ruleset.published": shipped_rules("sample-supervision", "2031-03-05") or {},
    "keylist.entry_added": {
        "kind": "enterprise",
        "entry": "organisation:M000100Y4",
        "interval_months": 3,
        "basis": "省局重点监管企业目录",
        "category": "children",
    },
    "keylist.entry_removed": {"kind": "enterprise", "entry": "organisation:M000100Y4", "basis": "整治合格"},
    "keylist.issued": {"version": "2031-1", "document_number": "市监重〔2031〕1号"},
    "notice.created": {
        "kind": "violation_found",
        "sender": "SAMR-440604",
        "recipient": BODY,
        "basis": "S1-62",
        "statement": "巡查发现关键件与型式试验样品不一致",
        "about": [certificate()],
        "rule": "N-03",
        "cause": {"source": "SAMR-440604", "id": "F1"},
        "region": "440604",
        "mandatory": True,
        "answer": True,
        "due": "2031-04-05",
        "documents": EVIDENCE,
    },
    "notice.sent": {"channel": "webhook"},
    "notice.acknowledged": {},
    "notice.answered": {"outcome": "no_action", "reason": "已整改", "certificates": [certificate()]},
    "notice.urged": {"statement": "请于一周内处理"},
    "notice.withdrawn": {"reason": "所依据的事实已更正"},
    "notice.requested": {
        "recipient": "SAMR-440600",
        "organisation": HOLDER["code"],
        "purpose": "跟踪调查",
        "certificate": certificate(),
    },
    "notice.request_granted": {
        "certificate": certificate(),
        "results": [
            {
                "inspection": "inspection:i-1",
                "sample": "S1",
                "standard": "GB 4943.1-2022",
                "passed": False,
                "tested": "2031-03-01",
            }
        ],
    },
    "notice.request_refused": {"reason_code": "discretion", "reason": "抽查尚在进行"},
    "circular.bulletin_issued": {**CIRCULAR, "period": "2031年第一季度"},
    "circular.criticism_circulated": {**CIRCULAR, "target": f"body:{BODY}"},
    "circular.public_issued": CIRCULAR,
    "circular.notice_issued": {**CIRCULAR, "copies": ["CNCA"]},
    "risk.detected": {"kind": "signal", "region": "440604", "text": "同类产品多次不合格", "about": [certificate()]},
    "risk.monitored": {"region": "440604", "product": "电热水壶", "text": "多起烫伤投诉"},
    "risk.collected": {"text": "三个型号,同一代工厂"},
    "risk.reported_up": {"text": "建议全省排查"},
    "risk.assessed": {"level": "orange", "text": "可能致人伤害"},
    "risk.responded": {"measures": "专项抽查"},
    "risk.disposed": {"outcome": "removed", "text": "已召回"},
    "warning.issued": {
        "level": "orange",
        "title": "电热水壶烫伤风险",
        "text": "请各地排查",
        "scope": {"regions": ["440600"], "levels": ["prefecture", "county"], "bodies": True},
        "raised_by": [{"source": "SAMR-440600", "id": "risk-1"}],
        "risks": ["risk:r-1"],
        "until": "2031-06-05",
    },
    "warning.lifted": {"reason": "风险已消除"},
    "deadline.passed": {
        "rule": "D-02",
        "basis": "S1-18",
        "about": "inspection:i-1",
        "cause": {"source": "SAMR-440604", "id": "F1"},
        "due": "2031-03-04",
        "responsible": "SAMR-440604",
        "region": "440604",
    },
    "adoption.recorded": {"certificate": certificate(), "field": "market_procurement", "purpose": "供应商准入"},
    "adoption.ended": {"reason": "合同终止"},
    "conference.established": {"title": "认证认可工作部门联席会议", "members": _MEMBERS},
    "conference.members_changed": {"members": _MEMBERS[:1]},
    "conference.meeting_held": {"meeting": "1", "topic": "强制性产品认证联合整治", "attended": ["samr"]},
    "conference.resolution_adopted": {"resolution": "R1", "meeting": "1", "text": "联合开展专项整治"},
    "conference.task_assigned": {
        "task": "T1",
        "resolution": "R1",
        "text": "制定整治方案",
        "lead": "samr",
        "others": ["customs"],
        "due": "2031-06-30",
    },
    "conference.task_progressed": {"task": "T1", "text": "已征求意见"},
    "conference.task_done": {"task": "T1", "text": "方案已印发", "document": EVIDENCE[0]},
    "emergency.plan_issued": {
        "version": "2031-1",
        "title": "强制性产品认证突发事件应急预案",
        "scope": "本辖区获证产品造成人身伤害或者重大财产损失的事件",
        "region": "440600",
        "document": EVIDENCE[0],
        "until": "2034-03-04",
    },
    "emergency.plan_repealed": {"version": "2031-1", "reason": "另行制定"},
    "emergency.activated": {
        "activation": "A1",
        "version": "2031-1",
        "text": "电热水壶烫伤事件",
        "about": ["risk:r-1", "warning:SAMR-440600:1"],
    },
    "emergency.ended": {"activation": "A1", "text": "风险已消除"},
    "training.held": {
        "form": "legal_lecture",
        "title": "认证认可条例讲座",
        "audience": "县局业务股",
        "participants": 40,
    },
    "consultant.admitted": {
        "name_zh": "示例认证咨询有限公司",
        "region": "440604",
        "approval_number": "示例咨准〔2031〕1号",
        "until": "2035-03-04",
    },
    "consultant.admission_refused": {
        "name_zh": "示例认证咨询有限公司",
        "region": "440604",
        "reason": "没有符合条件的专职人员",
    },
    "consultant.admission_withdrawn": {"reason": "以欺骗手段取得准入"},
    "consultant.violation_recorded": {
        "region": "440604",
        "text": "代企业编造管理体系记录",
        "case": "case:SAMR-440604:1",
    },
    "reads.anchored": {"size": 7, "head": "0" * 64},
    "privacy.erased": {
        "basis": "consent_withdrawn",
        "ordered_by": BODY,
        "kind": "request",
        "request": "0" * 64,
        "erased": [{"position": 18, "path": "contact/name", "digest": "A" * 43}],
    },
    "signing.policy_set": {"requires": "party", "reason": "自下半年起一律签名"},
    "log.map_root": {
        "format": "certledger-status-map/1",
        "previous": 0,
        "size": 3,
        "root": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    },
}
SUBJECTS = {
    "certificate": certificate(),
    "body": "body:CNCA-R-2031-109",
    "person": "person:CCAA:S109001",
    "organisation": "organisation:M000100Y4",
    "inspection": "inspection:i-1",
    "case": "case:SAMR-440604:1",
    "authority": "authority:SAMR-440604",
    "authority.planning_region_defined": "authority:SAMR-440000",
    "authority.planning_region_dissolved": "authority:SAMR-440000",
    "authority.campaign_leader_designated": "authority:SAMR-440600",
    "rectification": "rectification:i-1:F1",
    "report": "report:SAMR-440604:1",
    "area": "area:440604",
    "archive": "archive:SAMR-440604:organisation:M000100Y4",
    "classification": "classification:SAMR-440604:organisation:M000100Y4",
    "ruleset": "ruleset:SAMR-440604:supervision",
    "keylist": "keylist:SAMR-440604:key-enterprises",
    "notice": "notice:n-1",
    "circular": "circular:SAMR-440600:1",
    "risk": "risk:r-1",
    "warning": "warning:SAMR-440600:1",
    "deadline": f"deadline:{'0' * 32}",
    "adoption": f"adoption:{BODY}:10131Q00001R0M:a-1",
    "conference": "conference:SAMR-440600:1",
    "emergency": "emergency:SAMR-440600:1",
    "training": "training:SAMR-440600:2031-1",
    "consultant": "consultant:M000100Y4",
    "draw": "draw:d-1",
    "reads": "reads:ledger",
    "signing": f"signing:{BODY}",
    "log": "log:map:0000000000000000",
    "privacy": f"privacy:{'0' * 64}",
}
SOURCES = {
    "certificate": BODY,
    "body": "CNCA",
    "person": "CNCA",
    "organisation": "CNCA",
    "inspection": "CNCA",
    "case": "SAMR-440604",
    "authority": "SAMR-440604",
    **{
        f"authority.{name}": "SAMR-440600"
        for name in (
            "registered",
            "renamed",
            "succeeded",
            "took_over",
            "jurisdiction_designated",
            "guidance_issued",
            "supervision_opinion_issued",
            "campaign_leader_designated",
            "assessed",
        )
    },
    **{f"authority.planning_region_{name}": "SAMR-440000" for name in ("defined", "dissolved")},
    "rectification": "SAMR-440604",
    "report": "SAMR-440604",
    "area": "SAMR-440600",
    "case.report_acknowledged": "CNCA",
    "case.report_returned": "CNCA",
    "case.designated": "SAMR-440600",
    "case.supervision_ordered": "SAMR-440600",
    "case.supervision_lifted": "SAMR-440600",
    "case.enforcement_reviewed": "SAMR-440600",
    "case.correction_ordered": "SAMR-440600",
    "rectification.decision_recorded": BODY,
    "report.instruction_given": "SAMR-440600",
    "archive": "SAMR-440604",
    "classification": "SAMR-440604",
    "ruleset": "SAMR-440604",
    "keylist": "SAMR-440604",
    "notice": "SAMR-440604",
    "notice.created": "clock",
    "notice.sent": "clock",
    "notice.acknowledged": BODY,
    "notice.answered": BODY,
    "notice.requested": BODY,
    "notice.request_granted": "SAMR-440600",
    "notice.request_refused": "SAMR-440600",
    "circular": "SAMR-440600",
    "risk": "SAMR-440604",
    "warning": "SAMR-440600",
    "deadline": "clock",
    "adoption": "organisation:91350100M000100Y43",
    "conference": "SAMR-440600",
    "emergency": "SAMR-440600",
    "training": "SAMR-440600",
    "consultant": "CNCA",
    "draw": "SAMR-440604",
    "reads": "clock",
    "privacy": "clock",
    "signing": BODY,
    "log": "clock",
    "certificate.order_issued": "CNCA",
    "certificate.hold_placed": "SAMR-440604",
    "certificate.hold_lifted": "SAMR-440604",
    "certificate.appeal_opened": "organisation:91350100M000100Y43",
    "certificate.expired": "clock",
    "body.accreditation_changed": "CNAS",
    "body.discipline_recorded": "CCAA",
    "person.registered": "CCAA",
    "inspection.sample_result_recorded": "LAB-101",
    "inspection.sample_tested": "LAB-101",
    "draw.contributed": "CNCA",
}
# The steps of a draw follow one another, and none waits, nor does the activation of a plan: those that come before a
# step on its own stream.
STEPS = {
    "emergency.activated": ("emergency.plan_issued",),
    "draw.pool_listed": ("draw.announced",),
    "draw.committed": ("draw.announced", "draw.pool_listed", "draw.pool_listed inspectors"),
    "draw.abandoned": ("draw.announced",),
}
STEPS["draw.contributed"] = (*STEPS["draw.committed"], "draw.committed")
STEPS["draw.made"] = (*STEPS["draw.contributed"], "draw.contributed")
STEPS["draw.published"] = (*STEPS["draw.made"], "draw.made")
# What must be known before the event may be taken at all: a transfer moves a valid certificate of a known body.
BEFORE = {
    "certificate.transferred_in": [
        statement(
            "certificate.issued",
            certificate("10230Q00001R0M", OTHER_BODY),
            {
                **issued(day="2030-03-05", expires="2033-03-04").data,
                "signers": [{"register": "CCAA", "number": "S101002", "role": "decision"}],
            },
            source=OTHER_BODY,
        )
    ]
}
# A way begins with a finding that is known.
_FOUND = [
    ("inspection.performed", {"certificates": [certificate()]}),
    ("inspection.finding_recorded", {"grade": "minor"}),
]


def before(name: str) -> list[Submission]:
    """Return what must be recorded before the example of a type, so that it may be taken."""
    if name == "rectification.case_referred":
        return [example("case.lead_registered")]
    if name in {"rectification.opened", "rectification.corrected"}:
        return [
            statement(
                kind, SUBJECTS["inspection"], {"effective": "2031-03-01", **EXTRA[kind], **changes},
                source=SOURCES["inspection"],
            )
            for kind, changes in _FOUND
        ]  # fmt: skip
    return BEFORE.get(name, [])


def about_key(name: str) -> Submission:
    """Return a statement about a key that is made for this example alone."""
    kind = name.partition(".")[2]
    if kind == "registered":
        return registration(GOLDEN_KEY, valid_until="2036-03-05T00:00:00.000000Z")
    since = {"compromised_since": "2025-03-05T00:00:00.000000Z"} if kind == "compromised" else {}
    return ended(GOLDEN_KEY, kind, **since)


def example(name: str) -> Submission:
    """Return a complete statement of one type, corrections apart."""
    data: dict[str, Any]
    if name == "draw.pool_listed inspectors":
        data = {"effective": "2031-03-05", "pool": "inspectors", "identifiers": _POOLS["inspectors"]}
        return statement(
            "draw.pool_listed", SUBJECTS["draw"], data, source=SOURCES["draw"], identity="golden:inspectors"
        )
    family = name.partition(".")[0]
    if family == "key":
        return about_key(name)
    data = {"effective": "2031-03-05", **EXTRA.get(name, {})}
    if "signers" in EVENT_TYPES[name].model.model_fields:
        data["signers"] = [*SIGNERS, {"register": "CCAA", "number": "S101001", "role": "head"}]
    source = SOURCES.get(name, SOURCES[family])
    return statement(name, SUBJECTS.get(name, SUBJECTS[family]), data, source=source, identity=f"golden:{name}")


def recorded(name: str) -> bytes:
    """Return the bytes of one recorded event of this type, held or applied."""
    ledger: Ledger = register_of(BODY, OTHER_BODY)
    ledger.terms = TERMS
    accept(ledger, *before(name), *(example(step) for step in STEPS.get(name, ())))
    if name in {"key.revoked", "key.compromised"}:
        accept(ledger, about_key("key.registered"))
    if name == "inspection.published":
        accept(ledger, example("inspection.performed"))
    if EVENT_TYPES[name].corrects:
        family = EVENT_TYPES[name].family
        said = example(next(n for n, t in EVENT_TYPES.items() if t.family == family and not t.corrects))
        accept(ledger, said)
        accept(ledger, corrected(said, {**said.data, "effective": "2031-03-04"} | _earlier(said), f"golden:{name}"))
    else:
        accept(ledger, example(name))
    return ledger.event_log.read(ledger.event_log.head() - 1, 1)[0].raw


def _earlier(said: Submission) -> dict[str, Any]:
    return {"first_issued": "2031-03-04"} if "first_issued" in said.data else {}


def main() -> None:
    EVENTS.mkdir(exist_ok=True)
    for name in EVENT_TYPES:
        path = EVENTS / f"{name}.v{EVENT_TYPES[name].version}.json"
        if not path.exists():
            path.write_bytes(recorded(name))


if __name__ == "__main__":
    main()
