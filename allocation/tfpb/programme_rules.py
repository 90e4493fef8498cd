"""Actions, valued amounts and yearly accounts: TFPB-10 to TFPB-16. Pure. Amounts are integer cents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from allocation.tfpb.axes import axis
from intervalle import parameters
from intervalle.french import euros, percent
from intervalle.rounding import half_up, half_up_decimal
from intervalle.verdicts import Rule, Source, Verdict, in_order

_FRAME = "Cadre national d’utilisation, 29 avril 2015"
TFPB_10 = Rule("TFPB-10", "Axe 8 hors NPNRU", _FRAME, Source.USH)
TFPB_11 = Rule("TFPB-11", "Valorisé au plus la dépense nette", _FRAME, Source.OWN_HIGH)
TFPB_12 = Rule("TFPB-12", "Taux de valorisation", _FRAME, Source.OWN_HIGH)
TFPB_13 = Rule("TFPB-13", "Valorisé rapporté à l’abattement", _FRAME, Source.PRODUCT)
TFPB_14 = Rule("TFPB-14", "Écart au droit commun", _FRAME, Source.USH)
TFPB_15 = Rule("TFPB-15", "Un euro compté une fois", "Règle d’Intervalle", Source.PRODUCT)
TFPB_16 = Rule("TFPB-16", "Document archivé", "Règle d’Intervalle", Source.PRODUCT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """One action of the programme of one QPV and year. `rate` is the share of the net expense that is valued."""

    axis: int
    npnru: bool
    expense_cents: int
    other_funding_cents: int = 0
    rate: Decimal = Decimal(1)
    valued_cents: int
    gap_fr: str = ""  # what the action adds to ordinary management


def outside_renewal(facts: ActionFacts) -> Verdict | None:
    """TFPB-10: no small works (axis 8) in an urban-renewal quarter."""
    if not facts.npnru or not axis(facts.axis).outside_npnru:
        return None
    return TFPB_10.block("L’axe 8 n’est pas ouvert dans un quartier NPNRU.", "Rattachez l’action à un autre axe.")


def valued_within_expense(facts: ActionFacts) -> Verdict | None:
    """TFPB-11: valued at most the expense minus other funding."""
    net = facts.expense_cents - facts.other_funding_cents
    if facts.valued_cents <= max(0, net):
        return None
    return TFPB_11.block(
        f"Le montant valorisé ({euros(facts.valued_cents)}) dépasse la dépense nette ({euros(max(0, net))}).",
        "Corrigez le montant valorisé ou les autres financements.",
    )


def valued_by_rate(facts: ActionFacts) -> Verdict | None:
    """TFPB-12: valued = net expense × rate, with 0 < rate ≤ 100 %."""
    if not 0 < facts.rate <= 1:
        return TFPB_12.block(
            f"Le taux de valorisation ({percent(facts.rate * 100)}) doit être entre 0 et 100 %.", "Corrigez le taux."
        )
    expected = valued_from_rate(facts.expense_cents, facts.other_funding_cents, facts.rate)
    if facts.valued_cents == expected:
        return None
    return TFPB_12.block(
        f"Le montant valorisé ({euros(facts.valued_cents)}) n’est pas la dépense nette × {percent(facts.rate * 100)} "
        f"({euros(expected)}).",
        f"Inscrivez {euros(expected)}, ou corrigez le taux.",
    )


def valued_from_rate(expense_cents: int, other_funding_cents: int, rate: Decimal) -> int:
    """TFPB-12, in cents, never below zero."""
    return max(0, half_up(Fraction(expense_cents - other_funding_cents) * Fraction(rate)))


def gap_written(facts: ActionFacts) -> Verdict | None:
    """TFPB-14: axes 1, 3, 4 and 5 say what they add to ordinary management."""
    if not axis(facts.axis).beyond_common_law or facts.gap_fr.strip():
        return None
    return TFPB_14.warn(
        "Cette action doit s’ajouter à la gestion habituelle : l’écart n’est pas décrit.",
        "Décrivez ce qui est fait en plus, par rapport aux résidences hors QPV.",
    )


ACTION_RULES = (outside_renewal, valued_within_expense, valued_by_rate, gap_written)


def judge_action(facts: ActionFacts) -> list[Verdict]:
    """TFPB-10, 11, 12 and 14 on one action."""
    return in_order(verdict for rule in ACTION_RULES if (verdict := rule(facts)))


def valued_ratio(valued_cents: int, abatement_cents: int) -> Decimal | None:
    """TFPB-13: valued over abatement, as a fraction of one with four decimals; None without an abatement."""
    return half_up_decimal(Fraction(valued_cents, abatement_cents), 4) if abatement_cents > 0 else None


def ratio_explained(valued_cents: int, abatement_cents: int, comment: str, year: int) -> Verdict | None:
    """TFPB-13: below 95 % or above 150 % of the abatement, the account says why."""
    on = date(year, 1, 1)
    low, high = parameters.ratio("tfpb.valued_ratio_min", on), parameters.ratio("tfpb.valued_ratio_max", on)
    if abatement_cents <= 0 or comment.strip():
        return None
    if low * abatement_cents <= valued_cents <= high * abatement_cents:
        return None
    share = half_up_decimal(Fraction(valued_cents * 100, abatement_cents), 1)
    return TFPB_13.warn(
        f"Le montant valorisé ({euros(valued_cents)}) fait {percent(share)} de l’abattement "
        f"({euros(abatement_cents)}), hors de {percent(low * 100)} à {percent(high * 100)}.",
        "Écrivez un commentaire qui l’explique.",
    )


def counted_once(shares: Mapping[str, Sequence[Decimal]]) -> list[Verdict]:
    """TFPB-15: for each piece of evidence (invoice, lease month), shares used in actions add up to 100 % at most."""
    return [
        TFPB_15.block(
            f"La pièce « {piece} » est comptée à {percent(total * 100)} au total.",
            "Réduisez ou retirez une des parts : un même euro n’est compté qu’une fois.",
        )
        for piece in sorted(shares)
        if (total := sum(shares[piece], Decimal(0))) > 1
    ]


def not_overwritten(issued: bool, same_version: bool) -> Verdict | None:
    """TFPB-16: an issued agreement, programme or account is kept as it is; a change makes a new version."""
    if not issued or not same_version:
        return None
    return TFPB_16.block("Ce document est archivé tel qu’il a été émis.", "Créez une nouvelle version.")
