"""Verbs on who reads what: hand the files out evenly, or call an expert for some of them."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.distribution import Pair, Task, loads, share_out, short_of
from allocation.selection.models import Admissibility, Panel, Reading, Recusal, ScoreSheet, Seat
from allocation.selection.queries import files_open_to, scoring_seats, submitted
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def hand_out(db: AsyncSession, actor: Actor, call: Call) -> dict[int, int]:
    """Share the admissible files out among the seats that vote; may be run again after a change.

    Experts called for some files keep theirs. Gives the files that lack readers: application id -> how many.
    """
    panel = await _panel(db, actor, call)
    task = await task_of(db, call, panel)
    if not task.files or not task.jurors:
        raise Refused(_("Il faut des dossiers recevables et des membres qui votent pour répartir les lectures."))
    pairs = share_out(task)
    await _write(db, list(task.jurors), pairs)
    for seat in (await db.execute(select(Seat).where(Seat.id.in_(task.jurors)))).scalars():
        seat.reads = "share"
    short = short_of(task, pairs)
    await _record(db, actor, call, panel, "panel.hand_out", {
        "readers": task.readers, "loads": {str(seat): n for seat, n in loads(task, pairs).items()},
        "short": {str(file): n for file, n in short.items()},
    })  # fmt: skip
    return short


async def read_everything(db: AsyncSession, actor: Actor, call: Call) -> None:
    """Back to everybody reading everything (experts apart)."""
    panel = await _panel(db, actor, call)
    seats = list(
        (
            await db.execute(select(Seat).where(Seat.panel_id == panel.id, Seat.reads == "share").with_for_update())
        ).scalars()
    )
    await db.execute(delete(Reading).where(Reading.seat_id.in_([s.id for s in seats])))
    for seat in seats:
        seat.reads = "all"
    await _record(db, actor, call, panel, "panel.read_everything", {})


async def call_expert(
    db: AsyncSession, actor: Actor, call: Call, seat_id: int, application_ids: Collection[int]
) -> None:
    """Limit a seat to these files: its holder sees no other. An empty list opens all of them again."""
    panel = await _panel(db, actor, call)
    seat = (
        await db.execute(
            select(Seat).where(Seat.id == seat_id, Seat.panel_id == panel.id, Seat.left_at.is_(None)).with_for_update()
        )
    ).scalar_one_or_none()
    if seat is None:
        raise NotFound
    known = {a.id for a in (await db.execute(files_open_to(call.id, actor))).scalars()}
    wanted = set(application_ids)
    if not wanted <= known:
        raise NotFound
    begun = await _begun(db, [seat.id])
    if wanted and not {file for file, _seat in begun} <= wanted:
        raise Refused(_("Cette personne a déjà commencé la fiche d’un dossier que vous lui retirez."))
    await _write(db, [seat.id], {(i, seat.id) for i in wanted})
    seat.reads = "only" if wanted else "all"
    await _record(db, actor, call, panel, "panel.call_expert", {"seat": seat.id, "applications": sorted(wanted)})


async def task_of(db: AsyncSession, call: Call, panel: Panel) -> Task:
    """The problem as it stands: files, voting jurors without the experts, recusals, sheets begun, shares before."""
    files = (
        await db.execute(
            select(Application.id)
            .join(Admissibility, Admissibility.application_id == Application.id)
            .where(submitted(call.id), Admissibility.admissible.is_(True))
            .order_by(Application.number)
        )
    ).scalars()
    seats = (
        await db.execute(select(Seat).where(scoring_seats(panel.id), Seat.reads != "only").order_by(Seat.id))
    ).scalars()
    jurors = {s.id: s.college for s in seats}
    apart = await db.execute(
        select(Recusal.application_id, Recusal.seat_id).where(Recusal.seat_id.in_(jurors), Recusal.lifted_at.is_(None))
    )
    before = await db.execute(select(Reading.application_id, Reading.seat_id).where(Reading.seat_id.in_(jurors)))
    forbidden = {(row.application_id, row.seat_id) for row in apart}
    return Task(
        files=list(files), jurors=jurors, readers=panel.readers_per_file, forbidden=forbidden,
        begun=await _begun(db, list(jurors)) - forbidden,
        before={(row.application_id, row.seat_id) for row in before},
    )  # fmt: skip


async def _begun(db: AsyncSession, seat_ids: list[int]) -> set[Pair]:
    rows = await db.execute(
        select(ScoreSheet.application_id, ScoreSheet.seat_id).where(
            ScoreSheet.seat_id.in_(seat_ids), ScoreSheet.saved_at.is_not(None)
        )
    )
    return {(row.application_id, row.seat_id) for row in rows}


async def _write(db: AsyncSession, seat_ids: list[int], pairs: Collection[Pair]) -> None:
    await db.execute(delete(Reading).where(Reading.seat_id.in_(seat_ids)))
    if pairs:
        rows = [{"application_id": i, "seat_id": seat, "created_at": clock.now()} for i, seat in sorted(pairs)]
        await db.execute(insert(Reading).values(rows))


async def _panel(db: AsyncSession, actor: Actor, call: Call) -> Panel:
    POLICY.check(actor, "panel.hand_out", call)
    panel = (
        await db.execute(
            select(Panel).where(Panel.call_id == call.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if panel is None or panel.opened_at is None:
        raise Refused(_("Les dossiers ne sont pas encore ouverts."))
    if panel.scoring_closed_at:
        raise Refused(_("La notation est close : les lectures ne changent plus."))
    return panel


async def _record(
    db: AsyncSession, actor: Actor, call: Call, panel: Panel, action: str, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"panel:{panel.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
