"""What supervisors ask over HTTP: archives, the three 100 per cents, classes and patrols, traces and who answers."""

from typing import Any

import httpx
import orjson
import pytest

from ledger.canonical import canonical
from ledger.classification.known import inputs_of
from ledger.classification.scoring import objections, rules_digest
from ledger.codes.classification import shipped_rules
from ledger.envelope import Submission
from tests.integration.http.conftest import Running, token
from tests.support import supervised as s
from tests.support.access import ABOVE, AUDITOR, BESIDE, FAR_ABOVE, STRANGER
from tests.support.statements import HOLDER, approved, certificate, decided, issued, statement

FIRST = certificate(s.FIRST)
CODE = s.FACTORY["code"]
UNCERTIFIED = "organisation:MA0000015"
RULES = shipped_rules("sample-supervision", "2031-04-01") or {}


def asked(running: Running, path: str, seen: int = 0, party: str = s.OWN, **params: Any) -> httpx.Response:
    headers = {**(token(party) if party else {}), "Read-Reason": "patrol"}
    headers |= {"Min-Position": str(seen)} if seen else {}
    return running.client.get(path, params=params, headers=headers)


def told(running: Running, path: str, seen: int = 0, party: str = s.OWN, **params: Any) -> dict[str, Any]:
    answer = asked(running, path, seen, party, **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def street() -> list[Submission]:
    return [*approved(s.OTHER_BODY, "S102001"), *s.certificates()]


def moved(day: str, region: str, organisation: str = s.FACTORY_STREAM) -> Submission:
    data = {"effective": day, "region": region, "address": "一号"}
    return statement("organisation.moved", organisation, data, source="CNCA")


def shares(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (found[name]["covered"], found[name]["total"]) for name in ("archives", "patrols", "problems")}


@pytest.mark.requirement("S1-08", "S1-16", "S0-39")
def test_each_of_the_three_figures_is_counted_from_events_and_names_what_is_missing(whole: Running) -> None:
    at = whole.accept(*street())
    path = f"/v1/coverage/{s.COUNTY}"
    found = told(whole, path, at)
    assert shares(found) == {"archives": (0, 1), "patrols": (0, 1), "problems": (0, 0)}
    assert [each["organisation"] for each in found["archives"]["missing"]] == [s.FACTORY_STREAM]
    at = whole.accept(
        s.archived("opened", "2031-02-01"),
        s.performed(certificates=[FIRST]),
        s.found(),
        s.sampled(),
    )
    found = told(whole, path, at)
    assert shares(found) == {"archives": (1, 1), "patrols": (1, 1), "problems": (0, 2)}
    assert [each["problem"] for each in found["problems"]["missing"]] == ["F1", "S1"]
    at = whole.accept(s.closed())
    assert shares(told(whole, path, at))["problems"] == (1, 2)
    at = whole.accept(s.case())
    assert shares(told(whole, path, at))["problems"] == (2, 2)
    at = whole.accept(s.archived("closed", "2031-03-28", reason="误建"))
    found = told(whole, path, at)
    assert shares(found)["archives"] == (0, 1)
    assert [each["organisation"] for each in found["archives"]["missing"]] == [s.FACTORY_STREAM]
    earlier = told(whole, path, at, as_of="2031-03-04")
    assert shares(earlier) == {"archives": (1, 1), "patrols": (1, 1), "problems": (0, 1)}


@pytest.mark.requirement("S0-36", "S1-22")
def test_the_register_of_a_jurisdiction_follows_every_change_of_certificate_and_place(whole: Running) -> None:
    def population(region: str, seen: int) -> int:
        found = told(whole, f"/v1/coverage/{region}", seen, FAR_ABOVE)
        return int(found["patrols"]["total"])

    at = whole.accept(*street())
    assert population(s.COUNTY, at) == 1
    at = whole.accept(moved("2031-03-20", "440605"))
    assert (population(s.COUNTY, at), population("440605", at), population(s.CITY, at)) == (0, 1, 1)
    ends = [decided("withdrawn", "2031-03-25", n, reason_code="0201") for n in (s.FIRST, s.SECOND)]
    at = whole.accept(decided("suspended", "2031-03-21", s.FIRST, until="2031-06-01", reason_code="0201"), ends[1])
    assert population("440605", at) == 1, "a suspended certificate is still supervised"
    at = whole.accept(ends[0])
    assert population("440605", at) == 0


@pytest.mark.requirement("S1-54")
def test_the_figures_of_one_kind_of_products_count_its_producers_alone(whole: Running) -> None:
    at = whole.accept(*street())
    assert told(whole, f"/v1/coverage/{s.COUNTY}", at, kinds="0901")["archives"]["total"] == 1
    assert told(whole, f"/v1/coverage/{s.COUNTY}", at, kinds="1801,1802")["archives"]["total"] == 0


@pytest.mark.requirement("S1-20", "S1-19")
def test_an_archive_is_there_before_and_without_a_certificate_and_holds_every_event_about_it(whole: Running) -> None:
    surveyed = s.archived(
        "surveyed",
        "2031-01-10",
        UNCERTIFIED,
        region=s.COUNTY,
        name_zh="南海示例灯具厂",
        product_kinds=["1001"],
        certified=False,
    )
    visited = s.performed("inspection:i-9", "2031-03-02", organisation="MA0000015")
    later = s.found("inspection:i-9", "F9", "2031-03-02")
    at = whole.accept(surveyed, s.archived("opened", "2031-01-11", UNCERTIFIED), visited, later)
    found = told(whole, "/v1/archives/MA0000015", at)
    assert [(each["owner"], each["is_open"]) for each in found["kept_by"]] == [(s.OWN, True)]
    assert [(each["section"], each["id"]) for each in found["records"]] == [
        ("archive", surveyed.id),
        ("archive", s.archived("opened", "2031-01-11", UNCERTIFIED).id),
        ("inspections", visited.id),
        ("findings", later.id),
    ]
    assert asked(whole, "/v1/archives/MA0000015", at, party="").status_code == 404


@pytest.mark.requirement("S1-90")
def test_no_inspection_is_outside_the_archive_of_its_enterprise_nor_what_follows_from_it(whole: Running) -> None:
    story = [s.performed(certificates=[FIRST]), s.found(), s.sampled(), s.closed(), s.case(), s.penalised()]
    at = whole.accept(*street(), *story)
    found = told(whole, f"/v1/archives/{CODE}", at)
    filed = {each["id"] for each in found["records"]}
    assert {each.id for each in story} <= filed
    of_holder = told(whole, f"/v1/archives/{HOLDER['code']}", at)["records"]
    assert story[2].id in {each["id"] for each in of_holder}, "by its certificate, although it names no holder"


def test_the_credit_archive_is_another_view_of_the_same_events(whole: Running) -> None:
    at = whole.accept(*street(), s.performed(), s.found(), s.case(), s.penalised())
    whole_one = told(whole, f"/v1/archives/{CODE}", at)["records"]
    credit = told(whole, f"/v1/archives/{CODE}", at, credit=True)["records"]
    assert [each["type"] for each in credit] == [
        "inspection.finding_recorded",
        "case.opened",
        "case.penalty_decided",
    ]
    assert all(each in whole_one for each in credit)
    (one,) = told(whole, f"/v1/archives/{CODE}", at, section="findings")["records"]
    assert one["type"] == "inspection.finding_recorded"


@pytest.mark.requirement("S1-51", "S1-21")
def test_a_survey_of_some_kinds_of_products_lists_their_producers_and_who_keeps_their_archives(whole: Running) -> None:
    def surveyed(organisation: str, kind: str, certified: bool) -> Submission:
        data = {"name_zh": "示例厂", "region": s.COUNTY, "product_kinds": [kind], "certified": certified}
        return s.archived("surveyed", "2031-01-10", organisation, **data)

    extinguishers, lamps = "organisation:MA0000015", "organisation:MA0000023"
    officer = {"officer": "person:SAMR:440604-017", "duties": ["keeping"]}
    at = whole.accept(
        surveyed(extinguishers, "1801", certified=False),
        surveyed(lamps, "1001", certified=False),
        surveyed(s.FACTORY_STREAM, "1802", certified=True),
        s.archived("opened", "2031-01-11", extinguishers),
        s.archived("opened", "2031-01-11", s.FACTORY_STREAM),
        s.archived("custodian_assigned", "2031-01-12", **officer),
    )

    def listed(**asked: Any) -> list[str]:
        found = told(whole, f"/v1/regions/{s.COUNTY}/archives", at, **asked)["archives"]
        return [each["organisation"] for each in found]

    assert listed(kinds="18") == sorted([extinguishers, s.FACTORY_STREAM])
    assert listed(kinds="1001") == [lamps]
    assert listed(without_custodian=True) == [extinguishers]
    assert listed(without_custodian=True, as_of="2031-01-11") == sorted([extinguishers, s.FACTORY_STREAM])
    first = told(whole, f"/v1/regions/{s.COUNTY}/archives", at, limit=2)
    rest = told(whole, f"/v1/regions/{s.COUNTY}/archives", at, limit=2, cursor=first["next"])
    assert (len(first["archives"]), len(rest["archives"]), rest["next"]) == (2, 1, None)


@pytest.mark.requirement("S3-37")
def test_the_plan_ranks_by_risk_those_who_are_due_on_one_day(whole: Running) -> None:
    second = {**s.DETAILS["holder"], "region": s.COUNTY}
    details = {**s.DETAILS, "producer": second, "factory": second}
    at = whole.accept(*street(), issued("2031900901000007", details=details, expires="2036-01-04"))
    path = f"/v1/patrol-plan/{s.COUNTY}"

    def ranked(seen: int) -> list[str]:
        return [each["organisation"] for each in told(whole, path, seen)["patrols"]]

    assert ranked(at) == sorted([s.FACTORY_STREAM, s.HOLDER_STREAM])
    riskier = ranked(at)[-1]
    bad = s.classified("factor_stated", "2031-02-01", riskier, factor="quality_status", value="poor")
    at = whole.accept(bad)
    evaluated = told(whole, f"/v1/classes/{riskier}/evaluation", at, rules="sample-supervision", by=s.OWN)
    data = assigned("2031-02-02", evaluated).data
    subject = f"classification:{s.OWN}:{riskier}"
    at = whole.accept(statement("classification.assigned", subject, data, source=s.OWN, identity="risk"))
    assert ranked(at)[0] == riskier


@pytest.mark.requirement("S1-21", "S1-93")
def test_it_is_known_who_was_responsible_for_an_archive_on_any_day(whole: Running) -> None:
    first, second = "person:SAMR:440604-017", "person:SAMR:440604-021"
    duties = ["keeping", "maintenance", "updating"]
    at = whole.accept(
        s.archived("opened", "2031-01-10"),
        s.archived("custodian_assigned", "2031-02-01", officer=first, duties=duties),
        statement(
            "archive.custodian_assigned",
            f"archive:{s.OWN}:{s.FACTORY_STREAM}",
            {"effective": "2031-03-10", "officer": second, "duties": duties},
            source=s.OWN,
        ),
    )

    def officer(day: str) -> list[Any]:
        return [each["officer"] for each in told(whole, f"/v1/archives/{CODE}", at, as_of=day)["kept_by"]]

    assert officer("2031-01-20") == [None]
    assert officer("2031-03-01") == [first], "the day on which a finding was missed has one who answers for it"
    assert officer("2031-03-10") == [second]


def assigned(day: str, evaluation: dict[str, Any], by: str = s.OWN) -> Submission:
    data = {
        "purpose": evaluation["purpose"],
        "class_code": evaluation["class_code"],
        "score": evaluation["score"],
        "rules": evaluation["rules"],
        "factors": [{n: f[n] for n in ("factor", "value", "points")} for f in evaluation["factors"]],
        "inputs": [{"source": each["source"], "id": each["id"]} for each in evaluation["inputs"]],
        "region": s.COUNTY,
    }
    return s.classified("assigned", day, by=by, **data)


EVALUATION = f"/v1/classes/{s.FACTORY_STREAM}/evaluation"


@pytest.mark.requirement("S1-24", "S1-69", "S1-71")
def test_a_class_is_explained_by_its_inputs_and_changes_when_one_of_them_is_left_out(whole: Running) -> None:
    facts = [
        s.classified("factor_stated", "2031-02-01", factor="enterprise_scale", value="small"),
        s.classified("factor_stated", "2031-02-01", factor="credit_level", value="fair"),
        s.classified("factor_stated", "2031-02-01", factor="quality_status", value="stable"),
        s.classified("information_received", "2031-02-02", department="消防部门", summary="不一致", adverse=True),
    ]
    at = whole.accept(*street(), *facts)
    question = {"rules": "sample-supervision", "by": s.OWN}
    before = told(whole, EVALUATION, at, **question)
    assert (before["score"], before["class_code"]) == (10 + 10 + 0 + 10, "2")
    at = whole.accept(s.performed(), s.sampled())
    after = told(whole, EVALUATION, at, **question)
    assert (after["score"], after["class_code"]) == (60, "3")
    factors = {each["factor"]: (each["value"], each["points"]) for each in after["factors"]}
    assert factors["enterprise_scale"] == ("small", 10)
    assert factors["failed_samples"] == ("1", 30)
    failing = next(each for each in after["inputs"] if each["type"] == "inspection.sample_result_recorded")
    assert failing["source"] == s.LAB
    without = told(whole, EVALUATION, at, **question, without=str(failing["position"]))
    assert (without["score"], without["class_code"]) == (30, "2")
    assert without["inputs"] == before["inputs"]


@pytest.mark.requirement("S0-38", "S1-61")
def test_a_class_sets_the_next_patrol_and_a_bodys_own_class_stays_apart(whole: Running) -> None:
    path = f"/v1/classes/{s.FACTORY_STREAM}"
    at = whole.accept(*street(), s.performed(day="2031-02-01", result="conforming"))
    assert told(whole, path, at)["patrol"]["next_patrol"] == "2032-02-01"
    question = {"rules": "sample-supervision", "by": s.OWN}
    first = assigned("2031-02-10", told(whole, EVALUATION, at, **question, as_of="2031-02-10"))
    bad = s.classified("factor_stated", "2031-02-20", factor="quality_status", value="poor")
    at = whole.accept(first, bad)
    assert told(whole, path, at)["patrol"]["next_patrol"] == "2032-02-01", "class 1, each twelve months"
    evaluated = told(whole, EVALUATION, at, **question, as_of="2031-02-21")
    assert evaluated["class_code"] == "2"
    of_body = told(whole, EVALUATION, at, rules="sample-procedure", by=s.BODY)
    at = whole.accept(assigned("2031-02-21", evaluated), assigned("2031-03-01", of_body, s.BODY))
    found = told(whole, path, at)
    assert found["patrol"]["next_patrol"] == "2031-08-01"
    assert [(each["owner"], each["begins"], each["ends"]) for each in found["history"]] == [
        (s.BODY, "2031-03-01", None),
        (s.OWN, "2031-02-10", "2031-02-21"),
        (s.OWN, "2031-02-21", None),
    ]
    body_class = next(each for each in found["classes"] if each["owner"] == s.BODY)
    assert (body_class["purpose"], body_class["measures"]["procedure"]) == ("procedure", "normal")
    archived = told(whole, f"/v1/archives/{CODE}", at, section="classes")["records"]
    assert assigned("2031-03-01", of_body, s.BODY).id in {each["id"] for each in archived}


@pytest.mark.requirement("S0-78")
def test_a_serious_finding_brings_the_next_patrol_forward(whole: Running) -> None:
    path = f"/v1/classes/{s.FACTORY_STREAM}"
    at = whole.accept(*street(), s.performed(day="2031-02-01"))
    assert told(whole, path, at)["patrol"]["next_patrol"] == "2032-02-01"
    at = whole.accept(s.found(day="2031-02-01", grade="minor"))
    assert told(whole, path, at)["patrol"]["next_patrol"] == "2032-02-01"
    at = whole.accept(s.found(name="F2", day="2031-02-01"))
    found = told(whole, path, at)["patrol"]
    assert (found["next_patrol"], found["interval_months"]) == ("2031-05-01", 3)
    plan = told(whole, f"/v1/patrol-plan/{s.COUNTY}", at, as_of="2031-05-01")
    assert (plan["due"], plan["patrols"][0]["organisation"]) == (1, s.FACTORY_STREAM)


@pytest.mark.requirement("S1-14", "S1-15")
def test_key_lists_are_those_of_the_day_and_only_ever_tighten_what_the_class_asks(whole: Running) -> None:
    def patrol(seen: int, day: str = "2031-04-01") -> dict[str, Any]:
        found: dict[str, Any] = told(whole, f"/v1/classes/{s.FACTORY_STREAM}", seen, as_of=day)["patrol"]
        return found

    at = whole.accept(*street(), s.performed(day="2031-02-01", result="conforming"))
    assert patrol(at)["interval_months"] == 12
    issue = {"effective": "2031-02-15", "version": "2031-1", "document_number": "粤市监重〔2031〕1号"}
    at = whole.accept(
        s.listed("entry_added", "2031-02-10", "product", "0901", FAR_ABOVE, interval_months=24, category="children"),
        s.listed("entry_added", "2031-02-10", "area", s.COUNTY, ABOVE, interval_months=6),
        s.listed("entry_added", "2031-03-01", "enterprise", s.FACTORY_STREAM, interval_months=2),
        s.listed("entry_removed", "2031-03-20", "enterprise", s.FACTORY_STREAM),
        s.listed("entry_added", "2031-02-10", "enterprise", s.FACTORY_STREAM, BESIDE, interval_months=1),
        statement("keylist.issued", f"keylist:{FAR_ABOVE}:key", issue, source=FAR_ABOVE),
    )
    assert patrol(at)["interval_months"] == 6, "never looser than the class, and by no list of another's area"
    assert patrol(at, "2031-03-10")["interval_months"] == 2
    assert {each["kind"] for each in told(whole, "/v1/key-lists", at, as_of="2031-03-10")["entries"]} == {
        "product",
        "enterprise",
        "area",
    }
    own = told(whole, "/v1/key-lists", at, owner=s.OWN)["entries"]
    assert own == [], "it was removed on the 20th"
    children = told(whole, "/v1/key-lists", at, category="children")["entries"]
    assert [(each["kind"], each["entry"]) for each in children] == [("product", "0901")]
    plan = told(whole, f"/v1/patrol-plan/{s.COUNTY}", at)
    assert [(each["owner"], each["version"]) for each in plan["catalogues"]] == [(FAR_ABOVE, "2031-1")]
    assert told(whole, f"/v1/patrol-plan/{s.COUNTY}", at, as_of="2031-02-14")["catalogues"] == []


@pytest.mark.requirement("S3-49")
def test_an_area_listed_for_rectification_is_on_the_key_list_until_it_is_taken_off(whole: Running) -> None:
    at = whole.accept(
        s.listed("entry_added", "2031-02-10", "area", s.COUNTY, FAR_ABOVE, reason="listed_for_rectification"),
        s.listed("entry_removed", "2031-03-20", "area", s.COUNTY, FAR_ABOVE),
    )

    def areas(day: str) -> list[tuple[str, str]]:
        found = told(whole, "/v1/key-lists", at, kind="area", as_of=day)["entries"]
        return [(each["entry"], each["reason"]) for each in found]

    assert areas("2031-03-01") == [(s.COUNTY, "listed_for_rectification")]
    assert areas("2031-03-20") == []


@pytest.mark.requirement("S0-56")
def test_the_risk_of_an_enterprise_a_product_and_a_body_is_worked_out_from_events(whole: Running) -> None:
    product = s.classified(
        "information_received", "2031-03-03", "product:0901", department="消防", summary="一", adverse=True
    )
    story = [
        s.performed(certificates=[FIRST]),
        s.found(certificates=[FIRST]),
        s.sampled(certificates=[FIRST]),
        s.case(),
    ]
    at = whole.accept(*street(), *story, product)

    def risk(subject: str) -> tuple[int, str]:
        path = f"/v1/classes/{subject}/evaluation"
        found = told(whole, path, at, rules="sample-risk", by=s.OWN)
        assert told(whole, path, at, rules="sample-risk", by=s.OWN) == found
        return found["score"], found["class_code"]

    assert risk(s.FACTORY_STREAM) == (30 + 10 + 30, "3")
    assert risk(f"body:{s.BODY}") == (30 + 10, "2")
    assert risk("product:0901") == (0, "1")


def test_a_bureau_puts_its_own_rules_in_force_and_a_class_is_worked_out_again_from_what_it_names(
    whole: Running,
) -> None:
    strict = {**RULES, "version": "2031-1", "is_sample": False}
    strict["classes"] = [{**row, "measures": {"patrol_interval_months": 2}} for row in RULES["classes"]]
    published = statement(
        "ruleset.published", f"ruleset:{s.OWN}:own", {"effective": "2031-01-01", **strict}, source=s.OWN
    )
    at = whole.accept(*street(), published, s.performed(day="2031-02-01"), s.sampled(day="2031-02-05"))
    evaluated = told(whole, EVALUATION, at, rules="own", by=s.OWN)
    assert evaluated["rules"] == {"name": "own", "version": "2031-1", "sha256": rules_digest(strict)}
    statement_of_class = assigned("2031-04-01", evaluated)
    at = whole.accept(statement_of_class)
    assert told(whole, f"/v1/classes/{s.FACTORY_STREAM}", at)["patrol"]["interval_months"] == 2
    records = told(whole, f"/v1/archives/{CODE}", at)["records"]
    named = {(each["source"], each["id"]) for each in statement_of_class.data["inputs"]}
    inputs = [each for each in inputs_of(records) if each.identity in named]
    assert objections(statement_of_class.data, strict, inputs, s.OWN) == []
    assert objections({**statement_of_class.data, "score": 0}, strict, inputs, s.OWN) == ["score"]
    assert objections(statement_of_class.data, strict, inputs[1:], s.OWN)[0] == "inputs"
    assert "rules" in objections(statement_of_class.data, RULES, inputs, s.OWN)


def test_common_problems_are_counted_most_frequent_first(whole: Running) -> None:
    at = whole.accept(
        *street(),
        s.performed(),
        s.found(clause="5.2"),
        s.found(name="F2", clause="5.2"),
        s.found(name="F3", clause="7.1"),
    )
    rows = told(whole, f"/v1/common-problems/{s.COUNTY}", at)["problems"]
    assert [(row["clause"], row["problems"], row["organisations"]) for row in rows] == [("5.2", 2, 1), ("7.1", 1, 1)]


@pytest.mark.requirement("S2-29", "S4-109", "S4-112")
def test_who_issues_is_responsible_and_who_signs_is_liable_for_every_step(whole: Running) -> None:
    both = [
        {"register": "CCAA", "number": "S101001", "role": "evaluation"},
        {"register": "CCAA", "number": "S101001", "role": "decision"},
    ]
    plain = {**issued().data["details"]}
    story = [
        issued("A1", details=plain, signers=both),
        decided("maintained", "2031-02-01", "A1"),
        decided("transferred_out", "2031-03-01", "A1", to_body=s.OTHER_BODY, to_number="B1"),
        statement(
            "certificate.transferred_in",
            certificate("B1", s.OTHER_BODY),
            {
                **issued("A1", "2031-03-01", details=plain, first_issued="2031-01-05").data,
                "signers": s.OTHER_SIGNER,
                "from_body": s.BODY,
                "from_number": "A1",
            },
            source=s.OTHER_BODY,
        ),
    ]
    at = whole.accept(*street(), s.performed(certificates=[FIRST]), s.sampled(certificates=[FIRST]), *story)

    def responsible(day: str) -> tuple[str, str]:
        (found,) = told(whole, f"/v1/responsibility/{certificate('A1')}", at, as_of=day)["certificates"]
        return found["issued_by"], found["responsible"]

    assert responsible("2031-02-28") == (f"body:{s.BODY}", f"body:{s.BODY}")
    assert responsible("2031-03-01") == (f"body:{s.BODY}", f"body:{s.OTHER_BODY}")
    (own,) = told(whole, f"/v1/responsibility/{certificate('A1')}", at)["certificates"]
    steps = {(each["person"], each["role"], each["version"]) for each in own["signed"]}
    assert steps == {
        ("person:CCAA:S101001", "evaluation", 1),
        ("person:CCAA:S101001", "decision", 1),
        ("person:CCAA:S101001", "decision", 2),
        ("person:CCAA:S101001", "decision", 3),
    }
    incident = told(whole, "/v1/responsibility/sample:i-1:S1", at)
    assert incident["liable"] == [f"body:{s.BODY}", f"laboratory:{s.LAB}"]


@pytest.mark.requirement("S2-72", "S4-104")
def test_a_failed_product_asks_a_focused_audit_of_each_body_and_a_check_of_enterprise_and_laboratory(
    whole: Running,
) -> None:
    others = certificate(s.OTHERS, s.OTHER_BODY)
    at = whole.accept(*street(), s.performed(), s.sampled(certificates=[FIRST, others]), s.found(certificates=[FIRST]))

    def tasks(subject: str, seen: int = at) -> list[tuple[str, str, list[str]]]:
        found = told(whole, f"/v1/check-tasks/{subject}", seen)["tasks"]
        return [(each["task"], each["problem"], each["certificates"]) for each in found]

    finding, sample = ("check", "F1", [FIRST]), ("check", "S1", sorted([FIRST, others]))
    assert tasks(f"body:{s.BODY}") == [finding, ("focused_audit", "S1", [FIRST])]
    assert tasks(f"body:{s.OTHER_BODY}") == [("focused_audit", "S1", [others])]
    assert tasks(s.FACTORY_STREAM) == [finding, sample]
    assert tasks(f"laboratory:{s.LAB}") == [("check", "S1", [])], "it certifies nothing"
    later = whole.accept(s.closed(day="2031-03-20"))
    assert tasks(s.FACTORY_STREAM, later) == [sample]
    assert told(whole, f"/v1/check-tasks/{s.FACTORY_STREAM}", later, party="")["tasks"] == []


@pytest.mark.requirement("S4-98")
def test_the_whole_process_is_told_in_causal_order_and_a_gap_is_reported(whole: Running) -> None:
    at = whole.accept(*street(), s.performed(certificates=[FIRST]), s.sampled(certificates=[FIRST]))
    found = told(whole, f"/v1/chains/{s.BODY}/{s.FIRST}", at)
    assert [each["type"] for each in found["events"]] == [
        "certificate.issued",
        "inspection.performed",
        "inspection.sample_result_recorded",
    ]
    assert found["gaps"] == ["evaluation"]
    assert (found["issuer"], found["general"]) == (f"body:{s.BODY}", ["person:CCAA:S101001"])
    assert told(whole, f"/v1/chains/{s.BODY}/{s.SECOND}", at)["gaps"] == ["test_report", "evaluation"]
    assert asked(whole, f"/v1/chains/{s.BODY}/NEVER", at).status_code == 404


@pytest.mark.requirement("S4-111")
def test_a_decision_without_a_signatory_is_refused(whole: Running) -> None:
    whole.accept(*street())
    for signers in ([], None):
        event = orjson.loads(issued("Z1").raw)
        event["data"]["signers"] = signers
        headers = {"Content-Type": "application/cloudevents+json", **token(s.BODY)}
        answer = whole.client.post("/v1/events", content=canonical(event), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "data_invalid"), signers


def test_a_trace_shows_each_reader_what_he_may_read_and_no_more(whole: Running) -> None:
    at = whole.accept(*street(), s.performed(certificates=[FIRST]), s.sampled(certificates=[FIRST]), s.case())

    def reached(party: str) -> set[str]:
        found = told(whole, f"/v1/trace/{FIRST}", at, party, direction="back")
        return {each["node"] for each in found["nodes"]}

    public = reached("")
    assert not any(node.startswith(("inspection:", "sample:", "case:")) for node in public)
    assert reached(STRANGER) == reached(BESIDE) == public
    assert reached(s.BODY) == public | {s.INSPECTION}
    assert reached(s.OWN) == reached(AUDITOR) == public | {s.INSPECTION, "sample:i-1:S1", f"case:{s.OWN}:2031-1"}
    no_reason = whole.client.get(f"/v1/trace/{FIRST}?direction=back", headers=token(s.OWN))
    assert no_reason.json()["code"] == "read_reason_missing"


def test_the_figures_of_a_region_are_for_those_who_supervise_it(whole: Running) -> None:
    at = whole.accept(*street())
    for path in ("coverage", "patrol-plan", "common-problems"):
        for party in ("", s.BODY, BESIDE, STRANGER):
            answer = asked(whole, f"/v1/{path}/{s.COUNTY}", at, party)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled"), (path, party)
        for party in (s.OWN, ABOVE, "CNCA", AUDITOR):
            assert asked(whole, f"/v1/{path}/{s.COUNTY}", at, party).status_code == 200
        assert asked(whole, f"/v1/{path}/999999", at).json()["code"] == "region_not_found"
    assert told(whole, "/v1/key-lists", at, "")["entries"] == []
