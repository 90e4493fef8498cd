"""A panel in session: marks of all on the table, one juror set aside, a vote held, a mark changed, a finalist to hear."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import agenda, declarations, finalists, meetings, motions, revisions, sheets
from allocation.selection.models import Seat
from calls.models import Application, Call, Criterion
from intervalle import clock
from intervalle.demo import stories
from intervalle.demo.cases import COMMON, Places
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from intervalle.demo.stories import File, days_ago

FILES = (
    File("nadia", "belleboite", "La conserverie de quartier", "Transformation d’invendus de marché et ateliers de cuisine avec les habitants.", ("office",), {"C": (1, 120, 180)}, "3.0", 9_200_000),
    File("lea", "seed", "L’agence des habitants", "Permanences d’urbanisme participatif et salle de réunion ouverte aux collectifs.", ("office",), {"C": (1, 60, 90)}, "2.0", 6_800_000, True),
    File("karim", "mains", "L’atelier des affiches", "Sérigraphie et typographie, résidences d’artistes et cours du soir.", ("workshop",), {"C": (1, 70, 100)}, "1.5", 4_100_000),
    File("elise", "afev", "La colocation solidaire", "Bureaux d’une équipe de mentorat et accueil de volontaires en service civique.", ("office",), {"C": (1, 90, 120)}, "6.0", 31_000_000),
)  # fmt: skip
JURORS = {"anne": "city_ess", "malik": "urban_policy", "sophie": "landlord", "yann": "expert"}
# Marks in the order of the grid, per file; None: set aside.
MARKS: dict[str, list[list[int] | None]] = {
    "anne": [[4, 4, 3, 4], [5, 4, 3, 3], [3, 4, 3, 4], [4, 3, 5, 3]],
    "malik": [[5, 4, 3, 4], [4, 5, 3, 4], [4, 3, 3, 3], [2, 3, 5, 2]],
    "sophie": [None, [4, 3, 2, 3], [3, 3, 4, 3], [5, 4, 5, 3]],
    "yann": [[4, 5, 4, 5], [4, 4, 3, 4], [3, 5, 3, 4], [3, 3, 4, 3]],
}


async def load(db: AsyncSession, cast: Cast, places: Places) -> None:
    """La Cohue, first floor: the session opened an hour ago and goes on. Anne presides, Sophie is set aside from a file."""
    lots = {"C": places["cohue"][1]["C"]}
    values: dict[str, Any] = COMMON | {
        "title_code": "BAIL_CIVIL", "charges_only": False, "body": "Le premier étage de La Cohue se partage entre plusieurs structures.",
        "visits": "Sur rendez-vous, le vendredi.", "circumstances": "", "occupation_from": month(2), "occupation_until": month(38), "decision_on": days_ago(-25).date(),
    }  # fmt: skip
    made = await stories.call(
        db, cast, person="claire", organiser="territoires", title="La Cohue : le premier étage à partager",
        lots=list(lots.values()), opened=days_ago(60), closes=days_ago(14, 12), values=values,
    )  # fmt: skip
    files = [await stories.apply(db, cast, made, file, lots, days_ago(18)) for file in FILES]
    start = _this_session()
    seats = await stories.compose(db, cast, made, staff="claire", jurors=JURORS, on=days_ago(13), meets=start)
    await stories.examine(db, cast, made, staff="claire", on=days_ago(12))
    with clock.at(days_ago(11)):
        link = {files[0].id: declarations.Link("money", "locataire de mon organisme depuis deux ans")}
        await declarations.declare(db, cast.actor("sophie"), made, seats["sophie"], link)
    for person, rows in MARKS.items():
        marks = {f.id: row for f, row in zip(files, rows, strict=True) if row}
        await stories.score(db, cast, made, seats[person], person, marks, days_ago(6))
    await _deliberate(db, cast, made, seats, files, start)


def _this_session() -> datetime:
    """A quarter of an hour of the last hour: the session was called for it, and goes on now."""
    begun = clock.now() - timedelta(minutes=50)
    return begun.replace(minute=begun.minute // 15 * 15, second=0, microsecond=0)


async def _deliberate(
    db: AsyncSession, cast: Cast, made: Call, seats: dict[str, Seat], files: list[Application], start: datetime
) -> None:
    """The session's acts, a few minutes apart, then the point that is open now."""
    chair = cast.actor("anne")
    fourth, criterion = files[3], await _first_criterion(db, files[3])
    with clock.at(days_ago(1)):
        await sheets.close_scoring(db, cast.actor("claire"), made)
    with clock.at(start):
        await meetings.open_meeting(db, chair, made, seats["anne"])
        for person, seat in seats.items():
            await meetings.arrive(db, cast.actor(person), made, seat, seat.id)
        rules = await agenda.add(db, chair, made, seats["anne"], title="Rappel des règles et de la grille")
        await agenda.add(db, chair, made, seats["anne"], title="Calendrier : visites, réponses, entrée dans les lieux")
        note = "La grille publiée est relue ; chacun confirme sa déclaration de liens."
        await agenda.take(db, chair, made, seats["anne"], rules.id)
        await agenda.write(db, chair, made, seats["anne"], rules.id, note=note)
    with clock.at(start + timedelta(minutes=10)):
        await meetings.discuss(db, chair, made, seats["anne"], fourth.id)
        await revisions.revise(
            db, cast.actor("malik"), made, seats["malik"], fourth.id, criterion, value=3,
            reason="Les permanences du mercredi sont ouvertes à tout le quartier : je ne l’avais pas lu.",
        )  # fmt: skip
    with clock.at(start + timedelta(minutes=25)):
        motion = await motions.propose(
            db, chair, made, seats["anne"], question="Entendre l’Afev avant de classer ?", application_id=fourth.id, shortlists=True
        )  # fmt: skip
        for person, choice in {"anne": "for", "malik": "for", "sophie": "against", "yann": "abstain"}.items():
            await motions.vote(db, cast.actor(person), made, seats[person], motion.id, choice)
        await motions.proclaim(db, chair, made, seats["anne"], motion.id)
        when = days_ago(-5, 14)
        await finalists.schedule(
            db, chair, made, seats["anne"], fourth.id, starts_at=when, minutes=20, place="Hôtel de ville, salle 3"
        )
    with clock.at(start + timedelta(minutes=40)):
        await meetings.discuss(db, chair, made, seats["anne"], files[1].id)


async def _first_criterion(db: AsyncSession, application: Application) -> int:
    found = await db.execute(
        select(Criterion.id).where(Criterion.version_id == application.call_version_id).order_by(Criterion.position)
    )
    return found.scalars().first() or 0
