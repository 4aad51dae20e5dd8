"""Mail by SMTP, or into a spool folder: a file for each, put there whole, from which any mail system can take it."""

import os
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from infra.settings import Settings
from ledger.notices.letter import Attempt, Letter

_SECONDS = 20.0


class Spool:
    """Writes each mail as one file of its own name: the same letter again takes the place of itself."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, letter: Letter, now: datetime) -> Attempt:
        """Put the mail into the folder; it is there whole or not at all."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{letter.id}.eml"
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(message(letter, self._sender, now).as_bytes())
            part.replace(path)
        except OSError:
            return Attempt("later", "spool_not_writable")
        except ValueError:
            return Attempt("never", "address_wrong")
        return Attempt("done")


class Smtp:
    """Hands each mail to a server, over STARTTLS and never without."""

    def __init__(self, server: str, sender: str, user: str | None, password: str | None) -> None:
        host, _, port = server.partition(":")
        self._host, self._port = host, int(port or 587)
        self._sender, self._user, self._password = sender, user, password

    def send(self, letter: Letter, now: datetime) -> Attempt:
        """Hand the mail over; what the server refuses for good is not tried again."""
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_SECONDS) as server:
                server.starttls(context=ssl.create_default_context())
                if self._user is not None:
                    server.login(self._user, self._password or "")
                server.send_message(message(letter, self._sender, now))
        except smtplib.SMTPRecipientsRefused:
            return Attempt("never", "recipient_refused")
        except (OSError, smtplib.SMTPException):
            return Attempt("later", "mail_server_unavailable")
        except ValueError:
            return Attempt("never", "address_wrong")
        return Attempt("done")


def message(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """Return the mail of a letter; its ``Message-ID`` is the letter's, so that a mailbox shows one of several."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, letter.address
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    mail.set_content(letter.text)
    return mail


def mail_channel(settings: Settings) -> Spool | Smtp:
    """Return the way of mail that the settings name."""
    if settings.mail_server is None:
        return Spool(settings.run_dir / "mail", settings.mail_from)
    return Smtp(settings.mail_server, settings.mail_from, settings.mail_user, settings.mail_password)
