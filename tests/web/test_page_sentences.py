"""What the pages say: both languages, the same values in both, and no key that a template cannot reach."""

import pkgutil
import re
from importlib import import_module
from types import MappingProxyType

import pytest

from sightline.dashboard import sentences
from sightline.dashboard.sentences import Sentences, in_language
from sightline.dashboard.sentences.alert_messages import ALERT_MESSAGES
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.stored_messages import StoredMessages
from sightline.dashboard.venue_shown import zone_said
from sightline.domain.zone_stays import ELSEWHERE, default_zone
from sightline.pipeline.camera_alerts import VIEW_ALERTS

PAGES = {
    f"{module.name}.{name}": group
    for module in pkgutil.iter_modules(sentences.__path__, sentences.__name__ + ".")
    for name, group in vars(import_module(module.name)).items()
    if name.isupper() and isinstance(group, dict)
}
VALUE = re.compile(r"\{[^{}]*\}")


@pytest.mark.parametrize("page", sorted(PAGES))
def test_both_languages_say_something_with_the_same_values(page: str) -> None:
    group: Sentences = PAGES[page]
    for key, said in group.items():
        if not isinstance(said, tuple):
            continue  # a table of other kind
        english, french = said
        assert english.strip(), key
        assert french.strip(), key
        assert sorted(VALUE.findall(english)) == sorted(VALUE.findall(french)), key


def test_no_sentence_is_hidden_behind_a_method_of_the_mapping_it_lies_in() -> None:
    hidden = {key for group in PAGES.values() for key in group if hasattr(MappingProxyType, str(key))}
    assert not hidden, "a template that asks for words.NAME gets the method; use another key"


def test_all_pages_have_their_sentences_here() -> None:
    assert len(PAGES) > 12


def test_no_line_of_french_begins_with_a_sign() -> None:
    said: Sentences = {"key": ("Of “{zone}”: 5%?", "De « {zone} » : 5 % ?")}

    assert in_language("fr", said)["key"] == "De «\u00a0{zone}\u00a0»\u00a0: 5\u00a0%\u00a0?"
    assert in_language("en", said)["key"] == "Of “{zone}”: 5%?"


def test_zones_that_nobody_drew_have_a_name_in_each_language() -> None:
    own = {ELSEWHERE} | {default_zone(x / 10, y / 10) for x in range(11) for y in range(11)}
    french = in_language("fr", VENUE)
    assert len(own) == 6
    assert {zone_said(one, in_language("en", VENUE)) for one in own} == own
    assert not own & {zone_said(one, french) for one in own}
    assert zone_said("said", french) == "said"


def test_what_alerts_tell_is_known_in_french() -> None:
    known = StoredMessages(ALERT_MESSAGES)
    assert all(message in ALERT_MESSAGES for _, _, message in VIEW_ALERTS.values())
    assert known.french("nobody has attended to the customer for 1 min 0 s").endswith("depuis 1 min 0 s")
    refused = known.french("rtsp://10.0.0.7:554/x: no answer in time")
    assert refused == "rtsp://10.0.0.7:554/x\u00a0: pas de réponse à temps"
    assert known.french("something new") == "something new"
