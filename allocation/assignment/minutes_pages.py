"""/attribution/…/proces-verbal: the minutes drawn from the data, read, signed, and given to whoever may ask."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import minutes, queries
from allocation.assignment.minutes import Signers
from allocation.assignment.release_models import Minutes
from allocation.selection.records import at
from calls.models import Call
from intervalle import files
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.house import stored_file_response
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.pdf import render_pdf
from intervalle.web import Db, Id, Request, actor_of, form_data, one_or_404, page, redirect


@get("/attribution/{call_id:int}/proces-verbal", policy="decisions.show_minutes")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    call, signers = await minutes.call_with_minutes(db, actor, call_id)
    rows = list(
        (await db.execute(select(Minutes).where(Minutes.call_id == call.id).order_by(Minutes.number.desc()))).scalars()
    )
    made = rows[0] if rows else None
    run = queries.calls_to_assign_visible_to(actor).where(Call.id == call.id)
    return page(
        request, "assignment/minutes.html", call=call, signers=signers, made=made, older=rows[1:],
        stale=bool(made and await _stale(db, call, made)), signatures=await minutes.signatures_of(db, made) if made else [],
        mine=signers.qualities(actor.user_id), can_draw=POLICY.can(actor, "decisions.draw_minutes", call),
        runs=(await db.execute(run)).scalar_one_or_none() is not None,
    )  # fmt: skip


async def _stale(db: AsyncSession, call: Call, made: Minutes) -> bool:
    if (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none() is None:
        return True  # the choice it ends on was gone back on
    return await minutes.moved(db, call, made)


@post("/attribution/{call_id:int}/proces-verbal", policy="decisions.draw_minutes")
async def draw_up(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call, _signers = await minutes.call_with_minutes(db, actor_of(request), call_id)
    made = await minutes.draw_up(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/proces-verbal", flash=_("Procès-verbal n° %(n)s établi.", n=made.number))


@post("/attribution/{call_id:int}/proces-verbal/{minutes_id:int}/signature", policy="decisions.show_minutes")
async def sign(request: Request, db: Db, call_id: Id, minutes_id: Id) -> Response[Any]:
    actor = actor_of(request)
    call, signers = await minutes.call_with_minutes(db, actor, call_id)
    quality = str((await form_data(request)).get("quality", ""))
    await minutes.sign(db, actor, call, signers, minutes_id, quality=quality)
    return redirect(
        f"/attribution/{call_id}/proces-verbal", flash=_("Votre signature est datée et inscrite au journal.")
    )


async def _one(request: Request, db: AsyncSession, call_id: int, minutes_id: int) -> tuple[Call, Signers, Minutes]:
    call, signers = await minutes.call_with_minutes(db, actor_of(request), call_id)
    made = one_or_404(await db.execute(select(Minutes).where(Minutes.id == minutes_id, Minutes.call_id == call.id)))
    return call, signers, made


@get("/attribution/{call_id:int}/proces-verbal/{minutes_id:int}/document.pdf", policy="decisions.show_minutes")
async def document(request: Request, db: Db, call_id: Id, minutes_id: Id) -> Response[bytes]:
    """The very document whose hash is signed."""
    _call, _signers, made = await _one(request, db, call_id, minutes_id)
    stored = await db.get_one(StoredFile, made.file_id)
    return stored_file_response(stored, await files.read(stored), inline=True)


@get("/attribution/{call_id:int}/proces-verbal/{minutes_id:int}/signe.pdf", policy="decisions.show_minutes")
async def signed(request: Request, db: Db, call_id: Id, minutes_id: Id) -> Response[bytes]:
    """The same facts with the two signatures and the hash of the document they were put on."""
    _call, _signers, made = await _one(request, db, call_id, minutes_id)
    held = [
        {"quality": one.quality, "name": one.name, "at": at(one.signed_at)}
        for one in await minutes.signatures_of(db, made)
    ]
    if len(held) < 2:
        raise NotFound
    return await _printed(made, f"proces-verbal-{made.number}-signe.pdf", signatures=held, sha256=made.document_sha256)


@get("/attribution/{call_id:int}/proces-verbal/{minutes_id:int}/communicable.pdf", policy="decisions.show_minutes")
async def masked(request: Request, db: Db, call_id: Id, minutes_id: Id) -> Response[bytes]:
    """What may be given to whoever asks, once decisions are out (AMI-10); before that it does not exist."""
    call, _signers, made = await _one(request, db, call_id, minutes_id)
    if call.released_at is None:
        raise NotFound
    return await _printed(made, f"proces-verbal-{made.number}-communicable.pdf", masked=True)


async def _printed(made: Minutes, name: str, **more: Any) -> Response[bytes]:
    html = minutes.draw(made.facts, number=made.number, drawn_at=at(made.created_at), **more)
    return Response(
        await render_pdf(html), media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"', "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [show, draw_up, sign, document, signed, masked]
