"""Kinds of papers that structures are asked for, and what they are called. Pure."""

from intervalle.i18n import N_

KIND_LABELS = {
    "statutes": N_("Statuts"),
    "registration": N_("Récépissé, avis Insee ou extrait Kbis"),
    "ess_proof": N_("Preuve du statut ESS"),
    "board": N_("Liste des dirigeants"),
    "accounts": N_("Comptes annuels"),
    "budget": N_("Budget prévisionnel"),
    "activity_report": N_("Rapport d’activité"),
    "insurance": N_("Attestation d’assurance"),
    "tax": N_("Attestation fiscale ou sociale"),
    "bank": N_("RIB"),
    "other": N_("Autre pièce"),
}
