"""Monthly reports of a simulated country, with the truth behind them and the faults planted in them.

The same arguments give the same bytes; without faults, the same seed gives the corrected files. Rows are filed in the
month of the event, some a month late; the status column holds the status at the month's end. Organisations, people and
bodies are invented, region codes are real.
"""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from api.importer.columns import report_kinds
from ledger.codes.identifiers import credit_code_check, organisation_code_check

MS = report_kinds()["management_system"].columns
PRODUCT = report_kinds()["product"].columns
COLUMNS = {"ms": MS, "product": PRODUCT}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TOWNS = {
    "440305": "深圳市南山区",
    "440604": "佛山市禅城区",
    "330106": "杭州市西湖区",
    "330681": "诸暨市",
    "320583": "昆山市",
    "310115": "上海市浦东新区",
    "110108": "北京市海淀区",
    "510107": "成都市武侯区",
    "350203": "厦门市思明区",
    "650102": "乌鲁木齐市天山区",
}
NAMES = "恒远 华昌 瑞丰 金鼎 盛泰 博宇 天成 海川 中启 安澜 明德 永固 凯越 鸿图 嘉禾".split()  # noqa: SIM905 - a word list
STANDARDS = (
    ("A010102", "GB/T 19001-2016/ISO 9001:2015", 0.9),
    ("A020102", "GB/T 24001-2016/ISO 14001:2015", 0.4),
    ("A030102", "GB/T 45001-2020/ISO 45001:2018", 0.35),
)
PRODUCTS = {
    "电器": ("0702", "电饭锅", "GB 4706.1-2005"),
    "消防器材": ("1802", "点型感烟火灾探测器", "GB 4715-2005"),
    "玩具": ("2202", "电玩具", "GB 6675.1-2014"),
    "汽车配件": ("1104", "汽车座椅及座椅头枕", "GB 15083-2019"),
    "食品": None,
    "信息技术": None,
}
STATUS_AFTER = {"suspended": "02", "restored": "01", "withdrawn": "03", "cancelled": "04", "expired": "05"}
MS_CHANGES = {"suspended": "97_01", "restored": "97_02", "withdrawn": "97_03", "expired": "97_05"}
FAULTS: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "bad check digit": (
        "组织机构代码",
        "认证委托人组织机构代码",
        lambda v: v[:-1] + ("0" if v[-1] != "0" else "1") if len(v) == 18 else "X",
    ),
    "impossible date": ("颁证日期", "证书发证日期", lambda v: f"{v[:5]}02-30"),
    "unknown status": ("证书状态", "证书状态", lambda _: "09"),
    "number missing": ("认证证书号", "认证证书编号", lambda _: ""),
    "unknown region": ("组织认证地址所在行政区划代码", "认证委托人注册地行政区划", lambda _: "999999"),
}


@dataclass
class Happening:
    """One thing that happened to a certificate."""

    event: str
    day: date
    code: str = ""
    until: date | None = None


@dataclass
class Certificate:
    """A certificate and its whole life; ``cells`` are the cells that every row about it repeats."""

    kind: str
    body: str
    number: str
    issued: date
    expires: date
    signer: str
    organisation: str
    cells: dict[str, Any]
    life: list[Happening] = field(default_factory=list)


def make_reports(
    out: Path,
    *,
    organisations: int = 40,
    bodies: int = 6,
    start: str = "2024-01",
    months: int = 6,
    seed: int = 1,
    faults: float = 0.004,
) -> None:
    """Write ``bodies.json``, the monthly reports, ``truth.jsonl`` and ``faults.jsonl`` into a new folder."""
    rng = random.Random(seed)
    mischief = random.Random(f"{seed}-faults")
    first = date.fromisoformat(f"{start}-01")
    last = first
    for _ in range(months):
        last = _month_end(last) + timedelta(days=1)
    last -= timedelta(days=1)
    out.mkdir(parents=True)
    numbers = [f"CNCA-R-2031-{101 + at}" for at in range(bodies)]
    signers = {number: [f"S{number[-3:]}{n:03d}" for n in range(1, 7)] for number in numbers}
    (out / "bodies.json").write_text(json.dumps(_register(signers), ensure_ascii=False, indent=1), "utf-8")
    files = _Files(out)
    serial: dict[tuple[str, ...], int] = defaultdict(int)
    with (
        (out / "truth.jsonl").open("w", encoding="utf-8") as truth,
        (out / "faults.jsonl").open("w", encoding="utf-8") as planted,
    ):
        for _ in range(organisations):
            for certificate in _certificates(rng, numbers, signers, serial, first, last):
                for happening in certificate.life:
                    filed = _month_end(max(happening.day, first))
                    late = _month_end(filed + timedelta(days=1))
                    filed = late if late <= last and rng.random() < 0.03 else filed
                    row = _row(certificate, happening, filed)
                    fault = mischief.choice(list(FAULTS)) if mischief.random() < faults else None
                    column = 0
                    if fault:
                        ms, product, spoil = FAULTS[fault]
                        name = ms if certificate.kind == "ms" else product
                        row[name], column = spoil(row[name]), COLUMNS[certificate.kind].index(name) + 1
                    where, line = files.add(filed, certificate, row)
                    about = {
                        "event": happening.event,
                        "certificate": certificate.number,
                        "file": where,
                        "line": line,
                    }
                    if fault:
                        _write(planted, {**about, "column": column, "kind": fault})
                    until = happening.until.isoformat() if happening.until else ""
                    _write(
                        truth,
                        {
                            **about,
                            "body": certificate.body,
                            "scheme": certificate.kind,
                            "effective": happening.day.isoformat(),
                            "code": happening.code,
                            "until": until,
                            "organisation": certificate.organisation,
                            "signer": certificate.signer,
                            "fault": fault,
                        },
                    )
    files.close()


def _register(signers: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "approval_number": number,
            "name": f"第{at}示例认证有限公司",
            "ccc_code": f"{91 - at:02d}",
            "approved_from": "2015-01-01",
            "approved_to": None,
            "schemes": [scheme[0] for scheme in STANDARDS],
            "designated_classes": [made[0] for made in PRODUCTS.values() if made],
            "signers": [{"register_number": each, "registered_from": "2015-01-01"} for each in registered],
        }
        for at, (number, registered) in enumerate(signers.items(), 1)
    ]


def _certificates(
    rng: random.Random,
    bodies: list[str],
    signers: dict[str, list[str]],
    serial: dict[tuple[str, ...], int],
    first: date,
    last: date,
) -> Iterator[Certificate]:
    region = rng.choice(list(TOWNS))
    trade = rng.choice(list(PRODUCTS))
    head = "MA" + "".join(rng.choice(ALPHABET) for _ in range(6))
    short = head + organisation_code_check(head)
    long = f"91{region}{short}"
    long += credit_code_check(long)
    name = f"{TOWNS[region].split('市')[0]}{rng.choice(NAMES)}{rng.choice(NAMES)}{trade}有限公司"
    address = f"{TOWNS[region]}{rng.choice(NAMES)}路{rng.randint(1, 999)}号"
    made = PRODUCTS[trade]
    wanted: list[tuple[str, tuple[str, ...]]] = [
        ("ms", (code, text)) for code, text, share in STANDARDS if rng.random() < share
    ]
    if made:
        wanted += [("product", made)] * min(20, int(rng.paretovariate(1.1)))
    for kind, what in wanted:
        body = rng.choice(bodies)
        issued = first + timedelta(days=rng.randint(-1100, (last - first).days))
        years = 3 if kind == "ms" else 5
        expires = issued.replace(year=issued.year + years, day=min(issued.day, 28)) - timedelta(days=1)
        code = long if rng.random() < 0.85 else short
        signer = rng.choice(signers[body])
        if kind == "ms":
            serial[(body,)] += 1
            number = f"{body[-3:]}{issued:%y}Q{serial[(body,)]:05d}R0M"
            cells = _ms_cells(name, address, region, trade, code, what)
        else:
            key = (body, f"{issued:%Y}", what[0])
            serial[key] += 1
            number = f"{issued:%Y}{91 - bodies.index(body) - 1:02d}{what[0]}{serial[key]:06d}"
            cells = _product_cells(name, address, region, code, what)
        life = list(_life(rng, kind, issued, expires, last))
        yield Certificate(kind, body, number, issued, expires, signer, long, cells, life)


def _life(rng: random.Random, kind: str, issued: date, expires: date, last: date) -> Iterator[Happening]:
    yield Happening("issued", issued, until=expires)
    day = issued
    while True:
        day += timedelta(days=rng.randint(20, 330))
        if day > min(last, expires):
            break
        roll = rng.random()
        if roll < 0.55:
            yield Happening("maintained", day)
        elif roll < 0.75:
            changes = ["01", "02", "05", "06"] if kind == "ms" else ["01", "02", "03", "04"]
            yield Happening("changed", day, rng.choice(changes))
        elif roll < 0.93:
            code = rng.choice(["0111", "0113", "0116"] if kind == "ms" else ["0201", "0203", "0205", "0208"])
            limit = 365 if code == "0208" else 180 if kind == "ms" else 90
            until = min(day + timedelta(days=limit), expires)
            yield Happening("suspended", day, code, until)
            if rng.random() < 0.7:
                day = min(day + timedelta(days=rng.randint(5, limit - 5)), until)
                if day > last:
                    break
                yield Happening("restored", day)
                continue
            end = until + timedelta(days=1)
            if end <= min(last, expires) and rng.random() < 0.8:
                yield Happening("withdrawn", end, "0115" if kind == "ms" else "0201")
            elif expires <= last:
                yield Happening("expired", expires)
            return
        else:
            event, codes = ("cancelled", ["0202", "0204"]) if kind == "product" else ("withdrawn", ["0112", "0116"])
            yield Happening(event, day, rng.choice(codes))
            return
    if expires <= last:
        yield Happening("expired", expires)


def _ms_cells(name: str, address: str, region: str, trade: str, code: str, what: tuple[str, ...]) -> dict[str, Any]:
    return {
        "委托人名称": name,
        "组织机构代码": code,
        "认可标志": "01",
        "组织认证地址所在国家和地区代码": "156",
        "组织认证地址所在行政区划代码": region,
        "组织通讯/注册地址": address,
        "组织联系电话": "000-0000000",
        "法定代表人": "某某",
        "是否是子证书": "0",
        "认证项目代码": what[0],
        "认证项目代码说明": what[1],
        "证书覆盖范围": f"{trade}的设计、生产和销售",
        "是否换证": "0",
        "风险系数": "02",
    }


def _product_cells(name: str, address: str, region: str, code: str, what: tuple[str, ...]) -> dict[str, Any]:
    return {
        "认证模式": "型式试验+初始工厂检查+获证后监督",
        "认证依据的标准和技术要求": what[2],
        "产品名称及单元(主)": what[1],
        "型号规格": "K10-200",
        "认证委托人所在国家地区": "156",
        "认证委托人名称（主）": name,
        "认证委托人组织机构代码": code,
        "认证委托人注册地行政区划": region,
        "认证委托人地址（主）": address,
        "认证委托人联系人": "某某",
        "生产者（制造商）名称（主）": name,
        "生产者（制造商）组织机构代码": code,
        "生产者（制造商）注册地行政区划": region,
        "生产企业名称（主）": name,
        "生产企业编号（工厂编号）": "F000123",
        "生产企业组织机构代码": code,
        "生产企业注册地行政区划": region,
        "生产企业地址（主）": address,
    }


def _row(certificate: Certificate, happening: Happening, filed: date) -> dict[str, Any]:
    row: dict[str, Any] = {**dict.fromkeys(COLUMNS[certificate.kind], ""), **certificate.cells}
    row["认证机构批准号"] = certificate.body
    row["证书状态"] = "01"
    for each in certificate.life:
        if each.day <= filed:
            row["证书状态"] = STATUS_AFTER.get(each.event, row["证书状态"])
    (_fill_ms if certificate.kind == "ms" else _fill_product)(row, certificate, happening, filed)
    return row


def _fill_ms(row: dict[str, Any], certificate: Certificate, happening: Happening, filed: date) -> None:
    day, event = happening.day.isoformat(), happening.event
    row["认证证书号"] = certificate.number
    row["初次获证日期"] = row["颁证日期"] = certificate.issued.isoformat()
    row["证书截止日期"] = certificate.expires.isoformat()
    row["审定人员名单"] = certificate.signer
    row["取数开始日期"], row["取数截止日期"] = filed.replace(day=1).isoformat(), filed.isoformat()
    row["认证检查活动代码"] = {"issued": "01", "maintained": "0301"}.get(event, "04")
    row["证书变更类别代码"] = MS_CHANGES.get(event, happening.code if event == "changed" else "")
    if event in {"issued", "maintained"}:
        row["检查开始日期"] = (happening.day - timedelta(days=9)).isoformat()
        row["检查截至日期"] = (happening.day - timedelta(days=7)).isoformat()
        surveys = (each.event == "maintained" and each.day <= happening.day for each in certificate.life)
        row["监督次数"] = sum(surveys)
    else:
        row["变更日期"] = day
    if event == "suspended" and happening.until:
        row["暂停原因"], row["暂停开始时间"] = happening.code, day
        row["暂停截至时间"] = happening.until.isoformat()
    if event == "withdrawn":
        row["撤销原因"], row["撤销时间"] = happening.code, day


def _fill_product(row: dict[str, Any], certificate: Certificate, happening: Happening, _: date) -> None:
    day, event = happening.day.isoformat(), happening.event
    row["认证证书编号"] = certificate.number
    row["首次获证日期"] = row["证书发证日期"] = certificate.issued.isoformat()
    row["证书到期日期"] = certificate.expires.isoformat()
    row["认证决定人员名单"], row["认证决定日期"] = certificate.signer, day
    row["上报类型"] = "01" if event == "issued" else "05" if event in STATUS_AFTER else "02"
    if event == "suspended" and happening.until:
        row["暂停原因"], row["暂停开始时间"] = happening.code, day
        row["暂停结束时间"] = happening.until.isoformat()
    elif event == "withdrawn":
        row["撤销原因"], row["撤销日期"] = happening.code, day
    elif event == "cancelled":
        row["注销原因"], row["注销时间"] = happening.code, day
    elif event in {"restored", "expired", "changed"}:
        row["变更原因"] = {"restored": "08_02", "expired": "99"}.get(event, happening.code)
        row["变更时间"] = day


class _Files:
    """The report files, one per month, body and kind, written in pieces."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._rows: dict[Path, list[list[Any]]] = defaultdict(list)
        self._lines: dict[Path, int] = defaultdict(lambda: 1)

    def add(self, filed: date, certificate: Certificate, row: dict[str, Any]) -> tuple[str, int]:
        path = self._out / f"{filed:%Y-%m}" / f"{certificate.body}-{certificate.kind}.csv"
        self._rows[path].append(list(row.values()))
        self._lines[path] += 1
        if len(self._rows[path]) > 2000:
            self._flush(path)
        return path.relative_to(self._out).as_posix(), self._lines[path]

    def close(self) -> None:
        for path in list(self._rows):
            self._flush(path)

    def _flush(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                columns = COLUMNS["ms" if path.stem.endswith("-ms") else "product"]
                writer.writerow(f"{at}.{column}" for at, column in enumerate(columns, 1))
            writer.writerows(self._rows.pop(path))


def _write(file: Any, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
