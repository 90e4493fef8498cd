"""/plateforme: what the administration of a platform oversees. It reads; each change is made where its verb is."""

from datetime import date
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from intervalle import clock, parameters
from intervalle.accounts import mandates
from intervalle.accounts.forms import KIND_LABELS
from intervalle.accounts.mandate_pages import SCOPES
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.i18n import day, number, percent
from intervalle.parameter_rows import ALWAYS, Value
from intervalle.web import Db, Page, Request, Text, page

PER_PAGE = 50


@get("/plateforme", policy="platform.show")
async def home(request: Request, db: Db) -> Response[str]:
    """Four counts, each with its list."""
    counted = [select(func.count()).select_from(table).scalar_subquery() for table in (Organisation, User)]
    organisations, people = (await db.execute(select(*counted))).one()
    found = await mandates.everything(db)
    return page(
        request, "accounts/platform.html", organisations=organisations, people=people,
        in_force=sum(1 for m in found if m.state == "in_force"), parameters=len(parameters.ROWS),
    )  # fmt: skip


async def _numbered(db: Db, query: Any, wanted: int) -> tuple[list[Any], int, int]:
    total = (await db.execute(select(func.count()).select_from(query.order_by(None).subquery()))).scalar_one()
    last = max(1, -(-total // PER_PAGE))
    number_ = min(wanted, last)
    rows = (await db.execute(query.limit(PER_PAGE).offset((number_ - 1) * PER_PAGE))).all()
    return list(rows), number_, last


@get("/plateforme/organisations", policy="platform.show")
async def organisations(request: Request, db: Db, q: Text = "", numero: Page = 1) -> Response[str]:
    members = select(func.count()).where(Membership.organisation_id == Organisation.id, Membership.ended_at.is_(None))
    query = select(Organisation, members.scalar_subquery().label("members")).order_by(
        Organisation.name, Organisation.id
    )
    if q:
        query = query.where(func.plain_text(Organisation.name).contains(func.plain_text(q), autoescape=False))
    rows, here, last = await _numbered(db, query, numero)
    return page(
        request, "accounts/platform_organisations.html", rows=rows, q=q, number=here, last=last, kinds=dict(KIND_LABELS)
    )


@get("/plateforme/personnes", policy="platform.show")
async def people(request: Request, db: Db, q: Text = "", numero: Page = 1) -> Response[str]:
    """No e-mail address: the platform needs to know that an account exists and is protected, not to write to it."""
    belongs = (
        select(func.string_agg(Organisation.name, ", "))
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == User.id, Membership.ended_at.is_(None))
    )
    query = select(
        User.name, User.created_at, User.email_confirmed_at, User.totp_confirmed_at, User.disabled_at, belongs.scalar_subquery().label("belongs")
    ).order_by(User.name, User.id)  # fmt: skip
    if q:
        query = query.where(func.plain_text(User.name).contains(func.plain_text(q), autoescape=False))
    rows, here, last = await _numbered(db, query, numero)
    return page(request, "accounts/platform_people.html", rows=rows, q=q, number=here, last=last)


@get("/plateforme/mandats", policy="platform.show")
async def all_mandates(request: Request, db: Db) -> Response[str]:
    return page(request, "accounts/platform_mandates.html", mandates=await mandates.everything(db), scopes=dict(SCOPES))


@get("/plateforme/parametres", policy="platform.show")
async def law(request: Request, db: Db) -> Response[str]:
    """Every legal figure the rules read, with its dates and its source."""
    today = clock.today()
    rows = [(row, written(row.value), row.covers(today)) for found in parameters.ROWS.values() for row in found]
    return page(request, "accounts/platform_parameters.html", rows=rows, always=ALWAYS)


def written(value: Value) -> str:
    """A value of a parameter, as a reader says it: a rate in percent, a day in words, a list of numbers."""
    if isinstance(value, date):
        return day(value)
    if isinstance(value, tuple):
        return ", ".join(number(n) for n in value)
    return number(value) if isinstance(value, int) else percent(value, 2)


ROUTES: list[HTTPRouteHandler] = [home, organisations, people, all_mandates, law]
