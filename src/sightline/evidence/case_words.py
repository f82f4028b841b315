"""The page of words in a case, in French and English: what it is, and how anybody checks it."""

from sightline.evidence.case import Case

README = "README.txt"


def readme_text(case: Case, key_id: str) -> str:
    """What whoever opens a case reads first; lines end as every system's editor shows them."""
    words = _WORDS.format(
        venue=case.venue_id,
        cameras=", ".join(case.cameras),
        pieces=len(case.evidence),
        clips=len(case.clips),
        exported_at=f"{case.exported_at:%Y-%m-%d %H:%M:%S} UTC",
        key_id=key_id,
        head=case.head,
    )
    return words.replace("\n", "\r\n")


_WORDS = """\
PREUVES VIDÉO SCELLÉES / SEALED VIDEO EVIDENCE

  site / venue          {venue}
  caméra(s) / camera(s) {cameras}
  preuves / evidence    {pieces} ({clips} vidéos / clips)
  export                {exported_at}
  clé / key             {key_id}
  registre / ledger     {head}


FRANÇAIS

Cette archive contient des vidéos de surveillance telles qu'elles ont été scellées,
et les documents signés qui le prouvent: un manifeste par preuve (evidence.jsonl), le
registre chaîné de tout ce qui leur est arrivé (ledger.jsonl, ledger_head.json), la
liste signée de ce que contient l'archive (contents.json) et la clé publique
(public_key.pem). Les vidéos, dans segments/, se lisent avec n'importe quel lecteur.

Vérifier, sans aucune connexion:
  - ouvrir verify.html dans un navigateur récent et lui donner cette archive (le
    fichier .zip tel quel); rien n'est envoyé nulle part;
  - ou, avec le programme Sightline:
      sightline evidence verify CE_FICHIER.zip --public-key site.pem

À comparer avec ce que vous avez noté ou reçu par une autre voie: la clé et la fin du
registre ci-dessus. Une archive refaite en entier par un faussaire porte une autre clé.
Une page placée dans l'archive ne vaut pas plus que l'archive: qui aurait changé l'une
aurait pu changer l'autre. Prenez-la du programme (sightline evidence verifier --out
verify.html), ou comparez la clé.


ENGLISH

This archive holds surveillance video as it was sealed, and the signed papers that
prove it: a manifest for each piece of evidence (evidence.jsonl), the chained ledger of
everything that happened to it (ledger.jsonl, ledger_head.json), the signed list of what
the archive holds (contents.json) and the public key (public_key.pem). The clips in
segments/ play in any player.

To check it, without any network:
  - open verify.html in a recent browser and give it this archive (the .zip file as it
    is); nothing is sent anywhere;
  - or, with the Sightline program:
      sightline evidence verify THIS_FILE.zip --public-key site.pem

Worth comparing with what you noted, or were given by another way: the key and the
ledger head above. An archive that a forger made anew from end to end bears another key.
A page inside the archive is only as trustworthy as the archive: who changed one could
have changed the other. Take the page from the program (sightline evidence verifier
--out verify.html), or compare the key.
"""
