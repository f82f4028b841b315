"""The sentences of the insights, in each language they are told in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language. `decimal` is what stands before the tenths."""

    decimal: str
    weekdays: tuple[str, ...]
    nobody_came: str
    nobody_knows: str
    traffic_up: str
    traffic_down: str
    busiest: str
    busiest_hour: str
    returns: str
    dwell_longer: str
    dwell_shorter: str
    unobserved: str

    def number(self, value: float, decimals: int) -> str:
        """`value` as it is written in this language."""
        return f"{value:.{decimals}f}".replace(".", self.decimal)


ENGLISH = Texts(
    decimal=".",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    nobody_came="No visitors came.",
    nobody_knows="Nothing is known of this time: no camera looked, and nothing was told.",
    traffic_up="Traffic is up {percent} %: {after} visitors against {before} in the same hours before.",
    traffic_down="Traffic is down {percent} %: {after} visitors against {before} in the same hours before.",
    busiest="Most visitors come on {day}, and from {hour}:00 to {next}:00.",
    busiest_hour="Most visitors came from {hour}:00 to {next}:00.",
    returns="{percent} % of the people came back ({returned} of {people}).",
    dwell_longer="Visits are {change} minutes longer than before ({minutes} on average).",
    dwell_shorter="Visits are {change} minutes shorter than before ({minutes} on average).",
    unobserved="For {percent} % of the time no camera looked: who came then is not counted.",
)

FRENCH = Texts(
    decimal=",",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    nobody_came="Aucun visiteur n'est venu.",
    nobody_knows="Rien n'est connu de cette période : aucune caméra n'a regardé, rien n'a été transmis.",
    traffic_up=(
        "La fréquentation augmente de {percent} % : {after} visiteurs contre {before} aux mêmes heures avant."
    ),
    traffic_down=(
        "La fréquentation baisse de {percent} % : {after} visiteurs contre {before} aux mêmes heures avant."
    ),
    busiest="Le plus de visiteurs viennent le {day}, et de {hour} h à {next} h.",
    busiest_hour="Le plus de visiteurs sont venus de {hour} h à {next} h.",
    returns="{percent} % des personnes sont revenues ({returned} sur {people}).",
    dwell_longer="Les visites durent {change} minutes de plus qu'avant ({minutes} en moyenne).",
    dwell_shorter="Les visites durent {change} minutes de moins qu'avant ({minutes} en moyenne).",
    unobserved="Pendant {percent} % du temps, aucune caméra n'a regardé : ces visites ne sont pas comptées.",
)

LANGUAGES = {"en": ENGLISH, "fr": FRENCH}


def texts_in(language: str) -> Texts:
    """The sentences in a language; English where it is not one of `LANGUAGES`."""
    return LANGUAGES.get(language, ENGLISH)
