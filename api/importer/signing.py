"""An import signs what the owners of its keys say, and leaves everybody else's statements as they are.

Whose key it is, the register of keys knows; a key that is not there would make every row a refusal, so that is said
first.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from ledger.envelope import Submission
from ledger.evidence.signatures import PrivateKey, public_key_of
from ledger.families import key_stream
from ledger.refusals import Refusal
from ledger.sealed import sign_submission
from ledger.service import Ledger
from ledger.signatures import signatories, speaker


class KeyUnregistered(Exception):  # noqa: N818 - says what was found
    """A key is not in the register of keys, or no longer valid."""

    def __init__(self, keyid: str) -> None:
        super().__init__(keyid)
        self.zh = f"密钥 {keyid} 未登记或已吊销。请先运行 certledger key register。"
        self.en = f"The key {keyid} is not registered, or it is revoked. Run certledger key register first."


def signer(ledger: Ledger, keys: Sequence[PrivateKey]) -> Callable[[Sequence[Submission]], list[Submission | Refusal]]:
    """Return what signs submissions: each with the keys of its source and of the signatories it names."""
    owned: defaultdict[str, list[PrivateKey]] = defaultdict(list)
    for key in keys:
        keyid = public_key_of(key).keyid
        state = ledger.timeline(key_stream(keyid)).tip
        if not state.owner or state.is_ended:
            raise KeyUnregistered(keyid)
        owned[speaker(state.owner)].append(key)
    origin = ledger.terms.origin

    def sign(submission: Submission) -> Submission | Refusal:
        by = dict.fromkeys((speaker(submission.source), *signatories(submission)))
        mine = [key for name in by for key in owned.get(name, ())]
        return sign_submission(submission, origin, *mine) if mine else submission

    return lambda submissions: list(map(sign, submissions))
