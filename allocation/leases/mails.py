"""Letters of titles. Written in the transaction of the act; they leave after the commit, once."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.gathering import Dossier
from intervalle import later, mail
from intervalle.accounts.models import Membership, User
from intervalle.accounts.policy import WRITE
from intervalle.outbox import StoredFile
from intervalle.settings import settings
from premises.facts import TitleCode


async def people_of(db: AsyncSession, organisation_id: int) -> Sequence[User]:
    """Members who act for an organisation, in a stable order; accounts that were closed get nothing."""
    rows = await db.execute(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == organisation_id, Membership.ended_at.is_(None), Membership.role.in_(WRITE),
            User.disabled_at.is_(None),
        )
        .order_by(User.id)
    )  # fmt: skip
    return rows.scalars().unique().all()


async def signed(db: AsyncSession, dossier: Dossier, document: StoredFile) -> None:
    """Tell both parties, with the printed text attached and its hash in the letter."""
    lease, file = dossier.lease, dossier.file
    parties = [file.landlord.id, file.tenant.id, *([dossier.manager.id] if dossier.manager else [])]
    place = f"{file.premises.name}, lot {file.lot.label}"
    text = later._(
        "Bonjour,\n\nLe titre « %(title)s » entre %(landlord)s et %(tenant)s est signé.\nLieu : %(place)s.\nOccupation %(days)s.\n"
        "Loyer : %(rent)s par an ; charges : %(charges)s par an.\n\n"
        "Le texte signé est joint. Son empreinte SHA-256, qui permet de vérifier qu’il n’a pas changé :\n%(hash)s\n\n"
        "Avant la remise des clés : l’attestation d’assurance de l’occupant, et l’état des lieux d’entrée.\n"
        "Un parcours de relogement est ouvert dès aujourd’hui, avec ses échéances.\n\n%(url)s\n",
        title=later._(TitleCode(lease.title).label), landlord=file.landlord.name, tenant=file.tenant.name, place=place,
        days=later.span(lease.during.lower, lease.during.upper), rent=later.money(lease.rent_cents_year),
        charges=later.money(lease.charges_cents_year), hash=document.sha256.hex(), url=f"{settings().base_url}/titres/{lease.id}",
    )  # fmt: skip
    for organisation_id in dict.fromkeys(parties):
        for person in await people_of(db, organisation_id):
            await mail.post(
                db, to=person.email, subject=later._("Titre signé : %(place)s", place=place), text=text, kind="lease_signed",
                dedupe=f"lease_signed:{lease.id}:{person.id}", user_id=person.id, attachment_id=document.id,
                about=f"lease:{lease.id}",
            )  # fmt: skip
