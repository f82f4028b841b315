"""A small body that is either JSON or the form of a page, read whole and bounded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from sightline.api.refused_bodies import take_in_small

LONGEST_BYTES = 16_384
MOST_FIELDS = 20
FORM = "application/x-www-form-urlencoded"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Fields:
    """What came. `is_form`: a page is waiting for another page."""

    values: Mapping[str, Any]
    is_form: bool

    def checked(self, model: type[Model]) -> Model:
        """The values as `model`.

        Raises:
            RequestValidationError: they do not fit.
        """
        try:
            return model.model_validate(dict(self.values))
        except ValidationError as error:
            found = [{**one, "loc": ("body", *one["loc"]), "input": None} for one in error.errors()]
            raise RequestValidationError(found) from error

    def text(self, name: str) -> str:
        """One value where it is text, otherwise nothing."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


async def received_fields(request: Request) -> Fields:
    """The fields of a request; none of an empty body.

    Raises:
        HTTPException: 413 for more than 16 KiB, 415 for another media type.
        RequestValidationError: it is not what it says it is.
    """
    body = await _whole_body(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == FORM:
        return Fields(_of_form(body), is_form=True)
    if not body:
        return Fields({}, is_form=False)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise HTTPException(415, f"send application/json or {FORM}")
    return Fields(_of_json(body), is_form=False)


async def _whole_body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BYTES:
                await take_in_small(request.scope, request.receive, received_bytes=len(body))
                raise HTTPException(413, f"more than {LONGEST_BYTES} bytes", headers={"Connection": "close"})
    except ClientDisconnect as error:
        raise HTTPException(400, "the request ended in the middle") from error
    return body


def _of_form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise _unreadable("not a form") from error


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable("not JSON") from error
    if not isinstance(document, dict):
        raise _unreadable("not a JSON object")
    return document


def _unreadable(why: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body",), "msg": why, "input": None}])
