"""The ranking, frozen by staff: one row per file, the call's date, an entry in the journal."""

from sqlalchemy import exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import boards, detection
from allocation.selection.boards import Board
from allocation.selection.meeting_models import Meeting
from allocation.selection.models import Admissibility, Panel, RankedScore, Recusal, Seat
from allocation.selection.queries import submitted
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _


async def rank(db: AsyncSession, actor: Actor, call: Call) -> Board:
    """Freeze the ranking: quorum met (AMI-07), every file decided, no mark missing, no link left unrecorded.

    The blind phase is closed by the same act if it was not. Below a floor of the grid, a file is kept out and the
    journal says why.
    """
    POLICY.check(actor, "panel.rank", call)
    call = (
        await db.execute(
            select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    POLICY.check(actor, "panel.rank", call)
    panel = (
        await db.execute(
            select(Panel).where(Panel.call_id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if panel is None or panel.opened_at is None:
        raise Refused(_("Les dossiers ne sont pas encore ouverts."))
    if (await db.execute(select(Meeting.id).where(Meeting.panel_id == panel.id, Meeting.closed_at.is_(None)))).first():
        raise Refused(
            _("La commission est en séance : une note peut encore changer."),
            _("Levez la séance, puis arrêtez le classement."),
        )
    await _refuse_unless_fair(db, actor, call, panel)
    board = await boards.load(db, call, panel, seen=true())
    _refuse_unless_complete(board)
    now = clock.now()
    panel.scoring_closed_at = panel.scoring_closed_at or now
    panel.scoring_closed_by_id = panel.scoring_closed_by_id or actor.user_id
    ids = {row.key: row.application.id for row in board.files}
    db.add_all(
        RankedScore(
            application_id=ids[row.file], score=row.total, rank=row.rank, detail=boards.detail_of(board, row.file),
            created_at=now,
        )
        for row in board.result.ranked
    )  # fmt: skip
    call.ranked_at = now
    await journal.record(
        db, chain=call.chain, action="panel.rank", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=_facts(board),
    )  # fmt: skip
    return board


async def _refuse_unless_fair(db: AsyncSession, actor: Actor, call: Call, panel: Panel) -> None:
    recused = exists().where(
        Recusal.seat_id == Seat.id,
        Seat.panel_id == panel.id,
        Seat.user_id == actor.user_id,
        Recusal.lifted_at.is_(None),
    )
    if (await db.execute(select(recused))).scalar_one():
        raise Refused(_("Vous êtes déporté d’un dossier : un collègue doit arrêter le classement."))
    undecided = exists().where(Admissibility.application_id == Application.id, Admissibility.admissible.is_not(None))
    open_files = list(
        (
            await db.execute(select(Application).where(submitted(call.id), ~undecided).order_by(Application.number))
        ).scalars()
    )
    if open_files:
        raise Refused(
            _("La recevabilité reste à décider pour %(files)s.", files=", ".join(a.label for a in open_files)),
            _("Décidez dossier par dossier, puis arrêtez le classement."),
        )
    declared = set(
        (await db.execute(select(Seat.id).where(Seat.panel_id == panel.id, Seat.declared_at.is_not(None)))).scalars()
    )
    links = [f for f in await detection.findings(db, panel) if f.seat_id in declared]
    if links:
        raise Refused(
            _("Un lien entre un membre de la commission et une candidature vient d’être détecté."),
            _("Enregistrez les déports détectés sur la page des conflits, puis recommencez."),
        )


def _refuse_unless_complete(board: Board) -> None:
    if not board.files:
        raise Refused(_("Aucun dossier recevable : il n’y a rien à classer."))
    if board.quorum_gaps:
        verdict = board.quorum_gaps[0]
        raise Refused(verdict.message_fr, verdict.way_out_fr)
    if board.blocked:
        named = "; ".join(f"{key} : {' '.join(why)}" for key, why in sorted(board.blocked.items()))
        raise Refused(_("Des notes manquent : %(named)s", named=named), _("Un critère sans note bloque le dossier."))


def _facts(board: Board) -> dict[str, object]:
    return {
        "rule": board.version.score_rule,
        "tie_break": board.version.tie_break,
        "grid_version": board.version.number,
        "grid_sha256": board.version.content_sha256,
        "voters": sum(1 for m in board.members if m.voted),
        "entitled": sum(1 for m in board.members if m.entitled),
        "ranked": [{"file": r.file, "rank": r.rank, "score": str(r.total)} for r in board.result.ranked],
        "left_out": {key: list(why) for key, why in board.result.left_out.items()},
    }
