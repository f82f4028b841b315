"""`sightline db`: the database behind the results."""

import typer

from sightline.cli.options import ConfigOption, DataDirOption

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
