"""Enumerations whose members carry the French label shown to users. Pure."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A stored code and the French words shown for it: `PUBLIC = "public_domain", "Domaine public"`."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        # The default only lets type checkers accept `Domain("private")`, which looks a member up.
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member
