"""What a verification found: every bad index, stream and reason, in Chinese and English, with one result code.

0 sound · 1 tampered · 2 unreadable · 3 incomplete or stale · 4 usage; the gravest finding decides.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

MAXIMUM_NAMED = 10_000


class Result(IntEnum):
    """The exit code."""

    SOUND = 0
    TAMPERED = 1
    UNREADABLE = 2
    INCOMPLETE = 3
    USAGE = 4


_RESULTS = {
    Result.SOUND: ("完好", "sound"),
    Result.TAMPERED: ("已被改动", "tampered"),
    Result.UNREADABLE: ("无法读取", "unreadable"),
    Result.INCOMPLETE: ("不完整或已过时", "incomplete or stale"),
    Result.USAGE: ("用法错误", "usage"),
}
_FIELDS = {"valid": "有效", "withheld": "未提供", "erased": "已删除", "mismatch": "不符"}
_T, _U, _I = Result.TAMPERED, Result.UNREADABLE, Result.INCOMPLETE
# Something to look at that nobody tampered with.
_S = Result.SOUND
REASONS: dict[str, tuple[Result, str, str]] = {
    "FILE_HASH_MISMATCH": (_T, "文件与清单中的摘要不符", "the file differs from its digest in the manifest"),
    "FILE_UNLISTED": (_T, "文件不在清单内", "the file is not in the manifest"),
    "ENTRY_EDITED": (_T, "条目被改动", "the entry is not the one that the log signed here"),
    "ENTRY_INSERTED": (_T, "条目系插入", "the entry was put in: the log never signed it"),
    "ENTRY_MOVED": (_T, "条目不在原位", "the entry belongs at another index"),
    "ENTRY_MISSING": (_T, "条目被删除", "the entry that the log signed here was taken out"),
    "ENTRY_MALFORMED": (_T, "条目不是登记事件", "the entry is not a recorded event"),
    "ENTRY_BUNDLE_MALFORMED": (_T, "条目文件格式错误", "the entry bundle's lengths do not fit"),
    "ENTRY_BUNDLE_TOO_LONG": (_T, "条目多于检查点所载", "more entries than the checkpoint covers"),
    "TILE_MISMATCH": (_T, "散列瓦片与条目不符", "the tile differs from the hashes of the entries"),
    "ROOT_MISMATCH": (_T, "树根与检查点不符", "the entries do not make the root that the log signed"),
    "ENTRY_NOT_PROVED": (_T, "条目不在所签的树内", "the proof does not lead from the entry to the signed root"),
    "RANGE_MISMATCH": (_T, "区间与上层散列不符", "the entries of this range do not make the hash above them"),
    "STREAM_VERSION_GAP": (_T, "事件流版本不连续", "the stream's versions do not follow one another"),
    "RECORDED_NOT_INCREASING": (_T, "登记时间未递增", "the time of recording does not increase"),
    "STATEMENT_SIGNATURE_INVALID": (_T, "机构签名无效", "the issuer's signature does not fit the statement"),
    "DIGEST_MISMATCH": (
        _T,
        "SM3 摘要与陈述不符或缺失",
        "the entry's SM3 digest is not that of the statement, or missing",
    ),
    "SIGNED_OUTSIDE_VALIDITY": (_T, "签名密钥不在有效期内", "signed with a key that was not valid then"),
    "WRONG_SIGNER": (_T, "签名者不是陈述者", "no signature is the source's or a named signatory's"),
    "SIGNER_UNREGISTERED": (_T, "签名密钥从未登记", "signed with a key that the log had not registered by then"),
    "SIGNED_AFTER_REVOCATION": (_T, "吊销后仍以该密钥签名", "signed with a key whose end the log had recorded before"),
    "SIGNERS_MISSTATED": (_T, "登记的签名者与签名不符", "the record names other signers than the signatures show"),
    "REQUIRED_SIGNATURE_MISSING": (_T, "缺少签名策略所要求的签名", "a signature that the policy required is missing"),
    "WRONG_AUDIENCE": (_T, "陈述是对另一账本作出的", "the signed statement was made for another ledger, or for none"),
    "KEY_REGISTRATION_INVALID": (_T, "密钥登记无效", "the registration of the key does not hold"),
    "KEYS_CONTRADICTED": (_T, "密钥文件与日志不符", "the key file contradicts what the log recorded of the key"),
    "DISCLOSURE_MISMATCH": (_T, "披露与条目所载摘要不符", "a disclosure fits no digest that the entry holds"),
    "ISSUER_FORK": (_T, "提交方编号分叉", "the issuer's count forks: two statements claim one place"),
    "CHECKPOINT_SIGNATURE_INVALID": (_T, "检查点签名无效", "no trusted key's valid signature is on the checkpoint"),
    "CHECKPOINT_MISSING": (_T, "已签检查点被删除", "a checkpoint that was signed is not there any more"),
    "CHECKPOINT_LINK_BROKEN": (_T, "检查点前后不相衔接", "the checkpoint does not link to the ones before it"),
    "CHECKPOINT_CONTRADICTED": (_T, "清单与检查点矛盾", "the manifest contradicts the checkpoint"),
    "OLDER_CHECKPOINT_INCONSISTENT": (_T, "与较早检查点不一致", "the entries contradict an older checkpoint"),
    "INCONSISTENT": (_T, "与所信任的检查点不一致", "history was rewritten since the trusted checkpoint"),
    "SPLIT_VIEW": (_T, "同一大小出现两个树根", "two roots were signed for one size"),
    "ROLLED_BACK": (_T, "日志回退", "a later checkpoint covers fewer entries than the trusted one"),
    "WRONG_ORIGIN": (_T, "日志来源不同", "the checkpoint is of another log"),
    "SIGNING_STOPPED": (_T, "已停止签署", "signing was stopped, and nobody has said yet that it may go on"),
    "MAP_ROOT_WRONG": (_T, "状态图根与条目不符", "the entries do not make the recorded root of the status map"),
    "MAP_ENTRY_WRONG": (_T, "条目不能进入状态图", "the entry cannot be the next one of the status map"),
    "RECEIPT_EDITED": (_T, "凭据被改动", "the receipt differs from its own digest"),
    "RECEIPT_EVENTS_WRONG": (_T, "凭据所附事件与状态图不符", "the events are not the history that the map holds"),
    "INCLUSION_WRONG": (_T, "包含证明不成立", "the proof does not lead to the signed root"),
    "MAP_PROOF_WRONG": (_T, "状态图证明不成立", "the proof does not lead to the recorded root of the status map"),
    "STATUS_CONTRADICTED": (_T, "所述状态与事件不符", "the events lead to another status than the receipt states"),
    "RECEIPT_UNREADABLE": (_U, "凭据无法读取", "the receipt cannot be read"),
    "BUNDLE_UNREADABLE": (_U, "证据包无法打开", "the bundle cannot be opened"),
    "FILE_UNREADABLE": (_U, "文件无法读取", "the file cannot be read"),
    "MANIFEST_UNREADABLE": (_U, "清单无法读取", "the manifest cannot be read"),
    "KEYS_UNREADABLE": (_U, "密钥文件无法读取", "the key file cannot be read"),
    "LOG_UNREACHABLE": (_U, "日志无法访问", "the log cannot be reached"),
    "CHECKPOINT_UNREADABLE": (_U, "检查点无法读取", "the checkpoint cannot be read"),
    "LAST_SIGNED_UNREADABLE": (
        _U,
        "库外保存的检查点无法读取",
        "the checkpoint kept outside the database cannot be read",
    ),
    "FILE_MISSING": (_I, "缺少文件", "the file is not there"),
    "LAST_SIGNED_MISSING": (_I, "缺少库外保存的检查点", "the last signed checkpoint, kept outside, is not there"),
    "TRUNCATED": (_I, "条目不全", "entries that the signed checkpoint covers are not there"),
    "UNCHECKED": (_I, "无法核验的区间", "no signed hash reaches this range"),
    "ENTRIES_WITHHELD": (_I, "条目未提供", "only the hashes of these entries are there"),
    "CONSISTENCY_UNCHECKED": (
        _I,
        "未附与所信任检查点的一致性证明",
        "the bundle does not show that it extends the trusted checkpoint",
    ),
    "STALE": (_I, "检查点过时", "the checkpoint is older than allowed"),
    "LOG_SIGNATURE_MISSING": (
        _I,
        "检查点缺少策略所列的日志签名",
        "a kind of the log's signatures that the policy names is not on the checkpoint",
    ),
    "QUORUM_NOT_MET": (_I, "见证数量不足", "the policy's quorum of witnesses did not cosign"),
    "SIGNATURE_UNCHECKED": (
        _I,
        "此处的密码库无 SM3,未核验 SM2 签名",
        "the crypto library here has no SM3: a signature with SM2 was not checked",
    ),
    "DIGEST_UNCHECKED": (
        _I,
        "此处的密码库无 SM3,未核验摘要",
        "the crypto library here has no SM3: digests were not checked",
    ),
    "SIGNER_UNKNOWN": (_I, "签名密钥未知", "signed with a key of which neither log nor key file tells anything"),
    "KEY_NOT_FROM_LOG": (_I, "密钥仅见于密钥文件", "the key's registration is among the withheld entries"),
    "DISCLOSURE_UNCHECKED": (_I, "所披露字段的条目未提供", "the entry of the disclosed fields is not there"),
    "MAP_UNCHECKED": (_I, "状态图因临时空间不足未核验", "the status map was not checked for want of temporary space"),
    "ISSUER_GAP": (_I, "提交方编号有缺口", "the issuer counted statements that are not in the log"),
    "DISCLOSED_THOUGH_ERASED": (
        _S,
        "登记已删除的字段仍被披露，须复核",
        "disclosed although its erasure is recorded: to be reviewed",
    ),
    "SIGNED_WHILE_COMPROMISED": (
        _S,
        "密钥失密期内签名，须复核",
        "signed while the key was in other hands: to be reviewed",
    ),
    "ORIGIN_UNPROVED": (_I, "未给出信任策略,签署者未核验", "no policy was given, so nothing shows who signed"),
    "STATUS_NOT_DERIVED": (_I, "事件原文不全,状态未能推导", "not all events are there, so the status is not derived"),
}


@dataclass(slots=True)
class Finding:
    """One thing that is wrong; ``first`` and ``last`` are leaf indexes, both included."""

    code: str
    first: int | None = None
    last: int | None = None
    stream: str | None = None
    version: int | None = None
    path: str | None = None
    detail: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the finding with its reason in both languages."""
        result, chinese, english = REASONS[self.code]
        names = ("first", "last", "stream", "version", "path", "detail")
        members = {name: value for name in names if (value := getattr(self, name)) is not None}
        return {"code": self.code, "result": int(result), "zh": chinese, "en": english, **members}

    def as_text(self) -> str:
        """Return one line."""
        _, chinese, english = REASONS[self.code]
        parts = [f"{self.code} {chinese} / {english}"]
        if self.first is not None:
            parts.append(
                f"index {self.first}" if self.last in {None, self.first} else f"index {self.first}–{self.last}"
            )
        if self.stream is not None:
            parts.append(self.stream if self.version is None else f"{self.stream} v{self.version}")
        parts += [each for each in (self.path, self.detail) if each]
        return " · ".join(parts)


@dataclass(slots=True)
class Report:
    """The findings of one verification and what was covered: ``scope`` is whole, range or subject."""

    origin: str | None = None
    scope: str = "whole"
    size: int | None = None
    root: str | None = None
    entries: int = 0
    streams: int = 0
    signed: int = 0
    unsigned: int = 0
    witnesses: dict[str, int] = field(default_factory=dict)
    last_recorded: str | None = None
    fields: dict[str, int] = field(default_factory=dict)
    field_states: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _open: dict[str, Finding] = field(default_factory=dict)

    def add(self, code: str, first: int | None = None, last: int | None = None, **more: Any) -> None:
        """Record a finding; beyond 10,000 of one code neighbouring indexes are joined, so no index is ever dropped."""
        self._counts[code] += 1
        if first is not None and self._counts[code] > MAXIMUM_NAMED:
            run = self._open.get(code)
            if run is not None and run.last is not None and first in {run.last, run.last + 1}:
                run.last = first if last is None else last
                return
            self._open[code] = Finding(code, first, first if last is None else last)
            self.findings.append(self._open[code])
            return
        self.findings.append(Finding(code, first, last, **more))

    @property
    def result(self) -> Result:
        """The gravest result: tampered before unreadable before incomplete."""
        grave = (REASONS[each.code][0] for each in self.findings)
        return Result(min((each for each in grave if each != Result.SOUND), default=Result.SOUND))

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        chinese, english = _RESULTS[self.result]
        return {
            "format": "certledger-verification/1",
            "result": int(self.result),
            "zh": chinese,
            "en": english,
            "origin": self.origin,
            "scope": self.scope,
            "size": self.size,
            "root": self.root,
            "entries": self.entries,
            "streams": self.streams,
            "signed": self.signed,
            "unsigned": self.unsigned,
            "witnesses": self.witnesses,
            "last_recorded": self.last_recorded,
            "fields": self.fields,
            "field_states": self.field_states,
            "findings": [each.as_json() for each in self.findings],
            "notes": self.notes,
        }

    def as_text(self) -> str:
        """Return the report for people."""
        chinese, english = _RESULTS[self.result]
        lines = [
            f"{chinese} / {english}",
            f"日志 / log: {self.origin}",
            f"检查点 / checkpoint: {self.size} · {self.root}",
            f"条目 / entries: {self.entries} · 事件流 / streams: {self.streams}",
            f"已签名 / signed: {self.signed} · 未签名 / unsigned: {self.unsigned}",
            *(
                [f"个人字段 / personal fields: {', '.join(f'{_FIELDS[s]} {s} {n}' for s, n in self.fields.items())}"]
                if self.fields
                else []
            ),
            *(f"见证 / witness: {name} · {time}" for name, time in sorted(self.witnesses.items())),
            *(f"注意 / note: {each}" for each in self.notes),
            *(each.as_text() for each in self.findings),
        ]
        return "\n".join(lines) + "\n"
