"""What the pages for signing in say, in French and in English."""

from collections.abc import Mapping
from types import MappingProxyType

from sightline.dashboard.words import Language

SIGN_IN_WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "sign_in": "Sign in",
            "name": "Name",
            "password": "Password",
            "first": "The first administrator",
            "first_text": (
                "There is no account yet. Whoever sits at this machine creates the first one: it"
                " may do everything,"
                " and creates the accounts of others."
            ),
            "make": "Create the account",
            "again": "The same password once more",
            "rules": "10 characters at least; several words are easier to remember than one.",
            "new_password": "A new password",
            "new_text": "You are then signed out everywhere else.",
            "old": "The old password",
            "new": "The new password",
            "change": "Change the password",
            "problem_wrong": "The name or the password is wrong.",
            "problem_wait": "There were too many wrong guesses. Wait a little, then try again.",
            "problem_busy": "That could not be done just now. Try again in a moment.",
            "problem_refused": "That cannot be done from here.",
            "problem_already": "There is an account already. Sign in with it.",
            "problem_differ": "The two passwords are not the same.",
            "problem_old_wrong": "The old password is wrong.",
            "problem_rules": (
                "That name or password cannot be taken: {shortest} characters at least, not the name itself,"
                " and none of those that are guessed first."
            ),
        },
        "fr": {
            "sign_in": "Se connecter",
            "name": "Nom",
            "password": "Mot de passe",
            "first": "Le premier administrateur",
            "first_text": (
                "Il n’y a encore aucun compte ici. La personne devant cette machine crée le"
                " premier : il donne"
                " tous les droits, et permet de créer les comptes des autres."
            ),
            "make": "Créer le compte",
            "again": "Le même mot de passe, encore une fois",
            "rules": "10 caractères au moins ; plusieurs mots se retiennent mieux qu’un seul.",
            "new_password": "Un nouveau mot de passe",
            "new_text": "Vous serez déconnecté partout ailleurs.",
            "old": "L’ancien mot de passe",
            "new": "Le nouveau mot de passe",
            "change": "Changer le mot de passe",
            "problem_wrong": "Le nom ou le mot de passe est incorrect.",
            "problem_wait": "Il y a eu trop d’essais manqués. Attendez un peu, puis réessayez.",
            "problem_busy": "Cela n’a pas pu se faire. Réessayez dans un instant.",
            "problem_refused": "Cela ne peut pas se faire d’ici.",
            "problem_already": "Il y a déjà un compte. Connectez-vous avec celui-ci.",
            "problem_differ": "Les deux mots de passe ne sont pas les mêmes.",
            "problem_old_wrong": "L’ancien mot de passe est incorrect.",
            "problem_rules": (
                "Ce nom ou ce mot de passe ne convient pas : {shortest} caractères au moins, pas le nom"
                " lui-même, et aucun de ceux que l’on devine en premier."
            ),
        },
    }
)
