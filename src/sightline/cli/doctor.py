"""`sightline doctor`: is this machine ready, and what could be better?"""

import os
import platform
import shutil
import sys
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from sightline import __version__
from sightline.cli.doctor_delivery import Check, delivery_checks
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.privacy_record import record_lines
from sightline.cli.terminal import messages, print_json
from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.wiring import Site

LEAST_FREE_GIB = 2


def doctor(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
    privacy: Annotated[
        bool, typer.Option("--privacy", help="Instead: what is kept of people, why, how long, who gets it.")
    ] = False,
) -> None:
    """Check the machine, models, data folder and what is to leave; exits 1 when something is broken."""
    from sightline.privacy_wiring import privacy_record_of
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    if privacy:
        record = privacy_record_of(site)
        if as_json:
            print_json(record)
        else:
            typer.echo("\n".join(record_lines(record)))
        return
    checks = [
        _machine(),
        _data_folder(site),
        _database(site),
        _detector(site),
        _tracker(site),
        *_blurred_faces(site),
        *_looks(site),
        _identity(site),
        *_staff(site),
        *_extras(),
        *delivery_checks(site),
    ]
    if as_json:
        print_json({"version": __version__, "checks": [asdict(check) for check in checks]})
    else:
        _print(checks)
    if any(check.state == "broken" for check in checks):
        raise typer.Exit(1)


def _machine() -> Check:
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    found = (
        f"Python {platform.python_version()}, {platform.machine()},"
        f" {len(os.sched_getaffinity(0))} cores, {memory_gib:.0f} GiB"
    )
    return Check("machine", "ok" if sys.version_info >= (3, 11) else "broken", found)


def _data_folder(site: "Site") -> Check:
    folder = site.data_dir
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        return Check(
            "data folder", "broken", f"{existing} cannot be written", "choose another with --data-dir"
        )
    free_gib = shutil.disk_usage(existing).free / 2**30
    found = f"{folder}, {free_gib:.0f} GiB free"
    if free_gib < LEAST_FREE_GIB:
        return Check("data folder", "broken", found, f"free at least {LEAST_FREE_GIB} GiB")
    return Check("data folder", "ok", found if folder.exists() else f"{found}, made on first use")


def _database(site: "Site") -> Check:
    from sightline.store.schema import newest_version

    if site.settings.database_url is None and not (site.data_dir / "sightline.db").exists():
        return Check("database", "ok", f"SQLite, made on first use at version {newest_version()}")
    try:
        return Check("database", "ok", f"{site.database.name}, version {newest_version()}")
    except SightlineError as error:
        return Check("database", "broken", str(error))


def _detector(site: "Site") -> Check:
    from sightline.wiring import detector_for

    try:
        detector = detector_for(site.settings)
    except SightlineError as error:
        return Check("detector", "broken", str(error))
    facts = ", ".join(
        str(value) for key, value in detector.facts().items() if key in ("runtime", "precision")
    )
    found = f"{detector.name} ({facts})" if facts else detector.name
    return Check("detector", "note" if detector.note else "ok", found, detector.note)


def _tracker(site: "Site") -> Check:
    """What keeps people apart, and what it knows them by."""
    from sightline.look_wiring import clothes_of

    name = site.settings.tracker.name
    try:
        clothes = clothes_of(site.settings)
    except SightlineError as error:
        return Check("tracker", "broken", str(error))
    by = f"motion and {clothes.facts()['name']}" if clothes is not None else "motion"
    note = clothes.note if clothes is not None else ""
    return Check("tracker", "note" if note else "ok", f"{name}, people are known by {by}", note)


def _blurred_faces(site: "Site") -> list[Check]:
    """Nothing is told where the site does not ask for it."""
    from sightline.evidence.face_blur import FACES, PEOPLE, face_blur

    blur = face_blur(site.settings)
    if blur is None:
        return []
    name = "blurred faces"
    try:
        means = blur.means()
        blur.open()
    except SightlineError as error:
        return [Check(name, "broken", str(error))]
    if FACES not in means:
        found = f"the upper half of people found by {means[PEOPLE]}; nothing here finds faces"
        return [
            Check(name, "note", found, "for closer work: sightline models list, then pull a face detector")
        ]
    return [Check(name, "ok", f"faces found by {means[FACES]}, heads of people found by {means[PEOPLE]}")]


def _looks(site: "Site") -> list[Check]:
    """Whether the models that look closer at people are here and work; nothing where nobody asks for them."""
    try:
        opened = site.looks.open() if site.looks is not None else None
    except SightlineError as error:  # the catalogue of models; one that is missing is only off
        return [Check("faces, poses", "broken", str(error))]
    if opened is None:
        return []
    from sightline.pipeline.look_models import FACE_MODELS, FACES, KNOWN_AGAIN, OFF, POSES
    from sightline.vision.looks import POSE

    checks = []
    for name, parts, kinds in (("faces", (FACES, KNOWN_AGAIN), FACE_MODELS), ("poses", (POSES,), (POSE,))):
        notes = dict.fromkeys(opened.state[part] for part in parts if opened.state[part] in opened.notes)
        if notes:
            checks.append(Check(name, "note", "; ".join(notes), "all else works without"))
        elif any(opened.state[part] != OFF for part in parts):
            models = ", ".join(str(opened.facts[kind]) for kind in kinds if kind in opened.facts)
            checks.append(Check(name, "ok", f"looked at with {models}"))
    return checks


def _identity(site: "Site") -> Check:
    """Whether what is kept of faces can be read, and will be sealed."""
    from sightline.config.identity_key import needs_key, read_identity_key
    from sightline.privacy_wiring import identity_key

    if not needs_key(site.settings.identity):
        return Check("identity", "ok", "off: no face is kept")
    try:
        read_identity_key(site.settings.identity)
        if site.settings.database_url is None and not (site.data_dir / "sightline.db").exists():
            return Check("identity", "ok", "the key is there")
        key = identity_key(site)
    except SightlineError as error:
        return Check("identity", "broken", "faces cannot be kept", str(error))
    return Check("identity", "ok", f"the key is there: {key.key_id if key is not None else 'none'}")


def _staff(site: "Site") -> list[Check]:
    """Whether enrolled staff can be known; nothing where nobody is enrolled."""
    from sightline.cli.known_cameras import database_if_there
    from sightline.domain.scope import Scope
    from sightline.look_wiring import known_staff
    from sightline.store.enrolled_staff import venues_with_staff

    if not site.settings.identity.enabled:
        return []
    name, found = "enrolled staff", []
    try:
        database = database_if_there(site)
        if database is None:
            return []
        with database.reading() as connection:
            venues = venues_with_staff(Scope.site(), connection)
        for venue_id in venues:
            known, appearance = known_staff(site, venue_id)
            if known is not None and appearance is not None:
                found.append(f"{len(known.templates)} at {venue_id}, known by {appearance.name}")
    except SightlineError as error:
        return [Check(name, "note", "they are not looked for", str(error))]
    return [Check(name, "ok", "; ".join(found))] if found else []


def _extras() -> list[Check]:
    wanted = {"openvino": "faster inference", "pyarrow": "export to Parquet"}
    extra_of = {"openvino": "openvino", "pyarrow": "parquet"}
    return [
        Check(f"extra: {what}", "ok", f"{module} is installed")
        if find_spec(module)
        else Check(f"extra: {what}", "note", "not installed", f"pip install 'sightline[{extra_of[module]}]'")
        for module, what in wanted.items()
    ]


def _print(checks: list[Check]) -> None:
    styles = {"ok": "green", "note": "yellow", "broken": "red"}
    table = Table(title=f"sightline {__version__}", title_justify="left")
    for heading in ("", "what", "found", "advice"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        words = (escape(text) for text in (check.name, check.found, check.advice))
        table.add_row(f"[{styles[check.state]}]{check.state}[/]", *words)
    messages().print(table)
