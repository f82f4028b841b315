"""What alerts and cameras tell of a trouble, in French; `{...}` stands for what differs.

They are stored in English. Whatever is not here is shown as it is.
"""

from collections.abc import Mapping

CAMERA_TROUBLES: Mapping[str, str] = {
    "the camera refuses the user or password": "la caméra refuse l’utilisateur ou le mot de passe",
    "the camera knows no such stream; check the path": "flux inconnu de la caméra ; vérifiez le chemin",
    "the camera answers with an error of its own": "la caméra répond par une erreur",
    "no answer in time": "pas de réponse à temps",
    "the connection is refused; check host and port": "connexion refusée ; vérifiez l’adresse et le port",
    "what comes from there is no video we can read": "ce qui en vient n’est pas une vidéo lisible",
    "cannot be reached; check address and network": "injoignable ; vérifiez l’adresse et le réseau",
    "none of its pictures can be decoded": "aucune de ses images n’est lisible",
}
"""Behind the address of the camera and a colon, as `video.stream` tells them."""

OF_TRIALS: Mapping[str, str] = {
    "; check that it has power and network, and the address and port (RTSP: 554)": (
        " ; vérifiez son alimentation, le réseau, l’adresse et le port (RTSP : 554)"
    ),
    "; check user and password, and do not try too often: cameras lock accounts": (
        " ; vérifiez utilisateur et mot de passe, sans trop d’essais : les caméras bloquent les comptes"
    ),
    "; look up the path of the stream in the camera's settings or manual": (
        " ; cherchez le chemin du flux dans les réglages ou le manuel de la caméra"
    ),
    "; set the stream to H.264 in the camera's settings": (
        " ; passez le flux en H.264 dans les réglages de la caméra"
    ),
    " pictures/s": " images/s",
}
"""What a test of a camera adds to it, and how often a picture comes."""

ALERT_MESSAGES: Mapping[str, str] = {
    **{f"{{address}}: {told}": f"{{address}} : {said}" for told, said in CAMERA_TROUBLES.items()},
    "something hides its view, or the last light is out": (
        "quelque chose cache sa vue, ou la dernière lumière est éteinte"
    ),
    "its picture is nothing but light": "son image n’est que lumière",
    "it shows another place than before, so that lines and zones may not fit any more": (
        "elle montre un autre endroit qu’avant : lignes et zones ne conviennent peut-être plus"
    ),
    "its pictures cannot be looked at": "ses images ne peuvent pas être analysées",
    "the disk is full; recording goes on as soon as there is room, events go on without footage": (
        "le disque est plein ; l’enregistrement reprend dès qu’il y a de la place, les événements"
        " continuent sans images"
    ),
    "nobody has attended to the customer for {span}": "personne ne s’est occupé du client depuis {span}",
    "in the line {place}: {n} people, the longest wait {span}; this alert comes at {most} people or {wait}": (
        "dans la file {place} : {n} personnes, la plus longue attente {span} ; seuil : {most} personnes"
        " ou {wait}"
    ),
    "The disk is {share}% full (allowed: {most}%), so recordings are deleted before their {promised} days are"
    " over; {left} days are left. Sealed evidence stays. Make room, take a larger disk, or lower"
    " retention_days.recording.": (
        "Le disque est plein à {share} % (permis : {most} %) : les enregistrements sont effacés avant la fin"
        " de leurs {promised} jours ; il en reste {left} jours. Les extraits scellés restent. Faites de la"
        " place, prenez un disque plus grand ou réduisez retention_days.recording."
    ),
    "The disk is {share}% full (allowed: {most}%); all recordings that may go are gone. Recording stops when"
    " it is full. Make room: something else fills this disk, or it is too small for the evidence kept.": (
        "Le disque est plein à {share} % (permis : {most} %) ; tout ce qui pouvait être effacé l’est."
        " L’enregistrement s’arrête quand il est plein. Faites de la place : autre chose remplit ce disque,"
        " ou il est trop petit pour les extraits gardés."
    ),
    "{after} different visitors in the last 7 days, {before} in the 7 days before: {percent} %. By chance"
    " alone a difference like this is rarer than 1 in 100.": (
        "{after} visiteurs différents ces 7 derniers jours, {before} les 7 jours précédents : {percent} %. Le"
        " hasard seul donne un tel écart moins d’une fois sur 100."
    ),
    "{n} stays outside opening hours on {day}.": "{n} passages en dehors des heures d’ouverture le {day}.",
    "{who} asked for it; it was not shown. Check: sightline evidence verify": (
        "Demandé par {who} ; il n’a pas été montré. Vérifiez : sightline evidence verify"
    ),
}
