"""How amounts, areas, rates and dates are written in the sentences of legal rules. Pure: no locale is read.

Same look as `intervalle.i18n`, which shows pages in the reader's language: decimal comma, no-break spaces.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

NO_BREAK = "\u00a0"
LOOSE = (" :", " ;", " ?", " !", " %", " »", "« ")
_TYPED = re.compile(r"<(textarea|script|style|pre)\b.*?</\1>", re.DOTALL)  # what is typed, or read by a machine
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def number(value: Decimal | int, places: int | None = None) -> str:
    """1234.5 is « 1 234,5 »; `places` fixes the decimals, otherwise trailing zeros go."""
    text = f"{value:,.{places}f}" if places is not None else _plain(value)
    return text.replace(",", NO_BREAK).replace(".", ",")


def _plain(value: Decimal | int) -> str:
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def euros(cents: int) -> str:
    """482192 cents is « 4 821,92 € »; whole euros keep no decimals only in `round_euros`."""
    return f"{number(Decimal(cents).scaleb(-2), 2)}{NO_BREAK}€"


def round_euros(cents: int) -> str:
    """2300000 cents is « 23 000 € »: for legal ceilings, which are whole euros."""
    return f"{number(Decimal(cents).scaleb(-2))}{NO_BREAK}€"


def percent(value: Decimal | int) -> str:
    return f"{number(value)}{NO_BREAK}%"


def square_metres(value: Decimal | int) -> str:
    return f"{number(value)}{NO_BREAK}m²"


def long_date(day: date) -> str:
    """« 1ᵉʳ mars 2026 », « 28 février 2029 »."""
    first = "1ᵉʳ" if day.day == 1 else str(day.day)
    return f"{first} {MONTHS[day.month - 1]} {day.year}"


def span(months: int) -> str:
    """A length in months, in years when it is whole years: « 36 mois », « 18 ans »."""
    years, rest = divmod(months, 12)
    if rest or years < 4:
        return f"{months} mois"
    return f"{years} ans"


def plural(count: int, singular: str, several: str) -> str:
    """French plural starts at two: « 1 jour », « 0 jour », « 2 jours »."""
    return f"{number(count)} {singular if abs(count) < 2 else several}"


_FEMININE = ("Ville", "Commune", "Région", "Métropole", "Communauté", "Caisse", "Fondation", "Société", "Coopérative", "Mairie",
             "Régie", "Mission", "Maison", "Direction", "SA", "SAS", "SARL", "SCIC", "SPL", "SPLA", "SEM", "Banque", "Chambre")  # fmt: skip
_MASCULINE = ("Département", "Conseil", "Syndicat", "Centre", "CCAS", "Groupe", "Groupement", "Pôle", "Comité", "Ministère", "Bailleur", "GIE", "GIP", "Grand")  # fmt: skip
_ELIDED = ("Association", "Agence", "Agglomération", "Établissement", "Etablissement", "Office", "EPCI", "EPFL", "EPF",
           "EPT", "État", "Etat", "Union", "Eurométropole", "Institut", "Atelier", "Entreprise")  # fmt: skip


def to_whom(name: str) -> str:
    """« à la Ville de Rennes », « au Département du Nord », « à l’Office public… », « à La Fabrique », « au Petit Lieu ».

    A name that begins with a common noun takes its article; a proper name takes none.
    """
    name = name.strip()
    first = name.replace("’", "'").split(" ", 1)[0].rstrip(",")
    if first in {"Le", "Les"} and " " in name:
        return f"{'au' if first == 'Le' else 'aux'} {name.split(' ', 1)[1]}"
    if first in _FEMININE:
        return f"à la {name}"
    if first in _MASCULINE:
        return f"au {name}"
    return f"à l’{name}" if first in _ELIDED else f"à {name}"


def tied(text: str) -> str:
    """Plain text or a subject, with the no-break spaces of `bound`; another language writes none of these signs so."""
    for sign in LOOSE:
        text = text.replace(sign, sign.replace(" ", NO_BREAK))
    return text


def bound(html: str) -> str:
    """A French document no line of which begins with « : » or ends with an opening guillemet: there, the spaces of its text
    do not break. Attributes and what is typed stay as they are."""
    typed = [found.span() for found in _TYPED.finditer(html)]
    done, parts = 0, []
    for at in sorted(at for sign in LOOSE for at in _spaces(html, sign)):
        in_a_tag = html.rfind("<", 0, at) > html.rfind(">", 0, at)
        if not in_a_tag and not any(start < at < end for start, end in typed):
            parts += [html[done:at], NO_BREAK]
            done = at + 1
    return "".join([*parts, html[done:]])


def _spaces(html: str, sign: str) -> Iterator[int]:
    """Where the space of this sign stands; looked for as text, which is far quicker than a pattern on a long page."""
    at = html.find(sign)
    while at >= 0:
        yield at + sign.index(" ")
        at = html.find(sign, at + 1)
