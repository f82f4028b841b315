"""Every route of the documentation against every kind of caller.

Routes, and what each needs, are read from /openapi.json; what a need lets in is written down here. All ids
are of things that are there, in one venue, so that "not found" hides nothing. A route that says no need, an
id or a body that this file does not know: each fails a test.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform
from evidence_site import CAMERA, VENUE
from people_and_keys import CLOSED, Asker, with_account, with_key

from sightline.delivery_wiring import private_links
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.pipeline.api_keys import ApiKeys
from sightline.store.alerts import raise_alert
from sightline.store.jobs import StoredJob, add_job
from sightline.store.stays import add_stays

SITE, OTHER = Scope.site(), "other_shop"
NOW = datetime.now(UTC)
METHODS = {"get", "post", "put", "patch", "delete"}

# What each caller is: rank of the role, whether a key, and which venues (None: all).
NOBODIES = ("no key", "wrong key", "revoked key")
CALLERS = {
    "key of another venue": ("manager", "key", OTHER),
    "viewer": ("viewer", "person", VENUE),
    "viewer of another venue": ("viewer", "person", OTHER),
    "manager": ("manager", "person", VENUE),
    "manager of another venue": ("manager", "person", OTHER),
    "key of the venue": ("manager", "key", VENUE),
    "administrator's key": ("administrator", "key", None),
    "administrator": ("administrator", "person", None),
}
RANK = {"viewer": 0, "manager": 1, "administrator": 2}
LEAST = {"viewing": 0, "managing": 1, "managing in person": 1, "administering": 2}

EVENT = {"pseudo_id": "p", "timestamp": "2026-03-02T12:00:00Z", "zone": "front"}
HOUR = "2026-03-02T12Z"
AREA = {"name": "bakery", "kind": "area", "points": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}
BODIES: dict[str, dict[str, Any]] = {
    "POST /events": {"json": {"venue_id": VENUE, "events": [EVENT]}},
    "POST /events/batch": {"json": [EVENT | {"venue_id": VENUE}]},
    "PUT /api/edge/hours/{venue_id}/{camera_id}/{hour}": {
        "json": {
            "venue_id": VENUE,
            "camera_id": CAMERA,
            "hour": HOUR,
            "version": 1,
            "stays": [EVENT],
            "service_events": [],
            "coverage": {"minutes": []},
        }
    },
    "POST /api/audits": {
        "json": {
            "venue_id": VENUE,
            "camera_id": CAMERA,
            "rule": "queue",
            "from": "2025-10-25T11:30:05Z",
            "to": "2025-10-25T11:30:09Z",
            "truth": 0,
        }
    },
    "POST /api/keys": {"json": {"venue_id": VENUE, "name": "x"}},
    "PATCH /api/keys/{key_id}": {"json": {"name": "x"}},
    "PATCH /api/users/{user_id}": {"json": {}},
    "POST /api/users": {"json": {}},
    "POST /venues": {"json": {}},
    "PUT /venues/{venue_id}/zones": {"json": {"zones": [AREA]}},
    "POST /api/cameras/test": {"json": {"venue_id": VENUE, "source": "file:/refused"}},
    "POST /api/cameras/{camera_id}/preview": {"json": {"zones": [AREA]}},
    "POST /api/cameras": {"json": {"venue_id": VENUE, "id": "door", "source": "rtsp://127.0.0.1:9/x"}},
    "PATCH /api/cameras/{camera_id}": {"json": {"name": "x"}},
    "POST /api/evidence/cut": {
        "json": {
            "venue_id": VENUE,
            "camera_id": CAMERA,
            "from": "2025-10-25T11:30:05Z",
            "to": "2025-10-25T11:30:09Z",
            "reason": "x",
        }
    },
    "POST /api/events/{event_id}/verdict": {"json": {"verdict": "confirmed"}},
    "POST /api/evidence/{evidence_id}/hold": {"json": {"reason": "x"}},
    "POST /api/evidence/{evidence_id}/links": {"json": {"hours": 1}},
    "PATCH /api/links/{link_id}": {"json": {"hours": 1}},
    "POST /process/youtube": {"json": {"url": "https://youtu.be/x", "venue_id": VENUE}},
    "POST /api/batch/url": {"json": ["https://youtu.be/x"]},
    "POST /api/v1/videos/link/extend": {"json": {"video_id": "x", "additional_hours": 1}},
    "POST /login": {"json": {}},
    "POST /password": {"json": {}},
}
UPLOADS = {"POST /process/upload": "file", "POST /api/batch/upload": "files"}
ABOUT_NO_VENUE = {
    "POST /api/users",
    "PATCH /api/users/{user_id}",
    "POST /venues",
    "POST /login",
    "POST /password",
}
SEVERAL_VENUES = {"GET /api/benchmark/venues"}
ENDS_THE_SESSION = {"POST /logout", "POST /password"}
OF_NO_VENUE = {("POST /api/v1/videos/upload", "administrator's key")}
"""A video belongs to a venue, and this key to none."""
SLOW = {
    "POST /api/cameras/{camera_id}/test",
    "GET /api/cameras/{camera_id}/snapshot",
    "POST /api/cameras/{camera_id}/preview",
}
"""Would wait for a camera that is not there, or watch footage: who is let in asks for one nobody knows."""


@dataclass
class Site:
    platform: ClipPlatform
    ids: dict[str, str]
    operations: dict[str, Any]
    askers: dict[str, Asker] = field(default_factory=dict)


@pytest.fixture(scope="module")
def site(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    platform = ClipPlatform.copied(sealed_shop, tmp_path_factory.mktemp("matrix") / "data", CLOSED)
    with platform.answering():
        document = platform.get("/openapi.json")
        operations = {
            f"{method.upper()} {path}": one
            for path, found in document["paths"].items()
            for method, one in found.items()
            if method in METHODS
        }
        made = Site(platform, _seeded(platform), operations)
        made.askers |= _askers(platform)
        yield made
    platform.close()


def _seeded(platform: ClipPlatform) -> dict[str, str]:
    evidence = platform.evidence()
    link = private_links(platform.site).make(SITE, evidence_id=evidence.id, hours=48, made_by="test")
    job = StoredJob(
        id="job1",
        venue_id=VENUE,
        camera_id="upload",
        source="upload",
        video_name="film.mp4",
        state="failed",
        message="x",
        created_at=NOW,
        created_by="test",
    )
    stay = Stay(pseudo_id="marie", at=NOW - timedelta(days=1), zone="front", dwell=timedelta(seconds=60))
    with platform.database.transaction() as connection:
        add_job(SITE, connection, job)
        add_stays(SITE, connection, VENUE, [stay])
        alert = raise_alert(
            SITE,
            connection,
            venue_id=VENUE,
            alert_type="traffic_spike",
            severity="info",
            title="x",
            message="x",
            at=NOW,
        )
    assert alert is not None
    return {
        "venue_id": VENUE,
        "camera_id": CAMERA,
        "event_id": evidence.event_id or "",
        "evidence_id": evidence.id,
        "link_id": link.id,
        "alert_id": str(alert.id),
        "job_id": job.id,
        "visitor_id": "marie",
        "key_id": with_key(platform, VENUE).id,
        "user_id": with_account(platform, "somebody", Role.VIEWER, VENUE).id,
        "video_id": "00000000-0000-4000-8000-000000000000",
        "what": "mail",
        "hour": HOUR,
        "from": "2025-10-25T11:30:05Z",
        "to": "2025-10-25T11:30:09Z",
        "venue_ids": f"{VENUE},{OTHER}",
        "venue_type": "retail",
    }


def _askers(platform: ClipPlatform) -> dict[str, Asker]:
    keys = ApiKeys(platform.database)
    revoked = with_key(platform, VENUE)
    keys.revoke(SITE, revoked.id)
    askers = {
        "no key": Asker(platform),
        "wrong key": Asker(platform, key="0" * 64),
        "revoked key": Asker(platform, key=revoked.text),
    }
    for name, (role, kind, venue) in CALLERS.items():
        if kind == "key":
            askers[name] = Asker(platform, key=with_key(platform, venue).text)
        else:
            with_account(platform, name, Role(role), *([venue] if venue else []))
            askers[name] = Asker(platform).signed_in(name)
    return askers


def request_of(site: Site, operation: str, *, real: bool = True) -> tuple[str, str, dict[str, Any]]:
    """Method, address and parts of a request about the venue; without `real` about a thing nobody knows."""
    method, path = operation.split(" ")
    described = site.operations[operation]
    parts: dict[str, Any] = dict(BODIES.get(operation, {}))
    if operation in UPLOADS:
        film = ("film.mp4", site.platform.clip().read_bytes(), "video/mp4")
        parts = {"files": {UPLOADS[operation]: film}, "data": {"venue_id": VENUE}}
    for one in described.get("parameters", ()):
        name = one["name"]
        if one["in"] == "path":
            assert name in site.ids, f"{operation}: add an id for {name}"
            unknown = "999999" if name == "alert_id" else "unknown"
            stays = name == "what" or (name == "venue_id" and operation != "DELETE /venues/{venue_id}")
            path = path.replace(f"{{{name}}}", site.ids[name] if real or stays else unknown)
        elif one["in"] == "query" and (one.get("required") or (name == "venue_id" and real)):
            assert name in site.ids, f"{operation}: add a value for {name}"
            parts.setdefault("params", {})[name] = site.ids[name]
    if "requestBody" in described:
        assert operation in BODIES or operation in UPLOADS, f"{operation}: add a body that is about {VENUE}"
    return method, path, parts


def is_about_a_venue(operation: str, path: str, parts: dict[str, Any]) -> bool:
    if operation in ABOUT_NO_VENUE or "user_id" in operation or "{what}" in operation:
        return False
    return (
        operation in BODIES
        or operation in UPLOADS
        or "{" in operation
        or "venue_id" in parts.get("params", {})
    )


def expected(need: str, caller: str, *, about: bool, several: bool) -> int | None:
    """401 or 403; None: let in."""
    nobody = caller in NOBODIES
    if need == "nothing":
        return None
    if need == "key":
        if caller == "no key" or (not nobody and CALLERS[caller][1] == "person"):
            return 401
        return 403 if nobody else None
    if nobody:
        return 401
    role, kind, venue = CALLERS[caller]
    if need in ("known", "signed in"):
        return 403 if need == "signed in" and kind == "key" else None
    in_person = need != "managing in person" or kind == "person" or venue is None
    allowed = RANK[role] >= LEAST[need] and in_person
    if not allowed or (venue is not None and (several or (about and venue != VENUE))):
        return 403
    return None


def each(site: Site) -> Iterator[tuple[str, str, int | None, tuple[str, str, dict[str, Any]]]]:
    for operation, caller in itertools.product(site.operations, [*NOBODIES, *CALLERS]):
        need = site.operations[operation].get("x-needs")
        assert need is not None, f"{operation} does not say what it needs"
        request = request_of(site, operation)
        about = is_about_a_venue(operation, *request[1:])
        yield (
            operation,
            caller,
            expected(need, caller, about=about, several=operation in SEVERAL_VENUES),
            request,
        )


def test_who_may_not_is_refused_on_every_route(site: Site) -> None:
    wrong = []
    for operation, caller, status, (method, path, parts) in each(site):
        if status is not None:
            answer = site.askers[caller].ask(method, path, **parts)
            if answer.status_code != status:
                wrong.append(
                    f"{operation} by {caller}: {answer.status_code}, not {status}: {answer.text[:200]}"
                )
            elif status in (401, 403) and answer.headers["content-type"] != "application/problem+json":
                wrong.append(f"{operation} by {caller}: {answer.headers['content-type']}")
    assert wrong == []


def test_who_may_is_let_in_on_every_route(site: Site) -> None:
    wrong = []
    for operation, caller, status, request in each(site):
        if status is not None or operation in ENDS_THE_SESSION or (operation, caller) in OF_NO_VENUE:
            continue
        method, path, parts = request
        if method == "DELETE" or operation in SLOW:
            method, path, parts = request_of(site, operation, real=False)
        answer = site.askers[caller].ask(method, path, **parts)
        if answer.status_code in (401, 403) or answer.status_code >= 500:
            wrong.append(f"{operation} by {caller}: {answer.status_code}: {answer.text[:200]}")
    assert wrong == []


def test_people_see_to_themselves(site: Site) -> None:
    for operation in ("POST /logout", "POST /password"):
        method, path = operation.split(" ")
        here = Asker(site.platform).signed_in("viewer")
        assert here.status(method, path, json={}) in (200, 422)


def test_every_route_that_is_not_documented_is_known_to_be_open(site: Site) -> None:
    """Pages are not in the document; these are all that answer without anybody."""
    for path in ("/docs", "/login", "/docs/assets/start.js"):
        assert site.askers["no key"].status("GET", path) == 200
    assert site.askers["no key"].status("GET", "/password") == 303
    assert site.askers["no key"].status("POST", "/login/first", data={"name": "x"}) in (403, 422)
    assert site.askers["no key"].status("GET", "/video/unknown") == 401


def test_lists_hold_rows_of_ones_own_venues_only(site: Site) -> None:
    lists = [
        operation
        for operation in site.operations
        if operation.startswith("GET ") and "{" not in operation
        and site.operations[operation]["x-needs"] in ("viewing", "managing", "managing in person")
        and operation not in SEVERAL_VENUES
    ]  # fmt: skip
    assert {"GET /venues", "GET /api/events", "GET /api/cameras", "GET /api/alerts"} <= set(lists)
    for operation, caller in itertools.product(lists, ("key of another venue", "manager of another venue")):
        params = request_of(site, operation)[2].get("params", {})
        params.pop("venue_id", None)
        answer = site.askers[caller].ask("GET", operation.split(" ")[1], params=params)
        if answer.status_code == 403:  # keys are for people
            assert (operation, caller) == ("GET /api/keys", "key of another venue")
            continue
        assert answer.status_code == 200, f"{operation} by {caller}"
        told = answer.text
        assert not [
            one for one in (VENUE, site.ids["evidence_id"], site.ids["job_id"]) if f'"{one}"' in told
        ], f"{operation} tells {caller} of {VENUE}"
        everything = site.askers["administrator"].ask("GET", operation.split(" ")[1], params=params)
        if operation in ("GET /venues", "GET /api/events", "GET /api/cameras", "GET /api/alerts"):
            assert f'"{VENUE}"' in everything.text
