"""What owners see of the demand: the needs their lots meet, before they publish; the m² asked for in a place; and
needs without names, whose structures they may ask to speak to."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from calls import match_queries, matches, partners, sectors
from calls.match_queries import BANDS, SMALL, Meeting
from calls.matching import OBSTACLES
from calls.need_forms import ContactForm
from calls.need_models import Need, NeedContact, NeedMatch
from calls.need_pages import REASONS, half_days
from calls.uses import Use, labels
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _, number
from intervalle.territory.communes import read_communes
from intervalle.web import Db, Id, Request, Text, actor_of, form_data, invalid, one_or_404, page, redirect
from premises.models import Premises
from premises.queries import lots_in, premises_visible_to

PER_PAGE = 30


@get("/locaux/{premises_id:int}/besoins", policy="needs.preview")
async def preview(request: Request, db: Db, premises_id: Id) -> Response[str]:
    """For the owner, published or not: per lot, how many needs and m² it meets and what stops the others."""
    actor = actor_of(request)
    premises = one_or_404(await db.execute(premises_visible_to(actor).where(Premises.id == premises_id)))
    POLICY.check(actor, "needs.preview", premises)
    lots = list((await db.execute(lots_in([premises.id]))).scalars())
    found = await match_queries.meetings(db, [(lot, premises) for lot in lots])
    interested = await db.execute(
        select(NeedMatch, Need, Organisation.name)
        .join(Need, Need.id == NeedMatch.need_id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(NeedMatch.lot_id.in_([lot.id for lot in lots]), NeedMatch.interested_at.is_not(None))
        .order_by(NeedMatch.interested_at)
    )
    rows = [(lot, found.get(lot.id), _stops(found.get(lot.id))) for lot in lots]
    funnel = await _funnel(db, [lot.id for lot in lots])
    return page(
        request, "calls/needs/preview.html", fragment="calls/needs/_preview.html", premises=premises, rows=rows,
        interested=list(interested), funnel=funnel, labels=labels, half_days=half_days,
        shared=await partners.of_lots(db, [(lot, premises) for lot in lots]),
    )  # fmt: skip


def _stops(meeting: Meeting | None) -> list[tuple[str, int]]:
    """What alone keeps needs away, the most frequent first."""
    alone = meeting.only if meeting else {}
    return sorted(((_(OBSTACLES[code]), count) for code, count in alone.items()), key=lambda stop: -stop[1])


async def _funnel(db: Db, lot_ids: list[int]) -> dict[str, Any]:
    """Told, seen, interested, not interested and why: counts of dated facts."""
    match = NeedMatch
    row = (
        await db.execute(
            select(
                func.count(match.told_at),
                func.count(match.seen_at),
                func.count(match.interested_at),
                func.count(match.declined_at),
                func.count().filter(
                    match.told_at.is_not(None), match.interested_at.is_(None), match.declined_at.is_(None)
                ),
            ).where(match.lot_id.in_(lot_ids))
        )
    ).one()
    why = await db.execute(
        select(match.reason, func.count())
        .where(match.lot_id.in_(lot_ids), match.declined_at.is_not(None))
        .group_by(match.reason)
    )
    reasons = [(_(REASONS[reason]), count) for reason, count in why.all() if reason in REASONS]
    return {
        "told": row[0],
        "seen": row[1],
        "interested": row[2],
        "declined": row[3],
        "silent": row[4],
        "reasons": sorted(reasons, key=lambda r: -r[1]),
    }


@get("/besoins/demande", policy="needs.demand")
async def demand(request: Request, db: Db, ou: Text = "") -> Response[str]:
    """The demand of a place in m², by use and band of area; then the needs, without names."""
    codes, unknown = await read_communes(db, ou)
    rows = (await db.execute(match_queries.demand(codes))).all()
    table = table_of(rows)
    typed = await db.execute(
        select(Need, Organisation.name)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(Need.typed_by_id.in_(actor_of(request).organisations(scope="calls")), Need.closed_at.is_(None))
        .order_by(Need.id.desc())
        .limit(PER_PAGE)
    )
    found = list((await db.execute(match_queries.open_needs(codes).limit(PER_PAGE))).scalars())
    own = actor_of(request).organisations(scope="calls")
    asked = await db.execute(
        select(NeedContact, Organisation)
        .join(Need, Need.id == NeedContact.need_id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(NeedContact.organisation_id.in_(own), NeedContact.need_id.in_([n.id for n in found]))
    )
    return page(
        request, "calls/needs/demand.html", ou=ou, typed=list(typed), own=own, unknown=unknown, table=table, bands=BANDS, needs=found, where=await sectors.words(db, found, own=False), half_days=half_days, labels=labels,
        asked={contact.need_id: (contact, org) for contact, org in asked},
        top=max((line["area"] or 0 for line in table), default=0),
    )  # fmt: skip


def table_of(rows: Any) -> list[dict[str, Any]]:
    """One line per use. A cell of fewer than three structures shows no figure, and no sum gives it away."""
    lines = []
    for use in Use:
        cells = {row.band: row for row in rows if row.use == use.value}
        if not cells:
            continue
        shown = {low: cells[low] if low in cells and cells[low].structures >= SMALL else None for low in BANDS}
        hidden = [low for low in cells if shown[low] is None]
        total = sum((row.area for row in cells.values()), start=0)
        # What is hidden could be worked out from the total: then the total is not shown either.
        behind = sum(cells[low].structures for low in hidden)
        open_total = not hidden or (len(hidden) > 1 and behind >= SMALL)
        lines.append(
            {
                "label": use.label,
                "cells": [
                    "" if low not in cells else _("moins de %(n)s", n=SMALL) if shown[low] is None
                    else _("%(n)s · %(area)s m²", n=number(cells[low].structures), area=number(cells[low].area.normalize()))
                    for low in BANDS
                ],
                "area": total if open_total else None,
            }
        )  # fmt: skip
    return sorted(lines, key=lambda line: -(line["area"] or 0))


@get("/besoins/{need_id:int}/contact", policy="needs.contact")
async def contacting(request: Request, db: Db, need_id: Id) -> Response[str]:
    need = one_or_404(await db.execute(select(Need).where(Need.id == need_id, Need.closed_at.is_(None))))
    return page(request, "calls/needs/contact.html", need=need, uses=labels(need.uses), form=ContactForm())


@post("/besoins/{need_id:int}/contact", policy="needs.contact")
async def contact(request: Request, db: Db, need_id: Id) -> Response[None]:
    need = one_or_404(await db.execute(select(Need).where(Need.id == need_id, Need.closed_at.is_(None))))
    form, actor = ContactForm(await form_data(request)), actor_of(request)
    if not form.validate():
        raise invalid(request, "calls/needs/contact.html", need=need, uses=labels(need.uses), form=form)
    acting = [b.organisation_id for b in actor.belongings if b.role in WRITE and b.kind != "ess_structure"]
    current = actor.current.organisation_id if actor.current else 0
    organisation_id = current if current in acting else acting[0]
    await matches.ask_contact(db, actor, need, organisation_id=organisation_id, message=form.message.data or "")
    return redirect(
        "/besoins/demande", flash=_("Votre message est parti ; la structure décidera de se faire connaître.")
    )


ROUTES: list[HTTPRouteHandler] = [preview, demand, contacting, contact]
