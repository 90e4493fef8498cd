"""French identifiers: normalise or refuse with a sentence. Pure.

`check_x(text)` returns the compact form or raises ValueError. Real registers contain numbers that fail their key:
an import uses `keep`, which flags the problem and loses nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva

_RNA = re.compile(r"W\d{9}")
_RNA_OLD = re.compile(r"W[0-9A-Z]{3}\d{6}")
_COMMUNE = re.compile(r"(?:\d{2}|2[AB])\d{3}")
_PARCEL = re.compile(r"[0-9A-B]{2}\d{6}[0-9A-Z]{2}\d{4}")
_QPV_2015 = re.compile(r"QP[0-9A-Z]{3}\d{3}")
_QPV_2024 = re.compile(r"QN[0-9A-Z]{3}\d{2}[A-Z]")

# Communes cut into arrondissements: (first, last, commune). Registers use either code.
_ARRONDISSEMENTS = ((75101, 75120, "75056"), (69381, 69389, "69123"), (13201, 13216, "13055"))


@dataclass(frozen=True, slots=True)
class Kept:
    """An imported identifier: as normalised when it is right, as received when it is not, with what is wrong."""

    value: str
    problem_fr: str = ""

    @property
    def right(self) -> bool:
        return not self.problem_fr


def keep(check: Callable[[str], str], text: str) -> Kept:
    """Run a check without losing the text it refuses."""
    try:
        return Kept(check(text))
    except ValueError as refused:
        return Kept(text.strip(), str(refused))


def _compact(text: str) -> str:
    """Upper case, without the spaces, no-break spaces, dots, dashes and zero-width marks people paste."""
    return re.sub(r"[\s.\-\u200b\ufeff]", "", text).upper()


def check_siren(text: str) -> str:
    """Nine digits with Luhn's key."""
    number = _compact(text)
    if not re.fullmatch(r"[0-9]{9}", number):
        raise ValueError("Un SIREN compte 9 chiffres.")
    return _key_checked(siren.validate, number, "Ce SIREN n’existe pas : un chiffre est sans doute faux.")


def check_siret(text: str) -> str:
    """Fourteen digits with Luhn's key; La Poste's offices have a sum of digits that five divides."""
    number = _compact(text)
    if not re.fullmatch(r"[0-9]{14}", number):
        raise ValueError("Un SIRET compte 14 chiffres : le SIREN, puis 5 chiffres pour l’établissement.")
    return _key_checked(siret.validate, number, "Ce SIRET n’existe pas : un chiffre est sans doute faux.")


def _key_checked(validate: Callable[[str], str], number: str, sentence: str) -> str:
    try:
        return validate(number)
    except ValidationError:
        raise ValueError(sentence) from None


def check_rna(text: str) -> str:
    """W and nine digits; older and overseas numbers may have letters after W (`rna_doubt` says so)."""
    number = _compact(text)
    if not _RNA_OLD.fullmatch(number):
        raise ValueError("Un numéro RNA est la lettre W suivie de 9 chiffres, par exemple W123456789.")
    return number


def rna_doubt(number: str) -> str | None:
    """A warning for an accepted but unusual number."""
    if _RNA.fullmatch(number):
        return None
    return "Ce numéro RNA contient des lettres : vérifiez-le sur le récépissé de la préfecture."


def check_tva(text: str) -> str:
    """FR, a two-digit key and a SIREN; the key is (12 + 3 × (SIREN mod 97)) mod 97."""
    number = _compact(text)
    if not re.fullmatch(r"FR[0-9A-Z]{2}[0-9]{9}", number):
        raise ValueError("Un numéro de TVA français est FR, une clé de 2 caractères et un SIREN.")
    return "FR" + _key_checked(tva.validate, number, "La clé de ce numéro de TVA ne correspond pas au SIREN.")


def tva_of(siren_number: str) -> str:
    """The VAT number of a SIREN."""
    number = check_siren(siren_number)
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}"


def check_commune(text: str) -> str:
    """INSEE code: five characters, 2A or 2B in Corsica. Not the post code."""
    code = _compact(text)
    if not _COMMUNE.fullmatch(code):
        raise ValueError("Un code INSEE de commune compte 5 caractères, par exemple 35238 ou 2A004.")
    return code


def whole_commune(code: str) -> str:
    """The commune of an arrondissement of Paris, Lyon or Marseille; any other code as it is."""
    number = int(code) if code.isdigit() else 0
    return next((commune for first, last, commune in _ARRONDISSEMENTS if first <= number <= last), code)


def check_parcel(text: str) -> str:
    """Cadastral parcel: commune (5), prefix (3), section (2), number (4)."""
    code = _compact(text)
    if not _PARCEL.fullmatch(code):
        raise ValueError("Une parcelle s’écrit en 14 caractères : commune, préfixe, section, numéro (12083000AH0035).")
    return code


def check_qpv(text: str) -> str:
    """Code of a priority neighbourhood, of either geography."""
    code = _compact(text)
    if not (_QPV_2015.fullmatch(code) or _QPV_2024.fullmatch(code)):
        raise ValueError("Un code de quartier prioritaire s’écrit QP066007 (2015) ou QN00101M (2024).")
    return code


def qpv_vintage(code: str) -> int:
    """2015 or 2024, from the form of the code."""
    return 2024 if _QPV_2024.fullmatch(check_qpv(code)) else 2015
