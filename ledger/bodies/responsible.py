"""Who issues is responsible (S2-29): the body in a certificate's name, or the one into which it was merged by a day."""

from collections.abc import Callable

from ledger.bodies.state import BodyState
from ledger.days import Day

LONGEST_SUCCESSION = 8
BodyOn = Callable[[str, Day], BodyState]
"""What a body, by its approval number, is on a day."""


def responsible_for(certificate: str, day: Day, body_on: BodyOn) -> str:
    """Return the number of the body that answers for a certificate on a day; the stream keeps who issued it.

    S2-29, S4-120. ``certificate`` is the stream ``certificate:<body>:<number>``. A transferred certificate has a
    stream of its new body's own, so that each stream has one issuer for ever.
    """
    body = certificate.split(":", 2)[1]
    for _ in range(LONGEST_SUCCESSION):
        into = body_on(body, day).merged_into
        if into is None or into == body:
            return body
        body = into
    return body
