"""Files into the register: what enters, what changes, what is refused, and back out again. Two organisations present."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text

from intervalle import files, journal
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import StoredFile
from intervalle.settings import ROOT
from premises import occupancies, supply
from premises.imports import runs, work
from premises.models import ImportEffect, Lot, Premises
from tests import make
from tests.premises.imports import make as brought

EXTRACT = ROOT / "data/friches/cartofriches-extrait.csv"


@pytest.fixture
async def landlord(db: Any) -> tuple[Any, Any]:
    """An actor and its organisation; another landlord stands beside, with the same reference of its own."""
    await brought.territory(db)
    person, org = await make.agent(db, "social_landlord")
    _other, theirs = await make.agent(db, "social_landlord")
    db.add(
        Premises(
            code="AUTRE1",
            owner_id=theirs.id,
            name="Autre",
            kind="land",
            regime="private",
            address="",
            external_source="fichier",
            external_id="L-1",
        )
    )
    await db.flush()
    return make.acting(person, org), org


async def places(db: Any, org: Any) -> list[Premises]:
    return list((await db.execute(select(Premises).where(Premises.owner_id == org.id).order_by(Premises.id))).scalars())


async def test_a_row_becomes_premises_with_a_lot(db: Any, landlord: Any) -> None:
    actor, org = landlord
    one = await brought.entered(db, actor, org, brought.csv_of(brought.row()), kind="ground_floor", titles=["COP"])
    (place,) = await places(db, org)
    lot = (await db.execute(select(Lot).where(Lot.premises_id == place.id))).scalar_one()
    lon, lat = (
        await db.execute(select(func.ST_X(Premises.point), func.ST_Y(Premises.point)).where(Premises.id == place.id))
    ).one()
    assert (place.name, place.external_id, place.commune_code, place.import_id, lon, lat) == (
        "Boutique A",
        "L-1",
        "35238",
        one.id,
        -1.6585,
        48.1275,
    )
    assert (lot.label, lot.area, lot.rent_cents_m2_year, lot.titles, lot.available.lower) == (
        "A",
        Decimal("62.50"),
        3800,
        ["COP"],
        date(2027, 3, 1),
    )
    assert (place.published_at, brought.counts(one), one.state) == (None, (1, 0, 0, 0), "done")


async def test_the_same_file_twice_changes_nothing(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(), brought.row(Référence="L-2", Longitude="", Latitude=""))
    await brought.entered(db, actor, org, content)
    before = await _everything(db, org)
    again = await brought.entered(db, actor, org, content + b"\n")
    assert (brought.counts(again), await _everything(db, org)) == ((0, 0, 2, 0), before)
    assert (await db.execute(select(func.count(ImportEffect.id)))).scalar_one() == 0


async def test_without_references_the_file_finds_itself_again(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(Référence=""), brought.row(Référence="", **{"Nom du local": "Boutique B"}))
    assert brought.counts(await brought.entered(db, actor, org, content)) == (2, 0, 0, 0)
    assert brought.counts(await brought.entered(db, actor, org, content + b"\n")) == (0, 0, 2, 0)


async def test_a_changed_cell_changes_its_premises_and_an_empty_one_erases_nothing(db: Any, landlord: Any) -> None:
    actor, org = landlord
    await brought.entered(db, actor, org, brought.csv_of(brought.row(), brought.row(Référence="L-2")))
    content = brought.csv_of(
        brought.row(**{"Surface (m²)": "70", "Loyer": "", "Nom du local": ""}), brought.row(Référence="L-2")
    )
    one = await brought.entered(db, actor, org, content)
    place = (await places(db, org))[0]
    lot = (
        await db.execute(select(Lot).where(Lot.premises_id == place.id).execution_options(populate_existing=True))
    ).scalar_one()
    assert (brought.counts(one), place.name, lot.area, lot.rent_cents_m2_year) == (
        (0, 1, 1, 0),
        "Boutique A",
        Decimal("70.00"),
        3800,
    )


async def test_what_would_change_is_said_before_and_after(db: Any, landlord: Any) -> None:
    actor, org = landlord
    await brought.entered(db, actor, org, brought.csv_of(brought.row(), brought.row(Référence="L-2")))
    moved = brought.row(Loyer="42", Latitude="48.1280", **{"Disponible le": "01/04/2027"})
    one = await brought.brought(
        db, actor, org, brought.csv_of(moved, brought.row(Référence="L-2"), brought.row(Référence="L-3"))
    )
    said = [
        (c["row"], c["field"], " ".join(c["before"].split()), " ".join(c["after"].split()))
        for c in one.report["changes"]
    ]
    assert said == [
        (2, "Loyer demandé (€/m²/an)", "38 €", "42 €"),
        (2, "Utilisable à partir du", "1ᵉʳ mars 2027", "1ᵉʳ avril 2027"),
    ]
    assert (one.report["moved"], [(r["row"], r["effect"], r["commune"]) for r in one.report["sample"]]) == (
        1,
        [(2, "change", "Rennes"), (3, "same", "Rennes"), (4, "enter", "Rennes")],
    )


async def test_several_rows_make_several_lots_of_one_building(db: Any, landlord: Any) -> None:
    actor, org = landlord
    headers = (*brought.HEADERS, "Lot")
    rows = [
        [*brought.row(), "A"],
        [*brought.row(**{"Surface (m²)": "20"}), "B"],
        [*brought.row(**{"Nom du local": "Autre nom"}), "C"],
        [*brought.row(), "A"],
    ]
    one = await brought.entered(db, actor, org, brought.csv_of(*rows, headers=headers))
    (place,) = await places(db, org)
    lots = (await db.execute(select(Lot.label, Lot.area).where(Lot.premises_id == place.id).order_by(Lot.label))).all()
    assert [tuple(r) for r in lots] == [("A", Decimal("62.50")), ("B", Decimal("20.00"))]
    assert [(r["row"], r["column"], r["reason"]) for r in one.report["refusals"]] == [
        (4, "Nom du local", "La ligne 2 dit autre chose du même local."), (5, "Lot", "Même local et même lot qu’à la ligne 2."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"Surface (m²)": ""}, "Surface (m²)", "La surface manque."),
        ({"Ville": "Atlantis", "CP": "", "Longitude": "", "Latitude": ""}, "Ville", "Cette commune n’a pas été trouvée : donnez son code Insee, ou le code postal."),
        ({"Ville": "", "CP": "", "Longitude": "", "Latitude": ""}, "Adresse", "L’adresse seule ne dit pas la commune : ajoutez le code postal, la commune ou un point."),
    ],
)  # fmt: skip
async def test_what_only_the_register_can_refuse(
    db: Any, landlord: Any, changed: dict[str, str], column: str, reason: str
) -> None:
    actor, org = landlord
    one = await brought.entered(db, actor, org, brought.csv_of(brought.row(**changed), brought.row(Référence="L-2")))
    assert [(r["row"], r["column"], r["reason"]) for r in one.report["refusals"]] == [(2, column, reason)]
    assert [p.external_id for p in await places(db, org)] == ["L-2"]


async def test_all_or_nothing_lets_nothing_in(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(), brought.row(Référence="L-2", Loyer="cher"))
    one = await brought.brought(db, actor, org, content, whole=True)
    with pytest.raises(Refused, match="tout ou rien"):
        await runs.launch(db, actor, one)
    assert await places(db, org) == []
    assert await runs.launch(db, actor, one, whole=False)
    await work.run(db, actor, one)
    assert (len(await places(db, org)), brought.counts(one)) == (1, (1, 0, 0, 1))


async def test_the_corrected_file_holds_the_refused_rows_as_they_were(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(), brought.row(Référence="=1+1", Loyer="cher", Longitude="-1.6"))
    one = await brought.brought(db, actor, org, content)
    stored = await db.get(StoredFile, one.refused_file_id)
    lines = list(csv.reader(io.StringIO((await files.read(stored)).decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == [*brought.HEADERS, "Ligne", "Motif du refus"]
    assert lines[1] == [
        *brought.row(Référence="'=1+1", Loyer="cher", Longitude="-1.6"),
        "3",
        "Loyer : « cher » n’est pas un nombre.",
    ]
    # Corrected and brought back, only the mended row enters, under the reference it had.
    mended = brought.csv_of(*[[*line[:6], "40", *line[7:]] for line in lines[1:]], headers=tuple(lines[0]))
    assert brought.counts(await brought.entered(db, actor, org, mended)) == (1, 0, 0, 0)
    assert [p.external_id for p in await places(db, org)] == ["=1+1"]


async def test_swapped_coordinates_are_noticed_then_turned_back(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(Longitude="48.1275", Latitude="-1.6585"), brought.row(Référence="L-2"))
    one = await brought.brought(db, actor, org, content)
    assert (one.report["swapped"], brought.counts(one)) == (1, (1, 0, 0, 1))
    await runs.choose(db, actor, one, mapping=one.mapping, options={"swap": True}, source=one.source, whole=False)
    await work.examine(db, one)
    assert (one.report["swapped"], brought.counts(one)) == (0, (2, 0, 0, 0))


async def test_land_enters_as_a_mended_polygon(db: Any, landlord: Any) -> None:
    actor, org = landlord
    bow = "POLYGON ((-1.70 48.10, -1.69 48.11, -1.69 48.10, -1.70 48.11, -1.70 48.10))"
    content = brought.csv_of(
        ["T-1", "Friche", "900", bow, "friche"], headers=("reference", "nom", "surface", "contour", "nature")
    )
    await brought.entered(db, actor, org, content)
    (place,) = await places(db, org)
    valid = (
        await db.execute(
            select(func.ST_IsValid(Premises.outline), func.ST_Covers(Premises.outline, Premises.point)).where(
                Premises.id == place.id
            )
        )
    ).one()
    assert (place.kind, place.commune_code, tuple(valid)) == ("brownfield", "35238", (True, True))


async def test_positions_are_honest(db: Any, landlord: Any) -> None:
    """By its point, by the middle of its commune, or unknown; the neighbourhood is never guessed from a middle."""
    actor, org = landlord
    rows = [
        brought.row(),
        brought.row(Référence="L-2", Longitude="", Latitude=""),
        brought.row(Référence="L-3", CP="35830", Ville="BETTON CEDEX", Longitude="", Latitude=""),
    ]
    await brought.entered(db, actor, org, brought.csv_of(*rows))
    found = [(p.commune_code, p.position_source, p.position_precision, p.qpv_code) for p in await places(db, org)]
    assert found == [
        ("35238", "manual", "import", None),
        ("35238", "commune", "municipality", None),
        ("35024", None, None, None),
    ]


async def test_a_pin_set_by_hand_stays(db: Any, landlord: Any) -> None:
    actor, org = landlord
    await brought.entered(db, actor, org, brought.csv_of(brought.row()))
    await db.execute(
        text(
            "UPDATE premises SET point = ST_SetSRID(ST_MakePoint(-1.7, 48.1), 4326), position_precision = NULL WHERE owner_id = :o"
        ),
        {"o": org.id},
    )
    one = await brought.entered(db, actor, org, brought.csv_of(brought.row(Loyer="40")))
    moved = (await db.execute(select(func.ST_X(Premises.point)).where(Premises.owner_id == org.id))).scalar_one()
    assert (brought.counts(one), moved) == ((0, 1, 0, 0), -1.7)


async def test_publishing_complete_rows_at_once(db: Any, landlord: Any) -> None:
    actor, org = landlord
    rows = [brought.row(), brought.row(Référence="L-3", CP="35830", Ville="Betton", Longitude="", Latitude="")]
    await brought.entered(db, actor, org, brought.csv_of(*rows), titles=["COP"], publish=True)
    assert [p.published_at is not None for p in await places(db, org)] == [True, False]


async def test_one_journal_entry_with_counts_and_hash(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row(), brought.row(Référence="L-2", Loyer="cher"))
    one = await brought.entered(db, actor, org, content)
    stored = await db.get(StoredFile, one.file_id)
    entries = (
        (await db.execute(select(journal.JournalEntry).where(journal.JournalEntry.chain == f"organisation:{org.id}")))
        .scalars()
        .all()
    )
    assert [(e.action, e.subject, e.facts) for e in entries] == [
        ("premises.import", f"import:{one.id}", {"rows": 2, "enter": 1, "change": 0, "same": 0, "new_premises": 1, "refused": 1, "source": "fichier", "file_sha256": stored.sha256.hex()})
    ]  # fmt: skip


# --- Undoing ---------------------------------------------------------------------------------------------------------


async def test_undoing_gives_back_what_was(db: Any, landlord: Any) -> None:
    actor, org = landlord
    headers = (*brought.HEADERS, "Lot")
    await brought.entered(db, actor, org, brought.csv_of([*brought.row(), "A"], headers=headers), titles=["COP"])
    before = await _everything(db, org)
    changed = [
        [*brought.row(**{"Surface (m²)": "80", "Nom du local": "Neuf", "Longitude": "-1.66"}), "A"],
        [*brought.row(**{"Nom du local": "Neuf", "Longitude": "-1.66"}), "B"],
        [*brought.row(Référence="L-9"), "A"],
    ]
    one = await brought.entered(db, actor, org, brought.csv_of(*changed, headers=headers))
    assert (brought.counts(one), len(await places(db, org))) == ((2, 1, 0, 0), 2)
    assert await runs.undo(db, actor, one) == {"changed_lots": 1, "changed_premises": 1, "lots": 2, "premises": 1}
    assert (await _everything(db, org), one.state) == (before, "undone")
    with pytest.raises(Refused, match="déjà annulé"):
        await runs.undo(db, actor, one)


async def _everything(db: Any, org: Any) -> list[Any]:
    """Premises and lots in full, but for their version."""
    rows = await db.execute(
        text("SELECT to_jsonb(p) - 'version' AS p, (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.id) FROM lots l WHERE l.premises_id = p.id) AS l FROM premises p WHERE owner_id = :o ORDER BY id"),
        {"o": org.id},
    )  # fmt: skip
    return [tuple(r) for r in rows]


async def test_a_lot_in_use_keeps_its_import(db: Any, landlord: Any) -> None:
    actor, org = landlord
    one = await brought.entered(db, actor, org, brought.csv_of(brought.row()))
    lot = (await db.execute(select(Lot).join(Premises).where(Premises.owner_id == org.id))).scalar_one()
    await occupancies.occupy(db, lot_id=lot.id, during=lot.available, kind="meanwhile", label="Association")
    with pytest.raises(Refused, match="« Boutique A » sert dans l’histoire du lot"):
        await runs.undo(db, actor, one)
    assert len(await places(db, org)) == 1


async def test_every_table_that_points_at_a_lot_is_asked_before_undoing() -> None:
    """A new room that points at lots is asked by itself; one that has no words is « un autre dossier »."""
    named = {table.name for table, _column, _target in runs.pointing()}
    assert {"call_lots", "leases", "occupancies", "photos"} <= named
    assert named & {"lots", "premises", "favourites", "premises_import_effects"} == set()


async def test_premises_edited_by_hand_keep_their_import(db: Any, landlord: Any) -> None:
    actor, org = landlord
    one = await brought.entered(db, actor, org, brought.csv_of(brought.row()), titles=["COP"])
    (place,) = await places(db, org)
    await supply.publish(db, actor, place)
    await supply.edit(db, actor, place, version=place.version, values={"name": "À la main"}, place=None)
    with pytest.raises(Refused, match="un local a été modifié à la main"):
        await runs.undo(db, actor, one)


async def test_an_older_import_waits_for_the_newer_to_be_undone(db: Any, landlord: Any) -> None:
    actor, org = landlord
    first = await brought.entered(db, actor, org, brought.csv_of(brought.row()))
    second = await brought.entered(db, actor, org, brought.csv_of(brought.row(Loyer="50")))
    with pytest.raises(Refused, match="plus récent"):
        await runs.undo(db, actor, first)
    await runs.undo(db, actor, second)
    await runs.undo(db, actor, first)
    assert await places(db, org) == []


# --- Who -------------------------------------------------------------------------------------------------------------


async def test_nobody_imports_for_somebody_else(db: Any, landlord: Any) -> None:
    actor, _org = landlord
    _stranger, other = await make.agent(db, "social_landlord")
    with pytest.raises(Forbidden):
        await runs.bring(db, actor, owner_id=other.id, name="x.csv", content=brought.csv_of(brought.row()))
    seen = (await db.execute(runs.imports_visible_to(make.acting(_stranger, other)))).scalars().all()
    assert seen == []


async def test_the_same_file_sent_twice_is_one_import(db: Any, landlord: Any) -> None:
    actor, org = landlord
    content = brought.csv_of(brought.row())
    first, second = [await runs.bring(db, actor, owner_id=org.id, name="x.csv", content=content) for _n in range(2)]
    one = await brought.brought(db, actor, org, content)
    assert (first.id, second.id, await runs.launch(db, actor, one), await runs.launch(db, actor, one)) == (
        first.id,
        first.id,
        True,
        False,
    )
