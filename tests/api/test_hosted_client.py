"""Our client of the hosted-video protocol against our own server of it."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from video_site import VideoSite

from sightline.delivery.hosted_video import HostedLink, HostedVideoClient, hosted_metadata
from sightline.domain.delivery import Consignment, Proof
from sightline.errors import CopyDiffers, DeliveryRefused

NOW = datetime.now(UTC)


def clip_of(path: Path) -> Consignment:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Consignment(path=path, file_name=path.name, size_bytes=len(content), sha256=digest)


def sent(client: HostedVideoClient, clip: Consignment, video_id: str, **changed: Any) -> HostedLink:
    metadata = hosted_metadata(
        video_id=video_id,
        upload_timestamp=NOW,
        expiration_time=NOW + timedelta(hours=48),
        source="till",
        type="security",
        incident_type=None,
        risk_level=None,
        confidence=None,
        frame_count=None,
        analysis=None,
        file_hash=clip.sha256,
    )
    return client.upload(clip, video_id=video_id, metadata={**metadata, **changed}, expiration_hours=48)


def test_a_video_is_sent_asked_about_extended_and_erased(shown: VideoSite) -> None:
    client = HostedVideoClient(f"http://127.0.0.1:{shown.port}", shown.key())
    clip, video_id = clip_of(shown.clip()), str(uuid4())

    link = sent(client, clip, video_id)

    assert (link.video_id, link.proof) == (video_id, Proof.SHA256)
    assert shown.hosted_files[0].read_bytes() == clip.path.read_bytes()
    assert sent(client, clip, video_id) == link
    state = client.verify(link.private_link)
    assert (state.valid, state.expiration_time) == (True, link.expiration_time)
    assert client.extend(video_id, 24) == link.expiration_time + timedelta(hours=24)
    assert client.verify(link.private_link, video_id=video_id).remaining_hours == pytest.approx(72, abs=0.1)
    assert client.delete(video_id) is True
    assert shown.hosted_files == []
    assert client.verify(link.private_link).valid is False
    assert client.delete(video_id) is False


def test_what_our_server_does_not_take(shown: VideoSite) -> None:
    address = f"http://127.0.0.1:{shown.port}"
    client = HostedVideoClient(address, shown.key())
    clip, video_id = clip_of(shown.clip()), str(uuid4())
    other = clip_of(shown.clip(1))

    for key, words in [(None, "wants a key"), ("0" * 64, "does not take the key")]:
        with pytest.raises(DeliveryRefused, match=words):
            sent(HostedVideoClient(address, key), clip, video_id)
    with pytest.raises(DeliveryRefused, match="source"):
        sent(client, clip, video_id, source="")
    with pytest.raises(CopyDiffers):
        sent(client, clip, video_id, file_hash="0" * 64)
    sent(client, clip, video_id)
    with pytest.raises(DeliveryRefused, match="another hash"):
        sent(client, replace(other, file_name=clip.file_name), video_id)
    client.delete(video_id)
    with pytest.raises(DeliveryRefused, match="deleted"):
        sent(client, clip, video_id)
