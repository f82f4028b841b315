"""`sightline models`: which models there are, fetch them, check them."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from sightline.cli.terminal import PLAIN_LINE_EVERY_S, messages, print_json
from sightline.config import Settings, load_settings
from sightline.errors import ConfigError, ModelError
from sightline.vision.catalogue import NAME, ModelEntry, find_model, load_catalogue, search_places

if TYPE_CHECKING:  # these load numpy and an HTTP client; every command would wait for them
    from sightline.vision.fetch import Progress as Advance
    from sightline.vision.model_folder import ModelFolder, Verified

SITE_FILE = Path("sightline.yaml")
RECOMMENDED = "yolox_nano"

app = typer.Typer(help="List, fetch and check the model files.", no_args_is_help=True)

Config = Annotated[
    Path | None, typer.Option("--config", help="The site file; sightline.yaml when there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def _settings(config: Path | None) -> Settings:
    if config is None and SITE_FILE.is_file():
        config = SITE_FILE
    return load_settings(config)


def _present(entry: ModelEntry, settings: Settings, catalogue: dict[str, ModelEntry]) -> "Verified | None":
    from sightline.vision.model_folder import ModelFolder

    path = find_model(entry.name, models_dir=settings.models.dir, catalogue=catalogue)
    return ModelFolder(path.parent).verify(entry) if path is not None else None


def _facts(entry: ModelEntry, found: "Verified | None") -> dict[str, Any]:
    return {
        "name": entry.name,
        "file": entry.file,
        "kind": entry.kind,
        "purpose": entry.purpose,
        "licence": entry.licence,
        "licence_class": entry.licence_class,
        "address": entry.addresses[0] if entry.addresses else None,
        "address_verified": entry.address_verified,
        "input": entry.input,
        "confidence": entry.confidence,
        "present": found is not None,
        "path": str(found.path) if found else None,
        "state": found.state if found else None,
        "sha256": found.sha256 if found else None,
        "bytes": found.size_bytes if found else None,
    }


@app.command("list")
def list_models(config: Config = None, as_json: AsJson = False) -> None:
    """Show every known model: what it is for, its licence, whether it is here and is what it should be."""
    settings = _settings(config)
    catalogue = load_catalogue(settings.models.catalogue)
    rows = [_facts(entry, _present(entry, settings, catalogue)) for entry in catalogue.values()]
    if as_json:
        print_json(rows)
        return
    table = Table("model", "for", "licence", "here", "bytes", box=None, pad_edge=False)
    for row in rows:
        size = f"{row['bytes']:,}" if row["present"] else ""
        table.add_row(row["name"], row["kind"], row["licence"], row["state"] or "no", size)
    Console(highlight=False).print(table)
    places = ", ".join(str(place) for place in search_places(settings.models.dir))
    messages().print(f"looked in: {places}", markup=False, soft_wrap=True)
    messages().print(
        "known: a copy the catalogue names; pinned: as first fetched; unpinned: nothing to compare with",
        markup=False,
        soft_wrap=True,
    )


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Models to fetch; {RECOMMENDED} when none.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Fetch from this address (one model).")] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="Accept only this file (one model).")] = None,
    origin: Annotated[
        Path | None, typer.Option("--from", help="Take files from this folder or file.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept the licences of the models named.")] = False,
    config: Config = None,
) -> None:
    """Fetch models and pin their checksums in models.lock. Run again to go on after an interruption."""
    from sightline.vision.model_folder import ModelFolder

    names = names or [RECOMMENDED]
    if (url or sha256) and len(names) != 1:
        raise ConfigError("--url and --sha256 are for one model; name exactly one")
    if url and origin:
        raise ConfigError("--url and --from exclude each other")
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise ConfigError("--sha256 takes 64 hexadecimal digits")
    settings = _settings(config)
    catalogue = load_catalogue(settings.models.catalogue)
    entries = [_entry(name, catalogue, own=bool(url or origin)) for name in names]
    folder = ModelFolder(search_places(settings.models.dir)[0])
    _ask_for_licences([entry for entry in entries if entry.wants_a_yes], folder, yes)
    troubles = []
    for entry in entries:
        origins = (url,) if url else (str(origin),) if origin else entry.addresses
        try:
            _pull_one(entry, origins, folder, sha256.lower() if sha256 else None)
        except ModelError as error:
            troubles.append(f"{entry.name}: {error}")
    if troubles:
        raise ModelError("\n".join(troubles))


def _entry(name: str, catalogue: dict[str, ModelEntry], *, own: bool) -> ModelEntry:
    """The entry of a name; one that the user brings himself needs none in the catalogue."""
    if name in catalogue:
        return catalogue[name]
    if own and NAME.fullmatch(name):
        # Whoever brings a file of his own knows under which licence.
        return ModelEntry(
            name=name, file=f"{name}.onnx", licence="the user's own", licence_class="permissive"
        )
    raise ConfigError(
        f"unknown model {name!r}; known are {', '.join(catalogue)} (any other name needs --url or --from)"
    )


def _ask_for_licences(entries: list[ModelEntry], folder: "ModelFolder", yes: bool) -> None:
    """A yes for each binding licence, once and for all.

    Raises:
        ConfigError: nobody is there to say yes, or the answer was no.
    """
    for entry in entries:
        if folder.has_accepted(entry):
            continue
        notice = f"{entry.name}: licence {entry.licence} ({entry.licence_class})"
        if not yes:
            if not sys.stdin.isatty():
                raise ConfigError(f"{notice}; this wants a yes: add --yes to accept it")
            messages().print(notice, markup=False)
            if not typer.confirm("Accept this licence?", err=True):
                raise ConfigError(f"{entry.name}: licence not accepted; nothing was fetched")
        folder.accept(entry)


def _pull_one(entry: ModelEntry, origins: tuple[str, ...], folder: "ModelFolder", sha256: str | None) -> None:
    console = messages()
    here = folder.verify(entry)
    if here is not None and not sha256 and here.state in ("known", "pinned"):
        folder.pin_present(entry)
        console.print(f"{entry.name}: already here, checked ({here.path})", markup=False, soft_wrap=True)
        return
    if not origins:
        raise ModelError(
            f"no address is known; {entry.hint}; then: sightline models pull {entry.name} --from FILE"
        )
    if origins == entry.addresses and not entry.address_verified:
        console.print(
            f"{entry.name}: this address was never tried: {origins[0]}", markup=False, soft_wrap=True
        )
    with _download(entry.name) as advance:
        fetched = folder.pull(entry, origins, sha256=sha256, check=_refuse_what_is_no_model, progress=advance)
    console.print(
        f"{entry.name}: {fetched.size_bytes:,} bytes, SHA-256 {fetched.sha256}, in {fetched.path}",
        markup=False,
        soft_wrap=True,
    )


def _refuse_what_is_no_model(path: Path) -> None:
    """Open a file nobody knows the sum of: a cut-off file or a web page must not be pinned."""
    try:
        from sightline.vision.runtime import open_session

        open_session(path)
    except ModelError as error:
        raise ModelError(f"what came is no model and was thrown away: {error}") from error


@contextmanager
def _download(name: str) -> "Iterator[Advance]":
    """A bar on a terminal, a plain line every ten seconds elsewhere."""
    console = messages()
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(name, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    last = time.monotonic()

    def line(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_LINE_EVERY_S:
            last = time.monotonic()
            share = f" of {total:,}" if total else ""
            console.print(f"{name}: {done:,}{share} bytes", markup=False)

    yield line


@app.command()
def verify(config: Config = None, as_json: AsJson = False) -> None:
    """Hash every model file that is here and compare it with models.lock or the catalogue."""
    from sightline.vision.model_folder import ModelFolder

    settings = _settings(config)
    catalogue = load_catalogue(settings.models.catalogue)
    found = []
    for place in search_places(settings.models.dir):
        folder = ModelFolder(place)
        for entry in [*catalogue.values(), *folder.own_entries(catalogue)]:
            verified = folder.verify(entry)
            if verified is not None:
                found.append((entry, verified))
    wrong = [verified for _, verified in found if verified.state == "mismatch"]
    if as_json:
        rows = [{**_facts(entry, verified), "expected": verified.expected} for entry, verified in found]
        print_json({"ok": not wrong, "files": rows})
    else:
        for entry, verified in found:
            typer.echo(f"{verified.state:9} {entry.name}  {verified.sha256}  {verified.path}")
            if verified.state == "mismatch":
                typer.echo(f"          expected: {' or '.join(verified.expected)}")
        if not found:
            messages().print("no model file is here; fetch one with: sightline models pull", markup=False)
    if wrong:
        raise typer.Exit(1)
