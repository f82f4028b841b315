"""GET /video/{id}: the page of a private link for people, the bytes of its video for players and programs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, Response

from sightline.api.byte_ranges import NotSatisfiable, ask_for, asked_range
from sightline.api.problems import problem_answer
from sightline.evidence.private_links import PrivateLinks, Refusal, Resolved
from sightline.evidence.shown_video import ShownVideo, ShownVideos

REASONS = {
    401: "this address lacks its token; use the whole link as it was given",
    403: "this link is not valid: it was withdrawn, or its address is not the one that was given",
    404: "this video is gone, or it cannot be shown",
    410: "this link has expired",
}


class Page(Protocol):
    """A page ready to be sent."""

    @property
    def html(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def content_security_policy(self) -> str: ...


class RenderVideo(Protocol):
    def __call__(
        self, shown: ShownVideo, *, clip_address: str, accept_language: str, now: datetime
    ) -> Page: ...


class RenderRefusal(Protocol):
    def __call__(self, status: int, *, accept_language: str) -> Page: ...


class VideoAnswers:
    """Answers for private links.

    Args:
        render_video, render_refusal: the pages, for people.
    """

    def __init__(
        self,
        links: PrivateLinks,
        shown: ShownVideos,
        *,
        render_video: RenderVideo,
        render_refusal: RenderRefusal,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._links = links
        self._shown = shown
        self._render_video = render_video
        self._render_refusal = render_refusal
        self._clock = clock

    async def link(self, request: Request, link_id: str) -> Response:
        """The page for a browser that opens the link, the bytes for everything else."""
        opened = await run_in_threadpool(self._open, link_id, _token(request))
        if isinstance(opened, Refusal):
            return self._refused(request, opened.status)
        resolved, shown = opened
        if not _wants_page(request):
            return await self._bytes(request, resolved, shown, counts=True)
        if request.method == "GET":
            await run_in_threadpool(self._links.count_view, resolved.link)
        page = self._render_video(
            shown,
            clip_address=f"/video/{resolved.link.id}/clip?token={quote(str(_token(request)), safe='')}",
            accept_language=_accepted_language(request),
            now=self._clock(),
        )
        return _html(page, 200)

    async def clip(self, request: Request, link_id: str) -> Response:
        """The bytes, for the player of the page. They count as a view only where the page was not opened."""
        opened = await run_in_threadpool(self._open, link_id, _token(request))
        if isinstance(opened, Refusal):
            return self._refused(request, opened.status)
        return await self._bytes(request, *opened, counts=False)

    def _open(self, link_id: str, token: str | None) -> tuple[Resolved, ShownVideo] | Refusal:
        resolved = self._links.resolve(link_id, token)
        if isinstance(resolved, Refusal):
            return resolved
        shown = self._shown.open(resolved.link)
        return shown if isinstance(shown, Refusal) else (resolved, shown)

    async def _bytes(
        self, request: Request, resolved: Resolved, shown: ShownVideo, *, counts: bool
    ) -> Response:
        try:
            asked = asked_range(request.headers.get("range"), shown.size_bytes)
        except NotSatisfiable:
            answer = problem_answer(request.scope, 416, "the video ends before the range that was asked for")
            answer.headers["Content-Range"] = f"bytes */{shown.size_bytes}"
            return answer
        ask_for(request, asked)
        if request.method == "GET":
            from_start = asked is None or asked.first == 0
            await run_in_threadpool(
                self._links.count_view, resolved.link, unless_counted=not (counts and from_start)
            )
        return FileResponse(
            shown.path,
            headers={"ETag": f'"{shown.sha256}"', "Vary": "Accept"},
            media_type=shown.media_type,
            filename=shown.file_name,
            content_disposition_type="inline",
        )

    def _refused(self, request: Request, status: int) -> Response:
        if _wants_page(request):
            page = self._render_refusal(status, accept_language=_accepted_language(request))
            return _html(page, status)
        return problem_answer(request.scope, status, REASONS[status])


def video_routes(answers: VideoAnswers) -> APIRouter:
    """The routes, over `answers`."""
    routes = APIRouter(include_in_schema=False)
    methods = ["GET", "HEAD"]
    routes.add_api_route("/video/{link_id}", answers.link, methods=methods, response_model=None)
    routes.add_api_route("/video/{link_id}/clip", answers.clip, methods=methods, response_model=None)
    return routes


def _token(request: Request) -> str | None:
    """The token of the address; one given twice is none that we gave."""
    given = request.query_params.getlist("token")
    return "&".join(given) or None


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "").lower() and "range" not in request.headers


def _accepted_language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _html(page: Page, status: int) -> Response:
    headers = {
        "Content-Security-Policy": page.content_security_policy,
        "Content-Language": page.language,
        "Vary": "Accept, Accept-Language",
    }
    return HTMLResponse(page.html, status_code=status, headers=headers)
