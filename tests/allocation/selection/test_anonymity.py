"""An anonymised call: names, addresses and identifiers nowhere, on no page and in no export, until the scoring is closed."""

import copy
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from allocation.selection import sheets
from allocation.selection.anonymity import hidden
from allocation.selection.panels import Rules
from calls.models import Application
from intervalle.accounts.models import Organisation
from tests.allocation.selection import make

NAME = "L’Atelier Zanzibar"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Avec l'atelier  zanzibar, chaque mardi.", "Avec [structure], chaque mardi."),
        ("L’ATELIER ZANZIBAR et Fou de Coudre", "[structure] et [structure]"),
        ("Zanzibaresque", "Zanzibaresque"),
        ("Écrire à contact@zanzibar.example.org ou au 06 12 34 56 78.", "Écrire à [masqué] ou au [masqué]."),
        ("Voir https://zanzibar.example.org/projet pour la suite", "Voir [masqué] pour la suite"),
        ("SIREN 732 829 320, SIRET 73282932000074, RNA W123456789", "SIREN [masqué], SIRET [masqué], RNA [masqué]"),
        ("Budget 84 000 €, 120 m², 2027", "Budget 84 000 €, 120 m², 2027"),
    ],
)
def test_names_and_traces_are_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert hidden([NAME, "Fou de Coudre"])(text) == left


@given(
    st.text("abcéè '’.+*([", min_size=3, max_size=20)
    .map(str.strip)
    .filter(lambda name: len(name) > 2 and name[0].isalpha() and name[-1].isalpha())
)
def test_a_name_is_found_whatever_signs_it_holds(name: str) -> None:
    assert hidden([name])(f"par {name.upper() if name.upper().lower() == name else name} !") == "par [structure] !"


async def test_no_page_and_no_export_names_the_structure_before_the_closing(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=2, rules=Rules(anonymous=True))
    file = scene.files[0]
    await db.execute(
        update(Organisation).where(Organisation.id == file.organisation_id).values(name=NAME, siren="732829320")
    )
    content = copy.deepcopy(file.content)
    content["structure"] |= {"name": NAME, "siren": "732829320"}
    content["facts"]["project_name"] = f"La boutique de {NAME}"
    content["answers"] = {
        key: f"{text} {NAME.upper()}, contact@zanzibar.example.org." for key, text in content["answers"].items()
    }
    await db.execute(
        update(Application).where(Application.id == file.id).values(content=content, project_name=f"{NAME} projet")
    )
    await db.commit()
    base = f"/commissions/{scene.call.id}"
    pages = ["", "/notation", f"/notation/{file.id}", f"/notation/{scene.files[1].id}", "/mes-fiches", "/classement",
             "/tableau", "/deliberation", "/comparaison"]  # fmt: skip
    with make.afterwards():
        juror, staff = await client(scene.jurors[0].person), await client(scene.city.person)
        for path in pages:
            answer = await juror.get(f"{base}{path}")
            assert answer.status_code in {200, 303, 404}, path
            for trace in ("zanzibar", "732829320", "732 829 320"):
                assert trace not in answer.text.replace("\u00a0", " ").lower(), (path, trace)
        assert "[structure]" in (await juror.get(f"{base}/notation/{file.id}")).text
        book = openpyxl.load_workbook(io.BytesIO((await juror.get(f"{base}/mes-fiches.xlsx")).content))
        told = repr([[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]).lower()
        assert ("zanzibar" in told, f"{file.label.lower()} nom masqué" in told) == (False, True)
        assert (await juror.get(f"/candidatures/{file.id}")).status_code == 404
        assert NAME in (await staff.get(f"{base}/recevabilite")).text
        # Links are declared against names, in their own order: never against a file.
        assert file.label not in (await juror.get(f"{base}/conflits")).text
        await make.score_all(db, scene, 3, 4)
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await db.commit()
        for path in ("/tableau", "/deliberation", f"/notation/{file.id}"):
            assert NAME in (await juror.get(f"{base}{path}")).text
