"""/attribution/modeles: how an organisation notifies, and its own letters, tried on a real file before they are kept."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import forms, house_rules, letter_templates, letters, queries
from allocation.assignment.letter_pages import OUTCOMES
from allocation.assignment.models import Decision
from allocation.assignment.release_models import DecisionRules
from calls.models import Application, Call
from intervalle.accounts.models import Organisation
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.pdf import render_pdf
from intervalle.web import Db, Request, Slug, actor_of, form_data, invalid, one_or_404, page, redirect


async def _mine(request: Request, db: AsyncSession) -> tuple[Organisation, DecisionRules]:
    """The organisation the person acts for now. Structures that only apply have no letters to write."""
    current = actor_of(request).current
    if current is None or current.kind == "ess_structure":
        raise NotFound
    organisation = one_or_404(await db.execute(select(Organisation).where(Organisation.id == current.organisation_id)))
    return organisation, await house_rules.of(db, organisation.id)


@get("/attribution/modeles", policy="proposals.list")
async def index(request: Request, db: Db) -> Response[str]:
    organisation, rules = await _mine(request, db)
    form = forms.RulesForm(obj=rules)
    return page(request, "assignment/house.html", organisation=organisation, rules=rules, form=form, outcomes=OUTCOMES)


@post("/attribution/modeles", policy="decisions.set_rules")
async def save(request: Request, db: Db) -> Response[Any]:
    organisation, rules = await _mine(request, db)
    form = forms.RulesForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request, "assignment/house.html", organisation=organisation, rules=rules, form=form, outcomes=OUTCOMES
        )
    await house_rules.save(
        db, actor_of(request), organisation, second_person=bool(form.second_person.data), signatory=form.signatory.data or "", version=form.version.data or 0,
    )  # fmt: skip
    return redirect("/attribution/modeles", flash=_("Règles enregistrées : elles valent pour les appels à notifier."))


def _outcome(code: str) -> str:
    if code not in letter_templates.DEFAULTS:
        raise NotFound
    return code


async def _context(db: AsyncSession, organisation: Organisation, rules: DecisionRules, outcome: str) -> dict[str, Any]:
    return {
        "organisation": organisation, "rules": rules, "outcome": outcome, "label": _(OUTCOMES[outcome][1]),
        "blocks": letter_templates.BLOCKS, "words": letter_templates.WORDS, "required": letter_templates.REQUIRED,
        "samples": await _samples(db, organisation, outcome), "own": outcome in rules.letters,
    }  # fmt: skip


async def _samples(
    db: AsyncSession, organisation: Organisation, outcome: str
) -> list[tuple[Decision, Application, str]]:
    """Real decisions of that kind on which to try the words, the latest first."""
    rows = await db.execute(
        select(Decision, Application, Organisation.name)
        .join(Application, Application.id == Decision.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Call, Call.id == Decision.call_id)
        .where(Call.organiser_id == organisation.id, Decision.outcome == outcome)
        .order_by(Decision.id.desc())
        .limit(20)
    )
    return [(decision, application, name) for decision, application, name in rows]


@get("/attribution/modeles/{outcome:str}", policy="proposals.list")
async def edit(request: Request, db: Db, outcome: Slug) -> Response[str]:
    organisation, rules = await _mine(request, db)
    form = forms.TemplateForm(
        text=letter_templates.template_for(_outcome(outcome), rules.letters), version=rules.version
    )
    return page(request, "assignment/house_letter.html", form=form, **await _context(db, organisation, rules, outcome))


@post("/attribution/modeles/{outcome:str}", policy="decisions.set_rules")
async def write(request: Request, db: Db, outcome: Slug) -> Response[Any]:
    """Keep the words, try them on a file (`act=try`), or go back to ours (`act=ours`)."""
    organisation, rules = await _mine(request, db)
    data = await form_data(request)
    form = forms.TemplateForm(data)
    context = await _context(db, organisation, rules, _outcome(outcome))
    if data.get("act") == "ours":
        form.text.data = ""
    elif not form.validate():
        raise invalid(request, "assignment/house_letter.html", form=form, **context)
    if data.get("act") == "try":
        return await _try(request, db, organisation, outcome, form.text.data or "", str(data.get("sample", "")))
    await house_rules.write_letter(
        db, actor_of(request), organisation, outcome=outcome, text=form.text.data or "", version=form.version.data or 0
    )
    return redirect("/attribution/modeles", flash=_("Lettre enregistrée."))


async def _try(
    request: Request, db: AsyncSession, organisation: Organisation, outcome: str, text: str, sample: str
) -> Response[bytes]:
    """The words on a real file, as a PDF; nothing is kept and nothing leaves."""
    found = next((row for row in await _samples(db, organisation, outcome) if str(row[0].id) == sample), None)
    if found is None:
        raise NotFound
    decision, application, _name = found
    visible = queries.calls_to_assign_visible_to(actor_of(request)).where(Call.id == decision.call_id)
    call = one_or_404(await db.execute(visible))
    setting = await letters.setting_of(db, call)
    to = one_or_404(await db.execute(select(Organisation).where(Organisation.id == application.organisation_id)))
    html = letters.draw(letters.with_words(setting, outcome, text), decision, application, to)
    return Response(
        await render_pdf(html), media_type="application/pdf", status_code=200,
        headers={
            "Content-Disposition": f'inline; filename="essai-{outcome}.pdf"',
            "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [index, save, edit, write]
