"""Alerts as the tests tell them: the example of the contract, and how to vary it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from sightline.delivery.alert_mail import AlertEntry, LinkedVideo, alert_message

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2025, 9, 25, 14, 30, 0, 250_000, tzinfo=PARIS)
LINK = "https://video.example/video/5b0c1f52-9f6b-4d6e-8b5e-0d6c6d0f7a11?token=" + "aB3-_" * 12
VIDEO = LinkedVideo(
    link=LINK,
    size_bytes=2_340_000,
    expires_at=(AT + timedelta(hours=48)).astimezone(UTC),
    life_hours=48,
    video_id="5b0c1f52-9f6b-4d6e-8b5e-0d6c6d0f7a11",
    reach="private",
)
ENTRY = AlertEntry(
    alert_type="SECURITY",
    at=AT,
    venue_name="Boutique Lyon",
    camera_name="Caisse 1",
    risk_level="HIGH",
    frame_number=150,
    confidence=0.92,
    message="Une personne est entrée dans une zone interdite.",
    video=VIDEO,
)
WITHOUT_VIDEO = replace(ENTRY, video=None, event_id="evt_1")


def mail(*entries: AlertEntry, **changes: Any) -> EmailMessage:
    """A French mail about `entries`, written when the first of them happened."""
    words: dict[str, Any] = {
        "language": "fr",
        "system_name": "SIGHTLINE",
        "sender": "alertes@boutique.example",
        "recipients": ["gerant@boutique.example"],
        "message_id": "<evt_1.final@sightline>",
        "date": AT,
    }
    return alert_message(entries or [ENTRY], **{**words, **changes})


def part(message: EmailMessage, kind: str) -> str:
    """The text of the `plain` or `html` part, as a mail program shows it."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def read(raw: bytes) -> EmailMessage:
    """A message as it travelled."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
