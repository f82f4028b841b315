"""What the page says on which zones and lines are drawn."""

from sightline.dashboard.sentences import Sentences

ZONES: Sentences = {
    "title": ("Zones of {name}", "Zones de {name}"),
    "intro": (
        "A person is in a zone when their feet are. Draw zones on the floor, not around heads.",
        "Une personne est dans une zone quand ses pieds y sont. Dessinez au sol, pas autour des têtes.",
    ),
    "picture": ("Picture with zones", "Image avec les zones"),
    "no_still": (
        "There is no picture of this camera yet. Zones can be drawn once it has sent one, or once there is a"
        " clip of it.",
        "Pas encore d’image. Les zones pourront être dessinées dès que la caméra en aura envoyé une, ou dès"
        " qu’il y aura un extrait.",
    ),
    "new_zone": ("New zone", "Nouvelle zone"),
    "new_line": ("Draw the staff line", "Tracer la ligne du personnel"),
    "redraw_line": ("Draw the staff line anew", "Retracer la ligne du personnel"),
    "swap_side": ("Staff on the other side", "Personnel de l’autre côté"),
    "remove_line": ("Remove the line", "Supprimer la ligne"),
    "line": ("Staff line", "Ligne du personnel"),
    "line_hint": (
        "Who stands on the side of the arrow is taken for staff. The line has no end.",
        "Qui se tient du côté de la flèche est considéré comme du personnel. La ligne est sans fin.",
    ),
    "line_none": ("No line is drawn.", "Aucune ligne n’est tracée."),
    "line_impossible": (
        "A camera that is known from recordings only has no line of its own. A zone of the kind “staff” does"
        " the same.",
        "Une caméra connue par des enregistrements seulement n’a pas de ligne. Une zone de type"
        " « personnel » fait la même chose.",
    ),
    "line_end": ("Staff line, end {n}", "Ligne du personnel, extrémité {n}"),
    "count_lines": ("Counting lines", "Lignes de comptage"),
    "count_hint": (
        "Who walks over a line is counted, in by the way of the arrow and out against it. Draw it on the"
        " floor, a step inside the door, where people are seen down to their feet.",
        "Qui franchit une ligne est compté : entrée dans le sens de la flèche, sortie dans l’autre. Tracez-la"
        " au sol, à un pas de la porte, là où l’on voit les gens jusqu’aux pieds.",
    ),
    "count_none": ("Nobody is counted over a line yet.", "Personne n’est encore compté sur une ligne."),
    "new_count": ("Draw a counting line", "Tracer une ligne de comptage"),
    "new_count_name": ("Line {n}", "Ligne {n}"),
    "line_inside": ("{name}: in", "{name} : entrée"),
    "count_end": ("{name}, end {n}", "{name}, extrémité {n}"),
    "swap_inside": ("Inside is on the other side", "L’intérieur est de l’autre côté"),
    "swap_inside_of": ("{name}: inside is on the other side", "{name} : l’intérieur est de l’autre côté"),
    "wrong_twice_line": ("Another line has this name.", "Une autre ligne porte ce nom."),
    "most_lines": ("A camera has {n} lines at most.", "Une caméra a au plus {n} lignes."),
    "undo": ("Undo", "Revenir"),
    "done": ("Done", "Terminer"),
    "add_point": ("Add a point", "Ajouter un point"),
    "remove_point": ("Remove the point", "Supprimer le point"),
    "remove_zone": ("Remove {name}", "Supprimer {name}"),
    "zones": ("Zones", "Zones"),
    "none": ("No zone is drawn yet.", "Aucune zone n’est encore dessinée."),
    "name": ("Name", "Nom"),
    "kind": ("Kind", "Type"),
    "color": ("Colour", "Couleur"),
    "zoom": ("Look closely", "Regarder de près"),
    "zoom_hint": (
        "For far places in which people are missed; costs as much as one more camera.",
        "Pour les endroits éloignés où des personnes échappent ; coûte autant qu’une caméra de plus.",
    ),
    "kind_area": ("area", "espace"),
    "kind_service": ("service", "service"),
    "kind_queue": ("queue", "file d’attente"),
    "kind_staff": ("staff", "personnel"),
    "kind_entrance": ("entrance", "entrée"),
    "kind_restricted": ("restricted", "accès interdit"),
    "kind_ignore": ("ignore", "à ignorer"),
    "about_area": ("Counted on its own: a shelf, a table.", "Comptée à part : un rayon, une table."),
    "about_service": ("Where customers are served.", "Où les clients sont servis."),
    "about_queue": ("Where customers stand in line.", "Où les clients font la queue."),
    "about_staff": ("Where only staff stand.", "Où seul le personnel se tient."),
    "about_entrance": ("Where people come and go.", "Par où l’on entre et sort."),
    "about_restricted": ("Who is there is an incident.", "Une présence y est un incident."),
    "about_ignore": ("Nobody is looked at there.", "Personne n’y est observé."),
    "new_name": ("Zone {n}", "Zone {n}"),
    "zone_said": ("{name}, {kind}, {n} points", "{name}, {kind}, {n} points"),
    "point_said": (
        "{name}, point {n} of {total}, {x} % from the left, {y} % from the top",
        "{name}, point {n} sur {total}, à {x} % de la gauche et {y} % du haut",
    ),
    "help": ("How to draw", "Comment dessiner"),
    "help_mouse": (
        "Mouse and touch: drag points, or a whole zone. Drag the small dot between two points to get another"
        " one.",
        "Souris et doigt : faites glisser les points ou la zone entière. Tirez le petit point entre deux"
        " points pour en ajouter un.",
    ),
    "help_keys": (
        "Keyboard: Tab goes from point to point, arrows move it (with Shift further), + adds one, Delete"
        " removes it, Ctrl+Z undoes.",
        "Clavier : Tab passe d’un point à l’autre, les flèches le déplacent (Maj : plus loin), + en ajoute"
        " un, Suppr l’enlève, Ctrl+Z annule.",
    ),
    "drawing_zone": (
        "Click the corners of the zone one after the other; on the first one again, or Done, to close it. By"
        " keyboard: arrows move the cross, Space sets a corner, Enter closes, Escape gives up.",
        "Cliquez les coins l’un après l’autre ; à nouveau sur le premier, ou Terminer, pour fermer. Au"
        " clavier : les flèches déplacent la croix, Espace pose un coin, Entrée ferme, Échap abandonne.",
    ),
    "drawing_line": (
        "Click both ends of the line. By keyboard: arrows move the cross, Space sets an end, Escape"
        " gives up.",
        "Cliquez les deux extrémités. Au clavier : les flèches déplacent la croix, Espace pose une extrémité,"
        " Échap abandonne.",
    ),
    "wrong_name": ("Give it a name.", "Donnez-lui un nom."),
    "wrong_long": ("At most {n} characters.", "{n} caractères au plus."),
    "wrong_twice": ("Another zone has this name.", "Une autre zone porte ce nom."),
    "wrong_crosses": (
        "The polygon crosses itself; put its points in order.",
        "Le polygone se croise ; remettez ses points dans l’ordre.",
    ),
    "wrong_flat": ("The points enclose no area.", "Les points n’entourent aucune surface."),
    "wrong_line": ("Both ends are the same.", "Les deux extrémités sont confondues."),
    "fewest": ("A zone needs {n} points.", "Une zone a besoin de {n} points."),
    "most_zones": ("A camera has {n} zones at most.", "Une caméra a au plus {n} zones."),
    "most_points": ("A zone has {n} points at most.", "Une zone a au plus {n} points."),
    "unsaved": ("Not saved yet.", "Pas encore enregistré."),
    "saved": (
        "Saved. The camera uses it within seconds.",
        "Enregistré. La caméra s’en sert dans quelques secondes.",
    ),
    "watch": ("To the camera", "Vers la caméra"),
    "saving": ("Saving…", "Enregistrement…"),
    "read_only_file": (
        "These zones stand in the site file and are changed there: it would overwrite what is drawn here.",
        "Ces zones figurent dans le fichier du site et s’y modifient : il écraserait ce qui serait"
        " dessiné ici.",
    ),
    "read_only_viewer": (
        "You may look at the zones, not change them.",
        "Vous pouvez voir les zones, pas les modifier.",
    ),
    "try_title": ("Before you save", "Avant d’enregistrer"),
    "try": ("Try on the last 10 minutes", "Essayer sur les 10 dernières minutes"),
    "try_text": (
        "Watches the newest footage again with these zones and shows which events would differ. Nothing is"
        " stored.",
        "Revoit les dernières images avec ces zones et montre quels événements changeraient. Rien n’est"
        " enregistré.",
    ),
    "try_stop": ("Stop", "Arrêter"),
    "try_loading": ("Loading what it needs…", "Chargement…"),
    "try_progress": ("Watched {percent} %", "{percent} % revus"),
    "try_cancelled": ("Stopped.", "Arrêté."),
    "try_failed": ("That did not work: {reason}", "Cela n’a pas marché : {reason}"),
    "try_other": (
        "Somebody else has tried other zones meanwhile.",
        "Quelqu’un d’autre a essayé d’autres zones entre-temps.",
    ),
    "try_none": (
        "{footage} watched: no event would differ.",
        "{footage} revus : aucun événement ne changerait.",
    ),
    "try_found": (
        "{footage} watched: {new} new, {gone} gone, {changed} changed, {unchanged} as before.",
        "{footage} revus : {new} nouveaux, {gone} disparus, {changed} modifiés, {unchanged} inchangés.",
    ),
    "try_anyway": (
        "Not because of these zones: today’s would differ in the same way.",
        "Pas à cause de ces zones : celles d’aujourd’hui donneraient la même différence.",
    ),
    "change_new": ("new", "nouveau"),
    "change_gone": ("gone", "disparu"),
    "change_changed": ("changed", "modifié"),
    "change_unjudged": ("not enough footage", "pas assez d’images"),
    "event_interaction": ("served", "servi"),
    "event_unattended": ("left unattended", "laissé sans aide"),
    "event_queue": ("queued", "file d’attente"),
    "event_security": ("security", "sécurité"),
    "leave": ("The zones are not saved.", "Les zones ne sont pas enregistrées."),
    "no_script": (
        "To draw, the browser must run scripts.",
        "Pour dessiner, le navigateur doit exécuter des scripts.",
    ),
}
