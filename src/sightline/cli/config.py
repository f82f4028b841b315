"""`sightline config`: is this site file right, and what may stand in it?"""

import json
from pathlib import Path
from typing import Annotated

import typer

from sightline.config import config_schema, load_settings
from sightline.errors import ConfigError

DEFAULT_FILE = Path("sightline.yaml")

app = typer.Typer(help="Check the site file, or print what may stand in it.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The site file.")] = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check a site file together with the SIGHTLINE_* variables of the environment."""
    try:
        settings = load_settings(file)
    except ConfigError as error:
        problems = str(error).splitlines()
        if as_json:
            typer.echo(json.dumps({"file": str(file), "ok": False, "problems": problems}, indent=2))
        else:
            typer.echo("\n".join(problems), err=True)
        raise typer.Exit(2) from None
    cameras = sum(len(venue.cameras) for venue in settings.venues)
    if as_json:
        counts = {"venues": len(settings.venues), "cameras": cameras}
        typer.echo(json.dumps({"file": str(file), "ok": True, "problems": [], **counts}, indent=2))
    else:
        typer.echo(f"{file}: no problem found; venues: {len(settings.venues)}, cameras: {cameras}")


@app.command()
def schema() -> None:
    """Print the JSON schema of the site file, for editors that complete and check it."""
    typer.echo(json.dumps(config_schema(), indent=2))
