"""The sentences of findings, in English and French: what is said, and what it suggests to do."""

from collections.abc import Mapping
from types import MappingProxyType

Texts = Mapping[str, tuple[str, str]]

TEXTS: Texts = {
    "nobody_came": ("No visitors came.", "Aucun visiteur n’est venu."),
    "nobody_knows": (
        "Nothing is known of this time: no camera looked, and nothing was told.",
        "Rien n’est connu de cette période : aucune caméra n’a regardé, rien n’a été transmis.",
    ),
    "few": (
        "Only {visits} visits: the figures are as they were counted, but too few to conclude from.",
        "Seulement {visits} visites : les chiffres sont ceux du comptage, mais trop peu pour conclure.",
    ),
    "few_advice": (
        "Choose a longer window before you change anything.",
        "Choisissez une période plus longue avant de changer quoi que ce soit.",
    ),
    "traffic_up": (
        "Traffic is up {percent}: {after} stays in zones against {before} in the same hours before.",
        "La fréquentation augmente de {percent} : {after} passages en zone contre {before} aux"
        " mêmes heures avant.",
    ),
    "traffic_up_advice": (
        "Plan staff and stock for the higher level, and note what was done differently.",
        "Prévoyez l’équipe et le stock en conséquence, et notez ce qui a été fait différemment.",
    ),
    "traffic_down": (
        "Traffic is down {percent}: {after} stays in zones against {before} in the same hours before.",
        "La fréquentation baisse de {percent} : {after} passages en zone contre {before} aux"
        " mêmes heures avant.",
    ),
    "traffic_down_advice": (
        "Look at the days that fell below the others, and at what happened outside on them.",
        "Regardez les jours en retrait et ce qui s’est passé alentour ces jours-là.",
    ),
    "traffic_steady": (
        "Traffic is steady: {after} stays in zones against {before} in the same hours before, no more of a"
        " difference than chance makes.",
        "La fréquentation est stable : {after} passages en zone contre {before} aux mêmes heures"
        " avant, un écart que"
        " le hasard suffit à expliquer.",
    ),
    "peak": (
        "The hour from {hour} is the busiest: {ratio} times as many stays as the other hours on average.",
        "L’heure à partir de {hour} est la plus chargée : {ratio} fois autant de passages que les autres"
        " heures en moyenne.",
    ),
    "peak_advice": (
        "Have most people on the floor then; put deliveries and breaks elsewhere.",
        "Réunissez alors le plus de personnel ; placez livraisons et pauses à un autre moment.",
    ),
    "unattended": (
        "{alone} times somebody was left unattended, and {met} times served: {share} unattended ({low} to"
        " {high}).",
        "{alone} fois quelqu’un est resté sans aide, {met} fois quelqu’un a été servi : {share} sans aide"
        " ({low} à {high}).",
    ),
    "unattended_advice": (
        "That is clearly more than one in ten: watch some of these clips and see where staff stood.",
        "C’est nettement plus d’une fois sur dix : regardez quelques-uns de ces clips et où se tenait"
        " l’équipe.",
    ),
    "unattended_hour": (
        "From {hour} people are left unattended more often than at other times: {share} against {other}.",
        "À partir de {hour}, on reste sans aide plus souvent qu’aux autres heures : {share} contre {other}.",
    ),
    "unattended_hour_advice": (
        "Put one more person on the floor in that hour.",
        "Ajoutez une personne en surface de vente à cette heure.",
    ),
    "queue": (
        "Of {count} waits in line half were over within {half}; one in ten took longer than {most}.",
        "Sur {count} attentes en file, la moitié a duré moins de {half} ; une sur dix plus de {most}.",
    ),
    "queue_advice": (
        "Open a second till as soon as a line forms: one in ten waits more than {limit} minutes.",
        "Ouvrez une deuxième caisse dès qu’une file se forme : une personne sur dix attend plus de {limit}"
        " minutes.",
    ),
    "zone": (
        "People engage more in “{zone}” than elsewhere: {share} of the stays there are highly engaged,"
        " against {other}.",
        "On s’intéresse plus à « {zone} » qu’au reste : {share} des passages y sont très engagés,"
        " contre {other}.",
    ),
    "zone_advice": (
        "See what “{zone}” shows and how it is staffed, and try the same in “{worst}” ({worst_share}).",
        "Voyez ce que montre « {zone} » et qui s’en occupe, et essayez de même pour « {worst} »"
        " ({worst_share}).",
    ),
    "zone_steady": (
        "Zones do not differ in engagement by more than chance.",
        "Les zones ne diffèrent pas en engagement plus que par hasard.",
    ),
    "gender": (
        "Among visitors whose gender is known, {share} are women, against {before} before.",
        "Parmi les visiteurs de genre connu, {share} sont des femmes, contre {before} avant.",
    ),
    "age": (
        "Among visitors whose age is known, {share} are {label}, against {before} before.",
        "Parmi les visiteurs d’âge connu, {share} ont {label} ans, contre {before} avant.",
    ),
    "labels_advice": (
        "Check whether offer and opening hours suit who comes now.",
        "Vérifiez que l’offre et les horaires conviennent à ce public.",
    ),
    "labels_unknown": (
        "Of {share} of the visitors neither gender nor age is known: shares are among the others.",
        "De {share} des visiteurs, ni le genre ni l’âge ne sont connus : les parts portent sur les autres.",
    ),
    "labels_none": (
        "Neither gender nor age is known of anybody in these days.",
        "Ni le genre ni l’âge ne sont connus ces jours-là.",
    ),
    "returns_up": (
        "More visitors came back: {returned} of {people} ({share}), against {before} before.",
        "Plus de visiteurs étaient déjà venus : {returned} sur {people} ({share}), contre {before} avant.",
    ),
    "returns_down": (
        "Fewer visitors came back: {returned} of {people} ({share}), against {before} before.",
        "Moins de visiteurs étaient déjà venus : {returned} sur {people} ({share}), contre {before} avant.",
    ),
    "returns_down_advice": (
        "Ask regular customers what they miss, and look at waits in the weeks before.",
        "Demandez aux habitués ce qui leur manque, et regardez les attentes des semaines précédentes.",
    ),
    "returns_steady": (
        "{share} of the visitors came back ({returned} of {people}), against {before} before: no more of a"
        " difference than chance makes.",
        "{share} des visiteurs étaient déjà venus ({returned} sur {people}), contre {before}"
        " avant : un écart que"
        " le hasard suffit à expliquer.",
    ),
    "returns": (
        "{share} of the visitors came back ({returned} of {people}).",
        "{share} des visiteurs étaient déjà venus ({returned} sur {people}).",
    ),
    "unobserved": (
        "For {share} of the time no camera looked: who came then is not counted.",
        "Pendant {share} du temps, aucune caméra n’a regardé : ces visites ne sont pas comptées.",
    ),
    "unobserved_advice": (
        "See on the page of the camera when and why pictures were missing, and add hours that matter.",
        "Voyez sur la page de la caméra quand et pourquoi les images manquaient, et couvrez les heures qui"
        " comptent.",
    ),
}
THIN, HARD = "\u202f", "\u00a0"


class Words:
    """One language: sentences by key, and figures as it writes them."""

    def __init__(self, language: str) -> None:
        place = 1 if language == "fr" else 0
        self._french = place == 1
        self.texts = MappingProxyType({key: said[place] for key, said in TEXTS.items()})

    def number(self, value: float, digits: int = 0) -> str:
        text = f"{value:,.{digits}f}"
        return text.replace(",", THIN).replace(".", ",") if self._french else text

    def percent(self, share: float, digits: int = 0) -> str:
        """Of a share 0..1; what is nearly all is not written as all."""
        sign = THIN + "%" if self._french else "%"
        most = 100 - 10.0**-digits
        if (100 + most) / 2 <= 100 * share < 100:
            return ("plus de " if self._french else "more than ") + self.number(most, digits) + sign
        return self.number(100 * share, digits if share else 0) + sign

    def hour(self, hour: int) -> str:
        return f"{hour}{HARD}h" if self._french else f"{hour:02}:00"

    def span(self, seconds: float) -> str:
        whole = round(seconds)
        if whole < 60:
            return f"{whole}{HARD}s"
        return f"{whole // 60}{HARD}min{HARD}{whole % 60:02}{HARD}s"
