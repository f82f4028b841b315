"""`sightline replay`: what would other rules have found in what is already recorded?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import DataDirOption, JsonOption
from sightline.cli.replay_output import Asked, document, print_differences
from sightline.cli.terminal import length, print_json, progress
from sightline.cli.typed_time import typed_time
from sightline.errors import ConfigError, SourceRejected

if TYPE_CHECKING:  # these take a second to import; `--help` should not wait for them
    from sightline.domain.footage import RecordedSegment
    from sightline.pipeline.replaying import Replayed
    from sightline.store.events import StoredEvent
    from sightline.vision.picture import Detector
    from sightline.wiring import Site

EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
LONGEST_EVENT = timedelta(days=1)
TAIL = timedelta(seconds=60)
"""What is watched after the stretch, so that events that began in it are seen to their end."""


def replay(
    camera: Annotated[str, typer.Argument(metavar="CAMERA")],
    start: Annotated[
        str, typer.Option("--from", help="ISO 8601; without offset: the venue's time.", metavar="ISO")
    ],
    end: Annotated[str, typer.Option("--to", help="ISO 8601; the end of the stretch.", metavar="ISO")],
    config: Annotated[Path, typer.Option("--config", help="A site file with the rules to try.")],
    venue: Annotated[
        str | None, typer.Option("--venue", help="Needed when the file has several venues.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="Instead of the file's.")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run changed rules over recorded footage and show the difference in events. Nothing is stored.

    Footage and events are those of the site in this folder (./sightline.yaml), unless the file given names
    a data_dir or a database of its own.
    """
    from sightline.pipeline.replaying import compare, recorded_time
    from sightline.wiring import detector_for

    asked = _asked(camera, start, end, config, venue, data_dir)
    opened = detector_for(asked.rules_site.settings, detector)
    stored, segments, since = _stored(asked, opened)
    replayed, warnings = _watch(asked, segments, since, opened, quiet=as_json)
    found = compare(
        stored,
        replayed,
        span=(asked.start, asked.end),
        segments=segments,
        tolerance=timedelta(seconds=1 / asked.rules_site.settings.analysis_fps),
    )
    footage = recorded_time(segments, asked.start, asked.end)
    if footage < asked.end - asked.start - timedelta(seconds=1):
        whole = length(asked.end - asked.start)
        warnings.append(f"only {length(footage)} of these {whole} are recorded")
    if as_json:
        print_json(document(asked, replayed, footage, found, warnings))
    else:
        print_differences(asked, replayed, footage, found, warnings)


def _asked(
    camera: str, start: str, end: str, config: Path, venue: str | None, data_dir: Path | None
) -> Asked:
    from sightline.wiring import DEFAULT_SITE_FILE, open_site

    rules_site = open_site(config, data_dir)
    named = rules_site.settings.model_fields_set
    own = {"data_dir", "database_url"} & named or not DEFAULT_SITE_FILE.is_file()
    site = rules_site if own else open_site(None, data_dir)
    venue_id = venue or _only_venue(rules_site, camera)
    chosen = rules_site.settings.venue(venue_id)
    chosen.camera(camera)
    span = typed_time("--from", start, chosen.zone), typed_time("--to", end, chosen.zone)
    if span[0] >= span[1]:
        raise ConfigError(f"--from {start} is not before --to {end}")
    return Asked(
        site=site,
        rules_site=rules_site,
        rules_file=config,
        venue_id=venue_id,
        camera_id=camera,
        zone=chosen.zone,
        start=span[0],
        end=span[1],
    )


def _only_venue(rules_site: "Site", camera: str) -> str:
    venues = rules_site.settings.venues
    having = [venue.id for venue in venues if any(one.id == camera for one in venue.cameras)]
    if len(having) > 1:
        raise ConfigError(
            f"several venues have a camera {camera!r}; say which with --venue: {', '.join(having)}"
        )
    if having:
        return having[0]
    if len(venues) == 1:
        return venues[0].id
    those = ", ".join(venue.id for venue in venues) or "none"
    raise ConfigError(f"no venue of this file has a camera {camera!r}; venues in it: {those}")


def _stored(
    asked: Asked, detector: "Detector"
) -> tuple[list["StoredEvent"], list["RecordedSegment"], datetime]:
    """Stored events, the footage to watch, and where to begin: some time before, to get to know the scene."""
    from sightline.domain.scope import Scope
    from sightline.pipeline.recovery import LEAD, LEARNING_LEAD
    from sightline.store.database import open_database
    from sightline.store.events import list_events
    from sightline.store.recordings import segments_between

    since = asked.start - (LEARNING_LEAD if detector.needs_every_picture else LEAD)
    scope, camera = Scope.of(asked.venue_id), (asked.venue_id, asked.camera_id)
    with open_database(asked.site.database_url, create=False) as database, database.reading() as connection:
        segments = segments_between(scope, connection, *camera, since, asked.end + TAIL)
        if not any(one.ended_at > asked.start and one.started_at < asked.end for one in segments):
            recorded = segments_between(scope, connection, *camera, *EVER)
            raise SourceRejected(_no_footage(asked, recorded))
        events = list_events(
            scope,
            connection,
            venue_id=asked.venue_id,
            camera_id=asked.camera_id,
            start=asked.start - LONGEST_EVENT,
            end=asked.end,
        )
    return [one for one in events if one.run_id is not None], segments, since


def _no_footage(asked: Asked, recorded: Sequence["RecordedSegment"]) -> str:
    span = f"{_local(asked.start, asked)} and {_local(asked.end, asked)}"
    if not recorded:
        return f"nothing is recorded of camera {asked.camera_id!r} of venue {asked.venue_id!r}"
    first, last = min(one.started_at for one in recorded), max(one.ended_at for one in recorded)
    return (
        f"camera {asked.camera_id!r} has no footage between {span}; recorded is from {_local(first, asked)}"
        f" to {_local(last, asked)} ({asked.zone.key})"
    )


def _local(at: datetime, asked: Asked) -> str:
    return at.astimezone(asked.zone).strftime("%Y-%m-%dT%H:%M:%S")


def _watch(
    asked: Asked,
    segments: list["RecordedSegment"],
    since: datetime,
    detector: "Detector",
    *,
    quiet: bool,
) -> tuple["Replayed", list[str]]:
    from sightline.look_wiring import clothes_of
    from sightline.pipeline.replaying import RuleSet, replay_rules
    from sightline.video.replay import read_footage
    from sightline.wiring import camera_rules, tracker_for

    settings = asked.rules_site.settings
    venue = settings.venue(asked.venue_id)
    drawn = camera_rules(settings, venue, venue.camera(asked.camera_id))
    _, rules = tracker_for(settings, None, drawn)
    rule_set = RuleSet(rules, lambda: tracker_for(settings, None, drawn)[0])
    clothes = clothes_of(settings)
    total = (min(asked.end + TAIL, max(one.ended_at for one in segments)) - since).total_seconds()
    with (
        read_footage(
            segments,
            asked.site.recordings_dir,
            analysis_fps=settings.analysis_fps,
            start=since,
            end=asked.end + TAIL,
        ) as reading,
        progress(f"Watching {asked.camera_id} again", total, unit="s", quiet=quiet) as advance,
    ):
        (replayed,) = replay_rules(
            reading,
            [rule_set],
            detector=detector,
            clothes=clothes,
            on_frame=lambda frame: advance((frame.captured_at - since).total_seconds()),
        )
    notes = [part.note for part in (detector, clothes) if part is not None and part.note]
    return replayed, [*notes, *reading.warnings]
