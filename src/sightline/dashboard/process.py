"""/process: videos are handed over, and how far each is."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from sightline.dashboard.asking import Asked, Asking, AskingToManage, PageRoute
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.job_words import plain_reasons
from sightline.dashboard.pages import show, show_part
from sightline.dashboard.review_asked import ID
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.uploads import PROCESS
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.uploads import JobDeskOfPages, script_data
from sightline.errors import NotFound, OutOfScope
from sightline.jobs.job_view import JobView

FOLLOWED = 60
"""Jobs that one page follows at most; the queue shows the others."""
FIRST, LAST = 10, -10
"""Priorities that are offered besides the usual 0."""
UNITS = {"en": "MB", "fr": "Mo"}

JobIds = Annotated[list[Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,100}$")]], Query(max_length=FOLLOWED)]


def process_page_routes(desk: JobDeskOfPages, *, most_calls: int, hosts: tuple[str, ...]) -> APIRouter:
    """The page, and the part of it that is asked for again and again.

    Args:
        most_calls: that start work, a minute.
        hosts: from where videos are fetched.
    """
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/process")
    def process(
        asked: AskingToManage,
        venue_id: Annotated[str | None, Query(pattern=ID)] = None,
        camera_id: Annotated[str | None, Query(pattern=ID)] = None,
        job_id: JobIds = [],  # noqa: B006  FastAPI copies it
    ) -> HTMLResponse:
        words = in_language(asked.language, SHELL, PROCESS)
        cards = desk.cards(asked)
        venues = [one.venue for one in cards.venues]
        chosen = next((one.id for one in venues if one.id == venue_id), venues[0].id if venues else "")
        cameras = [
            {"venue_id": one.venue_id, "id": one.camera_id, "name": one.name} for one in desk.cameras()
        ]
        known = [one for one in cameras if one["venue_id"] in {venue.id for venue in venues}]
        most = _megabytes(desk.jobs.longest_bytes, asked)
        return show(
            "process.html",
            asked,
            sentences={**VENUE, **PROCESS},
            scripts=("process.js",),
            venues=venues,
            venue_id=chosen,
            camera_id=camera_id or "",
            cameras=[one for one in known if one["venue_id"] == chosen],
            most=most,
            hosts=", ".join(hosts),
            priorities=((FIRST, "first"), (0, "usual"), (LAST, "last")),
            processor_running=desk.jobs.figures(asked.caller.scope, None).processor_running,
            cards=cards.all(_jobs(desk, asked, job_id)),
            page_data={
                **script_data(words, "/process/now"),
                "cameras": known,
                "zones": {one.id: one.timezone for one in venues},
                "longest_bytes": desk.jobs.longest_bytes,
                "most": most,
                "most_calls": most_calls,
                "followed": FOLLOWED,
                "hosts": hosts,
                "language": asked.language,
                "unit": UNITS[asked.language],
                "reasons": dict(plain_reasons(asked.language)),
                "words": {key: words[key] for key in PROCESS},
            },
        )

    @routes.get("/process/now")
    def process_now(asked: Asking, job_id: JobIds = []) -> HTMLResponse:  # noqa: B006  FastAPI copies it
        cards = desk.cards(asked).all(_jobs(desk, asked, job_id))
        return show_part("job_cards.html", asked, sentences={**VENUE, **PROCESS}, cards=cards)

    return routes


def _jobs(desk: JobDeskOfPages, asked: Asked, job_ids: list[str]) -> list[JobView]:
    """Those of the jobs that are there (still) and may be seen, in this order."""
    found: dict[str, JobView] = {}
    for job_id in job_ids:
        try:
            found[job_id] = desk.jobs.job(asked.caller.scope, job_id)
        except (NotFound, OutOfScope):
            continue
    return list(found.values())


def _megabytes(size_bytes: int, asked: Asked) -> str:
    return f"{Shown(asked.language, UTC).number(size_bytes / 1e6)}\u00a0{UNITS[asked.language]}"
