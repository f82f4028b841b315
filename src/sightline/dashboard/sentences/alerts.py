"""What the page of alerts says."""

from sightline.dashboard.sentences import Sentences

ALERT_TITLES: Sentences = {
    "alert_camera_lost": ("Camera {what} gives no pictures", "La caméra {what} n’envoie plus d’images"),
    "alert_camera_unauthorized": (
        "Camera {what}: user or password refused",
        "Caméra {what} : utilisateur ou mot de passe refusé",
    ),
    "alert_camera_covered": ("Camera {what} is covered", "La caméra {what} est couverte"),
    "alert_camera_blinded": ("Camera {what} is blinded", "La caméra {what} est éblouie"),
    "alert_camera_moved": ("Camera {what} was moved", "La caméra {what} a été déplacée"),
    "alert_recording_paused": (
        "Camera {what}: recording is paused",
        "Caméra {what} : enregistrement en pause",
    ),
    "alert_analysis_failing": ("Camera {what}: the analysis fails", "Caméra {what} : l’analyse échoue"),
    "alert_queue_too_long": (
        "Camera {what}: the line is too long",
        "Caméra {what} : la file est trop longue",
    ),
    "alert_unattended_customer": (
        "Camera {what}: a customer waits alone",
        "Caméra {what} : un client attend seul",
    ),
    "alert_traffic_spike": ("Many more visitors", "Beaucoup plus de visiteurs"),
    "alert_traffic_drop": ("Far fewer visitors", "Beaucoup moins de visiteurs"),
    "alert_unusual_hours": ("Visitors outside opening hours", "Visiteurs en dehors des heures d’ouverture"),
    "alert_disk_low": ("Footage is deleted early", "Des images sont effacées plus tôt que prévu"),
    "alert_disk_full": (
        "The disk is full and nothing more may be deleted",
        "Le disque est plein et plus rien ne peut être effacé",
    ),
    "alert_outbox_stuck": ("Something does not leave this site", "Un envoi ne quitte pas ce site"),
    "alert_integrity_failure": (
        "A file is not as it was sealed",
        "Un fichier n’est plus tel qu’il a été scellé",
    ),
}
"""By type. Alerts are stored in English, so English pages show the title as it was stored, unless people call
its camera otherwise."""

ALERTS: Sentences = {
    "title": ("Alerts", "Alertes"),
    "which": ("State", "État"),
    "open": ("Open ones", "En cours"),
    "all": ("All", "Toutes"),
    "all_venues": ("All venues", "Tous les lieux"),
    "severity_info": ("info", "information"),
    "severity_warning": ("warning", "avertissement"),
    "severity_critical": ("critical", "critique"),
    "seen": ("Mark as seen", "Marquer comme vue"),
    "was_seen": ("seen", "vue"),
    "empty": ("Nothing to look at", "Rien à signaler"),
    "empty_text": (
        "An alert appears here when a camera is lost, the disk fills up, a line grows too long"
        " or traffic changes.",
        "Une alerte s’affiche ici quand une caméra est perdue, le disque se remplit, une file"
        " devient trop longue"
        " ou la fréquentation change.",
    ),
    "newer": ("Newer", "Plus récentes"),
    "older": ("Older", "Plus anciennes"),
}
