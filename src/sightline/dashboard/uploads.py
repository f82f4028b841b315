"""/uploads: the videos that were handed over, how far each is, and what it came to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.job_shown import JobCards, Words
from sightline.dashboard.pages import link, show, show_part
from sightline.dashboard.review_asked import ID, OrNothing
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.uploads import JOBS, UPLOADS
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue_shown import VenueDesk
from sightline.jobs.video_jobs import VideoJobs
from sightline.pipeline.known_cameras import KnownCamera

PER_PAGE = 25
STATES = ("pending", "processing", "completed", "failed", "cancelled")
REFRESH_MS, QUIET_MS = 1_000, 8_000
"""Between two looks: while something is under way, and while nothing is."""
SCRIPT_WORDS = ("stale", "stop_title", "stop_text", "remove_title", "remove_text", "yes_stop", "yes_remove")

State = Literal["pending", "processing", "completed", "failed", "cancelled"]
Cameras = Callable[[], Iterable[KnownCamera]]


@dataclass(frozen=True, slots=True)
class JobDeskOfPages:
    """What pages about jobs read from. `cameras` are all those of the site."""

    venues: VenueDesk
    jobs: VideoJobs
    cameras: Cameras

    def cards(self, asked: Asked) -> JobCards:
        words = in_language(asked.language, SHELL, VENUE, JOBS)
        return JobCards(asked, words, self.venues.listed(asked), self.cameras())


class QueueQuery:
    """The query of the page; fields that were left empty are as good as none."""

    def __init__(
        self,
        venue_id: Annotated[str | None, Query(pattern=ID)] = None,
        state: State | OrNothing | None = None,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> None:
        self.venue_id, self.state, self.page = venue_id or None, state or None, page

    def address(self, path: str = "/uploads", **changed: Any) -> str:
        """Of the list, with some parts changed."""
        page = self.page if self.page > 1 else None
        return link(path, **{"venue_id": self.venue_id, "state": self.state, "page": page, **changed})


def upload_page_routes(desk: JobDeskOfPages) -> APIRouter:
    """The page, and the part of it that is asked for again and again."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/uploads")
    def uploads(asked: Asking, query: Annotated[QueueQuery, Depends()]) -> HTMLResponse:
        words = in_language(asked.language, SHELL, UPLOADS)
        return show(
            "uploads.html",
            asked,
            sentences={**VENUE, **UPLOADS},
            scripts=("uploads.js",),
            page_data=script_data(words, query.address("/uploads/now")),
            **_queue(desk, asked, query),
        )

    @routes.get("/uploads/now")
    def uploads_now(asked: Asking, query: Annotated[QueueQuery, Depends()]) -> HTMLResponse:
        return show_part(
            "uploads_now.html", asked, sentences={**VENUE, **UPLOADS}, **_queue(desk, asked, query)
        )

    return routes


def script_data(words: Words, address: str) -> dict[str, Any]:
    """What `jobs_shown.js` is given; `address` is of the part that it refreshes."""
    return {
        "address": address,
        "refresh_ms": REFRESH_MS,
        "quiet_ms": QUIET_MS,
        "words": {key: words[key] for key in SCRIPT_WORDS},
    }


def _queue(desk: JobDeskOfPages, asked: Asked, query: QueueQuery) -> dict[str, Any]:
    scope = asked.caller.scope
    found, total = desk.jobs.jobs(
        scope,
        venue_id=query.venue_id,
        state=query.state,
        limit=PER_PAGE,
        offset=(query.page - 1) * PER_PAGE,
    )
    figures = desk.jobs.figures(scope, query.venue_id)
    last = max(1, -(-total // PER_PAGE))
    counts = [("", sum(figures.states.values())), *((state, figures.states[state]) for state in STATES)]
    cards = desk.cards(asked)
    return {
        "query": query,
        "venues": cards.venues,
        "cards": cards.all(found),
        "counts": counts,
        "figures": figures,
        "page": query.page,
        "last_page": last,
        "newer": query.address(page=query.page - 1) if query.page > 1 else None,
        "older": query.address(page=query.page + 1) if query.page < last else None,
    }
