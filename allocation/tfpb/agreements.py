"""Verbs on agreements and their yearly programmes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.tfpb.axes import LEASE_AXIS, LEASE_SUB_ACTION
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbProgramme
from intervalle import journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.territory.models import QpvPerimeter


async def sign(
    db: AsyncSession, actor: Actor, *, landlord_id: int, qpv_code: str, values: Mapping[str, Any]
) -> TfpbAgreement:
    """Register the « convention d’utilisation » of a landlord for a QPV and its years."""
    perimeter = (
        await db.execute(
            select(QpvPerimeter).where(QpvPerimeter.code == qpv_code).order_by(QpvPerimeter.vintage.desc()).limit(1)
        )
    ).scalar_one_or_none()
    if perimeter is None:
        raise Refused(
            _("Le quartier %(code)s n’est pas dans les périmètres importés.", code=qpv_code),
            "Vérifiez le code (QN suivi de six caractères en 2024), ou importez les périmètres.",
        )
    agreement = TfpbAgreement(landlord_id=landlord_id, qpv_code=qpv_code, qpv_vintage=perimeter.vintage, **values)
    POLICY.check(actor, "tfpb.edit", agreement)
    db.add(agreement)
    await db.flush()
    await record(db, actor, agreement, "tfpb.agree", {"qpv": qpv_code, "vintage": perimeter.vintage})
    return agreement


async def edit(db: AsyncSession, actor: Actor, agreement: TfpbAgreement, *, values: Mapping[str, Any]) -> None:
    """Correct dates, dwellings and the accepted method. The quarter and the landlord never change."""
    POLICY.check(actor, "tfpb.edit", agreement)
    for name, value in values.items():
        setattr(agreement, name, value)
    await db.flush()
    await record(db, actor, agreement, "tfpb.edit", _plain(values))


async def open_programme(db: AsyncSession, actor: Actor, agreement: TfpbAgreement, *, year: int) -> TfpbProgramme:
    """The programme of a year, with the action that counts premises ready in it. Asked twice, it is the same one."""
    POLICY.check(actor, "tfpb.edit", agreement)
    if not agreement.first_year <= year <= agreement.last_year:
        raise Refused(
            _(
                "La convention va de %(first)s à %(last)s : %(year)s n’en fait pas partie.",
                first=agreement.first_year,
                last=agreement.last_year,
                year=year,
            ),
            "Choisissez une de ses années.",
        )
    await db.execute(select(TfpbAgreement.id).where(TfpbAgreement.id == agreement.id).with_for_update())
    existing = (
        await db.execute(
            select(TfpbProgramme).where(TfpbProgramme.agreement_id == agreement.id, TfpbProgramme.year == year)
        )
    ).scalar_one_or_none()
    if existing:
        return existing
    programme = TfpbProgramme(agreement_id=agreement.id, year=year)
    db.add(programme)
    await db.flush()
    db.add(TfpbAction(programme_id=programme.id, axis=LEASE_AXIS, sub_action=LEASE_SUB_ACTION, label=LEASE_SUB_ACTION))
    await db.flush()
    await record(db, actor, agreement, "tfpb.open_programme", {"year": year})
    return programme


async def edit_programme(
    db: AsyncSession, actor: Actor, agreement: TfpbAgreement, programme: TfpbProgramme, *, values: Mapping[str, Any]
) -> None:
    """Figures of the estimate, the notified amount that replaces it, the comment, the dates of declaration and account."""
    POLICY.check(actor, "tfpb.edit", agreement)
    for name, value in values.items():
        setattr(programme, name, value)
    await db.flush()
    await record(db, actor, agreement, "tfpb.edit_programme", {"year": programme.year, **_plain(values)})


async def write_action(
    db: AsyncSession, actor: Actor, agreement: TfpbAgreement, programme: TfpbProgramme, *, values: Mapping[str, Any],
    action: TfpbAction | None = None,
) -> TfpbAction:  # fmt: skip
    """Add an action to the programme, or correct one. An action that counts lines keeps its axis."""
    POLICY.check(actor, "tfpb.edit", agreement)
    if action is None:
        action = TfpbAction(programme_id=programme.id)
        db.add(action)
    for name, value in values.items():
        setattr(action, name, value)
    await db.flush()
    await record(db, actor, agreement, "tfpb.write_action", {"action": action.id, "axis": action.axis})
    return action


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values for the journal: days and decimals as text."""
    return {k: v if isinstance(v, int | str | bool) or v is None else str(v) for k, v in values.items()}


async def record(db: AsyncSession, actor: Actor, agreement: TfpbAgreement, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=f"organisation:{agreement.landlord_id}", action=action, subject=f"tfpb:{agreement.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=agreement.landlord_id,
    )  # fmt: skip
