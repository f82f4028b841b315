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
    from sightline.domain.scope import Scope
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.store.api_keys import StoredApiKey
    from sightline.wiring import Site

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
    venue: Annotated[str | None, typer.Argument(metavar="VENUE", help="The shop the key is for.")] = None,
    name: Annotated[str, typer.Option(help="What it is for, shown by --list.")] = "command line",
    all_venues: Annotated[
        bool, typer.Option("--all", help="An administrator's key instead, for all shops and everything.")
    ] = False,
    list_keys: Annotated[bool, typer.Option("--list", help="List the keys instead.")] = False,
    revoke: Annotated[str | None, typer.Option(metavar="KEY_ID", help="Close a key instead.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key with which another program reaches a shop. It is shown once and stored as its hash."""
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.wiring import open_site

    if list_keys and revoke is not None:
        raise ConfigError("--list and --revoke cannot be used together")
    if (venue is None) != all_venues:
        raise ConfigError("say which shop the key is for, or --all for an administrator's key")
    site = open_site(config, data_dir)
    if venue is not None and venue not in known_venues(site):
        raise ConfigError(f"there is no venue {venue!r}; sightline venue list shows all")
    keys = ApiKeys(site.database)
    if list_keys:
        _list_keys(keys, venue, as_json)
    elif revoke is not None:
        _revoke_key(site, keys, venue, revoke)
    else:
        _make_key(site, keys, venue, name, as_json)


def _make_key(site: "Site", keys: "ApiKeys", venue: str | None, name: str, as_json: bool) -> None:
    made = keys.make(_scope(venue), venue, name=name)
    _note(site, "key_made", venue, made.id)
    if as_json:
        print_json({"venue_id": venue, "key_id": made.id, "api_key": made.text})
        return
    typer.echo(made.text)
    whose = "--all" if venue is None else venue
    messages().print(
        f"key {made.id} of {'all venues' if venue is None else f'venue {venue}'}: it is not shown again;"
        f" close it with: sightline venue key {whose} --revoke {made.id}",
        markup=False,
        soft_wrap=True,
    )


def _revoke_key(site: "Site", keys: "ApiKeys", venue: str | None, key_id: str) -> None:
    if key_id not in {one.id for one in _keys_of(keys, venue)} or not keys.revoke(_scope(venue), key_id):
        whose = "there is no administrator's key" if venue is None else f"venue {venue!r} has no key"
        raise ConfigError(f"{whose} {key_id!r} that is open; --list shows all")
    _note(site, "key_revoked", venue, key_id)
    messages().print(f"key {key_id} is closed", markup=False)


def _scope(venue: str | None) -> "Scope":
    from sightline.domain.scope import Scope

    return Scope.site() if venue is None else Scope.of(venue)


def _keys_of(keys: "ApiKeys", venue: str | None) -> "list[StoredApiKey]":
    return keys.keys_for_all_venues() if venue is None else keys.keys_of(_scope(venue), venue)


def _note(site: "Site", action: str, venue: str | None, key_id: str) -> None:
    from sightline.pipeline.audit_log import COMMAND_LINE, AuditLog

    AuditLog(site.database).note(COMMAND_LINE, action, venue_id=venue, subject=f"key={key_id}")


def _list_keys(keys: "ApiKeys", venue: str | None, as_json: bool) -> None:
    found = _keys_of(keys, venue)
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
        whose = "there is no administrator's key yet" if venue is None else f"venue {venue} has no key yet"
        messages().print(whose, markup=False)
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
