"""What a legal rule answers: a level, a sentence, the article it rests on, and the way out.

Pure: no database, no clock, no web. A rule is declared once (`Rule`) and its function returns one of its
verdicts, so that no verdict can exist without an identifier, an article and a source.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, StrEnum


class Level(StrEnum):
    """BLOCK refuses the step; WARN asks for a written justification; ALARM has a date; INFO is text only."""

    BLOCK = "block"
    ALARM = "alarm"
    WARN = "warn"
    INFO = "info"


_ORDER = {Level.BLOCK: 0, Level.ALARM: 1, Level.WARN: 2, Level.INFO: 3}


class Source(Enum):
    """Where a rule was read. `sure` is false when no text was read: a lawyer has to confirm the rule."""

    LAW_2026 = ("Code en vigueur au 4 avril 2026", True)
    LAW_OLD = ("Code lu dans un état de 2015 à 2020, vigueur à vérifier", True)
    BOFIP = ("BOFiP, BOI-IF-TFB-20-30-30, et actualité du 7 mai 2025", True)
    BRSA_TEXTS = ("CCH L256-1 s., ordonnance 2023-80, décret 2024-838", True)
    ESS_GUIDE = ("ANCT et RTES, « Agir, l’ESS dans les QPV », février 2025", True)
    CASE_LAW = ("Jurisprudence commentée (CE 2 décembre 2022, CAA Bordeaux 15 juin 2023)", True)
    USH = ("Cadre national d’utilisation de l’abattement TFPB, présentation USH, septembre 2015", True)
    ELAN = ("Loi ELAN 2018-1021 art. 29, décret 2019-497, fiche Cerema", True)
    FINANCE_ACTS = ("Lois de finances pour 2024 (2023-1322) et pour 2025 (2025-127)", True)
    OWN_HIGH = ("Connaissance générale, presque certaine, à faire confirmer par un juriste", False)
    OWN_MEDIUM = ("Connaissance générale, probable, à faire confirmer par un juriste", False)
    OWN_LOW = ("Connaissance générale, incertaine, à faire confirmer par un juriste", False)
    PRODUCT = ("Règle d’Intervalle, sans texte qui l’impose", False)

    def __init__(self, text: str, sure: bool) -> None:
        self.text = text
        self.sure = sure


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer of one rule. `due` is the day something has to be done by, when there is one."""

    id: str
    level: Level
    message_fr: str
    article: str
    way_out_fr: str
    source: str
    sure: bool
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of law or of the product, named once with its article and its source."""

    id: str
    title_fr: str
    article: str
    source: Source

    def block(self, message: str, way_out: str, due: date | None = None) -> Verdict:
        return self._say(Level.BLOCK, message, way_out, due)

    def warn(self, message: str, way_out: str, due: date | None = None) -> Verdict:
        return self._say(Level.WARN, message, way_out, due)

    def alarm(self, message: str, way_out: str, due: date | None = None) -> Verdict:
        return self._say(Level.ALARM, message, way_out, due)

    def info(self, message: str, way_out: str = "", due: date | None = None) -> Verdict:
        return self._say(Level.INFO, message, way_out, due)

    def _say(self, level: Level, message: str, way_out: str, due: date | None) -> Verdict:
        return Verdict(self.id, level, message, self.article, way_out, self.source.text, self.source.sure, due)


def in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Gravest first, then by identifier: the order of every page and every document."""
    return sorted(verdicts, key=lambda verdict: (_ORDER[verdict.level], verdict.id, verdict.message_fr))


def blocking(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that refuse the step."""
    return [verdict for verdict in verdicts if verdict.level is Level.BLOCK]


def to_justify(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that need a written justification, which the caller stores."""
    return [verdict for verdict in verdicts if verdict.level is Level.WARN]


def soften_unconfirmed(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Turn into warnings the refusals that no lawyer has confirmed, for an owner who asks for it."""
    return [
        replace(verdict, level=Level.WARN) if verdict.level is Level.BLOCK and not verdict.sure else verdict
        for verdict in verdicts
    ]
