"""Random lives of many certificates, as statements in the order of their filing; the same seed, the same lives."""

import random
from collections.abc import Iterator
from typing import Any

from ledger.days import add_days
from ledger.envelope import Submission
from tests.support.statements import BODY, DETAILS, SIGNERS, approved, certificate, statement

_NAMES = ("恒远电器", "华昌食品", "瑞丰建材", "金鼎电子科技", "盛泰汽车配件", "博宇信息技术")


def lives(certificates: int, events: int, seed: int = 1) -> Iterator[Submission]:
    """The register facts, then about this many events, month by month as bodies file them."""
    yield from approved()
    rng = random.Random(seed)
    filed: list[tuple[str, int, Submission]] = []
    for number in range(certificates):
        filed += _life(rng, number, max(1, round(events / certificates)))
    for _, _, submission in sorted(filed, key=lambda each: each[:2]):
        yield submission


def _life(rng: random.Random, serial: int, length: int) -> Iterator[tuple[str, int, Submission]]:
    number = f"101{rng.randint(20, 24)}Q{serial:06d}R0M"
    day = add_days("2024-01-01", rng.randint(0, 300))
    details: dict[str, Any] = {
        **DETAILS,
        "scope_zh": f"{rng.choice(_NAMES)}产品的设计、生产和销售及其售后服务",
        "holder": {
            "country": "276",
            "name_zh": f"{rng.choice(_NAMES)}有限公司{serial}",
            "name_en": f"Example Holder {serial} Co., Ltd.",
            "address": f"示例路 {serial} 号",
        },
    }
    if serial % 3:
        details["holder"] = {**DETAILS["holder"], "name_zh": f"{rng.choice(_NAMES)}有限公司"}
    expires = add_days(day, 1094)
    data: dict[str, Any] = {"first_issued": day, "expires": expires, "details": details}
    yield _filed(serial, "issued", number, day, data)
    suspended = False
    for _ in range(length - 1):
        day = add_days(day, rng.randint(5, 120))
        if day > add_days(expires, -200):
            return
        if suspended:
            yield _filed(serial, "restored", number, day, {})
            suspended = False
        elif rng.random() < 0.25:
            yield _filed(serial, "suspended", number, day, {"until": add_days(day, 150), "reason_code": "0111"})
            suspended = True
        elif rng.random() < 0.3:
            changes = {"scope_zh": f"{rng.choice(_NAMES)}产品的生产"}
            yield _filed(serial, "changed", number, day, {"change_code": "0103", "changes": changes})
        else:
            yield _filed(serial, "maintained", number, day, {"surveillance_count": 1})


def _filed(serial: int, kind: str, number: str, day: str, data: dict[str, Any]) -> tuple[str, int, Submission]:
    said = {"effective": day, "signers": SIGNERS, **data}
    identity = f"{number}/{kind}/{day}"
    return day, serial, statement(f"certificate.{kind}", certificate(number, BODY), said, identity=identity)
