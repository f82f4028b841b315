"""Videos without a camera of ours: kept under their id, shown by a private link, gone with their last one.

The order of writing is that of sealing: the file is whole and on the disk under its name, then row, link and
ledger entries are committed in one transaction. Deleting goes the other way round: first the row says so,
then the file goes. What a kill leaves between the two, `expire` removes.
"""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.private_links import VIDEO, PrivateLink, PrivateLinks, Refusal
from sightline.store import hosted_videos, ledger, private_links
from sightline.store.database import Database
from sightline.store.hosted_videos import StoredHostedVideo
from sightline.video.disk import PART_SUFFIX, publish, writing

ORPHAN_AGE = timedelta(hours=1)
"""A file that no row names is being received, or, untouched for this long, was left by a kill."""


class HostedVideoRefused(EvidenceError):
    """A video is not taken, or not there. `status` is the protocol's number for it."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class HostedVideos:
    """The hosted videos of a site.

    Args:
        folder: `<folder>/<venue>/<id>.mp4` is where they lie.
        actor: who does it, for the ledger.
        wall_clock_s: seconds since 1970 as file times count them.
    """

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        links: PrivateLinks,
        actor: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        wall_clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._folder = folder
        self._links = links
        self._actor = actor
        self._clock = clock
        self._wall_clock_s = wall_clock_s

    def path_of(self, video: StoredHostedVideo) -> Path:
        """Where its file lies."""
        return self._path(video.venue_id, video.id)

    def part_for(self, venue_id: str, video_id: str) -> Path:
        """A file to receive a video into, its folder made. Another one for each attempt: two may overlap.

        Raises:
            ValueError: `video_id` is not a uuid, so it may not become part of a path.
            DiskFull, ConfigError: the folder cannot be made.
        """
        target = self._path(venue_id, video_id)
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f"{target.stem}.{uuid4().hex[:8]}{target.suffix}{PART_SUFFIX}")

    def keep(
        self,
        scope: Scope,
        received: Path,
        *,
        venue_id: str,
        video_id: str,
        file_name: str,
        sha256: str,
        size_bytes: int,
        facts: Mapping[str, Any],
        hours: int,
        made_by: str,
    ) -> PrivateLink:
        """Keep a file that was written to `part_for`, and make its link.

        The same video once more gives the same link and changes nothing.

        Args:
            received: becomes the video's file, or is removed.
            sha256, size_bytes: of `received`.
            hours: how long its link lives.

        Raises:
            HostedVideoRefused: the id is another venue's (403), has other content, or was deleted (409).
            ConfigError, StoreError, DiskFull: nothing was kept.
        """
        target = self._path(venue_id, video_id)
        try:
            _flush(received, target)
            with self._database.transaction() as connection:
                known = hosted_videos.get_hosted_video(Scope.site(), connection, video_id)
                if known is not None:
                    return self._again(scope, connection, known, venue_id, sha256)
                now = self._clock()
                video = StoredHostedVideo(
                    id=video_id,
                    venue_id=venue_id,
                    file_name=file_name,
                    sha256=sha256,
                    size_bytes=size_bytes,
                    facts=facts,
                    received_at=now,
                )
                hosted_videos.add_hosted_video(scope, connection, video)
                self._enter(scope, connection, video, "received", now, sha256=sha256, size_bytes=size_bytes)
                link = self._links.make_in(
                    scope,
                    connection,
                    hosted_video_id=video_id,
                    hours=hours,
                    purpose=purpose_of(video_id),
                    made_by=made_by,
                )
                with writing(target):  # last before the commit, so that a refusal leaves no file
                    publish(received, target)
                return link
        finally:
            received.unlink(missing_ok=True)  # renamed by then, unless it was not kept

    def delete(self, scope: Scope, video_id: str) -> None:
        """Erase a video: its links are revoked and its file is gone when this returns.

        Raises:
            HostedVideoRefused: there is none (404), or it is another venue's (403).
            EvidenceError: the file cannot be removed; it is tried again by `expire`.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            video = self._existing(scope, connection, video_id)
            hosted_videos.mark_hosted_video_deleted(scope, connection, video.id, now)
            self._links.revoke_of_video_in(scope, connection, video.id)
            self._enter(scope, connection, video, "erased", now)
        self._remove(video)

    def link_of(self, scope: Scope, video_id: str) -> PrivateLink | None:
        """The link of a video, newest first; None when none is alive.

        Raises:
            HostedVideoRefused: there is no such video (404), or it is another venue's (403).
        """
        with self._database.reading() as connection:
            self._existing(scope, connection, video_id)
            return self._alive_link(connection, video_id)

    def opened_by(self, scope: Scope, video_id: str, token: str) -> PrivateLink | None:
        """The link of a video that `token` opens; None when it opens none that is alive.

        Raises: as `link_of`.
        """
        with self._database.reading() as connection:
            # Other hosts show a video under its own id: who read that off the link asks with the link's.
            if private_links.get_link(Scope.site(), connection, video_id) is not None:
                return self.alive_at(scope, video_id, token)
            self._existing(scope, connection, video_id)
            for link in private_links.list_links(Scope.site(), connection, hosted_video_id=video_id):
                if self._links.token_opens(link, token) and link.state(self._clock()) == "alive":
                    return self._links.address_of(link)
        return None

    def alive_at(self, scope: Scope, link_id: str, token: str) -> PrivateLink | None:
        """The link with this id and token; None when it shows no video, or is not alive.

        Raises:
            HostedVideoRefused: it shows another venue's video (403).
        """
        resolved = self._links.resolve(link_id, token)
        if isinstance(resolved, Refusal) or resolved.link.hosted_video_id is None:
            return None
        if not scope.allows(resolved.link.venue_id):
            raise HostedVideoRefused("this is the link of another venue", status=403)
        return self._links.address_of(resolved.link)

    def made_at(self, link_id: str) -> datetime:
        """When a link was made.

        Raises:
            EvidenceError: there is no such link.
        """
        with self._database.reading() as connection:
            link = private_links.get_link(Scope.site(), connection, link_id)
        if link is None:
            raise EvidenceError(f"there is no link {link_id!r}")
        return link.created_at

    def expire(self, now: datetime) -> int:
        """Delete every video that no link shows any more, and what kills left; how many videos that were."""
        scope = Scope.site()
        with self._database.reading() as connection:
            due = bool(hosted_videos.hosted_videos_without_link(scope, connection, now))
        videos: list[StoredHostedVideo] = []
        if due:
            with self._database.transaction() as connection:
                videos = hosted_videos.hosted_videos_without_link(scope, connection, now)
                for video in videos:
                    hosted_videos.mark_hosted_video_deleted(scope, connection, video.id, now)
                    self._enter(scope, connection, video, "expired", now)
            for video in videos:
                with suppress(EvidenceError):  # it stays a leftover, and is tried again
                    self._remove(video)
        self._remove_leftovers()
        return len(videos)

    def _again(
        self, scope: Scope, connection: Connection, known: StoredHostedVideo, venue_id: str, sha256: str
    ) -> PrivateLink:
        if known.venue_id != venue_id or not scope.allows(known.venue_id):
            raise HostedVideoRefused("this id is a video of another venue", status=403)
        if known.deleted_at is not None:
            raise HostedVideoRefused("the video of this id was deleted; send it under a new one", status=409)
        if known.sha256 != sha256:
            raise HostedVideoRefused("this id is taken by a video with another hash", status=409)
        link = self._alive_link(connection, known.id)
        if link is None:
            raise HostedVideoRefused("the link of this video has ended; send it under a new id", status=409)
        return link

    def _alive_link(self, connection: Connection, video_id: str) -> PrivateLink | None:
        for link in private_links.list_links(Scope.site(), connection, hosted_video_id=video_id):
            if link.state(self._clock()) == "alive":
                return self._links.address_of(link)
        return None

    def _existing(self, scope: Scope, connection: Connection, video_id: str) -> StoredHostedVideo:
        video = hosted_videos.get_hosted_video(Scope.site(), connection, video_id)
        if video is None or video.deleted_at is not None:
            raise HostedVideoRefused("there is no video with this id", status=404)
        if not scope.allows(video.venue_id):
            raise HostedVideoRefused("this id is a video of another venue", status=403)
        return video

    def _enter(
        self,
        scope: Scope,
        connection: Connection,
        video: StoredHostedVideo,
        action: str,
        at: datetime,
        **facts: str | int,
    ) -> None:
        ledger.add_entry(
            scope,
            connection,
            venue_id=video.venue_id,
            at=at,
            action=action,
            subject_kind=VIDEO,
            subject_id=video.id,
            actor=self._actor,
            facts=facts,
        )

    def _remove(self, video: StoredHostedVideo) -> None:
        path = self.path_of(video)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise EvidenceError(f"{path} cannot be removed ({error.strerror}); it is tried again") from error

    def _remove_leftovers(self) -> None:
        """Files whose row says deleted, and those that have no row and are old."""
        paths = list(self._folder.glob("*/*"))
        old = self._wall_clock_s() - ORPHAN_AGE.total_seconds()
        with self._database.reading() as connection:
            named = hosted_videos.hosted_videos_with_ids(
                Scope.site(), connection, [path.stem for path in paths]
            )
        by_path = {self.path_of(video): video for video in named}
        for path in paths:
            video = by_path.get(path)
            with suppress(OSError):  # gone meanwhile, or tried again
                left = path.stat().st_mtime < old if video is None else video.deleted_at is not None
                if left:
                    path.unlink()

    def _path(self, venue_id: str, video_id: str) -> Path:
        if str(UUID(video_id)) != video_id:
            raise ValueError(f"{video_id!r} is not a uuid")
        return self._folder / venue_id / f"{video_id}.mp4"


def _flush(received: Path, target: Path) -> None:
    """Bring a large file to the disk before, not while, others wait for the transaction."""
    with writing(target), received.open("rb") as file:
        os.fsync(file.fileno())


def purpose_of(video_id: str) -> str:
    return f"hosted:{video_id}"
