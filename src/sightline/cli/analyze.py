"""`sightline analyze`: recorded footage in, proven events out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.terminal import Advance, clock, length, messages, print_json, progress
from sightline.errors import ConfigError

if TYPE_CHECKING:  # these take a second to import; `--help` should not wait for them
    from sightline.domain.crossing import LineCount
    from sightline.pipeline.loop import TimedFrame
    from sightline.pipeline.recording import Recording
    from sightline.pipeline.results import AnalysisResult
    from sightline.wiring import CameraChoice, Site


def analyze(
    videos: Annotated[list[Path], typer.Argument(help="Video files, or a folder of files of one camera.")],
    venue: Annotated[str | None, typer.Option(help="Venue the footage belongs to.")] = None,
    camera: Annotated[str | None, typer.Option(help="Camera that took it.")] = None,
    config: ConfigOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; default: below the data folder.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="auto, yolo11n, yolox_nano, builtin, or a path.onnx.")
    ] = None,
    tracker: Annotated[str | None, typer.Option(help="botsort, bytetrack or deepsort.")] = None,
    recorded_at: Annotated[
        str | None, typer.Option(help="Start of the recording, ISO 8601; without offset: the venue's time.")
    ] = None,
    pieces: Annotated[
        int,
        typer.Option(help="Pieces of a long video that are detected side by side; 0: one per core.", min=0),
    ] = 1,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find interactions, unattended customers and queues in recorded video, each with its sealed clip."""
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    given = _recorded_at(recorded_at)
    recordings = find_recordings(site, videos, venue, camera, given)
    results = analyze_recordings(
        site, recordings, out=out, detector=detector, tracker=tracker, pieces=pieces, quiet=as_json
    )
    if as_json:
        documents = [result.document() for result in results]
        print_json(documents[0] if len(documents) == 1 else documents)
        return
    for result in results:
        print_result(result)
    _tell_what_waits(site)


def _tell_what_waits(site: "Site") -> None:
    from sightline.domain.outbox import ItemState
    from sightline.domain.scope import Scope
    from sightline.store.outbox_items import count_items

    with site.database.reading() as connection:
        counts = count_items(Scope.site(), connection)
    waiting = sum(one.count for one in counts if one.state is ItemState.WAITING)
    if waiting:
        messages().print(
            f"{waiting} deliveries wait in the outbox: `sightline serve` sends them, or now:"
            " sightline outbox drain",
            soft_wrap=True,
        )


def analyze_recordings(
    site: "Site",
    recordings: list[tuple["Recording", "CameraChoice"]],
    *,
    out: Path | None,
    detector: str | None,
    tracker: str | None,
    pieces: int = 1,
    quiet: bool,
) -> list["AnalysisResult"]:
    """Analyse one recording after the other and write the results of each."""
    from sightline.wiring import PIECES, analysis_of, detector_for, pieces_for

    results = []
    for recording, choice in recordings:
        folder = out or site.data_dir / "analysis" / recording.venue_id / recording.camera_id
        if out is not None and len({(one.venue_id, one.camera_id) for one, _ in recordings}) > 1:
            folder = out / recording.camera_id
        # A fresh one for each: the built-in detector learns the empty shop of one camera.
        opened = detector_for(site.settings, detector)
        lying = site.data_dir / PIECES / f"{recording.venue_id}--{recording.camera_id}"
        cut = pieces_for(site, choice.camera, detector, at_most=pieces, folder=lying)
        if cut is not None and opened.needs_every_picture and not quiet:
            whole = (
                f"note: {opened.name} learns the scene from picture to picture; the video stays in one piece"
            )
            messages().print(whole, style="yellow", markup=False, soft_wrap=True)
        analysis = analysis_of(site, choice, opened, tracker, folder, cut)
        with progress(
            f"Watching {recording.path.name}", recording.duration_s, unit="s", quiet=quiet
        ) as advance:
            watched = _Watched(advance, recording.start.at)
            results.append(analysis.run(recording, on_frame=watched.frame, on_detected=watched.seconds))
    return results


class _Watched:
    """How much of a recording is watched: seconds, which never fall. In pieces it is gone through twice."""

    def __init__(self, advance: Advance, since: datetime) -> None:
        self._advance = advance
        self._since = since
        self._most = 0.0

    def frame(self, frame: "TimedFrame") -> None:
        self.seconds((frame.captured_at - self._since).total_seconds())

    def seconds(self, seconds: float) -> None:
        self._most = max(self._most, seconds)
        self._advance(self._most)


def _recorded_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"--recorded-at {text!r} is not a time; write it as 2026-03-02T09:30:00 (venue's time)"
            " or with an offset, 2026-03-02T09:30:00+01:00"
        ) from error


def find_recordings(
    site: "Site", videos: list[Path], venue: str | None, camera: str | None, given: datetime | None
) -> list[tuple["Recording", "CameraChoice"]]:
    """Every file with its camera and its start, checked before anything is analysed."""
    from sightline.pipeline.recording import find_recording
    from sightline.video.source import list_videos
    from sightline.wiring import choose_camera

    now = datetime.now(UTC)
    found: list[tuple[Recording, CameraChoice]] = []
    for source in videos:
        choice = _as_stored(site, choose_camera(site.settings, source, venue_id=venue, camera_id=camera))
        for path in list_videos(source):
            recording = find_recording(
                path,
                venue_id=choice.venue_id,
                camera_id=choice.camera_id,
                zone=choice.zone,
                given=given,
                now=now,
            )
            found.append((recording, choice))
    if given is not None and len(found) > 1:
        found = _one_after_the_other(found)
    found.sort(key=lambda pair: (pair[0].venue_id, pair[0].camera_id, pair[0].start.at))
    _refuse_overlaps([recording for recording, _ in found])
    return found


def _as_stored(site: "Site", choice: "CameraChoice") -> "CameraChoice":
    """With the zones drawn and the time zone told of a camera that no site file names."""
    from sightline.cli.known_cameras import database_if_there
    from sightline.domain.scope import Scope
    from sightline.job_wiring import camera_for_job
    from sightline.store.cameras import get_camera

    venues = [venue for venue in site.settings.venues if venue.id == choice.venue_id]
    named = [camera.id for venue in venues for camera in venue.cameras]
    database = database_if_there(site)
    if database is None or choice.camera_id in named:
        return choice
    with database.reading() as connection:
        stored = get_camera(Scope.site(), connection, choice.venue_id, choice.camera_id)
    if stored is None or not stored.settings:
        return choice
    return camera_for_job(site, choice.venue_id, choice.camera_id)


def _one_after_the_other(
    found: list[tuple["Recording", "CameraChoice"]],
) -> list[tuple["Recording", "CameraChoice"]]:
    """One given start for several files of a camera: each begins where the one before it ends."""
    ends: dict[tuple[str, str], datetime] = {}
    placed = []
    for recording, choice in found:
        key = (recording.venue_id, recording.camera_id)
        start = replace(recording.start, at=ends.get(key, recording.start.at))
        ends[key] = start.at + timedelta(seconds=recording.duration_s or 0)
        placed.append((replace(recording, start=start), choice))
    return placed


def _refuse_overlaps(recordings: list["Recording"]) -> None:
    """Two files of one camera at one time would replace each other's events: better asked than guessed."""
    for before, after in pairwise(recordings):
        same = (before.venue_id, before.camera_id) == (after.venue_id, after.camera_id)
        end = before.start.at + timedelta(seconds=(before.duration_s or 0) / 2)
        if same and after.start.at < end:
            raise ConfigError(
                f"{before.path} and {after.path} would both be camera {after.camera_id!r} at"
                f" {after.start.at:%F %T} UTC; give each its own --camera or a time in its file name"
            )


def print_result(result: "AnalysisResult") -> None:
    """The events with their clips, then what it comes to, as a person reads it."""
    console = messages()
    recording = result.analysed.recording
    for warning in result.analysed.warnings:
        console.print(f"note: {warning}", style="yellow", markup=False)
    for problem in result.problems:
        console.print(f"warning: {problem}", style="red", markup=False)
    if result.rows:
        console.print(_event_table(result))
    else:
        console.print(f"No events: {result.empty_reason}", markup=False)
    if result.analysed.lines:
        console.print(_line_table(result.analysed.lines))
    visitors, analysed = result.analysed.visitors, result.analysed
    doubt = f" (between {visitors.low} and {visitors.high})" if visitors.low != visitors.high else ""
    verified = sum(row.verified for row in result.rows)
    for line in (
        f"{length(analysed.duration)} of footage from {recording.start.at.astimezone(recording.zone):%F %T},"
        f" {analysed.analysed_frames} of {analysed.frames} pictures analysed",
        f"visitors: {visitors.count}{doubt}; events: {len(result.rows)}, clips verified: {verified}",
        f"results: {result.out}",
        f"check them anywhere: sightline evidence verify {result.out} --head {result.head}"
        f" --public-key {result.public_key}",
    ):
        console.print(line, markup=False, soft_wrap=True)


def _event_table(result: "AnalysisResult") -> Table:
    recording = result.analysed.recording
    day = recording.start.at.astimezone(recording.zone)
    title = f"{recording.venue_id} / {recording.camera_id}, {day:%F}"
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    table.add_column("start", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("who", overflow="fold")
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("clip", overflow="fold")
    table.add_column("its length", justify="right", no_wrap=True)
    table.add_column("evidence", overflow="fold")
    for row in result.rows:
        table.add_row(
            clock(row.event.started_at, recording.zone),
            row.event.kind.value,
            row.who,
            length(row.event.duration),
            row.clip or "-",
            length(row.clip_length) if row.clip_length else "-",
            "[green]verified[/]" if row.verified else f"[red]{escape(row.problem)}[/]",
        )
    return table


def _line_table(lines: "tuple[LineCount, ...]") -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("line", overflow="fold")
    for heading in ("in", "out", "staff in", "staff out"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        counts = (line.entered, line.left, line.staff_entered, line.staff_left)
        table.add_row(escape(line.line), *map(str, counts))
    return table
