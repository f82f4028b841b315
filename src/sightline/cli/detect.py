"""`sightline detect`: what does this detector see in these pictures?"""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sightline.cli.terminal import messages, print_json
from sightline.errors import ConfigError, SourceRejected

if TYPE_CHECKING:
    from sightline.domain.detection import Detections
    from sightline.vision.picture import Detector

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def detect(
    source: Annotated[Path, typer.Argument(metavar="IMAGE|FOLDER", help="A picture or a folder of them.")],
    detector: Annotated[
        str, typer.Option(help="auto, yolo11n, yolox_nano, builtin or a file.onnx.")
    ] = "auto",
    confidence: Annotated[
        float | None, typer.Option(help="Least score, 0 to 1; each detector has its own default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the people a detector finds in pictures."""
    from sightline.vision.catalogue import find_model
    from sightline.vision.registry import open_detector

    images = images_of(source)
    eye = open_detector(detector, confidence=confidence, find_model=find_model)
    console = messages()
    if eye.note:
        console.print(f"note: {eye.note}", markup=False, soft_wrap=True)
    rows: list[dict[str, Any]] = []
    refused = 0
    for image in images:
        try:
            found = _look(eye, image)
        except SourceRejected as error:
            refused += 1
            console.print(f"error: {error}", style="red", markup=False, soft_wrap=True)
            continue
        rows.append(_row(image, found))
    if json:
        print_json(rows)
    elif rows:
        Console().print(_table(eye.name, rows))
    if refused:
        raise typer.Exit(code=1)


def images_of(source: Path) -> list[Path]:
    """The picture itself, or those in a folder by name.

    Raises:
        SourceRejected: there is no such file, or the folder cannot be read.
        ConfigError: a folder without any picture.
    """
    if not source.is_dir():
        if not source.exists():
            raise SourceRejected(f"{source}: no such file or folder")
        return [source]
    try:
        images = sorted(path for path in source.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    except OSError as error:
        raise SourceRejected(f"{source}: cannot be read ({error.strerror})") from error
    if not images:
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        raise ConfigError(f"{source}: no pictures in this folder (looked for {known})")
    return images


def _look(eye: "Detector", image: Path) -> "Detections":
    from sightline.vision.picture import ArrayPicture

    return eye.detect(ArrayPicture.read(image))


def _row(image: Path, found: "Detections") -> dict[str, Any]:
    boxes = [[round(float(side), 1) for side in box] for box in found.boxes]
    return {"image": str(image), "boxes": boxes, "scores": [round(float(score), 4) for score in found.scores]}


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"People seen by {name}")
    table.add_column("image")
    table.add_column("people", justify="right")
    table.add_column("best score", justify="right")
    table.add_column("boxes (x1 y1 x2 y2)")
    for row in rows:
        best = max(row["scores"], default=math.nan)
        boxes = "\n".join(" ".join(f"{side:.0f}" for side in box) for box in row["boxes"])
        table.add_row(
            row["image"], str(len(row["boxes"])), "-" if math.isnan(best) else f"{best:.2f}", boxes or "-"
        )
    return table
