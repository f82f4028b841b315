"""Who looks closer at people, chosen by the settings: faces, poses, staff cues, and knowing people again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog

from sightline.errors import ConfigError, ModelError, SightlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sightline.config.camera import CameraSettings
    from sightline.config.settings import Settings
    from sightline.pipeline.look_models import SiteLooks
    from sightline.pipeline.looking import Looks, StaffCues
    from sightline.pipeline.staff_cues import KnownStaff
    from sightline.pipeline.visitor_book import Recognition, VisitorBook
    from sightline.vision.appearance import AppearanceModel
    from sightline.vision.catalogue import ModelEntry
    from sightline.vision.clothes import Clothes
    from sightline.wiring import Site

log = structlog.get_logger()

REST_MS = 2.0
"""Nominal cost of decoding and tracking one analysed picture of a small camera, beside detecting."""
BUILTIN_MS = 3.0
UNKNOWN_DETECTOR_MS = 8.0
"""Of a detector that the catalogue does not price: as of the smallest, so that looks never take too much."""


def site_looks(site: Site) -> SiteLooks | None:
    """The models that look closer, not opened yet; None where nothing is asked for. See `Site.looks`."""
    identity, behavior = site.settings.identity, site.settings.behavior
    demographics = identity.enabled and identity.demographics
    reid = identity.enabled and identity.reid
    if not (demographics or reid or behavior.enabled):
        return None
    from sightline.pipeline.look_models import SiteLooks, WantedLooks
    from sightline.vision.looks import LookModels

    chosen = site.settings.detector
    return SiteLooks(
        LookModels(
            *_models(site.settings),
            runtime=chosen.runtime,
            # int8 is said of the detector's own file.
            precision="bf16" if chosen.precision == "bf16" else "f32",
            threads=1,
        ),
        WantedLooks(demographics=demographics, reid=reid, poses=behavior.enabled),
    )


def _models(settings: Settings) -> tuple[Mapping[str, ModelEntry], Callable[[str], Path | None]]:
    """The catalogue of models, and what tells where the file of one is."""
    from sightline.vision.catalogue import find_model, load_catalogue

    models = settings.models
    catalogue = load_catalogue(models.catalogue)
    return catalogue, partial(find_model, models_dir=models.dir, catalogue=catalogue)


def clothes_of(settings: Settings) -> Clothes | None:
    """What trackers know people by beside their motion; None where that alone is asked for.

    Without the model asked for they go by colours, and the note says so.

    Raises:
        ConfigError: the catalogue of models cannot be read.
    """
    wanted = settings.tracker.looks
    if wanted == "motion":
        return None
    from sightline.vision.body_colours import BodyColours
    from sightline.vision.clothes import ModelledClothes
    from sightline.vision.looks import APPEARANCE, LookModels

    note = ""
    catalogue, find_model = _models(settings)
    kept = [one for one in catalogue.values() if one.kind == APPEARANCE and find_model(one.name) is not None]
    if wanted == "model" or (wanted == "auto" and kept):
        models = LookModels(catalogue, find_model, threads=1)
        try:
            entry, _ = models.choose(APPEARANCE)
            if entry.confidence is not None:
                return ModelledClothes(models.appearance(entry.name), confidence=entry.confidence)
            trouble = f"{entry.name} has no confidence in the catalogue of models"
        except (ConfigError, ModelError) as error:
            trouble = str(error)
        note = f"people are told apart by the colours they wear, not by a model: {trouble}"
    return BodyColours(note)


def recorded_looks(site: Site, detector: str) -> Looks | None:
    """For one recording: waits rather than leaving anything out. None where nothing is asked for.

    Args:
        detector: name of the one that finds the people.
    """
    if site.looks is None:
        return None
    from sightline.pipeline.look_worker import LookWorker
    from sightline.pipeline.track_looks import CloserLooks

    return CloserLooks(site.looks, LookWorker(), picture_ms=_picture_ms(site, detector), patient=True)


class LiveLooks:
    """Looks for the cameras of one process: they share the models, and one worker with its share of time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        if site.looks is None:
            return
        from sightline.pipeline.look_sampling import BUDGET
        from sightline.pipeline.look_worker import LookWorker

        self._worker = LookWorker(share=BUDGET)
        self._picture_ms = _picture_ms(site, site.settings.detector.name)

    def __call__(self, name: str) -> Looks | None:
        """Those of one camera and one run, `name` for the log; None where nothing is asked for."""
        if self._site.looks is None:
            return None
        from sightline.pipeline.track_looks import CloserLooks

        return CloserLooks(
            self._site.looks, self._worker, picture_ms=self._picture_ms, patient=False, name=name
        )


def _picture_ms(site: Site, detector: str) -> float:
    """Nominal cost of an analysed picture without looks; `detector` may be `auto`."""
    from sightline.vision.registry import choose_model

    catalogue, find = _models(site.settings)
    try:
        name, path = choose_model(detector, find)
    except SightlineError:  # whoever opens it says so
        return REST_MS + BUILTIN_MS
    if path is None:
        return REST_MS + BUILTIN_MS
    known = catalogue[name].cost_ms if name in catalogue else None
    return REST_MS + (known or UNKNOWN_DETECTOR_MS)


def staff_cues(site: Site, venue_id: str, camera: CameraSettings) -> StaffCues | None:
    """What tells staff by their looks at one camera; None where nothing is asked for.

    Raises:
        StoreError: the database cannot be read.
    """
    if not camera.staff.uniform and not site.settings.identity.enabled:
        return None
    from sightline.pipeline.staff_cues import WornCues
    from sightline.vision.uniform import Uniform

    uniform = Uniform(camera.staff.uniform) if camera.staff.uniform else None
    try:
        known, appearance = known_staff(site, venue_id)
    except (ConfigError, ModelError) as error:
        log.warning("enrolled staff are not looked for", venue=venue_id, reason=str(error))
        return WornCues(uniform, notes=(f"enrolled staff are not looked for: {error}",))
    if uniform is None and known is None:
        return None
    return WornCues(uniform, appearance=appearance, known=known)


def known_staff(site: Site, venue_id: str) -> tuple[KnownStaff | None, AppearanceModel | None]:
    """The enrolled staff of a venue and the model that knows them; None where identity is off, or nobody is
    enrolled.

    Raises:
        ConfigError: the key is missing or another one, or they were enrolled by another model.
        ModelError: no model of appearance is here, or it is damaged.
        StoreError: the database cannot be read.
    """
    from sightline.config.identity_key import read_identity_key
    from sightline.domain.scope import Scope
    from sightline.pipeline.enrolled_staff import EnrolledStaff
    from sightline.pipeline.staff_cues import KnownStaff
    from sightline.store.enrolled_staff import staff_of_venue

    if not site.settings.identity.enabled:
        return None, None
    with site.database.reading() as connection:
        rows = staff_of_venue(Scope.of(venue_id), connection, venue_id)
    if not rows:
        return None, None
    key = read_identity_key(site.settings.identity)
    appearance, threshold = appearance_model(site)
    others = [one.name for one in rows if (one.model, one.dims) != (appearance.name, appearance.dimension)]
    if others:
        raise ConfigError(
            f"{', '.join(others)} of venue {venue_id!r} were enrolled by another model than"
            f" {appearance.name}; enrol them again"
        )
    templates = EnrolledStaff(key).opened(venue_id, rows)
    return KnownStaff(templates=templates, threshold=threshold), appearance


def appearance_model(site: Site) -> tuple[AppearanceModel, float]:
    """The model that tells people apart by their clothes, and the cosine from which two are one person.

    Raises:
        ConfigError: the catalogue has no `confidence` for it.
        ModelError: none is here, or it is damaged.
    """
    from sightline.vision.looks import APPEARANCE, LookModels

    found = LookModels(*_models(site.settings), threads=1)
    entry, _ = found.choose(APPEARANCE)
    if entry.confidence is None:
        raise ConfigError(
            f"staff cannot be known by model {entry.name!r}: its entry in the catalogue of models has no"
            " confidence, the cosine from which two people are one"
        )
    return found.appearance(entry.name), entry.confidence


def visitor_book(site: Site) -> VisitorBook:
    """Where visitors are entered, known again or not.

    Raises:
        ConfigError, StoreError: as `recognition`.
    """
    from sightline.pipeline.visitor_book import VisitorBook

    return VisitorBook(recognition=site.recognition)


def recognition(site: Site) -> Recognition | None:
    """What knows people again by their faces; None where nobody is to be known again.

    Raises:
        ConfigError: its key is missing or another one, or a model in the catalogue has no threshold.
        StoreError: the database cannot be read.
    """
    if not (site.settings.identity.enabled and site.settings.identity.reid):
        return None
    from sightline.pipeline.face_templates import FaceTemplates
    from sightline.pipeline.recognition import FaceRecognition
    from sightline.privacy_wiring import identity_key
    from sightline.vision.catalogue import load_catalogue
    from sightline.vision.looks import FACE_EMBEDDING

    thresholds = {}
    for name, entry in load_catalogue(site.settings.models.catalogue).items():
        if entry.kind != FACE_EMBEDDING:
            continue
        if entry.confidence is None:
            raise ConfigError(
                f"{site.settings.models.catalogue}: nobody can be known again by model {name!r} without"
                " confidence, the cosine from which two faces are one person; add it, or set"
                " identity.reid: false"
            )
        thresholds[name] = entry.confidence
    key = identity_key(site)
    assert key is not None
    return FaceRecognition(FaceTemplates(key), thresholds)
