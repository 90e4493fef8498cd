"""What is printed: the sheet of a place, and the poster for its window, both with a QR code to its public page."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from intervalle.i18n import _
from intervalle.pdf import render_pdf
from intervalle.settings import settings
from intervalle.web import Db, Id, Request, actor_of, draw, one_or_404
from premises import queries
from premises.forms import KINDS, REGIMES
from premises.lot_facts import facts_of
from premises.models import Premises
from premises.views import money_m2, views


def public_address(premises: Premises) -> str:
    """The short address, which one can also type: it does not change while the place exists."""
    return f"{settings().base_url}/l/{premises.code}"


def qr(address: str) -> Markup:
    """As inline SVG, with the quiet zone readers need; error level Q survives a quarter of it being hidden."""
    import segno

    svg = segno.make(address, error="q", micro=False).svg_inline(
        border=4, omitsize=True, dark="#14201b", light="#ffffff"
    )
    label = Markup('<svg role="img" aria-label="{}"').format(_("QR code vers %(address)s", address=address))
    return Markup(svg.replace("<svg", str(label), 1))  # noqa: S704 - drawn by the library from our own address


async def _pdf(request: Request, db: Db, premises_id: int, template: str, name: str) -> Response[bytes]:
    premises = one_or_404(
        await db.execute(queries.premises_visible_to(actor_of(request)).where(Premises.id == premises_id))
    )
    view, address = (await views(db, [premises]))[0], public_address(premises)
    html = draw(
        request, template, view=view, premises=premises, address=address, qr=qr(address), money_m2=money_m2, lot_facts=facts_of,
        kinds=dict(KINDS), regimes=dict(REGIMES),
    )  # fmt: skip
    headers = {
        "Content-Disposition": f'inline; filename="{name}-{premises.code}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(await render_pdf(html), media_type="application/pdf", headers=headers)


@get("/locaux/{premises_id:int}/fiche.pdf", policy="premises.show")
async def sheet(request: Request, db: Db, premises_id: Id) -> Response[bytes]:
    return await _pdf(request, db, premises_id, "premises/sheet_pdf.html", "fiche")


@get("/locaux/{premises_id:int}/affiche.pdf", policy="premises.show")
async def poster(request: Request, db: Db, premises_id: Id) -> Response[bytes]:
    return await _pdf(request, db, premises_id, "premises/poster_pdf.html", "affiche")


ROUTES: list[HTTPRouteHandler] = [sheet, poster]
