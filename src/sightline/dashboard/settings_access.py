"""/settings/users, /settings/keys, /settings/audit-log: who may come in, and who did what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from sightline.api.cameras import ID
from sightline.dashboard.asking import Asked, AskingToAdminister, AskingToManage, PageRoute
from sightline.dashboard.figures_shown import DASH
from sightline.dashboard.pages import link, part, show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.settings_access import DEEDS, SETTINGS_ACCESS
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.settings import tabs_for
from sightline.dashboard.venue_shown import VenueDesk
from sightline.domain.account import SHORTEST_PASSWORD, Role
from sightline.pipeline.accounts import Accounts
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.audit_log import AuditLog
from sightline.pipeline.venues import FIRST_KEY

PEOPLE, KEYS, ENTRIES = 200, 200, 50
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Actor = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
OfVenue = Annotated[str, Query(pattern=ID.replace("{1,50}", "{0,50}"))]


@dataclass(frozen=True, slots=True)
class AccessServices:
    """What the pages read from."""

    accounts: Accounts
    keys: ApiKeys
    audit: AuditLog


def access_page_routes(desk: VenueDesk, services: AccessServices) -> APIRouter:
    """The three pages."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/settings/users")
    def users(asked: AskingToAdminister, page: PageNumber = 1) -> HTMLResponse:
        total, found = services.accounts.page(limit=PEOPLE, offset=(page - 1) * PEOPLE)
        venues = desk.listed(asked)
        return show(
            "settings_users.html",
            asked,
            sentences=SETTINGS_ACCESS,
            scripts=("settings_users.js",),
            page_data={"words": _words_of_scripts(asked), "shortest": SHORTEST_PASSWORD},
            tabs=tabs_for(asked),
            tab="users",
            users=found,
            venues=venues,
            names={one.venue.id: one.venue.name for one in venues},
            roles=[role.value for role in (Role.VIEWER, Role.MANAGER, Role.ADMINISTRATOR)],
            own_id=asked.caller.id,
            page=page,
            pages=-(-total // PEOPLE),
        )

    @routes.get("/settings/keys")
    def keys(asked: AskingToManage, page: PageNumber = 1) -> HTMLResponse:
        if asked.caller.kind == "key" and asked.caller.venues is not None:  # as the API has it
            raise HTTPException(403)
        total, found = services.keys.page(
            asked.caller.scope, venue_id=None, limit=KEYS, offset=(page - 1) * KEYS
        )
        venues = desk.listed(asked)
        return show(
            "settings_keys.html",
            asked,
            sentences=SETTINGS_ACCESS,
            scripts=("settings_keys.js",),
            page_data={"words": _words_of_scripts(asked)},
            tabs=tabs_for(asked),
            tab="keys",
            first_key=FIRST_KEY,
            keys=sorted(found, key=lambda one: one.revoked_at is not None),
            venues=venues,
            names={one.venue.id: one.venue.name for one in venues},
            page=page,
            pages=-(-total // KEYS),
        )

    @routes.get("/settings/audit-log")
    def audit_log(
        asked: AskingToAdminister, page: PageNumber = 1, venue_id: OfVenue = "", actor: Actor = ""
    ) -> HTMLResponse:
        total, found = services.audit.page(
            asked.caller.scope,
            venue_id=venue_id or None,
            actor=actor or None,
            limit=ENTRIES,
            offset=(page - 1) * ENTRIES,
        )
        names, venues = _names(services, asked), desk.listed(asked)
        return show(
            "settings_audit_log.html",
            asked,
            sentences=SETTINGS_ACCESS,
            tabs=tabs_for(asked),
            tab="audit_log",
            entries=[_shown_entry(one, names, asked) for one in found],
            venues=venues,
            venue_names={one.venue.id: one.venue.name for one in venues},
            venue_id=venue_id,
            actor=actor,
            actors=sorted(names.items(), key=lambda one: one[1]),
            page=page,
            pages=-(-total // ENTRIES),
        )

    return routes


def _words_of_scripts(asked: Asked) -> dict[str, str]:
    words = in_language(asked.language, SETTINGS_ACCESS)
    return {name: said for name, said in words.items() if name.startswith("do_")}


def _names(services: AccessServices, asked: Asked) -> dict[str, str]:
    """What the actors of the log are called: accounts and keys that are still there, and what has no id."""
    words = in_language(asked.language, SETTINGS_ACCESS)
    names = {f"person:{one.id}": one.name for one in services.accounts.all()}
    _, keys = services.keys.page(asked.caller.scope, venue_id=None, limit=KEYS, offset=0)
    names |= {f"key:{one.id}": words["actor_key"].format(name=one.name) for one in keys}
    return names | {
        one: words[f"actor_{one.replace(' ', '_')}"] for one in ("local", "command line", "nobody")
    }


def _shown_entry(entry: Any, names: dict[str, str], asked: Asked) -> dict[str, Any]:
    deed, words = DEEDS.get(entry.action), in_language(asked.language, SHELL, SETTINGS_ACCESS)
    return {
        "at": entry.at,
        "actor": entry.actor,
        "who": names.get(entry.actor, entry.actor),
        "deed": deed[asked.language == "fr"] if deed is not None else "",
        "action": entry.action,
        "venue_id": entry.venue_id,
        "subject": _subject(entry.subject, names, words),
        "goal": _goal(entry.subject),
        "facts": ", ".join(
            _fact(name, value, words) for name, value in entry.facts.items() if name != "status"
        ),
        "address": entry.address,
    }


def _subject(told: str, names: dict[str, str], words: Mapping[str, str]) -> str:
    """An account or a key by its name, while it is there; other things by how their id begins."""
    kind, _, id_of_it = told.partition("=")
    if f"about_{kind}" in words and "," not in id_of_it:
        return words[f"about_{kind}"].format(id=id_of_it[:8])
    actor = {"user": "person", "key": "key"}.get(kind, kind)
    return names.get(f"{actor}:{id_of_it}", told)


def _goal(told: str) -> str:
    """Where that can be looked at; empty where there is no page of it."""
    kind, _, id_of_it = told.partition("=")
    return link(f"/review/{part(id_of_it)}") if kind in ("event_id", "evidence_id") else ""


def _fact(name: str, value: Any, words: Mapping[str, str]) -> str:
    told = ", ".join(map(str, value)) or DASH if isinstance(value, list) else value
    said = words.get(f"role_{told}", words.get(f"fact_{told}", told))
    return words["fact_said"].format(name=words.get(f"fact_{name}", name), said=said)
