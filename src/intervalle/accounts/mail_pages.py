"""/compte/courriels: what I receive and when, and everything that was written to me."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from intervalle import notices
from intervalle.accounts import mail_choices
from intervalle.errors import NotFound
from intervalle.i18n import N_, _
from intervalle.outbox import MailPreference, Message
from intervalle.web import Db, Id, Page, Request, actor_of, form_data, page, redirect

PER_PAGE = 30
CHANNEL_LABELS = {
    "now": N_("un courriel aussitôt"),
    "daily": N_("réuni le matin à 7 h"),
    "site": N_("ici seulement"),
}


@get("/compte/courriels", policy="account.mails")
async def show(request: Request, db: Db, number: Page = 1) -> Response[str]:
    me = actor_of(request).user_id
    chosen = await db.execute(select(MailPreference.kind, MailPreference.channel).where(MailPreference.user_id == me))
    mine = select(Message).where(Message.to_user_id == me)
    total = (await db.execute(select(func.count()).select_from(mine.subquery()))).scalar_one()
    rows = await db.execute(mine.order_by(Message.id.desc()).limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    choices = {row[0]: row[1] for row in chosen}
    return page(
        request, "accounts/mails.html", notices=notices.NOTICES, labels=CHANNEL_LABELS, messages=list(rows.scalars()),
        current={kind: notices.channel_of(kind, choices.get(kind)) for kind in notices.NOTICES}, number=number,
        last=max(1, -(-total // PER_PAGE)),
    )  # fmt: skip


@post("/compte/courriels", policy="account.mails")
async def choose(request: Request, db: Db) -> Response[None]:
    data = await form_data(request)
    wanted = {kind: str(data.get(kind, "")) for kind in notices.CHOSEN}
    await mail_choices.choose(db, actor_of(request), wanted)
    return redirect("/compte/courriels", flash=_("Vos choix sont enregistrés."))


@get("/compte/courriels/{message_id:int}", policy="account.mails")
async def read(request: Request, db: Db, message_id: Id) -> Response[str]:
    found = await db.execute(
        select(Message).where(Message.id == message_id, Message.to_user_id == actor_of(request).user_id)
    )
    message = found.scalar_one_or_none()
    if message is None:
        raise NotFound
    return page(request, "accounts/mail.html", message=message, labels=CHANNEL_LABELS)


ROUTES: list[HTTPRouteHandler] = [show, choose, read]
