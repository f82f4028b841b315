"""What the public pages say, in French and in English."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Literal

Language = Literal["fr", "en"]

WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "title": "Private video",
            "camera": "Camera",
            "recorded": "Recorded",
            "received": "Received",
            "length": "Length",
            "size": "File size",
            "expires": "Link expires",
            "left_hours": "in {n} h",
            "left_minutes": "in {n} min",
            "verified": "Integrity verified",
            "verified_signed": "This file is exactly the one that was sealed and signed.",
            "verified_viewing": (
                "This is a converted copy that every browser plays. It and the original it was made of are"
                " exactly as sealed and signed."
            ),
            "verified_masked": (
                "This is a copy in which private areas are covered. It is exactly as it was made; the sealed"
                " and signed original stays at the site."
            ),
            "verified_blurred": (
                "This is a copy in which faces are blurred. It is exactly as it was made; the sealed and"
                " signed original stays at the site."
            ),
            "verified_masked+blurred": (
                "This is a copy in which private areas are covered and faces blurred. It is exactly as it was"
                " made; the sealed and signed original stays at the site."
            ),
            "verified_hosted": "This file is exactly the one that was received.",
            "unsigned": "Integrity checked, signature not",
            "unsigned_text": (
                "This file has the hash that is on record, but the key to check its signature with is not"
                " there."
            ),
            "viewing": "Converted copy for browsers (H.264); the original is kept as it was recorded.",
            "masked": "Private areas are covered in this copy.",
            "blurred": "Faces are blurred in this copy.",
            "masked+blurred": "Private areas are covered, and faces blurred, in this copy.",
            "proof": "Details of the check",
            "file": "File",
            "sha256": "SHA-256",
            "original_sha256": "SHA-256 of the original",
            "key_id": "Signed with key",
            "private": (
                "This link is private. Whoever has it can watch this video until it expires; please do not"
                " pass it on."
            ),
            "no_video": "Your browser cannot play this video.",
            "401": "This link is incomplete",
            "401_text": "Part of the address is missing. Please open the whole link as you received it.",
            "403": "This link is not valid",
            "403_text": "It was withdrawn, or its address was changed. Please ask for a new link.",
            "404": "This video is not available",
            "404_text": "It is no longer there, or it cannot be shown. Please ask whoever sent you the link.",
            "410": "This link has expired",
            "410_text": "Please ask for a new link if you still need the video.",
        },
        "fr": {
            "title": "Vidéo privée",
            "camera": "Caméra",
            "recorded": "Enregistrée",
            "received": "Reçue",
            "length": "Durée",
            "size": "Taille du fichier",
            "expires": "Le lien expire",
            "left_hours": "dans {n} h",
            "left_minutes": "dans {n} min",
            "verified": "Intégrité vérifiée",
            "verified_signed": "Ce fichier est exactement celui qui a été scellé et signé.",
            "verified_viewing": (
                "Ceci est une copie convertie, lisible par tous les navigateurs. Elle et l’original dont elle"
                " est tirée sont exactement tels qu’ils ont été scellés et signés."
            ),
            "verified_masked": (
                "Ceci est une copie dont les zones privées sont couvertes. Elle est exactement telle qu’elle"
                " a été produite ; l’original scellé et signé reste sur le site."
            ),
            "verified_blurred": (
                "Ceci est une copie dont les visages sont floutés. Elle est exactement telle qu’elle a été"
                " produite ; l’original scellé et signé reste sur le site."
            ),
            "verified_masked+blurred": (
                "Ceci est une copie dont les zones privées sont couvertes et les visages floutés. Elle est"
                " exactement telle qu’elle a été produite ; l’original scellé et signé reste sur le site."
            ),
            "verified_hosted": "Ce fichier est exactement celui qui a été reçu.",
            "unsigned": "Intégrité vérifiée, signature non",
            "unsigned_text": (
                "Ce fichier a bien l’empreinte enregistrée, mais la clé qui permet de vérifier sa signature"
                " est absente."
            ),
            "viewing": "Copie convertie pour les navigateurs (H.264) ; l’original est conservé tel quel.",
            "masked": "Les zones privées sont couvertes dans cette copie.",
            "blurred": "Les visages sont floutés dans cette copie.",
            "masked+blurred": "Les zones privées sont couvertes et les visages floutés dans cette copie.",
            "proof": "Détails de la vérification",
            "file": "Fichier",
            "sha256": "SHA-256",
            "original_sha256": "SHA-256 de l’original",
            "key_id": "Signé avec la clé",
            "private": (
                "Ce lien est privé. Toute personne qui l’a peut regarder cette vidéo jusqu’à son expiration ;"
                " merci de ne pas le transmettre."
            ),
            "no_video": "Votre navigateur ne peut pas lire cette vidéo.",
            "401": "Ce lien est incomplet",
            "401_text": "Il manque une partie de l’adresse. Ouvrez le lien entier, tel que vous l’avez reçu.",
            "403": "Ce lien n’est pas valable",
            "403_text": "Il a été retiré, ou son adresse a été modifiée. Demandez un nouveau lien.",
            "404": "Cette vidéo n’est pas disponible",
            "404_text": (
                "Elle n’existe plus ou ne peut pas être montrée. Adressez-vous à la personne qui vous a"
                " envoyé le lien."
            ),
            "410": "Ce lien a expiré",
            "410_text": "Demandez un nouveau lien si vous avez encore besoin de la vidéo.",
        },
    }
)

_MONTHS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ),
        "fr": (
            "janvier", "février", "mars", "avril", "mai", "juin",
            "juillet", "août", "septembre", "octobre", "novembre", "décembre",
        ),
    }
)  # fmt: skip


def preferred_language(accept_language: str) -> Language:
    """French or English, whichever the browser puts first; English when it names neither."""
    best: tuple[float, Language] = (0.0, "en")
    for choice in accept_language.split(",")[:20]:
        tag, _, parameter = choice.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in ("fr", "en") and weight > best[0]:
            best = (weight, "fr" if language == "fr" else "en")
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0 <= weight <= 1 else 0.0


def date_and_time(at: datetime, zone: tzinfo, language: Language) -> str:
    """`25 October 2025, 13:30:00`, `25 octobre 2025, 13:30:00`; the first of a month is `1er` in French."""
    local = at.astimezone(zone)
    day = "1er" if language == "fr" and local.day == 1 else str(local.day)
    return f"{day} {_MONTHS[language][local.month - 1]} {local.year}, {local:%H:%M:%S}"


def zone_label(at: datetime, zone: tzinfo) -> str:
    """`Europe/Paris, UTC+02:00`."""
    offset = at.astimezone(zone).strftime("%z")
    return f"{zone}, UTC{offset[:3]}:{offset[3:5]}"


def length_text(length: timedelta) -> str:
    """`12 s`, `1 min 05 s`."""
    seconds = round(length.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60:02d} s"


def size_text(size_bytes: int, language: Language) -> str:
    """`2.3 MB`, `2,3 Mo`, and below a tenth of that `87 kB`, `87 ko`; decimal units."""
    if size_bytes < 100_000:
        return f"{size_bytes / 1e3:.0f} {'ko' if language == 'fr' else 'kB'}"
    text = f"{size_bytes / 1e6:.1f}"
    return f"{text.replace('.', ',')} Mo" if language == "fr" else f"{text} MB"


def left_text(left: timedelta, language: Language) -> str:
    """How long a link lives still: hours, in the last two of them minutes; rounded down."""
    minutes = max(0, int(left.total_seconds() // 60))
    if minutes < 120:
        return WORDS[language]["left_minutes"].format(n=minutes)
    return WORDS[language]["left_hours"].format(n=minutes // 60)
