"""Pages of titles."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import allocation.leases.housing  # tells the selection room who houses whom
import allocation.leases.spans  # registers places given on the bar of their lot  # noqa: F401
from allocation.leases import (
    conditions,
    document,
    forms,
    gathering,
    leases,
    notices,
    queries,
    reading,
    valuations,
    views,
)
from allocation.leases.gathering import Dossier
from allocation.leases.models import Condition, Lease
from intervalle import clock, files
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.verdicts import Verdict
from intervalle.web import (
    Db,
    Id,
    Request,
    actor_of,
    draw,
    form_data,
    invalid,
    is_fragment,
    one_or_404,
    page,
    redirect,
    stored_file_response,
)

PER_PAGE = 50


async def _lease(request: Request, db: AsyncSession, lease_id: int) -> Lease:
    return one_or_404(await db.execute(queries.leases_visible_to(actor_of(request)).where(Lease.id == lease_id)))


async def _dossier(request: Request, db: AsyncSession, lease_id: int) -> Dossier:
    return await gathering.dossier_of(db, await _lease(request, db, lease_id))


@get("/titres", policy="leases.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Titles I answer for, manage or hold, and the awards that wait for one."""
    actor = actor_of(request)
    number = min(
        max(int(request.query_params.get("page", "1")) if request.query_params.get("page", "1").isdigit() else 1, 1),
        10_000,
    )
    mine = queries.leases_visible_to(actor)
    total = (await db.execute(select(func.count()).select_from(mine.subquery()))).scalar_one()
    rows = (
        await db.execute(
            queries.with_context(mine)
            .order_by(Lease.signed_at.is_not(None), func.lower(Lease.during).desc(), Lease.id)
            .limit(PER_PAGE)
            .offset((number - 1) * PER_PAGE)
        )
    ).all()
    late = await _late_conditions(db, [row[0].id for row in rows])
    waiting = (await db.execute(queries.awards_to_prepare(actor))).all()
    lines = [views.line_of(actor, row, late.get(row[0].id, 0)) for row in rows]
    return page(
        request, "leases/index.html", lines=lines, waiting=waiting, total=total, number=number,
        last=max((total + PER_PAGE - 1) // PER_PAGE, 1),
    )  # fmt: skip


async def _late_conditions(db: AsyncSession, lease_ids: list[int]) -> dict[int, int]:
    counted = await db.execute(
        select(Condition.lease_id, func.count())
        .where(Condition.lease_id.in_(lease_ids), Condition.done_at.is_(None), Condition.due < clock.today())
        .group_by(Condition.lease_id)
    )
    return {row[0]: row[1] for row in counted}


@post("/titres", policy="leases.prepare")
async def prepare(request: Request, db: Db) -> Response[Any]:
    typed = await form_data(request)
    award = str(typed.get("award", ""))
    if not award.isdigit() or len(award) > 18:
        raise NotFound
    lease = await leases.prepare(db, actor_of(request), award_id=int(award))
    target = f"/titres/{lease.id}/modifier" if lease.signed_at is None else f"/titres/{lease.id}"
    return redirect(target, flash=_("Le titre est préparé à partir de l’appel et du lot : relisez-le et complétez-le."))


@get("/titres/{lease_id:int}", policy="leases.show")
async def show(request: Request, db: Db, lease_id: Id) -> Response[str]:
    return await _show(request, db, lease_id)


async def _show(request: Request, db: AsyncSession, lease_id: int, **given: Any) -> Response[str]:
    dossier = await _dossier(request, db, lease_id)
    stored = await db.get(StoredFile, dossier.lease.document_id) if dossier.lease.document_id else None
    return page(request, "leases/show.html", **_show_context(request, dossier, stored, **given))


def _show_context(request: Request, dossier: Dossier, stored: StoredFile | None, **given: Any) -> dict[str, Any]:
    lease = dossier.lease
    context: dict[str, Any] = {
        "view": views.page_of(actor_of(request), dossier), "lease": lease, "stored": stored,
        "insurance_form": forms.InsuranceForm(obj=lease, until=lease.insured_until),
        "keys_form": forms.KeysForm(inspected_on=lease.inspected_in_on),
        "reference_form": forms.ReferenceForm(
            reference=lease.reference_rent_cents_m2_year, basis=lease.reference_basis, dated=lease.reference_dated
        ),
        "proof_form": forms.ProofForm(prefix="preuve-"), "proof_for": None,
    }  # fmt: skip
    return context | given


@get("/titres/{lease_id:int}/modifier", policy="leases.edit")
async def edit_page(request: Request, db: Db, lease_id: Id) -> Response[str]:
    dossier = await _dossier(request, db, lease_id)
    POLICY.check(actor_of(request), "leases.edit", dossier.lease)
    return page(
        request, "leases/edit.html",
        **_edit_context(dossier, forms.lease_form(dossier.lease), forms.condition_forms(dossier.conditions)),
    )  # fmt: skip


def _edit_context(dossier: Dossier, form: forms.LeaseForm, rows: list[forms.ConditionForm]) -> dict[str, Any]:
    lease = dossier.lease
    return {
        "dossier": dossier, "lease": lease, "form": form, "rows": rows,
        "verdicts": reading.verdicts_at_signature(dossier.file, clock.today()),
        "lacking": reading.model_lacks(lease.title, (lease.legal_facts or {}).get("base")),
    }  # fmt: skip


@post("/titres/{lease_id:int}/modifier", policy="leases.edit")
async def edit(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    dossier, typed = await _dossier(request, db, lease_id), await form_data(request)
    form, rows = forms.LeaseForm(typed), forms.typed_conditions(typed)
    if not all([form.validate(), *(row.validate() for row in rows)]):
        raise invalid(request, "leases/edit.html", **_edit_context(dossier, form, rows))
    draft = forms.draft_of(form, rows, typed, dossier.lease)
    await leases.edit(db, actor_of(request), dossier.lease, draft=draft, version=form.version.data or 0)
    return redirect(f"/titres/{lease_id}", flash=_("Le brouillon est enregistré."))


@post("/titres/{lease_id:int}/regles", policy="leases.edit", status_code=200)
async def judge(request: Request, db: Db, lease_id: Id) -> Response[str]:
    """What the rules would say of what is typed. Nothing is kept: the row leaves the session before it is touched."""
    dossier, typed = await _dossier(request, db, lease_id), await form_data(request)
    POLICY.check(actor_of(request), "leases.edit", dossier.lease)
    form, rows = forms.LeaseForm(typed), forms.typed_conditions(typed)
    verdicts: list[Verdict] = []
    readable = form.validate()
    if readable:
        db.expunge(dossier.lease)
        leases.apply(dossier.lease, forms.draft_of(form, rows, typed, dossier.lease).values)
        verdicts = reading.verdicts_at_signature(dossier.file, clock.today())
    if is_fragment(request):
        html = draw(
            request, "leases/_verdicts.html", verdicts=verdicts, lease=dossier.lease, editing=True, readable=readable
        )
        return Response(html, media_type="text/html", headers={"Vary": "HX-Request-Type, Cookie"})
    return page(request, "leases/edit.html", **_edit_context(dossier, form, rows))


@get("/titres/{lease_id:int}/projet", policy="leases.edit")
async def preview(request: Request, db: Db, lease_id: Id) -> Response[bytes]:
    """The text as it would be signed today."""
    dossier = await _dossier(request, db, lease_id)
    POLICY.check(actor_of(request), "leases.edit", dossier.lease)
    pdf = await document.pdf_of(leases.printed(dossier, clock.today()))
    return Response(
        pdf, media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="projet-titre-{lease_id}.pdf"', "Cache-Control": "private, no-store"},
    )  # fmt: skip


@get("/titres/{lease_id:int}/document", policy="leases.show")
async def signed_document(request: Request, db: Db, lease_id: Id) -> Response[bytes]:
    lease = await _lease(request, db, lease_id)
    stored = await db.get(StoredFile, lease.document_id) if lease.document_id else None
    if stored is None:
        raise NotFound
    return stored_file_response(stored, await files.read(stored), inline=True)


@post("/titres/{lease_id:int}/signature", policy="leases.sign")
async def sign(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    lease, typed = await _lease(request, db, lease_id), await form_data(request)
    version = str(typed.get("version", ""))
    await leases.sign(
        db, actor_of(request), lease, version=int(version) if version.isdigit() and len(version) < 10 else 0
    )
    return redirect(
        f"/titres/{lease_id}",
        flash=_("Le titre est signé, le lot est occupé à ces dates et le parcours de relogement est ouvert."),
    )


@post("/titres/{lease_id:int}/assurance", policy="leases.insure")
async def insure(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    dossier = await _dossier(request, db, lease_id)
    form = forms.InsuranceForm(await form_data(request))
    if not form.validate():
        raise await _again(request, db, dossier, insurance_form=form)
    await leases.insure(
        db, actor_of(request), dossier.lease, insurance=form.insurance.data or "", until=forms.given(form.until)
    )
    return redirect(f"/titres/{lease_id}", flash=_("L’attestation d’assurance est notée."))


@post("/titres/{lease_id:int}/cles", policy="leases.hand_keys")
async def hand_keys(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    dossier = await _dossier(request, db, lease_id)
    form = forms.KeysForm(await form_data(request))
    if not form.validate():
        raise await _again(request, db, dossier, keys_form=form)
    await leases.hand_keys(
        db, actor_of(request), dossier.lease, on=forms.given(form.on), inspected_on=form.inspected_on.data,
        why={"OCC-37": form.why.data or ""},
    )  # fmt: skip
    return redirect(f"/titres/{lease_id}", flash=_("La remise des clés est notée."))


@post("/titres/{lease_id:int}/conditions/{condition_id:int}/preuve", policy="leases.fulfil")
async def fulfil(request: Request, db: Db, lease_id: Id, condition_id: Id) -> Response[Any]:
    dossier = await _dossier(request, db, lease_id)
    form = forms.ProofForm(await form_data(request), prefix="preuve-")
    if not form.validate():
        raise await _again(request, db, dossier, proof_form=form, proof_for=condition_id)
    await conditions.fulfil(
        db, actor_of(request), dossier.lease, condition_id=condition_id, evidence=form.evidence.data or ""
    )
    return redirect(f"/titres/{lease_id}#conditions", flash=_("C’est constaté, avec sa preuve."))


@post("/titres/{lease_id:int}/reference", policy="leases.revalue")
async def revalue(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    dossier = await _dossier(request, db, lease_id)
    form = forms.ReferenceForm(await form_data(request))
    if not form.validate():
        raise await _again(request, db, dossier, reference_form=form)
    await valuations.revalue(
        db, actor_of(request), dossier.lease, reference_cents_m2_year=forms.given(form.reference), basis=form.basis.data or "",
        dated=forms.given(form.dated),
    )  # fmt: skip
    return redirect(
        f"/titres/{lease_id}#valeur", flash=_("Une nouvelle évaluation est enregistrée ; les précédentes restent.")
    )


async def _again(request: Request, db: AsyncSession, dossier: Dossier, **given: Any) -> Exception:
    stored = await db.get(StoredFile, dossier.lease.document_id) if dossier.lease.document_id else None
    return invalid(request, "leases/show.html", **_show_context(request, dossier, stored, **given))


ROUTES: list[HTTPRouteHandler] = [
    index, prepare, show, edit_page, edit, judge, preview, signed_document, sign, insure, hand_keys, fulfil, revalue,
    *notices.ROUTES,
]  # fmt: skip
