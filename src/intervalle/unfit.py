"""Why a file is refused, in words, and what to do instead. Pure: codes are those of `intervalle.inspection`."""

from intervalle.i18n import N_

ACCEPTED = N_(
    "Déposez un PDF, une photo (JPEG, PNG, WebP) ou un document bureautique récent (DOCX, XLSX, PPTX, ODT, ODS, ODP)."
)
AS_PDF = N_("Imprimez-le en PDF (Fichier, Imprimer, « Enregistrer en PDF »), puis déposez ce PDF.")
AGAIN = N_("Vérifiez qu’il s’ouvre sur votre ordinateur, enregistrez-le de nouveau, puis redéposez-le.")

SENTENCES: dict[str, tuple[str, str]] = {
    "empty": (N_("Ce fichier est vide."), AGAIN),
    "too_big": (
        N_("Ce fichier dépasse %(limit)s Mo."),
        N_("Réduisez-le (un scan en niveaux de gris à 200 points par pouce suffit), ou déposez-le en plusieurs parties."),
    ),
    "unknown": (N_("Ce type de fichier n’est pas accepté, ou son contenu n’est pas ce que son nom annonce."), ACCEPTED),
    "archive": (
        N_("Les archives (ZIP, RAR, 7z) ne sont pas acceptées : ceux qui lisent le dossier ne sauraient pas ce qu’elles contiennent."),
        N_("Déposez chaque document séparément."),
    ),
    "old_office": (
        N_("Les anciens formats .doc, .xls et .ppt peuvent cacher des programmes."),
        N_("Enregistrez le document en PDF, DOCX ou ODT, puis déposez-le."),
    ),
    "heic": (
        N_("Les photos au format HEIC ne s’ouvrent pas partout."),
        N_("Exportez-la en JPEG (sur iPhone : Réglages, Appareil photo, Formats, « Le plus compatible »), puis déposez-la."),
    ),
    "not_an_image": (N_("Cette image est abîmée ou coupée : elle ne s’ouvre pas."), AGAIN),
    "too_many_points": (
        N_("Cette image est trop grande (plus de 60 millions de points)."),
        N_("Réduisez-la, puis déposez-la de nouveau."),
    ),
    "damaged": (N_("Ce fichier est abîmé ou coupé : il ne s’ouvre pas."), AGAIN),
    "protected": (
        N_("Ce fichier est protégé par un mot de passe : personne ne pourrait le lire."),
        N_("Enregistrez-en une copie sans mot de passe, puis déposez-la."),
    ),
    "program": (N_("Ce fichier contient un programme (macro, script ou formulaire actif)."), AS_PDF),
    "hidden": (N_("Ce fichier en cache un autre (pièce jointe, archive ou contenu ajouté à la fin)."), AS_PDF),
    "bomb": (N_("Une fois ouvert, ce fichier serait démesuré."), AS_PDF),
    "too_many_pages": (
        N_("Ce PDF compte %(pages)s pages ; la limite est de %(limit)s."),
        N_("Déposez les pages utiles, ou plusieurs fichiers."),
    ),
    "infected": (
        N_("L’antivirus a reconnu « %(virus)s » dans ce fichier : il n’a pas été gardé."),
        N_("Faites vérifier votre ordinateur, puis déposez une copie saine."),
    ),
}  # fmt: skip
