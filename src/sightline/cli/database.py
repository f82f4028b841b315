"""`sightline db`: the database behind the results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption

if TYPE_CHECKING:  # takes a second to import; `--help` should not wait for it
    from sightline.pipeline.backup import Backup

app = typer.Typer(help="The database behind the results.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The database behind the results."""


@app.command()
def upgrade(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Bring the tables up to the version that this program works with. Safe to repeat."""
    from sightline.store.database import upgrade as upgrade_database
    from sightline.wiring import open_site

    before, after = upgrade_database(open_site(config, data_dir).database_url)
    if before == after:
        typer.echo(f"The database is up to date (version {after}).")
    elif before is None:
        typer.echo(f"Made a new database (version {after}).")
    else:
        typer.echo(f"Brought the database from version {before} to {after}.")


@app.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Make anew what differs.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Count all figures of visitors anew, and compare. Exit code 1 when some differ (and stay so)."""
    from sightline.analytics.recounting import recounted_venues
    from sightline.cli.terminal import print_json
    from sightline.domain.scope import Scope
    from sightline.store.database import open_database
    from sightline.wiring import open_site

    wrong: dict[str, list[str]] = {}
    venues = 0
    with open_database(open_site(config, data_dir).database_url, create=False) as database:
        for venue_id, sentences in recounted_venues(Scope.site(), database, repair=repair):
            venues += 1
            if sentences:
                wrong[venue_id] = sentences
            if not json:
                typer.echo(f"{venue_id}: {f'{len(sentences)} differ' if sentences else 'right'}")
                for sentence in sentences:
                    typer.echo(f"  {sentence}")
    if json:
        print_json({"venues": venues, "differences": wrong, "repaired": repair and bool(wrong)})
    elif wrong:
        typer.echo("They were made anew." if repair else "sightline db check --repair makes them anew.")
    if wrong and not repair:
        raise typer.Exit(1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; an earlier backup there is replaced.")],
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write all rows into one file, while the site runs. Keys, secrets and clips are files of their own."""
    from datetime import UTC, datetime

    from sightline.pipeline.backup import write_backup
    from sightline.store.database import open_database
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    with open_database(site.database_url, create=False) as database:
        made = write_backup(database, file, clock=lambda: datetime.now(UTC))
    if json:
        _print_document(made)
        return
    typer.echo(f"Saved {sum(made.facts.rows.values()):,} rows, {made.size_bytes / 1e6:.1f} MB.")
    typer.echo(f"{made.sha256}  {file}")
    typer.echo(
        f"Not in it, copy them as well: keys, secrets, recordings and segments in {site.data_dir}", err=True
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="That `sightline db backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds.")] = False,
    checksum: Annotated[
        str | None, typer.Option("--checksum", help="SHA-256 that `backup` told: refuse any other file.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Fill the database with a backup, all of it or nothing. So a site moves to PostgreSQL, too."""
    from sightline.cli.serve import Part
    from sightline.pipeline.backup import restore_backup
    from sightline.pipeline.serving_lock import serving_lock
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    # What serves remembers rows that would be gone.
    with serving_lock(site.data_dir, [part.value for part in Part]):
        restored = restore_backup(site.database_url, file, replace=replace, sha256=checksum)
    if json:
        _print_document(restored)
        return
    typer.echo(f"Restored {sum(restored.facts.rows.values()):,} rows, saved at {restored.facts.made_at}.")


def _print_document(found: "Backup") -> None:
    from sightline.cli.terminal import print_json

    print_json(
        {
            "file": str(found.path),
            "sha256": found.sha256,
            "size_bytes": found.size_bytes,
            "made_at": found.facts.made_at,
            "software": found.facts.software,
            "tables_version": found.facts.tables_version,
            "rows": dict(found.facts.rows),
        }
    )
