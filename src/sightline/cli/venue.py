"""`sightline venue`: the shops of this site."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sightline.cli.known_cameras import known_cameras, known_venues
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.errors import ConfigError

app = typer.Typer(help="The shops of this site.", no_args_is_help=True)


@app.command()
def add(
    venue: Annotated[str, typer.Argument(metavar="ID", help="1 to 50 letters, digits, '_' or '-'.")],
    name: Annotated[str | None, typer.Option(help="Shown to people; default: the id.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name such as Europe/Paris, for its days and hours; default UTC.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Add a shop. Cameras are added to it with `sightline camera add`."""
    from sightline.config.typed import typed_venue
    from sightline.domain.scope import Scope
    from sightline.store.venues import ensure_venue
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    checked = typed_venue(venue, name=name, timezone=timezone)
    known = known_venues(site).get(venue)
    if known is not None:
        raise ConfigError(f"there is a venue {venue!r} already ({known.name}, {known.timezone})")
    with site.database.transaction() as connection:
        ensure_venue(
            Scope.of(venue),
            connection,
            venue,
            name=checked.name,
            timezone=checked.timezone,
            at=datetime.now(UTC),
        )
    say = messages()
    say.print(f"venue {venue} added, time zone {checked.timezone}", markup=False)
    say.print(f"next: sightline camera add CAMERA --venue {venue} --source -", markup=False, soft_wrap=True)


@app.command(name="list")
def list_(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the shops and how many cameras each has."""
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    cameras = known_cameras(site)
    venues = known_venues(site).values()
    counts = {one.id: sum(camera.venue_id == one.id for camera in cameras) for one in venues}
    if as_json:
        facts = [
            {"id": one.id, "name": one.name, "timezone": one.timezone, "cameras": counts[one.id]}
            for one in venues
        ]
        print_json({"venues": facts})
        return
    if not venues:
        messages().print(
            "no venue yet; make one with: sightline venue add ID --timezone Europe/Paris", markup=False
        )
        return
    rows = [(one.id, one.name, one.timezone, str(counts[one.id])) for one in venues]
    print_table(("venue", "name", "time zone", ">cameras"), rows)
