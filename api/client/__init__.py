"""A typed client of the HTTP interface that needs no other room: asks again where that is safe, and resumes streams.

``with Client("http://127.0.0.1:8000", token=…) as ledger: ledger.certificate("CNCA-R-2031-101", "10124Q00012R0M")``
"""

from api.client.asking import Client
from api.client.errors import ClientError, ProblemError, UnreachableError
from api.client.submitting import LineOutcome, Outcome, Submitted

__all__ = ["Client", "ClientError", "LineOutcome", "Outcome", "ProblemError", "Submitted", "UnreachableError"]
