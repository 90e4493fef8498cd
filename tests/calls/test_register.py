"""A request typed for somebody without an account, and the public figures of the demand."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from calls import typed_needs
from calls.need_models import Need
from calls.typed_needs import Asker
from intervalle.accounts.models import Invitation, Organisation
from intervalle.errors import Forbidden, Refused
from intervalle.territory.communes import read_communes
from intervalle.territory.models import Commune, Department, Intercommunality, Region
from tests.calls import make as calls

TYPED = {
    "structure_name": "Les Jardins de la Touche", "structure_siret": "", "contact_email": "jardins@exemple.fr",
    "received_on": "2026-09-14", "title": "Local de stockage", "uses": "storage", "area_min": "20", "area_max": "30",
}  # fmt: skip
VALUES: dict[str, Any] = {"title": "Local de stockage", "uses": ["storage"], "area_min": 20, "area_max": 30}


async def towns(db: Any) -> None:
    for row in (
        Region(code="53", name="Bretagne"), Department(code="35", name="Ille-et-Vilaine", region_code="53"),
        Intercommunality(code="243500139", name="Rennes Métropole", kind="epci"),
        Commune(code="35238", name="Rennes", department_code="35", epci_code="243500139"),
        Commune(code="35047", name="Bruz", department_code="35", epci_code="243500139"),
        Commune(code="35288", name="Saint-Malo", department_code="35"),
    ):  # fmt: skip
        db.add(row)
        await db.flush()


async def test_staff_write_down_a_request_and_the_structure_is_invited(db: Any, client: Any) -> None:
    staff, stranger = await calls.side(db, "city", "Ville de Rennes"), await calls.side(db, "city")
    browser = await client(staff.person)
    went = await browser.post("/besoins/saisir", data=TYPED)
    again = await browser.post("/besoins/saisir", data=TYPED)
    need = (await db.execute(select(Need).where(Need.typed_by_id == staff.org.id))).scalar_one()
    assert (went.status_code, again.headers["location"]) == (303, f"/besoins/{need.id}")
    structure = await db.get_one(Organisation, need.organisation_id)
    assert (structure.name, structure.kind, structure.ess_status) == (
        "Les Jardins de la Touche",
        "ess_structure",
        "to_check",
    )
    invitation = (await db.execute(select(Invitation).where(Invitation.organisation_id == structure.id))).scalar_one()
    assert (invitation.email, invitation.role) == ("jardins@exemple.fr", "admin")
    page = (await browser.get(f"/besoins/{need.id}")).text
    assert "Saisi par Ville de Rennes d’après une demande reçue le 14 septembre 2026" in page
    assert "Les Jardins de la Touche" in (await browser.get("/besoins/demande")).text
    outsider = await client(stranger.person)
    assert (await outsider.get(f"/besoins/{need.id}")).status_code == 404
    assert "Les Jardins de la Touche" not in (await outsider.get("/besoins/demande")).text


async def test_a_bad_request_keeps_what_was_typed(db: Any, client: Any) -> None:
    staff = await calls.side(db, "city")
    browser = await client(staff.person)
    wrong = {**TYPED, "contact_email": "jardins", "received_on": "2190-01-01", "structure_siret": "123"}
    got = await browser.post("/besoins/saisir", data=wrong)
    said = [
        part in got.text
        for part in ("dans l’avenir", "prenom@association.fr", "14 chiffres", "Les Jardins de la Touche")
    ]
    assert (got.status_code, said) == (422, [True] * 4)
    structure = await calls.side(db, "ess_structure")
    assert (await (await client(structure.person)).get("/besoins/saisir")).status_code == 403


async def test_a_known_siret_is_that_structure(db: Any) -> None:
    staff, structure, owner = (
        await calls.side(db, "city"),
        await calls.side(db, "ess_structure"),
        await calls.side(db, "developer"),
    )
    structure.org.siren, owner.org.siren = "732829320", "356000000"
    await db.flush()
    made = await typed_needs.type_in(
        db, staff.actor, authority_id=staff.org.id, asker=Asker("Autre nom", "73282932000074", "x@exemple.fr"),
        received_on=date(2026, 9, 14), values=VALUES,
    )  # fmt: skip
    assert made.organisation_id == structure.org.id
    invited = await db.execute(select(Invitation).where(Invitation.organisation_id == structure.org.id))
    assert invited.all() == []  # it has members already
    with pytest.raises(Refused, match="propriétaire"):
        await typed_needs.type_in(
            db,
            staff.actor,
            authority_id=staff.org.id,
            asker=Asker("X", "35600000000048"),
            received_on=date(2026, 9, 14),
            values=VALUES,
        )
    with pytest.raises(Forbidden):
        await typed_needs.type_in(
            db, staff.actor, authority_id=owner.org.id, asker=Asker("X"), received_on=date(2026, 9, 14), values=VALUES
        )


async def test_an_intercommunality_stands_for_its_communes(db: Any) -> None:
    await towns(db)
    assert await read_communes(db, "rennes metropole, Saint-Malo, 35238, Atlantide") == (
        ["35047", "35238", "35288"],
        ["Atlantide"],
    )


async def test_public_figures_by_sector_hide_small_counts(db: Any, client: Any) -> None:
    await towns(db)
    for number in range(3):
        side = await calls.side(db, "ess_structure")
        db.add(
            Need(
                organisation_id=side.org.id,
                title=f"b{number}",
                uses=["shop"],
                area_min=40,
                area_max=60,
                commune_codes=["35238", "35047"] if number else ["35238"],
            )
        )
    await db.flush()
    shown = (await (await client()).get("/besoins/statistiques")).text
    rows = shown[shown.index("Par secteur") :]
    assert "Rennes" in rows
    assert "120\u00a0m²" in rows
    assert "Bruz" in rows
    assert "moins de 3" in rows
    assert "80\u00a0m²" not in shown
    only = (await (await client()).get("/besoins/statistiques", params={"ou": "Saint-Malo"})).text
    assert "Aucun besoin" in only
