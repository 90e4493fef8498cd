"""/commissions/invitation/…: a seat that is offered, accepted or declined by a button; reminders and withdrawals."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, invitations, queries
from allocation.selection.invitation_states import for_invited, state_of
from allocation.selection.models import SeatInvitation
from allocation.selection.words import COLLEGES, place_code, place_of
from calls.queries import current_version
from intervalle import clock
from intervalle.accounts.models import Organisation, User
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, page, redirect

REASON_LIMIT = 500


@get("/commissions/invitation/{invitation_id:int}", policy="panel.accept")
async def invitation(request: Request, db: Db, invitation_id: Id) -> Response[str]:
    """The offer, to the person it is for. Reading it answers nothing."""
    wanted = queries.invitations_to(actor_of(request)).where(SeatInvitation.id == invitation_id)
    row = (await db.execute(wanted)).one_or_none()
    if row is None:
        raise invitations.no_offer()
    offer, call, panel = row
    closed = panel.scoring_closed_at is not None or call.stage() not in {"draft", "open", "closed"}
    state = state_of(offer, clock.now())
    version = (await db.execute(current_version(call.id))).scalar_one_or_none()
    return page(
        request, "selection/invitation.html", offer=offer, call=call, panel=panel, state=state, closed=closed,
        sentence=for_invited(state, offer.expires_at), college=_(COLLEGES[offer.college]), place=place_of(offer),
        code=place_code(offer), limit=REASON_LIMIT, decision_on=version.decision_on if version else None,
        **await _names(db, offer, call.organiser_id),
    )  # fmt: skip


async def _names(db: Db, offer: SeatInvitation, organiser_id: int) -> dict[str, Any]:
    """Who runs the call, who invites, and whom an alternate would stand for."""
    organiser = await db.execute(select(Organisation.name).where(Organisation.id == organiser_id))
    host = await db.execute(select(User.name).where(User.id == offer.created_by_id))
    principal = await db.execute(queries.holder_of(offer.alternate_of_id or 0))
    return {
        "organiser": organiser.scalar_one(),
        "host": host.scalar_one(),
        "principal": principal.scalar_one_or_none(),
    }


@post("/commissions/invitation/{invitation_id:int}/accord", policy="panel.accept")
async def accept(request: Request, db: Db, invitation_id: Id) -> Response[None]:
    call = await invitations.accept(db, actor_of(request), invitation_id)
    return redirect(f"/commissions/{call.id}", flash=_("Vous siégez à cette commission."))


@post("/commissions/invitation/{invitation_id:int}/refus", policy="panel.decline")
async def decline(request: Request, db: Db, invitation_id: Id) -> Response[None]:
    reason = str((await form_data(request)).get("reason", ""))[:REASON_LIMIT]
    await invitations.decline(db, actor_of(request), invitation_id, reason)
    return redirect("/commissions", flash=_("Siège décliné ; le service organisateur est prévenu."))


async def _back(request: Request, call_id: int) -> str:
    """To the page the button was on."""
    here = (await form_data(request)).get("retour") == "commission"
    return f"/commissions/{call_id}{'' if here else '/composition'}"


@post("/commissions/{call_id:int}/invitations/{invitation_id:int}/relance", policy="panel.compose")
async def remind(request: Request, db: Db, call_id: Id, invitation_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    offer = await invitations.remind(db, actor, room.call, invitation_id)
    return redirect(await _back(request, call_id), flash=_("Message renvoyé à %(email)s.", email=offer.email))


@post("/commissions/{call_id:int}/invitations/{invitation_id:int}/retrait", policy="panel.compose")
async def revoke(request: Request, db: Db, call_id: Id, invitation_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await invitations.revoke(db, actor, room.call, invitation_id)
    return redirect(await _back(request, call_id), flash=_("Invitation retirée."))


ROUTES: list[HTTPRouteHandler] = [invitation, accept, decline, remind, revoke]
