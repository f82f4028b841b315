"""The page of a private link in a real browser: it plays, it seeks, and it breaks no policy of its own."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import numpy as np
import pytest
from video_site import SITE, VENUE, VideoSite

from in_chromium import NEEDS_CHROMIUM, a_browser
from sightline.evidence.private_links import PrivateLink

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


class Visit:
    """A page in a window of its own, with everything the browser complained of and every answer it got."""

    def __init__(self, browser: Any, language: str, width: int) -> None:
        self.complaints: list[str] = []
        self.answers: list[tuple[str, int]] = []
        self.context = browser.new_context(locale=language, viewport={"width": width, "height": 844})
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", lambda answer: self.answers.append((answer.url, answer.status)))

    def _failed(self, request: Any) -> None:
        # A player that seeks lets go of the answer it was reading.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def video(self, expression: str) -> Any:
        return self.page.evaluate(f"document.querySelector('video').{expression}")

    def wait_for(self, condition: str) -> None:
        """Until `condition`, of the video, holds. Asked from outside: the page itself allows no script."""
        until = time.monotonic() + 60
        while not self.video(condition):
            assert time.monotonic() < until, f"never: {condition}; error: {self.video('error?.message')}"
            time.sleep(0.05)


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    opened: list[Visit] = []

    def open_window(language: str = "en-GB", width: int = 1280) -> Visit:
        opened.append(Visit(browser, language, width))
        return opened[-1]

    yield open_window
    for one in opened:
        one.context.close()


def test_the_video_plays_and_seeks_without_a_complaint(standing: VideoSite, visit: Any) -> None:
    here = visit()
    answer = here.page.goto(standing.address(standing.link()))
    assert answer.status == 200
    here.wait_for("readyState >= 1")
    assert here.video("videoWidth") == 160
    here.page.evaluate("void (document.querySelector('video').muted = true)")
    here.page.evaluate("document.querySelector('video').play()")
    here.wait_for("currentTime > 0.3")
    here.page.evaluate("void (document.querySelector('video').currentTime = 8)")
    here.wait_for("currentTime > 8.2")
    assert here.video("error") is None
    assert ("clip", 206) in [
        (url.rpartition("?")[0].rpartition("/")[2], status) for url, status in here.answers
    ]
    assert here.complaints == []
    host = f"http://127.0.0.1:{standing.port}/"
    assert [url for url, _ in here.answers if not url.startswith(host)] == []


def test_a_seek_in_a_long_video_asks_for_the_rest_of_it_only(
    standing: VideoSite, visit: Any, long_video: Path
) -> None:
    here = visit()
    ranges: list[str] = []
    here.page.on("response", lambda answer: ranges.append(answer.headers.get("content-range", "")))
    here.page.goto(standing.address(_hosted(standing, long_video)))
    here.wait_for("readyState >= 1")
    here.page.evaluate("void (document.querySelector('video').currentTime = 38)")
    here.wait_for("seeking === false && document.querySelector('video').readyState >= 2")
    size = long_video.stat().st_size
    starts = [int(one.removeprefix("bytes ").partition("-")[0]) for one in ranges if one]
    assert starts[0] == 0
    assert max(starts) > size // 2
    assert here.complaints == []


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of noise, too large for a browser to fetch beforehand."""
    path = tmp_path_factory.mktemp("long") / "noise.mp4"
    chance = np.random.default_rng(1)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=5, options={"preset": "ultrafast", "qp": "18"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 240, "yuv420p", 10
        stream.codec_context.thread_count = 1
        for _ in range(200):
            picture = chance.integers(0, 255, (240, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path


def _hosted(site: VideoSite, video: Path) -> PrivateLink:
    """A link to a hosted copy of `video`."""
    video_id = str(uuid4())
    part = site.hosted.part_for(VENUE, video_id)
    shutil.copy(video, part)
    content = part.read_bytes()
    return site.hosted.keep(
        SITE,
        part,
        venue_id=VENUE,
        video_id=video_id,
        file_name="noise.mp4",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        facts={},
        hours=48,
        made_by="test",
    )


def test_a_script_that_got_into_the_page_would_not_run(standing: VideoSite, visit: Any) -> None:
    here = visit()
    here.page.goto(standing.address(standing.link()))
    here.page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        "document.body.append(s)"
    )
    assert here.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in one for one in here.complaints)


@pytest.mark.parametrize(("language", "word"), [("fr-FR", "Vidéo privée"), ("en-GB", "Private video")])
def test_the_page_speaks_the_language_of_the_browser(
    standing: VideoSite, visit: Any, language: str, word: str
) -> None:
    here = visit(language)
    here.page.goto(standing.address(standing.link()))
    assert word in here.page.title()
    refused = here.page.goto(standing.address(standing.link())[:-1])
    assert refused.status == 403
    assert refused.headers["content-language"] == language[:2]


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["fr-FR", "en-GB"])
def test_the_page_fits_its_window(standing: VideoSite, visit: Any, width: int, language: str) -> None:
    here = visit(language, width)
    here.page.goto(standing.address(standing.link()))
    here.page.click("summary")
    assert here.page.evaluate("document.documentElement.scrollWidth") <= width
    assert here.page.locator("code").first.is_visible()


def test_a_seek_by_range_is_not_another_view(standing: VideoSite, visit: Any) -> None:
    link = standing.link()
    here = visit()
    here.page.goto(standing.address(link))
    here.wait_for("readyState >= 1")
    here.page.evaluate("void (document.querySelector('video').currentTime = 5)")
    here.wait_for("seeking === false")
    assert standing.views(link) == 1
