"""The bytes behind a private link: ranges, what HEAD tells, and what counts as a view."""

import pytest
from video_site import BROWSER, VideoSite

RANGES = {
    "the first bytes": ("bytes=0-99", 206, (0, 100)),
    "all of it": ("bytes=0-", 206, (0, None)),
    "from the middle": ("bytes=1000-", 206, (1000, None)),
    "one byte": ("bytes=7-7", 206, (7, 8)),
    "the last bytes": ("bytes=-50", 206, (-50, None)),
    "more than there is from the end": ("bytes=-999999999", 206, (0, None)),
    "beyond the end": ("bytes=10-999999999", 206, (10, None)),
    "capital letters and spaces": ("Bytes = 3-5", 206, (3, 6)),
    "several": ("bytes=0-1,5-6", 200, (0, None)),
    "backwards": ("bytes=9-5", 200, (0, None)),
    "another unit": ("seconds=0-5", 200, (0, None)),
    "no number": ("bytes=a-b", 200, (0, None)),
    "digits of another script": ("bytes=\u0661-", 200, (0, None)),
    "an underscore": ("bytes=1_0-", 200, (0, None)),
    "a sign": ("bytes=+1-5", 200, (0, None)),
    "only a dash": ("bytes=-", 200, (0, None)),
    "nothing": ("", 200, (0, None)),
}


@pytest.mark.parametrize(("header", "status", "part"), RANGES.values(), ids=RANGES.keys())
@pytest.mark.parametrize("clip", [False, True], ids=["link", "clip"])
def test_ranges(
    standing: VideoSite, header: str, status: int, part: tuple[int, int | None], clip: bool
) -> None:
    content = standing.clip().read_bytes()
    address = standing.address(standing.link(), clip=clip)
    answer = standing.client.get(address, headers={"Range": header.encode()})
    assert answer.status_code == status
    assert answer.content == content[part[0] : part[1]]
    assert answer.headers["accept-ranges"] == "bytes"
    if status == 206:
        first = part[0] % len(content)
        last = first + len(answer.content) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"


@pytest.mark.parametrize("header", ["bytes=999999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_416(standing: VideoSite, header: str) -> None:
    answer = standing.get(standing.address(standing.link()), Range=header)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{standing.clip().stat().st_size}"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_range_of_a_file_that_is_another_by_now_is_the_whole_file(standing: VideoSite) -> None:
    address = standing.address(standing.link())
    whole = standing.get(address)
    tag = whole.headers["etag"]
    assert tag == f'"{standing.evidence().parts[0].sha256}"'
    assert standing.get(address, Range="bytes=2-5", If_Range=tag).status_code == 206
    assert (
        standing.get(address, Range="bytes=2-5", If_Range=whole.headers["last-modified"]).status_code == 206
    )
    for other in ('"another"', f"W/{tag}", "Tue, 01 Jan 2019 00:00:00 GMT"):
        answer = standing.get(address, Range="bytes=2-5", If_Range=other)
        assert (answer.status_code, len(answer.content)) == (200, len(whole.content))


def test_head_tells_the_same_and_sends_nothing(standing: VideoSite) -> None:
    link = standing.link()
    head = standing.get(standing.address(link), method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(standing.clip().stat().st_size)
    part = standing.get(standing.address(link), method="HEAD", Range="bytes=5-14")
    assert (part.status_code, part.headers["content-length"]) == (206, "10")
    assert (
        standing.get(standing.address(link), method="HEAD", **BROWSER)
        .headers["content-type"]
        .startswith("text/html")
    )
    assert standing.views(link) == 0


def test_a_page_is_one_view_and_its_player_none(standing: VideoSite) -> None:
    link = standing.link()
    standing.get(standing.address(link), **BROWSER)
    for header in ("bytes=0-", "bytes=1000-"):
        standing.get(standing.address(link, clip=True), Range=header)
    assert standing.views(link) == 1
    standing.get(standing.address(link), **BROWSER)
    assert standing.views(link) == 2


def test_bytes_from_the_start_are_a_view_and_those_behind_it_not_another(standing: VideoSite) -> None:
    link = standing.link()
    standing.get(standing.address(link))
    standing.get(standing.address(link), Range="bytes=0-99")
    assert standing.views(link) == 2
    standing.get(standing.address(link), Range="bytes=100-199")
    assert standing.views(link) == 2


@pytest.mark.parametrize("clip", [False, True], ids=["link", "clip"])
def test_nobody_sees_any_bytes_without_a_trace(standing: VideoSite, clip: bool) -> None:
    link = standing.link()
    for _ in range(3):
        standing.get(standing.address(link, clip=clip), Range="bytes=1-")
    assert standing.views(link) == 1


def test_a_refused_look_is_no_view(standing: VideoSite) -> None:
    link = standing.link()
    standing.get(standing.address(link)[:-1])
    standing.expire(link)
    standing.get(standing.address(link), **BROWSER)
    assert standing.views(link) == 0
