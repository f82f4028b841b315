"""What the page of alerts says."""

from sightline.dashboard.sentences import Sentences

ALERTS: Sentences = {
    "title": ("Alerts", "Alertes"),
    "which": ("Which", "Lesquelles"),
    "open": ("Open", "En cours"),
    "all": ("All", "Toutes"),
    "all_venues": ("All venues", "Tous les lieux"),
    "severity_info": ("info", "information"),
    "severity_warning": ("warning", "avertissement"),
    "severity_critical": ("critical", "critique"),
    "seen": ("Seen", "Vu"),
    "was_seen": ("seen", "vu"),
    "empty": ("Nothing to look at", "Rien à signaler"),
    "empty_text": (
        "They appear when a camera is lost, the disk fills up, a line grows too long or traffic changes.",
        "Caméra perdue, disque plein, file trop longue, fréquentation inhabituelle : tout s’affiche ici.",
    ),
    "newer": ("Newer", "Plus récentes"),
    "older": ("Older", "Plus anciennes"),
}
