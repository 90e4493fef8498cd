"""The house itself: navigation, health, static files, stored files."""

import hashlib
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text

from intervalle import errors, files
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import OWNER_KINDS
from intervalle.i18n import N_, _
from intervalle.outbox import StoredFile
from intervalle.settings import ROOT
from intervalle.web import Db, Id, Request, Slug, environment, page
from intervalle.web import stored_file_response as stored_file_response  # offered here to the rooms

HERE = Path(__file__).parent / "static"
NPM = ROOT / "node_modules"
FONTS = NPM / "@fontsource-variable"

# Public name -> file. Third-party files are installed by npm and served from there; none is in the repository.
STATIC: dict[str, tuple[Path, str]] = {
    "intervalle.css": (HERE / "intervalle.css", "text/css"),
    "intervalle.js": (HERE / "intervalle.js", "text/javascript"),
    "live.js": (HERE / "live.js", "text/javascript"),
    "score.js": (HERE / "score.js", "text/javascript"),
    "map.js": (HERE / "map.js", "text/javascript"),
    "draw.js": (HERE / "draw.js", "text/javascript"),
    "icone.svg": (HERE / "icone.svg", "image/svg+xml"),
    "htmx.js": (NPM / "htmx.org/dist/htmx.min.js", "text/javascript"),
    "hx-csp.js": (NPM / "htmx.org/dist/ext/hx-csp.min.js", "text/javascript"),
    "maplibre-gl.css": (NPM / "maplibre-gl/dist/maplibre-gl.css", "text/css"),
    "maplibre-gl.mjs": (NPM / "maplibre-gl/dist/maplibre-gl.mjs", "text/javascript"),
    "maplibre-gl-worker.mjs": (NPM / "maplibre-gl/dist/maplibre-gl-worker.mjs", "text/javascript"),
    "maplibre-gl-shared.mjs": (NPM / "maplibre-gl/dist/maplibre-gl-shared.mjs", "text/javascript"),
    "display.woff2": (FONTS / "bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2", "font/woff2"),
    "text.woff2": (
        FONTS / "atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2",
        "font/woff2",
    ),
}


@cache
def _content(name: str) -> tuple[bytes, str, str]:
    path, kind = STATIC[name]
    content = path.read_bytes()
    return content, kind, hashlib.sha256(content).hexdigest()[:12]


def static_url(name: str) -> str:
    """Address with the content's hash, so that browsers may keep it for a year. CSS and modules name siblings without it."""
    return f"/statique/{name}?v={_content(name)[2]}"


def map_words() -> dict[str, str]:
    """The names of a map's own controls, which its library only knows in English."""
    return {
        "Map.Title": _("Carte"), "NavigationControl.ZoomIn": _("Agrandir"), "NavigationControl.ZoomOut": _("Réduire"),
        "AttributionControl.ToggleAttribution": _("Sources de la carte"),
    }  # fmt: skip


environment.globals["static"] = static_url
environment.globals["map_words"] = map_words


@get("/statique/{name:str}", policy="static.show")
async def static_file(request: Request, name: Slug) -> Response[bytes]:
    if name not in STATIC or not STATIC[name][0].exists():
        raise errors.NotFound
    content, kind, version = _content(name)
    if request.headers.get("If-None-Match") == f'"{version}"':
        return Response(b"", status_code=304)
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") else "public, max-age=3600"
    return Response(content, media_type=kind, headers={"Cache-Control": kept, "ETag": f'"{version}"'})


@get("/sante", policy="health.show")
async def alive() -> Response[str]:
    return Response("ok", media_type="text/plain")


@get("/pret", policy="health.show")
async def ready(db: Db) -> Response[str]:
    """Ready to serve: the database answers and carries the current catalogue."""
    await db.execute(text("SELECT 1 FROM alembic_version"))
    return Response("prêt", media_type="text/plain; charset=utf-8")


@get("/fichiers/{file_id:int}", policy="files.show")
async def public_file(request: Request, db: Db, file_id: Id) -> Response[bytes]:
    """Published photos. Files of the parties are served by the rooms that know who may see them."""
    stored = await db.get(StoredFile, file_id)
    if stored is None or stored.audience != "public":
        raise errors.NotFound
    return stored_file_response(stored, await files.read(stored), inline=stored.content_type == "image/jpeg")


def navigation(actor: Actor) -> list[tuple[str, str]]:
    """The rooms a person has something to do in, in the order of the trade."""
    owner = bool(actor.kinds() & {*OWNER_KINDS, "support_body"})
    structure = "ess_structure" in actor.kinds()
    items = [
        (N_("Locaux"), "/locaux", True),
        (N_("Appels"), "/appels", True),
        (N_("Besoins"), "/besoins", structure or owner),
        (N_("Candidatures"), "/candidatures", structure),
        (N_("Commissions"), "/commissions", actor.signed_in and (owner or not structure)),
        (N_("Attribution"), "/attribution", owner),
        (N_("Occupations"), "/titres", owner or structure),
        (N_("Diagnostic"), "/diagnostic", owner),
        (N_("TFPB"), "/tfpb", bool(actor.kinds() & {"social_landlord", "city", "epci"})),
        (N_("Relogement"), "/relogement", owner or structure),
        (N_("Plateforme"), "/plateforme", actor.platform),
    ]
    return [(label, url) for label, url, shown in items if shown]


environment.globals["navigation"] = navigation


@get("/regles", policy="home.show")
async def rules(request: Request, db: Db) -> Response[str]:
    """The rules of the assignment, for anybody (CRPA L312-1-3)."""
    return page(request, "rules.html")


@get("/accessibilite", policy="home.show")
async def accessibility(request: Request, db: Db) -> Response[str]:
    return page(request, "accessibility.html")


ROUTES: list[HTTPRouteHandler] = [static_file, alive, ready, public_file, rules, accessibility]
