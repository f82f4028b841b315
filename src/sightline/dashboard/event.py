"""/review/{event_id}: one event with its video, what is known of it, and what may be done with both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.clip_shown import clip_bar, shown_clip
from sightline.dashboard.event_words import detail_lines, reason_in
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import show
from sightline.dashboard.review_asked import ReviewQuery, review_asked
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.event import EVENT
from sightline.dashboard.sentences.review import REVIEW
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue_shown import VenueDesk
from sightline.domain.scope import Scope
from sightline.errors import NotFound
from sightline.evidence.case_desk import CaseDesk
from sightline.evidence.link_desk import LinkDesk
from sightline.evidence.reading import EvidenceReading
from sightline.pipeline.event_reading import EventReading
from sightline.pipeline.event_verdicts import EventVerdicts

WORDS = {**VENUE, **REVIEW, **EVENT}
PLAYED = ("as_sealed",)
SCRIPT_WORDS = (
    *("copy_link", "copied", "link_local", "no_boxes", "role_staff", "role_customer", "role_unknown"),
    *("copy_original", "copy_viewing", "copy_masked", "copy_blurred", "copy_masked+blurred", "cannot_play"),
)
EventId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDesk:
    """What the page of an event asks.

    Attributes:
        name_of: an account's name by its id; None when there is none.
    """

    venues: VenueDesk
    events: EventReading
    evidence: EvidenceReading
    verdicts: EventVerdicts
    links: LinkDesk
    cases: CaseDesk
    name_of: Callable[[str], str | None]


def event_page_routes(desk: EventDesk) -> APIRouter:
    """The page; also of a clip that belongs to no event, by the id of its evidence."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/review/{event_id}")
    def event(asked: Asking, event_id: EventId, query: Annotated[ReviewQuery, Depends()]) -> HTMLResponse:
        happened = _event(desk, asked, event_id)
        values = _Page(desk, asked, happened, event_id).values()
        if happened is not None:
            values |= _neighbours(desk, asked, happened, query)
        return show(
            "event.html", asked, sentences=WORDS, scripts=("player.js", "evidence_panel.js"), **values
        )

    return routes


def _event(desk: EventDesk, asked: Asked, event_id: str) -> dict[str, Any] | None:
    """The event; None where the id is that of a clip."""
    try:
        return desk.events.one(asked.caller.scope, event_id)
    except NotFound:
        found = desk.evidence.find(asked.caller.scope, event_id)
        return desk.events.one(asked.caller.scope, found.event_id) if found.event_id is not None else None


def _neighbours(
    desk: EventDesk, asked: Asked, event: Mapping[str, Any], query: ReviewQuery
) -> dict[str, Any]:
    """Addresses of the list, and of the events beside this one in it."""
    if query.first is None:  # opened by itself: the list of its day
        query.venue_id = query.venue_id or event["venue_id"]
        known = {one.venue.id: one for one in desk.venues.listed(asked)}
        zone = known[event["venue_id"]].zone if event["venue_id"] in known else UTC
        query.first = query.last = event["started_at"].astimezone(zone).date()
    query.show = "events"
    wanted = review_asked(desk.venues, asked, query)
    earlier, later = desk.events.beside(
        asked.caller.scope, event["started_at"], event["event_id"], **wanted.search()
    )
    return {
        "list_address": wanted.address(),
        "earlier": wanted.event(earlier) if earlier else None,
        "later": wanted.event(later) if later else None,
    }


class _Page:
    """Everything on the page but its neighbours."""

    def __init__(self, desk: EventDesk, asked: Asked, event: dict[str, Any] | None, asked_id: str) -> None:
        self._desk, self._asked, self._event = desk, asked, event
        scope = asked.caller.scope
        has_clip = event is None or event["evidence"] is not None
        name = asked_id if event is None else event["evidence"]["evidence_id"] if has_clip else ""
        self._evidence = desk.evidence.find(scope, name) if has_clip else None
        venue_id = self._evidence.venue_id if event is None and self._evidence else (event or {})["venue_id"]
        known = {one.venue.id: one for one in desk.venues.listed(asked)}
        self._venue = known.get(venue_id)
        self._venue_id = venue_id
        zone: tzinfo = self._venue.zone if self._venue is not None else UTC
        self._zone = zone
        self._words = in_language(asked.language, SHELL, WORDS)
        self._shown = Shown(asked.language, zone)

    def values(self) -> dict[str, Any]:
        event, evidence = self._event, self._evidence
        document = self._desk.evidence.document(evidence) if evidence is not None else None
        verification = (
            event["verification"]
            if event is not None
            else self._desk.evidence.verification(evidence, thorough=True)
        )
        clip = None
        if evidence is not None and document is not None and verification["state"] in PLAYED:
            happened = (event["started_at"], event["ended_at"]) if event is not None else None
            clip = shown_clip(evidence.id, document, happened)
        return {
            "zone": self._zone,
            "event": event,
            "evidence": document,
            "venue_name": self._venue.venue.name if self._venue is not None else self._venue_id,
            "camera_name": self._camera_name(),
            "held_at": self._held_at(document),
            "verification": verification,
            "clip": clip,
            "bar": clip_bar(clip, self._words, self._shown) if clip is not None else None,
            "page_data": self._page_data(clip.page_data() if clip is not None else None),
            "details": detail_lines(event["details"], self._words, self._shown) if event else [],
            "people": self._people(),
            "list_address": "/review",
            "earlier": None,
            "later": None,
            "who": self.who,
            **self._custody(),
        }

    def _camera_name(self) -> str:
        found = self._event["camera_id"] if self._event is not None else None
        camera_id: str = found or (self._evidence.camera_id if self._evidence is not None else "")
        names = self._desk.venues.camera_names(self._asked)
        return names.get((self._venue_id, camera_id), camera_id)

    def _held_at(self, document: Mapping[str, Any] | None) -> str:
        """Since when the clip is on hold; empty where it is not."""
        held = document["held"] if document is not None else None
        return self._shown.moment(datetime.fromisoformat(held["since"])) if held else ""

    def _custody(self) -> dict[str, Any]:
        """Where the evidence goes, who may see it, and what happened to it."""
        evidence, manages = self._evidence, self._asked.can_manage
        if evidence is None:
            return {"deliveries": [], "links": [], "covered": False, "deeds": self._deeds([])}
        return {
            "deliveries": self._desk.evidence.deliveries(evidence),
            "links": self._links() if manages else [],
            "covered": self._desk.cases.is_covered(evidence),
            "deeds": self._deeds(self._desk.evidence.ledger(evidence)["entries"]),
        }

    def _links(self) -> list[dict[str, Any]]:
        assert self._evidence is not None
        return [
            {**one, "expires_at": datetime.fromisoformat(one["expires_at"])}
            for one in self._desk.links.of(self._evidence)
        ]

    def _page_data(self, clip: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            "clip": clip,
            "event_id": self._event["event_id"] if self._event is not None else None,
            "evidence_id": self._evidence.id if self._evidence is not None else None,
            "words": {key: self._words[key] for key in SCRIPT_WORDS},
        }

    def _people(self) -> list[dict[str, Any]]:
        if self._event is None:
            return []
        told = self._event["people"]
        return [{**one, "role_reason": reason_in(self._asked.language, one["role_reason"])} for one in told]

    def _deeds(self, of_clip: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Entries about clip and event, newest first."""
        deeds = [{**one, "at": datetime.fromisoformat(one["at"])} for one in of_clip]
        if self._event is not None:
            scope = Scope.of(self._venue_id)
            deeds += [
                {"position": said.position, "at": said.at, "action": said.action, "actor": said.actor}
                for said in self._desk.verdicts.history(scope, self._event["event_id"])
            ]
        for one in deeds:
            one["said"] = self._words.get(f"deed_{one['action']}", one["action"])
            one["who"] = self.who(one["actor"])
        return sorted(deeds, key=lambda one: one["at"], reverse=True)

    def who(self, actor: str) -> str:
        """Whom the ledger means; names of accounts are for those who manage."""
        kind, _, number = actor.partition(":")
        if kind == "person" and self._asked.can_manage:
            return self._desk.name_of(number) or self._words["actor_person"]
        return self._words.get(f"actor_{kind}", actor)
