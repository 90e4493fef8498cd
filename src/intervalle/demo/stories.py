"""The demonstration's calls, each at another stage, played through the product's own verbs at past instants.

Nothing is written behind the verbs' back: journals, receipts, letters, titles and paths are those the product makes.
Texts, marks and figures are invented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import minutes
from allocation.selection import admissibility, checklist, declarations, invitations, panels, rankings, sheets
from allocation.selection.models import Panel, Seat, SeatInvitation
from allocation.selection.reasons import Given
from calls import applications, drafts, openings, saving
from calls.conditions import asked
from calls.models import Application, Call, CallVersion, Criterion
from intervalle import clock
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from premises.models import Lot

GRID = (
    ("Utilité sociale pour les habitants", 35, "À quel besoin du quartier le projet répond."),
    ("Contribution à la vie du lieu", 25, "Ouverture, mutualisation, temps donné au lieu."),
    ("Solidité économique", 20, "Capacité à tenir jusqu’au terme."),
    ("Transition écologique", 20, "Travaux sobres, réemploi."),
)


@dataclass(frozen=True)
class File:
    """One application of a story. `wishes`: lot label -> (rank, least area, best area)."""

    person: str
    org: str
    project: str
    summary: str
    uses: tuple[str, ...]
    wishes: Mapping[str, tuple[int, int, int]]
    jobs: str = "2.5"
    budget: int = 8_400_000
    local: bool = False
    slots: tuple[int, ...] = ()
    shop: bool = False
    outdoor: bool = False


def days_ago(count: int, hour: int = 10) -> datetime:
    """An instant in Paris, `count` days before today (after, when negative)."""
    return datetime.combine(clock.today() - timedelta(days=count), time(hour), tzinfo=clock.PARIS)


async def call(
    db: AsyncSession, cast: Cast, *, person: str, organiser: str, title: str, lots: Sequence[Lot], closes: datetime,
    opened: datetime, values: Mapping[str, Any], delegate: str | None = None,
) -> Call:  # fmt: skip
    """Written and opened at a past instant. Warnings are answered with a reason, as a person would."""
    actor = cast.actor(person)
    with clock.at(opened):
        made = await drafts.create(
            db, actor, title=title, organiser_id=cast.orgs[organiser].id, lot_ids=[lot.id for lot in lots],
            delegate_id=cast.orgs[delegate].id if delegate else None,
        )  # fmt: skip
        made.demo = True
        version = (await db.execute(select(CallVersion).where(CallVersion.call_id == made.id))).scalar_one()
        await drafts.save(
            db, actor, made, seen=version.version, values={"title": title, "closes_at": closes, **values},
            lots={lot.id: "" for lot in lots}, criteria=[drafts.CriterionLine(label, weight, why) for label, weight, why in GRID],
        )  # fmt: skip
        verdicts = await openings.verdicts_of(db, made, version)
        reasons = {
            v.id: "Décision de la direction : le lieu doit ouvrir avant l’été, et l’information circule depuis six mois."
            for v in verdicts
        }
        await openings.open_call(db, actor, made, seen=version.version, justifications=reasons)
    return made


async def apply(
    db: AsyncSession, cast: Cast, made: Call, file: File, lots: Mapping[str, Lot], on: datetime, *, submit: bool = True
) -> Application:
    """A structure writes its file section by section, then deposits it."""
    actor = cast.actor(file.person)
    with clock.at(on):
        application = await applications.start(db, actor, made, organisation_id=cast.orgs[file.org].id)
        version = (
            await db.execute(select(CallVersion).where(CallVersion.id == application.call_version_id))
        ).scalar_one()
        for section, facts, answers in [*_sections(file), _conditions(version.eliminatory)]:
            await db.refresh(application)
            await saving.save_section(
                db, actor, application, section, seen=application.version, facts=facts, answers=answers, typed={}
            )
        lines = [
            saving.WishLine(lots[label].id, rank, Decimal(least), Decimal(best))
            for label, (rank, least, best) in file.wishes.items()
        ]
        await saving.save_wishes(db, actor, application, seen=application.version, lines=lines, typed={})
        if submit:
            await applications.submit(db, actor, application)
    return application


def _conditions(eliminatory: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Every condition of the call met, in words."""
    met = {"answer": "yes", "comment": "Vérifié avec l’association de quartier et les commerçants voisins."}
    return "conditions", {"conditions": {c.key: met for c in asked(eliminatory, {})}}, {}


def _sections(file: File) -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    return [
        ("projet", {"project_name": file.project, "uses": list(file.uses), "jobs_fte": Decimal(file.jobs)},
         {"summary": file.summary, "utility": "Les habitants viennent de l’immeuble et des rues voisines ; nous comptons deux cents passages par mois la première année, relevés à l’accueil."}),
        ("structure", {"neighbourhood": file.local, "republican_commitment": "not_concerned" if file.org == "belleboite" else "signed"},
         {"references": "Trois ans dans un local de la ville, rendu à la date et en bon état ; la directrice du centre social peut en parler.",
          "presentation": "Une équipe salariée et un conseil d’administration de neuf personnes, dont quatre habitants du quartier.",
          "rooting": "Centre social, conseil citoyen, régie de quartier : conventions signées ou en cours."}),
        ("besoins", {"erp_type": "M" if file.shop else "PA" if file.outdoor else "W", "public_count": 19, "staff_count": 4, "needs_ground_floor": file.shop, "needs_water": file.shop, "needs_step_free": file.shop},
         {"fit": "La surface et le calendrier conviennent ; aménagement léger, réversible, à notre charge."}),
        ("calendrier", {"wished_from": month(3), "wished_months": 18, "insured": True},
         {"planning": "Un mois d’aménagement, puis ouverture au public. Seule la livraison du mobilier peut nous retarder.",
          "works": "Peinture et rayonnages démontables, par nos bénévoles, pour 1 800 €. Rien ne reste au départ."}),
        ("presence", {"slots": list(file.slots)}, {"sharing": "La salle le soir et le samedi, l’outillage, l’accueil du matin à tour de rôle."}),
        ("budget", {"budget_cents": file.budget, "max_charges_cents_m2_year": 4200},
         {"viability": "Recettes propres pour 40 %, aides acquises pour 35 %, le reste demandé ; trois mois de trésorerie.",
          "ecology": "Mobilier de réemploi, aucun cloisonnement neuf, énergie suivie chaque mois."}),
    ]  # fmt: skip


async def compose(
    db: AsyncSession, cast: Cast, made: Call, *, staff: str, jurors: Mapping[str, str], on: datetime, meets: datetime
) -> dict[str, Seat]:
    """The panel (person -> college), invited by staff; everybody accepts, and the first one chairs."""
    actor, seats = cast.actor(staff), {}
    with clock.at(on):
        await panels.compose(db, actor, made, panels.Rules(quorum=min(3, len(jurors)), meets_at=meets))
        for number, (person, college) in enumerate(jurors.items()):
            seats[person] = await sit(db, cast, made, staff, person, panels.SeatTerms(college, chair=number == 0))
    return seats


async def sit(db: AsyncSession, cast: Cast, made: Call, staff: str, person: str, terms: panels.SeatTerms) -> Seat:
    """A seat offered by staff, and accepted."""
    user = cast.users[person]
    offer = await invitations.invite(db, cast.actor(staff), made, user.email, terms)
    if isinstance(offer, SeatInvitation):
        await invitations.accept(db, cast.actor(person), offer.id)
    found = await db.execute(
        select(Seat).join(Panel, Panel.id == Seat.panel_id).where(Panel.call_id == made.id, Seat.user_id == user.id)
    )
    return found.scalar_one()


async def examine(db: AsyncSession, cast: Cast, made: Call, *, staff: str, on: datetime) -> list[Application]:
    """Open the files, then find every one admissible."""
    actor = cast.actor(staff)
    yes = {item.key: checklist.Answer("yes") for item in checklist.ITEMS}
    with clock.at(on):
        await panels.open_files(db, actor, made)
        files = list((await db.execute(applications.submitted_of(made))).scalars())
        for application in files:
            await admissibility.examine(db, actor, made, application.id, yes, version=1, admissible=True)
    return files


async def score(
    db: AsyncSession, cast: Cast, made: Call, seat: Seat, person: str, marks: Mapping[int, Sequence[int]], on: datetime
) -> None:
    """A juror declares no link, then validates a sheet per file (application id -> marks in the order of the grid)."""
    actor = cast.actor(person)
    with clock.at(on):
        if seat.declared_at is None:
            await declarations.declare(db, actor, made, seat, {})
        for application_id, values in marks.items():
            version = (
                await db.execute(select(Application.call_version_id).where(Application.id == application_id))
            ).scalar_one()
            criteria = list(
                (
                    await db.execute(
                        select(Criterion).where(Criterion.version_id == version).order_by(Criterion.position)
                    )
                ).scalars()
            )
            given = {c.id: Given(True, v, WHY[v]) for c, v in zip(criteria, values, strict=True)}
            typed = sheets.Typed(given, "Dossier clair ; le lien avec les habitants est décrit et vérifiable.", "", 0)
            await sheets.submit(db, actor, made, seat, application_id, typed)


WHY = {
    0: "Rien dans le dossier.", 1: "Une intention, sans élément.", 2: "Des éléments, mais des manques.",
    3: "Correct, à préciser.", 4: "Bon, peu de réserves.", 5: "Complet, étayé par des preuves.",
}  # fmt: skip


async def rank(db: AsyncSession, cast: Cast, made: Call, *, staff: str, on: datetime) -> None:
    with clock.at(on):
        await rankings.rank(db, cast.actor(staff), made)


async def sign_minutes(db: AsyncSession, cast: Cast, made: Call, *, staff: str, chair: str) -> None:
    """Drawn up by staff, signed by the chair and by staff as secretary: nothing is notified before (AMI-09)."""
    drawn = await minutes.draw_up(db, cast.actor(staff), made)
    for person, quality in ((chair, "chair"), (staff, "secretary")):
        signers = await minutes.signers_of(db, cast.actor(person), made)
        await minutes.sign(db, cast.actor(person), made, signers, drawn.id, quality=quality)
