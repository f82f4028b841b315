"""What the web processes need to show videos by link, and to take them from who has a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.delivery_wiring import delivery_desk, hosted_videos, private_links
from sightline.pipeline.software import SOFTWARE
from sightline.wiring import Site

if TYPE_CHECKING:
    from sightline.api.app import Videos
    from sightline.api.video_page import VideoAnswers
    from sightline.domain.scope import Scope
    from sightline.evidence.keys import PublicKey
    from sightline.evidence.releasing import ReleasedFile
    from sightline.evidence.shown_video import Release
    from sightline.store.evidence import StoredEvidence


def video_pages(site: Site) -> VideoAnswers:
    """Answers for private links.

    Raises:
        EvidenceError, ConfigError, DiskFull: the link key cannot be read or made.
    """
    from sightline.api.video_page import VideoAnswers
    from sightline.dashboard.video_page import refusal_page, video_page
    from sightline.evidence.shown_video import ShownVideos

    shown = ShownVideos(
        site.database,
        hosted=hosted_videos(site),
        release=release_of(site),
        public_key=lambda: public_key_of(site),
        actor=SOFTWARE,
    )
    return VideoAnswers(private_links(site), shown, render_video=video_page, render_refusal=refusal_page)


def release_of(site: Site) -> Release:
    """What may leave of a clip for people to look at, masks drawn and faces blurred."""
    from sightline.evidence.releasing import released_file

    desk = delivery_desk(site)

    def release(scope: Scope, evidence: StoredEvidence, part: int) -> ReleasedFile:
        return released_file(
            site.database,
            scope,
            evidence,
            next(one for one in evidence.parts if one.part == part),
            segments_dir=site.segments_dir,
            masks=desk.camera_masks(evidence.venue_id, evidence.camera_id),
            blur=desk.blur,
            actor=SOFTWARE,
            for_viewing=True,
        )

    return release


def videos_of(site: Site) -> Videos:
    """Answers for private links, and for the hosted-video protocol.

    Raises: as `video_pages`.
    """
    from sightline.api.app import Videos
    from sightline.api.hosted_videos import HostedVideoAnswers
    from sightline.pipeline.api_keys import ApiKeys

    settings = site.settings
    hosting = HostedVideoAnswers(
        hosted_videos(site),
        private_links(site),
        default_hours=settings.delivery.links.expiration_hours,
        longest_bytes=settings.downloads.max_upload_mb * 1_000_000,
    )
    return Videos(pages=video_pages(site), hosting=hosting, keys=ApiKeys(site.database))


def public_key_of(site: Site) -> PublicKey | None:
    """The key that signatures of this site are checked with; None before anything was sealed."""
    from sightline.evidence.keys import PUBLIC_NAME, read_public_key

    path = site.keys_dir / PUBLIC_NAME
    return read_public_key(path) if path.exists() else None
