"""Videos without a camera of ours: received by the hosted-video protocol, or made of frames for an alert."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from sightline.domain.scope import Scope
from sightline.store.delivery_tables import hosted_video, private_link
from sightline.store.events import PAGE
from sightline.store.statements import demand, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHostedVideo:
    """One video.

    Attributes:
        file_name: what its sender called it, for people; the file itself is named after the id.
        sha256, size_bytes: of the file as it arrived.
        facts: JSON values that came with it.
        deleted_at: when its file went; the row stays, so that the id does not come back.
    """

    id: str
    venue_id: str
    file_name: str
    sha256: str
    size_bytes: int
    facts: Mapping[str, Any]
    received_at: datetime
    deleted_at: datetime | None = None


def add_hosted_video(scope: Scope, connection: Connection, video: StoredHostedVideo) -> None:
    """Store a new video. Its file is there already.

    Raises:
        StoreError: outside the scope, or its id is taken.
    """
    demand(scope, video.venue_id)
    connection.execute(insert(hosted_video).values(**asdict(video)))


def get_hosted_video(scope: Scope, connection: Connection, video_id: str) -> StoredHostedVideo | None:
    """The video, also one whose file is gone, or None when there is none in the scope."""
    query = select(hosted_video).where(hosted_video.c.id == video_id, visible(scope, hosted_video))
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredHostedVideo(**row._mapping)


def hosted_videos_with_ids(
    scope: Scope, connection: Connection, video_ids: Sequence[str]
) -> list[StoredHostedVideo]:
    """Those of these ids that are known, also those whose file is gone."""
    found: list[StoredHostedVideo] = []
    for first in range(0, len(video_ids), PAGE):
        query = select(hosted_video).where(
            hosted_video.c.id.in_(video_ids[first : first + PAGE]), visible(scope, hosted_video)
        )
        found += [StoredHostedVideo(**row._mapping) for row in connection.execute(query)]
    return found


def mark_hosted_video_deleted(scope: Scope, connection: Connection, video_id: str, at: datetime) -> bool:
    """Note that the file goes; False when there is none in the scope, or it went before."""
    changed = connection.execute(
        update(hosted_video)
        .where(
            hosted_video.c.id == video_id,
            hosted_video.c.deleted_at.is_(None),
            visible(scope, hosted_video),
        )
        .values(deleted_at=at)
    )
    return changed.rowcount > 0


def hosted_videos_without_link(
    scope: Scope, connection: Connection, now: datetime
) -> list[StoredHostedVideo]:
    """Videos that nobody can see any more: every link of them has expired or was revoked."""
    alive = exists().where(
        private_link.c.hosted_video_id == hosted_video.c.id,
        private_link.c.revoked_at.is_(None),
        private_link.c.expires_at > now,
    )
    query = select(hosted_video).where(
        hosted_video.c.deleted_at.is_(None), ~alive, visible(scope, hosted_video)
    )
    query = query.order_by(hosted_video.c.received_at, hosted_video.c.id)
    return [StoredHostedVideo(**row._mapping) for row in connection.execute(query)]
