"""What the printable report says beside what the page of all analytics says."""

from sightline.dashboard.sentences import Sentences

REPORT: Sentences = {
    "report": ("Report", "Rapport"),
    "report_of": ("{first} to {last}", "Du {first} au {last}"),
    "made_on": ("Made on {day}", "Établi le {day}"),
    "traffic": ("Traffic", "Fréquentation"),
    "demographics": ("Demographics", "Profil des visiteurs"),
    "findings": ("Findings and recommendations", "Constats et recommandations"),
    "no_findings": (
        "The figures of these days carry no finding.",
        "Les chiffres de ces jours ne permettent aucun constat.",
    ),
    "advice": ("Recommended:", "Recommandation :"),
    "see_events": ("See the videos behind it", "Voir les vidéos"),
    "method": ("How these figures were made", "Comment ces chiffres sont établis"),
    "method_counts": (
        "Visitors are counted once for the days shown, by a pseudonym that no name belongs to; stays are"
        " times in"
        " a zone. The range of {low} to {high} visitors holds the true number with a certainty of {percent}%"
        " ({method}).",
        "Chaque visiteur est compté une fois sur la période, sous un pseudonyme auquel ne correspond"
        " aucun nom ;"
        " un passage est un moment dans une zone. L’intervalle de {low} à {high} visiteurs contient le"
        " vrai nombre"
        " avec une certitude de {percent} % ({method}).",
    ),
    "method_tests": (
        "The days shown are compared with as many days before them, in hours that are known of both. A"
        " difference is called one only if chance alone would make it in fewer than one of twenty such"
        " windows:"
        " exact test of two counts for traffic, test of two proportions for shares, corrected for the"
        " number of"
        " hours, zones and ages looked at, and by visits, since the stays of one visit come together."
        " Shares of"
        " service have intervals of {percent}% (Wilson). What nobody observed is hatched, never taken for"
        " zero.",
        "Les jours montrés sont comparés à autant de jours précédents, aux heures connues des deux"
        " périodes. Un"
        " écart n’est dit tel que si le hasard seul le produirait moins d’une fois sur vingt : test exact"
        " de deux"
        " comptages pour la fréquentation, test de deux proportions pour les parts, corrigés du nombre"
        " d’heures,"
        " de zones et d’âges comparés, et ramenés aux visites, les passages d’une même visite allant"
        " ensemble. Les"
        " parts du service ont des intervalles à {percent} % (Wilson). Ce que personne n’a observé est"
        " hachuré,"
        " jamais compté comme zéro.",
    ),
    "method_seen": (
        "Observed: {observed} of {hours} hours, by {cameras} cameras.",
        "Observé : {observed} h sur {hours}, par {cameras} caméras.",
    ),
    "method_seen_by_one": (
        "Observed: {observed} of {hours} hours, by one camera.",
        "Observé : {observed} h sur {hours}, par une caméra.",
    ),
    "method_told": (
        "No camera of this site watches this venue: the figures are what other programs told.",
        "Aucune caméra de ce site n’observe ce lieu : les chiffres sont ceux transmis par d’autres"
        " programmes.",
    ),
    "verified_on": (
        "Figures verified on {day}",
        "Chiffres vérifiés le {day}",
    ),
    "verified_line": (
        "{camera}, {rule}: people counted {stretches} stretches ({minutes} min); {found} were found where"
        " there"
        " were {truth}",
        "{camera}, {rule} : {stretches} extraits comptés à la main ({minutes} min) ; {found} trouvés là"
        " où il y en"
        " avait {truth}",
    ),
    "verified_right": (
        ", {precision} of those found were right, {recall} of those there were found",
        ", {precision} des trouvailles étaient justes, {recall} de ce qu’il y avait a été trouvé",
    ),
    "share_range": ("{low} to {high}", "{low} à {high}"),
    "rule_visitors": ("visitors", "visiteurs"),
    "rule_interaction": ("served", "servis"),
    "rule_unattended": ("left unattended", "laissés sans aide"),
    "rule_queue": ("waits in line", "attentes en file"),
}
