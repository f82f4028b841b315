"""One video, fetched from the web with yt-dlp in a process of its own, which knows no database and no secret.

As a program: `python -m sightline.jobs.fetch`, an order as one JSON line on standard input, whose end ends
the process. It tells what it does in JSON documents, one a line: `{"fetching": [bytes, of how many]}`, null
when nobody says; and at the end `{"fetched": {...}}`, or `{"failed": SENTENCE, "again": bool, "waits": false,
"detail": TEXT}`.
"""

import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sightline.jobs.fetch_guard import Endpoint, Forbidden, guard_this_process
from sightline.pipeline.lifeline import leave_when_input_ends, own_output

TOLD_EVERY_S = 0.5
MOST_MEMORY = 1 << 30
"""Address space. Fetching writes what comes block by block; a page that is larger than this is an attack."""

SILENCE_S = 20.0
"""Longest wait for the next byte."""

FILE = "video"
"""What comes is called so, whatever its sender calls it."""

# Single files, and lists of pieces that are put one after the other as they are: ffmpeg is never needed.
_AS_IT_IS = "[protocol~='^(https?|m3u8_native|http_dash_segments)$']"
_OPTIONS: Mapping[str, Any] = {
    "format": f"bv*{_AS_IT_IS}/b{_AS_IT_IS}",
    "format_sort": ["hasvid", "res:1080", "vcodec:h264", "proto:https"],
    "noplaylist": True,
    "extract_flat": "in_playlist",
    "playlist_items": "1",
    "quiet": True,
    "no_warnings": True,
    "noprogress": True,
    "color": "no_color",
    "nopart": True,
    "continuedl": False,
    "overwrites": True,
    "updatetime": False,
    "fixup": "never",
    "postprocessors": [],
    "external_downloader": {"default": "native"},
    "hls_prefer_native": True,
    "keep_fragments": False,
    "skip_unavailable_fragments": False,
    "cachedir": False,
    "cookiefile": None,
    "usenetrc": False,
    "proxy": "",
    "enable_file_urls": False,
    "js_runtimes": {},
    "remote_components": [],
    "warn_when_outdated": False,
    "geo_bypass": False,
    "retries": 2,
    "fragment_retries": 2,
    "extractor_retries": 1,
    "file_access_retries": 0,
    "socket_timeout": SILENCE_S,
}

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOrder:
    """What is to be fetched.

    Attributes:
        url: of the video, or of a page that shows it.
        folder: an empty folder of its own, where it is put as `video`.
        longest_bytes: the largest file that is taken.
        within_s: seconds, from the first byte of the first answer to the last byte of the video.
    """

    url: str
    folder: str
    longest_bytes: int
    within_s: float


class _TooLarge(BaseException):
    """More than is taken. Not an Exception, so that nobody on the way tries again."""


def fetch(order: FetchOrder, tell: Tell, *, allowed: Collection[Endpoint] = ()) -> None:
    """Fetch a video and tell how that goes and ends. Foreseen or not, nothing is raised.

    This process is bound by it from then on: see `fetch_guard`.

    Args:
        allowed: endpoints inside this network that tests fetch from. No setting leads here.
    """
    guard_this_process(allowed)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (order.longest_bytes, order.longest_bytes))
    _end_after(order.within_s, tell)
    try:
        suffix = _downloaded(order, tell)
        tell({"fetched": {**_what_came(Path(order.folder)), "suffix": suffix}})
    except Forbidden as refused:
        _fail(tell, str(refused), again=False)
    except _TooLarge:
        _fail(tell, f"it is larger than {order.longest_bytes // 1_000_000} MB", again=False)
    except ImportError:
        _fail(tell, "videos are fetched with yt-dlp: pip install 'sightline[download]'", again=False)
    except Exception as error:  # noqa: BLE001  the top of this process: the parent must hear of it
        from sightline.jobs.fetch_errors import explain

        sentence, again = explain(error, longest_bytes=order.longest_bytes)
        _fail(tell, sentence, again=again, detail=f"{type(error).__name__}: {error}")


def _downloaded(order: FetchOrder, tell: Tell) -> str:
    """Have yt-dlp put the video into the folder; the suffix that its name should have."""
    import yt_dlp

    from sightline.jobs.fetch_errors import NothingToFetch

    teller = _ByteTeller(tell, order.longest_bytes)
    target = str(Path(order.folder) / FILE)
    own = {"outtmpl": {"default": target.replace("%", "%%")}, "progress_hooks": [teller], "logger": _Quiet()}
    tell({"fetching": [0, None]})
    with yt_dlp.YoutubeDL({**_OPTIONS, **own}) as loader:
        found = loader.extract_info(order.url, download=False)
        if found is None:
            raise NothingToFetch("there is no video at this address")
        if "entries" in found:
            raise NothingToFetch("this address is a list of videos; hand over the address of one")
        if found.get("is_live") or found.get("live_status") in ("is_live", "is_upcoming", "post_live"):
            raise NothingToFetch("it is being sent live; hand it over when it is over, or add it as a camera")
        teller.announced(found.get("filesize"))
        loader.process_ie_result(found, download=True)
    return re.sub(r"[^a-z0-9]", "", str(found.get("ext") or "").lower())[:5]


def _what_came(folder: Path) -> dict[str, Any]:
    from sightline.jobs.fetch_errors import NothingToFetch

    path = folder / FILE
    if not path.is_file():
        raise NothingToFetch("nothing came from there")
    with path.open("rb+") as file:
        digest = file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())  # here, where nobody's lease waits for it
    return {"file": FILE, "sha256": digest, "size_bytes": path.stat().st_size}


class _ByteTeller:
    """Hears of each block that has come; tells of it, but not more often than anybody reads."""

    def __init__(self, tell: Tell, longest_bytes: int) -> None:
        self._tell = tell
        self._longest_bytes = longest_bytes
        self._told = time.monotonic()

    def __call__(self, state: Mapping[str, Any]) -> None:
        come = int(state.get("downloaded_bytes") or 0)
        announced = state.get("total_bytes")
        self.announced(max(come, announced or 0))
        if time.monotonic() - self._told >= TOLD_EVERY_S:
            self._told = time.monotonic()
            guessed = announced or state.get("total_bytes_estimate")
            self._tell({"fetching": [come, int(guessed) if guessed else None]})

    def announced(self, size_bytes: int | None) -> None:
        if size_bytes is not None and size_bytes > self._longest_bytes:
            raise _TooLarge


class _Quiet:
    """What yt-dlp says goes nowhere; what it raises is explained."""

    def debug(self, message: str) -> None:
        """Nothing."""

    info = warning = error = debug


def _end_after(within_s: float, tell: Tell) -> None:
    def end() -> None:
        _fail(tell, f"it did not come whole within {_minutes(within_s)}", again=False)
        os._exit(1)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def _fail(tell: Tell, sentence: str, *, again: bool, detail: str = "") -> None:
    tell({"failed": sentence, "again": again, "waits": False, "detail": detail[:2000]})


def order_line(order: FetchOrder) -> bytes:
    """An order as this program reads it."""
    return json.dumps(asdict(order)).encode() + b"\n"


def run(allowed: Collection[Endpoint] = ()) -> None:
    """The program: reads an order, and ends when its standard input does."""
    line = sys.stdin.buffer.readline()
    if not line:
        return
    out = own_output()

    def tell(document: dict[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    leave_when_input_ends(sys.stdin.fileno())
    fetch(FetchOrder(**json.loads(line)), tell, allowed=allowed)
    out.close()
    os._exit(0)  # a thread that still waits for standard input would keep the interpreter from ending


if __name__ == "__main__":
    run()
