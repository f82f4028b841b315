"""The words of an alert mail in each of its languages. The contract fixes the French ones to the letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWords:
    """One language. A field in braces is filled in; labels stand without their colon.

    Attributes:
        details, video: headings, with a colon where the contract has one.
        private_promise, local_promise: the last line of the evidence; `life` is `hour` or `hours`.
        no_video_why: by `AlertEntry.no_video_reason`.
    """

    title: str
    one_of: str
    count: str
    alert_type: str
    at: str
    venue: str
    camera: str
    message: str
    details: str
    incident_type: str
    risk: str
    frame: str
    confidence: str
    duration: str
    ongoing: str
    analysis: str
    assessment: str
    assessments: Mapping[str, str]
    video: str
    private_link: str
    local_link: str
    watch: str
    size: str
    expires: str
    video_id: str
    private_promise: str
    local_promise: str
    expired: str
    hour: str
    hours: str
    no_video: str
    no_video_why: Mapping[str, str]
    see_one: str
    see_any: str
    ledger_head: str


FRENCH = MailWords(
    title="ALERTE SYSTÈME {name}",
    one_of="ALERTE {number}/{count}",
    count="{count} alertes",
    alert_type="Type d'alerte",
    at="Horodatage",
    venue="Magasin",
    camera="Caméra",
    message="Message",
    details="DÉTAILS DE L'INCIDENT:",
    incident_type="Type d'incident",
    risk="Niveau de risque",
    frame="Numéro d'image",
    confidence="Confiance",
    duration="Durée",
    ongoing="en cours",
    analysis="Analyse",
    assessment="Analyseur externe",
    assessments=MappingProxyType(
        {"confirmed": "incident confirmé", "undecided": "indécis, aucune réponse exploitable à temps"}
    ),
    video="PREUVES VIDÉO DISPONIBLES",
    private_link="Lien privé sécurisé",
    local_link="Lien local",
    watch="Voir la vidéo",
    size="Taille du fichier",
    expires="Expiration",
    video_id="ID Vidéo",
    private_promise="IMPORTANT: Ce lien est privé et sécurisé. Il expirera automatiquement dans {life}.",
    local_promise=(
        "IMPORTANT: Ce lien ne s'ouvre que sur l'ordinateur du magasin où tourne le système."
        " Il expirera automatiquement dans {life}."
    ),
    expired="IMPORTANT: Ce lien a expiré.",
    hour="1 heure",
    hours="{count} heures",
    no_video="SANS LIEN VIDÉO",
    no_video_why=MappingProxyType(
        {
            "": "Cette alerte ne contient pas de lien vidéo.",
            "privacy": (
                "Les règles de confidentialité du site (privacy: floutage ou masques) ne permettent pas"
                " d'envoyer ces images: aucune ne quitte le magasin."
            ),
            "missing": "Aucun enregistrement exploitable ne couvre ce moment.",
        }
    ),
    see_one="Pour retrouver la vidéo, sur l'ordinateur du magasin: sightline evidence show {event_id}",
    see_any="Pour retrouver la vidéo, sur l'ordinateur du magasin: sightline evidence list, puis show",
    ledger_head="Empreinte du registre",
)

ENGLISH = MailWords(
    title="SYSTEM ALERT {name}",
    one_of="ALERT {number}/{count}",
    count="{count} alerts",
    alert_type="Alert type",
    at="Timestamp",
    venue="Store",
    camera="Camera",
    message="Message",
    details="INCIDENT DETAILS:",
    incident_type="Incident type",
    risk="Risk level",
    frame="Frame number",
    confidence="Confidence",
    duration="Duration",
    ongoing="ongoing",
    analysis="Analysis",
    assessment="Outside analyzer",
    assessments=MappingProxyType(
        {"confirmed": "incident confirmed", "undecided": "undecided, no usable answer in time"}
    ),
    video="VIDEO EVIDENCE AVAILABLE",
    private_link="Secure private link",
    local_link="Local link",
    watch="Watch the video",
    size="File size",
    expires="Expiration",
    video_id="Video ID",
    private_promise="IMPORTANT: This link is private and secure. It will expire automatically in {life}.",
    local_promise=(
        "IMPORTANT: This link opens only on the store's own computer, where the system runs."
        " It will expire automatically in {life}."
    ),
    expired="IMPORTANT: This link has expired.",
    hour="1 hour",
    hours="{count} hours",
    no_video="NO VIDEO LINK",
    no_video_why=MappingProxyType(
        {
            "": "This alert carries no video link.",
            "privacy": (
                "The privacy rules of this site (privacy: blur or masks) do not allow these pictures to be"
                " sent: none leaves the shop."
            ),
            "missing": "No usable recording covers this moment.",
        }
    ),
    see_one="To find the video, on the store's computer: sightline evidence show {event_id}",
    see_any="To find the video, on the store's computer: sightline evidence list, then show",
    ledger_head="Ledger head",
)

WORDS: Mapping[str, MailWords] = MappingProxyType({"fr": FRENCH, "en": ENGLISH})
