"""What an alert mail says: the lines of the contract, the truth about the video, nothing that was forged."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import policy
from html.parser import HTMLParser

import pytest
from alert_stories import AT, ENTRY, LINK, PARIS, VIDEO, WITHOUT_VIDEO, mail, part, read

from sightline.delivery.alert_mail import AlertEntry

CONTRACT_LINES = [
    "ALERTE SYSTÈME SIGHTLINE",
    "Type d'alerte: SECURITY",
    "Horodatage: 2025-09-25T14:30:00",
    "DÉTAILS DE L'INCIDENT:",
    "Niveau de risque: HIGH",
    "Numéro d'image: 150",
    "Confiance: 0.92",
    "PREUVES VIDÉO DISPONIBLES",
    f"Lien privé sécurisé: {LINK}",
    "Taille du fichier: 2.3 MB",
    "Expiration: 2025-09-27T14:30:00",
    "ID Vidéo: 5b0c1f52-9f6b-4d6e-8b5e-0d6c6d0f7a11",
    "IMPORTANT: Ce lien est privé et sécurisé. Il expirera automatiquement dans 48 heures.",
]
ENGLISH_LINES = [
    "SYSTEM ALERT SIGHTLINE",
    "Alert type: SECURITY",
    "Timestamp: 2025-09-25T14:30:00",
    "INCIDENT DETAILS:",
    "Risk level: HIGH",
    "Frame number: 150",
    "Confidence: 0.92",
    "VIDEO EVIDENCE AVAILABLE",
    f"Secure private link: {LINK}",
    "File size: 2.3 MB",
    "Expiration: 2025-09-27T14:30:00",
    "Video ID: 5b0c1f52-9f6b-4d6e-8b5e-0d6c6d0f7a11",
    "IMPORTANT: This link is private and secure. It will expire automatically in 48 hours.",
]


class Reader(HTMLParser):
    """The visible lines, the tags and their attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        body = page.partition("<body>")[2]
        self.lines = [
            line for row in body.splitlines() if (line := html.unescape(re.sub(r"<[^>]*>", "", row)).strip())
        ]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def in_order(wanted: list[str], lines: list[str]) -> list[str]:
    """Those of `lines` that are `wanted`, as they stand."""
    return [line for line in lines if line in wanted]


@pytest.mark.parametrize(("language", "wanted"), [("fr", CONTRACT_LINES), ("en", ENGLISH_LINES)])
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_lines_of_the_contract_come_in_its_order(language: str, wanted: list[str], kind: str) -> None:
    content = part(mail(language=language), kind)

    lines = content.splitlines() if kind == "plain" else Reader(content).lines

    assert in_order(wanted, lines) == wanted


def test_the_whole_text_of_a_french_alert() -> None:
    entry = replace(
        ENTRY,
        incident_type="intrusion",
        duration_s=75.2,
        ongoing=True,
        analysis="Une personne franchit la barrière.\nElle repart.",
        assessment="confirmed",
    )

    text = part(mail(entry, ledger_head="812:0a1b2c"), "plain")

    assert text == (
        "ALERTE SYSTÈME SIGHTLINE\n\n"
        "Type d'alerte: SECURITY\n"
        "Horodatage: 2025-09-25T14:30:00\n"
        "Magasin: Boutique Lyon\n"
        "Caméra: Caisse 1\n"
        "Message: Une personne est entrée dans une zone interdite.\n\n"
        "DÉTAILS DE L'INCIDENT:\n"
        "Type d'incident: intrusion\n"
        "Niveau de risque: HIGH\n"
        "Numéro d'image: 150\n"
        "Confiance: 0.92\n"
        "Durée: 1 min 15 s, en cours\n"
        "Analyseur externe: incident confirmé\n"
        "Analyse: Une personne franchit la barrière. Elle repart.\n\n"
        "PREUVES VIDÉO DISPONIBLES\n"
        f"Lien privé sécurisé: {LINK}\n"
        "Taille du fichier: 2.3 MB\n"
        "Expiration: 2025-09-27T14:30:00\n"
        "ID Vidéo: 5b0c1f52-9f6b-4d6e-8b5e-0d6c6d0f7a11\n\n"
        "IMPORTANT: Ce lien est privé et sécurisé. Il expirera automatiquement dans 48 heures.\n\n"
        "Empreinte du registre: 812:0a1b2c\n"
    )


def test_html_says_what_the_text_says() -> None:
    message = mail(ENTRY, replace(WITHOUT_VIDEO, no_video_reason="missing"), ledger_head="812:0a1b2c")

    text_lines = [line for line in part(message, "plain").splitlines() if ": " in line]

    assert set(text_lines) <= set(Reader(part(message, "html")).lines)


def test_what_is_unknown_is_left_out() -> None:
    bare = replace(ENTRY, alert_type="QUEUE", risk_level=None, frame_number=None, confidence=None)

    text = part(mail(bare), "plain")

    assert "DÉTAILS" not in text
    assert "None" not in text + part(mail(bare), "html")


def test_frame_and_confidence_of_zero_are_said() -> None:
    text = part(mail(replace(ENTRY, frame_number=0, confidence=0.0)), "plain")

    assert "Numéro d'image: 0\nConfiance: 0.00\n" in text


@pytest.mark.parametrize(
    ("size_bytes", "said"), [(12, "0.1 MB"), (949_000, "0.9 MB"), (2_345_600_000, "2345.6 MB")]
)
def test_sizes_are_megabytes(size_bytes: int, said: str) -> None:
    text = part(mail(replace(ENTRY, video=replace(VIDEO, size_bytes=size_bytes))), "plain")

    assert f"Taille du fichier: {said}\n" in text


def test_times_are_those_of_the_venue_whatever_zone_the_link_was_made_in() -> None:
    winter = datetime(2025, 10, 26, 1, 30, tzinfo=PARIS)
    video = replace(VIDEO, expires_at=winter.astimezone(UTC) + timedelta(hours=48))

    text = part(mail(replace(ENTRY, at=winter, video=video), date=winter), "plain")

    assert "Horodatage: 2025-10-26T01:30:00\n" in text
    assert "Expiration: 2025-10-28T00:30:00\n" in text  # 48 hours, and one more on the clock that night


@pytest.mark.parametrize(
    ("life_hours", "after", "promised"),
    [
        pytest.param(24, timedelta(0), "dans 24 heures.", id="the life that was set"),
        pytest.param(1, timedelta(minutes=2), "dans 1 heure.", id="one hour"),
        pytest.param(48, timedelta(seconds=90), "dans 48 heures.", id="made a moment ago"),
        pytest.param(48, timedelta(hours=10), "dans 38 heures.", id="a host that keeps its own date"),
        pytest.param(48, timedelta(hours=50), "Ce lien a expiré.", id="tried again for too long"),
    ],
)
def test_no_link_is_promised_longer_than_it_lives(life_hours: int, after: timedelta, promised: str) -> None:
    video = replace(VIDEO, life_hours=life_hours, expires_at=AT + timedelta(hours=life_hours))

    message = mail(replace(ENTRY, video=video), date=AT + after)

    (line,) = [line for line in part(message, "plain").splitlines() if line.startswith("IMPORTANT")]
    assert line.endswith(promised)
    assert line in Reader(part(message, "html")).lines


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "ne s'ouvre que sur l'ordinateur du magasin"), ("en", "opens only on the store's own computer")],
)
def test_a_local_link_is_called_local_and_not_private(language: str, said: str) -> None:
    local = replace(VIDEO, reach="local", link="http://127.0.0.1:8000/video/x?token=t")

    for kind in ("plain", "html"):
        content = html.unescape(part(mail(replace(ENTRY, video=local), language=language), kind))
        assert said in content
        assert "http://127.0.0.1:8000/video/x?token=t" in content
        assert not re.search(r"privé|private|sécurisé|secure", content)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("reason", ["", "privacy", "missing"])
def test_an_alert_without_a_link_says_why(language: str, reason: str) -> None:
    texts = {
        other: part(mail(replace(WITHOUT_VIDEO, no_video_reason=other), language=language), "plain")
        for other in ("", "privacy", "missing")
    }

    text = texts[reason]

    assert list(texts.values()).count(text) == 1
    assert not re.search(r"https?://|PREUVES VIDÉO|VIDEO EVIDENCE|IMPORTANT", text)
    assert ("sightline evidence show evt_1" in text) == (reason != "missing")


def test_an_analyser_without_an_answer_is_reported_as_such() -> None:
    undecided = part(mail(replace(ENTRY, assessment="undecided"), language="en"), "plain")

    assert "Outside analyzer: undecided, no usable answer in time\n" in undecided
    assert "Outside analyzer" not in part(mail(language="en"), "plain")


def digest(**changes: str) -> list[AlertEntry]:
    later = replace(WITHOUT_VIDEO, alert_type="QUEUE", at=AT + timedelta(minutes=5), camera_name="Entrée")
    return [ENTRY, replace(later, **changes)]  # type: ignore[arg-type]


def test_several_alerts_go_as_one_mail_that_names_each() -> None:
    message = mail(*digest())
    text = part(message, "plain")

    assert message["Subject"] == "ALERTE SYSTÈME SIGHTLINE - 2 alertes - Boutique Lyon"
    assert text.startswith(
        "ALERTE SYSTÈME SIGHTLINE: 2 alertes\n\n"
        "2025-09-25T14:30:00  SECURITY  Caisse 1\n"
        "2025-09-25T14:35:00  QUEUE     Entrée\n\n"
        "ALERTE 1/2\nType d'alerte: SECURITY\n"
    )
    assert in_order(CONTRACT_LINES[1:], text.splitlines()[:25]) == CONTRACT_LINES[1:]
    assert text.index("SANS LIEN VIDÉO") > text.index("ALERTE 2/2\nType d'alerte: QUEUE\n")
    assert Reader(part(message, "html")).tags.count("tr") == 3


def test_a_digest_of_several_shops_names_the_shop_of_each() -> None:
    message = mail(*digest(venue_name="Boutique Nice"), language="en")

    assert message["Subject"] == "SYSTEM ALERT SIGHTLINE - 2 alerts - Boutique Lyon +1"
    assert "QUEUE     Boutique Nice, Entrée\n" in part(message, "plain")


def test_headers() -> None:
    message = mail(recipients=["gerant@boutique.example", "a@exämple.fr"])

    again = read(message.as_bytes(policy=policy.SMTP))

    assert {
        name: str(value) for name, value in again.items() if name not in ("MIME-Version", "Content-Type")
    } == {
        "Subject": "ALERTE SYSTÈME SIGHTLINE - SECURITY - Boutique Lyon",
        "From": "SIGHTLINE <alertes@boutique.example>",
        "To": "gerant@boutique.example, a@xn--exmple-cua.fr",
        "Date": "Thu, 25 Sep 2025 14:30:00 +0200",
        "Message-ID": "<evt_1.final@sightline>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "fr",
    }
    assert again.get_content_type() == "multipart/alternative"
    assert [piece.get_content_type() for piece in again.walk()][1:] == ["text/plain", "text/html"]
    assert {piece.get_content_charset() for piece in again.walk()} == {None, "utf-8"}


FORGED = "Caisse\r\nBcc: voleur@evil.example\r\n\r\nIMPORTANT: \u202eappelez\u2028le 0899\ud800"


@pytest.mark.parametrize("name", ["venue_name", "camera_name", "alert_type", "message", "incident_type"])
def test_a_name_forges_neither_header_nor_line(name: str) -> None:
    message = mail(replace(ENTRY, **{name: FORGED}), system_name=FORGED)  # type: ignore[arg-type]

    again = read(message.as_bytes(policy=policy.SMTP))

    assert again["Bcc"] is None
    assert "\n" not in again["Subject"]
    text = part(again, "plain")
    assert not re.search(r"[\u202e\u2028\ud800]", text + again["Subject"] + part(again, "html"))
    assert len([line for line in text.splitlines() if line.startswith("IMPORTANT")]) == 1


@pytest.mark.parametrize("name", ["venue_name", "camera_name", "message", "analysis", "alert_type"])
def test_markup_in_a_name_is_shown_and_not_obeyed(name: str) -> None:
    attack = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}"
    entry = replace(ENTRY, **{name: attack})  # type: ignore[arg-type]

    plain, attacked = Reader(part(mail(), "html")), part(mail(entry), "html")

    assert html.escape(attack) in attacked.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    assert set(Reader(attacked).tags) == set(plain.tags)


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    page = Reader(part(mail(*digest(), ledger_head="1:ab"), "html"))

    assert not {"script", "img", "link", "iframe", "form", "object", "svg"} & set(page.tags)
    assert {value for name, value in page.attributes if name in ("href", "src", "action")} == {LINK}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert "url(" not in part(mail(), "html")
    assert "@import" not in part(mail(), "html")


def test_only_a_web_address_can_be_clicked() -> None:
    """A foreign video host makes up the link."""
    bad = replace(VIDEO, link="javascript:alert(document.cookie)")

    page = part(mail(replace(ENTRY, video=bad)), "html")

    assert "href" not in page
    assert "javascript:alert(document.cookie)" in page


def test_a_long_link_arrives_whole() -> None:
    link = "https://video.example/video/x?token=" + "é=%.\u20ac" * 900
    message = mail(replace(ENTRY, video=replace(VIDEO, link=link)))

    raw = message.as_bytes(policy=policy.SMTP)

    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    again = read(raw)
    assert f"Lien privé sécurisé: {link}\n" in part(again, "plain")


def test_no_link_in_the_repr_of_an_entry() -> None:
    assert LINK not in repr(ENTRY)
    assert "token" not in repr(ENTRY)


@pytest.mark.parametrize(
    ("entries", "date"),
    [([replace(ENTRY, at=AT.replace(tzinfo=None))], AT), ([ENTRY], AT.replace(tzinfo=None))],
    ids=["alert without a zone", "date without a zone"],
)
def test_a_time_without_a_zone_is_not_told(entries: list[AlertEntry], date: datetime) -> None:
    with pytest.raises(ValueError, match="an alert mail needs"):
        mail(*entries, date=date)
