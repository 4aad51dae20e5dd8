"""Competence: who may say what, about whom, and which standing streams a decision must read.

Every objection names its row. The standing streams read here are guards of the append: nothing is recorded when one
of them changed in between (a banned person signs nothing, under any race).
"""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.access.competence import Competence, competence, rows_of
from ledger.access.jurisdiction import governs
from ledger.authorities import judging
from ledger.bodies.state import MACHINE as BODY_MACHINE
from ledger.certificates.machine import MACHINE as CERTIFICATE_MACHINE
from ledger.certificates.state import CertificateState
from ledger.codes.identifiers import ccc_number
from ledger.codes.statuses import Status
from ledger.days import FOREVER, Day, add_months
from ledger.envelope import Submission
from ledger.families import FAMILIES, body_stream, certificate_stream, organisation_stream, person_stream
from ledger.impartiality import (
    certification_objection,
    declaration_objection,
    inspection_objection,
    inspectors_named,
)
from ledger.inspecting import adding_objection, naming_objection, publication_objection
from ledger.linked import linked_objection, linked_streams
from ledger.organisations.state import MACHINE as ORGANISATION_MACHINE
from ledger.parties import BODY, LOCAL_AUTHORITY, ORGANISATION, party_of
from ledger.people.state import MACHINE as PERSON_MACHINE
from ledger.places import certificate_place_objection
from ledger.timeline import Illegal, Timeline, state_on, states

Standing = Callable[[str], Timeline[Any]]

_OPENING = frozenset({"certificate.issued", "certificate.transferred_in"})
_NEEDS_APPROVAL = _OPENING | {
    "certificate.renewed",
    "certificate.scope_extended",
    "certificate.restored_after_expiry",
}
_BY_DESIGNATED_BODIES = "consistency_check"
_NOT_OWN = {
    "certificate": "not_own_certificate",
    "case": "not_own_case",
    "authority": "not_own_authority",
    "report": "not_own_report",
    "circular": "not_own_document",
    "warning": "not_own_document",
    "conference": "not_own_mechanism",
    "emergency": "not_own_mechanism",
    "training": "not_own_mechanism",
}
TRANSFER_AFTER_LOSS_MONTHS = 6
# A client whose body lost its approval waits before it applies anew; what it has may move at once (IAF MD 2).
_MOVABLE = frozenset({"body_lost_approval"})


def speaker_objection(submission: Submission, standing: Standing) -> Illegal | None:
    """Return why this source may not make this kind of statement about this subject; the table's row is named."""
    party = party_of(submission.source)
    if party is None:
        return Illegal("unknown_source", pointer="/source", params=(("source", submission.source),))
    row = competence(submission.type.name, party, _judged_on(submission.data))
    if row is None:
        return Illegal(
            "not_competent",
            pointer="/source",
            params=(
                ("source", submission.source),
                ("type", submission.type.name),
                ("row", ", ".join(each.id for each in rows_of(submission.type.name))),
            ),
        )
    match = FAMILIES[submission.type.family].subject.fullmatch(submission.subject)
    if match is None:
        return Illegal("subject_wrong", pointer="/subject", params=(("subject", submission.subject),))
    named, day = (("source", submission.source), ("row", row.id)), _judged_on(submission.data)
    owner = match.groupdict().get("owner")
    is_others = owner is not None and owner != submission.source and party.kind != ORGANISATION
    if row.is_own and is_others and not _followed(submission, str(owner), day, standing):
        return Illegal(_NOT_OWN.get(submission.type.family, "not_own_record"), pointer="/subject", params=named)
    if row.where == "below" and not judging.is_below(party, submission.subject, day):
        return Illegal("authority_not_below", pointer="/subject", params=named)
    if submission.type.family == "inspection" and not submission.type.corrects:
        acting = judging.acting_as(standing, party, day)
        objections = [naming_objection(row, each, submission.subject) for each in acting]
        if all(objections):
            return objections[0]
    if row.where == "own_certificates":
        return _others_certificates(submission, row)
    return judging.speaker_objection(submission.type.name, submission.source, submission.data, row, standing)


def place_objection(
    submission: Submission, type_name: str, data: Mapping[str, Any], own: Timeline[Any], standing: Standing
) -> Illegal | None:
    """Return why a local authority may not speak about this place: it lies outside its area on the fact's day.

    The place is the one that the statement names, else the one known of its subject; where neither is known nothing
    is refused, because facts may arrive in any order. Who took another's place acts in its area, and who was designated
    from above where it was. About certificates :mod:`ledger.places` says. S0-31, S3-44.
    """
    party = party_of(submission.source)
    if party is None or (party.kind != LOCAL_AUTHORITY and submission.type.family != "inspection"):
        return None
    day = _judged_on(data)
    row = competence(type_name, party, day)
    if row is None:
        return None
    if submission.type.family == "inspection":
        # What names its region opens the inspection and is judged by that; all else is added to one.
        added = None
        if "region" not in data:
            # Who took another authority's place adds to what the other might add to (S3-03).
            acting = judging.acting_as(standing, party, day)
            objections = [adding_objection(row, each, day, submission.subject, type_name, own) for each in acting]
            added = objections[0] if all(objections) else None
        objection = added or publication_objection(type_name, data, own)
        if objection is not None:
            return objection
    if party.kind != LOCAL_AUTHORITY:
        return None
    if row.where == "certificates_in_area":
        acting = judging.acting_as(standing, party, day)
        refused = [certificate_place_objection(row, each, data, own, standing) for each in acting]
        return refused[0] if all(refused) else None
    if not row.is_in_area:
        return None
    if "region" not in data and _performed_by(own) == submission.source:
        return None
    if submission.type.family == "case" and _is_entrusted(type_name, data, own):
        return None
    # An area is a place itself, whatever was or was not said about it before.
    is_area = submission.type.family == "area"
    known = (submission.subject.partition(":")[2],) if is_area else _places(type_name, data, own)
    places = [code for code in known if code]
    if not places or any(governs(party.region, code, day) for code in places):
        return None
    target = str(data.get("target") or getattr(own.tip, "target", "") or _inspected(data))
    if any(judging.acts_there(standing, submission.source, code, target, day) for code in places):
        return None
    named = (("source", submission.source), ("place", places[0]), ("row", row.id))
    return Illegal("outside_jurisdiction", pointer="/source", params=named)


def standing_streams(submission: Submission) -> tuple[str, ...]:
    """Return the streams beside its own that the decision on this submission must read."""
    authorities = judging.authority_streams(submission.type.family, submission.source)
    data, streams = submission.data, [*authorities]
    if submission.type.corrects:
        data = data.get("replacement") or {}
    if submission.type.family != "certificate":
        if _needs_designation(submission, data):
            streams.append(body_stream(submission.source))
        beside = (*streams, *linked_streams(submission), *inspectors_named(submission.type.name, data))
        return tuple(dict.fromkeys(each for each in beside if each != submission.subject))
    # A correction's form is checked once the corrected statement is known; until then it may be anything.
    if submission.type.corrects and not _names_streams(data):
        return authorities
    if party_of(submission.source) and submission.source.startswith("CNCA-R"):
        streams.append(body_stream(submission.source))
        owner = submission.subject.split(":")[1]
        if owner != submission.source and owner.startswith("CNCA-R"):
            streams.append(body_stream(owner))
    streams += [person_stream(signer.get("register", "CCAA"), signer["number"]) for signer in _signers(data)]
    code = _holder_code(data)
    if code:
        streams.append(organisation_stream(code))
    if "from_body" in data:
        streams.append(certificate_stream(data["from_body"], data["from_number"]))
        streams.append(body_stream(data["from_body"]))
    return tuple(streams)


def standing_objection(
    submission: Submission, type_name: str, data: Mapping[str, Any], own: CertificateState, standing: Standing
) -> Illegal | None:
    """Return why the standing of body, signatories, holder or former body forbids this decision on its day."""
    if submission.type.family == "authority":
        speaker = party_of(submission.source)
        return judging.subject_objection(type_name, submission.subject, data, speaker) if speaker else None
    day = str(data.get("effective", ""))
    if _needs_designation(submission, data):
        return _designation_objection(submission.source, day, standing)
    if submission.type.family != "certificate":
        return (
            declaration_objection(type_name, submission.source, submission.subject, data, standing)
            or inspection_objection(type_name, submission.source, data, standing)
            or linked_objection(submission, type_name, data, standing)
        )
    return (
        _body_objection(submission, type_name, data, own, day, standing)
        or _signer_objection(submission.source, data, day, standing)
        or _interest_objection(submission.source, type_name, data, own, day, standing)
        or _holder_objection(type_name, data, own, day, standing)
        or (_transfer_objection(submission.source, data, day, standing) if "from_body" in data else None)
        or _number_objection(submission, type_name, data, standing)
        or _appellant_objection(submission, own)
        or _marker_objection(type_name, day, own)
    )


def _judged_on(data: Mapping[str, Any]) -> Day:
    """Return the day whose table judges a statement; a correction without a day is judged by the latest one."""
    day = data.get("effective")
    return day if isinstance(day, str) else FOREVER


def _followed(submission: Submission, owner: str, day: Day, standing: Standing) -> bool:
    """Tell whether the speaker took the owner's place: an authority's (S3-03), or a body's by merger (S4-120)."""
    if submission.type.family != "certificate":
        return judging.took_over(standing, submission.source, owner, day)
    both = submission.source.startswith("CNCA-R") and owner.startswith("CNCA-R")
    if not both or submission.type.name in _OPENING:
        return False
    return bool(state_on(BODY_MACHINE, standing(body_stream(owner)), day).merged_into == submission.source)


def _others_certificates(submission: Submission, row: Competence) -> Illegal | None:
    """A body inspects with regard to what it issued; it has no word about other bodies' certificates."""
    mine = certificate_stream(submission.source, "")
    if all(str(each).startswith(mine) for each in submission.data.get("certificates") or ()):
        return None
    named = (("source", submission.source), ("row", row.id))
    return Illegal("not_own_certificate", pointer="/data/certificates", params=named)


def _places(type_name: str, data: Mapping[str, Any], own: Timeline[Any]) -> tuple[str | None, ...]:
    """Return the codes of the regions that a statement is about: it may be made from any one of them."""
    if type_name == "organisation.moved":
        return (data["region"], own.tip.region)
    if type_name.startswith("organisation."):
        return ((data.get("organisation") or {}).get("region") or own.tip.region,)
    if "region" in data:
        return (data["region"],)
    return tuple(fact.data["region"] for fact in own.applied if "region" in fact.data)


def _inspected(data: Mapping[str, Any]) -> str:
    code = data.get("organisation")
    if not isinstance(code, str):
        return ""
    try:
        return organisation_stream(code)
    except ValueError:
        return ""


def _is_entrusted(type_name: str, data: Mapping[str, Any], own: Timeline[Any]) -> bool:
    """Tell whether a case came to its authority by a superior's designation or by a referral (S0-31).

    What an opening says of a referral is judged by the stream that was referred.
    """
    if type_name == "case.opened":
        return own.tip.designated or bool(data.get("referred_from"))
    return bool(own.tip.entrusted)


def _performed_by(own: Timeline[Any]) -> str:
    return str(getattr(own.tip, "performed_by", ""))


def _names_streams(data: Mapping[str, Any]) -> bool:
    signers, code = data.get("signers", []), _holder_code(data)
    return (
        isinstance(signers, list)
        and all(isinstance(s, dict) and isinstance(s.get("number"), str) for s in signers)
        and (code is None or (isinstance(code, str) and len(code) in {9, 18}))
        and ("from_body" not in data or "from_number" in data)
    )


def _signers(data: Mapping[str, Any]) -> list[dict[str, str]]:
    signers = data.get("signers")
    return signers if isinstance(signers, list) else []


def _holder_code(data: Mapping[str, Any]) -> str | None:
    details = data.get("details") or data.get("changes") or {}
    holder = details.get("holder") if isinstance(details, dict) else None
    return holder.get("code") if isinstance(holder, dict) else None


def _body_objection(
    submission: Submission,
    type_name: str,
    data: Mapping[str, Any],
    own: CertificateState,
    day: Day,
    standing: Standing,
) -> Illegal | None:
    if not submission.source.startswith("CNCA-R"):
        return None
    timeline = standing(body_stream(submission.source))
    body = state_on(BODY_MACHINE, timeline, day)
    details = data.get("details") or own.details
    scheme_class = str(details.get("scheme_class", ""))
    code = str(details.get("product_class" if scheme_class == "ccc" else "project_code", ""))
    if body.merged_into is not None:
        into = (("body", submission.source), ("successor", body.merged_into), ("day", day))
        return Illegal("body_merged", pointer="/source", params=into)
    named = (("body", submission.source), ("scheme", code), ("day", day))
    # What a certificate covers is unknown until its issue is reported; until then its later facts are held.
    if type_name in _NEEDS_APPROVAL and code:
        if not body.may_certify(scheme_class, code, day):
            return Illegal("body_not_approved_for_scheme", pointer="/source", params=named)
    elif not body.ever or (code and code not in body.ever):
        return Illegal("body_never_approved_for_scheme", pointer="/source", params=named)
    return None


def _needs_designation(submission: Submission, data: Mapping[str, Any]) -> bool:
    """Tell whether a body says that it checks consistency (S2-28)."""
    party = party_of(submission.source)
    is_body = party is not None and party.kind == BODY
    return is_body and submission.type.family == "inspection" and data.get("mode") == _BY_DESIGNATED_BODIES


def _designation_objection(body: str, day: Day, standing: Standing) -> Illegal | None:
    """S2-28: consistency checks of compulsory certificates are made by bodies that are designated for them."""
    state = state_on(BODY_MACHINE, standing(body_stream(body)), day)
    if state.approved and any(day <= last for _, last in state.product_classes):
        return None
    named = (("body", body), ("scheme", "ccc"), ("day", day))
    return Illegal("body_not_approved_for_scheme", pointer="/source", params=named)


def _signer_objection(body: str, data: Mapping[str, Any], day: Day, standing: Standing) -> Illegal | None:
    for index, signer in enumerate(_signers(data)):
        timeline = standing(person_stream(signer.get("register", "CCAA"), signer["number"]))
        code = state_on(PERSON_MACHINE, timeline, day).objection_to_sign(body, day)
        if code is not None:
            named = (("signatory", signer["number"]), ("body", body), ("day", day))
            return Illegal(code, pointer=f"/data/signers/{index}", params=named)
    return None


def _interest_objection(
    body: str, type_name: str, data: Mapping[str, Any], own: CertificateState, day: Day, standing: Standing
) -> Illegal | None:
    """Judge where the holder is known: a decision that comes before its certificate's issue is held anyway."""
    holder = _holder_code(data) or (own.details.get("holder") or {}).get("code")
    if not holder or not _signers(data):
        return None
    opens = type_name in _NEEDS_APPROVAL
    return certification_objection(body, _signers(data), holder, day, standing, opens=opens)


def _holder_objection(
    type_name: str, data: Mapping[str, Any], own: CertificateState, day: Day, standing: Standing
) -> Illegal | None:
    code = _holder_code(data)
    if not code or type_name == "certificate.refused":
        return None
    former = (own.details.get("holder") or {}).get("code")
    if type_name not in _OPENING and former and organisation_stream(former) == organisation_stream(code):
        return None
    details = data.get("details") or own.details
    standing_of_holder = state_on(ORGANISATION_MACHINE, standing(organisation_stream(code)), day)
    but = _MOVABLE if type_name == "certificate.transferred_in" else frozenset()
    bar = standing_of_holder.bar_on(day, str(details.get("project_code", "")), but=but)
    if bar is None:
        return None
    return Illegal("holder_barred", pointer="/data/details/holder", params=(("holder", code), ("bar", bar)))


def _transfer_objection(body: str, data: Mapping[str, Any], day: Day, standing: Standing) -> Illegal | None:
    """IAF MD 2: only a valid certificate moves, never a suspended one; after the body's loss within six months."""
    timeline = standing(certificate_stream(data["from_body"], data["from_number"]))
    given = next((f.data["to_body"] for f in timeline.applied if f.type == "certificate.transferred_out"), body)
    if given != body or data["from_body"] == body:
        return Illegal("transferred_elsewhere", pointer="/data/from_body", params=(("body", given),))
    before = tuple(f for f in timeline.applied if f.type != "certificate.transferred_out")
    state = state_on(CERTIFICATE_MACHINE, Timeline(timeline.version, before, (), _tip(before)), day)
    if state.status is not Status.VALID or day > state.expires:
        return Illegal("transfer_not_from_valid", pointer="/data/from_number", params=(("status", state.status.value),))
    former = standing(body_stream(data["from_body"]))
    lost = next((f.effective for f in reversed(former.applied) if f.type.startswith("body.approval_")), None)
    if lost and not former.tip.approved and day > add_months(lost, TRANSFER_AFTER_LOSS_MONTHS):
        return Illegal("transfer_too_late", pointer="/data/effective", params=(("day", lost),))
    return None


def _tip(applied: tuple[Any, ...]) -> CertificateState:
    walk = states(CERTIFICATE_MACHINE, applied)
    return walk[-1][1] if walk else CERTIFICATE_MACHINE.start()


def _number_objection(
    submission: Submission, type_name: str, data: Mapping[str, Any], standing: Standing
) -> Illegal | None:
    """A CCC number names its year, the body's two digits and the product class (16 digits, no check digit)."""
    details = data.get("details") or {}
    if type_name not in _OPENING or details.get("scheme_class") != "ccc":
        return None
    number = ccc_number(submission.subject.split(":", 2)[2])
    body = standing(body_stream(submission.source)).tip
    wrong = (
        number is None
        or str(number.year) > str(data["effective"])[:4]
        or number.product_class != details.get("product_class")
        or (body.ccc_code is not None and number.body_code != body.ccc_code)
    )
    return Illegal("ccc_number_wrong", pointer="/subject") if wrong else None


def _appellant_objection(submission: Submission, own: CertificateState) -> Illegal | None:
    party = party_of(submission.source)
    if party is None or party.kind != ORGANISATION:
        return None
    holder = (own.details.get("holder") or {}).get("code")
    if holder and organisation_stream(holder) != organisation_stream(party.id.partition(":")[2]):
        return Illegal("not_the_holder", pointer="/source", params=(("source", submission.source),))
    return None


def _marker_objection(type_name: str, day: Day, own: CertificateState) -> Illegal | None:
    """The marker of expiry (T9) says nothing of its own: it may stand on the known last day only."""
    if type_name != "certificate.expired" or own.expires in {"", day}:
        return None
    return Illegal("expiry_on_another_day", pointer="/data/effective", params=(("day", own.expires),))
