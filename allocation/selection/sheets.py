"""Verbs on score sheets: save a draft, submit, abstain, close the blind phase.

Every save holds the panel's row in share mode and closing holds it alone, so that no mark lands after the close.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.models import Mark, Panel, ScoreSheet, Seat
from allocation.selection.queries import applications_for_juror, scoring_seats
from allocation.selection.reasons import Given, objections
from calls.models import Application, Call
from calls.queries import criteria_of, current_version
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Problem, Refused
from intervalle.i18n import _
from intervalle.web import one_or_404


@dataclass(frozen=True)
class Typed:
    """A sheet as it stands on the page. `version` is the stored one it was opened on (0: none yet); `writer` names
    the open page, so that its own later saves are not taken for somebody else's."""

    marks: Mapping[int, Given] = field(default_factory=dict)
    comment: str = ""
    notes: str = ""
    version: int = 0
    writer: str = ""


class StaleSheet(Problem):
    """The sheet was saved from another page since this one was opened (409): nothing is written, both are shown."""

    status = 409

    def __init__(self, stored: ScoreSheet, marks: Mapping[int, Given]) -> None:
        super().__init__("Cette fiche a été modifiée depuis une autre page.")
        self.stored = stored
        self.marks = marks


class Incomplete(Problem):
    """The sheet cannot be submitted as it is (422): field -> why. The draft is not lost: it is saved apart."""

    status = 422

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__("La fiche n’est pas complète.")
        self.why = dict(why)


async def save(db: AsyncSession, actor: Actor, call: Call, seat: Seat, application_id: int, typed: Typed) -> ScoreSheet:
    """Save a draft, whatever is missing. Not journaled: a draft decides nothing."""
    _panel, _application, sheet = await _begin(db, actor, call, seat, application_id)
    await _write(db, sheet, typed, await _criterion_ids(db, _application))
    return sheet


async def submit(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat, application_id: int, typed: Typed
) -> ScoreSheet:
    """Validate the sheet. Afterwards it no longer changes, and others' sheets of this file open to its author."""
    panel, application, sheet = await _begin(db, actor, call, seat, application_id)
    ids = await _criterion_ids(db, application)
    why = objections(typed.marks, typed.comment, ids, below=panel.reason_below, above=panel.reason_above)
    if why:
        raise Incomplete(why)
    await _write(db, sheet, typed, ids)
    sheet.submitted_at, sheet.abstained = clock.now(), False
    facts = {str(i): {"value": typed.marks[i].value, "reason": typed.marks[i].reason} for i in ids}
    await _record(db, actor, call, seat, "panel.submit_sheet", application, {"marks": facts, "comment": typed.comment})
    return sheet


async def abstain(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat, application_id: int, reason: str
) -> ScoreSheet:
    """Give no mark to a file one has read, and say why. It counts as seen, never as a score."""
    if not reason.strip():
        raise Incomplete({"comment": _("Dites en une phrase pourquoi vous vous abstenez.")})
    _panel, application, sheet = await _begin(db, actor, call, seat, application_id)
    await db.execute(delete(Mark).where(Mark.sheet_id == sheet.id))
    sheet.comment, sheet.abstained, sheet.version = reason.strip(), True, sheet.version + 1
    sheet.submitted_at = sheet.saved_at = clock.now()
    await _record(db, actor, call, seat, "panel.abstain", application, {"reason": reason.strip()})
    return sheet


async def close_scoring(db: AsyncSession, actor: Actor, call: Call) -> Panel:
    """End the blind phase: no sheet changes any more, marks and totals open to the panel for the meeting."""
    POLICY.check(actor, "panel.close", call)
    panel = (
        await db.execute(
            select(Panel).where(Panel.call_id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if panel is None or panel.opened_at is None:
        raise Refused(_("Les dossiers ne sont pas encore ouverts."))
    if panel.scoring_closed_at:
        raise Refused(_("La notation est déjà close."))
    panel.scoring_closed_at, panel.scoring_closed_by_id = clock.now(), actor.user_id
    await journal.record(
        db, chain=call.chain, action="panel.close_scoring", subject=f"panel:{panel.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
    )  # fmt: skip
    return panel


async def _begin(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat, application_id: int
) -> tuple[Panel, Application, ScoreSheet]:
    """Check the right and the phase on fresh, locked rows; give the juror's sheet, made if needed."""
    POLICY.check(actor, "panel.score", seat)
    panel = (
        await db.execute(
            select(Panel)
            .where(Panel.id == seat.panel_id, Panel.call_id == call.id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    if panel.scoring_closed_at or call.stage() != "closed":
        raise Refused(
            _("La notation est close : la fiche ne change plus."), _("Ce que vous avez écrit reste à l’écran.")
        )
    voter = await db.execute(select(Seat.id).where(Seat.id == seat.id, scoring_seats(panel.id)))
    if voter.first() is None:
        raise Refused(_("Votre siège ne donne pas de voix : vous lisez les dossiers sans les noter."))
    application = one_or_404(await db.execute(applications_for_juror(seat).where(Application.id == application_id)))
    return panel, application, await _sheet(db, seat, application)


async def _sheet(db: AsyncSession, seat: Seat, application: Application) -> ScoreSheet:
    await db.execute(
        insert(ScoreSheet)
        .values(seat_id=seat.id, application_id=application.id, version=0, created_at=clock.now())
        .on_conflict_do_nothing(index_elements=["seat_id", "application_id"])
    )
    sheet = (
        await db.execute(
            select(ScoreSheet)
            .where(ScoreSheet.seat_id == seat.id, ScoreSheet.application_id == application.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    if sheet.submitted_at:
        raise Refused(
            _("Cette fiche est validée : elle ne change plus à l’aveugle."),
            _("En séance, une note peut changer avec son motif."),
        )
    return sheet


async def _write(db: AsyncSession, sheet: ScoreSheet, typed: Typed, criterion_ids: list[int]) -> None:
    if sheet.version != typed.version and not (typed.writer and typed.writer == sheet.writer):
        raise StaleSheet(sheet, await marks_of(db, sheet))
    kept = {i: given for i, given in typed.marks.items() if i in criterion_ids and (given.answered or given.reason)}
    await db.execute(delete(Mark).where(Mark.sheet_id == sheet.id, Mark.criterion_id.not_in(list(kept))))
    if kept:
        rows = [
            {"sheet_id": sheet.id, "criterion_id": i, "value": g.value, "answered": g.answered, "reason": g.reason}
            for i, g in kept.items()
        ]
        statement = insert(Mark).values(rows)
        values = {name: statement.excluded[name] for name in ("value", "answered", "reason")}
        await db.execute(statement.on_conflict_do_update(index_elements=["sheet_id", "criterion_id"], set_=values))
    sheet.comment, sheet.notes, sheet.writer = typed.comment, typed.notes, typed.writer
    sheet.version, sheet.saved_at = sheet.version + 1, clock.now()
    await db.flush()


async def marks_of(db: AsyncSession, sheet: ScoreSheet) -> dict[int, Given]:
    """Criterion -> what is stored for it."""
    rows = await db.execute(
        select(Mark.criterion_id, Mark.value, Mark.answered, Mark.reason).where(Mark.sheet_id == sheet.id)
    )
    return {row.criterion_id: Given(row.answered, row.value, row.reason) for row in rows}


async def _criterion_ids(db: AsyncSession, application: Application) -> list[int]:
    """The grid in force for the call: every file is marked on the same one, whichever version it was deposited under."""
    version = (await db.execute(current_version(application.call_id))).scalar_one()
    return [c.id for c in (await db.execute(criteria_of(version.id))).scalars()]


async def _record(
    db: AsyncSession,
    actor: Actor,
    call: Call,
    seat: Seat,
    action: str,
    application: Application,
    facts: dict[str, object],
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=seat.organisation_id, facts={"file": application.label, "seat": seat.id, **facts},
    )  # fmt: skip
