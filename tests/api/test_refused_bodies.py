"""Who is refused while a body arrives reads why: the little that is left of it is taken in before the end."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import HTTPException, Request
from hosted_sender import BOUNDARY, a_video, end_of_form, file_head

from sightline.api.received_fields import LONGEST_BYTES, received_fields
from sightline.api.streamed_upload import received_form


def arriving(parts: list[bytes], kind: str) -> tuple[Request, list[dict[str, Any]]]:
    """A request, and the messages of it that nobody has read yet."""
    messages = [{"type": "http.request", "body": one, "more_body": one is not parts[-1]} for one in parts]
    length = str(sum(map(len, parts))).encode()
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/upload",
        "headers": [(b"content-length", length), (b"content-type", kind.encode())],
    }

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return Request(scope, receive), messages


def left_unread(rest: bytes, into: Path) -> int:
    """How many messages of a form lie unread after its refusal: two with a file too large, and the rest."""
    parts = [file_head() + a_video(900), bytes(900), rest[:1000], rest[1000:]]
    request, messages = arriving(parts, f"multipart/form-data; boundary={BOUNDARY}")

    async def ask() -> None:
        form = received_form(
            request,
            file_field="video",
            fields=(),
            into=into,
            longest_bytes=1000,
            is_wanted=lambda _: True,
        )
        with pytest.raises(HTTPException) as refused:
            await form.__aenter__()
        assert refused.value.status_code == 413

    anyio.run(ask)
    return len(messages)


def test_a_small_rest_is_taken_in_and_a_large_one_is_not(tmp_path: Path) -> None:
    assert left_unread(bytes(5000) + end_of_form(), tmp_path / "small.part") == 0
    assert left_unread(bytes(70_000) + end_of_form(), tmp_path / "large.part") == 2


@pytest.mark.parametrize(("rest", "unread"), [(5_000, 0), (70_000, 1)])
def test_so_it_is_with_the_fields_of_a_page(rest: int, unread: int) -> None:
    request, messages = arriving([bytes(LONGEST_BYTES + 1), bytes(rest)], "application/json")

    async def ask() -> None:
        with pytest.raises(HTTPException) as refused:
            await received_fields(request)
        assert refused.value.status_code == 413

    anyio.run(ask)
    assert len(messages) == unread
