"""`sightline`: registers the commands and turns foreseen errors into one line and an exit code."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from sightline import __version__
from sightline.cli.analyze import analyze
from sightline.cli.audit import app as audit_app
from sightline.cli.bench import app as bench_app
from sightline.cli.camera import app as camera_app
from sightline.cli.cluster import app as cluster_app
from sightline.cli.config import app as config_app
from sightline.cli.database import app as database_app
from sightline.cli.demo import demo
from sightline.cli.detect import detect
from sightline.cli.doctor import doctor
from sightline.cli.evidence import app as evidence_app
from sightline.cli.evidence_keep import cut, hold, unhold
from sightline.cli.evidence_links import extend, link, links, revoke
from sightline.cli.export import export
from sightline.cli.identity import app as identity_app
from sightline.cli.models import app as models_app
from sightline.cli.outbox import app as outbox_app
from sightline.cli.replay import replay
from sightline.cli.serve import serve
from sightline.cli.simulate import simulate
from sightline.cli.staff import app as staff_app
from sightline.cli.user import app as user_app
from sightline.cli.venue import app as venue_app
from sightline.errors import ConfigError, SightlineError

app = typer.Typer(
    name="sightline",
    help="Retail CCTV analytics in which every number comes with the video that proves it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (demo, analyze, serve, replay, detect, doctor, export, simulate):
    app.command()(command)
for of_evidence in (hold, unhold, cut, link, extend, revoke, links):
    evidence_app.command()(of_evidence)
app.add_typer(camera_app, name="camera")
app.add_typer(venue_app, name="venue")
app.add_typer(user_app, name="user")
app.add_typer(staff_app, name="staff")
app.add_typer(evidence_app, name="evidence")
app.add_typer(outbox_app, name="outbox")
app.add_typer(identity_app, name="identity")
app.add_typer(models_app, name="models")
app.add_typer(config_app, name="config")
app.add_typer(database_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(cluster_app, name="cluster")
app.add_typer(bench_app, name="bench")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sightline {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Options before the command."""


def run() -> None:
    """The entry point. Exit codes: 0 done, 1 failed, 2 bad usage or configuration."""
    sys.exit(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run one command line and return its exit code; foreseen errors become one clear message."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app(arguments)  # prints its own usage errors, and always leaves by SystemExit
    except ConfigError as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 2
    except SightlineError as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 1
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        sys.stderr.close()
        return 1
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0
