"""Verbs on the lines of a programme: count a lease, count an expense. One euro, once; a new value is a new line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.durations import Period
from allocation.leases.gathering import Dossier
from allocation.leases.reading import reference_rent_cents, unjustified
from allocation.tfpb import programme_rules, queries, valuation
from allocation.tfpb.agreements import record
from allocation.tfpb.lease_link_rules import LinkFacts, days_allowed, judge_lease_link
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbLine, TfpbProgramme
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.db import refusal
from intervalle.errors import Refused
from intervalle.french import euros, percent
from intervalle.i18n import _
from intervalle.verdicts import Verdict, blocking

# A title without a term runs past every programme.
NO_TERM = date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the landlord adds to what the lease says: help paid by others, charges, why a lot outside still counts."""

    serves_qpv: str = ""
    signatories_agree: bool = False
    subsidy_cents_year: int = 0
    charges_cents: int = 0
    other_compensation_cents: int = 0
    works: valuation.Works | None = None
    justifications: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Valued:
    """The amount, the formula line by line, and what the rules say of it."""

    amount: valuation.Amount
    verdicts: list[Verdict]
    facts: LinkFacts


@dataclass(frozen=True, slots=True)
class Target:
    """Where a line goes."""

    agreement: TfpbAgreement
    programme: TfpbProgramme
    action: TfpbAction


async def compute(db: AsyncSession, dossier: Dossier, target: Target, claim: Claim) -> Valued:
    """Value a lease in an action, and judge it; nothing is written."""
    facts = await _facts(db, dossier, target, claim)
    verdicts = judge_lease_link(facts)
    if facts.counted is None or dossier.lease.reference_rent_cents_m2_year is None:
        return Valued(valuation.Amount(0, ("Aucun jour ou aucune valeur de référence à compter.",)), verdicts, facts)
    lease, held = dossier.lease, _held(dossier)
    amount = valuation.value_lease(
        valuation.LeaseValue(
            area_m2=lease.area, reference_cents_m2_year=lease.reference_rent_cents_m2_year or 0,
            rents=(valuation.RentTerm(_term(dossier), lease.rent_cents_year, claim.subsidy_cents_year),),
            title=_term(dossier), available=(held,) if held else (), year=target.programme.year,
            half_days=len(lease.slots) or valuation.WEEK,
            charges_cents=claim.charges_cents, other_compensation_cents=claim.other_compensation_cents, works=claim.works,
        )
    )  # fmt: skip
    return Valued(amount, verdicts, facts)


def _term(dossier: Dossier) -> Period:
    during = dossier.lease.during
    return Period(during.lower or date.min, during.upper or NO_TERM)


def _held(dossier: Dossier) -> Period | None:
    """Days with the keys: from their hand-over to the exit."""
    lease = dossier.lease
    until = min(filter(None, (lease.ended_on, lease.during.upper)), default=NO_TERM)
    if lease.keys_handed_on is None or lease.keys_handed_on >= until:
        return None
    return Period(lease.keys_handed_on, until)


async def _facts(db: AsyncSession, dossier: Dossier, target: Target, claim: Claim) -> LinkFacts:
    lease, action, year = dossier.lease, target.action, target.programme.year
    held = _held(dossier)
    title = Period(_term(dossier).start, min(_term(dossier).end, held.end if held else NO_TERM))
    bare = LinkFacts(
        year=year, in_programme_qpv=await _inside(db, dossier, target.agreement), serves_qpv_fr=claim.serves_qpv,
        signatories_agree=claim.signatories_agree, title=title, keys_from=held.start if held else None, counted=None,
        reference_document=lease.reference_basis or "", reference_dated=lease.reference_dated,
        tenant_benefit_fr=action.tenant_benefit, indicators=len([i for i in action.indicators.splitlines() if i.strip()]),
        billed_cents_year=lease.rent_cents_year, reference_cents_year=reference_rent_cents(lease) or 0,
        subsidy_cents_year=claim.subsidy_cents_year, subsidy_counted_as_rent=True,
        same_owner=dossier.file.premises.owner_id == target.agreement.landlord_id,
    )  # fmt: skip
    return replace(bare, counted=days_allowed(bare))


async def _inside(db: AsyncSession, dossier: Dossier, agreement: TfpbAgreement) -> bool | None:
    """By the point and the perimeter when both are known; otherwise by the code kept at publication."""
    premises = dossier.file.premises
    if premises.point is not None:
        covered = (await db.execute(queries.in_perimeter(premises.id, agreement))).scalar_one_or_none()
        if covered is not None:
            return covered
    return None if premises.qpv_code is None else premises.qpv_code == agreement.qpv_code


async def value_lease(
    db: AsyncSession, actor: Actor, dossier: Dossier, target: Target, claim: Claim, *, replacing: int | None = None
) -> TfpbLine:
    """Count a lease-year in an action. `replacing` is the live line it supersedes; without it a second one is refused."""
    POLICY.check(actor, "tfpb.value", target.agreement)
    if dossier.lease.signed_at is None:
        raise Refused("Ce titre n’est pas signé : il ne peut pas être valorisé.", "Signez-le d’abord.")
    valued = await compute(db, dossier, target, claim)
    _refuse(blocking(valued.verdicts) or unjustified(valued.verdicts, claim.justifications))
    if not valued.facts.counted:
        raise Refused(
            _(
                "Aucun jour de %(year)s n’est occupable : les clés n’ont pas été remises, ou le titre est hors de l’année.",
                year=target.programme.year,
            ),
            "Notez la remise des clés, ou choisissez une autre année.",
        )
    if replacing is not None:
        await _supersede(db, dossier.lease.id, target.programme.year, replacing)
    line = TfpbLine(
        action_id=target.action.id, kind="lease", lease_id=dossier.lease.id, year=target.programme.year,
        label=f"{dossier.file.tenant.name}, {dossier.file.premises.name}, lot {dossier.file.lot.label}",
        amount_cents=valued.amount.cents, justifications=dict(claim.justifications), created_by_id=actor.user_id,
        created_at=clock.now(), detail=_detail(dossier, target, valued, claim),
    )  # fmt: skip
    await _add(db, line)
    await record(
        db, actor, target.agreement, "tfpb.value_lease",
        {"lease": dossier.lease.id, "year": line.year, "line": line.id, "cents": line.amount_cents, "replaces": replacing},
    )  # fmt: skip
    return line


def _detail(dossier: Dossier, target: Target, valued: Valued, claim: Claim) -> dict[str, Any]:
    """The formula with its numbers, as it was shown: what the yearly account prints years later."""
    lease = dossier.lease
    return {
        "lines": list(valued.amount.lines_fr),
        "method": target.agreement.valuation_method,
        "reference_cents_m2_year": lease.reference_rent_cents_m2_year,
        "reference_document": lease.reference_basis,
        "reference_dated": lease.reference_dated.isoformat() if lease.reference_dated else None,
        "rent_cents_year": lease.rent_cents_year,
        "subsidy_cents_year": claim.subsidy_cents_year,
        "charges_cents": claim.charges_cents,
        "other_compensation_cents": claim.other_compensation_cents,
        "serves_qpv": claim.serves_qpv,
        "verdicts": [f"{v.id} : {v.message_fr}" for v in valued.verdicts],
    }


async def _supersede(db: AsyncSession, lease_id: int, year: int, line_id: int) -> None:
    old = (
        await db.execute(
            select(TfpbLine)
            .where(
                TfpbLine.id == line_id, TfpbLine.lease_id == lease_id, TfpbLine.year == year,
                TfpbLine.superseded_at.is_(None),
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()  # fmt: skip
    if old is None:
        raise Refused("Cette valorisation vient d’être remplacée par une autre.", "Rechargez la page.")
    old.superseded_at = clock.now()
    await db.flush()


async def _add(db: AsyncSession, line: TfpbLine) -> None:
    """Insert under a savepoint, so that the index's refusal is a sentence and the rest of the page still answers."""
    try:
        async with db.begin_nested():
            db.add(line)
    except IntegrityError as error:
        said = refusal(error)
        if said is None:
            raise
        raise said from error


@dataclass(frozen=True, slots=True)
class Expense:
    """An invoice or a payroll line. `share` is the part of the net expense that is valued."""

    label: str
    spent_cents: int
    other_cents: int
    share: Decimal
    evidence: str
    justifications: Mapping[str, str] = field(default_factory=dict)


def expense_verdicts(target: Target, expense: Expense, *, npnru: bool) -> list[Verdict]:
    """TFPB-10, 11, 12 and 14 on this expense in this action."""
    return programme_rules.judge_action(
        programme_rules.ActionFacts(
            axis=target.action.axis, npnru=npnru, expense_cents=expense.spent_cents, rate=expense.share,
            other_funding_cents=expense.other_cents, gap_fr=target.action.beyond_common,
            valued_cents=programme_rules.valued_from_rate(expense.spent_cents, expense.other_cents, expense.share),
        )
    )  # fmt: skip


async def add_expense(db: AsyncSession, actor: Actor, target: Target, expense: Expense, *, npnru: bool) -> TfpbLine:
    """Count an expense in an action, with its evidence; the same piece of evidence is counted once."""
    POLICY.check(actor, "tfpb.value", target.agreement)
    if expense.other_cents > expense.spent_cents:
        raise Refused("Les autres financements dépassent la dépense.", "Corrigez l’un des deux montants.")
    verdicts = expense_verdicts(target, expense, npnru=npnru)
    _refuse(blocking(verdicts) or unjustified(verdicts, expense.justifications))
    valued = programme_rules.valued_from_rate(expense.spent_cents, expense.other_cents, expense.share)
    line = TfpbLine(
        action_id=target.action.id, kind="expense", year=target.programme.year, label=expense.label, amount_cents=valued,
        spent_cents=expense.spent_cents, other_cents=expense.other_cents, share=expense.share, evidence=expense.evidence,
        evidence_key=f"{target.agreement.landlord_id}:{' '.join(expense.evidence.casefold().split())}",
        justifications=dict(expense.justifications), created_by_id=actor.user_id, created_at=clock.now(),
        detail={"lines": [_expense_line(expense, valued)]},
    )  # fmt: skip
    await _add(db, line)
    await record(db, actor, target.agreement, "tfpb.add_expense", {"line": line.id, "year": line.year, "cents": valued})
    return line


def _expense_line(expense: Expense, valued: int) -> str:
    return (
        f"({euros(expense.spent_cents)} dépensés − {euros(expense.other_cents)} d’autres financements) × "
        f"{percent(expense.share * 100)} = {euros(valued)}."
    )


async def withdraw(db: AsyncSession, actor: Actor, target: Target, line: TfpbLine) -> None:
    """Take a line out of the account. It stays readable, with the day it stopped counting."""
    POLICY.check(actor, "tfpb.value", target.agreement)
    fresh = (
        await db.execute(
            select(TfpbLine).where(TfpbLine.id == line.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    if fresh.superseded_at is not None:
        raise Refused("Cette ligne ne compte déjà plus.", "Rechargez la page.")
    fresh.superseded_at = clock.now()
    await db.flush()
    await record(db, actor, target.agreement, "tfpb.withdraw", {"line": line.id, "cents": line.amount_cents})


def _refuse(verdicts: list[Verdict]) -> None:
    if verdicts:
        raise Refused(f"{verdicts[0].id} : {verdicts[0].message_fr}", verdicts[0].way_out_fr)
