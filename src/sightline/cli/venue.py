"""`sightline venue`: the shops of this site."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.known_cameras import known_cameras, known_venues
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.pipeline.api_keys import ApiKeys

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


@app.command()
def key(
    venue: Annotated[str, typer.Argument(metavar="VENUE", help="The shop the key is for.")],
    name: Annotated[str, typer.Option(help="What it is for, shown by --list.")] = "command line",
    list_keys: Annotated[bool, typer.Option("--list", help="List the keys of the shop instead.")] = False,
    revoke: Annotated[str | None, typer.Option(metavar="KEY_ID", help="Close a key instead.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key with which another program reaches this shop. It is shown once and stored as its hash."""
    from sightline.domain.scope import Scope
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.wiring import open_site

    if list_keys and revoke is not None:
        raise ConfigError("--list and --revoke cannot be used together")
    site = open_site(config, data_dir)
    if venue not in known_venues(site):
        raise ConfigError(f"there is no venue {venue!r}; sightline venue list shows all")
    keys = ApiKeys(site.database)
    if list_keys:
        _list_keys(keys, venue, as_json)
    elif revoke is not None:
        if not keys.revoke(Scope.of(venue), revoke):
            raise ConfigError(f"venue {venue!r} has no key {revoke!r} that is open; --list shows all")
        messages().print(f"key {revoke} is closed", markup=False)
    else:
        made = keys.make(Scope.of(venue), venue, name=name)
        if as_json:
            print_json({"venue_id": venue, "key_id": made.id, "api_key": made.text})
            return
        typer.echo(made.text)
        messages().print(
            f"key {made.id} of venue {venue}: it is not shown again; close it with:"
            f" sightline venue key {venue} --revoke {made.id}",
            markup=False,
            soft_wrap=True,
        )


def _list_keys(keys: "ApiKeys", venue: str, as_json: bool) -> None:
    from sightline.domain.scope import Scope

    found = keys.keys_of(Scope.of(venue), venue)
    if as_json:
        facts = [
            {
                "key_id": one.id,
                "name": one.name,
                "created_at": one.created_at.isoformat(),
                "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
            }
            for one in found
        ]
        print_json({"venue_id": venue, "keys": facts})
        return
    if not found:
        messages().print(f"venue {venue} has no key yet", markup=False)
        return
    rows = [
        (
            one.id,
            one.name,
            f"{one.created_at:%Y-%m-%d %H:%M} UTC",
            f"closed {one.revoked_at:%Y-%m-%d %H:%M} UTC" if one.revoked_at else "open",
        )
        for one in found
    ]
    print_table(("key", "name", "made", "state"), rows)


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
