"""Reading live streams in tests: so many packets, how it ends, why it does not open."""

import itertools
import traceback
from pathlib import Path

import av
import pytest
from footage_made import nal_units

from sightline.video.stream import LiveStream, StreamLost, open_stream


def read(live: LiveStream, count: int) -> list["av.Packet"]:
    return list(itertools.islice(live.packets(), count))


def lost(live: LiveStream) -> StreamLost:
    """How the stream ends."""
    return count_until_lost(live)[1]


def refusal(address: str, **options: object) -> StreamLost:
    with pytest.raises(StreamLost) as caught:
        open_stream(address, **options)  # type: ignore[arg-type]
    return caught.value


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def count_until_lost(live: LiveStream) -> tuple[int, StreamLost]:
    count = 0
    try:
        for _ in live.packets():
            count += 1
    except StreamLost as error:
        return count, error
    raise AssertionError("the stream did not end")


def pictures_of(packet: "av.Packet") -> list[bytes]:
    """The NAL units of pictures; parameter sets and the like are the server's to add."""
    return [unit for unit in nal_units(bytes(packet)) if unit and unit[0] & 0x1F in (1, 5)]


def assert_hidden(error: BaseException, *secrets: str) -> None:
    assert error.__context__ is None
    assert error.__cause__ is None
    told = str(error) + repr(error) + "".join(traceback.format_exception(error))
    for secret in secrets:
        assert secret not in told


def write_sound(path: Path) -> None:
    with av.open(str(path), "w", format="mpegts") as out:
        stream = out.add_stream("aac", rate=8000)
        for number in range(80):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = 8000, number * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
