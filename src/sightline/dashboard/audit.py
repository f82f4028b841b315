"""/audit: a person counts stretches drawn by chance, and the site says how right it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from sightline.analytics.audits import Audits
from sightline.analytics.data_days import VenueDays
from sightline.api.cameras import ID
from sightline.dashboard.asking import Asked, AskingToManage, PageRoute
from sightline.dashboard.figures_shown import DASH, Shown
from sightline.dashboard.pages import link, show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.audit import AUDIT
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.venue_shown import VenueDesk
from sightline.pipeline.camera_admin import CameraAdmin

MOST_CAMERAS = 500
RULES = ("visitors", "interaction", "unattended", "queue")
LENGTHS, COUNTS, SPANS = (15, 30, 60, 120, 300), (3, 5, 10, 20), (1, 3, 7, 28)
FIRST_LENGTH, FIRST_COUNT, FIRST_SPAN = 60, 5, 7
OfSite = Annotated[str | None, Query(pattern=ID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedRule:
    """How right one rule at one camera is, as it is shown. Estimates are a value and its interval."""

    camera: str
    rule: str
    stretches: int
    minutes: str
    counted: str
    found_href: str
    precision: tuple[str, str]
    recall: tuple[str, str]
    ratio: tuple[str, str]
    last: str
    is_new: bool


def audit_page_routes(desk: VenueDesk, cameras: CameraAdmin, audits: Audits) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/audit")
    def audit_page(
        asked: AskingToManage,
        venue_id: OfSite = None,
        camera_id: OfSite = None,
        rule: Annotated[str, Query(pattern="^[a-z]{0,20}$")] = "visitors",
        done: Annotated[int, Query(ge=0, le=1_000)] = 0,
    ) -> HTMLResponse:
        """`done` stretches of a rule at a camera were counted just now."""
        venues = {one.venue.id: one for one in desk.listed(asked)}
        chosen = (venue_id, camera_id)
        words = in_language(asked.language, SHELL, AUDIT)
        return show(
            "audit.html",
            asked,
            sentences=AUDIT,
            scripts=("audit.js",),
            page_data={
                "words": {name: said for name, said in words.items() if name.startswith(("rule_", "step_"))},
                "zones": {one: str(venue.zone) for one, venue in venues.items()},
            },
            cameras=_choices(asked, venues, cameras, chosen),
            rules=RULES,
            rule=rule if rule in RULES else RULES[0],
            lengths=LENGTHS,
            counts=COUNTS,
            spans=SPANS,
            first=(FIRST_LENGTH, FIRST_COUNT, FIRST_SPAN),
            done=done,
            rows=_rows(asked, venues, audits, words, (*chosen, rule) if done else None),
        )

    return routes


def _choices(
    asked: Asked,
    venues: Mapping[str, VenueDays],
    cameras: CameraAdmin,
    chosen: tuple[str | None, str | None],
) -> list[dict[str, Any]]:
    """The cameras that can be counted, with the last day on which there was something."""
    found, _ = cameras.page(asked.caller.scope, venue_id=None, limit=MOST_CAMERAS, offset=0)
    choices = []
    for one in found:
        venue = venues.get(one["venue_id"])
        if venue is None:
            continue
        choices.append(
            {
                "venue_id": one["venue_id"],
                "camera_id": one["camera_id"],
                "name": f"{venue.venue.name} · {one['name'] or one['camera_id']}",
                "last": (venue.last_day or venue.today).isoformat(),
                "is_live": one["state"] != "recordings",
                "chosen": (one["venue_id"], one["camera_id"]) == chosen,
            }
        )
    if chosen[1] is None:  # the first that is watched, else the first
        of_venue = [one for one in choices if chosen[0] in (one["venue_id"], None)]
        for one in sorted(of_venue, key=lambda one: not one["is_live"])[:1]:
            one["chosen"] = True
    return choices


def _rows(
    asked: Asked,
    venues: Mapping[str, VenueDays],
    audits: Audits,
    words: Mapping[str, str],
    new: tuple[str | None, str | None, str] | None,
) -> Sequence[AuditedRule]:
    last: dict[tuple[str, str, str], datetime] = {}
    days: dict[tuple[str, str, str], list[datetime]] = {}
    for one in audits.listed(asked.caller.scope):
        key = (one.venue_id, one.camera_id, one.rule)
        last[key] = max(last.get(key, one.audited_at), one.audited_at)
        days.setdefault(key, []).append(one.started_at)
    rows = []
    for told in audits.report(asked.caller.scope):
        key = (told["venue_id"], told["camera_id"], told["rule"])
        venue = venues.get(key[0])
        zone = venue.zone if venue is not None else UTC
        shown = Shown(asked.language, zone)
        first_day, last_day = (pick(days[key]).astimezone(zone).date() for pick in (min, max))
        kind = {"show": "visits"} if key[2] == "visitors" else {"kind": key[2]}
        rows.append(
            AuditedRule(
                camera=f"{venue.venue.name if venue is not None else key[0]} · {key[1]}",
                rule=words.get(f"rule_{key[2]}", key[2]),
                stretches=told["stretches"],
                minutes=shown.number(told["audited_minutes"], 1),
                counted=f"{shown.number(told['found'])} / {shown.number(told['truth'])}",
                found_href=link(
                    "/review",
                    venue_id=key[0],
                    camera_id=key[1],
                    first=first_day.isoformat(),
                    last=last_day.isoformat(),
                    **kind,
                ),
                precision=_share(shown, told["precision"]),
                recall=_share(shown, told["recall"]),
                ratio=_ratio(shown, told["count_ratio"]),
                last=shown.day(last[key].astimezone(zone).date()),
                is_new=key == new,
            )
        )
    return sorted(rows, key=lambda row: not row.is_new)


def _share(shown: Shown, told: Mapping[str, float] | None) -> tuple[str, str]:
    if told is None:
        return DASH, ""
    value, low, high = (shown.percent(100 * told[name]) for name in ("value", "low", "high"))
    return value, f"{low} – {high}"


def _ratio(shown: Shown, told: Mapping[str, float] | None) -> tuple[str, str]:
    """How far the count is off: what there was for each one found, less one."""
    if told is None:
        return DASH, ""
    signs = [shown.signed(100 * (told[name] - 1)) for name in ("value", "low", "high")]
    unit = "\u202f%" if shown.language == "fr" else "%"
    return signs[0] + unit, f"{signs[1]} – {signs[2]}{unit}"
