"""Enumerations whose members carry the French label shown to users. Pure."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A code that is stored, and the French words that are shown: `PUBLIC = "domaine_public", "Domaine public"`."""

    label: str

    def __new__(cls, code: str, label: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member
