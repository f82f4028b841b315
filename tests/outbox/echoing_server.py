"""A web server that repeats all it was sent, the keys included, in whatever it answers."""

import hashlib
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from answering_server import AnsweringServer, Asked


class EchoingServer(AnsweringServer):
    """Takes everything, or answers with `status`; the echo stands wherever words are expected."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.status = status

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.path, headers, body)
        self.asked.append(asked)
        content = json.dumps(self._document(asked)).encode()
        with suppress(OSError):  # whoever asked is free to leave
            handler.send_response(self.status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

    def _document(self, asked: Asked) -> dict[str, Any]:
        echo = echo_of(asked.path, asked.headers)
        if self.status != 200:
            return {"message": echo, "error": echo, "detail": echo}
        said = {"success": True, "message": echo, "echo": echo, "incident": True, "confidence": 0.9}
        said |= {"incident_id": f"server-{len(self.asked)}", "analysis": echo}
        if asked.headers.get("content-type", "").startswith("multipart/"):
            files = [part for part in asked.parts().values() if part.get_filename()]
            video = files[0].get_payload(decode=True)
            assert isinstance(video, bytes)
            said |= {"filename": files[0].get_filename(), "sha256": hashlib.sha256(video).hexdigest()}
        return said


def echo_of(path: str, headers: dict[str, str]) -> str:
    """What a talkative server says of a request."""
    return f"you asked {path} with " + " ".join(f"{name}: {value}" for name, value in headers.items())
