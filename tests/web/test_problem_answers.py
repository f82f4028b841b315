"""Each kind of our errors has one status, and its text tells nothing of the machine."""

from collections.abc import Iterator

import pytest
from api_server import Server, running_app
from fastapi import FastAPI

from sightline import errors
from sightline.api.problems import RequestIds, answer_with_problems, status_of, told, wrong_input

STATUSES = {
    errors.ConfigError: 400, errors.OutOfScope: 403, errors.NotFound: 404, errors.Conflict: 409,
    errors.EvidenceError: 409, errors.TamperedError: 409, errors.SourceUnavailable: 409,
    errors.SourceRejected: 409, errors.DeliveryRefused: 502, errors.ModelError: 503, errors.StoreError: 503,
    errors.DiskFull: 507,
}  # fmt: skip
PLANTED = "clip /var/lib/sightline/segments/shop/till.mp4 of rtsp://gazer:s3cret@10.0.0.5/x?token=hunter2"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    app = FastAPI()

    @app.get("/{name}")
    def fail(name: str) -> None:
        raise getattr(errors, name)(PLANTED)

    answer_with_problems(app)
    app.add_middleware(RequestIds)
    with running_app(app) as port:
        yield Server(port)


@pytest.mark.parametrize("kind", STATUSES, ids=lambda kind: kind.__name__)
def test_each_kind_of_error_has_its_status_and_no_folder_or_password_in_its_text(
    server: Server, kind: type[errors.SightlineError]
) -> None:
    answer = server.get(f"/{kind.__name__}")
    assert answer.status_code == STATUSES[kind]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    for secret in ("s3cret", "gazer", "hunter2", "/var/lib", "segments"):
        assert secret not in answer.text
    if STATUSES[kind] < 503:
        assert answer.json()["detail"] == "clip till.mp4 of rtsp://***@10.0.0.5/x?token=***"
    else:
        assert "till.mp4" not in answer.text  # of the machine itself only the log tells


def test_every_kind_of_error_has_a_status() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    assert len(kinds) > 12
    without = [one.__name__ for one in kinds if status_of(one("")) == 500]
    assert without == ["SightlineError"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot read /root/a b/keys/x.pem: no", "cannot read a b/keys/x.pem: no"),
        ("look at http://h/a/b and ./a/b and 3/4", "look at http://h/a/b and ./a/b and 3/4"),
        ("lift it with DELETE /api/evidence/ID/hold", "lift it with DELETE /api/evidence/ID/hold"),
        ("'/etc/passwd' and (/etc/shadow)", "'passwd' and (shadow)"),
        ("half a sign \ud800", "half a sign ?"),
    ],
)
def test_only_folders_of_the_machine_are_left_out(text: str, shown: str) -> None:
    assert told(text) == shown


def test_what_was_sent_is_repeated_shortly_and_as_json() -> None:
    value = {"a": float("nan"), "b": "\ud800" * 500, "c": [1, {"d": [{}]}], "e": 10**5000, "f": b"\xff"}
    told_input = wrong_input({"type": "x", "loc": ("body", 3, "a\ud800"), "msg": "m", "input": value})
    assert told_input["loc"] == ["body", 3, "a?"]
    assert told_input["input"] == {
        "a": "nan",
        "b": "?" * 200 + "...",
        "c": [1, {"d": "list"}],
        "e": "a number of more digits than fit here",
        "f": "bytes",
    }
