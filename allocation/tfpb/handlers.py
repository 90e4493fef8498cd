"""Pages of agreements and programmes. Titles are linked in `link_handlers.py`."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.tfpb import agreements, exports, forms, ledger, lines, link_handlers, queries
from allocation.tfpb.ledger import Account
from allocation.tfpb.models import TfpbAction, TfpbAgreement, TfpbLine, TfpbProgramme
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


def _landlords(actor: Actor) -> list[tuple[str, str]]:
    """Social landlords the actor writes for."""
    return [
        (str(b.organisation_id), b.name) for b in actor.belongings if b.kind == "social_landlord" and b.role in WRITE
    ]


@get("/tfpb", policy="tfpb.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Agreements of one's landlords, with what each year's programme values against its abatement."""
    actor = actor_of(request)
    found = (await db.execute(queries.with_places(queries.agreements_visible_to(actor)))).all()
    ids = [agreement.id for agreement, *_rest in found]
    programmes = (
        (
            await db.execute(
                select(TfpbProgramme).where(TfpbProgramme.agreement_id.in_(ids)).order_by(TfpbProgramme.year)
            )
        )
        .scalars()
        .all()
    )
    valued = {row[1]: int(row[2]) for row in (await db.execute(queries.valued_by_programme(ids))).all()}
    return page(
        request, "tfpb/index.html", found=found, programmes=programmes, valued=valued, may_create=bool(_landlords(actor)),
        estimate=ledger.estimate_of,
    )  # fmt: skip


@get("/tfpb/nouvelle", policy="tfpb.create")
async def new(request: Request, db: Db) -> Response[str]:
    return page(request, "tfpb/new.html", form=_new_form(request))


def _new_form(request: Request, typed: Any = None) -> forms.AgreementForm:
    year = clock.today().year
    form = forms.AgreementForm(typed) if typed is not None else forms.AgreementForm(first_year=year, last_year=year + 2)
    form.landlord.offer(_landlords(actor_of(request)))
    return form


@post("/tfpb", policy="tfpb.create")
async def create(request: Request, db: Db) -> Response[Any]:
    form = _new_form(request, await form_data(request))
    if not form.validate():
        raise invalid(request, "tfpb/new.html", form=form)
    agreement = await agreements.sign(
        db, actor_of(request), landlord_id=int(form.landlord.data or 0), qpv_code=(form.qpv_code.data or "").upper(),
        values=form.values(),
    )  # fmt: skip
    return redirect(f"/tfpb/{agreement.id}", flash=_("La convention est enregistrée. Ouvrez le programme d’une année."))


@get("/tfpb/{agreement_id:int}", policy="tfpb.show")
async def show(request: Request, db: Db, agreement_id: Id) -> Response[str]:
    return page(request, "tfpb/agreement.html", **await _agreement_context(request, db, agreement_id))


async def _agreement_context(request: Request, db: AsyncSession, agreement_id: int, **given: Any) -> dict[str, Any]:
    row = (
        await db.execute(
            queries.with_places(
                queries.agreements_visible_to(actor_of(request)).where(TfpbAgreement.id == agreement_id)
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    agreement, landlord, perimeter = row
    programmes = (
        (
            await db.execute(
                select(TfpbProgramme).where(TfpbProgramme.agreement_id == agreement.id).order_by(TfpbProgramme.year)
            )
        )
        .scalars()
        .all()
    )
    valued = {row[1]: int(row[2]) for row in (await db.execute(queries.valued_by_programme([agreement.id]))).all()}
    form = forms.AgreementForm(obj=agreement, landlord=str(landlord.id))
    form.landlord.offer([(str(landlord.id), landlord.name)])
    context: dict[str, Any] = {
        "agreement": agreement, "landlord": landlord, "perimeter": perimeter, "programmes": programmes, "valued": valued,
        "form": form, "year_form": forms.YearForm(year=min(max(clock.today().year, agreement.first_year), agreement.last_year)),
        "estimate": ledger.estimate_of,
    }  # fmt: skip
    return context | given


@post("/tfpb/{agreement_id:int}/modifier", policy="tfpb.edit")
async def edit(request: Request, db: Db, agreement_id: Id) -> Response[Any]:
    context = await _agreement_context(request, db, agreement_id)
    form = forms.AgreementForm(await form_data(request))
    form.landlord.offer([(str(context["landlord"].id), context["landlord"].name)])
    form.landlord.data, form.qpv_code.data = str(context["landlord"].id), context["agreement"].qpv_code
    if not form.validate():
        raise invalid(request, "tfpb/agreement.html", **(context | {"form": form}))
    await agreements.edit(db, actor_of(request), context["agreement"], values=form.values())
    return redirect(f"/tfpb/{agreement_id}", flash=_("La convention est corrigée."))


@post("/tfpb/{agreement_id:int}/programmes", policy="tfpb.edit")
async def open_programme(request: Request, db: Db, agreement_id: Id) -> Response[Any]:
    context = await _agreement_context(request, db, agreement_id)
    form = forms.YearForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "tfpb/agreement.html", **(context | {"year_form": form}))
    programme = await agreements.open_programme(db, actor_of(request), context["agreement"], year=form.year.data or 0)
    return redirect(
        f"/tfpb/programmes/{programme.id}", flash=_("Le programme %(year)s est ouvert.", year=programme.year)
    )


async def _programme(request: Request, db: AsyncSession, programme_id: int) -> TfpbProgramme:
    found = await db.execute(queries.programmes_visible_to(actor_of(request)).where(TfpbProgramme.id == programme_id))
    return one_or_404(found)


async def account(request: Request, db: AsyncSession, programme_id: int) -> Account:
    """The account of a programme the reader may see; six queries whatever its size."""
    programme = await _programme(request, db, programme_id)
    row = await db.execute(queries.with_places(select(TfpbAgreement).where(TfpbAgreement.id == programme.agreement_id)))
    agreement, landlord, perimeter = row.one()
    actions = await db.execute(
        select(TfpbAction).where(TfpbAction.programme_id == programme.id).order_by(TfpbAction.axis, TfpbAction.id)
    )
    found = (await db.execute(queries.lines_of(programme.id))).all()
    return ledger.account_of(
        agreement,
        landlord,
        perimeter,
        programme,
        actions.scalars().all(),
        [line for line, _action in found],
        clock.today(),
    )


@get("/tfpb/programmes/{programme_id:int}", policy="tfpb.show")
async def show_programme(request: Request, db: Db, programme_id: Id) -> Response[str]:
    return page(request, "tfpb/programme.html", **await _programme_context(request, db, programme_id))


async def _programme_context(request: Request, db: AsyncSession, programme_id: int, **given: Any) -> dict[str, Any]:
    found = await account(request, db, programme_id)
    rate = found.programme.tax_rate
    expense_form = forms.ExpenseForm(share=100)
    expense_form.action.offer(_action_choices(found))
    context: dict[str, Any] = {
        "account": found, "form": forms.ProgrammeForm(obj=found.programme, rate=None if rate is None else rate * 100),
        "action_form": forms.ActionForm(), "expense_form": expense_form,
        "waiting": (await db.execute(queries.leases_to_value(found.programme, found.agreement))).all(),
    }  # fmt: skip
    return context | given


def _action_choices(found: Account) -> list[tuple[str, str]]:
    return [
        (str(one.action.id), f"{axis.axis.code}. {one.action.label}") for axis in found.axes for one in axis.actions
    ]


@post("/tfpb/programmes/{programme_id:int}", policy="tfpb.edit")
async def edit_programme(request: Request, db: Db, programme_id: Id) -> Response[Any]:
    form = forms.ProgrammeForm(await form_data(request))
    context = await _programme_context(request, db, programme_id)
    if not form.validate():
        raise invalid(request, "tfpb/programme.html", **(context | {"form": form}))
    found: Account = context["account"]
    await agreements.edit_programme(db, actor_of(request), found.agreement, found.programme, values=form.values())
    return redirect(f"/tfpb/programmes/{programme_id}", flash=_("Le programme est enregistré."))


@post("/tfpb/programmes/{programme_id:int}/actions", policy="tfpb.edit")
async def add_action(request: Request, db: Db, programme_id: Id) -> Response[Any]:
    form = forms.ActionForm(await form_data(request))
    context = await _programme_context(request, db, programme_id)
    if not form.validate():
        raise invalid(request, "tfpb/programme.html", **(context | {"action_form": form}))
    found: Account = context["account"]
    await agreements.write_action(db, actor_of(request), found.agreement, found.programme, values=form.values())
    return redirect(f"/tfpb/programmes/{programme_id}", flash=_("L’action est au programme."))


@get("/tfpb/actions/{action_id:int}", policy="tfpb.edit")
async def edit_action_page(request: Request, db: Db, action_id: Id) -> Response[str]:
    action = one_or_404(
        await db.execute(queries.actions_visible_to(actor_of(request)).where(TfpbAction.id == action_id))
    )
    found = await account(request, db, action.programme_id)
    POLICY.check(actor_of(request), "tfpb.edit", found.agreement)
    return page(
        request,
        "tfpb/action.html",
        account=found,
        action=action,
        form=forms.ActionForm(obj=action, axis=str(action.axis)),
    )


@post("/tfpb/actions/{action_id:int}", policy="tfpb.edit")
async def edit_action(request: Request, db: Db, action_id: Id) -> Response[Any]:
    action = one_or_404(
        await db.execute(queries.actions_visible_to(actor_of(request)).where(TfpbAction.id == action_id))
    )
    found = await account(request, db, action.programme_id)
    form = forms.ActionForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "tfpb/action.html", account=found, action=action, form=form)
    await agreements.write_action(
        db, actor_of(request), found.agreement, found.programme, values=form.values(), action=action
    )
    return redirect(f"/tfpb/programmes/{action.programme_id}", flash=_("L’action est corrigée."))


@post("/tfpb/programmes/{programme_id:int}/depenses", policy="tfpb.value")
async def add_expense(request: Request, db: Db, programme_id: Id) -> Response[Any]:
    typed = await form_data(request)
    context = await _programme_context(request, db, programme_id)
    found: Account = context["account"]
    form = forms.ExpenseForm(typed)
    form.action.offer(_action_choices(found))
    if not form.validate():
        raise invalid(request, "tfpb/programme.html", **(context | {"expense_form": form}))
    action = next(one.action for axis in found.axes for one in axis.actions if str(one.action.id) == form.action.data)
    target = lines.Target(found.agreement, found.programme, action)
    npnru = bool(found.perimeter and found.perimeter.npnru)
    await lines.add_expense(db, actor_of(request), target, form.expense(), npnru=npnru)
    return redirect(f"/tfpb/programmes/{programme_id}", flash=_("La dépense est comptée dans l’action."))


@post("/tfpb/lignes/{line_id:int}/retrait", policy="tfpb.value")
async def withdraw(request: Request, db: Db, line_id: Id) -> Response[Any]:
    mine = queries.actions_visible_to(actor_of(request)).with_only_columns(TfpbAction.id)
    line = one_or_404(await db.execute(select(TfpbLine).where(TfpbLine.id == line_id, TfpbLine.action_id.in_(mine))))
    action = await db.get_one(TfpbAction, line.action_id)
    found = await account(request, db, action.programme_id)
    await lines.withdraw(db, actor_of(request), lines.Target(found.agreement, found.programme, action), line)
    return redirect(f"/tfpb/programmes/{action.programme_id}", flash=_("La ligne ne compte plus ; elle reste lisible."))


@get("/tfpb/programmes/{programme_id:int}/bilan", policy="tfpb.show")
async def printable(request: Request, db: Db, programme_id: Id) -> Response[str]:
    """The account as it goes to the signatories: every line with its formula."""
    return page(
        request, "tfpb/account.html", account=await account(request, db, programme_id), printed_on=clock.today()
    )


@get("/tfpb/programmes/{programme_id:int}/bilan.csv", policy="tfpb.show")
async def account_csv(request: Request, db: Db, programme_id: Id) -> Response[bytes]:
    found = await account(request, db, programme_id)
    return _file(exports.csv_of(found), "text/csv; charset=utf-8", _name(found, "csv"))


@get("/tfpb/programmes/{programme_id:int}/bilan.xlsx", policy="tfpb.show")
async def account_xlsx(request: Request, db: Db, programme_id: Id) -> Response[bytes]:
    found = await account(request, db, programme_id)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(exports.xlsx_of(found), kind, _name(found, "xlsx"))


def _name(found: Account, extension: str) -> str:
    return f"bilan-tfpb-{found.agreement.qpv_code}-{found.programme.year}.{extension}"


def _file(content: bytes, kind: str, name: str) -> Response[bytes]:
    return Response(
        content, media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [
    index, new, create, show, edit, open_programme, show_programme, edit_programme, add_action, edit_action_page, edit_action,
    add_expense, withdraw, printable, account_csv, account_xlsx, *link_handlers.ROUTES,
]  # fmt: skip
