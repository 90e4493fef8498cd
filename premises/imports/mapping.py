"""Which column of a file is which field: proposed from the headers, corrected by a person. Pure.

A mapping is {header of the file: code of our field}. The CNIG brownfield standard recognises itself by its columns.
"""

from collections.abc import Mapping, Sequence

from intervalle.i18n import _
from premises.imports.fields import BY_CODE, FIELDS
from premises.imports.readers import plain

CNIG_MARKS = frozenset({"site_id", "site_nom", "comm_insee", "geompoint"})
# Kept in the internal notes under the words a reader knows.
CNIG_NOTES = {
    "site_type": "Type de friche", "site_statut": "Statut", "site_occupation": "Occupation", "site_actu_date": "Fiche source mise à jour le",
    "activite_libelle": "Ancienne activité", "activite_fin_annee": "Fin de l’activité", "bati_type": "Bâti", "bati_nombre": "Nombre de bâtiments",
    "bati_surface": "Surface bâtie (m²)", "bati_pollution": "Pollution du bâti", "bati_patrimoine": "Patrimoine", "proprio_nom": "Propriétaire",
    "proprio_personne": "Propriétaire (personne)", "proprio_type": "Propriétaire (catégorie)", "sol_pollution_existe": "Pollution du sol",
    "sol_pollution_commentaire": "Pollution du sol, détail", "unite_fonciere_refcad": "Parcelles", "urba_zone_type": "Zone d’urbanisme",
    "urba_zone_lib": "Zone, libellé", "urba_doc_type": "Document d’urbanisme", "site_securite": "Sécurité", "site_url": "Fiche", "source_nom": "Source",
    "source_producteur": "Producteur",
}  # fmt: skip


def is_cnig(columns: Sequence[str]) -> bool:
    return {c.lower() for c in columns} >= CNIG_MARKS


def propose(columns: Sequence[str]) -> dict[str, str]:
    """Header -> field, each field once (but those that take several)."""
    return _cnig(columns) if is_cnig(columns) else _by_name(columns)


def _cnig(columns: Sequence[str]) -> dict[str, str]:
    direct = {field.cnig: field.code for field in FIELDS if field.cnig}
    found = {column: direct[column.lower()] for column in columns if column.lower() in direct}
    notes = {c: "notes_internes" for c in columns if c.lower() in CNIG_NOTES and c not in found}
    return found | notes


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    exact = {plain(word): field.code for field in FIELDS for word in (field.label, *field.aliases)}
    exact |= {plain(field.code): field.code for field in FIELDS}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        code = exact.get(plain(column))
        if code and (code not in taken or BY_CODE[code].many):
            found[column] = code
            taken.add(code)
    return found


def complaint(mapping: Mapping[str, str]) -> str:
    """Why this mapping cannot work, in French; empty when it can."""
    codes = list(mapping.values())
    doubled = sorted({c for c in codes if codes.count(c) > 1 and not BY_CODE[c].many})
    if doubled:
        names = ", ".join(f"« {_(BY_CODE[c].label)} »" for c in doubled)
        return _("Deux colonnes donnent le même champ : %(names)s. Gardez-en une.", names=names)
    if not {"reference", "nom", "adresse"} & set(codes):
        return _("Dites au moins quelle colonne donne la référence, le nom ou l’adresse du local.")
    if not {"adresse", "code_insee", "commune", "geometrie", "contour"} & set(codes) and not {
        "longitude",
        "latitude",
    } <= set(codes):
        return _("Dites au moins quelle colonne situe le local : adresse, commune, coordonnées ou contour.")
    return ""


def guide(column: str) -> str:
    """The words before a value when several columns feed one text."""
    return CNIG_NOTES.get(column.lower(), column)
