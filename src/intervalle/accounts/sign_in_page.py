"""The sign-in page, also what a visitor gets when an act needs somebody: with where they were going and what they typed."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from sqlalchemy import select

from intervalle.accounts.forms import SignInForm
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.errors import SignInNeeded
from intervalle.settings import settings
from intervalle.web import actor_of, draw, redirect, typed

KEEP = "_saisie."  # prefix of the hidden fields that carry a form over a sign-in


def kept_fields(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.removeprefix(KEEP), value) for name, value in fields if name.startswith(KEEP)]


async def personas(request: Request[Any, Any, Any]) -> list[dict[str, str]]:
    """One button per demonstration account, in demonstration only."""
    if not settings().demo:
        return []
    query = (
        select(User.email, User.name, Organisation.name.label("organisation"), Organisation.kind)
        .outerjoin(Membership, (Membership.user_id == User.id) & Membership.ended_at.is_(None))
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .where(User.demo)
        .order_by(User.id)
    )
    async with request.app.state.sessions() as own:
        return [dict(row._mapping) for row in await own.execute(query)]


async def sign_in_page(request: Request[Any, Any, Any], needed: SignInNeeded) -> Response[Any]:
    """For a GET: go to the sign-in page and come back. For a POST: sign in here, the typed form is kept in the page."""
    going = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if needed.second_factor and actor_of(request).signed_in and request.method in {"GET", "HEAD"}:
        return redirect(f"/connexion/code?suite={quote(going)}")
    if request.method in {"GET", "HEAD"}:
        return redirect(f"/connexion?suite={quote(going)}")
    kept = typed(await request.form())
    html = draw(
        request, "accounts/sign_in.html", form=SignInForm(), suite=going, kept=kept, keep=KEEP,
        sentence=needed.sentence, personas=await personas(request),
    )  # fmt: skip
    return Response(html, media_type="text/html", status_code=401)
