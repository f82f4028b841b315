"""Send a test: one real attempt at one receiver, marked as a test, and what came of it in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from sightline.delivery_wiring import hosted_videos
from sightline.domain.delivery import Consignment
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, SightlineError
from sightline.receivers import Receivers
from sightline.store import venues
from sightline.video.frames_clip import clip_of_frames
from sightline.wiring import Site

LIFE_H = 1
VENUE = "sightline-test"
"""Test videos belong to a venue of their own, so that no shop's figures or ledger tell of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """Whether it arrived, and one sentence."""

    what: str
    arrived: bool
    detail: str

    def document(self) -> dict[str, object]:
        return {"test": self.what, "arrived": self.arrived, "detail": self.detail}


def send_test(site: Site, what: str) -> TrialOutcome:
    """Try `mail`, `upload`, `incident`, `link` or `webhook` once, with the settings of the site.

    Raises:
        ConfigError: it is not set up, or a setting leads nowhere.
    """
    receivers = Receivers(site)
    tests: Mapping[str, Callable[[], str]] = {
        "mail": partial(_mail, site, receivers),
        "upload": partial(_upload, receivers),
        "incident": partial(_incident, receivers),
        "link": partial(_link, site),
        "webhook": partial(_webhook, receivers),
    }
    if what not in tests:
        raise ConfigError(f"there is no test of {what!r}; choose one of {', '.join(tests)}")
    try:
        return TrialOutcome(what=what, arrived=True, detail=tests[what]())
    except ConfigError:
        raise
    except SightlineError as error:
        return TrialOutcome(what=what, arrived=False, detail=str(error))


def _mail(site: Site, receivers: Receivers) -> str:
    from sightline.delivery.alert_mail import AlertEntry, alert_message

    setting = site.settings.delivery.mail
    if setting is None:
        raise ConfigError("no mail is set up: write delivery.mail in the site file (host, from, to)")
    now = datetime.now(UTC)
    entry = AlertEntry(
        alert_type="TEST",
        at=now,
        venue_name="-",
        camera_name="-",
        message={"fr": "Ceci est un test de Sightline.", "en": "This is a test of Sightline."}[
            setting.language
        ],
        no_video_reason="",
    )
    message = alert_message(
        [entry],
        language=setting.language,
        system_name=setting.system_name,
        sender=setting.sender,
        recipients=setting.to,
        message_id=f"<{uuid4()}@{setting.sender.rpartition('@')[2]}>",
        date=now,
    )
    refused = receivers.smtp().send(message, setting.to)
    return f"{len(setting.to) - len(refused)} of {len(setting.to)} recipients were accepted by {setting.host}"


def _upload(receivers: Receivers) -> str:
    with TemporaryDirectory(prefix="sightline-test-") as folder:
        receipt = receivers.uploader().send(_small_clip(Path(folder)), key=f"test-{uuid4().hex}")
    return f"stored as {receipt.stored_name}, compared by: {receipt.proof}"


def _incident(receivers: Receivers) -> str:
    now = datetime.now(UTC)
    document = {
        "branch_id": "test",
        "incident_time": now.isoformat(),
        "reported_location": "test",
        "incident_type": "test",
        "status": "Test",
        "image": "",
        "percentage": 0,
        "vehicle_template": "",
        "unattended_customer": 0,
        "video_evidence": {},
    }
    answer = receivers.incidents().send(document, key=f"test-{uuid4().hex}")
    return f"the receiver took it; its id: {answer.incident_id or 'none given'}"


def _link(site: Site) -> str:
    videos = hosted_videos(site)
    video_id = str(uuid4())
    scope = Scope.of(VENUE)
    with site.database.transaction() as connection:
        venues.ensure_venue(scope, connection, VENUE, timezone=None)
    part = videos.part_for(VENUE, video_id)
    clip = _small_clip(part.parent, part.name)
    link = videos.keep(
        scope,
        part,
        venue_id=VENUE,
        video_id=video_id,
        file_name=f"test_{video_id}.mp4",
        sha256=clip.sha256,
        size_bytes=clip.size_bytes,
        facts={"type": "test"},
        hours=LIFE_H,
        made_by="test",
    )
    return (
        f"{link.url} works for {LIFE_H} hour, from {'anywhere' if link.reach == 'private' else 'here only'}"
    )


def _webhook(receivers: Receivers) -> str:
    senders = receivers.webhooks()
    if not senders:
        raise ConfigError("no webhook is set up: write delivery.webhooks in the site file")
    document = {"type": "test", "at": datetime.now(UTC).isoformat()}
    for sender in senders.values():
        sender.send(document, key=f"test-{uuid4().hex}")
    return f"taken by {', '.join(senders)}"


def _small_clip(folder: Path, name: str = "sightline_test.mp4") -> Consignment:
    """One second of a grey picture with a bar that moves."""
    start = datetime.now(UTC)
    frames = []
    for number in range(5):
        picture = np.full((120, 160, 3), 90, np.uint8)
        picture[:, number * 30 : number * 30 + 20] = 200
        frames.append({"frame_data": picture, "timestamp": start + timedelta(seconds=number / 5)})
    clip = clip_of_frames(frames, folder / name)
    return Consignment(
        path=clip.path, file_name="sightline_test.mp4", size_bytes=clip.size_bytes, sha256=clip.sha256
    )
