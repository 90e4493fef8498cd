"""Files that came in over the counter: one to hand a receipt for, one found to be the same as a file sent on the site."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import duplicates, paper_files, saving
from calls.models import Application, Call, CallLot
from calls.paper_files import Reception, Sender
from calls.saving import WishLine
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.demo.people import Cast
from intervalle.demo.stories import days_ago


async def load(db: AsyncSession, cast: Cast) -> None:
    await _cousines(db, cast.actor("yann"), await _call(db, "Le Timbre de Maurepas%démolition"))
    await _resport(db, cast.actor("julie"), await _call(db, "Place Jacques Febvrier%"))


async def _call(db: AsyncSession, title: str) -> Call:
    return (await db.execute(select(Call).where(Call.title.like(title)))).scalar_one()


async def _cousines(db: AsyncSession, actor: Actor, call: Call) -> None:
    """Handed in at the desk the day before yesterday, while the call is open."""
    sender = Sender("Les Cousines du Gast", why="Association en cours de création")
    with clock.at(days_ago(2, 16)):
        made = await paper_files.register(db, actor, call, sender=sender, reception=Reception(days_ago(2, 11), "desk"))
        await _type(
            db,
            actor,
            made,
            "Cantine du palier",
            "Des repas préparés à tour de rôle par les habitantes, servis le midi.",
        )
        await paper_files.record(db, actor, made)


async def _resport(db: AsyncSession, actor: Actor, call: Call) -> None:
    """By post the day before the closing; once files are open, it is seen to be Resport's own, sent twice."""
    sender = Sender("Resport, antenne de Lille", why="SIRET illisible sur la photocopie")
    with clock.at(days_ago(8, 10)):
        made = await paper_files.register(db, actor, call, sender=sender, reception=Reception(days_ago(10, 15), "post"))
        await _type(db, actor, made, "Le sport en réemploi", "Collecte, réparation et prêt de matériel de sport.")
        await paper_files.record(db, actor, made)
    twin = select(Application).where(Application.call_id == call.id, Application.project_name == "Le sport en réemploi")
    kept = (await db.execute(twin.where(Application.id != made.id))).scalar_one()
    with clock.at(days_ago(6, 9) + timedelta(minutes=40)):
        await duplicates.decide(
            db, actor, call, kept.id, made.id, kept_id=kept.id,
            motive="Le même projet de Resport, envoyé par la poste puis déposé en ligne, ce que l’association confirme.",
        )  # fmt: skip


async def _type(db: AsyncSession, actor: Actor, made: Application, project: str, summary: str) -> None:
    await saving.save_section(
        db, actor, made, "projet", seen=made.version, facts={"project_name": project, "uses": ["meeting"]},
        answers={"summary": summary}, typed={},
    )  # fmt: skip
    lots = (await db.execute(select(CallLot.lot_id).where(CallLot.version_id == made.call_version_id))).scalars()
    await saving.save_wishes(db, actor, made, seen=made.version, lines=[WishLine(next(iter(lots)), 1)], typed={})
