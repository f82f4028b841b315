"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Site file; without it ./sightline.yaml if there is one.")
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the database, recordings, clips and keys.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
