"""One cell of a file to one value, or a sentence that says what was expected. Pure.

People write « 1 234,5 m² », « 12/03/2027 », « oui », « rez-de-chaussée »; programs write 1234.5, 2027-03-12, true, ground_floor.
Both are read. What cannot be read raises ValueError with the sentence shown beside the cell.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from intervalle import identifiers
from intervalle.i18n import _
from premises.facts import LARGEST_AREA

Reader = Callable[[str], Any]

# What people and programs write where they know nothing.
NOTHING = frozenset({"", "na", "n/a", "#n/a", "nc", "n.c.", "nr", "null", "none", "nan", "-", "--", "?", "n.d.", "nd"})
# In the CNIG standard these words mean that nothing is known, or that the question does not arise.
UNKNOWN_WORDS = NOTHING | {"inconnu", "inconnue", "sans objet", "_x_"}
YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "1", "x"})
NO = frozenset({"non", "n", "no", "faux", "false", "0"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(cell: str) -> str:
    """Without the characters one does not see, and that a database cannot hold."""
    return cell.strip() if cell.isprintable() else _CONTROLS.sub("", cell).strip()


def plain(text: str) -> str:
    """For comparing words: lower case, no accent, one space, no punctuation."""
    bare = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe").replace("Œ", "OE"))
    bare = "".join(c for c in bare if not unicodedata.combining(c)).lower()
    return " ".join(re.sub(r"[^a-z0-9+]+", " ", bare).split())


def shown(cell: str, most: int = 60) -> str:
    return cell if len(cell) <= most else cell[: most - 1] + "…"


def text(most: int) -> Reader:
    def read(cell: str) -> str:
        if len(cell) > most:
            raise ValueError(_("%(typed)s caractères : raccourcissez à %(limit)s.", typed=len(cell), limit=most))
        return cell.replace("\r\n", "\n")

    return read


def number(cell: str) -> Decimal:
    """A decimal number as French or English tools write it, units aside."""
    bare = re.sub(r"[\s\u00a0\u202f']|€|eur(os?)?|m²|m2|ht\b|ttc\b|/", "", cell, flags=re.IGNORECASE)
    if "," in bare and "." in bare:
        # The last of the two is the decimal mark, the other one groups thousands.
        thousands = "," if bare.rindex(".") > bare.rindex(",") else "."
        bare = bare.replace(thousands, "")
    bare = bare.replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", bare):
        raise ValueError(_("« %(cell)s » n’est pas un nombre.", cell=shown(cell)))
    return Decimal(bare)


def area(cell: str) -> Decimal:
    value = number(cell).quantize(Decimal("0.01"))
    if value <= 0:
        raise ValueError(_("Une surface est supérieure à zéro."))
    if value > LARGEST_AREA:
        raise ValueError(_("Plus de 10 km² : l’unité est sans doute fausse (elle doit être le m²)."))
    return value


def euros(cell: str) -> int:
    """Typed in euros, kept in cents."""
    value = number(cell)
    if value < 0:
        raise ValueError(_("Un montant n’est pas négatif."))
    if value > 10_000_000_000:
        raise ValueError(_("Ce montant est démesuré."))
    return int((value * 100).to_integral_value())


def whole(low: int, high: int) -> Reader:
    def read(cell: str) -> int:
        value = number(cell)
        if value != value.to_integral_value():
            raise ValueError(_("Un nombre entier est attendu."))
        if not low <= value <= high:
            raise ValueError(_("Un nombre de %(low)s à %(high)s est attendu.", low=low, high=high))
        return int(value)

    return read


def floor(cell: str) -> int:
    if plain(cell) in {"rdc", "rez de chaussee", "rez de jardin"}:
        return 0
    level = re.fullmatch(
        r"(?:r\+|etage )?(-?\d+)(?: ?(?:e|er|eme|re)(?: etage)?)?", plain(cell) if "-" not in cell else cell.strip()
    )
    return int(whole(-5, 60)(level[1] if level else cell))


def day(cell: str) -> date:
    """A civil day; « 03/2027 » is the first of the month."""
    found = re.fullmatch(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})(?:[ T].*)?", cell)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?", cell)
    month = re.fullmatch(r"(\d{1,2})[/-](\d{4})", cell)
    parts = (
        (found[3], found[2], found[1])
        if found
        else iso.groups()
        if iso
        else (month[2], month[1], "1")
        if month
        else None
    )
    if parts is None:
        raise ValueError(_("« %(cell)s » n’est pas une date : écrivez 31/12/2027.", cell=shown(cell)))
    try:
        read = date(*(int(p) for p in parts))
    except ValueError as error:
        raise ValueError(_("Cette date n’existe pas au calendrier.")) from error
    if not 1900 <= read.year <= 2200:
        raise ValueError(_("Une année de 1900 à 2200 est attendue."))
    return read


def last_day(cell: str) -> date:
    """The last day of use as people write it; kept as the day after, since intervals are [start, end)."""
    return day(cell) + timedelta(days=1)


def yes_no(cell: str) -> bool:
    word = cell.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(_("Écrivez oui ou non."))


@dataclass(frozen=True)
class Words:
    """What may be written for a code: `codes` by the plain word, `labels` the word shown for each code."""

    codes: Mapping[str, str]
    labels: Mapping[str, str]


def one_of(words: Words) -> Reader:
    def read(cell: str) -> str:
        code = words.codes.get(plain(cell))
        if code is None:
            some = " ; ".join(list(words.labels.values())[:6])
            raise ValueError(
                _("« %(cell)s » n’est pas reconnu. Écrivez par exemple : %(some)s.", cell=shown(cell), some=some)
            )
        return code

    return read


def several(words: Words) -> Reader:
    """A list cut by « , », « ; », « | » or a new line."""
    one = one_of(words)

    def read(cell: str) -> list[str]:
        return list(dict.fromkeys(one(part) for part in re.split(r"[,;|\n]", cell) if part.strip()))

    return read


def insee(cell: str) -> str:
    """A commune's code; the leading zero that spreadsheets drop is put back, an arrondissement gives its commune."""
    code = cell.strip().upper()
    if re.fullmatch(r"\d{4}", code):
        code = f"0{code}"
    return identifiers.whole_commune(identifiers.check_commune(code))


def postcode(cell: str) -> str:
    code = re.sub(r"\s", "", cell)
    if re.fullmatch(r"\d{4}", code):
        code = f"0{code}"
    if not re.fullmatch(r"\d{5}", code):
        raise ValueError(_("Un code postal a cinq chiffres."))
    return code


def parcel(cell: str) -> str:
    """The first parcel of a list; « 503500000C0105 » and « 50350 000 0C 0105 » alike."""
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", cell, re.IGNORECASE):
        raise ValueError(_("Un tableur a changé cette référence en nombre : rétablissez-la, colonne au format texte."))
    return identifiers.check_parcel(re.split(r"[|;,]", cell)[0])


def degrees(cell: str) -> float:
    value = float(number(cell.replace("°", "")))
    if abs(value) > 10_000_000:
        raise ValueError(_("Ce n’est pas une coordonnée."))
    return value
