"""Real data: the extract of Cartofriches, the example of the CNIG standard, and the command that imports them."""

from typing import Any

import pytest
from sqlalchemy import func, select

from intervalle.accounts.actor import SYSTEM
from intervalle.settings import ROOT
from intervalle.territory import imports as reference
from premises.imports import command, runs, tables, work
from premises.models import Premises, PremisesImport
from tests import make
from tests.premises.imports import make as brought
from tests.premises.imports.test_runs import landlord, places

EXTRACT = ROOT / "data/friches/cartofriches-extrait.csv"


async def test_the_extract_of_cartofriches(db: Any) -> None:
    """Real rows: what enters, what does not and why, then nothing more; said by the command."""
    departments = {"03", "12", "27", "35", "51", "54", "56", "57", "59"}
    await reference.import_communes(db, only=departments)
    lines = await command.import_file(db, EXTRACT, organisation=None, dry_run=False)
    assert lines[1].split(",")[0].strip().startswith("50 lots entrés dans 50 locaux")
    one = (await db.execute(select(PremisesImport))).scalar_one()
    assert sorted((r["column"], r["value"]) for r in one.report["refusals"]) == [
        ("comm_insee", "12076"), ("comm_insee", "27058"), ("site_statut", "friche reconvertie"), ("site_statut", "friche reconvertie"),
        ("unite_fonciere_refcad", "5,62E+184"), ("unite_fonciere_refcad", "5,748E+13"), ("unite_fonciere_surface", ""),
    ]  # fmt: skip
    assert brought.counts(one) == (50, 0, 0, 7)
    kinds = await db.execute(
        select(Premises.kind, func.count()).where(Premises.import_id == one.id).group_by(Premises.kind)
    )
    assert [tuple(r) for r in kinds] == [("brownfield", brought.counts(one)[0])]
    notes = (await db.execute(select(func.string_agg(Premises.staff_notes, "\n")))).scalar_one()
    assert ("_X_" in notes, "Ancienne activité : " in notes) == (False, True)
    again = await command.import_file(db, EXTRACT, organisation=command.OBSERVATORY, dry_run=False)
    assert " 0 lots entrés dans 0 locaux" in again[1]


async def test_the_standards_own_example_is_understood_or_refused_in_words(db: Any) -> None:
    """The published example has its point turned over and an outline that ends with dots: both are named."""
    headers = ("site_id", "site_nom", "comm_insee", "unite_fonciere_surface", "geompoint", "geomsurf")
    content = brought.csv_of(
        [
            "1",
            "Thermes",
            "35238",
            "16750",
            "POINT(49.2527 3.9815)",
            "POLYGON((49.33 3.95, 49.38 3.89, 49.42 3.96, ...))",
        ],
        headers=headers,
    )
    await brought.territory(db)
    _person, org = await make.agent(db, "city")
    one = await brought.brought(db, SYSTEM, org, content)
    assert [(r["column"], r["reason"]) for r in one.report["refusals"]] == [
        ("geompoint", "Latitude et longitude semblent échangées."), ("geomsurf", "Ce contour contient autre chose que des coordonnées."),
    ]  # fmt: skip


async def test_the_dry_run_of_the_command_writes_nothing(db: Any, landlord: Any) -> None:
    _actor, org = landlord
    one = await runs.bring(db, SYSTEM, owner_id=org.id, name="x.csv", content=brought.csv_of(brought.row()))
    assert (await work.examine(db, one)).report()["enter"] == 1
    assert await places(db, org) == []


async def test_a_file_that_breaks_half_way_is_a_sentence(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = b"reference;nom;surface;commune\n" + b"1;a;2;Rennes\n" * 40 + b'2;"' + b"x" * 4_100_000
    one = await runs.bring(db, actor, owner_id=org.id, name="x.csv", content=content)
    with pytest.raises(tables.BadTable, match="quatre millions"):
        await work.examine(db, one)


__all__ = ["landlord"]
