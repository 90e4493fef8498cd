"""From a title to its lines in the programmes: the forward link of the chain, and the page that values it."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases import gathering
from allocation.leases.forms import typed_answers
from allocation.leases.gathering import Dossier
from allocation.leases.models import Lease
from allocation.leases.queries import leases_visible_to
from allocation.tfpb import forms, lines, queries
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


async def _context(request: Request, db: AsyncSession, lease_id: int, typed: Any = None) -> dict[str, Any]:
    """The title, its lines, and for its landlord the actions that could count it."""
    actor = actor_of(request)
    lease = one_or_404(await db.execute(leases_visible_to(actor).where(Lease.id == lease_id)))
    dossier = await gathering.dossier_of(db, lease)
    found = (await db.execute(queries.lines_of_lease(lease.id))).all()
    targets = [
        lines.Target(a, p, t)
        for t, p, a in (await db.execute(queries.actions_for_lease(actor, lease.landlord_id))).all()
    ]
    form = forms.LinkForm(typed) if typed is not None else forms.LinkForm(replacing=_replaceable(request, found))
    if typed is None:
        targets = [t for t in targets if _open_to(t, found, form.replacing.data)]
    form.action.offer(
        [
            (str(t.action.id), f"{t.programme.year}, {t.agreement.qpv_code} : {t.action.axis}. {t.action.label}")
            for t in targets
        ]
    )
    return {
        "dossier": dossier,
        "lease": lease,
        "found": found,
        "targets": targets,
        "form": form,
        "valued": None,
        "answers": {},
    }


def _replaceable(request: Request, found: Any) -> int | None:
    """`?remplace=12`, when that line is live and counts this title."""
    asked = request.query_params.get("remplace", "")
    live = [line.id for line, *_rest in found if line.superseded_at is None]
    return int(asked) if asked.isdigit() and len(asked) < 16 and int(asked) in live else None


def _open_to(target: lines.Target, found: Any, replacing: int | None) -> bool:
    """A year that counts this title already is offered only to replace its line."""
    live = {line.year: line.id for line, *_rest in found if line.superseded_at is None}
    if replacing is not None:
        return live.get(target.programme.year) == replacing
    return target.programme.year not in live


def _target(context: dict[str, Any]) -> lines.Target:
    chosen = [t for t in context["targets"] if str(t.action.id) == context["form"].action.data]
    if not chosen:
        raise NotFound
    target: lines.Target = chosen[0]
    return target


@get("/titres/{lease_id:int}/tfpb", policy="leases.show")
async def show(request: Request, db: Db, lease_id: Id) -> Response[str]:
    return page(request, "tfpb/lease.html", **await _context(request, db, lease_id))


async def _typed(request: Request, db: AsyncSession, lease_id: int) -> tuple[dict[str, Any], Dossier, lines.Claim]:
    typed = await form_data(request)
    context = await _context(request, db, lease_id, typed)
    form: forms.LinkForm = context["form"]
    context["answers"] = typed_answers(typed, "why-", {})
    if not form.validate():
        raise invalid(request, "tfpb/lease.html", **context)
    return context, context["dossier"], form.claim(context["answers"])


@post("/titres/{lease_id:int}/tfpb/calcul", policy="tfpb.value", status_code=200)
async def compute(request: Request, db: Db, lease_id: Id) -> Response[str]:
    """The amount, its formula and the rules, before anything is written."""
    context, dossier, claim = await _typed(request, db, lease_id)
    valued = await lines.compute(db, dossier, _target(context), claim)
    return page(request, "tfpb/lease.html", **(context | {"valued": valued}))


@post("/titres/{lease_id:int}/tfpb", policy="tfpb.value")
async def write(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    context, dossier, claim = await _typed(request, db, lease_id)
    target = _target(context)
    await lines.value_lease(
        db, actor_of(request), dossier, target, claim, replacing=context["form"].replacing.data or None
    )
    return redirect(
        f"/tfpb/programmes/{target.programme.id}", flash=_("Le titre est compté dans l’action, avec sa formule.")
    )


ROUTES: list[HTTPRouteHandler] = [show, compute, write]
