"""What can go wrong for a client: the ledger said why not (in both languages), or it did not answer."""

from typing import Any

import httpx
from pydantic import ValidationError

from api.client.models import Fault, Problem, Texts


class ClientError(Exception):
    """Anything that ended a request without the answer that was asked for."""


class UnreachableError(ClientError):
    """Nobody answered in time, however often it was asked; whether a submission was recorded is not known.

    Submitting the same bytes again is always safe.
    """

    def __init__(self, address: str, cause: str) -> None:
        super().__init__(f"{address} 没有响应 / does not answer: {cause}")
        self.address = address


class ProblemError(ClientError):
    """The ledger refused (RFC 9457): ``code`` is stable, ``problem`` holds title and action in both languages."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"[{problem.code}] {problem.zh.title} {problem.en.title}")
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable code, a row of ``/v1/refusals``."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def faults(self) -> list[Fault]:
        """Each place that was wrong, where there are several."""
        return self.problem.errors or []


def error_of(response: httpx.Response) -> ProblemError:
    """Return the error for a response of 400 or above, also for one that some proxy in between made up."""
    try:
        return ProblemError(Problem.model_validate_json(response.content))
    except ValidationError:
        told = response.reason_phrase or "HTTP error"
        plain: dict[str, Any] = {
            "type": "about:blank",
            "title": told,
            "status": response.status_code,
            "detail": told,
            "code": f"http_{response.status_code}",
            "rule": "RFC 9110 section 15",
            "zh": Texts(title=f"HTTP {response.status_code}", action="回答并非出自账本,请检查地址与代理。"),
            "en": Texts(title=told, action="This answer is none of the ledger's; check the address and proxies."),
        }
        return ProblemError(Problem(**plain))
