"""Verbs on the offer of a seat: invite, accept, decline, remind, withdraw.

Nobody sits without having said yes. The link of the mail holds no secret: the page it leads to opens to the person the
offer is for, signed in, and only its buttons act.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import mails, panels
from allocation.selection.models import Panel, Seat, SeatInvitation
from allocation.selection.panels import SeatTerms, open_to_changes, record
from allocation.selection.queries import invitations_to
from calls.models import Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _

LASTS = timedelta(days=21)


async def invite(db: AsyncSession, actor: Actor, call: Call, email: str, terms: SeatTerms) -> Seat | SeatInvitation:
    """Offer a seat to the person of this address, with an account or not. Who writes their own address sits at once."""
    POLICY.check(actor, "panel.compose", call)
    panel, address = await open_to_changes(db, call), email.strip()
    found = await db.execute(
        select(User.id).where(func.lower(User.email) == address.lower(), User.disabled_at.is_(None))
    )
    user_id = found.scalar_one_or_none()
    await _free(db, panel, address, user_id, terms)
    if user_id is not None and user_id == actor.user_id:
        taken = await panels.take_seat(db, panel, user_id, terms)
        await record(db, actor, call, "panel.seat", f"seat:{taken.id}", _facts(terms, user_id))
        return taken
    made = SeatInvitation(
        panel_id=panel.id, email=address, user_id=user_id, college=terms.college, chair=terms.chair,
        secretary=terms.secretary, voting=terms.voting,
        alternate_of_id=await panels.principal(db, panel, terms.alternate_of_id),
        created_at=clock.now(), created_by_id=actor.user_id, expires_at=_until(panel),
    )  # fmt: skip
    db.add(made)
    await db.flush()
    await record(db, actor, call, "panel.invite", f"seat_invitation:{made.id}", _facts(terms, user_id))
    await mails.invited(db, call, panel, made)
    return made


async def accept(db: AsyncSession, actor: Actor, invitation_id: int) -> Call:
    """Take the seat that is offered, as long as the panel may still change."""
    POLICY.check(actor, "panel.accept")
    call, panel, offer = await _offer_to(db, actor, invitation_id)
    if call.stage() not in {"draft", "open", "closed"} or panel.scoring_closed_at:
        raise Refused(_("La notation est close : la composition de la commission ne change plus."))
    if offer.chair and await _presided(db, panel):
        raise Refused(
            _("La présidence de cette commission est déjà tenue."),
            _("Demandez un autre siège au service organisateur."),
        )
    terms = SeatTerms(offer.college, offer.chair, offer.secretary, offer.voting, offer.alternate_of_id)
    assert actor.user_id is not None
    taken = await panels.take_seat(db, panel, actor.user_id, terms)
    offer.accepted_at = clock.now()
    await record(db, actor, call, "panel.accept", f"seat:{taken.id}", _facts(terms, actor.user_id))
    return call


async def decline(db: AsyncSession, actor: Actor, invitation_id: int, reason: str) -> Call:
    """Say no, with a reason or without. Whoever invited is told."""
    POLICY.check(actor, "panel.decline")
    call, panel, offer = await _offer_to(db, actor, invitation_id)
    offer.declined_at, offer.decline_reason = clock.now(), reason.strip()
    await record(
        db, actor, call, "panel.decline", f"seat_invitation:{offer.id}", {"panel": panel.id, "reason": offer.decline_reason}
    )  # fmt: skip
    await mails.declined(db, call, offer, actor.name)
    return call


async def remind(db: AsyncSession, actor: Actor, call: Call, invitation_id: int) -> SeatInvitation:
    """Write again, at most once a day, and give the person as long again; an offer that lapsed stands again."""
    panel, offer = await _pending(db, actor, call, invitation_id)
    sent = offer.reminded_at or offer.created_at
    if sent.astimezone(clock.PARIS).date() == clock.today():
        raise Refused(_("Un message est déjà parti aujourd’hui à cette personne."), _("Relancez-la demain."))
    offer.reminded_at, offer.expires_at = clock.now(), _until(panel)
    await record(db, actor, call, "panel.remind", f"seat_invitation:{offer.id}", {})
    await mails.invited(db, call, panel, offer)
    return offer


async def revoke(db: AsyncSession, actor: Actor, call: Call, invitation_id: int) -> None:
    """Withdraw an offer that nobody answered."""
    _panel, offer = await _pending(db, actor, call, invitation_id)
    offer.revoked_at = clock.now()
    await record(db, actor, call, "panel.revoke", f"seat_invitation:{offer.id}", {})


async def _free(db: AsyncSession, panel: Panel, address: str, user_id: int | None, terms: SeatTerms) -> None:
    """Nobody is offered a second seat, and one person at most is offered the chair."""
    seats = select(Seat.id).where(Seat.panel_id == panel.id, Seat.left_at.is_(None), Seat.user_id == user_id)
    if user_id is not None and (await db.execute(seats)).first():
        raise Refused(_("Cette personne siège déjà dans la commission."))
    offers = select(SeatInvitation.id).where(
        SeatInvitation.panel_id == panel.id, SeatInvitation.accepted_at.is_(None),
        SeatInvitation.declined_at.is_(None), SeatInvitation.revoked_at.is_(None),
    )  # fmt: skip
    same = func.lower(SeatInvitation.email) == address.lower()
    if user_id is not None:
        same = or_(same, SeatInvitation.user_id == user_id)
    if (await db.execute(offers.where(same))).first():
        raise Refused(_("Cette personne est déjà invitée : relancez-la, ou retirez l’invitation."))
    if terms.chair and (
        await _presided(db, panel) or (await db.execute(offers.where(SeatInvitation.chair.is_(True)))).first()
    ):
        raise Refused(_("La présidence est déjà tenue, ou proposée à quelqu’un : retirez d’abord ce siège."))


async def _presided(db: AsyncSession, panel: Panel) -> bool:
    held = select(Seat.id).where(Seat.panel_id == panel.id, Seat.left_at.is_(None), Seat.chair.is_(True))
    return (await db.execute(held)).first() is not None


async def _offer_to(db: AsyncSession, actor: Actor, invitation_id: int) -> tuple[Call, Panel, SeatInvitation]:
    """This person's offer, on fresh, locked rows (the panel first, as everywhere); refused once answered or lapsed."""
    found = await db.execute(invitations_to(actor).where(SeatInvitation.id == invitation_id))
    row = found.one_or_none()
    if row is None:
        raise no_offer()
    call = row[1]
    panel = await panels.locked(db, call)
    offer = await _locked(db, invitation_id)
    assert panel is not None
    assert offer is not None
    if offer.accepted_at or offer.declined_at:
        raise Refused(_("Vous avez déjà répondu à cette invitation."))
    if offer.revoked_at:
        raise Refused(_("Le service organisateur a retiré cette invitation."))
    if offer.expires_at <= clock.now():
        raise Refused(_("Cette invitation a expiré."), _("Demandez au service organisateur de vous relancer."))
    return call, panel, offer


def no_offer() -> NotFound:
    """The same whether the offer is somebody else's, answered long ago, or was never made."""
    return NotFound(
        _("Aucune invitation ne vous attend ici : elle vise peut-être une autre adresse que celle de votre compte."),
        _("Connectez-vous avec l’adresse qui a reçu le message, ou demandez à être invité à celle de votre compte."),
    )


async def _pending(db: AsyncSession, actor: Actor, call: Call, invitation_id: int) -> tuple[Panel, SeatInvitation]:
    POLICY.check(actor, "panel.compose", call)
    panel = await open_to_changes(db, call)
    offer = await _locked(db, invitation_id)
    if offer is None or offer.panel_id != panel.id:
        raise NotFound
    if offer.accepted_at or offer.declined_at or offer.revoked_at:
        raise Refused(_("Cette invitation n’est plus en attente."))
    return panel, offer


async def _locked(db: AsyncSession, invitation_id: int) -> SeatInvitation | None:
    found = await db.execute(
        select(SeatInvitation)
        .where(SeatInvitation.id == invitation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


def _until(panel: Panel) -> datetime:
    """Three weeks, or the panel's meeting when it comes before."""
    now = clock.now()
    return min(now + LASTS, panel.meets_at) if panel.meets_at and panel.meets_at > now else now + LASTS


def _facts(terms: SeatTerms, user_id: int | None) -> dict[str, object]:
    return {"college": terms.college, "chair": terms.chair, "voting": terms.voting, "user": user_id}
