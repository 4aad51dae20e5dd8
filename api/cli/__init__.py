"""The command ``certledger``: each verb is a few lines that put the rooms together and say what to do on trouble."""

import logging
import sys

import typer
from pydantic import ValidationError
from rich.console import Console

from api.cli import (
    ask,
    audit,
    authorities,
    checking,
    deliveries,
    documents,
    follow,
    identity,
    kafka,
    notary,
    organised,
    privacy,
    receipts,
    run,
    supervise,
    tell,
    tracing,
    witness,
    worklists,
)
from api.cli.classify import classes
from api.cli.draws import draw
from api.cli.inspections import forms, inspections
from api.cli.key import key
from api.cli.tip_offs import tip_offs
from api.cli.wording import Verbs
from api.http.tokens import TokensUnreadable
from infra.services.errors import ServiceUnavailableError
from infra.telemetry import configure_logging
from ledger.log import LogUnavailable
from projections.projector import Poisoned

app = typer.Typer(
    name="certledger",
    cls=Verbs,
    help="认证状态账本 · Certification Status Ledger",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (
    run.run,
    tell.import_,
    ask.show,
    ask.timeline,
    ask.trail,
    ask.path,
    authorities.authorities,
    authorities.authority,
    authorities.gaps,
    authorities.ledger,
    organised.superintendence,
    organised.leaders,
    organised.contacts,
    tell.submit,
    tell.rebuild,
    tell.migrate,
    follow.serve,
    follow.relay,
    follow.project,
    follow.intake,
    notary.notary,
    notary.scrub,
    notary.log_key,
    follow.policies,
    deliveries.clock,
    identity.issuer,
    identity.token,
    kafka.kafka_acls,
    receipts.status_map,
    receipts.receipt,
    receipts.verify_receipt,
    tell.doctor,
    audit.export,
    audit.replay,
    audit.digest,
    witness.witness,
    witness.watch,
    documents.asyncapi,
    checking.check_reads,
    privacy.erase,
    privacy.sweep_personal,
    supervise.supervision,
    supervise.case,
    supervise.penalties,
    supervise.statistics,
    supervise.check_production,
    supervise.case_document,
    supervise.case_report,
    tracing.trace,
    tracing.archive,
    tracing.archives,
    tracing.body_archive,
    tracing.coverage,
    tracing.patrols,
    tracing.common_problems,
    tracing.key_lists,
    tracing.glossary,
    worklists.inbox,
    worklists.deadlines,
    worklists.ageing,
    worklists.warnings,
    worklists.what_if,
):
    app.command(verb.__name__.rstrip("_").replace("_", "-"))(verb)
for verbs in (key, classes, deliveries.deliveries, inspections, forms, draw, tip_offs):
    app.add_typer(verbs)
# The verifier reads its own options: a wrong one is exit code 4 here, as where it runs by itself.
app.command(
    "verify", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(audit.verify)


def main() -> None:
    """Run the command line; what its user can mend is said in both languages, without a stack trace."""
    configure_logging("warning")
    # The broker's client is loud at every level in an outage; the consumers say what an operator needs.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        app()
    except (ServiceUnavailableError, LogUnavailable, Poisoned, TokensUnreadable) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(3)
    except ValidationError as error:
        # A value may be a secret, so only the setting and its rule are said.
        wrong = "\n".join(f"  CERTLEDGER_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        told = f"设置不符合规定,请更正以下环境变量。 These settings are not as they must be:\n{wrong}"
        Console(stderr=True).print(told, style="red", markup=False, highlight=False)
        sys.exit(2)
