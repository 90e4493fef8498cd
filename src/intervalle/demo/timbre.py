"""Case 1 lived to its letters: the upper floor of the old post office of Maurepas, a first session run by TAg35.

A panel with a deputy, an expert called for two files, an observer and a juror set aside; a piece asked for and never
received; a hearing, a vote, a mark changed; minutes signed; a place given up and offered to the next; an appeal granted, and
the act that corrects the decision. People, marks and figures are invented.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_release, acts, appeals, decisions, minutes, offers, proposals, release, results
from allocation.assignment.act_trial import Trial
from allocation.assignment.appeals import Correction
from allocation.assignment.models import Award
from allocation.leases import housing
from allocation.selection import (
    admissibility,
    agenda,
    checklist,
    corrections,
    declarations,
    finalists,
    meetings,
    motions,
    panels,
    rankings,
    revisions,
    shares,
    sheets,
)
from allocation.selection.models import Seat
from calls.models import Application, Call, Criterion
from intervalle import clock
from intervalle.demo import stories
from intervalle.demo.cases import COMMON, Places
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from intervalle.demo.stories import File, days_ago

FILES = (
    File("nadia", "belleboite", "Les paniers de Maurepas", "Distribution de paniers à prix libre et cuisine de quartier, trois jours par semaine.", ("food", "meeting"), {"C": (1, 60, 60)}, "3.0", 9_400_000),
    File("ines", "fou", "La salle des machines", "Ateliers de couture pour allophones, prêt de machines, retouches le samedi.", ("workshop",), {"D": (1, 60, 60), "C": (2, 50, 60)}, "2.5", 7_900_000, True),
    File("hugo", "resport", "Le vestiaire solidaire", "Tri et don de matériel de sport aux clubs et aux écoles du quartier.", ("storage", "workshop"), {"C": (1, 40, 40), "D": (2, 40, 60)}, "1.5", 3_800_000),
    File("karim", "mains", "Les affiches de la dalle", "Sérigraphie avec les collégiens, journal mural du quartier.", ("workshop",), {"D": (1, 40, 60)}, "1.0", 2_600_000),
    File("zoe", "citevelo", "Vélos d’hiver", "Atelier d’auto-réparation et vélo-école, à l’abri de novembre à mars.", ("workshop",), {"C": (1, 70, 80)}, "2.0", 5_200_000),
    File("amina", "ateliers", "La permanence du soir", "Aide aux devoirs et accès aux droits, tenus par des bénévoles.", ("office",), {"C": (1, 30, 40)}, "0.5", 1_100_000, True),
)  # fmt: skip
# In the order of the grid, per file; None: set aside, or not called for that file. The last file was not admissible.
MARKS: dict[str, list[list[int] | None]] = {
    "anne": [[5, 4, 4, 4], [4, 4, 4, 4], [4, 3, 4, 4], [3, 4, 3, 4], [3, 3, 3, 4]],
    "malik": [[4, 5, 4, 3], [5, 4, 3, 4], [4, 4, 3, 3], [4, 3, 3, 3], [2, 3, 3, 4]],
    "sophie": [[4, 4, 4, 4], None, [3, 4, 4, 4], [3, 4, 3, 3], [3, 4, 3, 4]],
    "lea": [[5, 4, 4, 4], None, None, None, [3, 4, 4, 4]],
}
# Who houses whom is asked of the leases, which register themselves when they are imported.
assert housing
SIGNATORY = "Claire Morvan, directrice du renouvellement urbain, Territoires Rennes"


async def load(db: AsyncSession, cast: Cast, places: Places) -> None:
    made, files, seats = await _to_the_files(db, cast, places)
    await _examine(db, cast, made, files)
    await _score(db, cast, made, files, seats)
    await _deliberate(db, cast, made, files, seats)
    await _decide(db, cast, made)
    await _answer(db, cast, made)
    await _correct(db, cast, made, files[4])


async def _to_the_files(
    db: AsyncSession, cast: Cast, places: Places
) -> tuple[Call, list[Application], dict[str, Seat]]:
    lots = {label: places["poste"][1][label] for label in ("C", "D")}
    values: dict[str, Any] = COMMON | {
        "body": "L’étage de l’ancienne poste ouvre le premier. Les occupants paient les charges seules et donnent du temps au lieu ; le relogement de chacun se prépare dès l’entrée.",
        "visits": "Le jeudi à 14 h, devant l’ancienne poste.", "circumstances": "Démolition de la dalle décidée par la convention de renouvellement urbain, calendrier annexé.",
        "occupation_from": month(1), "occupation_until": month(21), "decision_on": days_ago(30).date(), "max_lots": 1,
    }  # fmt: skip
    made = await stories.call(
        db, cast, person="claire", organiser="territoires", delegate="tag35", title="Le Timbre de Maurepas : l’étage de l’ancienne poste",
        lots=list(lots.values()), opened=days_ago(85), closes=days_ago(52, 12), values=values,
    )  # fmt: skip
    files = [await stories.apply(db, cast, made, file, lots, days_ago(56)) for file in FILES]
    return made, files, await _compose(db, cast, made, files)


async def _compose(db: AsyncSession, cast: Cast, made: Call, files: list[Application]) -> dict[str, Seat]:
    """Four voters, Léa for two files only; Rozenn stands in for Malik if he leaves; Yann keeps the minutes, Claire watches."""
    yann, seats, rules = (
        cast.actor("yann"),
        {},
        panels.Rules(quorum=3, college_quorums={"city_ess": 1, "landlord": 1}, meets_at=days_ago(38, 9)),
    )
    with clock.at(days_ago(51)):
        await panels.compose(db, yann, made, rules)
        for person, terms in {
            "anne": panels.SeatTerms("city_ess", chair=True),
            "malik": panels.SeatTerms("urban_policy"),
            "sophie": panels.SeatTerms("landlord"),
            "lea": panels.SeatTerms("expert"),
            "yann": panels.SeatTerms("expert", secretary=True, voting=False),
            "claire": panels.SeatTerms("landlord", voting=False),
        }.items():
            seats[person] = await _seat(db, cast, made, person, terms)
        deputy = panels.SeatTerms("urban_policy", alternate_of_id=seats["malik"].id)
        seats["rozenn"] = await _seat(db, cast, made, "rozenn", deputy)
        await panels.open_files(db, yann, made)
        await declarations.declare(db, yann, made, seats["yann"], {})
        await shares.call_expert(db, yann, made, seats["lea"].id, [files[0].id, files[4].id])
    with clock.at(days_ago(50)):
        for person, seat in seats.items():
            if person == "yann":
                continue
            # Sophie houses Fou de Coudre already: the records say so, whatever she declares.
            await declarations.declare(db, cast.actor(person), made, seat, {})
    return seats


async def _seat(db: AsyncSession, cast: Cast, made: Call, person: str, terms: panels.SeatTerms) -> Seat:
    return await stories.sit(db, cast, made, "yann", person, terms)


async def _examine(db: AsyncSession, cast: Cast, made: Call, files: list[Application]) -> None:
    """Five files pass; the sixth lacks its budget, is asked for it, and does not answer in time."""
    yann, until = cast.actor("yann"), days_ago(44, 18)
    yes = {item.key: checklist.Answer("yes") for item in checklist.ITEMS}
    with clock.at(days_ago(49)):
        for application in files[:5]:
            await admissibility.examine(db, yann, made, application.id, yes, version=1, admissible=True)
        unsure = yes | {"complete": checklist.Answer("unknown"), "ess": checklist.Answer("unknown")}
        await admissibility.examine(db, yann, made, files[5].id, unsure, version=1)
        await corrections.ask(
            db, yann, made, files[5].id, items=("complete",), until=until,
            request="Le budget annoncé page 3 n’est pas joint. Envoyez-le, même sommaire : une page suffit.",
        )  # fmt: skip
    with clock.at(days_ago(43)):
        missing = checklist.Answer("no", "Le budget demandé n’a pas été reçu dans le délai.")
        await admissibility.examine(
            db, yann, made, files[5].id, yes | {"complete": missing}, version=2, admissible=False
        )


async def _score(
    db: AsyncSession, cast: Cast, made: Call, files: list[Application], seats: dict[str, Seat]
) -> None:  # fmt: skip
    for day, (person, rows) in enumerate(MARKS.items()):
        marks = {f.id: row for f, row in zip(files, rows, strict=False) if row}
        await stories.score(db, cast, made, seats[person], person, marks, days_ago(42 - day))
    with clock.at(days_ago(39)):
        await sheets.close_scoring(db, cast.actor("yann"), made)


async def _deliberate(
    db: AsyncSession, cast: Cast, made: Call, files: list[Application], seats: dict[str, Seat]
) -> None:  # fmt: skip
    """One morning to hear about the files, then the hearing of a finalist, then the ranking."""
    chair, held, start = cast.actor("anne"), seats["anne"], days_ago(38, 9)
    with clock.at(start):
        await meetings.open_meeting(db, chair, made, held)
        for person in ("anne", "malik", "sophie", "lea", "yann"):
            await meetings.arrive(db, cast.actor(person), made, seats[person], seats[person].id)
        rules = await agenda.add(db, chair, made, held, title="Rappel des règles, déports et grille")
        await agenda.write(
            db,
            chair,
            made,
            held,
            rules.id,
            note="La grille publiée est relue. Sophie Tanguy est déportée d’un dossier.",
        )
    with clock.at(start + timedelta(minutes=20)):
        await meetings.discuss(db, chair, made, held, files[4].id)
        criterion = select(Criterion.id).where(Criterion.version_id == files[4].call_version_id)
        first = (await db.execute(criterion.order_by(Criterion.position).limit(1))).scalar_one()
        await revisions.revise(
            db, cast.actor("malik"), made, seats["malik"], files[4].id, first, value=3,
            reason="La vélo-école du mercredi est ouverte aux enfants du quartier : je ne l’avais pas lu.",
        )  # fmt: skip
    with clock.at(start + timedelta(minutes=50)):
        motion = await motions.propose(
            db, chair, made, held, question="Entendre La Belle Boîte avant de classer ?", application_id=files[0].id, shortlists=True
        )  # fmt: skip
        for person, choice in {"anne": "for", "malik": "for", "sophie": "for", "lea": "abstain"}.items():
            await motions.vote(db, cast.actor(person), made, seats[person], motion.id, choice)
        await motions.proclaim(db, chair, made, held, motion.id)
        await finalists.schedule(
            db, chair, made, held, files[0].id, starts_at=start + timedelta(minutes=90), minutes=20, place="Salle du conseil, TAg35"
        )  # fmt: skip
    with clock.at(start + timedelta(hours=3)):
        await meetings.close_meeting(db, chair, made, held)
        await rankings.rank(db, cast.actor("yann"), made)


async def _decide(db: AsyncSession, cast: Cast, made: Call) -> None:
    claire = cast.actor("claire")
    with clock.at(days_ago(36)):
        proposal = await proposals.run(db, claire, made, method="fair")
        await decisions.retain(db, claire, made, proposal)
        await decisions.name_signatory(db, claire, made, signatory=SIGNATORY)
    with clock.at(days_ago(35)):
        drawn = await minutes.draw_up(db, claire, made)
        for person, quality in (("anne", "chair"), ("yann", "secretary")):
            signers = await minutes.signers_of(db, cast.actor(person), made)
            await minutes.sign(db, cast.actor(person), made, signers, drawn.id, quality=quality)
    with clock.at(days_ago(34)):
        await release.release(db, claire, made)


async def _answer(db: AsyncSession, cast: Cast, made: Call) -> None:
    """Two take their place. The third found other premises: its place goes to the next in line, who takes it."""
    people = {cast.orgs[file.org].id: file.person for file in FILES}
    with clock.at(days_ago(30)):
        for award in (await db.execute(select(Award).where(Award.call_id == made.id))).scalars().all():
            person = people[award.organisation_id]
            await offers.answer(db, cast.actor(person), award, accepted=person != "ines")
    with clock.at(days_ago(28)):
        for award in (await db.execute(select(Award).where(Award.call_id == made.id))).scalars().all():
            if award.stage() == "offered":
                await offers.answer(db, cast.actor(people[award.organisation_id]), award, accepted=True)
    with clock.at(days_ago(27)):
        await results.publish(db, cast.actor("claire"), made)


async def _correct(db: AsyncSession, cast: Cast, made: Call, application: Application) -> None:
    """Cité Vélo asked for 70 m² where 50 were left; its plan shows that 50 are enough. The appeal is granted, and acted on."""
    claire = cast.actor("claire")
    with clock.at(days_ago(24)):
        appeal = await appeals.file(
            db, cast.actor("zoe"), application,
            grounds="Le plan joint à notre dossier montre que cinquante mètres carrés nous suffisent en hiver. La surface de 70 m² vient d’une erreur de saisie.",
        )  # fmt: skip
    with clock.at(days_ago(12)):
        await appeals.answer(
            db, claire, made, appeal, outcome="granted", signatory=SIGNATORY,
            answer="Le plan joint au dossier indique bien 50 m². L’erreur de saisie est corrigée et votre demande examinée à nouveau sur cette surface.",
        )  # fmt: skip
    with clock.at(days_ago(10)):
        trial = Trial(application.id, Correction(lot="C", area=Decimal(50)))
        act = await acts.prepare(db, claire, made, appeal_id=appeal.id, trial=trial)
        await acts.write(
            db, claire, made, act.id, signatory=SIGNATORY, version=act.version,
            motive="La surface demandée par Association Cité Vélo est rectifiée de 70 à 50 m², conformément au plan joint à son dossier. Cette surface est libre au lot C : aucune autre décision ne change.",
        )  # fmt: skip
        await act_release.release(db, claire, made, act.id)
