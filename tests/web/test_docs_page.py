"""/docs and /openapi.json: complete, exact about who may and what is refused, and without any other host."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from people_and_keys import CLOSED
from platform_site import PlatformSite

from in_chromium import NEEDS_CHROMIUM, a_browser

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    made = PlatformSite.made(tmp_path_factory.mktemp("docs") / "data", CLOSED)
    with made.answering():
        yield made
    made.close()


@pytest.fixture(scope="module")
def document(site: PlatformSite) -> Any:
    return site.get("/openapi.json")


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, found in document["paths"].items():
        for method in METHODS & set(found):
            yield method.upper(), path, found[method]


def test_the_document_names_product_version_and_ways_in(document: Any) -> None:
    assert document["info"]["title"] == "Sightline"
    assert document["info"]["version"]
    assert set(document["components"]["securitySchemes"]) == {"key", "bearer", "session"}


def test_every_operation_says_what_it_needs_and_by_what(document: Any) -> None:
    for method, path, one in operations(document):
        assert "x-needs" in one, f"{method} {path}"
        assert (one["security"] == []) == (one["x-needs"] == "nothing"), f"{method} {path}"


def test_every_refusal_is_described_as_a_problem(document: Any) -> None:
    for method, path, one in operations(document):
        answers = one["responses"]
        wanted = {"400", "403", "503"} | ({"401"} if one["x-needs"] != "nothing" else set())
        if one.get("parameters") or one.get("requestBody"):
            wanted.add("422")
        assert wanted <= set(answers), f"{method} {path} lacks {wanted - set(answers)}"
        for status, answer in answers.items():
            if status.isdigit() and int(status) >= 400:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"
                assert "application/json" not in answer["content"], f"{method} {path} {status}"


def test_calls_that_are_limited_say_so(document: Any) -> None:
    limited = {f"{method} {path}" for method, path, one in operations(document) if "429" in one["responses"]}
    assert {"POST /events", "POST /events/batch"} <= limited
    assert not [one for one in limited if one.startswith("GET")]
    told = document["paths"]["/events"]["post"]["responses"]["429"]
    assert "Retry-After" in told["headers"]


def test_references_lead_somewhere(document: Any) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for name, one in part.items():
                if name == "$ref" and isinstance(one, str):
                    yield one
                yield from references(one)
        elif isinstance(part, list):
            for one in part:
                yield from references(one)

    for reference in set(references(document)):
        found: Any = document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]


def test_a_problem_looks_as_it_is_described(site: PlatformSite, document: Any) -> None:
    problem = site.ask("GET", "/api/users").json()
    described = document["components"]["schemas"]["Problem"]
    assert set(problem) == set(described["properties"]) == set(described["required"])


def test_operations_have_names_of_their_own(document: Any) -> None:
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "name", ["../gate.py", "..%2fgate.py", "start.js.map", "page.html", "redoc.standalone.js"]
)
def test_no_other_file_is_served(site: PlatformSite, name: str) -> None:
    assert site.ask("GET", f"/docs/assets/{name}").status_code == 404


def test_the_page_has_no_script_of_its_own_and_names_no_other_host(site: PlatformSite) -> None:
    answer = site.ask("GET", "/docs")
    assert "//" not in answer.text.replace("<!DOCTYPE", "")
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert site.ask("GET", "/docs/assets/start.js").headers["content-type"].startswith("text/javascript")
    assert len(site.ask("GET", "/docs/assets/swagger-ui-bundle.js").content) > 1_000_000


@pytest.mark.slow
@NEEDS_CHROMIUM
def test_in_a_browser_the_page_lists_the_routes_and_asks_no_other_host(site: PlatformSite) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    with a_browser() as browser:
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://127.0.0.1:{site.port}/docs")
        page.wait_for_selector(".opblock-summary-path", timeout=30_000)
        listed = page.locator(".opblock-summary-path").all_inner_texts()
        page.locator(".opblock-summary-path", has_text="health").first.click()
        page.wait_for_selector(".opblock-body", timeout=10_000)
        time.sleep(0.2)
    assert any("health" in one.replace("\u200b", "") for one in listed)
    here = f"http://127.0.0.1:{site.port}/"
    assert [one for one in asked if not one.startswith((here, "data:", "blob:"))] == []
    # Closed mode: who has not signed in is not asked for more than /api/me, once.
    assert [one for one in complaints if "401" not in one] == []
