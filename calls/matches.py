"""What comes of a match: found, told in batches, seen, answered; and an owner asking to speak to a structure.

Each step is a dated fact, so that silence can be read as well as answers. A mail never names the owner's private facts
nor the structure's to the other side before both agree.
"""

import functools
import operator
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calls import mails
from calls.need_models import Need, NeedContact, NeedMatch
from intervalle import clock, journal, later
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import _
from premises.models import Lot, Premises

BATCH = timedelta(hours=6)  # one mail per structure in this time, whatever the number of new places
REASONS = ("place", "price", "area", "condition", "dates", "other")


async def tell(db: AsyncSession) -> int:
    """One mail per structure for all its new matches; none while its last one is less than six hours old."""
    recent = (
        select(Need.organisation_id)
        .join(NeedMatch, NeedMatch.need_id == Need.id)
        .where(NeedMatch.told_at > clock.now() - BATCH)
    )
    rows = await db.execute(
        select(NeedMatch, Need, Lot, Premises)
        .join(Need, Need.id == NeedMatch.need_id)
        .join(Lot, Lot.id == NeedMatch.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(NeedMatch.told_at.is_(None), Need.closed_at.is_(None), Need.organisation_id.not_in(recent))
        .order_by(Need.organisation_id, NeedMatch.id)
        .with_for_update(of=NeedMatch, skip_locked=True)
    )
    batches: dict[int, list[tuple[NeedMatch, Need, Lot, Premises]]] = {}
    for match, need, lot, premises in rows:
        batches.setdefault(need.organisation_id, []).append((match, need, lot, premises))
    for organisation_id, batch in batches.items():
        await _tell_one(db, organisation_id, batch)
    return len(batches)


async def _tell_one(db: AsyncSession, organisation_id: int, batch: list[tuple[NeedMatch, Need, Lot, Premises]]) -> None:
    lines = [
        later._("- %(lot)s, %(place)s, %(area)s : pour « %(need)s »\n  %(link)s", lot=lot.name, place=premises.name,
          area=later.area(lot.area), need=need.title, link=mails.address(f"/besoins/{need.id}")) + "\n"
        for _match, need, lot, premises in batch
    ]  # fmt: skip
    await mails.tell(
        db, [organisation_id], kind="needs.matched", dedupe=f"need-matched:{max(m.id for m, *_rest in batch)}",
        subject=later._("Des locaux correspondent à ce que vous cherchez"),
        text=later._("Ces locaux correspondent à vos besoins. Dites s’ils vous intéressent, ou pourquoi non : la réponse sert aux suivants.")
        + "\n\n" + functools.reduce(operator.add, lines),
    )  # fmt: skip
    now = clock.now()
    await db.execute(update(NeedMatch).where(NeedMatch.id.in_([m.id for m, *_rest in batch])).values(told_at=now))


async def see(db: AsyncSession, actor: Actor, need: Need) -> None:
    """The structure has opened the page of its need: the first time is kept for each match."""
    POLICY.check(actor, "needs.edit", need)
    await db.execute(
        update(NeedMatch).where(NeedMatch.need_id == need.id, NeedMatch.seen_at.is_(None)).values(seen_at=clock.now())
    )


async def answer(
    db: AsyncSession, actor: Actor, need: Need, *, lot: Lot, interested: bool, reason: str = ""
) -> NeedMatch:
    """Interested, or not and why; one may change one's mind, the last answer stands. The same answer twice changes nothing."""
    POLICY.check(actor, "needs.edit", need)
    if not interested and reason not in REASONS:
        raise Refused(_("Dites pourquoi ce local ne convient pas."), _("Choisissez une raison dans la liste."))
    now = clock.now()
    await db.execute(insert(NeedMatch).values(need_id=need.id, lot_id=lot.id, found_at=now).on_conflict_do_nothing())
    match = (
        await db.execute(
            select(NeedMatch)
            .where(NeedMatch.need_id == need.id, NeedMatch.lot_id == lot.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    if (
        (match.interested_at is not None) == interested
        and (match.declined_at is not None) != interested
        and match.reason == reason
    ):
        return match
    match.interested_at, match.declined_at = (now, None) if interested else (None, now)
    match.reason, match.seen_at = reason, match.seen_at or now
    await db.flush()
    action = "needs.interested" if interested else "needs.not_interested"
    await _record(db, actor, need, action, {"lot": lot.id, "reason": reason})
    if interested:
        await _tell_owner(db, match, need, lot)
    return match


async def _tell_owner(db: AsyncSession, match: NeedMatch, need: Need, lot: Lot) -> None:
    """The owner learns that a structure is interested, by its name: it has just said so itself."""
    premises = (await db.execute(select(Premises).where(Premises.id == lot.premises_id))).scalar_one()
    structure = (await db.execute(select(Organisation).where(Organisation.id == need.organisation_id))).scalar_one()
    await mails.tell(
        db, sorted(premises.parties()["owner"]), kind="needs.interested", dedupe=f"need-interested:{match.id}",
        subject=later._("Une structure s’intéresse à %(place)s", place=premises.name),
        text=later._(
            "%(structure)s cherche « %(need)s » et s’intéresse au lot %(lot)s.\n\n%(link)s\n",
            structure=structure.name, need=need.title, lot=lot.name, link=mails.address(f"/locaux/{premises.id}/besoins"),
        ),
    )  # fmt: skip


async def ask_contact(db: AsyncSession, actor: Actor, need: Need, *, organisation_id: int, message: str) -> NeedContact:
    """An owner asks to speak to the structure behind a need. Asked once; names wait for its answer."""
    POLICY.check(actor, "needs.contact")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas écrire au nom de cette organisation.")
    if need.closed_at is not None:
        raise Refused(_("Cette structure ne cherche plus."), _("Choisissez un autre besoin."))
    written = await db.execute(
        insert(NeedContact)
        .values(
            need_id=need.id,
            organisation_id=organisation_id,
            message=message,
            asked_at=clock.now(),
            asked_by_id=actor.user_id,
        )
        .on_conflict_do_nothing()
        .returning(NeedContact.id)
    )
    new = written.scalar_one_or_none()
    contact = (
        await db.execute(
            select(NeedContact).where(NeedContact.need_id == need.id, NeedContact.organisation_id == organisation_id)
        )
    ).scalar_one()
    if new is None:
        return contact
    owner = (await db.execute(select(Organisation).where(Organisation.id == organisation_id))).scalar_one()
    await mails.tell(
        db, [need.organisation_id], kind="needs.contact_asked", dedupe=f"need-contact:{contact.id}",
        subject=later._("%(owner)s voudrait vous parler de votre recherche", owner=owner.name),
        text=later._(
            "%(owner)s a lu votre besoin « %(need)s » sans connaître votre nom, et vous écrit :\n\n%(words)s\n\n"
            "Si vous acceptez, vos coordonnées lui seront montrées : %(link)s\n",
            owner=owner.name, need=need.title, words=message, link=mails.address(f"/besoins/{need.id}"),
        ),
    )  # fmt: skip
    await _record(db, actor, need, "needs.contact_asked", {"owner": organisation_id})
    return contact


async def answer_contact(
    db: AsyncSession, actor: Actor, need: Need, *, contact_id: int, accepts: bool
) -> NeedContact | None:
    """The structure shows itself, or not; answered once."""
    POLICY.check(actor, "needs.edit", need)
    found = await db.execute(
        select(NeedContact)
        .where(NeedContact.id == contact_id, NeedContact.need_id == need.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    contact = found.scalar_one_or_none()
    if contact is None or contact.accepted_at or contact.declined_at:
        return contact
    if accepts:
        contact.accepted_at = clock.now()
    else:
        contact.declined_at = clock.now()
    await db.flush()
    await _record(db, actor, need, "needs.contact_answered", {"contact": contact.id, "accepted": accepts})
    # Its own words stay its own until it accepts: a title can name a structure.
    said = (
        later._("La structure qui cherche « %(need)s » a accepté : ses coordonnées sont sur la page.", need=need.title)
        if accepts
        else later._("Une structure à qui vous avez écrit ne souhaite pas donner suite.")
    )
    await mails.tell(
        db, [contact.organisation_id], kind="needs.contact_answered", dedupe=f"need-contact-answer:{contact.id}",
        subject=later._("Réponse à votre message"),
        text=said + "\n\n" + mails.address(f"/besoins/{contact.from_need_id or 'demande'}") + "\n",
    )  # fmt: skip
    return contact


async def _record(db: AsyncSession, actor: Actor, need: Need, action: str, facts: Mapping[str, object]) -> None:
    await journal.record(
        db, chain=f"organisation:{need.organisation_id}", action=action, subject=f"need:{need.id}", actor_id=actor.user_id,
        organisation_id=need.organisation_id, facts=dict(facts),
    )  # fmt: skip
