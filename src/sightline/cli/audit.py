"""`sightline audit`: a person counts stretches of video; the product says how right it was."""

from datetime import UTC
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sightline.cli.known_cameras import database_if_there, find_venue, known_venues
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.cli.typed_time import typed_time
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.analytics.audits import Audits
    from sightline.store.audits import AuditedStretch
    from sightline.wiring import Site

app = typer.Typer(
    help="Count stretches of video yourself, and see how right the numbers are.", no_args_is_help=True
)

VenueOption = Annotated[str | None, typer.Option("--venue", help="Of one shop only.")]
CameraOption = Annotated[str | None, typer.Option("--camera", help="Of one camera only.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Of one rule only.")]


@app.command()
def add(
    venue: Annotated[str, typer.Option("--venue", help="The shop.")],
    camera: Annotated[str, typer.Option("--camera", help="The camera whose video was watched.")],
    rule: Annotated[
        str, typer.Option("--rule", help="visitors, interaction, unattended, queue or security.")
    ],
    start: Annotated[
        str, typer.Option("--from", help="ISO 8601; without offset: the venue's time.", metavar="ISO")
    ],
    end: Annotated[str, typer.Option("--to", help="ISO 8601; the end of the stretch.", metavar="ISO")],
    truth: Annotated[int, typer.Option("--truth", min=0, help="How many people, or events, there were.")],
    matched: Annotated[
        int | None,
        typer.Option(
            "--matched", min=0, help="Of those found, how many were right; for precision and recall."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who counted; default: who is signed in here.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Anything worth remembering.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note what you counted in a stretch. What was found there is taken from the database.

    Count what begins in the stretch. Choose stretches by chance, not because something looks wrong in them:
    from five of them on, the interval of the visitor count is that of these audits.
    """
    from sightline.analytics.audits import Seen
    from sightline.domain.scope import Scope

    site = _site(config, data_dir)
    zone = ZoneInfo(find_venue(site, venue).timezone)
    _check_camera(site, venue, camera)
    seen = Seen(
        venue_id=venue,
        camera_id=camera,
        rule=rule,
        start=typed_time("--from", start, zone),
        end=typed_time("--to", end, zone),
        truth=truth,
        matched=matched,
        by=by or getuser(),
        note=note,
    )
    stored, warnings = _audits(site).add(Scope.of(venue), seen)
    say = messages()
    for warning in warnings:
        say.print(f"warning: {warning}", style="yellow", markup=False)
    if as_json:
        print_json(_document(stored) | {"warnings": warnings})
    else:
        say.print(f"audit {stored.id}: {stored.found} found, {stored.truth} there", markup=False)


@app.command(name="list")
def list_(
    venue: VenueOption = None,
    camera: CameraOption = None,
    rule: RuleOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the stretches that were counted."""
    from sightline.domain.scope import Scope

    site = _site(config, data_dir)
    which = {"venue_id": venue, "camera_id": camera, "rule": rule}
    found = _audits(site).listed(Scope.site(), **which) if database_if_there(site) else []
    if as_json:
        print_json({"audits": [_document(one) for one in found]})
        return
    if not found:
        messages().print("nothing was counted yet; begin with: sightline audit add --help", markup=False)
        return
    zones = {one.id: ZoneInfo(one.timezone) for one in known_venues(site).values()}
    rows = [
        (
            str(one.id),
            f"{one.venue_id}/{one.camera_id}",
            one.rule,
            f"{one.started_at.astimezone(zones.get(one.venue_id, UTC)):%Y-%m-%d %H:%M:%S}",
            f"{(one.ended_at - one.started_at).total_seconds() / 60:.1f} min",
            str(one.found),
            str(one.truth),
            "" if one.matched is None else str(one.matched),
            one.audited_by,
        )
        for one in found
    ]
    headings = ("audit", "camera", "rule", "from", ">length", ">found", ">there", ">matched", "by")
    print_table(headings, rows)


@app.command()
def report(
    venue: VenueOption = None,
    camera: CameraOption = None,
    rule: RuleOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Precision, recall and the ratio of counts, by camera and rule, with 90 % intervals."""
    from sightline.domain.scope import Scope

    site = _site(config, data_dir)
    which = {"venue_id": venue, "camera_id": camera, "rule": rule}
    found = _audits(site).report(Scope.site(), **which) if database_if_there(site) else []
    if as_json:
        print_json({"report": found})
        return
    if not found:
        messages().print("nothing was counted yet; begin with: sightline audit add --help", markup=False)
        return
    rows = [
        (
            f"{one['venue_id']}/{one['camera_id']}",
            one["rule"],
            str(one["stretches"]),
            f"{one['found']} / {one['truth']}",
            *(_interval(one[name]) for name in ("precision", "recall", "count_ratio")),
        )
        for one in found
    ]
    headings = ("camera", "rule", ">stretches", ">found / there", ">precision", ">recall", ">there per found")
    print_table(headings, rows, title="90 % intervals in brackets; - is not known")


def _site(config: Any, data_dir: Any) -> "Site":
    from sightline.wiring import open_site

    return open_site(config, data_dir)


def _audits(site: "Site") -> "Audits":
    from sightline.analytics.audits import Audits
    from sightline.analytics.durations import wall_clock

    return Audits(site.database, wall_clock)


def _check_camera(site: "Site", venue_id: str, camera_id: str) -> None:
    """A camera that does not exist is a slip of the hand: its counts would all be nothing."""
    from sightline.domain.scope import Scope
    from sightline.store.venues import list_cameras

    with site.database.reading() as connection:
        known = [one.id for one in list_cameras(Scope.of(venue_id), connection, venue_id)]
    if camera_id not in known:
        there = ", ".join(known) or "none yet"
        raise ConfigError(f"venue {venue_id!r} has no camera {camera_id!r}; there are: {there}")


def _document(one: "AuditedStretch") -> dict[str, Any]:
    return {
        "audit_id": one.id,
        "venue_id": one.venue_id,
        "camera_id": one.camera_id,
        "rule": one.rule,
        "from": one.started_at.isoformat(),
        "to": one.ended_at.isoformat(),
        "found": one.found,
        "truth": one.truth,
        "matched": one.matched,
        "audited_at": one.audited_at.isoformat(),
        "audited_by": one.audited_by,
        "note": one.note,
    }


def _interval(share: dict[str, float] | None) -> str:
    return "-" if share is None else f"{share['value']:.2f} ({share['low']:.2f}-{share['high']:.2f})"
