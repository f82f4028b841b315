"""Video jobs as pages show them: how far each is, what it came to, and where that can be seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sightline.analytics.data_days import VenueDays
from sightline.dashboard.asking import Asked
from sightline.dashboard.figures_shown import DASH, Shown
from sightline.dashboard.job_words import in_words, note_of
from sightline.dashboard.pages import link, part
from sightline.jobs.job_view import JobView
from sightline.jobs.placing import DEFAULT_CAMERA
from sightline.pipeline.known_cameras import KnownCamera

BADGES = {"completed": "good", "failed": "bad"}
LIVELY = frozenset({"pending", "processing"})
STEADY_FRAMES, STEADY_SHARE = 50, 0.2
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundShown:
    """A figure of a completed job, and where what it counts is listed."""

    said: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCard:
    """A job.

    Attributes:
        facts: short ones that stand in a line.
        progress: facts about how far it is; empty unless it is under way.
        share: of its pictures, 0..1; None while nobody knows.
        found: of a completed one.
        events_href, day_href: where its events are, and its days; empty unless it is completed.
        can_stop: what its button does: `stop`, `remove` or nothing.
    """

    id: str
    name: str
    url: str
    badge: str
    state: str
    state_said: str
    venue: str
    venue_href: str
    camera: str
    camera_href: str
    facts: Sequence[str]
    time_unknown: bool
    message: str
    progress: Sequence[str]
    share: float | None
    found: Sequence[FoundShown]
    events_href: str
    day_href: str
    day_said: str
    can_stop: str
    can_retry: bool

    @property
    def is_lively(self) -> bool:
        """Whether it will look different in a moment."""
        return self.state in LIVELY


class JobCards:
    """Makes them, for one request.

    Args:
        venues, cameras: of the site; a job of a venue that is not among them is not shown.
    """

    def __init__(
        self,
        asked: Asked,
        words: Words,
        venues: Sequence[VenueDays],
        cameras: Iterable[KnownCamera],
        now: datetime | None = None,
    ) -> None:
        self._asked, self._words = asked, words
        self._venues = {one.venue.id: one for one in venues}
        self._cameras = {(one.venue_id, one.camera_id): one.name for one in cameras}
        self._now = now or datetime.now(UTC)

    @property
    def venues(self) -> list[VenueDays]:
        """Those that the caller may see."""
        return list(self._venues.values())

    def all(self, jobs: Iterable[JobView]) -> list[JobCard]:
        return [self._card(job, self._venues[job.venue_id]) for job in jobs if job.venue_id in self._venues]

    def _card(self, job: JobView, venue: VenueDays) -> JobCard:
        words, shown = self._words, Shown(self._asked.language, venue.zone)
        done = job.status == "completed"
        days = _days(job, venue)
        name = self._cameras.get((job.venue_id, job.camera_id))
        camera = name or job.camera_id
        return JobCard(
            id=job.job_id,
            name=job.video_name,
            url=job.url or "",
            badge=BADGES.get(job.status, ""),
            state=job.status,
            state_said=words[f"state_{job.status}"],
            venue=venue.venue.name,
            venue_href=f"/dashboard/{part(job.venue_id)}",
            camera=words["camera_unnamed"] if camera == DEFAULT_CAMERA else camera,
            camera_href=f"/cameras/{part(job.venue_id)}/{part(job.camera_id)}" if name is not None else "",
            facts=self._facts(job, shown),
            time_unknown=job.time_unknown,
            message=self._message(job),
            progress=self._progress(job, shown) if job.status == "processing" else (),
            share=_share(job),
            found=self._found(job, days, shown) if done else (),
            events_href=_events(job, days) if done else "",
            day_href=_dashboard(job, days) if done else "",
            day_said=words["see_day" if days[0] == days[1] else "see_days"],
            can_stop=self._stop(job),
            can_retry=self._asked.can_manage and job.status == "failed",
        )

    def _facts(self, job: JobView, shown: Shown) -> list[str]:
        words = self._words
        facts = [words["handed_over"].format(at=shown.moment(job.created_at))]
        if job.recorded_at is not None and not job.time_unknown:
            facts.append(words["recorded"].format(at=shown.moment(job.recorded_at)))
        if job.duration:
            facts.append(words["length"].format(span=shown.span(job.duration)))
        if job.priority:
            facts.append(words["priority_said"].format(n=shown.signed(job.priority)))
        if job.attempts > 1:
            facts.append(words["attempts"].format(n=job.attempts))
        return facts

    def _message(self, job: JobView) -> str:
        """What the figures do not say already."""
        if job.status == "completed":
            told = note_of(job.message)
        else:
            told = "" if job.message == job.status else job.message
        return in_words(told, self._asked.language)

    def _progress(self, job: JobView, shown: Shown) -> list[str]:
        words = self._words
        if not job.current_frame:
            return []
        said = "picture_of" if job.total_frames else "picture_n"
        facts = [
            words[said].format(n=shown.number(job.current_frame), all=shown.number(job.total_frames)),
        ]
        if job.started_at is None or not _is_steady(job):
            return facts
        pace = job.current_frame / max(1.0, (self._now - job.started_at).total_seconds())
        facts.append(words["pace"].format(n=shown.number(pace, 1 if pace < 10 else 0)))
        if job.eta_seconds is not None:
            facts.append(words["left"].format(span=shown.span(round(job.eta_seconds))))
        return facts

    def _found(self, job: JobView, days: tuple[date, date], shown: Shown) -> list[FoundShown]:
        words = self._words
        visits = _events(job, days, show="visits")
        visitors = self._counted("visitors", job.visitors_detected, shown)
        found = [FoundShown(said=visitors, href=visits)]
        if job.events is None or not any(job.events.values()):
            events = self._counted("events", None if job.events is None else 0, shown)
            return [*found, FoundShown(said=events, href=_events(job, days))]
        for kind, n in sorted(job.events.items()):
            if n:
                name = words.get(f"kind_{kind}", kind).lower()
                said = words["events_of_kind"].format(n=shown.number(n), kind=name)
                found.append(FoundShown(said=said, href=_events(job, days, kind=kind)))
        return found

    def _counted(self, what: str, n: int | None, shown: Shown) -> str:
        if n is None:
            return f"{DASH} {self._words[f'{what}_unknown']}"
        key = f"{what}_{n}" if f"{what}_{n}" in self._words else f"{what}_n"
        return self._words[key].format(n=shown.number(n))

    def _stop(self, job: JobView) -> str:
        if not self._asked.can_manage:
            return ""
        return {"pending": "remove", "processing": "stop"}.get(job.status, "")


def _share(job: JobView) -> float | None:
    if not job.total_frames or not job.current_frame:
        return None
    return min(1.0, job.current_frame / job.total_frames)


def _is_steady(job: JobView) -> bool:
    """Whether its pace says something: a detector that was just started has looked at next to nothing."""
    return job.current_frame >= STEADY_FRAMES or (_share(job) or 0.0) >= STEADY_SHARE


def _days(job: JobView, venue: VenueDays) -> tuple[date, date]:
    """The first and last day of the recording by the venue's clocks."""
    start = job.recorded_at or job.created_at
    end = start + timedelta(seconds=max(0.0, (job.duration or 0.0) - 1e-3))
    return start.astimezone(venue.zone).date(), end.astimezone(venue.zone).date()


def _events(job: JobView, days: tuple[date, date], **query: str) -> str:
    first, last = (day.isoformat() for day in days)
    of = {"venue_id": job.venue_id, "camera_id": job.camera_id, "first": first, "last": last}
    return link("/review", **of, **query)


def _dashboard(job: JobView, days: tuple[date, date]) -> str:
    count = (days[1] - days[0]).days + 1
    return link(f"/dashboard/{part(job.venue_id)}", days=count, to=days[1].isoformat())
