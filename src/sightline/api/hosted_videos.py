"""The far end of the hosted-video protocol: takes a video with its metadata, gives a private link to it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from sightline.api.bearer_keys import KeyHolder, demand_key
from sightline.api.hosted_metadata import Metadata, VideoId, metadata_from, video_id_from
from sightline.api.streamed_upload import ReceivedForm, received_form
from sightline.errors import ConfigError, DiskFull, EvidenceError
from sightline.evidence.hosted_videos import HostedVideoRefused, HostedVideos
from sightline.evidence.media_type import media_type_of
from sightline.evidence.private_links import LONGEST_LIFE_H, PrivateLink, PrivateLinks
from sightline.pipeline.api_keys import ApiKeys

FILE_NAME_LENGTH = 200
FIELDS = ("metadata", "expiration_hours", "access_type")


class Extension(BaseModel):
    """The body of `link/extend`."""

    model_config = ConfigDict(strict=True, extra="ignore")

    video_id: VideoId
    additional_hours: Annotated[int, Field(ge=1, le=LONGEST_LIFE_H)]


class HostedVideoAnswers:
    """Answers of the protocol.

    Args:
        default_hours: how long a link lives whose sender did not say.
        longest_bytes: a larger video is refused while it arrives.
    """

    def __init__(
        self,
        videos: HostedVideos,
        links: PrivateLinks,
        *,
        default_hours: int,
        longest_bytes: int,
    ) -> None:
        self._videos = videos
        self._links = links
        self._default_hours = default_hours
        self._longest_bytes = longest_bytes

    async def upload(self, request: Request, holder: KeyHolder) -> dict[str, Any]:
        """Take a video and give its link; the same one again gives the same link."""
        venue_id = _own_venue(holder)
        video_id = _stated_id(request)
        part = await run_in_threadpool(self._part_for, venue_id, video_id)
        async with received_form(
            request,
            file_field="video",
            fields=FIELDS,
            into=part,
            longest_bytes=self._longest_bytes,
            is_wanted=lambda start: media_type_of(start) is not None,
        ) as form:
            metadata, hours = self._checked(form, video_id)
            link = await run_in_threadpool(self._keep, holder, venue_id, form, metadata, hours)
        return {
            "success": True,
            "video_id": video_id,
            "private_link": link.url,
            "expiration_time": link.expires_at.isoformat(),
            "file_hash": form.file.sha256,
            "message": "the video is kept until its link expires",
        }

    def verify(self, holder: KeyHolder, video_id: str | None, token: str | None) -> dict[str, Any]:
        """Whether a link is alive: that of `token`, or without one any of the video's."""
        if video_id is None:
            raise HTTPException(400, "say which with video_id and token, or with link")
        try:
            if token is None:
                link = self._videos.link_of(holder.scope, video_id)
            else:
                link = self._videos.opened_by(holder.scope, video_id, token)
        except HostedVideoRefused as error:
            raise HTTPException(error.status, str(error)) from error
        return _validity(link)

    def verify_address(self, holder: KeyHolder, address: str) -> dict[str, Any]:
        """Whether the link with this address is alive."""
        link_id, token = _of_address(address)
        try:
            return _validity(self._videos.alive_at(holder.scope, link_id, token))
        except HostedVideoRefused as error:
            raise HTTPException(error.status, str(error)) from error

    def extend(self, holder: KeyHolder, wanted: Extension) -> dict[str, Any]:
        """Let the link of a video live longer."""
        try:
            link = self._videos.link_of(holder.scope, wanted.video_id)
            if link is None:
                raise HTTPException(410, "the link of this video has expired or was revoked")
            longer = self._links.extend(holder.scope, link.id, wanted.additional_hours)
            made_at = self._videos.made_at(link.id)
        except HostedVideoRefused as error:
            raise HTTPException(error.status, str(error)) from error
        except EvidenceError as error:
            raise HTTPException(410, "the link of this video has expired or was revoked") from error
        except ConfigError as error:
            raise HTTPException(400, "a link lives a year from now at most") from error
        assert longer is not None, "it was there a moment ago, and rows of links are never deleted"
        return {
            "success": True,
            "video_id": wanted.video_id,
            "new_expiration": longer.expires_at.isoformat(),
            "total_hours": round((longer.expires_at - made_at) / timedelta(hours=1)),
        }

    def delete(self, holder: KeyHolder, video_id: str) -> dict[str, Any]:
        """Erase a video. When this is answered its file is gone and its links are revoked."""
        try:
            self._videos.delete(holder.scope, video_id)
        except HostedVideoRefused as error:
            raise HTTPException(error.status, str(error)) from error
        return {
            "success": True,
            "video_id": video_id,
            "message": "the video is deleted, its links are revoked",
        }

    def _part_for(self, venue_id: str, video_id: str) -> Path:
        try:
            return self._videos.part_for(venue_id, video_id)
        except DiskFull as error:
            raise HTTPException(507, "there is no room for this video here now") from error

    def _checked(self, form: ReceivedForm, video_id: str) -> tuple[Metadata, int]:
        metadata = metadata_from(form.fields.get("metadata"))
        if metadata.video_id != video_id:
            raise HTTPException(400, "X-Video-ID and the video_id of the metadata are not the same")
        if form.fields.get("access_type", "private") != "private":
            raise HTTPException(400, "access_type: only 'private' is known here")
        hours = _hours(form.fields.get("expiration_hours"), self._default_hours)
        if metadata.file_hash != form.file.sha256:
            raise HTTPException(422, "the video that arrived does not have the file_hash of its metadata")
        return metadata, hours

    def _keep(
        self, holder: KeyHolder, venue_id: str, form: ReceivedForm, metadata: Metadata, hours: int
    ) -> PrivateLink:
        try:
            return self._videos.keep(
                holder.scope,
                form.file.path,
                venue_id=venue_id,
                video_id=metadata.video_id,
                file_name=_plain_name(form.file.file_name, metadata.video_id),
                sha256=form.file.sha256,
                size_bytes=form.file.size_bytes,
                facts=metadata.model_dump(mode="json"),
                hours=hours,
                made_by=f"key {holder.key_id}",
            )
        except HostedVideoRefused as error:
            raise HTTPException(error.status, str(error)) from error
        except DiskFull as error:
            raise HTTPException(507, "there is no room for this video here now") from error


def hosted_video_routes(answers: HostedVideoAnswers, keys: ApiKeys) -> APIRouter:
    """The routes, over `answers`; each demands a key of `keys`."""
    routes = APIRouter(prefix="/api/v1/videos")
    Holder = Annotated[KeyHolder, Depends(demand_key(keys))]  # noqa: N806  a type

    @routes.post("/upload")
    async def upload(request: Request, holder: Holder) -> dict[str, Any]:
        return await answers.upload(request, holder)

    @routes.delete("/upload/{video_id}")
    def delete(holder: Holder, video_id: str) -> dict[str, Any]:
        return answers.delete(holder, video_id)

    @routes.get("/link/verify")
    def verify(
        holder: Holder, video_id: str | None = None, token: str | None = None, link: str | None = None
    ) -> dict[str, Any]:
        if link is not None:
            return answers.verify_address(holder, link)
        return answers.verify(holder, video_id, token)

    @routes.post("/link/extend")
    def extend(holder: Holder, wanted: Extension) -> dict[str, Any]:
        return answers.extend(holder, wanted)

    return routes


def _own_venue(holder: KeyHolder) -> str:
    if holder.venue_id is None:
        raise HTTPException(
            403, "this key belongs to no venue; send videos with one from sightline venue key"
        )
    return holder.venue_id


def _stated_id(request: Request) -> str:
    """The id in X-Video-ID. It becomes the name of a file, so it is checked before anything else is read."""
    try:
        return video_id_from(request.headers.get("x-video-id", ""))
    except ValueError as error:
        raise HTTPException(400, "X-Video-ID must be the uuid of the video") from error


def _hours(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= LONGEST_LIFE_H:
        raise HTTPException(400, f"expiration_hours must be a whole number from 1 to {LONGEST_LIFE_H}")
    return int(text)


def _plain_name(given: str, video_id: str) -> str:
    """The sender's name of the file, if it is a plain one, for people; never part of a path here."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return name if name.isprintable() and 0 < len(name) <= FILE_NAME_LENGTH else f"incident_{video_id}.mp4"


def _of_address(address: str) -> tuple[str, str]:
    """Id and token of a private link."""
    try:
        parts = urlsplit(address)
        (token,) = parse_qs(parts.query)["token"]
    except (ValueError, KeyError) as error:
        raise HTTPException(400, "link must be a whole private link, with its token") from error
    return parts.path.rpartition("/")[2], token


def _validity(link: PrivateLink | None) -> dict[str, Any]:
    if link is None:
        return {"valid": False, "expiration_time": None, "remaining_hours": 0}
    left = (link.expires_at - datetime.now(UTC)) / timedelta(hours=1)
    return {
        "valid": True,
        "expiration_time": link.expires_at.isoformat(),
        "remaining_hours": round(max(0.0, left), 2),
    }
