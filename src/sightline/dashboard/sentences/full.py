"""What the page of all analytics says; the report says much of it, too."""

from sightline.dashboard.sentences import Sentences
from sightline.dashboard.sentences.venue import OWN_ZONES

FULL: Sentences = {
    **OWN_ZONES,
    "full_title": ("Analytics Dashboard", "Toutes les analyses"),
    "sections": ("Sections", "Rubriques"),
    "section_visitors": ("Visitors", "Visiteurs"),
    "section_people": ("Who they are", "Profil des visiteurs"),
    "section_zones": ("Zones", "Zones"),
    "section_service": ("Service", "Service"),
    "section_behavior": ("Engagement and behaviour", "Engagement et comportement"),
    "section_returning": ("Who comes back", "Fidélité"),
    # Tiles
    "people": ("Visitors", "Visiteurs"),
    "stays": ("Stays in zones", "Passages en zone"),
    "stays_note": ("a visitor may have several", "un visiteur peut en avoir plusieurs"),
    "before_was": ("before: {value}", "avant : {value}"),
    "return_rate": ("Came back", "Déjà venus"),
    "engagement": ("Engagement", "Engagement"),
    "of_100": ("on average, of 100", "en moyenne, sur 100"),
    "of_customers_note": ("served: {n}", "servis : {n}"),
    "coverage": ("Observed", "Observé"),
    "of_the_time": ("of the time", "du temps"),
    # Visitors
    "people_by_hour": ("Visitors by hour of the day", "Visiteurs par heure de la journée"),
    "people_by_hour_note": (
        "Different people in each hour, over all days shown. The line on a bar is where the true"
        " number"
        " lies with {percent}% certainty ({method}); hatched: not observed.",
        "Visiteurs différents à chaque heure, tous jours confondus. Le trait sur une barre montre où se"
        " trouve"
        " le vrai nombre, avec {percent} % de certitude ({method}) ; hachuré : non observé.",
    ),
    "people_said": ("{name}: {n} visitors ({low} to {high})", "{name} : {n} visiteurs ({low} à {high})"),
    "people_said_1": ("{name}: {n} visitor ({low} to {high})", "{name} : {n} visiteur ({low} à {high})"),
    "unseen_said": ("{name}: not observed", "{name} : non observé"),
    "between": ("Between", "Entre"),
    "range": ("{low} to {high}", "{low} et {high}"),
    "day": ("Day", "Jour"),
    "people_by_day": ("Visitors by day", "Visiteurs par jour"),
    "people_by_day_note": (
        "Different people on each day, with the same interval; hatched: not observed.",
        "Visiteurs différents chaque jour, avec le même intervalle ; hachuré : non observé.",
    ),
    "heat_days": ("Stays in zones by day and hour", "Passages en zone par jour et heure"),
    "heat_weekdays": ("Stays in zones by weekday and hour", "Passages en zone par jour de semaine et heure"),
    "heat_weekdays_note": (
        "Average of the days that were observed; a cell opens all of them. Hatched: not observed.",
        "Moyenne des jours observés ; une case les ouvre tous. Hachuré : non observé.",
    ),
    "heat_days_note": (
        "The stronger the colour, the more. Hatched: not observed.",
        "Plus la couleur est soutenue, plus il y a de passages. Hachuré : non observé.",
    ),
    "heat_window": ("From {first} to {last}.", "Du {first} au {last}"),
    "heat_said": ("{day}, {hour}: {n} stays", "{day}, {hour} : {n} passages"),
    "heat_mean_said": (
        "{day}, {hour}: {n} stays on average, {all} in all",
        "{day}, {hour} : {n} passages en moyenne, {all} en tout",
    ),
    "heat_unseen": ("{day}, {hour}: not observed", "{day}, {hour} : non observé"),
    "weeks_visitors": ("Stays in zones by week", "Passages en zone par semaine"),
    "weeks_dwell": ("Average visit by week", "Visite moyenne par semaine"),
    "weeks_returns": ("Visitors who came back, by week", "Visiteurs déjà venus, par semaine"),
    "weeks_note": (
        "Whole weeks, Monday to Sunday, that are over.",
        "Semaines entières et terminées, du lundi au dimanche.",
    ),
    "weeks_returns_note": (
        "Whole weeks that are over. In the first weeks on record nobody can have come back yet.",
        "Semaines entières et terminées. Les premières semaines enregistrées, personne ne peut encore"
        " être revenu.",
    ),
    "week": ("Week of", "Semaine du"),
    "week_said": ("week of {day}: {value}", "semaine du {day} : {value}"),
    "week_unseen": ("week of {day}: not known", "semaine du {day} : inconnu"),
    "trend_growing": (
        "Growing: {percent} from the first half to the second.",
        "En hausse : {percent} de la première moitié à la seconde.",
    ),
    "trend_declining": (
        "Declining: {percent} from the first half to the second.",
        "En baisse : {percent} de la première moitié à la seconde.",
    ),
    "trend_stable": (
        "Stable: {percent} from the first half to the second.",
        "Stable : {percent} de la première moitié à la seconde.",
    ),
    "trend_insufficient_data": (
        "Too few weeks to speak of a trend.",
        "Trop peu de semaines pour parler de tendance.",
    ),
    # Who they are
    "gender": ("Gender", "Genre"),
    "gender_M": ("Men", "Hommes"),
    "gender_F": ("Women", "Femmes"),
    "label_unknown": ("Unknown", "Inconnu"),
    "ages": ("Age", "Âge"),
    "age_said": ("{label}: {share}, {n} of the visitors", "{label} : {share}, {n} des visiteurs"),
    "age_before_said": (
        "{label}: {share}, {n} of the visitors; before {before}",
        "{label} : {share}, {n} des visiteurs ; avant {before}",
    ),
    "share": ("Share", "Part"),
    "before": ("Before", "Avant"),
    "in_window": ("These days", "Ces jours"),
    "days_before": ("The days before", "Les jours précédents"),
    "labels_note": (
        "Estimates from pictures or told by other programs; who is not known is shown, not spread over"
        " the others.",
        "Estimations d’après les images ou transmises par d’autres programmes ; les personnes non connues"
        " sont"
        " montrées à part, et non réparties.",
    ),
    "labels_unknown": (
        "Neither gender nor age is known of anybody in these days. They are estimated only where that is"
        " switched on.",
        "Ni le genre ni l’âge ne sont connus ces jours-là. Ils ne sont estimés que si cette"
        " option est activée.",
    ),
    # Zones
    "zone": ("Zone", "Zone"),
    "zones_people": ("Visitors by zone", "Visiteurs par zone"),
    "zones_dwell": ("Average stay by zone", "Durée moyenne par zone"),
    "zones_engagement": ("Engagement by zone", "Engagement par zone"),
    "zone_people_said": ("{zone}: {n} of the visitors, {share}", "{zone} : {n} des visiteurs, {share}"),
    "zone_dwell_said": ("{zone}: {dwell} on average", "{zone} : {dwell} en moyenne"),
    "zone_engagement_said": ("{zone}: {score} of 100 on average", "{zone} : {score} sur 100 en moyenne"),
    "zone_dwell": ("Average stay", "Durée moyenne"),
    "zone_score": ("Engagement", "Engagement"),
    "zones_drawn": ("Zones on the picture of {camera}", "Zones sur l’image de {camera}"),
    "zones_drawn_note": (
        "The stronger its colour, the more people were in a zone. The picture is the newest of this camera.",
        "Plus la couleur d’une zone est soutenue, plus il y a eu de monde. L’image est la plus récente de"
        " cette caméra.",
    ),
    "zones_alone_note": (
        "The stronger its colour, the more people were in a zone. This camera has no picture yet.",
        "Plus la couleur d’une zone est soutenue, plus il y a eu de monde. Cette caméra n’a pas encore"
        " d’image.",
    ),
    "zone_none_said": ("{zone}: nobody was seen in it", "{zone} : personne n’y a été vu"),
    "floor": ("Where people stood, seen by {camera}", "Où se tenaient les gens, vu par {camera}"),
    "floor_note": (
        "The stronger the colour, the longer feet were there, from {since} to {until}, staff included."
        " {said}",
        "Plus la couleur est soutenue, plus on s’y est tenu longtemps, du {since} au {until}, équipe"
        " comprise."
        " {said}",
    ),
    "floor_said": ("Most of the time: {place} ({share}).", "Le plus souvent : {place} ({share})."),
    "floor_far": ("far", "au fond"),
    "floor_middle": ("middle", "au milieu"),
    "floor_near": ("near", "devant"),
    "floor_left": ("left", "à gauche"),
    "floor_centre": ("centre", "au centre"),
    "floor_right": ("right", "à droite"),
    "draw_zones": ("Draw zones", "Dessiner des zones"),
    "no_zones_drawn": (
        "No zones are drawn on a camera of this venue yet.",
        "Aucune zone n’est encore dessinée sur une caméra de ce lieu.",
    ),
    # Service
    "service_kinds": ("How long it took", "Durées"),
    "service_by_hour": ("Service by hour of the day", "Service par heure de la journée"),
    "service_note": (
        "Over all days shown; hatched: not observed.",
        "Tous jours confondus ; hachuré : non observé.",
    ),
    "kind": ("What", "Quoi"),
    "half_within": ("Half within", "La moitié en moins de"),
    "tenth_above": ("One in ten above", "Une fois sur dix plus de"),
    "kind_interactions": ("Served", "Servis"),
    "kind_unattendeds": ("Left unattended", "Laissés sans aide"),
    "kind_queues": ("Waits in line", "Attentes en file"),
    "first_attention": ("Until first served", "Avant d’être servi"),
    "service_said": ("{hour}, {kind}: {n}", "{hour}, {kind} : {n}"),
    "share_served": ("Customers served", "Clients servis"),
    "of_customers": ("{n} of {all} customers", "{n} clients sur {all}"),
    "staff": ("Staff", "Équipe"),
    "staff_note": (
        "By day, camera and track: somebody who leaves the picture and comes back may be two.",
        "Par jour, caméra et suivi : une personne qui sort du champ et revient peut compter deux fois.",
    ),
    "staff_cut": (" The first {n} of {all} are shown.", " Les {n} premières lignes sur {all}."),
    "member": ("Person", "Personne"),
    "member_named": ("staff {n}", "équipe {n}"),
    "served_times": ("Served", "A servi"),
    "share_of_day": ("Share of the day", "Part du jour"),
    "busy": ("Busy", "Occupé"),
    "busy_share": ("Of the time in view", "Du temps à l’image"),
    "unattended_share": ("Share unattended", "Part sans aide"),
    # Engagement and behaviour
    "nobody_scored": (
        "No stay was scored in these days. Engagement is estimated only where that is switched on.",
        "Aucun passage n’a été noté ces jours-là. L’engagement n’est estimé que si cette option est activée.",
    ),
    "no_service": (
        "Nobody was served, waited alone or queued in these days.",
        "Personne n’a été servi, n’a attendu seul ni fait la queue ces jours-là.",
    ),
    "engagement_levels": ("How engaged visitors were", "Niveau d’engagement"),
    "level_high": ("High (70 and more)", "Élevé (70 et plus)"),
    "level_moderate": ("Moderate (50 to 70)", "Moyen (50 à 70)"),
    "level_low": ("Low (below 50)", "Faible (moins de 50)"),
    "level_note": (
        "{mean} of 100 on average over {n} scored stays, from {low} to {high}.",
        "{mean} sur 100 en moyenne pour {n} passages notés, de {low} à {high}.",
    ),
    "level_said": ("{label}: {share}, {n} of the stays", "{label} : {share}, {n} des passages"),
    "behaviors": ("What visitors did", "Ce que font les visiteurs"),
    "behavior_engaged": ("engaged", "s’intéressent"),
    "behavior_browsing": ("browsing", "regardent"),
    "behavior_waiting": ("waiting", "attendent"),
    "behavior_passing": ("passing", "passent"),
    "postures": ("How visitors stood", "Posture des visiteurs"),
    "posture_upright": ("upright", "droits"),
    "posture_leaning": ("leaning", "penchés"),
    "posture_arms_crossed": ("arms crossed", "bras croisés"),
    "posture_hands_on_hips": ("hands on hips", "mains sur les hanches"),
    "posture_unknown": ("not known", "non connue"),
    "orientation": ("Which way visitors faced", "Orientation des visiteurs"),
    "facing_camera": ("towards the camera", "vers la caméra"),
    "sideways": ("sideways", "de côté"),
    "facing_away": ("away from it", "dos à la caméra"),
    "engagement_by_hour": ("Engagement by hour of the day", "Engagement par heure de la journée"),
    "engagement_hour_said": (
        "{hour}: {score} of 100 over {n} stays",
        "{hour} : {score} sur 100 pour {n} passages",
    ),
    "engagement_hour_unseen": ("{hour}: nobody was scored", "{hour} : personne n’a été noté"),
    "engagement_hour_note": (
        "Average of the scored stays of each hour; hatched: none.",
        "Moyenne des passages notés à chaque heure ; hachuré : aucun.",
    ),
    # Who comes back
    "tiers": ("Loyalty, by visits", "Fidélité, par visites"),
    "tier_VIP": ("VIP (10 visits)", "VIP (10 visites)"),
    "tier_Loyal": ("Loyal (5)", "Fidèles (5)"),
    "tier_Regular": ("Regular (3)", "Réguliers (3)"),
    "tier_Occasional": ("Occasional (2)", "Occasionnels (2)"),
    "tier_New": ("New", "Nouveaux"),
    "one_VIP": ("VIP", "VIP"),
    "one_Loyal": ("Loyal", "Fidèle"),
    "one_Regular": ("Regular", "Régulier"),
    "one_Occasional": ("Occasional", "Occasionnel"),
    "one_New": ("New", "Nouveau"),
    "tier_said": ("{label}: {share}, {n} of the visitors", "{label} : {share}, {n} des visiteurs"),
    "tiers_note": (
        "All visitors known today, whatever the days shown; not seen for 90 days: {n}.",
        "Tous les visiteurs connus aujourd’hui, quelle que soit la période ; pas revus depuis 90"
        " jours : {n}.",
    ),
    "retention": ("Known visitors seen again the next week", "Visiteurs connus revus la semaine suivante"),
    "retention_note": (
        "Of the known visitors of the seven days before, how many were there again.",
        "Parmi les visiteurs connus des sept jours précédents, combien sont revenus.",
    ),
    "retention_short": (
        "Nobody was known in the seven days before, or fewer than seven days are shown.",
        "Personne n’était connu les sept jours précédents, ou moins de sept jours sont affichés.",
    ),
    "retention_said": (
        "seven days up to {day}: {share} ({n} of {all})",
        "sept jours jusqu’au {day} : {share} ({n} sur {all})",
    ),
    "week_ending": ("Seven days up to", "Sept jours jusqu’au"),
    "again": ("Seen again", "Revus"),
    "known_before": ("Known before", "Connus avant"),
    "top_ten": ("Most visits in these days", "Le plus de visites ces jours-là"),
    "top_note": (
        "Known by a pseudonym only. The time of the last visit opens the stays of that hour.",
        "Connus par un pseudonyme seulement. L’heure de la dernière visite ouvre les passages de cette"
        " heure.",
    ),
    "pseudonym": ("Pseudonym", "Pseudonyme"),
    "visits_here": ("Visits", "Visites"),
    "visits_ever": ("In all", "En tout"),
    "tier": ("Loyalty", "Fidélité"),
    "last_visit": ("Last visit", "Dernière visite"),
    "nobody_returned": (
        "Nobody came a second time in these days.",
        "Personne n’est venu deux fois ces jours-là.",
    ),
}
