"""The pages of an import over HTTP, from the file to its undoing; two organisations present."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select, text

from premises.imports import tasks, work
from premises.models import Premises, PremisesImport
from tests import make
from tests.premises.imports import make as brought

OPTIONS = {
    "source": "fichier",
    "kind": "ground_floor",
    "regime": "private",
    "available_from": "2027-01-01",
    "mode": "rows",
}


async def upload(browser: Any, org: Any, content: bytes, name: str = "été à l’ouest (1).csv") -> Any:
    return await browser.post(
        "/locaux/import", data={"owner": str(org.id)}, files={"file": (name, content, "text/csv")}
    )


def chosen(html: str) -> dict[str, str]:
    """What the page's own form would send for its columns."""
    found = {}
    for select_ in re.findall(r'<select id="(c\d+)".*?</select>', html, re.DOTALL):
        block = html[html.index(f'<select id="{select_}"') :]
        block = block[: block.index("</select>")]
        option = re.search(r'<option value="([^"]*)" selected', block)
        found[select_] = option[1] if option else ""
    return found


async def advance(db: Any, sessions: Any) -> None:
    """What the worker would do with every import that waits."""
    for number in (
        (await db.execute(select(PremisesImport.id).where(PremisesImport.state.in_(("checking", "running")))))
        .scalars()
        .all()
    ):
        await tasks.carry_out(sessions, number)


async def test_from_the_file_to_the_register_and_back(db: Any, client: Any, sessions: Any) -> None:
    await brought.territory(db)
    person, org = await make.agent(db, "social_landlord")
    await db.commit()
    browser = await client(person)
    answer = await upload(browser, org, brought.csv_of(brought.row(), brought.row(Référence="L-2", Loyer="cher")))
    where = answer.headers["location"]
    assert (answer.status_code, where.endswith("/colonnes")) == (303, True)
    columns = await browser.get(where)
    assert (
        "été à l’ouest" in (await browser.get("/locaux/import")).text,
        columns.text.count(" selected>Loyer demandé"),
    ) == (True, 1)
    answer = await browser.post(where, data={**chosen(columns.text), **OPTIONS})
    place = answer.headers["location"]
    waiting = (await browser.get(place)).text
    assert ("Contrôle en cours" in waiting, "<progress" in waiting, f'href="{place}"' in waiting) == (True, True, True)
    await advance(db, sessions)
    looked = (await browser.get(place)).text
    assert (
        "Rien n’est encore écrit" in looked,
        "« cher » n’est pas un nombre." in looked,
        "Importer 1 ligne" in looked,
    ) == (True, True, True)
    assert (await db.execute(select(func.count(Premises.id)).where(Premises.owner_id == org.id))).scalar_one() == 0
    refused = await browser.get(f"{place}/refus.csv")
    assert ("L-2" in refused.text, "L-1" in refused.text, "attachment" in refused.headers["content-disposition"]) == (
        True,
        False,
        True,
    )
    for _click in range(2):  # a double click launches once
        assert (await browser.post(f"{place}/lancement")).status_code == 303
    await advance(db, sessions)
    assert "C’est importé." in (await browser.get(place)).text
    assert (await db.execute(select(func.count(Premises.id)).where(Premises.owner_id == org.id))).scalar_one() == 1
    assert (await browser.post(f"{place}/annulation")).status_code == 303
    again = await browser.post(f"{place}/annulation")
    assert (again.status_code, "déjà annulé" in again.text) == (409, True)
    assert (await db.execute(select(func.count(Premises.id)).where(Premises.owner_id == org.id))).scalar_one() == 0


async def test_a_fragment_is_the_part_of_the_page_it_replaces(db: Any, client: Any) -> None:
    await brought.territory(db)
    person, org = await make.agent(db, "city")
    one = await brought.brought(db, make.acting(person, org), org, brought.csv_of(brought.row()))
    await db.commit()
    browser = await client(person)
    whole = (await browser.get(f"/locaux/import/{one.id}")).text
    part = (await browser.get(f"/locaux/import/{one.id}", headers={"HX-Request-Type": "partial"})).text
    assert part.strip() in whole
    assert "<html" not in part


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Ce fichier est vide."),
        (b"%PDF-1.7", "ne se lit pas comme un tableau"),
        (b"PK\x03\x04x", "ne se lit pas"),
        (b"un seul\n1\n", "une colonne"),
    ],
)
async def test_a_file_that_is_no_table_is_a_sentence_beside_its_field(
    db: Any, client: Any, content: bytes, said: str
) -> None:
    person, org = await make.agent(db, "city")
    await db.commit()
    answer = await upload(await client(person), org, content)
    assert (answer.status_code, said in answer.text, 'id="file-error"' in answer.text) == (422, True, True)


async def test_columns_that_cannot_work_keep_what_was_chosen(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "city")
    await db.commit()
    browser = await client(person)
    where = (await upload(browser, org, brought.csv_of(brought.row()))).headers["location"]
    answer = await browser.post(where, data={"c0": "nom", "c1": "nom", "c2": "adresse", **OPTIONS, "kind": "land"})
    assert (answer.status_code, "Deux colonnes donnent le même champ : « Nom du local »." in answer.text) == (422, True)
    assert (chosen(answer.text)["c0"], chosen(answer.text)["c1"], chosen(answer.text)["c5"]) == ("nom", "nom", "")
    assert '<option selected value="land">' in answer.text


async def test_the_encoding_can_be_said(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "city")
    await db.commit()
    browser = await client(person)
    content = brought.csv_of(brought.row()).decode().replace("’", "'").encode("cp850", "replace")
    where = (await upload(browser, org, content)).headers["location"]
    answer = await browser.post(where, data={**OPTIONS, "action": "relire", "encoding": "cp1252", "separator": ";"})
    assert answer.status_code == 303
    assert "Référence" not in (await browser.get(where)).text.partition("<tbody>")[2].partition("<select")[0]


async def test_another_organisation_finds_nothing(db: Any, client: Any) -> None:
    await brought.territory(db)
    person, org = await make.agent(db, "social_landlord")
    stranger, _other = await make.agent(db, "social_landlord")
    one = await brought.brought(
        db, make.acting(person, org), org, brought.csv_of(brought.row(), brought.row(Loyer="x"))
    )
    await db.commit()
    browser = await client(stranger)
    for path in ("", "/colonnes", "/refus.csv"):
        assert (await browser.get(f"/locaux/import/{one.id}{path}")).status_code == 404
    for path in ("/colonnes", "/lancement", "/ordre", "/reprise", "/annulation"):
        assert (await browser.post(f"/locaux/import/{one.id}{path}", data=OPTIONS)).status_code == 404
    assert "locaux.csv" not in (await browser.get("/locaux/import")).text
    owner_forged = await browser.post(
        "/locaux/import",
        data={"owner": str(org.id)},
        files={"file": ("x.csv", brought.csv_of(brought.row()), "text/csv")},
    )
    assert owner_forged.status_code == 422
    structure, _org = await make.agent(db, "ess_structure")
    await db.commit()
    assert [(await (await client(who)).get("/locaux/import")).status_code for who in (None, structure)] == [303, 403]


async def test_a_worker_that_died_leaves_nothing_and_can_start_again(
    db: Any, client: Any, sessions: Any, monkeypatch: Any
) -> None:
    await brought.territory(db)
    person, org = await make.agent(db, "city")
    one = await brought.brought(db, make.acting(person, org), org, brought.csv_of(brought.row()))
    await db.commit()
    browser = await client(person)
    await browser.post(f"/locaux/import/{one.id}/lancement")
    await browser.post(f"/locaux/import/{one.id}/reprise")  # too soon: nothing is silent yet
    assert "Reprendre" not in (await browser.get(f"/locaux/import/{one.id}")).text
    await db.execute(
        text("UPDATE premises_imports SET seen_at = now() - interval '10 minutes' WHERE id = :id"), {"id": one.id}
    )
    await db.commit()
    assert "Reprendre" in (await browser.get(f"/locaux/import/{one.id}")).text
    assert (await browser.post(f"/locaux/import/{one.id}/reprise")).status_code == 303

    async def broken(*a: Any, **k: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(work.writing, "change", broken)
        await tasks.carry_out(sessions, one.id)
    assert (await db.execute(select(func.count(Premises.id)).where(Premises.owner_id == org.id))).scalar_one() == 0
    assert "L’import s’est arrêté, et rien n’est entré." in (await browser.get(f"/locaux/import/{one.id}")).text


@pytest.mark.parametrize("count", [1, 3])
async def test_the_list_of_imports_asks_a_constant_number_of_questions(
    db: Any, client: Any, asked: list[str], count: int
) -> None:
    await brought.territory(db)
    person, org = await make.agent(db, "city")
    for n in range(count):
        await brought.brought(db, make.acting(person, org), org, brought.csv_of(brought.row(Référence=f"R-{n}")))
    await db.commit()
    browser = await client(person)
    await browser.get("/locaux/import")
    asked.clear()
    assert (await browser.get("/locaux/import")).text.count("locaux.csv") == count
    assert len([q for q in asked if "premises_imports" in q]) == 1
