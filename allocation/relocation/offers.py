"""Verbs on offers: propose a lot to the occupant, answer."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.mails import people_of
from allocation.relocation.matching import offered
from allocation.relocation.models import RelocationOffer, RelocationPath
from allocation.relocation.paths import locked, record
from allocation.relocation.suggestions import Suggestion
from intervalle import clock, later, mail
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.settings import settings


async def make(
    db: AsyncSession, actor: Actor, path: RelocationPath, suggestion: Suggestion, *, monthly_cents: int | None,
    available_on: date | None, area: Decimal | None = None, terms: str = "",
) -> RelocationOffer:  # fmt: skip
    """Propose a lot. Whether it counts (REL-03) is decided now, with the reasons, and never rewritten."""
    POLICY.check(actor, "relocation.act", path)
    fresh = await locked(db, path)
    POLICY.check(actor, "relocation.act", fresh)
    waiting = await db.execute(
        select(RelocationOffer).where(
            RelocationOffer.path_id == path.id,
            RelocationOffer.lot_id == suggestion.lot.id,
            RelocationOffer.answer.is_(None),
        )
    )
    if waiting.scalars().first():
        raise Refused("Ce lot est déjà proposé et attend une réponse.", "Attendez la réponse de la structure.")
    met = offered(
        suggestion.wanted, suggestion.candidate, area=area or suggestion.match.area, monthly_cents=monthly_cents,
        available_on=available_on,
    )  # fmt: skip
    offer = RelocationOffer(
        path_id=path.id, lot_id=suggestion.lot.id, offered_at=clock.now(), offered_by_id=actor.user_id,
        area=met.area, monthly_cents=monthly_cents, available_on=available_on,
        distance_m=suggestion.candidate.distance_m, counts=met.fits, why_not=" ".join(met.reasons_fr), terms=terms,
    )  # fmt: skip
    db.add(offer)
    await db.flush()
    await record(db, actor, fresh, "relocation.offer", {"offer": offer.id, "lot": offer.lot_id, "counts": offer.counts})
    await _tell(db, fresh, offer, suggestion)
    return offer


async def _tell(db: AsyncSession, path: RelocationPath, offer: RelocationOffer, suggestion: Suggestion) -> None:
    place = f"{suggestion.premises.name}, lot {suggestion.lot.label}"
    price = (
        later._("%(price)s par mois", price=later.money(offer.monthly_cents))
        if offer.monthly_cents is not None
        else later._("à convenir")
    )
    text = later._(
        "Bonjour,\n\nUn local vous est proposé pour la suite de votre occupation.\n\nLieu : %(place)s, %(address)s.\n"
        "Surface : %(area)s. Loyer et charges : %(price)s.\n",
        place=place, address=suggestion.premises.address, area=later.area(offer.area), price=price,
    )  # fmt: skip
    if offer.available_on:
        text += later._("Disponible le %(day)s.", day=later.day(offer.available_on)) + "\n"
    if offer.terms:
        text += f"{offer.terms}\n"
    text += later._("\nRépondez depuis votre parcours :\n%(url)s\n", url=f"{settings().base_url}/relogement/{path.id}")
    for person in await people_of(db, path.organisation_id):
        await mail.post(
            db, to=person.email, subject=later._("Un local vous est proposé : %(place)s", place=place), text=text,
            kind="relocation_offer", dedupe=f"relocation_offer:{offer.id}:{person.id}", user_id=person.id,
            about=f"relocation:{path.id}",
        )  # fmt: skip


async def _tell_landlord(db: AsyncSession, path: RelocationPath, offer: RelocationOffer) -> None:
    """Whoever made the offer learns the answer, and the reason of a refusal."""
    structure = await db.get_one(Organisation, path.organisation_id)
    said = (
        later._("%(name)s accepte le local que vous lui avez proposé.", name=structure.name)
        if offer.answer == "accepted"
        else later._("%(name)s décline le local que vous lui avez proposé. Motif : %(reason)s", name=structure.name, reason=offer.answer_reason)
    )  # fmt: skip
    subject = later._("Relogement de %(name)s : réponse à votre proposition", name=structure.name)
    people = {person.id: person for one in sorted(path.parties()["landlord"]) for person in await people_of(db, one)}
    for person in people.values():
        await mail.post(
            db, to=person.email, subject=subject, text=said + f"\n\n{settings().base_url}/relogement/{path.id}\n",
            kind="relocation_answer", dedupe=f"relocation_answer:{offer.id}:{person.id}", user_id=person.id,
            about=f"relocation:{path.id}",
        )  # fmt: skip


async def answer(
    db: AsyncSession, actor: Actor, path: RelocationPath, *, offer_id: int, accepted: bool, reason: str = ""
) -> RelocationOffer:
    """The structure accepts or declines, with its reason. Answered once."""
    POLICY.check(actor, "relocation.answer", path)
    fresh = await locked(db, path)
    POLICY.check(actor, "relocation.answer", fresh)
    offer = (
        await db.execute(
            select(RelocationOffer)
            .where(RelocationOffer.id == offer_id, RelocationOffer.path_id == path.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if offer is None:
        raise NotFound
    if offer.answer is not None:
        raise Refused("Une réponse est déjà donnée à cette proposition.", "Rechargez la page.")
    if not accepted and not reason.strip():
        raise Refused("Dites pourquoi ce local ne convient pas.", "La raison aide à mieux chercher.")
    offer.answer, offer.answer_reason, offer.answered_at = (
        "accepted" if accepted else "declined", reason.strip(), clock.now(),
    )  # fmt: skip
    await db.flush()
    await record(db, actor, fresh, "relocation.answer", {"offer": offer.id, "answer": offer.answer})
    await _tell_landlord(db, fresh, offer)
    return offer
