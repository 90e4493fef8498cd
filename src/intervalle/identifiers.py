"""Identifiers of French bodies and places (rules.md §6.3). Each check gives the normalised value or raises ValueError
with a French sentence."""

import re

from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren, siret


def check_siren(text: str) -> str:
    """Nine digits, Luhn."""
    try:
        return str(siren.validate(text))
    except StdnumError as error:
        raise ValueError("Ce SIREN n’est pas valable : neuf chiffres, par exemple 732 829 320.") from error


def check_siret(text: str) -> str:
    """Fourteen digits, Luhn (La Poste has its own sum)."""
    try:
        return str(siret.validate(text))
    except StdnumError as error:
        raise ValueError(
            "Ce SIRET n’est pas valable : quatorze chiffres, comme sur l’avis de situation de l’Insee."
        ) from error


def check_rna(text: str) -> str:
    """W and nine digits; overseas and older numbers may carry letters after the W."""
    cleaned = re.sub(r"[\s.]", "", text).upper()
    if not re.fullmatch(r"W[0-9A-Z]{3}\d{6}", cleaned):
        raise ValueError(
            "Ce numéro RNA n’est pas valable : la lettre W suivie de neuf chiffres, par exemple W123456789."
        )
    return cleaned
