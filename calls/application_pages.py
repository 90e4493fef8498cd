"""/candidatures: start, list, read, submit, take back, withdraw, receipt. Sections are in `section_pages.py`."""

import secrets
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from calls import applications, queries, sentences, workflow
from calls.applications import Whole, mine_for, whole
from calls.call_pages import visible_call
from calls.cards import cards
from calls.completeness import Gap, done
from calls.models import Application, Call, CallVersion
from calls.paper_files import TYPING
from calls.reading import file_of
from calls.receipts import receipt
from calls.sections import SECTIONS, asked_by
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _, day, instant
from intervalle.pdf import render_pdf
from intervalle.web import Db, Id, Request, actor_of, draw, form_data, one_or_404, page, redirect


async def visible_application(request: Request, db: Db, application_id: int) -> Application:
    found = queries.applications_visible_to(actor_of(request)).where(Application.id == application_id)
    return one_or_404(await db.execute(found))


def structures_of(actor: Actor) -> list[tuple[int, str]]:
    """Structures in whose name this person may apply, the current one first."""
    mine = [b for b in actor.belongings if b.kind == "ess_structure" and b.role in WRITE]
    current = actor.current.organisation_id if actor.current else 0
    return [(b.organisation_id, b.name) for b in sorted(mine, key=lambda b: (b.organisation_id != current, b.name))]


@get("/appels/{call_id:int}/candidater", policy="applications.start")
async def starting(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """What will be asked, and in whose name; somebody who has started is taken to their file."""
    call = await visible_call(request, db, call_id)
    actor = actor_of(request)
    mine = await mine_for(db, actor, call)
    left = [s for s in structures_of(actor) if s[0] not in {a.organisation_id for a in mine}]
    if mine and not left:
        return redirect(f"/candidatures/{mine[0].id}")
    (card,) = await cards(db, [call])
    return page(
        request,
        "calls/applications/start.html",
        call=call,
        card=card,
        mine=mine,
        structures=left,
        sections=asked_by(card.version.eliminatory),
    )


@post("/appels/{call_id:int}/candidater", policy="applications.start")
async def start(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, data = actor_of(request), await form_data(request)
    typed = str(data.get("structure", ""))
    own = structures_of(actor)
    chosen = int(typed) if typed.isdigit() and len(typed) < 19 else own[0][0]
    application = await applications.start(db, actor, call, organisation_id=chosen)
    return redirect(f"/candidatures/{application.id}/dossier/{SECTIONS[0].slug}")


@get("/candidatures", policy="applications.list")
async def index(request: Request, db: Db) -> Response[str]:
    """The files of one's structures: what each waits for. Three queries."""
    actor = actor_of(request)
    rows = await db.execute(
        queries.applications_mine(actor)
        .add_columns(Call, CallVersion, Organisation)
        .join(Call, Call.id == Application.call_id)
        .join(CallVersion, CallVersion.id == Application.call_version_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .order_by(Call.closes_at.desc(), Application.id.desc())
        .limit(200)
    )
    now = clock.now()
    files = [
        {
            "application": a, "call": call, "structure": org,
            "label": _label(a, call, now), "look": _look(a, call, now), "sentence": _told(a, call, now, version),
            "own": a.organisation_id in actor.organisations(scope="calls"),
        }
        for a, call, version, org in rows
    ]  # fmt: skip
    members = (await db.execute(queries.members_of([f["application"].id for f in files]))).all()
    own = actor.organisations(scope="calls")
    waiting = {m.application_id: org for m, org in members if org.id in own and not m.accepted_at and not m.left_at}
    return page(request, "calls/applications/list.html", files=files, waiting=waiting)


def steps(file: Whole, gaps: list[Gap], current: str = "") -> list[tuple[str, str, str, str]]:
    """(title, what is left, mark, address) for each section: the way through the form."""
    base = f"/candidatures/{file.application.id}/dossier"
    return [
        (
            _(s.title), _left([g for g in gaps if g.section == s.slug]),
            "now" if s.slug == current else "done" if done(s.slug, gaps) else "", f"{base}/{s.slug}",
        )
        for s in asked_by(file.version.eliminatory)
    ]  # fmt: skip


def _left(gaps: list[Gap]) -> str:
    return (
        _("complet")
        if not gaps
        else _("1 point à compléter")
        if len(gaps) == 1
        else _("%(n)s points à compléter", n=len(gaps))
    )


async def context(request: Request, db: Db, application: Application, current: str = "") -> dict[str, Any]:
    """What every page of a file shows: its state, who acts next, the way through."""
    file, actor, now = await whole(db, application), actor_of(request), clock.now()
    gaps = file.gaps()
    stage = sentences.application_stage(application, file.call, now)
    own = actor.organisations(scope="calls")
    in_force = (await db.execute(queries.current_version(file.call.id))).scalar_one()
    newer = in_force if in_force.id != file.version.id and workflow.call_state(file.call, now) == "open" else None
    invited = next((org for m, org in file.present if org.id in own and not m.accepted_at), None)
    share = next((m.share.line for m, org in file.present if org.id in own and not m.accepted_at), "")
    partner = next((org for m, org in file.present if org.id in own and m.accepted_at), None)
    mine = bool(application.parties()["applicant"] & own)
    typing = bool(application.parties()["typist"] & own) and stage in ("draft", "missed") and mine
    if typing and workflow.call_state(file.call, now) in TYPING:
        stage = "draft"  # what came in before the closing is typed in after it too
    if application.typed_by_id and application.submitted_at is None and not typing:
        stage = "typed"
    return {
        "application": application, "call": file.call, "version": file.version, "structure": file.structure, "gaps": gaps,
        "newer": newer, "stage": stage,
        "label": _label(application, file.call, now), "look": _look(application, file.call, now),
        "sentence": _sentence(file, now, invited=invited is not None, partner=partner is not None),
        "steps_left": steps(file, gaps, current), "members": file.present, "invited": invited, "invited_share": share, "partner": partner,
        "mine": mine, "typing": typing, "typed_mark": applications.typed_mark(file), "tab": secrets.token_hex(6), "whole_file": file,
    }  # fmt: skip


def _being_typed(application: Application) -> bool:
    return application.typed_by_id is not None and application.submitted_at is None and not application.withdrawn_at


def _label(application: Application, call: Call, now: datetime) -> str:
    if _being_typed(application):
        return _("Saisie en cours")
    return sentences.application_label(application, call, now)


def _look(application: Application, call: Call, now: datetime) -> str:
    return "" if _being_typed(application) else sentences.application_look(application, call, now)


def _told(application: Application, call: Call, now: datetime, version: CallVersion) -> str:
    """Who acts next, for the applicants; what only a row can say first (typed in by the organiser, or withdrawn by it)."""
    if _being_typed(application):
        return _("L’organisateur saisit le dossier qu’il a reçu le %(at)s.", at=instant(application.received_at))
    if application.withdrawn_at and application.withdrawn_reason:
        return _(
            "L’organisateur l’a retirée le %(day)s, comme doublon : %(reason)s",
            day=day(application.withdrawn_at), reason=application.withdrawn_reason,
        )  # fmt: skip
    return sentences.application_sentence(
        application, call, now, version.decision_on, sealed=not version.read_on_arrival
    )


def _sentence(file: Whole, now: datetime, *, invited: bool, partner: bool) -> str:
    """Who acts next: the same for all, save in a draft, where a partner answers and the lead submits."""
    if file.typist and _being_typed(file.application):
        return _(
            "%(name)s saisit ce dossier, reçu le %(at)s, puis l’enregistre à cette heure-là.",
            name=file.typist.name,
            at=instant(file.application.received_at),
        )
    if file.application.stage() == "draft" and workflow.call_state(file.call, now) == "open" and (invited or partner):
        closing = instant(file.call.closes_at)
        if invited:
            return _("À vous : acceptez ou non cette invitation, avant le %(closing)s.", closing=closing)
        return _(
            "%(lead)s complète et dépose le dossier commun avant le %(closing)s.",
            lead=file.structure.name,
            closing=closing,
        )
    return _told(file.application, file.call, now, file.version)


@get("/candidatures/{application_id:int}", policy="applications.show")
async def show(request: Request, db: Db, application_id: Id) -> Response[str]:
    application = await visible_application(request, db, application_id)
    shown = await context(request, db, application)
    return page(request, "calls/applications/show.html", file=await file_of(db, application), refused="", **shown)


@post("/candidatures/{application_id:int}/deposer", policy="applications.submit")
async def submit(request: Request, db: Db, application_id: Id) -> Response[Any]:
    """Deposit. Incomplete: the page again with everything to mend, as a 422; late or not allowed: 409 in words."""
    application = await visible_application(request, db, application_id)
    actor = actor_of(request)
    POLICY.check(actor, "applications.submit", application)
    shown = await context(request, db, application)
    if shown["stage"] == "draft" and shown["gaps"]:
        file = await file_of(db, application)
        refused = _("Il manque encore quelque chose : rien n’a été déposé.")
        return page(request, "calls/applications/show.html", status=422, file=file, refused=refused, **shown)
    application = await applications.submit(db, actor, application)
    return redirect(f"/candidatures/{application.id}/recepisse", flash=_("Votre candidature est déposée."))


@post("/candidatures/{application_id:int}/reprendre", policy="applications.take_back")
async def take_back(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    await applications.take_back(db, actor_of(request), application)
    return redirect(
        f"/candidatures/{application.id}",
        flash=_("Votre candidature est redevenue un brouillon : déposez-la de nouveau avant la clôture."),
    )


@get("/candidatures/{application_id:int}/retirer", policy="applications.withdraw")
async def withdrawing(request: Request, db: Db, application_id: Id) -> Response[str]:
    application = await visible_application(request, db, application_id)
    POLICY.check(actor_of(request), "applications.withdraw", application)
    return page(request, "calls/applications/withdraw.html", **await context(request, db, application))


@post("/candidatures/{application_id:int}/retirer", policy="applications.withdraw")
async def withdraw(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    await applications.withdraw(db, actor_of(request), application)
    return redirect(f"/candidatures/{application.id}", flash=_("Votre candidature est retirée."))


@get("/candidatures/{application_id:int}/recepisse", policy="applications.show")
async def receipt_page(request: Request, db: Db, application_id: Id) -> Response[str]:
    application = await visible_application(request, db, application_id)
    return page(request, "calls/applications/receipt.html", **await receipt(db, application))


@get("/candidatures/{application_id:int}/recepisse.pdf", policy="applications.show")
async def receipt_pdf(request: Request, db: Db, application_id: Id) -> Response[bytes]:
    application = await visible_application(request, db, application_id)
    return await receipt_response(request, application, await receipt(db, application))


async def receipt_response(request: Request, application: Application, shown: dict[str, Any]) -> Response[bytes]:
    content = await render_pdf(draw(request, "calls/applications/receipt_pdf.html", **shown))
    name = f"recepisse-{application.label}.pdf"
    return Response(
        content, media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )  # fmt: skip


async def partner_named(db: Db, typed: str) -> Organisation:
    """A registered structure by its SIREN, SIRET or exact name. Raises Refused in words when there is none."""
    digits = "".join(c for c in typed if c.isdigit())
    by = (
        Organisation.siren == digits[:9]
        if len(digits) in {9, 14}
        else Organisation.name.ilike(typed.strip().replace("%", ""))
    )
    found = (await db.execute(select(Organisation).where(by).order_by(Organisation.id).limit(2))).scalars().all()
    if len(found) != 1:
        raise Refused(
            _("Aucune structure inscrite ne correspond à « %(typed)s ».", typed=typed[:80]),
            _("Vérifiez son SIREN, ou demandez-lui de créer son compte : elle pourra ensuite être invitée."),
        )
    return found[0]


ROUTES: list[HTTPRouteHandler] = [
    starting, start, index, show, submit, take_back, withdrawing, withdraw, receipt_page, receipt_pdf,
]  # fmt: skip
