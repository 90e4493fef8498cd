"""Calls of other kinds: one that runs on and is decided as files come (case 13), one proposed to a single structure (case 3)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import panels
from allocation.selection.panels import Rules, SeatTerms
from calls import batches
from intervalle import clock
from intervalle.demo import stories
from intervalle.demo.cases import COMMON, Places
from intervalle.demo.people import Cast
from intervalle.demo.places import month
from intervalle.demo.stories import File, days_ago
from premises.models import Lot, Premises

FIRST = File("paul", "compagnons", "L’outilthèque de la dalle", "Prêt d’outils et chantiers d’auto-rénovation avec les locataires.", ("workshop",), {"A": (1, 60, 90)}, "2.0", 9_600_000, True, slots=(0, 1, 4, 5))  # fmt: skip
SECOND = File("elise", "afev", "Le mentorat au pied des tours", "Accompagnement scolaire par des étudiants, trois après-midi par semaine.", ("office", "training"), {"A": (1, 40, 60)}, "1.5", 12_000_000, slots=(3, 5, 7))  # fmt: skip
GARDEN = File("amina", "ateliers", "La pépinière du passage", "Plants et outils partagés, prolongement du jardin voisin que la structure entretient.", ("garden",), {"A": (1, 640, 640)}, "1.0", 3_200_000, outdoor=True)  # fmt: skip


async def load(db: AsyncSession, cast: Cast, places: Places) -> None:
    await _rolling(db, cast, places)
    await _direct(db, cast)


async def _rolling(db: AsyncSession, cast: Cast, places: Places) -> None:
    """Dalle Abbal: open for half a year; one file taken up twelve days ago, another one waits."""
    lots, jeanne = places["dalle"][1], cast.actor("toulousain")
    made = await stories.call(
        db, cast, person="toulousain", organiser="toulouse", title="Dalle Abbal : des usages au fil de l’eau",
        lots=list(lots.values()), opened=days_ago(40), closes=days_ago(-150, 12),
        values={**COMMON, "kind": "rolling", "asked": ["dates", "works"],
                "body": "L’ancienne banque se partage à la semaine en attendant la transformation du centre. Les projets arrivent quand ils sont prêts ; ils sont examinés à mesure.",
                "circumstances": "Démolition de la dalle inscrite à la convention de renouvellement urbain, calendrier annexé.",
                "occupation_from": month(7), "occupation_until": month(26), "decision_on": days_ago(-165).date()},
    )  # fmt: skip
    await stories.apply(db, cast, made, FIRST, lots, days_ago(20))
    with clock.at(days_ago(12)):
        await panels.compose(db, jeanne, made, Rules())
        for person, college in (("toulousain", "city_ess"), ("malik", "urban_policy"), ("yann", "expert")):
            terms = SeatTerms(college, chair=person == "toulousain")
            await stories.sit(db, cast, made, "toulousain", person, terms)
        await batches.gather(db, jeanne, made, decision_on=days_ago(-20).date(), occupation_from=month(2))
    await stories.apply(db, cast, made, SECOND, lots, days_ago(4))


async def _direct(db: AsyncSession, cast: Cast) -> None:
    """A small plot of Est Ensemble beside the garden that a structure tends already: its file has come."""
    found = await db.execute(
        select(Lot)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(Premises.name == "TempO’, triangle des Rigondes")
    )
    lot = found.scalar_one()
    made = await stories.call(
        db, cast, person="samira", organiser="estensemble", title="Triangle des Rigondes : proposé au jardin voisin",
        lots=[lot], opened=days_ago(16), closes=days_ago(-16, 12),
        values={**COMMON, "kind": "direct", "title_code": "COP", "economic": False,
                "body": "Le terrain prolonge le jardin partagé que la structure entretient depuis 2021.",
                "beneficiary_id": cast.orgs["ateliers"].id,
                "direct_ground": "Terrain du domaine privé, enclavé, sans autre accès que le jardin voisin : la structure qui l’entretient est seule en mesure de l’occuper.",
                "circumstances": "Construction de logements prévue au terme des études, permis déposé.",
                "occupation_from": month(2), "occupation_until": month(12), "decision_on": days_ago(-25).date()},
    )  # fmt: skip
    await stories.apply(db, cast, made, GARDEN, {"A": lot}, days_ago(3) + timedelta(hours=4))
