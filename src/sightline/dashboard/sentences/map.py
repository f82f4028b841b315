"""What the map says."""

from sightline.dashboard.sentences import Sentences

MAP: Sentences = {
    "title": ("Map", "Carte"),
    "about": ("Stays in zones in the last {n} days", "Passages en zone des {n} derniers jours"),
    "map_label": (
        "Map of the venues. Arrow keys move it, plus and minus zoom.",
        "Carte des lieux. Les flèches la déplacent, plus et moins changent l’échelle.",
    ),
    "place_said": ("{name}: {n} stays in {days} days", "{name} : {n} passages en {days} jours"),
    "place_unknown": (
        "{name}: nothing known of the last {days} days",
        "{name} : rien de connu sur {days} jours",
    ),
    "cell_said": (
        "{venues} venues in this hexagon: {n} stays. Zoom in.",
        "{venues} lieux dans cet hexagone : {n} passages. Zoomer.",
    ),
    "cell_one": ("Around {name}: {n} stays", "Autour de {name} : {n} passages"),
    "move_in": ("Zoom in", "Zoom avant"),
    "move_out": ("Zoom out", "Zoom arrière"),
    "move_left": ("Move to the west", "Vers l’ouest"),
    "move_right": ("Move to the east", "Vers l’est"),
    "move_up": ("Move to the north", "Vers le nord"),
    "move_down": ("Move to the south", "Vers le sud"),
    "move_all": ("All venues", "Tous les lieux"),
    "across": ("about {km} km across", "environ {km} km de large"),
    "cells_hint": (
        "Each hexagon adds up the venues in it: the fuller its colour, the more stays. Hexagons grow as"
        " you zoom out.",
        "Chaque hexagone additionne les lieux qu’il contient : plus sa couleur est pleine, plus il y a de"
        " passages. Les hexagones grandissent au zoom arrière.",
    ),
    "outlines": (
        "Outlines: Natural Earth, public domain. Nothing is fetched from other servers.",
        "Contours : Natural Earth, domaine public. Rien n’est chargé depuis d’autres serveurs.",
    ),
    "list": ("Venues", "Lieux"),
    "where": ("Where", "Où"),
    "stays": ("Stays in zones, {n} days", "Passages en zone, {n} jours"),
    "placeless": ("Without a place on the map", "Sans position sur la carte"),
    "placeless_text": (
        "Write latitude and longitude into the site file, in decimal degrees, and restart:",
        "Écrivez latitude et longitude, en degrés décimaux, dans le fichier du site, puis redémarrez :",
    ),
    "no_venue": ("No venue yet", "Aucun lieu"),
    "no_venue_text": (
        "The map shows venues and how busy they are. Make one first.",
        "La carte montre les lieux et leur fréquentation. Créez-en un d’abord.",
    ),
    "add_venue": ("Add a venue", "Ajouter un lieu"),
    "no_place": (
        "No venue has a place yet; the map shows the whole world.",
        "Aucun lieu n’a encore de position : la carte montre le monde entier.",
    ),
}
