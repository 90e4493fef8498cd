"""/structures: the profile of a structure, its papers, the check of its ESS status, the structure that follows it."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle import clock, files
from intervalle.accounts import documents, ess, profiles, successions
from intervalle.accounts.models import EssClaim, Organisation, StructureDocument
from intervalle.accounts.policy import READ
from intervalle.accounts.structure_forms import ClaimForm, PaperForm, ReviewForm, SuccessorForm
from intervalle.errors import Invalid, NotFound
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.web import (
    Db,
    Id,
    Request,
    actor_of,
    form_data,
    invalid,
    one_or_404,
    page,
    received,
    redirect,
    stored_file_response,
)


async def _structure(request: Request, db: Db, structure_id: int) -> Organisation:
    return one_or_404(await db.execute(profiles.visible_to(actor_of(request)).where(Organisation.id == structure_id)))


async def _mine(request: Request, db: Db, structure_id: int) -> Organisation:
    """Papers and claims are the members' own."""
    found = await _structure(request, db, structure_id)
    if found.id not in actor_of(request).own(READ):
        raise NotFound
    return found


async def _again(request: Request, db: Db, structure: Organisation, **forms: Any) -> Invalid:
    shown = await profiles.context(db, actor_of(request), structure, **forms)
    return invalid(request, "accounts/structure.html", **shown)


@get("/structures/{structure_id:int}", policy="structures.show")
async def show(request: Request, db: Db, structure_id: Id) -> Response[str]:
    structure = await _structure(request, db, structure_id)
    return page(request, "accounts/structure.html", **await profiles.context(db, actor_of(request), structure))


@post("/structures/{structure_id:int}/pieces", policy="documents.keep")
async def keep(request: Request, db: Db, structure_id: Id) -> Response[None]:
    structure = await _mine(request, db, structure_id)
    data = await form_data(request)
    form, replaces = PaperForm(data), str(data.get("remplace", ""))

    async def deposit(name: str, content: bytes) -> StructureDocument:
        kind = form.kind.data or "other"
        return await documents.keep(
            db, actor_of(request), structure, kind=kind, name=name, content=content, valid_until=form.valid_until.data,
            title=form.title.data or _(documents.KIND_LABELS[kind]),
            replaces_id=int(replaces) if replaces.isdigit() and len(replaces) < 19 else None,
        )  # fmt: skip

    made, said = await received(form, data, "fichier", deposit, ask=_("Choisissez le fichier à déposer."))
    if made is None:
        raise await _again(request, db, structure, paper=form, file_error=said)
    return redirect(
        f"/structures/{structure.id}#pieces",
        flash=_("La pièce est gardée : vous pourrez la joindre à chaque candidature."),
    )


async def _paper(request: Request, db: Db, structure_id: int, paper_id: int) -> tuple[StructureDocument, StoredFile]:
    """A paper of one's own structure, or the proof one is asked to check."""
    actor = actor_of(request)
    asked = select(EssClaim.document_id).where(
        EssClaim.reviewer_id.in_(actor.organisations()), EssClaim.document_id.is_not(None)
    )
    found = await db.execute(
        select(StructureDocument, StoredFile)
        .join(StoredFile, StoredFile.id == StructureDocument.file_id)
        .where(
            StructureDocument.id == paper_id,
            StructureDocument.organisation_id == structure_id,
            StructureDocument.organisation_id.in_(actor.own(READ)) | StructureDocument.id.in_(asked),
        )
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


@get("/structures/{structure_id:int}/pieces/{paper_id:int}", policy="structures.show")
async def read(request: Request, db: Db, structure_id: Id, paper_id: Id) -> Response[bytes]:
    _document, stored = await _paper(request, db, structure_id, paper_id)
    return stored_file_response(stored, await files.read(stored))


@post("/structures/{structure_id:int}/pieces/{paper_id:int}/retrait", policy="documents.keep")
async def withdraw(request: Request, db: Db, structure_id: Id, paper_id: Id) -> Response[None]:
    structure = await _mine(request, db, structure_id)
    document, _stored = await _paper(request, db, structure_id, paper_id)
    await documents.withdraw(db, actor_of(request), document)
    return redirect(f"/structures/{structure.id}#pieces", flash=_("Cette pièce ne sera plus proposée."))


@post("/structures/{structure_id:int}/statut-ess", policy="ess.claim")
async def claim(request: Request, db: Db, structure_id: Id) -> Response[None]:
    structure = await _mine(request, db, structure_id)
    form = ClaimForm(await form_data(request))
    papers = {row[0].id: (row[0], row[1], "") for row in await db.execute(documents.current_of([structure.id]))}
    await profiles.offer(db, form, structure, list(papers.values()))
    if not form.validate():
        raise await _again(request, db, structure, claim=form)
    await ess.claim(
        db, actor_of(request), structure, status=form.status.data or "", reviewer_id=int(form.reviewer.data or 0),
        document=papers[int(form.document.data or 0)][0],
    )  # fmt: skip
    return redirect(
        f"/structures/{structure.id}#statut", flash=_("Votre demande est partie ; la réponse vous sera écrite.")
    )


@get("/structures/a-verifier", policy="ess.to_review")
async def to_review(request: Request, db: Db) -> Response[str]:
    rows = await db.execute(ess.to_review(actor_of(request)).limit(100))
    return page(request, "accounts/structures_to_review.html", waiting=list(rows), statuses=ess.STATUS_LABELS)


async def _claim(request: Request, db: Db, structure_id: int) -> tuple[EssClaim, Organisation]:
    found = await db.execute(
        select(EssClaim, Organisation)
        .join(Organisation, Organisation.id == EssClaim.organisation_id)
        .where(
            EssClaim.organisation_id == structure_id, EssClaim.reviewer_id.in_(actor_of(request).organisations(READ))
        )
        .order_by(EssClaim.id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def _proof(db: Db, one: EssClaim) -> StructureDocument | None:
    return await db.get(StructureDocument, one.document_id) if one.document_id else None


@get("/structures/{structure_id:int}/verification", policy="ess.to_review")
async def reviewing(request: Request, db: Db, structure_id: Id) -> Response[str]:
    one, structure = await _claim(request, db, structure_id)
    return page(
        request, "accounts/structure_review.html", claim=one, organisation=structure, form=ReviewForm(),
        statuses=ess.STATUS_LABELS, proof=await _proof(db, one),
    )  # fmt: skip


@post("/structures/{structure_id:int}/verification", policy="ess.review")
async def review(request: Request, db: Db, structure_id: Id) -> Response[None]:
    one, structure = await _claim(request, db, structure_id)
    form = ReviewForm(await form_data(request))
    good = form.validate()
    if form.outcome.data == "no" and not form.reason.data:
        form.add_error("reason", _("Dites pourquoi : la structure doit savoir quoi corriger."))
        good = False
    if not good:
        raise invalid(
            request, "accounts/structure_review.html", claim=one, organisation=structure, form=form,
            statuses=ess.STATUS_LABELS, proof=await _proof(db, one),
        )  # fmt: skip
    await ess.review(db, actor_of(request), one, accepted=form.outcome.data == "yes", reason=form.reason.data or "")
    return redirect("/structures/a-verifier", flash=_("Votre vérification est enregistrée, la structure est prévenue."))


@get("/structures/{structure_id:int}/successeur", policy="structures.succeed")
async def succeeding(request: Request, db: Db, structure_id: Id) -> Response[str]:
    structure = await _mine(request, db, structure_id)
    return page(request, "accounts/successor.html", organisation=structure, form=SuccessorForm(on=clock.today()))


@post("/structures/{structure_id:int}/successeur", policy="structures.succeed")
async def succeed(request: Request, db: Db, structure_id: Id) -> Response[None]:
    structure = await _mine(request, db, structure_id)
    form = SuccessorForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "accounts/successor.html", organisation=structure, form=form)
    assert form.on.data is not None
    made = await successions.succeed(db, actor_of(request), structure, on=form.on.data, values=form.data)
    return redirect(f"/structures/{made.id}", flash=_("La suite est enregistrée : l’histoire de la structure la suit."))


ROUTES: list[HTTPRouteHandler] = [
    to_review, show, keep, read, withdraw, claim, reviewing, review, succeeding, succeed,
]  # fmt: skip
