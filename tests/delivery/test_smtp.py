"""Mail through real servers: always encrypted, nobody told twice, nobody silently left out."""

import socket
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alert_stories import ENTRY, mail, part
from mail_servers import PASSWORD, USER, CertificateAuthority, MailServer, ScriptedServer, free_port, raw

from sightline.delivery.smtp import SmtpSender
from sightline.errors import DeliveryDeferred, DeliveryError, DeliveryRefused

BOSS = "gerant@boutique.example"
DEPUTY = "adjoint@boutique.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: CertificateAuthority) -> Iterator[MailServer]:
    with MailServer(authority.server_context("127.0.0.1")) as server:
        yield server


@pytest.fixture
def sender(server: MailServer, authority: CertificateAuthority) -> SmtpSender:
    return to_server(server.port, authority)


def to_server(port: int, authority: CertificateAuthority, **changes: Any) -> SmtpSender:
    settings = {"username": USER, "password": PASSWORD, "ca_file": authority.ca_file, "timeout_s": 5.0}
    return SmtpSender("127.0.0.1", port, **{**settings, **changes})


def scripted(**answers: str | None) -> Callable[[str], str | None]:
    """Answers by the first word of a line, `250 ok` to any other."""
    return lambda line: answers.get((line.split() or [""])[0].upper(), "250 ok")


def told_by(server: MailServer) -> list[list[str]]:
    return [envelope.rcpt_tos for envelope in server.envelopes]


def test_an_alert_arrives_as_it_was_written(server: MailServer, sender: SmtpSender) -> None:
    message = mail(recipients=[BOSS, DEPUTY])

    assert sender.send(message, [BOSS, DEPUTY]) == ()

    (arrived,) = server.messages
    assert server.logins == 1
    assert told_by(server) == [[BOSS, DEPUTY]]
    assert server.envelopes[0].mail_from == "alertes@boutique.example"
    assert part(arrived, "plain") == part(message, "plain")
    assert part(arrived, "html") == part(message, "html")
    assert "Numéro d'image: 150\n" in part(arrived, "plain")
    assert {name: arrived[name] for name in ("Subject", "Message-ID", "Date")} == {
        name: message[name] for name in ("Subject", "Message-ID", "Date")
    }


def test_the_name_of_this_machine_stays_here(
    server: MailServer, sender: SmtpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda _="": "caisse.boutique.example")

    sender.send(mail(), [BOSS])

    assert set(server.greeted_as) == {"[127.0.0.1]"}
    content = raw(server.envelopes[0])
    assert not any(name.encode() in content for name in ("caisse.boutique", socket.gethostname()))


def test_tls_from_the_start(authority: CertificateAuthority) -> None:
    with MailServer(authority.server_context("127.0.0.1"), from_start=True) as server:
        to_server(server.port, authority, tls_from_start=True).send(mail(), [BOSS])

    assert told_by(server) == [[BOSS]]


@pytest.mark.parametrize(("port", "from_start"), [(465, True), (587, False), (25, False), (2525, False)])
def test_only_port_465_is_tls_from_the_start(port: int, from_start: bool) -> None:
    assert SmtpSender("mail.example", port).tls_from_start is from_start


def test_login_without_plain(authority: CertificateAuthority) -> None:
    with MailServer(authority.server_context("127.0.0.1"), without=("PLAIN",)) as server:
        to_server(server.port, authority).send(mail(), [BOSS])

    assert server.logins == 1
    assert told_by(server) == [[BOSS]]


def test_a_server_without_encryption_gets_a_greeting_and_a_farewell(authority: CertificateAuthority) -> None:
    offers = "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"
    with ScriptedServer(scripted(EHLO=offers, QUIT="221 bye")) as server:
        with pytest.raises(DeliveryDeferred, match=r"offers no encryption .* nothing was sent"):
            to_server(server.port, authority).send(mail(), [BOSS])

        assert server.heard.lower() == b"ehlo [127.0.0.1]\r\nquit\r\n"


def test_a_server_that_knows_no_extensions_gets_no_mail(authority: CertificateAuthority) -> None:
    with ScriptedServer(scripted(EHLO="502 what?", QUIT="221 bye")) as server:
        with pytest.raises(DeliveryDeferred, match="offers no encryption"):
            to_server(server.port, authority).send(mail(), [BOSS])

        assert server.heard.lower() == b"ehlo [127.0.0.1]\r\nhelo [127.0.0.1]\r\nquit\r\n"


@pytest.mark.parametrize("answer", ["454 TLS not available", "501 no", "502 no"])
def test_encryption_offered_and_not_begun(authority: CertificateAuthority, answer: str) -> None:
    script = scripted(EHLO="250-mail.example\r\n250 STARTTLS", STARTTLS=answer, QUIT="221 bye")
    with ScriptedServer(script) as server:
        with pytest.raises(DeliveryDeferred, match=r"does not begin the encryption .* nothing was sent"):
            to_server(server.port, authority).send(mail(), [BOSS])

        assert server.heard.lower() == b"ehlo [127.0.0.1]\r\nstarttls\r\nquit\r\n"


@pytest.mark.parametrize("answer", ["220 go", "220 go\r\n250-pretending\r\n250 AUTH PLAIN"])
def test_a_server_that_says_go_ahead_and_stays_plain(authority: CertificateAuthority, answer: str) -> None:
    """Somebody in between takes the encryption away."""
    script = scripted(EHLO="250-mail.example\r\n250 STARTTLS", STARTTLS=answer)
    with ScriptedServer(script) as server:
        with pytest.raises(DeliveryDeferred, match=r"encryption with mail server .* failed"):
            to_server(server.port, authority).send(mail(), [BOSS])

        after = server.heard.partition(b"STARTTLS\r\n")[2]
        assert after[:2] == b"\x16\x03"  # the handshake of TLS
        assert not any(word in after.upper() for word in (b"AUTH", b"MAIL FROM", b"EHLO"))


@pytest.mark.parametrize("from_start", [False, True])
@pytest.mark.parametrize("wrong", ["name", "authority"])
def test_a_certificate_that_does_not_fit(
    authority: CertificateAuthority, tmp_path: Path, from_start: bool, wrong: str
) -> None:
    context = authority.server_context("elsewhere.example" if wrong == "name" else "127.0.0.1")
    trusted = CertificateAuthority(tmp_path) if wrong == "authority" else authority
    with MailServer(context, from_start=from_start) as server:
        sender = to_server(server.port, trusted, tls_from_start=from_start)
        with pytest.raises(DeliveryDeferred, match=r"certificate that does not fit .* nothing was sent"):
            sender.send(mail(), [BOSS])

    assert not server.envelopes
    assert server.logins == 0
    assert len(server.greeted_as) == (0 if from_start else 1)


def test_the_certificate_is_not_trusted_without_its_authority(
    server: MailServer, authority: CertificateAuthority
) -> None:
    with pytest.raises(DeliveryDeferred, match=r"set delivery.mail.ca_file"):
        to_server(server.port, authority, ca_file=None).send(mail(), [BOSS])


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_none(
    server: MailServer, authority: CertificateAuthority, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(DeliveryRefused, match=r"ca_file .* cannot be read"):
        to_server(server.port, authority, ca_file=path).send(mail(), [BOSS])


def test_a_wrong_password_waits_for_a_person_and_is_never_shown(
    server: MailServer, authority: CertificateAuthority
) -> None:
    sender = to_server(server.port, authority, password="Wr0ng-secret")

    with pytest.raises(DeliveryRefused, match="refuses the user name or password") as caught:
        sender.send(mail(), [BOSS])

    shown = "".join(traceback.format_exception(caught.value)) + repr(sender) + repr(vars(caught.value))
    assert "Wr0ng-secret" not in shown
    assert not server.envelopes


def test_a_server_that_wants_a_login_and_gets_none(
    server: MailServer, authority: CertificateAuthority
) -> None:
    with pytest.raises(DeliveryRefused, match="530"):
        to_server(server.port, authority, username=None, password=None).send(mail(), [BOSS])


def test_a_server_that_offers_no_login_by_password(authority: CertificateAuthority) -> None:
    with (
        MailServer(authority.server_context("127.0.0.1"), without=("PLAIN", "LOGIN")) as server,
        pytest.raises(DeliveryRefused, match="offers no login"),
    ):
        to_server(server.port, authority).send(mail(), [BOSS])

    assert not server.envelopes


def test_greylisting_is_tried_again(server: MailServer, sender: SmtpSender) -> None:
    server.replies[BOSS] = "451 4.7.1 come back in a minute"
    with pytest.raises(DeliveryDeferred, match=r"451 4.7.1 come back in a minute"):
        sender.send(mail(), [BOSS])

    server.replies.clear()
    assert sender.send(mail(), [BOSS]) == ()
    assert told_by(server) == [[BOSS]]


def test_who_was_told_is_not_told_again_when_another_has_to_wait(
    server: MailServer, sender: SmtpSender
) -> None:
    server.replies[DEPUTY] = "452 4.2.2 mailbox full"
    with pytest.raises(DeliveryDeferred, match=f"{DEPUTY} now: 452"):
        sender.send(mail(), [BOSS, DEPUTY])

    server.replies.clear()
    assert sender.send(mail(), [BOSS, DEPUTY]) == ()
    assert sender.send(mail(ENTRY, message_id="<another@sightline>"), [BOSS, DEPUTY]) == ()
    assert told_by(server) == [[BOSS], [DEPUTY], [BOSS, DEPUTY]]


def test_who_waited_and_is_then_refused_is_named(server: MailServer, sender: SmtpSender) -> None:
    server.replies[DEPUTY] = "450 later"
    with pytest.raises(DeliveryDeferred):
        sender.send(mail(), [BOSS, DEPUTY])

    server.replies[DEPUTY] = "550 unknown"

    assert sender.send(mail(), [BOSS, DEPUTY]) == (DEPUTY,)


def test_one_unknown_recipient_does_not_keep_the_others_from_knowing(
    server: MailServer, sender: SmtpSender
) -> None:
    server.replies[DEPUTY] = "550 5.1.1 unknown"

    assert sender.send(mail(), [DEPUTY, BOSS]) == (DEPUTY,)
    assert told_by(server) == [[BOSS]]


def test_all_recipients_refused(server: MailServer, sender: SmtpSender) -> None:
    server.replies.update({BOSS: "550 5.1.1 unknown", DEPUTY: "550 5.1.1 unknown"})

    with pytest.raises(DeliveryRefused, match=f"refuses every recipient, {BOSS} with: 550 5.1.1 unknown"):
        sender.send(mail(), [BOSS, DEPUTY])


def test_a_server_that_closes_among_the_recipients_told_nobody(
    server: MailServer, sender: SmtpSender
) -> None:
    server.replies[BOSS] = "421 4.3.2 going down"
    with pytest.raises(DeliveryDeferred, match="421"):
        sender.send(mail(), [BOSS, DEPUTY])

    server.replies.clear()
    sender.send(mail(), [BOSS, DEPUTY])
    assert told_by(server) == [[BOSS, DEPUTY]]


@pytest.mark.parametrize(
    ("reply", "error"),
    [("451 4.3.0 try later", DeliveryDeferred), ("554 5.7.1 looks like spam", DeliveryRefused)],
)
def test_the_message_itself_is_not_taken(
    server: MailServer, sender: SmtpSender, reply: str, error: type[DeliveryError]
) -> None:
    server.data_reply = reply

    with pytest.raises(error, match=reply):
        sender.send(mail(), [BOSS])


@pytest.mark.parametrize(
    ("greeting", "error"),
    [("421 too busy", DeliveryDeferred), ("554 not you", DeliveryRefused), (None, DeliveryDeferred)],
)
def test_turned_away_at_the_door(
    authority: CertificateAuthority, greeting: str | None, error: type[DeliveryError]
) -> None:
    with ScriptedServer(scripted(), greeting=greeting) as server:
        with pytest.raises(error, match=f"mail server 127.0.0.1:{server.port}"):
            to_server(server.port, authority).send(mail(), [BOSS])

        assert server.heard == b""


def test_a_connection_that_drops_is_tried_again(authority: CertificateAuthority) -> None:
    with (
        ScriptedServer(scripted(EHLO=None)) as server,
        pytest.raises(DeliveryDeferred, match="broke off or fell silent"),
    ):
        to_server(server.port, authority).send(mail(), [BOSS])


@pytest.mark.parametrize(("greeting", "ehlo"), [("", "250 ok"), ("220 hello", "")])
def test_a_silent_server_is_tried_again(authority: CertificateAuthority, greeting: str, ehlo: str) -> None:
    began = time.monotonic()
    with (
        ScriptedServer(scripted(EHLO=ehlo), greeting=greeting) as server,
        pytest.raises(DeliveryDeferred, match="fell silent"),
    ):
        to_server(server.port, authority, timeout_s=0.2).send(mail(), [BOSS])
    assert time.monotonic() - began < 3


def test_nobody_at_the_address(authority: CertificateAuthority) -> None:
    with pytest.raises(DeliveryDeferred, match="cannot be reached"):
        to_server(free_port(), authority).send(mail(), [BOSS])


def test_a_host_that_is_no_name() -> None:
    with pytest.raises(DeliveryRefused, match=r"host 'mail\.\.example' is no name"):
        SmtpSender("mail..example", 587).send(mail(), [BOSS])


def test_a_mail_for_nobody(sender: SmtpSender) -> None:
    with pytest.raises(DeliveryRefused, match="no recipient"):
        sender.send(mail(), [])


def test_addresses_with_accents_where_the_server_knows_them(server: MailServer, sender: SmtpSender) -> None:
    recipients = ["gérant@boutique.example", "a@exämple.fr"]

    assert sender.send(mail(recipients=recipients), recipients) == ()

    assert told_by(server) == [["gérant@boutique.example", "a@xn--exmple-cua.fr"]]
    assert server.envelopes[0].smtp_utf8
    assert server.messages[0]["To"] == "gérant@boutique.example, a@xn--exmple-cua.fr"


def test_addresses_with_accents_where_the_server_does_not(authority: CertificateAuthority) -> None:
    recipients = ["gérant@boutique.example", "a@exämple.fr"]
    with MailServer(authority.server_context("127.0.0.1"), utf8=False) as server:
        sender = to_server(server.port, authority)

        assert sender.send(mail(recipients=recipients), recipients) == ("gérant@boutique.example",)

        with pytest.raises(DeliveryRefused, match=r"delivery.mail.from"):
            sender.send(mail(sender="alertés@boutique.example"), [BOSS])

    assert told_by(server) == [["a@xn--exmple-cua.fr"]]
    assert server.messages[0]["To"] == "a@xn--exmple-cua.fr"
    assert raw(server.envelopes[0]).isascii()


def test_a_connection_that_drops_at_the_farewell_changes_nothing(
    server: MailServer, sender: SmtpSender
) -> None:
    server.hangs_up_at = "QUIT"

    assert sender.send(mail(), [BOSS]) == ()
    assert told_by(server) == [[BOSS]]


def test_a_connection_that_drops_after_the_message_is_tried_again(
    server: MailServer, sender: SmtpSender
) -> None:
    server.hangs_up_at = "DATA"

    with pytest.raises(DeliveryDeferred, match="broke off"):
        sender.send(mail(), [BOSS])
