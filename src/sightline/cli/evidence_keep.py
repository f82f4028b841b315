"""`sightline evidence hold|unhold|cut`: what a person keeps, and clips that a person asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.existing_site import existing_site
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.cli.typed_time import typed_time
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sightline.store.evidence import StoredEvidence
    from sightline.wiring import Site

BY = "command line"

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Event id, evidence id or name of a clip.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stays on this site.")]


def hold(
    name: IdArgument,
    reason: ReasonOption,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a clip for as long as it takes: no retention touches it until the hold is lifted."""
    from sightline.evidence import holding

    site = existing_site(config, data_dir)
    found = _find(site, name)
    held = holding.hold(site.database, Scope.site(), found.id, by=BY, reason=reason, at=datetime.now(UTC))
    _seal_ledger(site)
    if as_json:
        print_json(_document(held))
        return
    typer.echo(
        f"evidence {held.id} is on hold: nothing removes it until: sightline evidence unhold {held.id}"
    )


def unhold(
    name: IdArgument,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a hold. When its time is over by now, the next cleaning removes the clip."""
    from sightline.evidence import holding

    site = existing_site(config, data_dir)
    found = _find(site, name)
    released = holding.release(site.database, Scope.site(), found.id, by=BY, at=datetime.now(UTC))
    _seal_ledger(site)
    if as_json:
        print_json(_document(released))
        return
    typer.echo(
        f"evidence {released.id} is not on hold any more; clips stay"
        f" {site.settings.retention_days.evidence} days from their sealing"
    )


def cut(
    venue: Annotated[str, typer.Option("--venue", help="Whose camera.")],
    camera: Annotated[str, typer.Option("--camera", help="Which camera.")],
    since: Annotated[
        str,
        typer.Option(
            "--from", metavar="ISO", help="2026-03-02T09:30:00, the venue's time or with an offset."
        ),
    ],
    until: Annotated[str, typer.Option("--to", metavar="ISO", help="In the same way.")],
    reason: ReasonOption,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a sealed clip of any stretch that was recorded. It stays here until a person hands it on."""
    from sightline.delivery_wiring import delivery_plan, evidence_sealer
    from sightline.evidence.asked_clips import Stretch, cut_stretch

    site = existing_site(config, data_dir)
    zone = _zone_of_camera(site, venue, camera)
    scope = Scope.of(venue)
    made = cut_stretch(
        site.database,
        scope,
        Stretch(
            venue_id=venue,
            camera_id=camera,
            since=typed_time("--from", since, zone),
            until=typed_time("--to", until, zone),
        ),
        # Events whose clips are sealed along go where the settings say; this clip is of no event and stays.
        sealer=evidence_sealer(site, scope, delivery_plan(site.settings)),
        rule=site.clip_rule,
        by=BY,
        reason=reason,
        now=datetime.now(UTC),
    )
    if as_json:
        print_json(_document(made))
        return
    print_table(
        ("evidence", "clip", "from", "to", ">bytes"),
        [
            (
                made.id,
                part.file_name,
                *(
                    f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at is not None else "-"
                    for at in (part.starts_at, part.ends_at)
                ),
                str(part.size_bytes) if part.size_bytes is not None else "-",
            )
            for part in made.parts
        ],
    )
    if made.state == "wanted":
        messages().print("The camera is recording the end of it; sightline serve seals it in a moment.")
    if made.failure:
        messages().print(made.failure, markup=False, soft_wrap=True)


def _find(site: Site, name: str) -> StoredEvidence:
    from sightline.evidence.story import find_evidence

    found = find_evidence(site.database, Scope.site(), name)
    if found is None:
        raise EvidenceError(f"no evidence has the event id, evidence id or clip name {name!r}")
    return found


def _zone_of_camera(site: Site, venue_id: str, camera_id: str) -> ZoneInfo:
    """The time zone of the venue, once it is certain that it has this camera."""
    from zoneinfo import ZoneInfo

    from sightline.store.venues import list_cameras, list_venues

    with site.database.reading() as connection:
        venues = {one.id: one for one in list_venues(Scope.site(), connection)}
        if venue_id not in venues:
            raise ConfigError(f"there is no venue {venue_id!r}; there are: {', '.join(venues) or 'none yet'}")
        cameras = [one.id for one in list_cameras(Scope.site(), connection, venue_id)]
    if camera_id not in cameras:
        raise ConfigError(
            f"venue {venue_id!r} has no camera {camera_id!r}; there are: {', '.join(cameras) or 'none yet'}"
        )
    return ZoneInfo(venues[venue_id].timezone)


def _seal_ledger(site: Site) -> None:
    from sightline.evidence.site_key import seal_waiting

    seal_waiting(site.database, site.keys_dir, datetime.now(UTC))


def _document(one: StoredEvidence) -> dict[str, Any]:
    return {
        "evidence_id": one.id,
        "event_id": one.event_id,
        "incident_id": one.incident_id,
        "venue_id": one.venue_id,
        "camera_id": one.camera_id,
        "state": one.state,
        "reason": one.reason,
        "note": one.note,
        "from": one.wanted_from.isoformat(),
        "to": one.wanted_until.isoformat(),
        "clips": [
            {
                "file": part.file_name,
                "sha256": part.sha256,
                "size_bytes": part.size_bytes,
                "starts_at": part.starts_at.isoformat() if part.starts_at else None,
                "ends_at": part.ends_at.isoformat() if part.ends_at else None,
            }
            for part in one.parts
        ],
        "failure": one.failure,
        "held": {"since": one.held_at.isoformat(), "by": one.held_by, "reason": one.hold_reason}
        if one.held_at is not None
        else None,
    }
