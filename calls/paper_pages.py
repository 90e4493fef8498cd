"""/appels/…/dossiers-papier: files received on paper or by e-mail; typed in section by section like any other."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import paper, paper_files
from calls.application_pages import receipt_response, visible_application
from calls.call_pages import visible_call
from calls.models import Application, Call
from calls.paper_files import Reception, Sender
from calls.receipts import receipt
from intervalle import clock, identifiers
from intervalle.accounts.forms import an_email, checked
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.forms import Form, Instant, Radio, Text, ValidationError, required
from intervalle.i18n import N_, _, instant
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect


class PaperForm(Form):
    name = Text(N_("Structure qui candidate"), [required(N_("Nommez la structure."))], limit=160)
    siret = Text(N_("Son SIRET"), [checked(identifiers.check_siret)], limit=30)
    why = Text(N_("Sans SIRET, pourquoi ?"), limit=300)
    email = Text(N_("Son courriel, s’il est connu"), limit=254, render_kw={"type": "email"})
    received_at = Instant(
        N_("Reçu le, à (heure de Paris)"), [required(N_("Indiquez le jour et l’heure de l’arrivée."))]
    )
    means = Radio(N_("Comment il est arrivé"), list(paper.MEANS_LABELS.items()), [required(N_("Dites-le."))])

    def check(self, call: Call) -> None:
        """Everything that can be said beside its field."""
        self.validate()
        if not self.siret.data and not self.siret.errors and not (self.why.data or "").strip():
            self.add_error("why", _("Indiquez le SIRET, ou dites pourquoi il manque."))
        if self.email.data:
            try:
                an_email(self, self.email)
            except ValidationError as error:
                self.add_error("email", str(error))
        at: Any = self.received_at.data
        if at and at > clock.now():
            self.add_error("received_at", _("Cette heure est dans l’avenir."))
        elif at and call.opened_at and at < call.opened_at:
            self.add_error("received_at", _("L’appel n’a ouvert que le %(at)s.", at=instant(call.opened_at)))


@get("/appels/{call_id:int}/dossiers-papier", policy="paper.list")
async def index(request: Request, db: Db, call_id: Id) -> Response[str]:
    """The register of what was received, with the state of each and its receipt."""
    call, actor = await visible_call(request, db, call_id), actor_of(request)
    POLICY.check(actor, "calls.follow", call)
    rows = await paper_files.register_of(db, call, actor)
    return page(request, "calls/paper/list.html", call=call, rows=rows, means=paper.MEANS_LABELS)


@get("/appels/{call_id:int}/dossiers-papier/nouveau", policy="paper.register")
async def new(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "paper.register", call)
    return page(request, "calls/paper/new.html", call=call, form=PaperForm(means="post"))


@post("/appels/{call_id:int}/dossiers-papier", policy="paper.register")
async def register(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, actor = await visible_call(request, db, call_id), actor_of(request)
    POLICY.check(actor, "paper.register", call)
    form = PaperForm(await form_data(request))
    form.check(call)
    if form.errors_in_order:
        raise invalid(request, "calls/paper/new.html", call=call, form=form)
    at: Any = form.received_at.data
    sender = Sender(form.name.data or "", form.siret.data or None, form.why.data or "", form.email.data or None)
    application = await paper_files.register(
        db, actor, call, sender=sender, reception=Reception(at, form.means.data or "post")
    )
    return redirect(
        f"/candidatures/{application.id}/dossier/pieces",
        flash=_(
            "%(label)s est ouvert : joignez la numérisation du dossier, puis saisissez-le.", label=application.label
        ),
    )


@post("/candidatures/{application_id:int}/enregistrer", policy="paper.record")
async def record(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    await paper_files.record(db, actor_of(request), application)
    late = application.submitted_at is None
    said = (
        _(
            "%(label)s est enregistré parmi les dépôts tardifs : à vous de décider, avec un motif.",
            label=application.label,
        )
        if late
        else _("%(label)s est enregistré à l’heure de sa réception : le récépissé est prêt.", label=application.label)
    )
    return redirect(f"/appels/{application.call_id}/dossiers-papier", flash=said)


async def _typed(request: Request, db: Db, call_id: int, application_id: int) -> Application:
    call = await visible_call(request, db, call_id)
    for row in (await db.execute(paper_files.typed_for(call, actor_of(request)))).all():
        if row.Application.id == application_id:
            found: Application = row.Application
            return found
    raise NotFound


@post("/appels/{call_id:int}/dossiers-papier/{application_id:int}/rouvrir", policy="paper.record")
async def reopen(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[None]:
    application = await _typed(request, db, call_id, application_id)
    await paper_files.reopen(db, actor_of(request), application)
    return redirect(
        f"/candidatures/{application.id}", flash=_("La saisie est rouverte : enregistrez-la de nouveau ensuite.")
    )


@get("/appels/{call_id:int}/dossiers-papier/{application_id:int}/recepisse.pdf", policy="paper.list")
async def receipt_pdf(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[bytes]:
    """To hand over or post: the receipt of the file, as of its reception."""
    application = await _typed(request, db, call_id, application_id)
    return await receipt_response(request, application, await receipt(db, application))


ROUTES: list[HTTPRouteHandler] = [index, new, register, record, reopen, receipt_pdf]
