"""The sentences of the insights, in each language they are told in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language.

    Attributes:
        decimal: what stands before the tenths.
        thousands: what stands between groups of three digits.
        percent_sign: with the space before it.
        more_than: in words, with the space behind it.
    """

    decimal: str
    thousands: str
    percent_sign: str
    more_than: str
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

    def number(self, value: float, decimals: int = 0) -> str:
        """`value` as it is written in this language."""
        return f"{value:_.{decimals}f}".replace(".", self.decimal).replace("_", self.thousands)

    def percent(self, value: float, decimals: int = 0) -> str:
        """Of a value 0..100; what is nearly all is not written as all."""
        most = 100 - 10.0**-decimals
        if (100 + most) / 2 <= value < 100:
            return self.more_than + self.number(most, decimals) + self.percent_sign
        return self.number(value, decimals if value else 0) + self.percent_sign

    def span(self, minutes: float) -> str:
        """As `42 s` or `3 min 05 s`."""
        whole = round(60 * minutes)
        return f"{whole}\u00a0s" if whole < 60 else f"{whole // 60}\u00a0min\u00a0{whole % 60:02}\u00a0s"


ENGLISH = Texts(
    decimal=".",
    thousands=",",
    percent_sign="%",
    more_than="more than ",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    nobody_came="No visitors came.",
    nobody_knows="Nothing is known of this time: no camera looked, and nothing was told.",
    traffic_up="Traffic is up {percent}: {after} stays in zones against {before} in the same hours before.",
    traffic_down=(
        "Traffic is down {percent}: {after} stays in zones against {before} in the same hours before."
    ),
    busiest="The busiest day is {day}, and the busiest hour from {hour}:00 to {next}:00.",
    busiest_hour="The busiest hour is from {hour}:00 to {next}:00.",
    returns="{percent} of the visitors came back ({returned} of {people}).",
    dwell_longer="Visits are {change} longer than before ({mean} on average).",
    dwell_shorter="Visits are {change} shorter than before ({mean} on average).",
    unobserved="For {percent} of the time no camera looked: who came then is not counted.",
)

FRENCH = Texts(
    decimal=",",
    thousands="\u202f",
    percent_sign="\u00a0%",
    more_than="plus de ",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    nobody_came="Aucun visiteur n’est venu.",
    nobody_knows="Rien n’est connu de cette période : aucune caméra n’a regardé, rien n’a été transmis.",
    traffic_up=(
        "La fréquentation augmente de {percent} : {after} passages en zone contre {before} aux mêmes heures"
        " avant."
    ),
    traffic_down=(
        "La fréquentation baisse de {percent} : {after} passages en zone contre {before} aux mêmes heures"
        " avant."
    ),
    busiest=(
        "Le jour le plus chargé est le {day}, et l’heure la plus chargée va de {hour}\u00a0h à {next}\u00a0h."
    ),
    busiest_hour="L’heure la plus chargée va de {hour}\u00a0h à {next}\u00a0h.",
    returns="{percent} des visiteurs étaient déjà venus ({returned} sur {people}).",
    dwell_longer="Les visites durent {change} de plus qu’avant ({mean} en moyenne).",
    dwell_shorter="Les visites durent {change} de moins qu’avant ({mean} en moyenne).",
    unobserved="Pendant {percent} du temps, aucune caméra n’a regardé : ces visites ne sont pas comptées.",
)

LANGUAGES = {"en": ENGLISH, "fr": FRENCH}


def texts_in(language: str) -> Texts:
    """The sentences in a language; English where it is not one of `LANGUAGES`."""
    return LANGUAGES.get(language, ENGLISH)
