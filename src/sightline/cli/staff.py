"""`sightline staff`: how staff are told by their clothes at this site, and how well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json, progress
from sightline.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from sightline.domain.track import TrackedBox
    from sightline.pipeline.marked_tracks import LookedAtFootage
    from sightline.pipeline.recording import Recording
    from sightline.pipeline.staff_calibration import Calibration
    from sightline.store.enrolled_staff import SealedStaff
    from sightline.vision.appearance import AppearanceModel
    from sightline.vision.picture import Picture
    from sightline.wiring import CameraChoice, Site

app = typer.Typer(help="Staff told by their clothes: uniform colours, enrolled people.", no_args_is_help=True)

VenueOption = Annotated[str | None, typer.Option("--venue", help="Venue the footage belongs to.")]
CameraOption = Annotated[str | None, typer.Option("--camera", help="Camera that took it.")]
TracksOption = Annotated[
    Path | None,
    typer.Option("--tracks", help="Tracks of the video; default: tracks.csv where `analyze` put it."),
]
VideoArgument = Annotated[Path, typer.Argument(help="A video that `sightline analyze` has analysed.")]

LEAST_PATCH = 6
"""Pixels on a side, below which a patch has no colour to speak of."""


@app.command()
def colours(
    source: Annotated[Path, typer.Argument(metavar="VIDEO|IMAGE", help="Where the clothes can be seen.")],
    patch: Annotated[
        str, typer.Option(help="x1,y1,x2,y2: a piece of the clothes, each 0 to 1 of the picture.")
    ],
    at: Annotated[float, typer.Option(help="Seconds into the video.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """The colours of a piece of clothes, as a line for the site file."""
    from sightline.vision.uniform import colours_in, learnt_colours

    x1, y1, x2, y2 = _patch(patch)
    picture = _picture(source, at)
    box = (x1 * picture.width, y1 * picture.height, x2 * picture.width, y2 * picture.height)
    seen = colours_in(picture, box)
    if seen is None or min(box[2] - box[0], box[3] - box[1]) < LEAST_PATCH:
        raise ConfigError(f"--patch {patch} is hardly a pixel of the picture; draw a larger one")
    _tell_colours(learnt_colours([seen]), as_json)


@app.command()
def calibrate(
    video: VideoArgument,
    marks: Annotated[Path, typer.Option(help="Lines track,role with the role staff or customer.")],
    tracks: TracksOption = None,
    venue: VenueOption = None,
    camera: CameraOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge marked tracks by line, uniform and enrolment, and learn the uniform's colours from them."""
    from sightline.pipeline.marked_tracks import read_marks
    from sightline.pipeline.staff_calibration import calibrate as judged
    from sightline.wiring import tracker_for

    site, recording, choice, boxes = _analysed(video, tracks, venue, camera, config, data_dir)
    marked = read_marks(marks, {one.track_id for people in boxes.values() for one in people})
    appearance, threshold, note = _appearance(site)
    footage = _looked_at(recording, boxes, set(marked), appearance, quiet=as_json)
    _, rules = tracker_for(site.settings, None, choice.rules)
    name = appearance.name if appearance is not None else ""
    found = judged(footage, marked, rules, model=name, threshold=threshold)
    notes = [note] if note else []
    if not choice.drawn:
        notes.append("no staff line, staff zone or uniform is set for this camera yet")
    if as_json:
        means = {one.name: one.document() for one in found.means}
        print_json({
            "tracks": len(marked), "means": means, "colours": list(found.colours),
            "line": _line(found.colours), "notes": notes,
        })  # fmt: skip
        return
    for one in notes:
        messages().print(f"note: {one}", style="yellow", markup=False, soft_wrap=True)
    _print_calibration(found)
    if found.colours:
        _tell_colours(found.colours, as_json=False)


@app.command()
def enrol(
    name: Annotated[str, typer.Argument(help="What the shop calls them; it stays in reasons of roles.")],
    video: VideoArgument,
    track: Annotated[list[int], typer.Option(help="Their number in the tracks; more than one will do.")],
    tracks: TracksOption = None,
    venue: VenueOption = None,
    camera: CameraOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep, sealed, what a member of staff looks like; in place of what was kept under this name before."""
    from sightline.config.identity_key import read_identity_key
    from sightline.domain.scope import Scope
    from sightline.domain.templates import Template
    from sightline.look_wiring import appearance_model
    from sightline.pipeline.enrolled_staff import EnrolledStaff, checked_name
    from sightline.store.venues import ensure_venue

    name = checked_name(name)
    site, recording, choice, boxes = _analysed(video, tracks, venue, camera, config, data_dir)
    if not site.settings.identity.enabled:
        raise ConfigError(
            "what people look like is kept with `identity: {enabled: true}` in the site file only; set it and"
            " identity.key, see docs/privacy.md"
        )
    key = read_identity_key(site.settings.identity)
    known = {one.track_id for people in boxes.values() for one in people}
    if missing := sorted(set(track) - known):
        raise ConfigError(f"there is no track {missing[0]} in the tracks of {video}")
    appearance, _ = appearance_model(site)
    footage = _looked_at(recording, boxes, set(track), appearance, quiet=as_json)
    seen = [vector for look in footage.looks for vector in look.vectors.values()]
    if not seen:
        raise ConfigError(
            f"track {track[0]} is nowhere seen well: less than 60 pixels high, or behind others; take another"
        )
    looks = Template.begin(appearance.name, seen[0])
    for vector in seen[1:]:
        looks = looks.with_face(appearance.name, vector)
    scope = Scope.of(choice.venue_id)
    with site.database.transaction() as connection:
        ensure_venue(scope, connection, choice.venue_id, timezone=choice.zone.key)
        EnrolledStaff(key).put_in(
            scope, connection, choice.venue_id, name, looks, at=datetime.now(UTC).replace(microsecond=0)
        )
    if as_json:
        print_json({"venue_id": choice.venue_id, "name": name, "model": looks.model, "crops": looks.faces})
        return
    messages().print(
        f"{name} is enrolled at {choice.venue_id}, from {looks.faces} pictures; cameras of a running"
        " `sightline serve` know it when they start again",
        markup=False,
        soft_wrap=True,
    )


@app.command("list")
def list_staff(
    venue: VenueOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who is enrolled, and since when."""
    from sightline.wiring import open_site

    found = _enrolled(open_site(config, data_dir), venue)
    if as_json:
        print_json([
            {
                "venue_id": venue_id, "name": one.name, "model": one.model, "crops": one.crops,
                "key_id": one.key_id, "enrolled_at": one.enrolled_at.isoformat(),
            }
            for venue_id, one in found
        ])  # fmt: skip
        return
    rows = [
        (venue_id, one.name, f"{one.enrolled_at:%F}", str(one.crops), one.model) for venue_id, one in found
    ]
    print_table(("venue", "name", "enrolled", ">pictures", "model"), rows)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="As `sightline staff list` shows it.")],
    venue: VenueOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete what is kept of a member of staff, and their name in the reasons of events."""
    from sightline.domain.scope import Scope
    from sightline.store.enrolled_staff import forget_staff
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    enrolled = _enrolled(site, venue)
    venues = sorted({venue_id for venue_id, one in enrolled if one.name == name})
    if not venues:
        names = ", ".join(dict.fromkeys(one.name for _, one in enrolled)) or "nobody"
        raise ConfigError(f"nobody called {name!r:.60} is enrolled; enrolled are: {names}")
    if len(venues) > 1:
        raise ConfigError(f"several venues have a {name!r}; say which with --venue: {', '.join(venues)}")
    with site.database.transaction() as connection:
        events = forget_staff(Scope.of(venues[0]), connection, venues[0], name)
    if as_json:
        print_json({"venue_id": venues[0], "name": name, "events": events})
        return
    messages().print(
        f"what was kept of {name} at {venues[0]} is deleted, the name in the reasons of {events} events too;"
        " cameras of a running `sightline serve` forget it when they start again, and may write the name"
        " until then",
        markup=False,
        soft_wrap=True,
    )


def _analysed(
    video: Path,
    tracks: Path | None,
    venue: str | None,
    camera: str | None,
    config: Path | None,
    data_dir: Path | None,
) -> tuple[Site, Recording, CameraChoice, dict[int, tuple[TrackedBox, ...]]]:
    """The site, the recording with the camera it is of, and its tracks."""
    from sightline.cli.analyze import find_recordings
    from sightline.pipeline.marked_tracks import read_tracks
    from sightline.pipeline.results import TRACKS
    from sightline.wiring import open_site

    if video.is_dir():
        raise ConfigError(f"{video} is a folder; tracks are of one video: name the file")
    site = open_site(config, data_dir)
    ((recording, choice),) = find_recordings(site, [video], venue, camera, None)
    folder = site.data_dir / "analysis" / choice.venue_id / choice.camera_id
    return site, recording, choice, read_tracks(tracks or folder / TRACKS)


def _looked_at(
    recording: Recording,
    boxes: dict[int, tuple[TrackedBox, ...]],
    wanted: set[int],
    appearance: AppearanceModel | None,
    *,
    quiet: bool,
) -> LookedAtFootage:
    from sightline.pipeline.marked_tracks import look_at_tracks
    from sightline.video.source import open_file

    label = f"Looking at {recording.path.name}"
    since = recording.start.at
    with (
        progress(label, recording.duration_s, unit="s", quiet=quiet) as advance,
        open_file(recording.path) as opened,
    ):
        return look_at_tracks(
            opened,
            boxes,
            wanted,
            recorded_at=since,
            appearance=appearance,
            on_frame=lambda frame: advance((frame.captured_at - since).total_seconds()),
        )


def _appearance(site: Site) -> tuple[AppearanceModel | None, float | None, str]:
    """The model, its threshold, and a sentence why there is none."""
    from sightline.look_wiring import appearance_model

    try:
        return (*appearance_model(site), "")
    except (ConfigError, ModelError) as error:
        return None, None, f"enrolling is not tried: {error}"


def _enrolled(site: Site, venue: str | None) -> list[tuple[str, SealedStaff]]:
    """Everybody enrolled, with their venue."""
    from sightline.cli.known_cameras import database_if_there, find_venue
    from sightline.domain.scope import Scope
    from sightline.store.enrolled_staff import staff_of_venue, venues_with_staff

    if venue is not None:
        find_venue(site, venue)
    database = database_if_there(site)
    if database is None:
        return []
    with database.reading() as connection:
        venues = venues_with_staff(Scope.site(), connection) if venue is None else [venue]
        return [(one, row) for one in venues for row in staff_of_venue(Scope.of(one), connection, one)]


def _patch(text: str) -> tuple[float, float, float, float]:
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError:
        x1 = y1 = x2 = y2 = -1.0
    if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise ConfigError(
            f"--patch {text!r:.60} is not x1,y1,x2,y2 with x1 < x2 and y1 < y2, each 0 to 1 of the picture"
        )
    return x1, y1, x2, y2


def _picture(source: Path, at: float) -> Picture:
    """The picture file, or the first picture of a video at or after `at` seconds."""
    from sightline.cli.detect import IMAGE_SUFFIXES
    from sightline.video.frames import read_frames
    from sightline.video.source import open_file
    from sightline.vision.picture import ArrayPicture

    if source.suffix.lower() in IMAGE_SUFFIXES:
        return ArrayPicture.read(source)
    start = datetime(2000, 1, 1, tzinfo=UTC)
    with open_file(source) as video:
        for frame in read_frames(video, recorded_at=start, analysis_fps=None):
            if frame.captured_at - start >= timedelta(seconds=at - 0.001):
                return frame
    raise ConfigError(f"{source} ends before second {at:g}")


def _line(found: tuple[str, ...]) -> str:
    return "uniform: [" + ", ".join(f'"{one}"' for one in found) + "]"


def _tell_colours(found: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json({"colours": list(found), "line": _line(found)})
        return
    messages().print("for `staff:` of the camera in the site file:", markup=False)
    typer.echo(_line(found))


def _print_calibration(found: Calibration) -> None:
    from sightline.domain.event import Role

    roles = (Role.STAFF, Role.CUSTOMER, Role.UNKNOWN)
    rows = []
    for one in found.means:
        taken = [
            " / ".join(str(one.count(marked, role)) for role in roles)
            for marked in (Role.STAFF, Role.CUSTOMER)
        ]
        rows.append((one.name, f"{one.right} of {len(one.verdicts)}", *taken))
    heads = (f">{who} taken for staff / customer / unknown" for who in ("staff", "customers"))
    print_table(("told by", ">right", *heads), rows, title="Marked tracks")
    wrong = [
        (
            one.name,
            str(verdict.track_id),
            verdict.marked.value,
            verdict.found.role.value,
            verdict.found.reason,
        )
        for one in found.means
        for verdict in one.verdicts
        if not verdict.is_right
    ]
    if wrong:
        print_table(("told by", ">track", "marked", "taken for", "because"), wrong, title="Wrong")
