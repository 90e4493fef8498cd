"""Visits of a call: plan the hours, book a place, give it up, mark who came.

Places are counted under the lock of the slot's row, so that two structures never take the last one together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, meeting_mails, workflow
from calls.drafts import lock
from calls.duty import Visit
from calls.meeting_models import VisitBooking, VisitSlot
from calls.models import Application, ApplicationMember, Call, CallLot, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.i18n import _, instant, ngettext
from premises.models import Lot, Premises


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot as a page shows it. `bookings` is empty for who does not run the call."""

    slot: VisitSlot
    place: str
    taken: int
    mine: VisitBooking | None
    bookings: list[Row[VisitBooking, Organisation]] = field(default_factory=list)

    @property
    def left(self) -> int:
        return max(self.slot.capacity - self.taken, 0)

    @property
    def past(self) -> bool:
        return self.slot.starts_at <= clock.now()


async def places_of(db: AsyncSession, call: Call, version: CallVersion) -> dict[int, str]:
    """Premises of the call's lots by id, in the order of their names."""
    rows = await db.execute(
        select(Premises.id, Premises.name)
        .join(Lot, Lot.premises_id == Premises.id)
        .join(CallLot, CallLot.lot_id == Lot.id)
        .where(CallLot.version_id == version.id)
        .distinct()
        .order_by(Premises.name, Premises.id)
    )
    return {row.id: row.name for row in rows}


async def shown(db: AsyncSession, actor: Actor, call: Call) -> list[SlotView]:
    """Every slot that stands, in order of hour; three queries."""
    rows = await db.execute(
        select(VisitSlot, Premises.name)
        .outerjoin(Premises, Premises.id == VisitSlot.premises_id)
        .where(VisitSlot.call_id == call.id, VisitSlot.cancelled_at.is_(None))
        .order_by(VisitSlot.starts_at, VisitSlot.id)
    )
    slots = list(rows)
    found = await db.execute(
        select(VisitBooking, Organisation)
        .join(Organisation, Organisation.id == VisitBooking.organisation_id)
        .where(VisitBooking.slot_id.in_([slot.id for slot, _name in slots]), VisitBooking.cancelled_at.is_(None))
        .order_by(Organisation.name)
    )
    by_slot: dict[int, list[Row[VisitBooking, Organisation]]] = {}
    for row in found:
        by_slot.setdefault(row[0].slot_id, []).append(row)
    own, staff = actor.organisations(scope="calls"), POLICY.can(actor, "calls.follow", call)
    return [
        SlotView(
            slot, name or "", sum(b.people for b, _o in by_slot.get(slot.id, [])),
            next((b for b, _o in by_slot.get(slot.id, []) if b.organisation_id in own), None),
            by_slot.get(slot.id, []) if staff else [],
        )
        for slot, name in slots
    ]  # fmt: skip


async def plan(
    db: AsyncSession, actor: Actor, call: Call, *, starts_at: datetime, ends_at: datetime, capacity: int,
    premises_id: int | None = None, meeting_point: str = "",
) -> VisitSlot:  # fmt: skip
    """Add an hour at which the place can be seen; on an open call every applicant is told, none before the others."""
    POLICY.check(actor, "visits.plan", call)
    call = await lock(db, call)
    POLICY.check(actor, "visits.plan", call)
    if starts_at <= clock.now():
        raise Refused(_("Cette visite serait déjà passée."), _("Choisissez une heure à venir."))
    if call.closes_at and starts_at >= call.closes_at:
        raise Refused(
            _("Cette visite viendrait après la clôture, le %(at)s.", at=instant(call.closes_at)),
            _("Avancez la visite, ou prolongez d’abord l’appel."),
        )
    slot = VisitSlot(
        call_id=call.id, premises_id=premises_id, starts_at=starts_at, ends_at=ends_at, capacity=capacity,
        meeting_point=meeting_point, created_by_id=actor.user_id, created_at=clock.now(),
    )  # fmt: skip
    db.add(slot)
    await db.flush()
    told = await meeting_mails.visit_added(db, call, slot) if call.stage() == "open" else 0
    await _record(
        db, actor, call, "visits.plan", slot, {"at": content.plain(starts_at), "places": capacity, "told": told}
    )
    return slot


async def cancel(db: AsyncSession, actor: Actor, call: Call, slot_id: int) -> VisitSlot:
    """Take an hour away; those who had booked are told. Cancelling twice changes nothing."""
    POLICY.check(actor, "visits.plan", call)
    slot = await _locked(db, call, slot_id)
    if slot.cancelled_at:
        return slot
    if slot.starts_at <= clock.now():
        raise Refused(_("Cette visite a déjà eu lieu."), _("Notez plutôt qui est venu."))
    slot.cancelled_at = clock.now()
    found = await db.execute(
        select(VisitBooking.organisation_id).where(VisitBooking.slot_id == slot.id, VisitBooking.cancelled_at.is_(None))
    )
    told = await meeting_mails.visit_cancelled(db, call, slot, list(found.scalars()))
    await _record(db, actor, call, "visits.cancel", slot, {"told": told})
    return slot


async def book(
    db: AsyncSession, actor: Actor, call: Call, slot_id: int, *, organisation_id: int, people: int
) -> VisitBooking:
    """Take places in a visit, or change how many. The same request twice has one effect.

    Raises Refused when the call is not open, the visit has begun, or the places are taken.
    """
    POLICY.check(actor, "visits.book")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas inscrire cette structure.")
    slot = await _locked(db, call, slot_id)
    if slot.cancelled_at:
        raise Refused(_("Cette visite est annulée."), _("Choisissez un autre créneau."))
    if workflow.call_state(call, clock.now()) != "open" or slot.starts_at <= clock.now():
        raise Refused(_("On ne s’inscrit plus à cette visite."), _("Choisissez un créneau à venir."))
    taken = select(func.coalesce(func.sum(VisitBooking.people), 0)).where(
        VisitBooking.slot_id == slot.id,
        VisitBooking.cancelled_at.is_(None),
        VisitBooking.organisation_id != organisation_id,
    )
    left = slot.capacity - (await db.execute(taken)).scalar_one()
    if people > left:
        raise Refused(
            ngettext("Il reste %(n)s place à cette visite.", "Il reste %(n)s places à cette visite.", left)
            if left > 0
            else _("Cette visite est complète."),
            _("Venez moins nombreux, ou choisissez un autre créneau."),
        )
    mine = select(VisitBooking).where(VisitBooking.slot_id == slot.id, VisitBooking.organisation_id == organisation_id)
    booking = (await db.execute(mine)).scalar_one_or_none()
    if booking and booking.cancelled_at is None and booking.people == people:
        return booking
    booking = booking or VisitBooking(slot_id=slot.id, organisation_id=organisation_id)
    booking.people, booking.person_id = people, actor.user_id
    booking.booked_at, booking.cancelled_at = clock.now(), None
    db.add(booking)
    await db.flush()
    await meeting_mails.visit_booked(db, call, slot, booking)
    await _record(db, actor, call, "visits.book", slot, {"organisation": organisation_id, "people": people})
    return booking


async def give_up(db: AsyncSession, actor: Actor, call: Call, slot_id: int, *, organisation_id: int) -> None:
    """Free one's places before the visit, for others. Twice changes nothing."""
    POLICY.check(actor, "visits.book")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas désinscrire cette structure.")
    slot = await _locked(db, call, slot_id)
    mine = select(VisitBooking).where(
        VisitBooking.slot_id == slot.id,
        VisitBooking.organisation_id == organisation_id,
        VisitBooking.cancelled_at.is_(None),
    )
    booking = (await db.execute(mine)).scalar_one_or_none()
    if booking is None:
        return
    if slot.starts_at <= clock.now():
        raise Refused(_("Cette visite a déjà commencé."), _("L’organisateur notera qui est venu."))
    booking.cancelled_at = clock.now()
    await db.flush()
    await _record(db, actor, call, "visits.give_up", slot, {"organisation": organisation_id})


async def mark(
    db: AsyncSession, actor: Actor, call: Call, slot_id: int, attended: Mapping[int, bool | None]
) -> VisitSlot:
    """Who came (organisation id -> yes, no, or not said), once the visit has begun; a mistake is marked anew."""
    POLICY.check(actor, "visits.mark", call)
    slot = await _locked(db, call, slot_id)
    POLICY.check(actor, "visits.mark", call)
    if slot.starts_at > clock.now():
        raise Refused(_("Cette visite n’a pas encore eu lieu."), _("Notez les présences une fois qu’elle a commencé."))
    found = await db.execute(
        select(VisitBooking).where(VisitBooking.slot_id == slot.id, VisitBooking.cancelled_at.is_(None))
    )
    changed = {}
    for booking in found.scalars():
        said = attended.get(booking.organisation_id, booking.attended)
        if said != booking.attended:
            booking.attended, booking.marked_at = said, None if said is None else clock.now()
            changed[str(booking.organisation_id)] = said
    await db.flush()
    if changed:
        await _record(db, actor, call, "visits.mark", slot, {"attended": changed})
    return slot


async def _locked(db: AsyncSession, call: Call, slot_id: int) -> VisitSlot:
    found = await db.execute(
        select(VisitSlot)
        .where(VisitSlot.id == slot_id, VisitSlot.call_id == call.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    slot = found.scalar_one_or_none()
    if slot is None:
        raise NotFound
    return slot


async def visits_of(db: AsyncSession, application: Application) -> list[Visit]:
    """Visits of the lead and of its partners: one of them has seen the place for all."""
    group = or_(
        VisitBooking.organisation_id == application.organisation_id,
        VisitBooking.organisation_id.in_(
            select(ApplicationMember.organisation_id).where(
                ApplicationMember.application_id == application.id, ApplicationMember.left_at.is_(None)
            )
        ),
    )
    rows = await db.execute(
        select(VisitSlot.premises_id, VisitSlot.starts_at, VisitBooking.attended)
        .join(VisitBooking, VisitBooking.slot_id == VisitSlot.id)
        .where(
            VisitSlot.call_id == application.call_id,
            VisitSlot.cancelled_at.is_(None),
            VisitBooking.cancelled_at.is_(None),
            group,
        )
    )
    return [Visit(*row) for row in rows]


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, slot: VisitSlot, facts: dict[str, Any]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"visit:{slot.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
