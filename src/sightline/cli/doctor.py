"""`sightline doctor`: is this machine ready, and what could be better?"""

import os
import platform
import shutil
import sys
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from sightline import __version__
from sightline.cli.doctor_delivery import Check, delivery_checks
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.terminal import messages, print_json
from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.wiring import Site

LEAST_FREE_GIB = 2


def doctor(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the machine, models, data folder and what is to leave; exits 1 when something is broken."""
    from sightline.wiring import open_site

    site = open_site(config, data_dir)
    checks = [
        _machine(),
        _data_folder(site),
        _database(site),
        _detector(site),
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
