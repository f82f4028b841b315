"""POST /api/test/{what}: one real attempt at one receiver, and what came of it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from sightline.api.caller import Administering
from sightline.api.problem_docs import problems
from sightline.api.problems import told
from sightline.errors import ConfigError


class What(StrEnum):
    """What can be tried."""

    MAIL = "mail"
    UPLOAD = "upload"
    INCIDENT = "incident"
    LINK = "link"
    WEBHOOK = "webhook"


class Outcome(Protocol):
    """Whether it arrived, and one sentence."""

    @property
    def arrived(self) -> bool: ...
    @property
    def detail(self) -> str: ...


SendTest = Callable[[str], Outcome]
"""Tries one receiver once. Raises ConfigError: it is not set up."""


class TestOutcome(BaseModel):
    """What came of an attempt."""

    test: What
    arrived: bool
    detail: str = Field(description="One sentence: what the receiver said, or why nothing arrived.")


def trial_routes(send_test: SendTest) -> APIRouter:
    """The route, over `send_test`."""
    router = APIRouter(prefix="/api/test", tags=["operations"])

    @router.post(
        "/{what}",
        response_model=TestOutcome,
        responses=problems(401, 403, 409, 422),
        summary="Send a test to a receiver",
    )
    def send(what: What, caller: Administering) -> TestOutcome:
        """One attempt with the settings of the site, marked as a test. That it did not arrive is an answer,
        too. What is not set up is refused with 409, which names the setting."""
        del caller
        try:
            outcome = send_test(what.value)
        except ConfigError as error:
            raise HTTPException(409, told(error)) from error
        detail = outcome.detail if what is What.LINK and outcome.arrived else told(outcome.detail)
        return TestOutcome(test=what, arrived=outcome.arrived, detail=detail)

    return router
