"""`sightline simulate`: a shop with known truth, as a video, its truth and its site file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.terminal import messages, print_json, progress

if TYPE_CHECKING:
    from sightline.simulate import SimulatedShop


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder for shop.mp4, truth.json and site.yaml.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same shop.")] = 1,
    minutes: Annotated[float, typer.Option("--minutes", help="Length of the recording.")] = 2.0,
    fps: Annotated[float, typer.Option("--fps", help="Pictures per second.")] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Record a simulated shop: video, what truly happened in it, and a site file to analyze it with."""
    from sightline.simulate import EventKind
    from sightline.simulate import simulate as write_recording

    seconds = minutes * 60
    with progress("simulating", seconds, unit="s of video") as advance:
        shop = write_recording(
            out, seed=seed, minutes=minutes, fps=fps, progress=lambda share: advance(share * seconds)
        )
    if as_json:
        print_json(_document(shop))
        return
    truth = shop.truth
    told = ", ".join(f"{len(truth.events_of(kind))} {kind.value}" for kind in EventKind)
    messages().print(
        f"{shop.video}: {seconds:.0f} s, {truth.visitors} visitors; events: {told}", markup=False
    )
    messages().print(
        f"next: sightline analyze {shop.video} --config {shop.site_file} --out out", markup=False
    )


def _document(shop: "SimulatedShop") -> dict[str, object]:
    from sightline.simulate import EventKind

    truth = shop.truth
    return {
        "video": str(shop.video),
        "truth": str(shop.truth_file),
        "config": str(shop.site_file),
        "seed": truth.seed,
        "recorded_at": truth.recorded_at.isoformat(),
        "fps": truth.fps,
        "frames": truth.frames,
        "duration_s": round(truth.frames / truth.fps, 3),
        "visitors": truth.visitors,
        "events": {kind.value: len(truth.events_of(kind)) for kind in EventKind},
    }
