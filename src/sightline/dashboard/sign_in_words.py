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
                "Nobody has an account here yet. Whoever sits at this machine makes the first one; it may do"
                " everything, and makes those of others."
            ),
            "make": "Make the account",
            "again": "The same once more",
            "rules": "10 characters at least; several words are easier to keep than one.",
            "new_password": "A new password",
            "new_text": "All other sessions of this account end.",
            "old": "The old password",
            "new": "The new password",
            "change": "Change it",
            "problem_wrong": "The name or the password is not the right one.",
            "problem_wait": "There were too many wrong guesses. Wait a little, then try again.",
            "problem_busy": "That could not be done just now. Try again in a moment.",
            "problem_refused": "That cannot be done from here.",
            "problem_already": "There is an account already. Sign in with it.",
            "problem_differ": "The two passwords are not the same.",
            "problem_old_wrong": "The old password is not the right one.",
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
                "Personne n'a encore de compte ici. La personne devant cette machine crée le premier ; il"
                " peut tout faire, et crée ceux des autres."
            ),
            "make": "Créer le compte",
            "again": "Le même encore une fois",
            "rules": "10 caractères au moins ; plusieurs mots se retiennent mieux qu'un seul.",
            "new_password": "Un nouveau mot de passe",
            "new_text": "Toutes les autres sessions de ce compte prennent fin.",
            "old": "L'ancien mot de passe",
            "new": "Le nouveau mot de passe",
            "change": "Le changer",
            "problem_wrong": "Le nom ou le mot de passe n'est pas le bon.",
            "problem_wait": "Il y a eu trop d'essais manqués. Attendez un peu, puis réessayez.",
            "problem_busy": "Cela n'a pas pu se faire. Réessayez dans un instant.",
            "problem_refused": "Cela ne peut pas se faire d'ici.",
            "problem_already": "Il y a déjà un compte. Connectez-vous avec celui-ci.",
            "problem_differ": "Les deux mots de passe ne sont pas les mêmes.",
            "problem_old_wrong": "L'ancien mot de passe n'est pas le bon.",
            "problem_rules": (
                "Ce nom ou ce mot de passe ne convient pas : {shortest} caractères au moins, pas le nom"
                " lui-même, et aucun de ceux que l'on devine en premier."
            ),
        },
    }
)
