"""Papers kept once with their last day, a status waiting for its check, a structure met at the desk and what becomes of it."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calls import typed_needs
from calls.typed_needs import Asker
from intervalle import clock
from intervalle.accounts import documents, ess, joining, sessions
from intervalle.accounts.models import Organisation, User
from intervalle.demo.people import Cast, luhn_number
from intervalle.demo.stories import days_ago
from intervalle.pdf import render_pdf

# (person, kind, name, days from now until its last day, or None)
PAPERS = (
    ("ines", "statutes", "Statuts de Fou de Coudre", None),
    ("ines", "insurance", "Attestation d’assurance", 18),
    ("ines", "accounts", "Comptes de l’exercice", None),
    ("hugo", "statutes", "Statuts de Resport", None),
    ("hugo", "insurance", "Attestation d’assurance", -12),
    ("nadia", "statutes", "Statuts de La Belle Boîte", None),
    ("nadia", "insurance", "Attestation d’assurance", 200),
)


async def load(db: AsyncSession, cast: Cast) -> None:
    kept = {(person, kind): await _paper(db, cast, person, kind, title, days) for person, kind, title, days in PAPERS}
    nadia, rennes = cast.actor("nadia"), cast.orgs["rennes"]
    with clock.at(days_ago(3, 10)):
        await ess.claim(
            db, nadia, cast.orgs["belleboite"], status="cooperative", reviewer_id=rennes.id,
            document=kept["nadia", "statutes"],
        )  # fmt: skip
    await _desk(db, cast)


async def _paper(db: AsyncSession, cast: Cast, person: str, kind: str, title: str, days: int | None) -> Any:
    """A page that says what it stands for: nobody takes it for a true one."""
    actor = cast.actor(person)
    organisation = await db.get_one(Organisation, actor.current_id)
    content = await render_pdf(
        f'<html lang="fr"><head><title>{title}</title></head><body><h1>{title}</h1><p>{organisation.name}</p>'
        "<p>Pièce de démonstration, sans valeur.</p></body></html>"
    )
    until: date | None = clock.today() + timedelta(days=days) if days is not None else None
    with clock.at(days_ago(60, 9)):
        return await documents.keep(
            db, actor, organisation, kind=kind, title=title, name=f"{title}.pdf", content=content, valid_until=until
        )


async def _desk(db: AsyncSession, cast: Cast) -> None:
    """Two requests typed by the city: one structure then signs up and asks to join its record, the other was known."""
    anne, rennes = cast.actor("anne"), cast.orgs["rennes"]
    siren = luhn_number("90009100")
    common: dict[str, Any] = {"uses": ["workshop"], "commune_codes": ["35238"], "ground_floor": True}
    with clock.at(days_ago(20, 15)):
        thread = await typed_needs.type_in(
            db, anne, authority_id=rennes.id, asker=Asker("Le Fil du Gast", siret=luhn_number(f"{siren}0001")),
            received_on=clock.today() - timedelta(days=22),
            values={**common, "title": "Un atelier de retouche ouvert aux habitantes", "area_min": 30, "area_max": 50},
        )  # fmt: skip
        await typed_needs.type_in(
            db, anne, authority_id=rennes.id, asker=Asker("Association La Belle Boîte"),
            received_on=clock.today() - timedelta(days=21),
            values={**common, "title": "Une réserve pour du matériel de spectacle", "area_min": 15, "area_max": 40},
        )  # fmt: skip
    person = User(
        email="awa@demo.intervalle.example", name="Awa Diop", email_confirmed_at=clock.now(), demo=True,
        password_hash=cast.users["ines"].password_hash,
    )  # fmt: skip
    db.add(person)
    await db.flush()
    with clock.at(days_ago(1, 17)):
        structure = await db.get_one(Organisation, thread.organisation_id)
        await joining.ask(
            db, await sessions.actor_for(db, person), structure, reviewer_id=rennes.id,
            message="Je suis la présidente du Fil du Gast. Nous avions déposé notre demande au guichet de la mairie de quartier.",
        )  # fmt: skip
