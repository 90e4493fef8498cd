"""/diagnostic: the available premises of a commune, an intercommunality, a neighbourhood or an owner, on any day."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from calls import diagnosis_demand, diagnosis_exports
from calls.match_queries import SMALL
from intervalle.accounts.actor import Actor
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Page, Request, Text, actor_of, page
from premises.diagnosis import drawing, queries, scopes
from premises.diagnosis.figures import Figures, Freed, LotFact, figures, members
from premises.facts import Vacancy
from premises.timeline import LABELS
from premises.views import day_asked

PER_PAGE = 100


@dataclass(frozen=True)
class Diagnosis:
    """Everything read for one scope and one day; the figures and the lists come from it."""

    scope: scopes.Scope
    on: date
    lots: list[LotFact]
    freed: list[Freed]
    figures: Figures

    @property
    def complete(self) -> bool:
        return len(self.lots) <= queries.MOST


REASONS = {str(v): v.label for v in Vacancy}


async def read(db: Db, actor: Actor, scope: scopes.Scope, on: date) -> Diagnosis:
    lots = await queries.lots(db, scope, actor, on)
    freed = await queries.freed(db, scope, actor, on)
    return Diagnosis(scope, on, lots, freed, figures(lots, freed, on, REASONS))


async def _scope(db: Db, actor: Actor, key: str) -> scopes.Scope:
    found = await scopes.read(db, actor, key)
    if found is None:
        raise NotFound
    return found


@get("/diagnostic", policy="diagnosis.show")
async def show(request: Request, db: Db, de: Text = "", le: Text = "", nom: Text = "") -> Response[str]:
    """Without a scope: the choice. A typed name that means one thing alone opens it."""
    actor, on = actor_of(request), day_asked(le)
    suggested = await scopes.suggested(db, actor)
    found = await scopes.named(db, actor, nom.strip()) if nom.strip() else []
    key = found[0][0] if len(found) == 1 else ("" if nom.strip() else de or (suggested[0][0] if suggested else ""))
    scope = await _scope(db, actor, key) if key else None
    context: dict[str, Any] = {
        "suggested": suggested, "found": found, "nom": nom, "scope": scope, "on": on, "d": None, "small": SMALL, "labels": LABELS,
    }  # fmt: skip
    if scope is None:
        return page(request, "diagnosis/show.html", **context)
    d = await read(db, actor, scope, on)
    vacant = [lot.lot_id for lot in d.lots if lot.vacant]
    context |= {
        "d": d, "f": d.figures, "uses": await diagnosis_demand.by_use(db, scope.communes, vacant),
        "bands": await diagnosis_demand.by_band(db, scope.communes, d.figures.bands),
        "map": await drawing.of(db, scope, actor, d.lots), "asked": ",".join(scope.communes[:25]) if len(scope.communes) <= 25 else "",
        "own": sum(1 for lot in d.lots if lot.own), "most": queries.MOST,
    }  # fmt: skip
    return page(request, "diagnosis/show.html", **context)


@get("/diagnostic/lots", policy="diagnosis.show")
async def behind(
    request: Request, db: Db, de: Text, quoi: Text = "tous", le: Text = "", numero: Page = 1
) -> Response[str]:
    """The lots a figure counts, one line each."""
    actor, on = actor_of(request), day_asked(le)
    d = await read(db, actor, await _scope(db, actor, de), on)
    found = members(quoi, d.lots, d.freed, on)
    if found is None:
        raise NotFound
    last = max(1, -(-len(found) // PER_PAGE))
    number = min(numero, last)
    rows = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    ends: dict[int, Freed] = {f.lot_id: f for f in reversed(d.freed)}
    return page(
        request, "diagnosis/lots.html", d=d, code=quoi, title=_title(quoi, d.figures), rows=rows, total=len(found),
        number=number, last=last, ends=ends, labels=LABELS, reasons=REASONS,
    )  # fmt: skip


def _title(code: str, f: Figures) -> str:
    """What the list shows, in the words of the figure it comes from."""
    lines = {line.code: line.label for line in [*f.states, *f.lengths, *f.reasons]}
    if code in lines:
        return _(lines[code])
    kind, _dash, rest = code.partition("-")
    if kind == "trimestre":
        return _("Libérés au %(quarter)s", quarter=quarter_words(rest))
    if kind == "surface":
        return _("Vacants, à partir de %(n)s m²", n=rest)
    return {
        "tous": _("Tout le stock"), "cout": _("Vacants dont le coût est connu"), "raison": _("Vacance sans raison dite"),
    }.get(kind, _(REASONS.get(rest, "")))  # fmt: skip


def quarter_words(code: str) -> str:
    """« 2027T1 » → « 1er trimestre 2027 »."""
    year, _t, n = code.partition("T")
    names = {"1": _("1ᵉʳ trimestre"), "2": _("2ᵉ trimestre"), "3": _("3ᵉ trimestre"), "4": _("4ᵉ trimestre")}
    return f"{names.get(n, n)} {year}"


async def _export(request: Request, db: Db, de: str, le: str) -> tuple[Diagnosis, Any, Any]:
    actor, on = actor_of(request), day_asked(le)
    d = await read(db, actor, await _scope(db, actor, de), on)
    vacant = [lot.lot_id for lot in d.lots if lot.vacant]
    uses = await diagnosis_demand.by_use(db, d.scope.communes, vacant)
    return d, uses, await diagnosis_demand.by_band(db, d.scope.communes, d.figures.bands)


def _attached(content: bytes, kind: str, d: Diagnosis, suffix: str) -> Response[bytes]:
    name = f"diagnostic-{d.scope.key}-{d.on.isoformat()}.{suffix}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/diagnostic.xlsx", policy="diagnosis.show")
async def workbook(request: Request, db: Db, de: Text, le: Text = "") -> Response[bytes]:
    d, uses, bands = await _export(request, db, de, le)
    content = diagnosis_exports.xlsx_of(d.scope.name, d.lots, d.freed, d.figures, uses, bands)
    return _attached(content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", d, "xlsx")


@get("/diagnostic.csv", policy="diagnosis.show")
async def table(request: Request, db: Db, de: Text, le: Text = "") -> Response[bytes]:
    d, _uses, _bands = await _export(request, db, de, le)
    return _attached(diagnosis_exports.csv_of(d.lots, d.freed, d.on), "text/csv; charset=utf-8", d, "csv")


ROUTES: list[HTTPRouteHandler] = [show, behind, workbook, table]
