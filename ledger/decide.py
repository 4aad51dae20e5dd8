"""``decide(submission, timelines) -> Decision | Refusal`` and ``evolve(timeline, recorded) -> timeline``: pure.

A decision records which held facts it releases, so that nobody has to decide again to read the past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from ledger import timeline as timelines
from ledger.access.visibility import class_of
from ledger.certificates.state import CertificateState
from ledger.codes.schemes import rules
from ledger.competence import place_objection, speaker_objection, standing_objection, standing_streams
from ledger.envelope import Recorded, Submission
from ledger.facts import Fact
from ledger.families import EVENT_TYPES, FAMILIES
from ledger.notices.disclosure import GRANTED, grant_objection
from ledger.refusals import Refusal
from ledger.signatures import Signed, check_signatures, key_objection, signature_streams
from ledger.terms import Circumstances
from ledger.timeline import Illegal, Timeline
from ledger.validation import problems_of
from ledger.values import quickly_made

Timelines = Mapping[str, Timeline[Any]]


@quickly_made
@dataclass(frozen=True, slots=True)
class Decision:
    """What will be recorded: where the fact stands, what it releases, which streams were read, which rules applied.

    ``access`` is the event's class in the table of visibility.
    """

    stream: str
    version: int
    applied: bool
    releases: tuple[int, ...]
    waits: str | None
    rules: str | None
    read: tuple[str, ...]
    after: Timeline[Any]
    access: str
    signed: Signed


def streams_read(submission: Submission) -> tuple[str, ...]:
    """Return the streams that a decision on this submission reads; the first is its own."""
    if FAMILIES[submission.type.family].subject.fullmatch(submission.subject) is None:
        return ()
    return (
        submission.subject, *standing_streams(submission), *_disclosed_by(submission), *signature_streams(submission)
    )  # fmt: skip


def decide(
    submission: Submission,
    read: tuple[str, ...],
    known: Timelines,
    circumstances: Circumstances,
    *,
    needs_signature: bool = False,
) -> Decision | Refusal:
    """Return the decision on a submission, or its refusal.

    ``known`` holds ``read``: its :func:`streams_read`, and what :func:`ledger.places.streams_of_places` adds to them.

    ``needs_signature``: nothing but the source's own valid signature vouches for the source.
    """
    signed = signed_or_refused(submission, known, circumstances, needs_signature=needs_signature)
    if isinstance(signed, Refusal):
        return signed
    if submission.type.corrects:
        return _decide_correction(submission, read, known, signed)
    own = known[submission.subject]
    objection = key_objection(submission, known.__getitem__, circumstances)
    if objection is not None:
        return _refusal(submission, objection)
    objection = (
        place_objection(submission, submission.type.name, submission.data, own, known.__getitem__)
        or standing_objection(submission, submission.type.name, submission.data, _certificate(own), known.__getitem__)
        or grant_objection(submission.type.name, submission.data, own, known.__getitem__)
    )
    if objection is not None:
        return _refusal(submission, objection)
    machine = FAMILIES[submission.type.family].machine
    fact = submission.fact(own.version + 1)
    placement = timelines.place(machine, own, fact)
    if isinstance(placement, Illegal):
        return _refusal(submission, placement)
    after = timelines.put(machine, own, fact, placement)
    return Decision(
        submission.subject,
        fact.version,
        placement.applied,
        placement.releases,
        placement.why.code if placement.why else None,
        _rules_in_force(after, fact),
        read,
        after,
        class_of(submission.type.name),
        signed,
    )


def signed_or_refused(
    submission: Submission, known: Timelines, circumstances: Circumstances, *, needs_signature: bool = False
) -> Signed | Refusal:
    """Return whose valid signatures a statement carries, or the refusal of who may not make it so."""
    objection = speaker_objection(submission, known.__getitem__)
    if objection is not None:
        return _refusal(submission, objection)
    signed = check_signatures(submission, known.__getitem__, circumstances, is_required=needs_signature)
    return _refusal(submission, signed) if isinstance(signed, Illegal) else signed


def _decide_correction(
    submission: Submission, read: tuple[str, ...], known: Timelines, signed: Signed
) -> Decision | Refusal:
    own, corrects = known[submission.subject], submission.data["corrects"]
    # Another's statement is refused alike whether it is there or not: what is not public must not be found by asking.
    if corrects["source"] != submission.source:
        return _refusal(submission, Illegal("not_own_statement", pointer="/data/corrects"))
    target = own.find(corrects["source"], corrects["id"])
    if target is None:
        return _refusal(submission, Illegal("nothing_to_correct", pointer="/data/corrects"))
    replacement = submission.data.get("replacement")
    if replacement is not None:
        try:
            EVENT_TYPES[target.type].model.__pydantic_validator__.validate_json(orjson.dumps(replacement))
        except ValidationError as error:
            problems = problems_of(error, "/data/replacement")
            named = (("type", target.type),)
            return Refusal("data_invalid", problems[0].pointer, named, *submission.identity, problems)
        objection = (
            place_objection(submission, target.type, replacement, own, known.__getitem__)
            or standing_objection(submission, target.type, replacement, _certificate(own), known.__getitem__)
            or grant_objection(target.type, replacement, own, known.__getitem__)
        )
        if objection is not None:
            return _refusal(submission, objection)
    machine = FAMILIES[submission.type.family].machine
    amended = timelines.changed(target, own.version + 1, replacement)
    releases = timelines.amend(machine, own, target, amended)
    if isinstance(releases, Illegal):
        return _refusal(submission, releases)
    after = timelines.evolve_amended(machine, own, amended, version=own.version + 1, releases=releases)
    access = class_of(submission.type.name, corrects=target.type)
    return Decision(submission.subject, own.version + 1, True, releases, None, None, read, after, access, signed)


def evolve(timeline: Timeline[Any], recorded: Recorded) -> Timeline[Any]:
    """Return the timeline after a recorded event, exactly as its record says."""
    machine = FAMILIES[recorded.stream.partition(":")[0]].machine
    releases = recorded.record.get("releases", ())
    event = recorded.event
    if EVENT_TYPES[event["type"]].corrects:
        data = event["data"]
        target = timeline.find(data["corrects"]["source"], data["corrects"]["id"])
        if target is None:
            raise LookupError(f"{recorded.stream} v{recorded.version} corrects what was never recorded")
        amended = timelines.changed(target, recorded.version, data.get("replacement"))
        return timelines.evolve_amended(machine, timeline, amended, version=recorded.version, releases=releases)
    return timelines.evolve(machine, timeline, recorded.fact(), applied=recorded.applied, releases=releases)


def _disclosed_by(submission: Submission) -> tuple[str, ...]:
    """Return the certificate on which a grant of spot check results rests, or on which a corrected one would."""
    data = submission.data
    if submission.type.name == "notice.corrected":
        data = data.get("replacement") or {}
    elif submission.type.name != GRANTED:
        return ()
    named = data.get("certificate")
    return (named,) if isinstance(named, str) and FAMILIES["certificate"].subject.fullmatch(named) else ()


def _certificate(timeline: Timeline[Any]) -> CertificateState:
    tip = timeline.tip
    return tip if isinstance(tip, CertificateState) else CertificateState()


def _rules_in_force(after: Timeline[Any], fact: Fact) -> str | None:
    """Return the version of the scheme's rules that the decision used (law is dated data)."""
    tip = after.tip
    if not isinstance(tip, CertificateState) or not tip.scheme_class:
        return None
    return rules(tip.scheme_class, fact.effective).version


def _refusal(submission: Submission, illegal: Illegal) -> Refusal:
    pointer = illegal.pointer
    if pointer and not pointer.startswith(("/data", "/source", "/subject", "/id", "/ledger", "/signatures")):
        pointer = f"/data{pointer}"
    return Refusal(illegal.code, pointer, illegal.params, *submission.identity)
