"""Calls at other stages: Le Timbre de Maurepas open and changed once (case 1), PHARES closed and sealed (case 7).

The first session of case 1 is decided: `timbre.py`. Case 2 waits for its jurors and case 3 is open: both are in `cases.py`. Texts, people and figures are invented.
"""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import amendments, drafts, questions, visits
from calls.models import Call, CallLot
from calls.queries import criteria_of
from intervalle import clock
from intervalle.demo import stories
from intervalle.demo.cases import COMMON, Places
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from intervalle.demo.stories import File, days_ago

TIMBRE = (
    File("nadia", "belleboite", "La cantine de la poste", "Cuisine partagée, cantine du midi et formation courte aux métiers de bouche.", ("food", "training"), {"A": (1, 60, 92), "B": (2, 60, 90)}, "3.0", 9_800_000, shop=True),
    File("ines", "fou", "L’atelier du Timbre", "Couture, réparation et vitrine tenue avec les habitantes de la dalle.", ("workshop", "shop"), {"A": (1, 60, 80)}, "3.5", 8_400_000, True, shop=True),
)  # fmt: skip
PHARES = (
    File("lea", "seed", "Ateliers d’urbanisme du fleuve", "Permanences, maquettes et balades avec les habitants de l’île.", ("office", "meeting"), {"A": (1, 60, 90)}, "2.0", 6_800_000),
    File("karim", "mains", "L’imprimerie de l’île", "Gravure, affiches et ateliers ouverts aux écoles.", ("workshop",), {"A": (1, 80, 120)}, "1.5", 4_100_000),
)  # fmt: skip


async def timbre(db: AsyncSession, cast: Cast, places: Places) -> None:
    """Run by TAg35 for the developer; charges only, time given to the place; changed once since it opened."""
    lots = {label: places["poste"][1][label] for label in ("A", "B")}
    made = await stories.call(
        db, cast, person="claire", organiser="territoires", delegate="tag35",
        title="Le Timbre de Maurepas : l’ancienne poste avant démolition", lots=list(lots.values()),
        opened=days_ago(20), closes=days_ago(-18, 12),
        values={**COMMON, "body": "L’ancienne poste ferme avant la démolition complète de la dalle. Les occupants paient les charges seules et donnent du temps au lieu ; le relogement de chacun se prépare dès l’entrée.",
                "visits": "Chaussures fermées : l’arrière est en chantier.", "circumstances": "Démolition de la dalle décidée par la convention de renouvellement urbain, calendrier annexé.",
                "documents": "Statuts\nComptes des deux derniers exercices, ou budget prévisionnel\nAttestation d’assurance",
                "questions_until": days_ago(-8, 18), "answers_until": days_ago(-12, 18), "max_lots": 1,
                "occupation_from": month(3), "occupation_until": month(21), "decision_on": days_ago(-50).date()},
    )  # fmt: skip
    await stories.apply(db, cast, made, TIMBRE[0], lots, days_ago(12))
    await stories.apply(db, cast, made, TIMBRE[1], lots, days_ago(8), submit=False)
    await _visits(db, cast, made)
    await _questions(db, cast, made)
    await _change(db, cast, made)


async def _visits(db: AsyncSession, cast: Cast, made: Call) -> None:
    yann, first, second = cast.actor("yann"), days_ago(5, 14), days_ago(-4, 14)
    with clock.at(days_ago(18)):
        slots = [
            await visits.plan(
                db, yann, made, starts_at=at, ends_at=at + timedelta(minutes=90), capacity=8,
                meeting_point="Devant l’ancienne poste",
            )
            for at in (first, second)
        ]  # fmt: skip
    with clock.at(days_ago(10)):
        for person, org, people in (("nadia", "belleboite", 2), ("ines", "fou", 3)):
            await visits.book(
                db, cast.actor(person), made, slots[0].id, organisation_id=cast.orgs[org].id, people=people
            )
        await visits.book(db, cast.actor("ines"), made, slots[1].id, organisation_id=cast.orgs["fou"].id, people=2)
    with clock.at(days_ago(4)):
        await visits.mark(db, yann, made, slots[0].id, {cast.orgs["belleboite"].id: True, cast.orgs["fou"].id: False})


async def _questions(db: AsyncSession, cast: Cast, made: Call) -> None:
    nadia, ines, yann = cast.actor("nadia"), cast.actor("ines"), cast.actor("yann")
    with clock.at(days_ago(14)):
        asked = await questions.ask(
            db, nadia, made, organisation_id=cast.orgs["belleboite"].id,
            text="Notre cantine aurait besoin d’une hotte : peut-on percer le mur nord ?",
        )  # fmt: skip
    with clock.at(days_ago(13)):
        await questions.answer(
            db, yann, made, asked.id, published_text="Peut-on percer le mur nord pour une hotte ?",
            text="Oui, côté cour, avec l’accord écrit de Territoires Rennes ; le percement n’est pas à reboucher.",
        )  # fmt: skip
    with clock.at(days_ago(2)):
        await questions.ask(
            db, ines, made, organisation_id=cast.orgs["fou"].id, text="La vitrine reste-t-elle éclairée le soir ?"
        )


async def _change(db: AsyncSession, cast: Cast, made: Call) -> None:
    """Version 2: the life of the place weighs more, and a quarter of the area goes to the neighbourhood."""
    yann = cast.actor("yann")
    with clock.at(days_ago(6)):
        current = await amendments.in_force(db, made)
        lines = [
            drafts.CriterionLine(c.label, weight, c.description, c.floor)
            for c, weight in zip((await db.execute(criteria_of(current.id))).scalars(), (30, 30, 20, 20), strict=True)
        ]
        lots = (await db.execute(select(CallLot.lot_id).where(CallLot.version_id == current.id))).scalars()
        version = await amendments.save(
            db, yann, made, seen=0, values={"neighbourhood_share": Decimal("0.25")}, lots=dict.fromkeys(lots, ""),
            criteria=lines,
        )  # fmt: skip
        assert made.closes_at is not None
        await amendments.publish(
            db, yann, made, seen=version.version, to=made.closes_at + timedelta(days=7),
            reason="Le conseil citoyen a demandé que la vie du lieu compte davantage, et qu’un quart des surfaces aille au quartier.",
        )  # fmt: skip


async def phares(db: AsyncSession, cast: Cast, places: Places) -> None:
    """380 m² kept for the social economy: two conditions that put a file out, no commercial lease; closed, still sealed."""
    lots = places["phares"][1]
    made = await stories.call(
        db, cast, person="bruno", organiser="plaine", title="PHARES : 380 m² réservés à l’ESS dans l’écoquartier",
        lots=list(lots.values()), opened=days_ago(45), closes=days_ago(3, 12),
        values={**COMMON, "charges_only": False, "title_code": "CONV_COMMUNALE", "titles_excluded": ["BAIL_COM", "BAIL_DEROG", "BCUS"],
                "body": "Le pôle accueille pour longtemps des structures de l’économie sociale et solidaire, à loyer modéré.",
                "eliminatory": "Aucune activité commerciale déjà présente dans le quartier\nUn travail pour le territoire, avec ses habitants",
                "counterparts": "Une action par trimestre avec les habitants", "max_lots": 1,
                "incompatible_uses": [["workshop", "office"]],
                "occupation_from": month(30), "occupation_until": month(66), "decision_on": days_ago(-40).date()},
    )  # fmt: skip
    for file in PHARES:
        await stories.apply(db, cast, made, file, lots, days_ago(9))


async def load(db: AsyncSession, cast: Cast, places: Places) -> None:
    await timbre(db, cast, places)
    await phares(db, cast, places)
