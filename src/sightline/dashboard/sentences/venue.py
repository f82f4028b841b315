"""What the dashboard of a venue says."""

from sightline.dashboard.sentences import Sentences

OWN_ZONES: Sentences = {
    "own_zone_elsewhere": ("elsewhere", "hors zones"),
    "own_zone_left": ("left", "à gauche"),
    "own_zone_right": ("right", "à droite"),
    "own_zone_back": ("back", "au fond"),
    "own_zone_middle": ("middle", "au milieu"),
    "own_zone_front": ("front", "devant"),
}
"""Zones that nobody named, as `domain.zone_stays` calls them."""

VENUE: Sentences = {
    **OWN_ZONES,
    "tab_dashboard": ("Overview", "Aperçu"),
    "tab_full": ("All analytics", "Toutes les analyses"),
    "tab_report": ("Report", "Rapport"),
    "visitors": ("Visitors", "Visiteurs"),
    "visitors_range": ("{low} to {high}, {percent}% sure", "{low} à {high}, sûr à {percent} %"),
    "visitors_range_hint": (
        "The true number lies in this range with a certainty of {percent} %; how: {method}.",
        "Le vrai nombre est dans cet intervalle avec une certitude de {percent} % ; méthode : {method}.",
    ),
    "method_audit": ("counted by people in audits", "compté par des personnes lors d’audits"),
    "method_track_quality": ("from the quality of tracks", "d’après la qualité du suivi"),
    "dwell": ("Average visit", "Visite moyenne"),
    "returning": ("Came back", "Déjà venus"),
    "peak": ("Busiest hour", "Heure de pointe"),
    "unattended": ("Left unattended", "Laissés sans aide"),
    "interactions": ("Served", "Servis"),
    "queue_wait": ("Wait in line", "Attente en file"),
    "half_under": ("half wait less", "la moitié attend moins"),
    "no_queue": ("nobody queued", "personne n’a fait la queue"),
    "no_camera": ("no camera looks", "aucune caméra"),
    "against": ("{change} on {before}", "{change} sur {before}"),
    "day_before": ("the day before", "la veille"),
    "days_before": ("the {n} days before", "les {n} jours précédents"),
    "by_hour": ("Visitors by hour", "Visiteurs par heure"),
    "by_day": ("Visitors by day", "Visiteurs par jour"),
    "hour_said": ("{hour}: {n} visitors", "{hour} : {n} visiteurs"),
    "hour_said_1": ("{hour}: {n} visitor", "{hour} : {n} visiteur"),
    "hour_unseen": ("{hour}: not observed", "{hour} : non observé"),
    "zones": ("Zones", "Zones"),
    "zone_said_1": ("{zone}: {n} visitor, {dwell} on average", "{zone} : {n} visiteur, {dwell} en moyenne"),
    "zone_said": ("{zone}: {n} visitors, {dwell} on average", "{zone} : {n} visiteurs, {dwell} en moyenne"),
    "latest": ("Latest events", "Derniers événements"),
    "all_events": ("All events", "Tous les événements"),
    "no_events": (
        "Nobody was served, waited alone or queued in these days.",
        "Personne n’a été servi, n’a attendu seul ni fait la queue ces jours-là.",
    ),
    "observed": ("observed {share} of the time", "observé {share} du temps"),
    "hatched": ("Hatched: not observed.", "Hachuré : non observé."),
    "no_events_unwatched": (
        "No camera watches this venue, so there are no events.",
        "Aucune caméra ne surveille ce lieu : il n’y a donc pas d’événements.",
    ),
    "not_watched": (
        "sent by other programs, no camera looks",
        "envoyé par d’autres programmes, sans caméra",
    ),
    "empty_title": ("Nothing has been seen here yet", "Rien n’a encore été vu ici"),
    "empty_text": (
        "Add a camera, or hand over a recording; figures appear as soon as it has been looked at.",
        "Ajoutez une caméra ou déposez un enregistrement ; les chiffres apparaissent dès son analyse.",
    ),
    "unseen_title": ("Nothing is known of this time", "Rien n’est connu de cette période"),
    "unseen_text": (
        "No camera looked, and no other program sent anything. The newest figures are of {day}.",
        "Aucune caméra n’a regardé et aucun autre programme n’a rien envoyé. Les derniers chiffres datent du"
        " {day}.",
    ),
    "unseen_show": ("Show the newest figures", "Afficher les derniers chiffres"),
    "add_camera": ("Add a camera", "Ajouter une caméra"),
    "add_video": ("Analyse a video", "Analyser une vidéo"),
    "verified": ("figures verified on {day}", "chiffres vérifiés le {day}"),
    "insights": ("In brief", "En bref"),
    "kind_interaction": ("Served", "Servi"),
    "kind_unattended": ("Left unattended", "Laissé sans aide"),
    "kind_queue": ("Queued", "File d’attente"),
    "kind_security": ("Security", "Sécurité"),
    "no_picture": ("No picture", "Pas d’image"),
}
