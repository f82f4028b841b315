"""`sightline demo`: two minutes in a simulated shop, from video to proven events and the dashboards."""

import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import JsonOption
from sightline.cli.terminal import messages, print_json, progress

if TYPE_CHECKING:
    from sightline.wiring import Site

DEMO_SEED = 1
DEMO_MINUTES = 2.0
HOST = "127.0.0.1"
PATIENCE_S = 120.0


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the simulated shop and its results.")] = Path(
        "sightline-demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed, another day in the shop.")] = DEMO_SEED,
    minutes: Annotated[float, typer.Option(help="How much footage to simulate.")] = DEMO_MINUTES,
    detector: Annotated[str | None, typer.Option(help="auto, yolo11n, yolox_nano or builtin.")] = None,
    serve: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Then serve the dashboards. Default: on a terminal."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Of the dashboards. Default: 8000, or a free one.", min=1, max=65535)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a shop, analyse its footage, show every event with its sealed clip; then the dashboards."""
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
    else:
        print_result(results[0])
        console.print(
            f"the footage: {shop.video}; what really happened in it: {shop.truth_file}", markup=False
        )
        console.print(
            "next: sightline analyze YOUR_VIDEO.mp4 (see README.md for drawing your own staff line)"
        )
    if serve or (serve is None and not as_json and somebody_looks(os.environ)):
        _serve(site, shop.site_file, results[0].analysed.recording.venue_id, port)


def somebody_looks(environ: Mapping[str, str]) -> bool:
    """Whether this was typed at a terminal, by somebody who can end it."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not environ.get("CI")


def _serve(site: "Site", site_file: Path, venue_id: str, port: int | None) -> None:
    """The dashboards, until Ctrl-C."""
    import logging

    from sightline.cli.serve import run_site
    from sightline.logs import set_up_logs

    set_up_logs()
    logging.getLogger().setLevel(logging.WARNING)  # the one line that matters here is the address
    port = port or _port()
    messages().print("starting the dashboards ...")
    told = threading.Thread(target=_tell, args=(port, f"http://{HOST}:{port}/dashboard/{venue_id}"))
    told.daemon = True
    told.start()
    options = ["--config", str(site_file.absolute()), "--data-dir", str(site.data_dir)]
    run_site(site, None, options, HOST, port)


def _tell(port: int, address: str) -> None:
    """Say where the dashboards are as soon as they answer, and open them where there is a desktop."""
    from sightline.cli.serve import answers

    patient_until = time.monotonic() + PATIENCE_S
    while not answers(HOST, port):
        if time.monotonic() > patient_until:
            return
        time.sleep(0.2)
    messages().print(f"open {address} - Ctrl-C ends it", markup=False, soft_wrap=True)
    if has_desktop(os.environ):
        with suppress(webbrowser.Error, OSError):
            webbrowser.open(address)


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Whether a browser would open in a window; one in the terminal would be in the way."""
    return sys.platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _port() -> int:
    """The usual one, or one that is free."""
    for wanted in (8000, 0):
        with suppress(OSError), socket.create_server((HOST, wanted)) as free:
            return int(free.getsockname()[1])
    return 8000
