"""« Courriels envoyés »: all that was written about an application or a call, for those who may see it."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from calls.application_pages import visible_application
from calls.call_pages import visible_call
from calls.models import Call
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.outbox import Message
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page

MOST = 200


def masked(email: str) -> str:
    """« n…@asso.example »: enough to know one's own, too little to write to somebody."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


@get("/candidatures/{application_id:int}/courriels", policy="applications.show")
async def of_application(request: Request, db: Db, application_id: Id) -> Response[str]:
    """Each message about the file, with its text and whether it left. Addresses are masked, save one's own."""
    application = await visible_application(request, db, application_id)
    POLICY.check(actor_of(request), "applications.show", application)
    call = one_or_404(await db.execute(select(Call).where(Call.id == application.call_id)))
    structure = one_or_404(await db.execute(select(Organisation).where(Organisation.id == application.organisation_id)))
    about = Message.about == f"application:{application.id}"
    sent = list((await db.execute(select(Message).where(about).order_by(Message.id.desc()).limit(MOST))).scalars())
    me = actor_of(request).user_id
    to = {one.id: one.to_email if one.to_user_id == me else masked(one.to_email) for one in sent}
    return page(
        request, "calls/sent.html", call=call, application=application, structure=structure, messages=sent, to=to
    )


@get("/appels/{call_id:int}/courriels", policy="calls.follow")
async def of_call(request: Request, db: Db, call_id: Id) -> Response[str]:
    """What everybody concerned was written. Before the opening, who drafts is nobody's business: only numbers."""
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.follow", call)
    rows = await db.execute(
        select(
            func.min(Message.id).label("id"), Message.kind, Message.subject, func.min(Message.text).label("text"),
            func.min(Message.created_at).label("created_at"), func.count().label("people"),
            func.count().filter(Message.sent_at.is_not(None)).label("left"),
        )
        .where(Message.about == f"call:{call.id}")
        .group_by(Message.kind, Message.subject, func.date_trunc("minute", Message.created_at))
        .order_by(func.min(Message.id).desc())
        .limit(MOST)
    )  # fmt: skip
    return page(request, "calls/sent.html", call=call, application=None, structure=None, messages=list(rows), to={})


ROUTES: list[HTTPRouteHandler] = [of_application, of_call]
