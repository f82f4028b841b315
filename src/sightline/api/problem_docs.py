"""How the documentation of a route tells its refusals."""

from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}],
            "description": "A sentence; of wrong input the list of what is wrong, each with `loc` and `msg`.",
        },
        "request_id": {"type": ["string", "null"]},
    },
}
"""RFC 9457, as `problems.problem_answer` writes it."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may be refused with these."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": PROBLEM}},
        }
        for status in statuses
    }


LOOKING = problems(401, 403, 422)
"""What a route answers that shows something of a venue."""
