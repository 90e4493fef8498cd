"""/candidatures/…/dossier/pieces and the documents themselves. Works without JavaScript, one file at a time."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import attachments, queries
from calls.application_pages import visible_application
from calls.models import Application, ApplicationDocument
from calls.section_pages import page_context
from intervalle import clock, deposits, files
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.accounts.documents import current_of, standing
from intervalle.accounts.models import DOCUMENT_KINDS
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Problem, Refused
from intervalle.house import stored_file_response
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect, upload_in

TEMPLATE = "calls/applications/documents.html"


async def documents_context(
    request: Request, db: Db, application: Application, *, refused: str = "", kind: str = ""
) -> dict[str, Any]:
    """What the call asks for and what is joined, kind by kind; the structure's kept papers that may be reused."""
    drawn = await page_context(request, db, application, attachments.SECTION)
    joined = drawn["whole_file"].documents
    asked = drawn["version"].required_documents
    used = {document.structure_document_id for document, _stored in joined}
    papers = (await db.execute(current_of([application.organisation_id]))).all()
    reusable = [(paper, stored, standing(paper, clock.today())) for paper, stored in papers if paper.id not in used]
    return {
        **drawn, "asked": [(code, [d for d in joined if d[0].kind == code]) for code in asked],
        "others": [d for d in joined if d[0].kind not in asked], "kinds": KIND_LABELS,
        "reusable": reusable, "refused": refused, "refused_kind": kind, "most": deposits.MOST_BYTES // 1_048_576,
        "stale": False, "theirs": {},
    }  # fmt: skip


@get("/candidatures/{application_id:int}/dossier/pieces", policy="applications.show")
async def show(request: Request, db: Db, application_id: Id) -> Response[Any]:
    """The documents section; for who may not write it, the file to read."""
    application = await visible_application(request, db, application_id)
    drawn = await documents_context(request, db, application)
    if drawn["stage"] != "draft" or not POLICY.can(actor_of(request), "applications.draft", application):
        return redirect(f"/candidatures/{application.id}")
    return page(request, TEMPLATE, **drawn)


@post("/candidatures/{application_id:int}/pieces", policy="applications.draft")
async def join(request: Request, db: Db, application_id: Id) -> Response[None]:
    """Join one file. Refused: the page again, the sentence beside its field, what was joined before still there."""
    application = await visible_application(request, db, application_id)
    POLICY.check(actor_of(request), "applications.draft", application)
    data = await form_data(request)
    kind, chosen = str(data.get("type", "")), upload_in(data, "fichier")
    kind = kind if kind in DOCUMENT_KINDS else ""
    sentence = "" if kind else _("Dites de quel document il s’agit.")
    if kind and chosen is None:
        sentence = _("Choisissez un fichier sur votre appareil.")
    if kind and chosen:
        try:
            deposit = await deposits.receive(chosen)
            await attachments.join(db, actor_of(request), application, kind=kind, deposit=deposit)
            return _back(application, _("« %(name)s » est joint.", name=deposit.name))
        except (files.BadFile, Refused) as refused:
            sentence = said(refused)
    raise invalid(request, TEMPLATE, **await documents_context(request, db, application, refused=sentence, kind=kind))


def said(problem: Problem) -> str:
    return f"{_(problem.sentence)} {_(problem.way_out) if problem.way_out else ''}".strip()


@post("/candidatures/{application_id:int}/pieces/reprendre", policy="applications.draft")
async def reuse(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    typed = [str(one) for one in (await form_data(request)).getall("document", [])]
    chosen = {int(one) for one in typed if one.isdigit() and len(one) < 19}
    count = await attachments.reuse(db, actor_of(request), application, chosen)
    return _back(
        application, _("Documents joints : %(n)s.", n=count) if count else _("Cochez les documents à joindre.")
    )


@post("/candidatures/{application_id:int}/pieces/{document_id:int}/retirer", policy="applications.draft")
async def take_out(request: Request, db: Db, application_id: Id, document_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    await attachments.take_out(db, actor_of(request), application, document_id)
    return _back(application, _("Le document est retiré du dossier."))


def _back(application: Application, flash: str) -> Response[None]:
    return redirect(f"/candidatures/{application.id}/dossier/{attachments.SECTION}", flash=flash)


@get("/candidatures/{application_id:int}/pieces/{document_id:int}", policy="applications.show")
async def download(request: Request, db: Db, application_id: Id, document_id: Id) -> Response[bytes]:
    """To whoever may read the file: its authors, the organiser once opened, the jurors it is open to. Never inline."""
    found = queries.documents_visible_to(actor_of(request)).where(
        ApplicationDocument.id == document_id, Application.id == application_id
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return stored_file_response(row[1], await files.read(row[1]))


ROUTES: list[HTTPRouteHandler] = [show, join, reuse, take_out, download]
