"""What a notification must say beside its motive: remedies with their time limits, and the part an algorithm took. Pure.

A time limit binds only if the notification mentions it (CJA R421-5). Public deciders fall under the CJA and the CRPA;
private ones give the same answers by the rules of their call (rules of the consultation), which is what their letters say.
"""

from dataclasses import dataclass
from datetime import date

from allocation.remedies import Letter, remedies_text
from intervalle.french import to_whom


@dataclass(frozen=True)
class Decider:
    """Who decides: its name, how to write to it, and whether it is a public body (or disposes of public property)."""

    name: str
    public: bool
    address: str = ""
    court: str = ""

    @property
    def contact(self) -> str:
        return f"{self.name}, {self.address}" if self.address else self.name


def remedies(decider: Decider, decided_on: date, *, panel: bool = True, others: bool = True) -> str:
    """Paragraphs parted by blank lines, without the heading that `remedies_heading` gives; see `remedies.Letter`."""
    letter = Letter(
        public_owner=decider.public, owner=decider.name, contact=decider.contact, court=decider.court,
        decided_on=decided_on, panel=panel, others=others,
    )  # fmt: skip
    return "\n\n".join(remedies_text(letter)[1:])


def remedies_heading(public: bool) -> str:
    return "Voies et délais de recours" if public else "Comment contester cette décision"


def algorithm_mention(decider: Decider, sheet_url: str, rules_url: str) -> str:
    """CRPA L311-3-1 and R311-3-1-1: purpose, right to the rules, how to use it, and the CADA."""
    purpose = (
        "La personne qui signe cette décision l’a prise sur la base d’une proposition établie par un traitement algorithmique "
        "dont la finalité est de répartir les lots de l’appel entre les candidatures recevables, selon leurs notes, leurs vœux, "
        "les surfaces et les règles publiées."
    )
    sheet = (
        f"Les paramètres appliqués à votre candidature et leur pondération sont à votre disposition ({sheet_url}) ; "
        f"les règles du traitement sont publiques ({rules_url})."
    )
    if not decider.public:
        return f"{purpose} {sheet}"
    right = (
        "Conformément aux articles L311-3-1 et R311-3-1-1 du code des relations entre le public et l’administration, vous pouvez "
        "obtenir communication des règles définissant ce traitement et des principales caractéristiques de sa mise en œuvre, "
        f"en écrivant {to_whom(decider.contact)}. En l’absence de réponse sous un mois, vous pouvez saisir la Commission d’accès aux "
        "documents administratifs (CADA) dans les deux mois."
    )
    return f"{purpose} {right} {sheet}"
