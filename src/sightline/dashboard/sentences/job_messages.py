"""What jobs say about themselves (`jobs/`), in French; `{...}` stands for what differs.

`{why}` is another sentence of these. Whatever is not here is shown as it is.
"""

from collections.abc import Mapping

IN_FRENCH: Mapping[str, str] = {
    "waits for its turn": "attend son tour",
    "is being analysed": "est en cours d’analyse",
    "is being cancelled": "est en cours d’annulation",
    "cancelled": "annulée",
    "is being fetched": "est en cours de téléchargement",
    "is being fetched: {come} of {all} MB": "est en cours de téléchargement : {come} Mo sur {all}",
    "is being fetched: {come} MB so far": "est en cours de téléchargement : {come} Mo jusqu’ici",
    "has been fetched; is being looked at": "est téléchargée ; vérification en cours",
    "its clips are being sealed: {done} of {all}": "ses extraits sont mis sous scellés : {done} sur {all}",
    "{why}; the same file came before, as job {job}": "{why} ; le même fichier a déjà été déposé",
    "waits: the site was stopped while it was being worked on": (
        "attend : le site a été arrêté pendant son analyse"
    ),
    "waits: its camera is being analysed or watched by another process": (
        "attend : sa caméra est en cours d’analyse ou de surveillance"
    ),
    "attempt {n} of {most} failed: {why}; it will be tried again": (
        "la tentative {n} sur {most} a échoué : {why} ; il y en aura une autre"
    ),
    "given up after {most} attempts: {why}; its file is kept": (
        "abandonnée après {most} tentatives : {why} ; son fichier est gardé"
    ),
    "given up after {most} attempts: {why}": "abandonnée après {most} tentatives : {why}",
    # Notes on where in time it was put
    "the same file was analysed before; this takes the place of what it told then": (
        "le même fichier a déjà été analysé ; ceci remplace ce qu’il avait donné"
    ),
    "another file is known of that time, so this is camera {camera}": (
        "un autre fichier de ce moment est connu, c’est donc la caméra {camera}"
    ),
    "takes the place of what was known of that time and camera ({names})": (
        "remplace ce qui était connu de ce moment et de cette caméra ({names})"
    ),
    "it was too late to cancel it": "il était trop tard pour l’annuler",
    # What goes wrong here
    "there is no room on the disk for its recordings": "il n’y a plus de place pour elle sur le disque",
    "there is no room on the disk for it": "il n’y a plus de place pour elle sur le disque",
    "it needs more memory than a job may have": "elle demande plus de mémoire qu’une analyse n’en a",
    "it needed more than {n} MB of memory": "elle a demandé plus de {n} Mo de mémoire",
    "its results could not be stored; the log says why": (
        "ses résultats n’ont pas pu être enregistrés ; le journal dit pourquoi"
    ),
    "something went wrong here; the log says what": "une erreur s’est produite ici ; le journal dit laquelle",
    "it did not move on for {s} s": "elle n’a pas avancé pendant {s} s",
    "its process died of {name}": "son processus est mort ({name})",
    "its process ended with status {n}": "son processus s’est terminé avec l’état {n}",
    # What is wrong with a file
    "this is not a video that can be read: {why}": "ce n’est pas une vidéo lisible : {why}",
    "this is not a video": "ce n’est pas une vidéo",
    "is not a video": "ce n’est pas une vidéo",
    "is empty": "le fichier est vide",
    "has sound but no picture": "il y a du son mais pas d’image",
    "has no picture stream": "il n’y a pas d’image",
    "there is no picture in it": "il n’y a pas d’image",
    "no picture of it can be decoded": "aucune image n’en est lisible",
    "no picture in it can be decoded ({reason})": "aucune image n’en est lisible",
    "no picture of it could be decoded within {s} s": "aucune image n’a pu en être lue en {s} s",
    "its codec is unknown to this build of FFmpeg": "son codage est inconnu",
    "its pictures are too large": "ses images sont trop grandes",
    "its pictures are {size}; more than {n} million pixels are not taken": (
        "ses images font {size} ; plus de {n} millions de pixels ne sont pas acceptés"
    ),
    "its index is missing; the recording was cut off before it was finished": (
        "son index manque : l’enregistrement a été coupé avant la fin"
    ),
    "there is no room for it here now": "il n’y a plus de place pour elle ici",
    # What is wrong with an address
    "there is no video at this address": "il n’y a pas de vidéo à cette adresse",
    "this address is a list of videos; hand over the address of one": (
        "cette adresse est une liste de vidéos ; donnez celle d’une seule"
    ),
    "it is being sent live; hand it over when it is over, or add it as a camera": (
        "elle est diffusée en direct ; déposez-la une fois finie, ou ajoutez-la comme caméra"
    ),
    "nothing came from there": "rien n’en est venu",
    "the connection to the host failed or broke off": "la connexion à l’hôte a échoué ou a été coupée",
    "the video is private or gone": "la vidéo est privée ou n’existe plus",
    "it is shown to people who sign in only": "elle n’est montrée qu’aux personnes connectées",
    "it is not offered as one file that can be taken as it is": (
        "elle n’est pas proposée comme un seul fichier à prendre tel quel"
    ),
    "it is protected against copying": "elle est protégée contre la copie",
    "the video is not shown in this country": "la vidéo n’est pas montrée dans ce pays",
    "the host cannot prove that it is the one (its certificate is not valid)": (
        "l’hôte ne peut pas prouver qui il est (son certificat n’est pas valable)"
    ),
    "nobody knows the name of the host": "le nom de l’hôte est inconnu",
    "it takes more memory to fetch it than is allowed": "la télécharger demande trop de mémoire",
    "it is larger than {n} MB": "elle dépasse {n} Mo",
    "it leads to something that is not an address of the web": "elle mène hors du web",
    "no such video: the host answered {n}": "cette vidéo n’existe pas : l’hôte a répondu {n}",
    "the host answered {n} instead of the video": "l’hôte a répondu {n} au lieu de la vidéo",
    "it leads round in a circle": "elle tourne en rond",
    "the video there could not be found or read; the log says more": (
        "la vidéo n’a pas pu être trouvée ou lue ; le journal en dit plus"
    ),
}
