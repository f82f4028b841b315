"""`sightline export`: the events of a venue, or its metrics file, for other programs."""

import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import ConfigOption, DataDirOption

if TYPE_CHECKING:  # takes a second to import; `--help` should not wait for it
    from sightline.store.database import Database


class ExportFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    METRICS = "metrics"


def export(
    venue: Annotated[str, typer.Option("--venue", help="Whose events.")],
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="metrics is analytics_metrics.json, version 1.1.")
    ] = ExportFormat.JSON,
    out: Annotated[Path | None, typer.Option("--out", help="A file; without it, standard output.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write all events of a venue as JSON, CSV or Parquet, or its metrics file."""
    from sightline.errors import ConfigError
    from sightline.store.database import open_database
    from sightline.wiring import open_site

    if file_format is ExportFormat.PARQUET and out is None:
        raise ConfigError("Parquet is not text: say where it shall go with --out FILE.parquet")
    site = open_site(config, data_dir)
    with open_database(site.database_url, create=False) as database:
        _check_venue(database, venue)
        _export(database, venue, file_format, out, site.segments_dir)


def _export(
    database: "Database", venue: str, file_format: ExportFormat, out: Path | None, segments_dir: Path
) -> None:
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.export import export_csv, export_json, export_parquet, write_text
    from sightline.analytics.metrics_file import metrics_text, write_metrics_file
    from sightline.domain.scope import Scope

    scope = Scope.site()
    match file_format:
        case ExportFormat.PARQUET:
            assert out is not None
            export_parquet(database, scope, venue_id=venue, segments_dir=segments_dir, path=out)
            return
        case ExportFormat.METRICS if out is not None:
            write_metrics_file(out, database, venue_id=venue, segments_dir=segments_dir, now=wall_clock())
            return
        case ExportFormat.METRICS:
            pieces = metrics_text(database, venue_id=venue, segments_dir=segments_dir, now=wall_clock())
        case ExportFormat.CSV:
            pieces = export_csv(database, scope, venue_id=venue, segments_dir=segments_dir)
        case ExportFormat.JSON:
            pieces = export_json(database, scope, venue_id=venue, segments_dir=segments_dir)
    if out is not None:
        write_text(out, pieces)
    else:
        with closing(pieces):
            sys.stdout.writelines(pieces)


def _check_venue(database: "Database", venue: str) -> None:
    """A name that does not exist is a slip of the hand: say which there are."""
    from sightline.domain.scope import Scope
    from sightline.errors import ConfigError
    from sightline.store.venues import list_venues

    with database.reading() as connection:
        known = [one.id for one in list_venues(Scope.site(), connection)]
    if venue not in known:
        raise ConfigError(f"there is no venue {venue!r}; there are: {', '.join(known) or 'none yet'}")
