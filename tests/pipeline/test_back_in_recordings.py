"""People who come back after a long gap in a recording: from the settings to the manifest."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import small_shop
from footage_made import write_video
from small_shop import START, recording

from sightline.cli.main import exit_code_of
from sightline.config.settings import Settings
from sightline.domain.scene import CameraRules
from sightline.domain.scope import Scope
from sightline.domain.unattended import UnattendedRule
from sightline.evidence.manifest import _analysis_facts
from sightline.look_wiring import clothes_of
from sightline.pipeline.results import Analysis, AnalysisResult
from sightline.store.evidence import list_evidence
from sightline.testing.detectors import ScriptedDetector
from sightline.vision.body_colours import BodyColours

BOX = (150.0, 100.0, 180.0, 190.0)
RULES = CameraRules(
    unattended=UnattendedRule(threshold=timedelta(seconds=2), confirmation=timedelta(seconds=1)),
    lost_after=timedelta(seconds=5),
)


def analysis_of(folder: Path, *, looking: bool) -> Analysis:
    """Somebody stands there for 5 s, is behind a shelf for 8 s, and stands there again for 5 s."""
    one = small_shop.analysis(folder, rules=RULES)
    detector = ScriptedDetector(lambda at_s: [] if 5 <= at_s < 13 else [BOX], START)
    clothes = BodyColours() if looking else None
    return replace(one, means=replace(one.means, detector=detector, clothes=clothes, analysis_fps=2))


def watched(analysis: Analysis, folder: Path) -> AnalysisResult:
    video = write_video(folder / "shop.mp4", frames=36, fps=2, size=(320, 240), gop=4)
    return analysis.run(recording(video), on_frame=lambda _: None)


def test_one_who_comes_back_is_one_visitor_and_the_manifest_says_why(tmp_path: Path) -> None:
    analysis = analysis_of(tmp_path, looking=True)
    document = watched(analysis, tmp_path).document()
    (merge,) = document["merges"]
    assert (merge["track_id"], document["visitors"]["count"]) == (1, 1)
    assert merge["cosine"] >= BodyColours().same
    with analysis.means.database.reading() as connection:
        sealed = list_evidence(Scope.site(), connection, state="sealed")
    analyses = [json.loads(str(one.manifest))["analysis"] for one in sealed]
    assert len(analyses) == 2  # he waited before and after
    assert [one["merges"] for one in analyses] == [[merge]] * 2
    assert analyses[0]["clothes"]["name"] == "colours"


def test_evidence_has_the_merges_of_its_own_people() -> None:
    merges = [{"track_id": 1}, {"track_id": 2}]
    run: Any = SimpleNamespace(analysis={"merges": merges, "detector": "builtin"}, software="test")
    event: Any = SimpleNamespace(participants=[SimpleNamespace(track_id=2)])
    assert _analysis_facts(run, event)["merges"] == merges[1:]
    assert _analysis_facts(run, None)["merges"] == []


def test_without_looks_nothing_is_told_of_merges(tmp_path: Path) -> None:
    document = watched(analysis_of(tmp_path, looking=False), tmp_path).document()
    assert "merges" not in document
    assert document["visitors"]["count"] == 2


NO_MODEL = "people are told apart by the colours they wear, not by a model: no model of the kind 'appearance'"


@pytest.mark.parametrize(
    ("looks", "name", "note"),
    [
        pytest.param("motion", None, "", id="motion"),
        pytest.param("colours", "colours", "", id="colours"),
        pytest.param("auto", "colours", "", id="auto without a model"),
        pytest.param("model", "colours", NO_MODEL, id="model without a file"),
    ],
)
def test_what_people_are_known_by(
    looks: str, name: str | None, note: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    clothes = clothes_of(Settings.model_validate({"tracker": {"looks": looks}}))
    assert (clothes and clothes.facts()["name"]) == name
    assert clothes is None or clothes.note.startswith(note)
    assert bool(clothes and clothes.note) is bool(note)


def test_a_damaged_model_is_told_also_where_it_was_not_demanded(tmp_path: Path) -> None:
    (tmp_path / "osnet_x0_25_msmt17.onnx").write_bytes(b"not a model")
    settings = Settings.model_validate({"models": {"dir": tmp_path}, "tracker": {"looks": "auto"}})
    clothes = clothes_of(settings)
    assert clothes is not None
    assert "osnet_x0_25_msmt17.onnx" in clothes.note


def test_the_model_is_taken_where_it_is_here(shared: Path) -> None:
    settings = Settings.model_validate({"models": {"dir": shared / "models"}, "tracker": {"looks": "auto"}})
    clothes = clothes_of(settings)
    assert clothes is not None
    assert (clothes.facts()["name"], clothes.note) == ("osnet_x0_25_msmt17", "")


def test_doctor_says_what_people_are_known_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def row(asked: str) -> dict[str, Any]:
        site = tmp_path / "site.yaml"
        site.write_text(f"models: {{dir: {tmp_path}}}\ndetector: {{name: builtin}}\n{asked}\n")
        exit_code_of(["doctor", "--config", str(site), "--data-dir", str(tmp_path / "data"), "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        return next(one for one in checks if one["name"] == "tracker")

    assert (row("")["state"], row("")["found"]) == ("ok", "botsort, people are known by motion")
    asked = row("tracker: {name: deepsort, looks: colours}")
    assert (asked["state"], asked["found"]) == ("ok", "deepsort, people are known by motion and colours")
