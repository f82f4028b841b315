"""What the pages of cameras say: all of them, one of them, a new one."""

from sightline.dashboard.sentences import Sentences

CONDITIONS: Sentences = {
    "condition_running": ("running", "en marche"),
    "condition_starting": ("starting", "démarre"),
    "condition_no_answer": ("no answer", "pas de réponse"),
    "condition_gap": ("no picture", "pas d’image"),
    "condition_failed": ("does not start", "ne démarre pas"),
    "condition_covered": ("view covered", "vue masquée"),
    "condition_blinded": ("view blinded", "vue éblouie"),
    "condition_moved": ("view moved", "cadrage déplacé"),
    "condition_recording_paused": ("recording paused", "enregistrement en pause"),
    "condition_stopped": ("stopped", "arrêtée"),
    "condition_not_running": ("nobody watches it", "non surveillée"),
    "condition_never": ("never ran", "jamais démarrée"),
    "condition_paused": ("paused", "en pause"),
    "condition_recordings": ("recordings only", "enregistrements seulement"),
    "about_covered": (
        "Something hangs in front of it. Have a look at the picture, and clear the view.",
        "Quelque chose la cache. Regardez l’image et dégagez la vue.",
    ),
    "about_blinded": (
        "The picture is far too bright or too dark. Look for a lamp, the sun, or a dirty lens.",
        "L’image est beaucoup trop claire ou trop sombre. Cherchez une lampe, le soleil ou un objectif sale.",
    ),
    "about_moved": (
        "It looks elsewhere than before, so its zones no longer fit. Turn it back, or draw them again.",
        "Elle regarde ailleurs qu’avant : ses zones ne vont plus. Remettez-la en place ou redessinez-les.",
    ),
    "about_recording_paused": (
        "There is no room on the disk. It is watched, but not recorded.",
        "Le disque est plein. Elle est surveillée, mais pas enregistrée.",
    ),
    "about_not_running": (
        "The part of Sightline that watches cameras does not run. Start it with: sightline serve",
        "La partie de Sightline qui surveille les caméras ne tourne pas. Lancez : sightline serve",
    ),
    "about_never": (
        "It was added and has not been watched yet. That begins within seconds while sightline serve runs.",
        "Elle est ajoutée mais pas encore surveillée. Cela commence en quelques secondes si sightline serve"
        " tourne.",
    ),
    "about_paused": (
        "You paused it. Nothing is recorded.",
        "Vous l’avez mise en pause. Rien n’est enregistré.",
    ),
    "about_recordings": (
        "Known from recordings that were handed over. Nothing is watched live.",
        "Connue par des enregistrements déposés. Rien n’est surveillé en direct.",
    ),
    "about_starting": ("It was just started.", "Elle vient de démarrer."),
    "about_stopped": ("Watching it was ended in order.", "Sa surveillance a été arrêtée normalement."),
    "about_no_answer": ("It has not answered yet:", "Elle n’a pas encore répondu :"),
    "about_failed": ("It could not be started:", "Elle n’a pas pu démarrer :"),
    "reason_unreachable": (
        "It cannot be reached. Check its power and network.",
        "Elle est injoignable. Vérifiez son alimentation et le réseau.",
    ),
    "reason_unauthorized": (
        "User or password are refused. Enter them again below.",
        "Utilisateur ou mot de passe refusé. Saisissez-les à nouveau ci-dessous.",
    ),
    "reason_not_found": (
        "It answers, but knows no such stream. Check the path of its address.",
        "Elle répond, mais ne connaît pas ce flux. Vérifiez le chemin de son adresse.",
    ),
    "reason_unusable": (
        "Its pictures cannot be read. Set it to H.264.",
        "Ses images sont illisibles. Réglez-la sur H.264.",
    ),
    "reason_stalled": (
        "The connection stands, but nothing comes.",
        "La connexion tient, mais rien n’arrive.",
    ),
    "reason_ended": ("It closed the connection.", "Elle a fermé la connexion."),
    "reason_format_changed": ("Its format changed.", "Son format a changé."),
    "reason_time_jump": ("Its clock jumped.", "Son horloge a sauté."),
    "reason_clock_changed": (
        "The clock of this machine was set.",
        "L’horloge de cette machine a été réglée.",
    ),
    "reason_not_running": ("Sightline was not running.", "Sightline ne tournait pas."),
    "reason_removed": (
        "It was paused, taken out, or its settings were changed.",
        "Elle a été mise en pause, retirée ou ses réglages ont changé.",
    ),
}

CAMERAS: Sentences = {
    **CONDITIONS,
    "title": ("Cameras", "Caméras"),
    "intro": ("How each camera is, right now.", "L’état de chaque caméra, maintenant."),
    "add": ("Add a camera", "Ajouter une caméra"),
    "all_venues": ("All venues", "Tous les lieux"),
    "none_title": ("No camera yet", "Pas encore de caméra"),
    "none_text": (
        "Add the first one: you need its address on the network, and its user and password.",
        "Ajoutez la première : il vous faut son adresse sur le réseau, son utilisateur et son mot de passe.",
    ),
    "none_venue": (
        "Cameras belong to a venue. Make one first.",
        "Une caméra appartient à un lieu. Créez-en un d’abord.",
    ),
    "add_venue": ("Add a venue", "Ajouter un lieu"),
    "fps": ("pictures/s", "images/s"),
    "last_picture": ("last picture", "dernière image"),
    "events_today": ("events today", "événements aujourd’hui"),
    "no_still": ("No picture yet", "Pas encore d’image"),
    "still_of": ("Newest picture of {name}", "Dernière image de {name}"),
    "count": ("{n} cameras", "{n} caméras"),
    "count_1": ("1 camera", "1 caméra"),
    "stale": (
        "The site does not answer; this is how things were at {time}.",
        "Le site ne répond pas ; voici l’état à {time}.",
    ),
}

CAMERA: Sentences = {
    **CONDITIONS,
    "live": ("Live", "En direct"),
    "newest": ("Newest picture", "Dernière image"),
    "refreshed": (
        "Pictures are refreshed, not streamed.",
        "Les images sont rafraîchies, ce n’est pas un flux vidéo.",
    ),
    "picture_of": ("Picture of {time}", "Image de {time}"),
    "stop_live": ("Stop refreshing", "Arrêter"),
    "go_live": ("Refresh again", "Reprendre"),
    "still_of": ("Newest picture of {name}", "Dernière image de {name}"),
    "no_still": ("No picture yet", "Pas encore d’image"),
    "draw_zones": ("Draw zones", "Dessiner les zones"),
    "show_zones": ("Show zones", "Voir les zones"),
    "health": ("Health", "État"),
    "fps": ("Pictures per second", "Images par seconde"),
    "last_picture": ("Last picture", "Dernière image"),
    "picture_size": ("Picture", "Image"),
    "watched_pictures": ("Pictures watched", "Images analysées"),
    "dropped": ("Pictures left out", "Images sautées"),
    "dropped_note": ("for lack of time", "faute de temps"),
    "interruptions": ("Interruptions", "Interruptions"),
    "interruptions_note": ("{time} in all since its start", "{time} au total depuis son démarrage"),
    "latency": ("From picture to event", "De l’image à l’événement"),
    "latency_note": ("95 % are faster", "95 % sont plus rapides"),
    "disk": ("On the disk", "Sur le disque"),
    "since_start": ("since its start", "depuis son démarrage"),
    "counted": ("In {entered} · out {left}", "Entrées {entered} · sorties {left}"),
    "counted_note": ("staff left out, since its start", "sans le personnel, depuis son démarrage"),
    "events_today": ("Events today", "Événements aujourd’hui"),
    "days_title": ("What it saw, {first} to {last}", "Ce qu’elle a vu, du {first} au {last}"),
    "days_said": ("{day}, {start} to {end}: watched", "{day}, de {start} à {end} : surveillé"),
    "gap_said": ("{day}, {start} to {end}: {reason}", "{day}, de {start} à {end} : {reason}"),
    "legend_watched": ("watched", "surveillé"),
    "legend_gap": ("no picture", "pas d’image"),
    "legend_unseen": ("not observed", "non observé"),
    "gaps": ("Interruptions as a table", "Interruptions en tableau"),
    "gap_from": ("From", "De"),
    "gap_length": ("Length", "Durée"),
    "gap_reason": ("Reason", "Raison"),
    "no_gaps": ("No interruption in these days.", "Aucune interruption ces jours-là."),
    "still_lasts": ("still lasts", "dure encore"),
    "events": ("Its events", "Ses événements"),
    "all_events": ("All its events", "Tous ses événements"),
    "no_events": ("No event was found on this camera yet.", "Aucun événement trouvé sur cette caméra."),
    "camera_settings": ("Settings", "Réglages"),
    "from_file": (
        "This camera stands in the site file. There it is changed, except for its name and whether it is"
        " watched.",
        "Cette caméra figure dans le fichier du site. C’est là qu’on la modifie, sauf son nom et sa"
        " surveillance.",
    ),
    "from_recordings": (
        "It is known from recordings only. Give it an address to have it watched live.",
        "Elle n’est connue que par des enregistrements. Donnez-lui une adresse pour la surveiller en direct.",
    ),
    "give_address": ("Give it an address", "Lui donner une adresse"),
    "name": ("Name", "Nom"),
    "address": ("Address", "Adresse"),
    "record_address": ("Address that is recorded", "Adresse enregistrée"),
    "new_address": (
        "New address (with user and password)",
        "Nouvelle adresse (avec utilisateur et mot de passe)",
    ),
    "new_address_hint": (
        "Leave empty to keep it. It is kept encrypted and never shown again.",
        "Laissez vide pour la garder. Elle est chiffrée et n’est plus jamais affichée.",
    ),
    "transport": ("Transport", "Transport"),
    "rules": ("Rules", "Règles"),
    "line_drawn": ("A staff line is drawn.", "Une ligne du personnel est dessinée."),
    "line_missing": ("No staff line is drawn.", "Aucune ligne du personnel n’est dessinée."),
    "zones_drawn": ("{n} zones: {names}", "{n} zones : {names}"),
    "lines_drawn": ("People are counted over: {names}", "Les passages sont comptés sur : {names}"),
    "zones_missing": (
        "No zones are drawn: the picture is divided into five areas.",
        "Aucune zone n’est dessinée : l’image est divisée en cinq parties.",
    ),
    "rule_interaction": (
        "Served: together for {time} or longer",
        "Servi : ensemble pendant {time} ou plus",
    ),
    "rule_unattended": ("Unattended: alone for {time}", "Sans aide : seul pendant {time}"),
    "rule_queue": (
        "Queue alert: {n} people, or a wait of {time}",
        "Alerte de file : {n} personnes ou {time} d’attente",
    ),
    "pause": ("Pause it", "La mettre en pause"),
    "resume": ("Watch it again", "La surveiller à nouveau"),
    "test": ("Test the connection", "Tester la connexion"),
    "testing": ("Opening it; this takes some seconds…", "Ouverture ; cela prend quelques secondes…"),
    "answered": ("It answers: {detail}", "Elle répond : {detail}"),
    "remove": ("Remove the camera", "Retirer la caméra"),
    "remove_title": ("Remove {name}?", "Retirer {name} ?"),
    "remove_text": (
        "It is not watched any more and its address is forgotten. Footage, events and clips stay until their"
        " time is over.",
        "Elle n’est plus surveillée et son adresse est oubliée. Les images, événements et extraits restent"
        " jusqu’à leur échéance.",
    ),
    "saved": ("Saved.", "Enregistré."),
    "no_script": (
        "To change something here, the browser must run scripts.",
        "Pour modifier quelque chose ici, le navigateur doit exécuter des scripts.",
    ),
}

NEW_CAMERA: Sentences = {
    "title": ("Add a camera", "Ajouter une caméra"),
    "intro": (
        "You find its address in the camera’s manual, most often under RTSP.",
        "Vous trouverez son adresse dans le manuel de la caméra, le plus souvent sous RTSP.",
    ),
    "where": ("Where is it?", "Où est-elle ?"),
    "address": ("Address", "Adresse"),
    "address_hint": (
        "For instance rtsp://192.168.1.20:554/stream1, http://…, or webcam:0",
        "Par exemple rtsp://192.168.1.20:554/stream1, http://… ou webcam:0",
    ),
    "user": ("User of the camera", "Utilisateur de la caméra"),
    "camera_password": ("Password of the camera", "Mot de passe de la caméra"),
    "password_hint": (
        "Kept encrypted on this site, never shown again.",
        "Chiffré sur ce site, jamais affiché à nouveau.",
    ),
    "transport": ("Transport", "Transport"),
    "transport_tcp": ("TCP (usual)", "TCP (habituel)"),
    "transport_udp": ("UDP (only where TCP fails)", "UDP (seulement si TCP échoue)"),
    "called": ("What is it called?", "Comment s’appelle-t-elle ?"),
    "name": ("Name", "Nom"),
    "name_hint": (
        "As people call the place: Till 1, Entrance",
        "Comme on appelle l’endroit : Caisse 1, Entrée",
    ),
    "id": ("Short name", "Nom court"),
    "id_hint": (
        "1 to 50 letters, digits, _ or -; it stays for ever",
        "1 à 50 lettres, chiffres, _ ou - ; définitif",
    ),
    "test": ("Test the connection", "Tester la connexion"),
    "not_tested": (
        "Its picture appears here, or the reason why there is none.",
        "Son image s’affiche ici, ou la raison de son absence.",
    ),
    "testing": ("Opening it; this takes some seconds…", "Ouverture ; cela prend quelques secondes…"),
    "answered": ("It answers: {detail}", "Elle répond : {detail}"),
    "silent": ("It does not answer: {detail}", "Elle ne répond pas : {detail}"),
    "no_picture": (
        "It answers, but its picture may not be shown here.",
        "Elle répond, mais son image ne peut pas être affichée ici.",
    ),
    "picture": ("First picture of the camera", "Première image de la caméra"),
    "add": ("Add, then draw zones", "Ajouter, puis dessiner les zones"),
    "search": ("Look for cameras on this network", "Chercher les caméras de ce réseau"),
    "searching": ("Asking the network…", "Interrogation du réseau…"),
    "found_none": (
        "No camera answered. They answer only in the same network, with ONVIF switched on.",
        "Aucune caméra n’a répondu. Elles ne répondent que sur le même réseau, avec ONVIF activé.",
    ),
    "found": ("These answered; take one:", "Celles-ci ont répondu ; choisissez :"),
    "no_address": ("Type the address of the camera first.", "Saisissez d’abord l’adresse de la caméra."),
    "no_script": (
        "To add a camera here, the browser must run scripts. At the terminal: sightline camera add",
        "Pour ajouter une caméra ici, le navigateur doit exécuter des scripts. Au terminal : sightline camera"
        " add",
    ),
    "none_venue": (
        "Cameras belong to a venue. Make one first.",
        "Une caméra appartient à un lieu. Créez-en un d’abord.",
    ),
    "add_venue": ("Add a venue", "Ajouter un lieu"),
}
