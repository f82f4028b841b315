"""`sightline demo`: two minutes in a simulated shop, from video to proven events."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.options import JsonOption
from sightline.cli.terminal import messages, print_json, progress

DEMO_SEED = 1
DEMO_MINUTES = 2.0


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the simulated shop and its results.")] = Path(
        "sightline-demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed, another day in the shop.")] = DEMO_SEED,
    minutes: Annotated[float, typer.Option(help="How much footage to simulate.")] = DEMO_MINUTES,
    detector: Annotated[str | None, typer.Option(help="auto, yolo11n, yolox_nano or builtin.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a shop, analyse its footage and show every event with its sealed clip."""
    from sightline.cli.analyze import analyze_recordings, find_recordings, print_result
    from sightline.simulate import simulate
    from sightline.wiring import open_site

    console = messages()
    seconds = minutes * 60
    with progress("Simulating a shop", seconds, unit="s of video", quiet=as_json) as advance:
        shop = simulate(
            out / "shop", seed=seed, minutes=minutes, progress=lambda share: advance(share * seconds)
        )
    site = open_site(shop.site_file, out / "data")
    recordings = find_recordings(site, [shop.video], None, None, None)
    results = analyze_recordings(
        site, recordings, out=out / "results", detector=detector, tracker=None, quiet=as_json
    )
    if as_json:
        print_json(results[0].document())
        return
    print_result(results[0])
    console.print(f"the footage: {shop.video}; what really happened in it: {shop.truth_file}", markup=False)
    console.print("next: sightline analyze YOUR_VIDEO.mp4 (see README.md for drawing your own staff line)")
