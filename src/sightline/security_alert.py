"""`send_security_alert_with_video`: the door for programs that find incidents by themselves."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sightline.delivery_wiring import hosted_videos, outbox_worker, private_links
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.evidence.face_blur import face_blur
from sightline.evidence.frames_alert import FramesAlert, FramesAlerts
from sightline.store import outbox_items, venues
from sightline.store import private_links as link_store
from sightline.store.outbox_items import StoredItem
from sightline.trial_sends import VENUE as TEST_VENUE
from sightline.wiring import Site, open_site

LONGEST_WAIT_S = 60.0


def send_security_alert_with_video(
    message: str,
    frames: Sequence[Mapping[str, Any]],
    incident_data: Mapping[str, Any],
    recipient_email: str | None = None,
    *,
    site: Site | None = None,
    venue_id: str | None = None,
    camera_id: str | None = None,
    timeout_s: float = LONGEST_WAIT_S,
) -> dict[str, Any]:
    """Mail an alert whose frames have become a clip with a private link. Nothing of it is lost.

    The link is that of the video host in `delivery.hosted`, else our own at `server.public_url`, else one
    that works on this machine only; without pictures the alert is text. What cannot be sent within
    `timeout_s` stays in the outbox, and `sightline serve` or `sightline outbox drain` sends it.

    Args:
        message: one sentence for people.
        frames: each `{"frame_data": base64 JPEG | bytes | array (H, W, 3) BGR, "timestamp", "frame_count"}`.
        incident_data: `incident_type`, `risk_level`, `confidence`, `frame_count`, `analysis`.
        recipient_email: in place of `delivery.mail.to`.
        site: opened from `./sightline.yaml` or the environment when not given.
        venue_id: needed where the site has several.

    Returns:
        `success` (it went out or is kept), `sent`, `way` (hosted_link, link, local_link, text_only, queued),
        `link`, `video_id`, `expiration_time`, `recipients`, `problem` (why there is no video, or what keeps
        the mail; None when all went well).

    Raises:
        ConfigError: `delivery.mail` is not set up, or the venue is not clear.
        StoreError, DiskFull: nothing was kept.
    """
    site = site or open_site(None)
    mail = site.settings.delivery.mail
    if mail is None:
        raise ConfigError("no mail is set up: write delivery.mail in the site file (host, from, to)")
    venue = _venue(site, venue_id)
    recipients = (recipient_email,) if recipient_email else mail.recipients(venue, "security") or mail.to
    taken = FramesAlerts(
        site.database,
        hosted_videos(site),
        withhold=_withheld(site, venue, camera_id),
        blur=face_blur(site.settings),
        hosted_elsewhere=site.settings.delivery.hosted.base_url is not None,
        life_hours=site.settings.delivery.links.expiration_hours,
        clock=lambda: datetime.now(UTC),
    ).take(
        message,
        frames,
        incident_data,
        venue_id=venue,
        camera_id=camera_id,
        recipients=recipients,
    )
    outbox_worker(site, chain=taken.chain).drain(timeout_s)
    return _outcome(site, venue, taken, recipients)


def _outcome(site: Site, venue_id: str, taken: FramesAlert, recipients: Sequence[str]) -> dict[str, Any]:
    with site.database.reading() as connection:
        items = outbox_items.list_items(Scope.of(venue_id), connection, chain=taken.chain)
    by_channel = {item.channel: item for item in items}
    mailed = by_channel[Channel.MAIL]
    sent = mailed.state is ItemState.SENT
    answer = mailed.answer or {}
    shown = _link(site, venue_id, by_channel.get(Channel.HOSTED), answer)
    return {
        "success": mailed.state is not ItemState.DEAD,
        "sent": sent,
        "way": answer.get("way") if sent else "queued",
        "link": shown[0],
        "expiration_time": shown[1],
        "video_id": taken.video_id,
        "recipients": list(recipients),
        "problem": taken.problem or (None if sent else mailed.last_error or "not tried yet"),
    }


def _link(
    site: Site, venue_id: str, hosted: StoredItem | None, answer: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """The address that was told, and until when it works."""
    if answer.get("way") == "hosted_link" and hosted is not None and hosted.answer is not None:
        return hosted.answer["private_link"], hosted.answer["expires_at"]
    for link_id in answer.get("links") or ():
        with site.database.reading() as connection:
            stored = link_store.get_link(Scope.of(venue_id), connection, link_id)
        if stored is not None:
            return private_links(site).address_of(stored).url, stored.expires_at.isoformat()
    return None, None


def _venue(site: Site, venue_id: str | None) -> str:
    known = [venue.id for venue in site.settings.venues]
    with site.database.reading() as connection:
        stored = [one.id for one in venues.list_venues(Scope.site(), connection)]
    known += [one for one in stored if one not in (*known, TEST_VENUE)]
    if venue_id is None and len(known) > 1:
        raise ConfigError(f"say which venue the alert is about: {', '.join(known)}")
    chosen = venue_id or (known[0] if known else "default")
    if venue_id is not None and known and venue_id not in known:
        raise ConfigError(f"there is no venue {venue_id!r}; there are: {', '.join(known)}")
    setting = next((venue for venue in site.settings.venues if venue.id == chosen), None)
    with site.database.transaction() as connection:
        venues.ensure_venue(
            Scope.of(chosen), connection, chosen, timezone=setting.timezone if setting else None
        )
    return chosen


def _withheld(site: Site, venue_id: str, camera_id: str | None) -> str | None:
    """Why pictures of others may not leave: nobody can tell where a mask lies in them."""
    privacy = site.settings.privacy
    masked = [one for one in privacy.masks if one.venue in (None, venue_id)]
    if any(camera_id in (None, one.camera) for one in masked):
        return "privacy.masks are drawn for this camera, and these pictures are not masked: none leaves"
    return None
