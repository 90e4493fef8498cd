"""What a place is wanted for. Pure; codes are stored, labels are shown."""

from collections.abc import Collection

from intervalle.i18n import _
from intervalle.labelled import Labelled


class Use(Labelled):
    """Uses a need or an application names; several may hold at once."""

    WORKSHOP = "workshop", "Atelier, artisanat, petite production"
    SHOP = "shop", "Boutique, vente"
    REUSE = "reuse", "Réemploi, réparation, recyclerie"
    FOOD = "food", "Cuisine, café, épicerie"
    OFFICE = "office", "Bureaux, travail partagé"
    MEETING = "meeting", "Réunions, vie associative"
    TRAINING = "training", "Formation, accompagnement, insertion"
    FAMILY = "family", "Petite enfance, parentalité"
    CULTURE = "culture", "Création, culture, spectacle"
    SPORT = "sport", "Sport, mouvement"
    HEALTH = "health", "Santé, soin, bien-être"
    GARDEN = "garden", "Jardinage, agriculture urbaine"
    STORAGE = "storage", "Stockage, logistique"


def labels(codes: Collection[str]) -> list[str]:
    """The labels of known codes in the reader's language, in the order of the list above; unknown codes are left out."""
    return [_(use.label) for use in Use if use.value in codes]
