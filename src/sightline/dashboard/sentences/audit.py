"""What the page of audits says."""

from sightline.dashboard.sentences import Sentences

AUDIT: Sentences = {
    "title": ("Accuracy", "Exactitude"),
    "about": (
        "Watch a few short stretches of video, drawn by chance, and count. Sightline does not show its"
        " own count"
        " before yours. From five stretches on, your counts give the margin of error of the visitor figures.",
        "Regardez quelques courts extraits tirés au sort et comptez. Sightline ne montre pas son propre"
        " compte"
        " avant le vôtre. À partir de cinq extraits, vos comptes donnent la marge d’erreur des visiteurs.",
    ),
    "new_title": ("Count", "Compter"),
    "rule": ("What to count", "À compter"),
    "rule_visitors": ("Visitors", "Visiteurs"),
    "rule_interaction": ("Served", "Servis"),
    "rule_unattended": ("Left unattended", "Laissés sans aide"),
    "rule_queue": ("Queueing", "File d’attente"),
    "rule_security": ("Security", "Sécurité"),
    "step_help_visitors": (
        "Count everybody who comes into the picture for a second or more and is not staff."
        " Who is there already when it starts does not count.",
        "Comptez toute personne, hors personnel, qui entre dans l’image et y reste une seconde ou plus."
        " Qui s’y trouve déjà au début ne compte pas.",
    ),
    "step_help_interaction": (
        "Count each time somebody of staff begins to serve a customer (together for five seconds or more).",
        "Comptez chaque fois qu’un membre du personnel commence à servir un client"
        " (ensemble cinq secondes ou plus).",
    ),
    "step_help_unattended": (
        "Count each customer who begins to wait alone and is left so for more than thirty seconds.",
        "Comptez chaque client qui commence à attendre seul et le reste plus de trente secondes.",
    ),
    "step_help_queue": (
        "Count each customer who begins to queue (for eight seconds or more).",
        "Comptez chaque client qui commence à faire la queue (huit secondes ou plus).",
    ),
    "last": ("Last day", "Dernier jour"),
    "days": ("Days", "Jours"),
    "count": ("Stretches", "Extraits"),
    "length": ("Length of each", "Durée de chacun"),
    "begin": ("Draw stretches", "Tirer au sort"),
    "no_script": (
        "Counting needs JavaScript. Without it, use: sightline audit add",
        "Le comptage a besoin de JavaScript. Sans lui : sightline audit add",
    ),
    "no_camera": ("No camera yet", "Aucune caméra"),
    "no_camera_text": (
        "There is something to count once a camera or a recording was analysed.",
        "Il y aura de quoi compter dès qu’une caméra ou un enregistrement aura été analysé.",
    ),
    "add_camera": ("Add a camera", "Ajouter une caméra"),
    "step_drawing": ("Drawing…", "Tirage…"),
    "step_nothing": (
        "In these days there is no stretch of this length that was recorded, looked at and not counted yet."
        " Choose other days or shorter stretches. Recordings are kept for a few days only.",
        "Pour ces jours, aucun extrait de cette durée n’a été enregistré, observé et pas encore compté."
        " Choisissez d’autres jours ou des extraits plus courts. Les enregistrements ne sont gardés que"
        " quelques jours.",
    ),
    "step_number": ("Stretch {n} of {all}", "Extrait {n} sur {all}"),
    "step_cutting": ("The clip is being cut…", "L’extrait est en cours de découpe…"),
    "step_failed": ("The clip cannot be had:", "L’extrait n’est pas disponible :"),
    "step_too_long": ("The clip takes too long.", "L’extrait se fait trop attendre."),
    "step_cannot_play": ("This browser cannot play the clip.", "Ce navigateur ne peut pas lire l’extrait."),
    "step_after": (
        "The stretch is over; what follows only shows how it went on.",
        "L’extrait est terminé ; la suite montre seulement comment cela continue.",
    ),
    "step_inside": ("Count now.", "Comptez."),
    "step_before": ("It begins in a moment.", "L’extrait commence dans un instant."),
    "step_found": (
        "You counted {truth}. Sightline found {found}.",
        "Vous avez compté {truth}. Sightline a trouvé {found}.",
    ),
    "step_at": ("at {at}", "à {at}"),
    "step_saved": ("Saved.", "Enregistré."),
    "your_count": ("Your count", "Votre compte"),
    "one_less": ("One less", "Un de moins"),
    "one_more": ("One more", "Un de plus"),
    "that_is_it": ("That is my count", "C’est mon compte"),
    "again": ("From the start", "Depuis le début"),
    "play": ("Play or pause", "Lecture ou pause"),
    "speed": ("Speed", "Vitesse"),
    "skip_it": ("Skip this stretch", "Passer cet extrait"),
    "stop_here": ("Stop here", "Arrêter ici"),
    "keys_hint": (
        "Keys: space plays, + and − count, Home goes to the start.",
        "Touches : espace pour lire, + et − pour compter, Début pour revenir au départ.",
    ),
    "how_many_right": (
        "How many of those that Sightline found are right?",
        "Combien de ceux que Sightline a trouvés sont justes ?",
    ),
    "when_found": ("Look again where it found one:", "Revoir là où il en a trouvé :"),
    "next": ("Save and go on", "Enregistrer et continuer"),
    "figures": ("How right the figures are", "Exactitude des chiffres"),
    "done": ("{n} stretches counted. Thank you.", "{n} extraits comptés. Merci."),
    "done_1": ("One stretch counted. Thank you.", "Un extrait compté. Merci."),
    "no_figures": (
        "Nothing was counted yet. Three stretches take about five minutes.",
        "Rien n’a encore été compté. Trois extraits prennent environ cinq minutes.",
    ),
    "stretches": ("Stretches", "Extraits"),
    "minutes": ("Minutes", "Minutes"),
    "counted": ("Found / there", "Trouvés / présents"),
    "precision": ("Right of those found", "Justes parmi les trouvés"),
    "recall": ("Found of those there", "Trouvés parmi les présents"),
    "ratio": ("There against found", "Présents par rapport aux trouvés"),
    "verified": ("Counted last", "Dernier comptage"),
    "intervals": (
        "In small: 90% intervals. A dash is not known yet; the count error needs five stretches in which"
        " something was found.",
        "En petit : intervalles à 90 %. Un tiret : pas encore connu ; l’erreur de comptage demande cinq"
        " extraits où quelque chose a été trouvé.",
    ),
}
