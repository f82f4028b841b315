"""Large files to S3 go one at a time: each holds its parts in memory while they are sent."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from s3_server import S3Front, S3Server, sealed, uploader

from sightline.delivery.s3 import PART_BYTES


def test_of_several_large_files_the_next_begins_when_one_has_ended(tmp_path: Path) -> None:
    clips = [
        sealed(tmp_path, bytes([number]) * (PART_BYTES + 1_000_000), f"segment_{number}.mp4")
        for number in range(3)
    ]
    with S3Server() as server, S3Front(server.port) as front:
        target = uploader(front.address)
        with ThreadPoolExecutor(3) as threads:
            receipts = list(threads.map(lambda clip: target.send(clip, key=clip.file_name), clips))
        seen = ["begin" if "?uploads" in line else "end" for line in front.seen if line.startswith("POST")]
    assert [one.proof.value for one in receipts] == ["md5"] * 3
    assert seen == ["begin", "end"] * 3


def test_a_small_file_does_not_wait_for_a_large_one(tmp_path: Path) -> None:
    with S3Server() as server:
        target = uploader(server.address)
        with target._large:
            receipt = target.send(sealed(tmp_path, b"small"), key="k")
    assert receipt.proof.value == "md5"
