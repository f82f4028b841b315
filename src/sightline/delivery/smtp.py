"""Mail by SMTP, always encrypted: nothing but a greeting is said before the server has proved who it is."""

import base64
import copy
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email import policy
from email.message import EmailMessage
from pathlib import Path

from sightline.delivery.mail_address import header_address, on_the_wire
from sightline.errors import DeliveryDeferred, DeliveryRefused

TLS_PORT = 465
GREETS_AS = "[127.0.0.1]"
"""The name of this machine is nobody's business; an address is what RFC 5321 gives to those without one."""
MOST_REMEMBERED = 1_000
LONGEST_REPLY = 200
NOTHING_SENT = "nothing was sent"
NO_UTF8 = "takes no address with accents before the @ (SMTPUTF8)"

Reply = tuple[int, bytes | str]


class SmtpSender:
    """Sends through one server.

    Remembers, until this object goes, who got a message whose other recipients are to be tried again,
    so that a new attempt with the same Message-ID does not reach anybody twice.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str | None = None,
        password: str | None = None,
        *,
        ca_file: Path | None = None,
        timeout_s: float = 30.0,
        tls_from_start: bool | None = None,
    ) -> None:
        """Open no connection yet.

        Args:
            username, password: without a username there is no login.
            ca_file: certificates to trust besides the system's.
            timeout_s: seconds of silence that count as a broken connection.
            tls_from_start: default: on port 465 and nowhere else; otherwise STARTTLS.
        """
        self._host = host
        self._port = port
        self._username = username
        self._password = password or ""
        self._ca_file = ca_file
        self._timeout_s = timeout_s
        self.tls_from_start = port == TLS_PORT if tls_from_start is None else tls_from_start
        self._reached: dict[str, frozenset[str]] = {}

    def __repr__(self) -> str:
        return f"SmtpSender({self._host!r}, {self._port})"

    @property
    def _name(self) -> str:
        return f"mail server {self._host}:{self._port}"

    def send(self, message: EmailMessage, recipients: Sequence[str]) -> tuple[str, ...]:
        """Hand one message to the server for all `recipients`.

        Returns:
            The recipients the server refuses for good; the others have it.

        Raises:
            DeliveryDeferred: no connection, no encryption, or not now; those that have it already will
                not get it again by this sender.
            DeliveryRefused: wrong login or setting, or the server refuses the message or all recipients.
        """
        if not recipients:
            raise DeliveryRefused("the mail has no recipient; name one in delivery.mail.to")
        message_id = str(message["Message-ID"])
        reached = self._reached.get(message_id, frozenset())
        waiting = [address for address in dict.fromkeys(recipients) if address not in reached]
        with self._session() as smtp:
            refusals = self._submit(smtp, message, waiting) if waiting else {}
        told = reached | (frozenset(waiting) - refusals.keys())
        later = [address for address, (code, _) in refusals.items() if not _for_good(code)]
        if later:
            self._remember(message_id, told)
            raise DeliveryDeferred(
                f"{self._name} takes nothing for {later[0]} now: {self._reply(refusals[later[0]])}"
            )
        self._reached.pop(message_id, None)
        if not told:
            address, reply = next(iter(refusals.items()))
            raise DeliveryRefused(
                f"{self._name} refuses every recipient, {address} with: {self._reply(reply)}"
            )
        return tuple(refusals)

    def _remember(self, message_id: str, told: frozenset[str]) -> None:
        if told:
            self._reached[message_id] = told
        while len(self._reached) > MOST_REMEMBERED:
            del self._reached[next(iter(self._reached))]

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A connection that is encrypted and logged in."""
        with self._in_our_words():
            smtp = self._connect()
            try:
                if not self.tls_from_start:
                    self._encrypt(smtp)
                smtp.ehlo_or_helo_if_needed()
                if self._username is not None:
                    self._log_in(smtp, self._username)
                yield smtp
            finally:
                with suppress(OSError):  # what was accepted is accepted, whatever the farewell
                    smtp.quit()
                smtp.close()

    def _connect(self) -> smtplib.SMTP:
        where = (self._host, self._port, GREETS_AS)
        try:
            if self.tls_from_start:
                return smtplib.SMTP_SSL(*where, timeout=self._timeout_s, context=self._context())
            return smtplib.SMTP(*where, timeout=self._timeout_s)
        except UnicodeError as error:
            raise DeliveryRefused(f"delivery.mail.host {self._host!r} is no name of a machine") from error

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not smtp.has_extn("starttls"):
            raise DeliveryDeferred(f"{self._name} offers no encryption (STARTTLS), so {NOTHING_SENT}")
        try:
            smtp.starttls(context=self._context())
        except smtplib.SMTPResponseException as error:
            reply = self._reply((error.smtp_code, error.smtp_error))
            message = f"{self._name} does not begin the encryption it offers ({reply}), so {NOTHING_SENT}"
            raise DeliveryDeferred(message) from None

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(cafile=self._ca_file)
            except OSError as error:  # ssl.SSLError is one
                message = f"delivery.mail.ca_file {self._ca_file} cannot be read as certificates (PEM)"
                raise DeliveryRefused(message) from error
        return context

    def _log_in(self, smtp: smtplib.SMTP, username: str) -> None:
        """By hand, as smtplib can do ASCII passwords only. No reply is quoted: it may echo what was sent."""
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            code, _ = smtp.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{username}{chr(0)}{self._password}')}")
        elif "LOGIN" in offered:
            code, _ = smtp.docmd("AUTH", "LOGIN")
            for answer in (username, self._password):
                if code == 334:
                    code, _ = smtp.docmd(_base64(answer))
        else:
            raise DeliveryRefused(
                f"{self._name} offers no login with user name and password (PLAIN or LOGIN)"
            )
        if _for_good(code):
            message = f"{self._name} refuses the user name or password of delivery.mail (answer {code})"
            raise DeliveryRefused(message)
        if code != 235:
            raise DeliveryDeferred(f"{self._name} takes no login now (answer {code})")

    def _reply(self, reply: Reply) -> str:
        """`reply` on one line, as the server worded it; what it repeats of our password is masked."""
        code, text = reply
        words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        login = f"{chr(0)}{self._username or ''}{chr(0)}{self._password}"
        if self._password:
            for secret in (_base64(login), _base64(self._password), self._password):
                words = words.replace(secret, "***")
        return " ".join(f"{code} {words}".split())[:LONGEST_REPLY]

    def _submit(
        self, smtp: smtplib.SMTP, message: EmailMessage, recipients: Sequence[str]
    ) -> dict[str, Reply]:
        """Send, and return what the server answered to each recipient it did not take."""
        by_wire = {on_the_wire(address): address for address in recipients}
        sender = message["From"].addresses[0].addr_spec
        speaks_utf8 = smtp.has_extn("smtputf8")
        if not speaks_utf8 and not sender.isascii():
            raise DeliveryRefused(f"{self._name} {NO_UTF8}; change delivery.mail.from")
        takers = [wire for wire in by_wire if speaks_utf8 or wire.isascii()]
        refusals = {wire: (553, NO_UTF8.encode()) for wire in by_wire if wire not in takers}
        if takers:
            data, options = _as_sent(message, sender, takers, speaks_utf8=speaks_utf8)
            try:
                refusals |= smtp.sendmail(sender, takers, data, options)
            except smtplib.SMTPRecipientsRefused as error:
                # After a 421 it does not even ask for the rest: they have the same answer.
                last = list(error.recipients.values())[-1]
                refusals |= {wire: error.recipients.get(wire, last) for wire in takers}
        return {by_wire[wire]: reply for wire, reply in refusals.items()}

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPResponseException as error:
            reply = self._reply((error.smtp_code, error.smtp_error))
            if _for_good(error.smtp_code):
                raise DeliveryRefused(f"{self._name} refuses the mail: {reply}") from None
            raise DeliveryDeferred(f"{self._name} does not take the mail now: {reply}") from None
        except smtplib.SMTPException as error:
            raise DeliveryDeferred(
                f"{self._name} broke off or fell silent before it took the mail"
            ) from error
        except ssl.SSLCertVerificationError as error:
            shown = f"{self._name} shows a certificate that does not fit ({error.verify_message})"
            way_out = "for a server of your own set delivery.mail.ca_file"
            raise DeliveryDeferred(f"{shown}, so {NOTHING_SENT}; {way_out}") from error
        except ssl.SSLError as error:
            why = error.reason or error
            raise DeliveryDeferred(f"the encryption with {self._name} failed ({why})") from error
        except TimeoutError as error:
            raise DeliveryDeferred(f"{self._name} did not answer within {self._timeout_s:g} s") from error
        except OSError as error:
            raise DeliveryDeferred(f"{self._name} cannot be reached ({error.strerror or error})") from error


def _as_sent(
    message: EmailMessage, sender: str, takers: Sequence[str], *, speaks_utf8: bool
) -> tuple[bytes, list[str]]:
    """The bytes, and the options that go with them. What only UTF-8 can write is left out without it."""
    shown = [address.addr_spec for address in message["To"].addresses]
    if all(address.isascii() for address in (sender, *takers, *shown)):
        return message.as_bytes(policy=policy.SMTP), []
    if speaks_utf8:
        return message.as_bytes(policy=policy.SMTPUTF8), ["SMTPUTF8", "BODY=8BITMIME"]
    readable = copy.deepcopy(message)
    del readable["To"]
    readable["To"] = [header_address(address) for address in shown if address.isascii()]
    return readable.as_bytes(policy=policy.SMTP), []


def _for_good(code: int) -> bool:
    return 500 <= code <= 599


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
