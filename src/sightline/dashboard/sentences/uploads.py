"""What the queue of videos, and the page that hands them over, say."""

from sightline.dashboard.sentences import Sentences

JOBS: Sentences = {
    "camera_unnamed": ("no camera in particular", "aucune caméra en particulier"),
    "state_pending": ("waiting", "en attente"),
    "state_processing": ("being analysed", "analyse en cours"),
    "state_completed": ("done", "terminée"),
    "state_failed": ("failed", "échouée"),
    "state_cancelled": ("cancelled", "annulée"),
    "handed_over": ("handed over {at}", "déposée {at}"),
    "recorded": ("recorded {at}", "enregistrée {at}"),
    "length": ("{span} long", "durée {span}"),
    "priority_said": ("priority {n}", "priorité {n}"),
    "time_unknown": ("time unknown", "heure inconnue"),
    "time_unknown_hint": (
        "Nobody said when it was recorded, and it does not say itself: taken as when it came.",
        "Personne n’a dit quand elle a été enregistrée, et elle ne le dit pas elle-même : c’est l’heure du"
        " dépôt qui compte.",
    ),
    "picture_of": ("picture {n} of {all}", "image {n} sur {all}"),
    "picture_n": ("picture {n}", "image {n}"),
    "pace": ("{n} per second", "{n} par seconde"),
    "left": ("about {span} left", "encore {span} environ"),
    "progress_of": ("Progress of {name}", "Avancement de {name}"),
    "at_the_end": (
        "Visitors and events are known when its last picture has been looked at.",
        "Visiteurs et événements sont connus une fois la dernière image analysée.",
    ),
    "visitors_1": ("1 visitor", "1 visiteur"),
    "visitors_n": ("{n} visitors", "{n} visiteurs"),
    "visitors_unknown": ("visitors unknown", "visiteurs inconnus"),
    "events_0": ("no event", "aucun événement"),
    "events_1": ("1 event", "1 événement"),
    "events_n": ("{n} events", "{n} événements"),
    "events_unknown": ("events unknown", "événements inconnus"),
    "events_of_kind": ("{n} × {kind}", "{n} × {kind}"),
    "see_events": ("Its events", "Ses événements"),
    "see_day": ("Dashboard of that day", "Tableau de bord de ce jour"),
    "see_days": ("Dashboard of those days", "Tableau de bord de ces jours"),
    "stop": ("Cancel", "Annuler"),
    "remove": ("Remove", "Retirer"),
    "retry": ("Try again", "Réessayer"),
    "attempts": ("attempt {n}", "tentative {n}"),
    "nobody_works": (
        "Nobody analyses videos at the moment. They stay in line until sightline serve runs.",
        "Personne n’analyse de vidéos en ce moment. Elles attendent que sightline serve tourne.",
    ),
    "stale": (
        "No answer from the site since {at}. What you see is from then.",
        "Le site ne répond plus depuis {at}. Ce que vous voyez date de ce moment-là.",
    ),
    "stop_title": ("Cancel its analysis?", "Annuler son analyse ?"),
    "stop_text": (
        "What was found in {name} so far is thrown away, and so is the file here. Yours stays where it is.",
        "Ce qui a été trouvé dans {name} est jeté, ainsi que la copie déposée ici. Votre fichier reste où il"
        " est.",
    ),
    "remove_title": ("Remove it from the queue?", "La retirer de la file ?"),
    "remove_text": (
        "{name} is not analysed, and its copy here is deleted. Your file stays where it is.",
        "{name} ne sera pas analysée et sa copie déposée ici est supprimée. Votre fichier reste où il est.",
    ),
    "yes_stop": ("Cancel the analysis", "Annuler l’analyse"),
    "yes_remove": ("Remove", "Retirer"),
    "keep": ("Keep it", "La garder"),
    "none_venue": (
        "Videos belong to a venue. Make one first.",
        "Une vidéo appartient à un lieu. Créez-en un d’abord.",
    ),
    "add_venue": ("Add a venue", "Ajouter un lieu"),
    "ask_administrator": (
        "Ask an administrator to add one.",
        "Demandez à un administrateur d’en ajouter un.",
    ),
    "analyse": ("Analyse a video", "Analyser une vidéo"),
}

UPLOADS: Sentences = {
    **JOBS,
    "title": ("Videos", "Vidéos"),
    "intro": (
        "Videos that were handed over, newest first. Higher priorities are analysed first.",
        "Les vidéos déposées, les plus récentes d’abord. Les plus hautes priorités passent en premier.",
    ),
    "all_states": ("All", "Toutes"),
    "states_pending": ("Waiting", "En attente"),
    "states_processing": ("Being analysed", "En cours"),
    "states_completed": ("Done", "Terminées"),
    "states_failed": ("Failed", "Échouées"),
    "states_cancelled": ("Cancelled", "Annulées"),
    "filter": ("Show videos", "Afficher les vidéos"),
    "all_venues": ("All venues", "Tous les lieux"),
    "visitors_in_all": (
        "{n} visitors in the videos that are done",
        "{n} visiteurs dans les vidéos terminées",
    ),
    "empty_title": ("No video yet", "Pas encore de vidéo"),
    "empty_text": (
        "Hand over a recording of a camera: its visitors and events appear, each with its clip.",
        "Déposez l’enregistrement d’une caméra : ses visiteurs et événements apparaissent, chacun avec son"
        " extrait.",
    ),
    "empty_viewer": (
        "A manager can hand over recordings; what they show appears here.",
        "Un gérant peut déposer des enregistrements ; ce qu’ils montrent apparaît ici.",
    ),
    "none_so": ("None of these", "Aucune"),
    "none_so_text": (
        "No video is in this state at the moment.",
        "Aucune vidéo n’est dans cet état en ce moment.",
    ),
    "show_all": ("Show all", "Tout afficher"),
    "newer": ("Newer", "Plus récentes"),
    "older": ("Older", "Plus anciennes"),
    "page_of": ("Page {page} of {last}", "Page {page} sur {last}"),
    "pages": ("Pages", "Pages"),
}

PROCESS: Sentences = {
    **JOBS,
    "title": ("Analyse a video", "Analyser une vidéo"),
    "intro": (
        "A recording is analysed as a camera is: visitors, stays, service, each with its clip.",
        "Un enregistrement est analysé comme une caméra : visiteurs, durées, service, chacun avec"
        " son extrait.",
    ),
    "which": ("Which videos?", "Quelles vidéos ?"),
    "drop": ("Drop files here", "Déposez des fichiers ici"),
    "choose": ("Choose files", "Choisir des fichiers"),
    "drop_hint": (
        "MP4, MKV, AVI, MOV, TS …, up to {most} each, as the camera or recorder made them",
        "MP4, MKV, AVI, MOV, TS…, jusqu’à {most} chacun, tels que la caméra ou l’enregistreur les a faits",
    ),
    "address": ("Or the address of a video", "Ou l’adresse d’une vidéo"),
    "address_hint": ("From {hosts}", "De {hosts}"),
    "add_address": ("Add", "Ajouter"),
    "where": ("Where, and in which order?", "Où, et dans quel ordre ?"),
    "camera_new": ("a new camera …", "une nouvelle caméra…"),
    "camera_hint": (
        "The zones and the staff line drawn for a camera count for its videos, too.",
        "Les zones et la ligne du personnel dessinées pour une caméra valent aussi pour ses vidéos.",
    ),
    "camera_name": ("Short name of the new camera", "Nom court de la nouvelle caméra"),
    "camera_name_hint": (
        "1 to 50 letters, digits, _ or -; it stays for ever",
        "1 à 50 lettres, chiffres, _ ou - ; définitif",
    ),
    "priority": ("Priority", "Priorité"),
    "priority_first": ("before the others", "avant les autres"),
    "priority_usual": ("in turn", "à son tour"),
    "priority_last": ("when nothing else waits", "quand rien d’autre n’attend"),
    "chosen": ("To be handed over", "À déposer"),
    "recorded_at": (
        "Recorded at (optional), by the clocks of {zone}",
        "Enregistrée à (facultatif), heure de {zone}",
    ),
    "recorded_at_hint": (
        "Left empty: as the name of the file or the file itself says; else the time of upload, marked as"
        " unknown.",
        "Laissé vide : d’après le nom du fichier ou le fichier lui-même ; sinon l’heure du dépôt, marquée"
        " comme inconnue.",
    ),
    "send": ("Analyse", "Analyser"),
    "send_n": ("Analyse {n} videos", "Analyser {n} vidéos"),
    "take_out": ("Take out", "Enlever"),
    "take_out_name": ("Take out {name}", "Enlever {name}"),
    "nothing_chosen": (
        "Choose a file, or type the address of a video.",
        "Choisissez un fichier ou saisissez l’adresse d’une vidéo.",
    ),
    "waits_to_go": ("waits to be sent", "attend d’être envoyée"),
    "sent_of": ("{n} of {all} MB sent", "{n} Mo sur {all} envoyés"),
    "all_sent": ("sent", "envoyée"),
    "being_looked_at": ("has arrived; is being looked at …", "arrivée ; vérification en cours…"),
    "asking": ("is being asked for …", "demande en cours…"),
    "too_often": (
        "The site takes {most} a minute; goes on in {s} s.",
        "Le site en prend {most} par minute ; suite dans {s} s.",
    ),
    "refused_size": (
        "Too large: it has {size}, and the most here is {most}.",
        "Trop grande : elle fait {size}, et le maximum ici est {most}.",
    ),
    "refused_kind": ("Not a video that can be read.", "Ce n’est pas une vidéo lisible."),
    "refused_empty": ("The file is empty.", "Le fichier est vide."),
    "refused_host": (
        "Nothing is fetched from {host}. Allowed: {hosts}.",
        "Rien n’est téléchargé depuis {host}. Autorisés : {hosts}.",
    ),
    "refused_address": (
        "This is not an address of the web; it begins with https://",
        "Ce n’est pas une adresse du web ; elle commence par https://",
    ),
    "refused_inside": (
        "This address leads into the network of the shop; nothing is fetched from there.",
        "Cette adresse mène dans le réseau du magasin ; rien n’est téléchargé de là.",
    ),
    "refused_room": (
        "There is no room for it on the disk of the site.",
        "Il n’y a plus de place pour elle sur le disque du site.",
    ),
    "refused_venue": (
        "You may not hand over videos for this venue.",
        "Vous ne pouvez pas déposer de vidéos pour ce lieu.",
    ),
    "refused_gone": ("There is no such venue any more.", "Ce lieu n’existe plus."),
    "broke_off": (
        "The connection broke off before all of it had arrived. Nothing of it was kept; try again.",
        "La connexion a été coupée avant la fin de l’envoi. Rien n’en a été gardé ; réessayez.",
    ),
    "unreadable": (
        "Your browser cannot read this file (any more).",
        "Votre navigateur ne peut pas (ou plus) lire ce fichier.",
    ),
    "colon": (": ", " : "),
    "taken": ("{name} was handed over.", "{name} a été déposée."),
    "under_way": ("Handed over", "Déposées"),
    "whole_queue": ("All videos", "Toutes les vidéos"),
    "no_script": (
        "To hand over videos here, the browser must run scripts. At the terminal: sightline analyze FILE",
        "Pour déposer des vidéos ici, le navigateur doit exécuter des scripts. Au terminal : sightline"
        " analyze FICHIER",
    ),
}
