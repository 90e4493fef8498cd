"""/candidatures/…/dossier/…: one section of the form at a time. Saved as typed, with or without JavaScript."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from calls import groups, queries, saving, workflow
from calls.application_pages import context, partner_named, visible_application
from calls.conditions import asked
from calls.drafts import Stale
from calls.models import Application, CallVersion, LotWish
from calls.organiser_pages import differing
from calls.reading import areas
from calls.saving import WishLine
from calls.section_forms import FORMS, Typed, WishForm, read, read_wishes, shown, wish_forms
from calls.sections import BY_SLUG, DAYS, HALVES, QUESTIONS, after, asked_by, slot, words
from intervalle import clock
from intervalle.accounts.models import Organisation, User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.forms import Area, DecimalNumber, Form, Text, between, required
from intervalle.i18n import N_, _, instant
from intervalle.web import Db, Id, Request, Slug, actor_of, form_data, invalid, is_fragment, one_or_404, page, redirect
from premises.models import Lot


class PartnerForm(Form):
    partner = Text(N_("SIREN, SIRET ou nom exact de la structure"), [required(N_("Indiquez la structure à inviter."))])
    area = Area(N_("Sa part de surface (m²)"))
    hours = DecimalNumber(N_("Ses heures de présence par semaine"), [between(Decimal("0.5"), 168, " h")], places=1)
    rent = DecimalNumber(N_("Sa part du loyer et des charges (%)"), [between(0, 100, " %")])


async def _lots(db: Db, application: Application) -> list[Lot]:
    rows = await db.execute(queries.lots_of_versions([application.call_version_id]))
    return [lot for _row, lot, _premises in rows]


async def _wishes(db: Db, application: Application) -> dict[int, LotWish]:
    rows = await db.execute(select(LotWish).where(LotWish.application_id == application.id))
    return {wish.lot_id: wish for wish in rows.scalars()}


def _template(slug: str) -> str:
    own = {"lots": "lots", "partenaires": "partners", "pieces": "documents"}
    return f"calls/applications/{own.get(slug, 'section')}.html"


async def page_context(request: Request, db: Db, application: Application, slug: str) -> dict[str, Any]:
    author = (
        application.saved_by_id
        and (await db.execute(select(User.name).where(User.id == application.saved_by_id))).scalar()
    )
    drawn = await context(request, db, application, slug)
    version: CallVersion = drawn["version"]
    return {
        **drawn, "section": BY_SLUG[slug],
        "next_slug": after(slug, asked_by(version.eliminatory)), "conditions_in": partial(asked, version.eliminatory),
        "questions": QUESTIONS, "days": DAYS, "halves": HALVES, "slot": slot, "words": words, "author": author or "",
    }  # fmt: skip


async def _saved_form(db: Db, application: Application, slug: str) -> dict[str, Any]:
    """The section as it is saved, ready to show."""
    if slug == "lots":
        lots = await _lots(db, application)
        return {"lots": lots, "forms": wish_forms(lots, await _wishes(db, application), application.typed)}
    return {"form": PartnerForm() if slug == "partenaires" else shown(slug, application)}


@get("/candidatures/{application_id:int}/dossier/{slug:str}", policy="applications.show")
async def show(request: Request, db: Db, application_id: Id, slug: Slug) -> Response[Any]:
    """The form; for who may not write it, or once it cannot be submitted any more, the file to read."""
    application = await visible_application(request, db, application_id)
    if slug not in BY_SLUG:
        raise NotFound
    drawn = await page_context(request, db, application, slug)
    if drawn["stage"] != "draft" or not POLICY.can(actor_of(request), "applications.draft", application):
        return redirect(f"/candidatures/{application.id}")
    return page(request, _template(slug), stale=False, theirs={}, **drawn, **await _saved_form(db, application, slug))


def _number(data: Mapping[str, Any], name: str) -> int:
    text = str(data.get(name, ""))
    return int(text) if text.isdigit() and len(text) < 10 else 0


@post("/candidatures/{application_id:int}/dossier/{slug:str}", policy="applications.draft")
async def save(request: Request, db: Db, application_id: Id, slug: Slug) -> Response[Any]:
    """Keep the section as typed. Stale: 409 with both texts, nothing written."""
    application = await visible_application(request, db, application_id)
    if slug not in BY_SLUG or slug in {"partenaires", "pieces"}:
        raise NotFound
    data = await form_data(request)
    seen, tab = _number(data, "version"), str(data.get("tab", ""))[:16]
    keep = _keep_lots if slug == "lots" else _keep_section
    try:
        application = await keep(request, db, application, slug, data, seen, tab)
    except Stale:
        return await _both_texts(request, db, application, slug, data)
    return await _saved(request, db, application, slug, str(data.get("suite", "")))


async def _keep_section(
    request: Request, db: Db, application: Application, slug: str, data: Any, seen: int, tab: str
) -> Application:
    typed = _with_theirs(application, read(slug, data), data)
    return await saving.save_section(
        db,
        actor_of(request),
        application,
        slug,
        seen=seen,
        tab=tab,
        facts=typed.facts,
        answers=typed.answers,
        typed=typed.raw,
    )


def _with_theirs(application: Application, typed: Typed, data: Mapping[str, Any]) -> Typed:
    """On the page that shows both texts, « prendre » keeps the saved one for that field."""
    taken = [f.name for f in typed.form if f"prendre-{f.name}" in data]
    facts = {name: getattr(application, name) if name in taken else value for name, value in typed.facts.items()}
    answers = {key: application.answers.get(key, "") if key in taken else text for key, text in typed.answers.items()}
    raw = {name: text for name, text in typed.raw.items() if name not in taken}
    raw |= {name: text for name, text in application.typed.items() if name in taken}
    return replace(typed, facts=facts, answers=answers, raw=raw)


async def _keep_lots(
    request: Request, db: Db, application: Application, slug: str, data: Any, seen: int, tab: str
) -> Application:
    existing = await _wishes(db, application)
    lines, raw = read_wishes(wish_forms(await _lots(db, application), {}, {}, data))
    taken = {lot_id for lot_id in existing if f"prendre-lot-{lot_id}" in data}
    kept = [WishLine(w.lot_id, w.rank, w.area_min, w.area_max) for w in existing.values() if w.lot_id in taken]
    return await saving.save_wishes(
        db,
        actor_of(request),
        application,
        seen=seen,
        tab=tab,
        lines=[*(line for line in lines if line.lot_id not in taken), *kept],
        typed=raw,
    )


async def _both_texts(request: Request, db: Db, application: Application, slug: str, data: Any) -> Response[str]:
    """409: what was typed, and what is saved, field by field. For an autosave, a line that leads here."""
    drawn = await page_context(request, db, application, slug)
    if is_fragment(request):
        return page(request, "calls/applications/_stale.html", status=409, **drawn)
    if slug == "lots":
        lots = await _lots(db, application)
        mine = wish_forms(lots, {}, {}, data)
        saved = wish_forms(lots, await _wishes(db, application), application.typed)
        theirs = {
            lot.id: _wish_said(saved[lot.id]) for lot in lots if _wish_said(saved[lot.id]) != _wish_said(mine[lot.id])
        }
        return page(request, _template(slug), status=409, stale=True, theirs=theirs, lots=lots, forms=mine, **drawn)
    form = FORMS[slug](data)
    form.validate()
    theirs_text = differing(form, shown(slug, application))
    return page(request, _template(slug), status=409, stale=True, theirs=theirs_text, form=form, **drawn)


def _wish_said(form: WishForm) -> str:
    rank = next((str(c.label) for c in form.rank.iter_choices() if c.value == (form.rank.data or "")), "")
    return ", ".join(part for part in (rank, areas(form.area_min.data, form.area_max.data)) if part)


async def _saved(request: Request, db: Db, application: Application, slug: str, onward: str) -> Response[Any]:
    """Autosave: the line « Enregistré à … ». Without JavaScript: on to the next section, the summary, or here."""
    drawn = await page_context(request, db, application, slug)
    if is_fragment(request):
        return page(request, "calls/applications/_saved.html", **drawn)
    call, base = drawn["call"], f"/candidatures/{application.id}"
    if workflow.too_late(call, clock.now()):
        return redirect(
            base,
            flash=_(
                "Votre texte est enregistré, mais l’appel a clos le %(closing)s : il ne peut plus être déposé.",
                closing=instant(call.closes_at),
            ),
        )
    if onward == "continuer":
        following = drawn["next_slug"]
        return redirect(f"{base}/dossier/{following}" if following else base)
    return redirect(base if onward == "relire" else f"{base}/dossier/{slug}", flash=_("Le brouillon est enregistré."))


@post("/candidatures/{application_id:int}/partenaires", policy="applications.draft")
async def invite(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    form = PartnerForm(await form_data(request))
    POLICY.check(actor_of(request), "applications.draft", application)
    if form.validate():
        try:
            partner = await partner_named(db, form.partner.data or "")
        except Refused as refused:
            form.add_error("partner", f"{refused.sentence} {refused.way_out}")
    if form.errors_in_order:
        drawn = await page_context(request, db, application, "partenaires")
        raise invalid(request, _template("partenaires"), stale=False, theirs={}, form=form, **drawn)
    await groups.invite(
        db,
        actor_of(request),
        application,
        partner=partner,
        area=form.area.data,
        hours=form.hours.data,
        rent=form.rent.data,
    )
    return redirect(
        f"/candidatures/{application.id}/dossier/partenaires",
        flash=_("L’invitation part à %(name)s.", name=partner.name),
    )


@post("/candidatures/{application_id:int}/partenaires/{partner_id:int}/retirer", policy="applications.draft")
async def remove(request: Request, db: Db, application_id: Id, partner_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    await groups.remove(db, actor_of(request), application, partner_id=partner_id)
    return redirect(
        f"/candidatures/{application.id}/dossier/partenaires", flash=_("La structure est retirée du dossier.")
    )


@post("/candidatures/{application_id:int}/partenaires/{partner_id:int}/reponse", policy="applications.answer")
async def answer(request: Request, db: Db, application_id: Id, partner_id: Id) -> Response[None]:
    """The invited structure accepts, declines, or leaves."""
    application = await visible_application(request, db, application_id)
    partner = one_or_404(await db.execute(select(Organisation).where(Organisation.id == partner_id)))
    accepts = (await form_data(request)).get("reponse") == "oui"
    await groups.answer(db, actor_of(request), application, partner=partner, accepts=accepts)
    if accepts:
        return redirect(f"/candidatures/{application.id}", flash=_("Vous candidatez ensemble."))
    return redirect("/candidatures", flash=_("C’est noté : vous ne candidatez pas avec cette structure."))


ROUTES: list[HTTPRouteHandler] = [show, save, invite, remove, answer]
