"""Verbs on relocation paths: opened by the signature of a title, followed step by step, closed with an outcome."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.models import Award
from allocation.leases.document import APPOINTMENTS
from allocation.leases.gathering import Dossier
from allocation.leases.leases import ON_SIGNED
from allocation.leases.models import Lease
from allocation.relocation.models import RelocationPath, RelocationStep
from allocation.relocation.schedule import Outcome, exit_complete, schedule
from calls.models import Call
from calls.need_models import Need
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from premises import occupancies

# Steps a person marks; the exit is recorded by closing the path.
FOLLOW_UPS = frozenset({"follow_up_6", "follow_up_12"})


async def open_path(db: AsyncSession, actor: Actor, dossier: Dossier) -> None:
    """In the transaction of the signature: the path, its dated steps, and a standing need in the register.

    A title without a term has no exit to prepare: its path opens when an end is known.
    """
    lease = dossier.lease
    if lease.during.upper is None or lease.during.lower is None:
        return
    need = _need_of(dossier)
    db.add(need)
    await db.flush()
    path = RelocationPath(
        lease_id=lease.id, organisation_id=lease.tenant_id, landlord_id=lease.landlord_id, manager_id=lease.manager_id,
        need_id=need.id, exit_on=lease.during.upper, opened_at=clock.now(),
    )  # fmt: skip
    db.add(path)
    await db.flush()
    steps = schedule(lease.during.lower, lease.during.upper, lease.notice_months or None)
    db.add_all(RelocationStep(path_id=path.id, kind=str(item.step), due=item.due) for item in steps)
    await db.flush()
    await journal.record(
        db, chain=dossier.chain, action="relocation.open", subject=f"relocation:{path.id}",
        facts={"lease": lease.id, "need": need.id, "exit_on": path.exit_on.isoformat()}, actor_id=actor.user_id,
        organisation_id=lease.landlord_id,
    )  # fmt: skip


def appointments(start: date, end: date, notice_months: int | None) -> list[tuple[date, str]]:
    """What the contract prints: the steps up to the exit, on the dates the path will have."""
    steps = schedule(start, end, notice_months or None)
    return [(item.due, item.step.label) for item in steps if str(item.step) not in FOLLOW_UPS]


ON_SIGNED.append(open_path)
APPOINTMENTS.append(appointments)


def _need_of(dossier: Dossier) -> Need:
    """The need as far as it is known at the signature: the same area and public, from the day of the exit.

    The budget is left for the interview: today's price is not what the structure will be able to pay.
    """
    lease, file, application = dossier.lease, dossier.file, dossier.application
    return Need(
        organisation_id=lease.tenant_id, title=f"Après {file.premises.name}, lot {file.lot.label}",
        uses=list(application.uses) if application else [], area_min=lease.area, area_max=lease.area,
        commune_codes=[file.premises.commune_code] if file.premises.commune_code else [], must_stay_in_qpv=False,
        ground_floor=bool(application and application.needs_ground_floor),
        step_free=bool(application and application.needs_step_free),
        erp_types=[application.erp_type] if application and application.erp_type else [], wanted_from=lease.during.upper,
        notes="Ouvert à la signature du titre ; à préciser à l’entretien sur les besoins.", created_at=clock.now(),
    )  # fmt: skip


async def mark_step(
    db: AsyncSession, actor: Actor, path: RelocationPath, *, kind: str, note: str, done_on: date | None = None
) -> RelocationStep:
    """Note that a step was done, with a word on what came out of it. Follow-ups come after the closing."""
    act = "relocation.follow_up" if kind in FOLLOW_UPS else "relocation.act"
    POLICY.check(actor, act, path)
    fresh = await locked(db, path)
    POLICY.check(actor, act, fresh)
    if kind == "exit":
        raise Refused(
            "La sortie s’enregistre en clôturant le parcours.", "Notez l’état des lieux, les clés et les compteurs."
        )
    if kind in FOLLOW_UPS and fresh.closed_at is None:
        raise Refused("Le suivi commence après la sortie.", "Clôturez d’abord le parcours.")
    step = (
        await db.execute(
            select(RelocationStep)
            .where(RelocationStep.path_id == path.id, RelocationStep.kind == kind)
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if step is None:
        raise NotFound
    if step.done_at is not None:
        raise Refused("Cette étape est déjà notée.", "Rechargez la page.")
    if not note.strip():
        raise Refused("Dites en quelques mots ce qui en est sorti.", "Par exemple : besoin de 70 m² avec point d’eau.")
    step.done_at, step.done_by_id, step.note = clock.now(), actor.user_id, note.strip()
    await db.flush()
    await record(db, actor, fresh, "relocation.step", {"step": kind, "note": step.note})
    return step


async def locked(db: AsyncSession, path: RelocationPath) -> RelocationPath:
    return (
        await db.execute(
            select(RelocationPath)
            .where(RelocationPath.id == path.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()


async def describe_need(db: AsyncSession, actor: Actor, path: RelocationPath, *, values: Mapping[str, Any]) -> Need:
    """What came out of the interview: written by the landlord or by the structure itself, on the standing need."""
    act = "relocation.act" if POLICY.can(actor, "relocation.act", path) else "relocation.answer"
    POLICY.check(actor, act, path)
    fresh = await locked(db, path)
    if fresh.need_id is None:
        raise NotFound
    need = await db.get_one(Need, fresh.need_id)
    for name, value in values.items():
        setattr(need, name, value)
    await db.flush()
    await record(db, actor, fresh, "relocation.need", {"need": need.id, "area_min": str(need.area_min)})
    return need


async def close(
    db: AsyncSession, actor: Actor, path: RelocationPath, *, outcome: str, note: str, left_on: date, inspected_on: date | None,
    keys_returned_on: date | None, meters_read_on: date | None, entered_on: date | None = None, new_place: str = "",
) -> None:  # fmt: skip
    """Record the exit and where the occupant went (REL-05). The lot is free again from the day after."""
    POLICY.check(actor, "relocation.act", path)
    fresh = await locked(db, path)
    POLICY.check(actor, "relocation.act", fresh)
    said = exit_complete(
        inspection_out=inspected_on is not None, keys_returned=keys_returned_on is not None,
        meters_read=meters_read_on is not None,
    )  # fmt: skip
    if said:
        raise Refused(f"{said.id} : {said.message_fr}", said.way_out_fr)
    lease = (
        await db.execute(
            select(Lease).where(Lease.id == fresh.lease_id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    _check_days(lease, left_on, entered_on)
    fresh.outcome, fresh.outcome_note, fresh.closed_at = str(Outcome(outcome)), note, clock.now()
    fresh.inspected_on, fresh.keys_returned_on, fresh.meters_read_on = inspected_on, keys_returned_on, meters_read_on
    fresh.left_on, fresh.entered_on, fresh.new_place = left_on, entered_on, new_place
    await _end_lease(db, lease, left_on)
    await _mark_exit(db, actor, fresh)
    if fresh.need_id is not None and outcome in {"relocated_qpv", "relocated_commune", "relocated_elsewhere", "closed"}:
        (await db.get_one(Need, fresh.need_id)).closed_at = clock.now()
    await db.flush()
    await record(
        db, actor, fresh, "relocation.close",
        {"outcome": outcome, "left_on": left_on.isoformat(), "entered_on": entered_on.isoformat() if entered_on else None},
    )  # fmt: skip


def _check_days(lease: Lease, left_on: date, entered_on: date | None) -> None:
    if left_on > clock.today():
        raise Refused("La sortie se note une fois faite, pas à l’avance.", "Revenez ce jour-là.")
    if lease.during.lower and left_on < lease.during.lower:
        raise Refused("La sortie est avant l’entrée dans les lieux.", "Corrigez la date.")
    if entered_on is not None and lease.during.lower and entered_on < lease.during.lower:
        raise Refused("L’entrée dans le nouveau lieu est avant celle dans l’ancien.", "Corrigez la date.")


async def _end_lease(db: AsyncSession, lease: Lease, left_on: date) -> None:
    """The title ends the day after the last day in the place; an early exit gives the remaining days back to the lot."""
    first_out = date.fromordinal(left_on.toordinal() + 1)
    lease.ended_on, lease.end_reason = first_out, "exit"
    if lease.occupancy_id and lease.during.upper and first_out < lease.during.upper:
        await occupancies.release(db, lease.occupancy_id, first_out)


async def _mark_exit(db: AsyncSession, actor: Actor, path: RelocationPath) -> None:
    step = (
        await db.execute(select(RelocationStep).where(RelocationStep.path_id == path.id, RelocationStep.kind == "exit"))
    ).scalar_one()
    step.done_at, step.done_by_id, step.note = clock.now(), actor.user_id, "Sortie complète"


async def chain_of(db: AsyncSession, path: RelocationPath) -> str:
    """The same journal chain as the title: its call's, or its landlord's."""
    found = await db.execute(
        select(Call)
        .join(Award, Award.call_id == Call.id)
        .join(Lease, Lease.award_id == Award.id)
        .where(Lease.id == path.lease_id)
    )
    call = found.scalar_one_or_none()
    return call.chain if call else f"organisation:{path.landlord_id}"


async def record(db: AsyncSession, actor: Actor, path: RelocationPath, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=await chain_of(db, path), action=action, subject=f"relocation:{path.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=path.landlord_id,
    )  # fmt: skip
