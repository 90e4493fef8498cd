"""/commissions/…/recevabilite: the list of files and the examination of one."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, admissibility, checklist, corrections, queries
from allocation.selection.access import Room
from allocation.selection.admissibility import StaleChecklist, Undecidable
from allocation.selection.checklist import Answer, Facts
from allocation.selection.forms import CorrectionForm
from allocation.selection.models import Admissibility, Correction
from calls import conditions
from calls.models import Application
from calls.queries import current_version, members_of, wishes_of
from calls.reading import file_of
from intervalle.accounts.models import Organisation, User
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, one_or_404, page, redirect

REASON_LIMIT = 2000


@get("/commissions/{call_id:int}/recevabilite", policy="panel.check_admissibility")
async def index(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    rows = await db.execute(
        select(Application, Organisation.name, Admissibility, User.name)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(Admissibility, Admissibility.application_id == Application.id)
        .outerjoin(User, User.id == Admissibility.decided_by_id)
        .where(queries.submitted(call_id), queries.open_to(actor))
        .order_by(Application.number)
    )
    files = [
        (application, name, held, decider, checklist.count(checklist.answers_in(held.checklist if held else {})))
        for application, name, held, decider in rows
    ]
    return page(
        request, "selection/admissibility_list.html", room=room, head=await access.head(db, actor, room), files=files
    )


async def the_file(request: Request, db: Db, call_id: int, application_id: int) -> tuple[Room, Application]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    found = await db.execute(queries.files_open_to(call_id, actor).where(Application.id == application_id))
    return room, one_or_404(found)


async def page_context(
    request: Request, db: Db, room: Room, application: Application, *, answers: dict[str, Answer] | None = None,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    found = await db.execute(
        select(Admissibility, User.name)
        .outerjoin(User, User.id == Admissibility.decided_by_id)
        .where(Admissibility.application_id == application.id)
    )
    held, decider = found.one_or_none() or (None, None)
    stored = checklist.answers_in(held.checklist if held else {})
    asked = await db.execute(
        select(Correction)
        .where(Correction.application_id == application.id, Correction.withdrawn_at.is_(None))
        .order_by(Correction.id.desc())
    )
    file = await file_of(db, application)
    requests = list(asked.scalars())
    suggested = checklist.proposed_answers(await _facts(db, room, application, conditions.unmet(file.conditions)))
    first = not (held and held.saved_at)
    return {
        "room": room, "head": await access.head(db, actor_of(request), room), "application": application,
        "file": file, "held": held, "decider": decider, "items": checklist.ITEMS,
        "labels": checklist.ANSWER_LABELS, "stored": stored,
        "answers": answers or (suggested if first else stored),
        "corrections": requests, "sent": await corrections.files_of(db, [one.id for one in requests]), "correction": CorrectionForm.fresh(),
        "version": held.version if held else 1, "open": room.call.stage() == "closed",
    } | {"objections": {}, "stale": False} | more  # fmt: skip


async def _facts(db: Db, room: Room, application: Application, declared_unmet: str) -> Facts:
    organisation = (
        await db.execute(select(Organisation).where(Organisation.id == application.organisation_id))
    ).scalar_one()
    members = [m for m, _o in await db.execute(members_of([application.id])) if m.left_at is None]
    wishes = [w for w, _l, _p in await db.execute(wishes_of([application.id])) if w.rank is not None]
    version = (await db.execute(current_version(room.call.id))).scalar_one()
    return Facts(
        submitted_at=application.submitted_at, closes_at=room.call.closes_at, ess_status=organisation.ess_status,
        siren=organisation.siren, rna=organisation.rna, has_project=bool(application.project_name),
        has_budget=application.budget_cents is not None, wishes=len(wishes), members=len(members),
        members_accepted=sum(1 for m in members if m.accepted_at), has_conditions=bool(version.eliminatory.strip()),
        declared_unmet=declared_unmet,
    )  # fmt: skip


@get("/commissions/{call_id:int}/recevabilite/{application_id:int}", policy="panel.check_admissibility")
async def show(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[str]:
    room, application = await the_file(request, db, call_id, application_id)
    return page(request, "selection/admissibility.html", **await page_context(request, db, room, application))


@post("/commissions/{call_id:int}/recevabilite/{application_id:int}", policy="panel.check_admissibility")
async def examine(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[Any]:
    room, application = await the_file(request, db, call_id, application_id)
    form = await form_data(request)
    answers = {item.key: _answer(form, item.key) for item in checklist.ITEMS}
    version = int(v) if (v := str(form.get("version", ""))).isdigit() and len(v) < 10 else 0
    decision = {"admissible": True, "inadmissible": False}.get(str(form.get("decision", "")))
    try:
        await admissibility.examine(
            db, actor_of(request), room.call, application_id, answers, version=version, admissible=decision
        )
    except Undecidable as refused:
        context = await page_context(request, db, room, application, answers=answers, objections=refused.objections)
        return page(request, "selection/admissibility.html", status=422, **context)
    except StaleChecklist:
        context = await page_context(request, db, room, application, answers=answers, stale=True)
        return page(request, "selection/admissibility.html", status=409, **context)
    said = {
        True: _("Dossier déclaré recevable."),
        False: _("Dossier déclaré irrecevable."),
        None: _("Examen enregistré."),
    }
    following = await _next_to_decide(request, db, call_id, application.number)
    if decision is None or following is None:
        return redirect(f"/commissions/{call_id}/recevabilite", flash=said[decision])
    return redirect(f"/commissions/{call_id}/recevabilite/{following}", flash=said[decision])


def _answer(form: Any, key: str) -> Answer:
    given = str(form.get(f"a-{key}", "unknown"))
    reason = str(form.get(f"r-{key}", "")).strip().replace("\r\n", "\n")[:REASON_LIMIT]
    return Answer(given if given in checklist.ANSWERS else "unknown", reason)


async def _next_to_decide(request: Request, db: Db, call_id: int, number: int) -> int | None:
    """The next file without a decision, after this one and then from the start."""
    decided = select(Admissibility.id).where(
        Admissibility.application_id == Application.id, Admissibility.admissible.is_not(None)
    )
    found = await db.execute(
        queries.files_open_to(call_id, actor_of(request))
        .where(~decided.exists())
        .order_by(None)
        .order_by(Application.number <= number, Application.number)
        .limit(1)
    )
    following = found.scalar_one_or_none()
    return following.id if following else None


ROUTES: list[HTTPRouteHandler] = [index, show, examine]
