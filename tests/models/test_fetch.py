"""Downloads from a real server that cuts, redirects, forgets and lies."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.errors import DiskFull, ModelError
from sightline.testing.model_server import ModelServer, Reply
from sightline.vision.fetch import Fetched, copy_local, fetch_http
from sightline.vision.http_source import Limits

Fetch = Callable[..., Fetched]
PATIENT = Limits(attempts=3, first_pause_s=0.01)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "model.onnx"


@pytest.fixture
def pauses() -> list[float]:
    """The waits between attempts, which nobody really waits for."""
    return []


@pytest.fixture
def fetch(server: ModelServer, target: Path, pauses: list[float]) -> Fetch:
    def fetch_from(address: str | None = None, **options: object) -> Fetched:
        arguments: dict[str, object] = {"limits": PATIENT, "sleep": pauses.append, **options}
        return fetch_http(address or server.url, target, **arguments)  # type: ignore[arg-type]

    return fetch_from


def left_behind(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_whole_with_its_sum(server: ModelServer, fetch: Fetch, target: Path) -> None:
    fetched = fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content
    assert (fetched.sha256, fetched.size_bytes, fetched.resumed_at) == (server.sha256, 2_000_000, 0)
    assert left_behind(target) == ["model.onnx"]


def test_progress_tells_bytes_and_total(fetch: Fetch) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2_000_000, 2_000_000)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_cut_connection_is_continued_where_it_broke(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(cut_after=700_000), Reply(cut_after=700_000), Reply()]
    fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content
    starts = [int((request.range or "bytes=0-").removeprefix("bytes=")[:-1]) for request in server.requests]
    assert starts[0] == 0
    assert 0 < starts[1] < starts[2]
    assert server.requests[1].if_range == '"one"'


def test_progress_made_counts_so_many_cuts_do_not_end_it(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(cut_after=200_000)]
    assert fetch(expected=(server.sha256,)).size_bytes == 2_000_000
    assert len(server.requests) > PATIENT.attempts


def test_a_later_run_goes_on_with_what_is_there(server: ModelServer, fetch: Fetch, target: Path) -> None:
    server.replies = [Reply(cut_after=900_000), Reply(status=503)]
    with pytest.raises(ModelError, match="answered 503; gave up after"):
        fetch()
    assert left_behind(target) == ["model.onnx.part", "model.onnx.part.json"]
    server.replies = [Reply()]
    fetched = fetch(expected=(server.sha256,))
    assert 0 < fetched.resumed_at <= 900_000
    assert target.read_bytes() == server.content
    assert left_behind(target) == ["model.onnx"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(body=b"o" * 2_000_000, cut_after=900_000), Reply(etag='"two"')]
    fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content


def test_without_a_validator_nothing_is_continued(server: ModelServer, fetch: Fetch, target: Path) -> None:
    server.replies = [Reply(body=b"o" * 2_000_000, cut_after=900_000, etag=""), Reply(etag="")]
    fetch()
    assert [request.range for request in server.requests] == [None, None]
    assert target.read_bytes() == server.content


def test_a_date_serves_as_validator(server: ModelServer, fetch: Fetch) -> None:
    dated = {"etag": "", "last_modified": "Wed, 18 Aug 2021 03:00:00 GMT"}
    server.replies = [Reply(cut_after=900_000, **dated), Reply(**dated)]  # type: ignore[arg-type]
    fetch(expected=(server.sha256,))
    assert server.requests[1].if_range == dated["last_modified"]


def test_a_server_that_ignores_ranges_is_read_from_the_start(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(cut_after=900_000), Reply(honours_range=False)]
    fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content


def test_a_server_that_ignores_ranges_and_always_cuts_is_given_up(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(cut_after=900_000, honours_range=False)]
    with pytest.raises(ModelError, match="the connection broke; gave up after 4 tries"):
        fetch()


def test_a_range_that_starts_elsewhere_is_not_glued_on(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(cut_after=900_000), Reply(shift=5), Reply()]
    fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content


def test_a_part_that_is_longer_than_the_file_is_dropped(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(cut_after=900_000), Reply(status=503)]
    with pytest.raises(ModelError):
        fetch()
    server.content = server.content[:1000]
    server.replies = [Reply()]
    fetch(expected=(server.sha256,))
    assert target.read_bytes() == server.content


def test_a_part_damaged_on_disk_is_fetched_once_more_in_one_go(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(cut_after=900_000), Reply(status=503)]
    with pytest.raises(ModelError):
        fetch()
    part = target.with_name("model.onnx.part")
    part.write_bytes(b"?" + part.read_bytes()[1:])
    server.replies = [Reply()]
    assert fetch(expected=(server.sha256,)).resumed_at == 0
    assert target.read_bytes() == server.content


def test_trouble_of_the_server_is_waited_out_with_growing_pauses(
    server: ModelServer, fetch: Fetch, pauses: list[float]
) -> None:
    server.replies = [Reply(status=500), Reply(status=503), Reply()]
    assert fetch().size_bytes == 2_000_000
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


def test_a_wait_that_is_asked_for_is_kept(server: ModelServer, fetch: Fetch, pauses: list[float]) -> None:
    server.replies = [Reply(status=429, headers={"Retry-After": "7"}), Reply()]
    fetch()
    assert pauses == [7.0]


def test_a_server_that_is_not_there_is_named(fetch: Fetch, pauses: list[float]) -> None:
    with pytest.raises(ModelError, match=r"http://127.0.0.1:1/x: cannot be reached; gave up after 3 tries"):
        fetch("http://127.0.0.1:1/x")
    assert len(pauses) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_not_tried_again(
    server: ModelServer, fetch: Fetch, target: Path, pauses: list[float], status: int
) -> None:
    server.replies = [Reply(status=status)]
    with pytest.raises(ModelError, match=f"answered {status}"):
        fetch()
    assert (len(server.requests), pauses, left_behind(target)) == (1, [], [])


def test_another_sum_is_refused_with_both_sums_and_the_good_file_stays(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    target.parent.mkdir()
    target.write_bytes(b"good")
    wanted = "0" * 64
    with pytest.raises(ModelError) as caught:
        fetch(expected=(wanted,))
    assert server.sha256 in str(caught.value)
    assert wanted in str(caught.value)
    assert target.read_bytes() == b"good"
    assert left_behind(target) == ["model.onnx"]


def test_a_length_that_lies_low_is_caught_by_the_sum(server: ModelServer, fetch: Fetch, target: Path) -> None:
    server.replies = [Reply(length=1_000_000)]
    with pytest.raises(ModelError, match="not the expected file"):
        fetch(expected=(server.sha256,))
    assert left_behind(target) == []


def test_a_length_that_lies_high_is_given_up(server: ModelServer, fetch: Fetch, target: Path) -> None:
    server.replies = [Reply(length=3_000_000, honours_range=False)]
    with pytest.raises(ModelError, match="gave up"):
        fetch()
    assert not target.exists()


def test_a_file_without_a_length_arrives(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(length=-1)]
    assert fetch(expected=(server.sha256,)).size_bytes == 2_000_000


def test_a_file_announced_beyond_the_limit_is_refused_before_a_byte_is_kept(
    fetch: Fetch, target: Path
) -> None:
    received: list[int] = []
    with pytest.raises(ModelError, match="larger than 1,500,000 bytes"):
        fetch(limits=Limits(size_bytes=1_500_000), progress=lambda done, _total: received.append(done))
    assert (received, left_behind(target)) == ([], [])


def test_a_file_that_turns_out_beyond_the_limit_is_refused(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(length=-1)]
    with pytest.raises(ModelError, match="larger than 1,500,000 bytes"):
        fetch(limits=Limits(size_bytes=1_500_000))
    assert not target.exists()


def test_a_check_that_fails_keeps_the_file_out(fetch: Fetch, target: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.stat().st_size == 2_000_000
        raise ModelError("no model")

    with pytest.raises(ModelError, match="no model"):
        fetch(check=refuse)
    assert left_behind(target) == []


def test_redirects_are_followed(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [
        Reply(status=302, headers={"Location": "/elsewhere"}),
        Reply(status=307, headers={"Location": server.url + "?signature=s3cret"}),
        Reply(),
    ]
    assert fetch().size_bytes == 2_000_000
    assert [request.path for request in server.requests][1] == "/elsewhere"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/x", "", "data:text/plain,x"])
def test_a_redirect_away_from_the_web_is_not_followed(
    server: ModelServer, fetch: Fetch, target: Path, location: str
) -> None:
    server.replies = [Reply(status=302, headers={"Location": location})]
    with pytest.raises(ModelError, match="which is no web address"):
        fetch()
    assert left_behind(target) == []


def test_a_redirect_in_circles_ends(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(status=302, headers={"Location": server.url})]
    with pytest.raises(ModelError, match="redirects more than 5 times"):
        fetch()


def test_a_redirect_from_https_to_http_is_not_followed(
    server: ModelServer, tls_server: ModelServer, fetch: Fetch, target: Path
) -> None:
    tls_server.replies = [Reply(status=302, headers={"Location": server.url})]
    with pytest.raises(ModelError, match=r"redirects from https to http"):
        fetch(tls_server.url)
    assert (server.requests, left_behind(target)) == ([], [])


def test_a_redirect_from_http_to_https_is_followed(
    server: ModelServer, tls_server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(status=302, headers={"Location": tls_server.url})]
    fetch()
    assert target.read_bytes() == b"over tls"


def test_a_certificate_nobody_vouches_for_is_refused(
    tls_server: ModelServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ModelError, match="cannot be reached"):
        fetch(tls_server.url)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/x", "model.onnx", "http://", "://"])
def test_only_web_addresses_are_opened(fetch: Fetch, address: str) -> None:
    with pytest.raises(ModelError, match="is no web address"):
        fetch(address)


def test_no_message_shows_a_password_or_a_signature(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(status=404)]
    address = server.url.replace("://", "://user:s3cret@") + "?key=s3cret"
    with pytest.raises(ModelError) as caught:
        fetch(address)
    assert "s3cret" not in str(caught.value)


def test_a_compressed_answer_is_refused(server: ModelServer, fetch: Fetch) -> None:
    server.replies = [Reply(headers={"Content-Encoding": "gzip"})]
    with pytest.raises(ModelError, match="compressed"):
        fetch()


def test_two_at_once_do_not_mix(server: ModelServer, fetch: Fetch, target: Path) -> None:
    def second(_path: Path) -> None:
        with pytest.raises(ModelError, match="being fetched by another process"):
            fetch()

    fetch(check=second)
    assert target.read_bytes() == server.content


def test_a_folder_that_cannot_be_written_is_named(server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot write"):
        fetch_http(server.url, tmp_path / "file" / "model.onnx")


FULL_DISK = """
import resource, sys
from pathlib import Path
from sightline.errors import DiskFull
from sightline.vision.fetch import fetch_http
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    fetch_http(sys.argv[1], Path(sys.argv[2]))
except DiskFull as error:
    print(error)
    sys.exit(7)
"""


def test_a_full_disk_leaves_nothing_behind(server: ModelServer, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"good")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, server.url, str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (7, "")
    assert "no room for model.onnx" in done.stdout
    assert left_behind(target) == ["model.onnx"]
    assert target.read_bytes() == b"good"


def test_a_file_larger_than_the_free_space_is_not_begun(
    server: ModelServer, fetch: Fetch, target: Path
) -> None:
    server.replies = [Reply(length=1 << 60)]
    with pytest.raises(DiskFull, match="are free"):
        fetch(limits=Limits(size_bytes=1 << 61))
    assert left_behind(target) == []


def test_a_local_file_is_copied_and_checked(server: ModelServer, target: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin.onnx"
    origin.write_bytes(server.content)
    assert copy_local(origin, target, expected=(server.sha256,)).size_bytes == 2_000_000
    assert target.read_bytes() == server.content
    with pytest.raises(ModelError, match="not the expected file"):
        copy_local(origin, target, expected=("0" * 64,))
    assert target.read_bytes() == server.content
    assert left_behind(target) == ["model.onnx"]


def test_a_local_file_that_is_not_there_is_named(target: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read .*nothing.onnx: No such file"):
        copy_local(tmp_path / "nothing.onnx", target)
