"""Pages of the board: who goes where, and why; compare, change a line by hand, try out, retain."""

from collections.abc import Iterable
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import board, decisions, forms, locks, proposals, queries, workflow
from allocation.assignment import inputs as frozen
from allocation.assignment.inputs import Inputs
from allocation.assignment.models import Lock, Proposal
from allocation.assignment.motives import Documents
from allocation.assignment.problem import canonical
from calls.models import Call
from intervalle.accounts.models import User
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, Slug, actor_of, form_data, invalid, one_or_404, page, redirect
from premises.models import Lot


async def call_of(request: Request, db: AsyncSession, call_id: int) -> Call:
    visible = queries.calls_to_assign_visible_to(actor_of(request))
    return one_or_404(await db.execute(visible.where(Call.id == call_id)))


async def _proposal(db: AsyncSession, call: Call, number: int) -> Proposal:
    return one_or_404(await db.execute(select(Proposal).where(Proposal.call_id == call.id, Proposal.number == number)))


def _chosen(rows: list[Proposal], wanted: str | None) -> Proposal | None:
    """The proposal asked for; else the retained one, the last equitable one, the last one."""
    if wanted is not None:
        found = next((row for row in rows if str(row.number) == wanted), None)
        if found is None:
            raise NotFound
        return found
    kept = [row for row in rows if row.retained_at] or [row for row in rows if row.method == "fair"] or rows
    return kept[0] if kept else None


def _before(rows: list[Proposal], proposal: Proposal | None) -> Proposal | None:
    """The one to compare with: the last made before by the same method, or by any."""
    earlier = [row for row in rows if proposal and row.number < proposal.number]
    return next((row for row in earlier if proposal and row.method == proposal.method), next(iter(earlier), None))


@get("/attribution", policy="proposals.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Closed calls this person's organisations run, the ones that wait for them first."""
    visible = queries.calls_to_assign_visible_to(actor_of(request))
    rows = await db.execute(queries.with_progress(visible))
    found = [
        (
            call,
            workflow.step(
                ranked=call.ranked_at is not None, proposals=count, retained=bool(kept), released=bool(call.released_at)
            ),
            count,
        )
        for call, count, kept in rows
    ]
    order = {name: place for place, name in enumerate(("to_release", "to_retain", "to_run", "scoring", "released"))}
    return page(request, "assignment/index.html", rows=sorted(found, key=lambda row: (order[row[1]], -row[0].id)))


@get("/attribution/{call_id:int}", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    if call.kind == "direct":
        return redirect(f"/attribution/{call_id}/directe")
    return page(request, "assignment/board.html", **await _board(request, db, call))


async def _board(request: Request, db: AsyncSession, call: Call, **given: Any) -> dict[str, Any]:
    rows = list((await db.execute(queries.proposals_of(call.id))).scalars())
    proposal = _chosen(rows, request.query_params.get("n"))
    context: dict[str, Any] = {
        "call": call, "proposals": rows, "proposal": proposal, "board": None, "problem": None,
        "authors": await _authors(db, (row.created_by_id for row in rows)), "methods": forms.METHOD_LABELS,
        "before": _before(rows, proposal),
        "locks": [], "newest": None, "reopen_form": forms.MotiveForm(), "run_form": forms.RunForm(), "step": "scoring", "outside": [],
        "candidates": 0,
    }  # fmt: skip
    if call.ranked_at is None:
        return context | given
    retained = any(row.retained_at for row in rows)
    context["step"] = workflow.step(
        ranked=True, proposals=len(rows), retained=retained, released=call.released_at is not None
    )
    try:
        inputs = await frozen.gather(db, call)
    except Refused as refusal:
        return context | {"problem": refusal} | given
    context["candidates"] = len(inputs.candidates)
    context["outside"] = await _outside(db, call, inputs)
    if proposal:
        spelled = canonical(inputs.document).decode()
        context["newest"] = next((row for row in rows if row.method == "fair" and row.input == spelled), None)
        if context["newest"] and not retained and request.query_params.get("n") is None:
            # A choice lifted since brings an older proposal back to the day.
            proposal = context["proposal"] = context["newest"]
            context["before"] = _before(rows, proposal)
        documents = decisions.documents_of(proposal)
        context["locks"] = await _hand_made(db, documents, inputs)
        context["board"] = board.build(proposal, documents, inputs, stale=spelled != proposal.input)
    return context | given


async def _authors(db: AsyncSession, ids: Iterable[int | None]) -> dict[int, str]:
    found = await db.execute(select(User.id, User.name).where(User.id.in_({id for id in ids if id})))
    return {row[0]: row[1] for row in found}


async def _outside(db: AsyncSession, call: Call, inputs: Inputs) -> list[tuple[str, str, str]]:
    """Files that do not enter the assignment: (label, structure, why)."""
    known = {candidate.application.id for candidate in inputs.candidates.values()}
    return [
        (
            application.label,
            organisation.name,
            admissibility.reason if admissibility and admissibility.admissible is False else _("Dossier non classé."),
        )
        for application, organisation, admissibility, _score in await db.execute(queries.standing_applications(call.id))
        if application.id not in known
    ]


async def _hand_made(db: AsyncSession, documents: Documents, inputs: Inputs) -> list[dict[str, Any]]:
    """The choices this proposal was computed with, as its own document tells them."""
    rows = documents.problem["locks"]
    authors = await _authors(db, (int(row["author"]) for row in rows if str(row["author"]).isdigit()))
    names = board.board_names(inputs).applications
    return [
        {
            "name": names.get(row["application"], row["application"]), "lot": row["lot"], "kind": row["kind"],
            "motive": row["motive"], "author": authors.get(int(row["author"])) if row["author"] else "",
        }
        for row in rows
    ]  # fmt: skip


async def _standing(db: AsyncSession, call: Call, inputs: Inputs, application_id: int) -> list[dict[str, Any]]:
    """The choices in force for one application, to be lifted or replaced."""
    rows = (await db.execute(queries.locks_in_force(call.id))).scalars()
    own = [row for row in rows if row.application_id == application_id]
    authors = await _authors(db, (row.created_by_id for row in own))
    lots = {offered.lot.id: key for key, offered in inputs.lots.items()}
    return [
        {
            "id": row.id, "lot_id": row.lot_id, "lot": lots.get(row.lot_id, ""), "kind": row.kind, "motive": row.motive,
            "author": authors.get(row.created_by_id or 0, ""),
        }
        for row in own
    ]  # fmt: skip


@post("/attribution/{call_id:int}/propositions", policy="proposals.run")
async def run(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call, form = await call_of(request, db, call_id), forms.RunForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "assignment/board.html", **await _board(request, db, call, run_form=form))
    proposal = await proposals.run(db, actor_of(request), call, method=form.method.data)
    return redirect(
        f"/attribution/{call_id}?n={proposal.number}",
        flash=_("Proposition nᵒ %(number)s calculée.", number=proposal.number),
    )


@post("/attribution/{call_id:int}/comparaison", policy="proposals.run")
async def compare_methods(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """Run whichever of the three methods is missing on today's data, then show them side by side."""
    call = await call_of(request, db, call_id)
    found = await proposals.compare(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/comparaison?{'&'.join(f'n={p.number}' for p in found)}")


@get("/attribution/{call_id:int}/comparaison", policy="proposals.show")
async def compare(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Up to four proposals side by side: `?n=1&n=2`."""
    call = await call_of(request, db, call_id)
    numbers = list(dict.fromkeys(request.query_params.getall("n", [])))[:4]
    rows = list((await db.execute(queries.proposals_of(call.id))).scalars())
    columns = [row for wanted in numbers if (row := _chosen(rows, wanted))]
    inputs = await frozen.gather(db, call)
    documents = [decisions.documents_of(row) for row in columns]
    names = board.board_names(inputs)
    return page(
        request, "assignment/compare.html", call=call, columns=columns, rows=board.compare(documents, inputs),
        summaries=[board.summary_of(row, doc, names) for row, doc in zip(columns, documents, strict=True)],
        proposals=rows, methods=forms.METHOD_LABELS,
    )  # fmt: skip


async def _line(request: Request, db: AsyncSession, call: Call, application_id: int, form: Any) -> dict[str, Any]:
    """One application: its wishes with what was computed for each, and what a hand may change."""
    inputs = await frozen.gather(db, call)
    candidate = next((c for c in inputs.candidates.values() if c.application.id == application_id), None)
    if candidate is None:
        raise NotFound
    key = candidate.application.label
    rows = list((await db.execute(queries.proposals_of(call.id))).scalars())
    proposal = _chosen(rows, request.query_params.get("n"))
    documents = decisions.documents_of(proposal) if proposal else None
    standing = await _standing(db, call, inputs, application_id)
    form.offer(_choices(inputs, key, documents, standing))
    return {
        "call": call, "candidate": candidate, "form": form, "proposal": proposal, "locks": standing,
        "held": documents.placement(key) if documents else None, "told": _told(inputs, key, documents),
        "doubts": {lot: said for (application, lot), said in inputs.doubts.items() if application == key},
    }  # fmt: skip


def _told(inputs: Inputs, key: str, documents: Documents | None) -> list[str]:
    if documents is None or key not in {row["id"] for row in documents.problem["applications"]}:
        return []
    line = documents.placement(key) or documents.unplaced(key) or {"reasons": []}
    names = board.board_names(inputs)
    return [board.third_person(documents, names, key, reason) for reason in line["reasons"]]


def _choices(
    inputs: Inputs, key: str, documents: Documents | None, standing: list[dict[str, Any]]
) -> list[tuple[str, str]]:
    held = documents.placement(key) if documents else None
    taken = {(row["lot_id"], row["kind"]) for row in standing}
    found = []
    for wish in inputs.candidates[key].wishes:
        lot = next((name for name, offered in inputs.lots.items() if offered.lot.id == wish.lot_id), None)
        if lot is None or (key, lot) in inputs.obstacles:
            continue
        name = f"{lot} ({inputs.lots[lot].lot.name})"
        if (wish.lot_id, "must") not in taken:
            here = held is not None and held["lot"] == lot
            text = _("La garder sur le lot %(lot)s", lot=name) if here else _("La placer sur le lot %(lot)s", lot=name)
            found.append((f"must:{wish.lot_id}", text))
        if (wish.lot_id, "never") not in taken:
            found.append((f"never:{wish.lot_id}", _("L’écarter du lot %(lot)s", lot=name)))
    for row in standing:
        found.append((f"lift:{row['id']}", _("Rendre le lot %(lot)s au calcul", lot=row["lot"])))
    return found


@get("/attribution/{call_id:int}/ligne/{application_id:int}", policy="proposals.show")
async def line_page(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[str]:
    call = await call_of(request, db, call_id)
    return page(request, "assignment/line.html", **await _line(request, db, call, application_id, forms.LineForm()))


@post("/attribution/{call_id:int}/ligne/{application_id:int}", policy="proposals.override")
async def change_line(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[Any]:
    call, form = await call_of(request, db, call_id), forms.LineForm(await form_data(request))
    context = await _line(request, db, call, application_id, form)
    if not form.validate():
        raise invalid(request, "assignment/line.html", **context)
    kind, _sep, id = str(form.choice.data).partition(":")
    actor, motive, application = actor_of(request), str(form.motive.data), context["candidate"].application
    if kind == "lift":
        lock = one_or_404(await db.execute(select(Lock).where(Lock.id == int(id), Lock.call_id == call.id)))
        proposal = await locks.lift(db, actor, lock, call, motive=motive)
    else:
        lot = one_or_404(await db.execute(select(Lot).where(Lot.id == int(id))))
        act = locks.fix if kind == "must" else locks.forbid
        proposal = await act(db, actor, call, application=application, lot=lot, motive=motive)
    return redirect(
        f"/attribution/{call_id}?n={proposal.number}",
        flash=_("Votre choix est pris en compte : proposition nᵒ %(number)s.", number=proposal.number),
    )


@post("/attribution/{call_id:int}/propositions/{number:int}/retenir", policy="proposals.retain")
async def retain(request: Request, db: Db, call_id: Id, number: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    await decisions.retain(db, actor_of(request), call, await _proposal(db, call, number))
    return redirect(
        f"/attribution/{call_id}/lettres",
        flash=_("Proposition nᵒ %(number)s retenue. Rien n’est parti : relisez les lettres.", number=number),
    )


@post("/attribution/{call_id:int}/revenir", policy="proposals.retain")
async def reopen(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call, form = await call_of(request, db, call_id), forms.MotiveForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "assignment/board.html", **await _board(request, db, call, reopen_form=form))
    await decisions.reopen(db, actor_of(request), call, motive=str(form.motive.data))
    return redirect(f"/attribution/{call_id}", flash=_("Le choix est annulé : la répartition peut de nouveau changer."))


@get("/attribution/{call_id:int}/propositions/{number:int}/{name:str}", policy="proposals.show")
async def document(request: Request, db: Db, call_id: Id, number: Id, name: Slug) -> Response[str]:
    """The two documents of the exchange format, byte for byte: anyone can run the engine on the first."""
    proposal = await _proposal(db, await call_of(request, db, call_id), number)
    contents = {"probleme.json": proposal.input, "resultat.json": proposal.result}
    if name not in contents:
        raise NotFound
    return Response(
        contents[name], media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="appel-{call_id}-proposition-{number}-{name}"'},
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [
    index, show, run, compare_methods, compare, line_page, change_line, retain, reopen, document,
]  # fmt: skip
