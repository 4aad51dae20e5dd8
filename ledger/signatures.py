"""Who may sign what: every signature is verified against the register of keys as it is when the statement is recorded.

The keys' streams and the source's policy are guards of the append: nothing is recorded as validly signed after the
key's revocation was recorded, under any race. What was decided is in the record, as ``signed_by``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.competence import Standing
from ledger.envelope import Submission
from ledger.evidence.signatures import PublicKey, admit_key
from ledger.evidence.strict import EvidenceError, decode_base64
from ledger.families import FAMILIES, key_stream, organisation_stream, person_stream, signing_stream
from ledger.keys.challenge import is_good
from ledger.keys.state import KeyState
from ledger.parties import BODY, NATIONAL_AUTHORITY, ORGANISATION, REGISTRAR, party_of
from ledger.people.state import MACHINE as PERSON_MACHINE
from ledger.signing.state import MACHINE as SIGNING_MACHINE
from ledger.signing.state import STRENGTH, default_requirement
from ledger.terms import Circumstances
from ledger.timeline import Illegal, state_on
from ledger.verifying import is_signed, verdict_key

_PERSON = "person:"
# Keys come before signatures: who has none yet, or has lost it, must be able to register and to revoke.
_NEVER_REQUIRED = frozenset({"key"})


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose valid signatures a statement came with, and the instant from which one of the keys is valid no more."""

    by: tuple[str, ...] = ()
    until: str | None = None


UNSIGNED = Signed()


@lru_cache(maxsize=4096)
def _policy_of(source: str) -> tuple[str, str]:
    """Return a source's kind, empty where it is no party, and the stream of its signing policy."""
    party = party_of(source)
    return (party.kind, signing_stream(speaker(source))) if party is not None else ("", "")


def signature_streams(submission: Submission) -> tuple[str, ...]:
    """Return the streams that the check of signatures reads: the source's policy, and each key."""
    kind, policy = _policy_of(submission.source)
    streams = [key_stream(each.keyid) for each in submission.signatures]
    if kind and submission.type.family not in _NEVER_REQUIRED:
        streams.append(policy)
    if submission.type.name == "key.registered" and submission.data["owner"].startswith(_PERSON):
        streams.append(submission.data["owner"])
    return tuple(streams)


def check_signatures(
    submission: Submission, known: Standing, circumstances: Circumstances, *, is_required: bool = False
) -> Signed | Illegal:
    """Return whose valid signatures a statement carries, or why it may not be recorded as it is.

    ``is_required`` says that nothing else vouches for the source, so that its own signature must be there.
    """
    if not (submission.signatures or is_required) and submission.audience is None:
        # Most statements are unsigned, of a party that nothing was ever set for.
        kind, policy = _policy_of(submission.source)
        if submission.type.family in _NEVER_REQUIRED:
            return UNSIGNED
        if not known(policy).applied and default_requirement(kind, circumstances.today) == "nothing":
            return UNSIGNED
    if submission.audience is not None and submission.audience != circumstances.terms.origin:
        named = (("ledger", circumstances.terms.origin), ("named", submission.audience))
        return Illegal("wrong_audience", pointer="/ledger", params=named)
    if submission.signatures and submission.audience is None:
        return Illegal("audience_missing", pointer="/ledger", params=(("ledger", circumstances.terms.origin),))
    signed = _verified(submission, known, circumstances)
    if isinstance(signed, Illegal):
        return signed
    missing = _missing(submission, signed, known, circumstances, is_required=is_required)
    if missing:
        return Illegal("signature_required", pointer="/signatures", params=(("signer", missing),))
    return signed


def _verified(submission: Submission, known: Standing, circumstances: Circumstances) -> Signed | Illegal:
    by: list[str] = []
    ends: list[str] = []
    if not submission.signatures:
        return UNSIGNED
    concerned = {speaker(submission.source), *signatories(submission)}
    for index, signature in enumerate(submission.signatures):
        pointer, named = f"/signatures/{index}", (("keyid", signature.keyid),)
        key: KeyState = known(key_stream(signature.keyid)).tip
        objection = key.objection_to_sign(circumstances.now)
        if objection is not None:
            return Illegal(objection, pointer=pointer, params=named)
        verify_sm2 = circumstances.terms.verify_sm2
        if key.algorithm == "sm2" and verify_sm2 is None:
            return Illegal("sm2_not_taken", pointer=pointer)
        verdict = circumstances.verdicts.get(verdict_key(submission, signature, key))
        if not (is_signed(submission, signature, key, verify_sm2) if verdict is None else verdict):
            return Illegal("signature_invalid", pointer=pointer, params=named)
        if speaker(key.owner) not in concerned:
            return Illegal("signer_not_concerned", pointer=pointer, params=(("signer", key.owner),))
        by.append(key.owner)
        if key.valid_until is not None:
            ends.append(key.valid_until)
    return Signed(tuple(dict.fromkeys(by)), min(ends, default=None))


def _missing(
    submission: Submission, signed: Signed, known: Standing, circumstances: Circumstances, *, is_required: bool
) -> str | None:
    """Return whose signature the policy asks for and is not there."""
    source = submission.source
    kind, stream = _policy_of(source)
    by = {speaker(each) for each in signed.by}
    strength = 1 if is_required else 0
    if kind and submission.type.family not in _NEVER_REQUIRED:
        policy = state_on(SIGNING_MACHINE, known(stream), circumstances.today)
        strength = max(strength, STRENGTH[policy.requirement(kind, circumstances.today)])
    if strength > 0 and speaker(source) not in by:
        return source
    if strength > 1:
        return next((each for each in signatories(submission, role="decision") if each not in by), None)
    return None


def key_objection(submission: Submission, known: Standing, circumstances: Circumstances) -> Illegal | None:
    """Return why a statement about a key or a signing policy may not be made by this source."""
    if submission.type.family == "signing":
        return _policy_objection(submission)
    if submission.type.family != "key":
        return None
    if submission.type.name == "key.registered":
        return _registration_objection(submission, known, circumstances)
    if submission.data.get("compromised_since", "") > circumstances.now:
        return Illegal("instant_in_the_future", pointer="/data/compromised_since")
    state: KeyState = known(submission.subject).tip
    party = party_of(submission.source)
    is_national = party is not None and party.kind == NATIONAL_AUTHORITY
    own = {speaker(each) for each in (state.owner, state.registered_by) if each}
    if state.owner and not is_national and speaker(submission.source) not in own:
        return Illegal("not_own_key", pointer="/source", params=(("source", submission.source),))
    return None


def _registration_objection(submission: Submission, known: Standing, circumstances: Circumstances) -> Illegal | None:
    data, terms = submission.data, circumstances.terms
    if not _may_register(submission.source, data["owner"], known, circumstances):
        named = (("source", submission.source), ("owner", data["owner"]))
        return Illegal("key_owner_wrong", pointer="/data/owner", params=named)
    if data["algorithm"] == "sm2" and terms.verify_sm2 is None:
        return Illegal("sm2_not_taken", pointer="/data/algorithm")
    try:
        nonce, proof = decode_base64(data["nonce"]), decode_base64(data["proof"])
        raw = decode_base64(data["public_key"])
        key = PublicKey(data["algorithm"], raw)
    except EvidenceError as error:
        return Illegal("key_not_honest", pointer="/data/public_key", params=(("reason", str(error)),))
    if submission.subject != key_stream(key.keyid):
        return Illegal("key_name_wrong", pointer="/subject", params=(("subject", key_stream(key.keyid)),))
    if not is_good(terms.challenge_secret, terms.origin, data["owner"], nonce, circumstances.now):
        return Illegal("challenge_not_good", pointer="/data/nonce")
    try:
        admit_key(data["algorithm"], raw, ledger=terms.origin, owner=data["owner"], nonce=nonce, proof=proof)
    except EvidenceError:
        return Illegal("key_not_possessed", pointer="/data/proof")
    return None


def _may_register(source: str, owner: str, known: Standing, circumstances: Circumstances) -> bool:
    """A party registers its own keys; a signatory's key is registered by the register or by the employing body."""
    if not owner.startswith(_PERSON):
        return party_of(owner) is not None and speaker(owner) == speaker(source)
    party = party_of(source)
    if FAMILIES["person"].subject.fullmatch(owner) is None or party is None:
        return False
    if party.kind != BODY:
        return party.kind == REGISTRAR
    state = state_on(PERSON_MACHINE, known(owner), circumstances.today)
    return state.objection_to_sign(source, circumstances.today) is None


def _policy_objection(submission: Submission) -> Illegal | None:
    about, speaking = party_of(submission.subject.partition(":")[2]), party_of(submission.source)
    if about is None:
        return Illegal("subject_wrong", pointer="/subject", params=(("subject", submission.subject),))
    if submission.subject != signing_stream(speaker(about.id)):
        return Illegal("subject_wrong", pointer="/subject", params=(("subject", submission.subject),))
    if speaking is None or (speaking.kind != NATIONAL_AUTHORITY and speaker(speaking.id) != speaker(about.id)):
        return Illegal("not_own_signing_policy", pointer="/source", params=(("source", submission.source),))
    return None


def speaker(source: str) -> str:
    """Return the one name of a source: an organisation's two codes are one, everybody else is spelled one way."""
    party = party_of(source)
    if party is None or party.kind != ORGANISATION:
        return source
    try:
        return organisation_stream(source.partition(":")[2])
    except ValueError:
        return source


def signatories(submission: Submission, role: str | None = None) -> list[str]:
    """Return the streams of the signatories whom a statement, or what a correction puts in its place, names."""
    data: Mapping[str, Any] = submission.data
    if submission.type.corrects:
        data = data.get("replacement") or {}
    signers = data.get("signers")
    return [
        person_stream(str(each.get("register", "CCAA")), str(each.get("number")))
        for each in (signers if isinstance(signers, list) else ())
        if isinstance(each, dict) and (role is None or each.get("role", "decision") == role)
    ]
