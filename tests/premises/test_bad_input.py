"""What people get wrong: each time a French sentence next to its cause, what was typed kept, the file to choose again named."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.exc import IntegrityError

from intervalle.errors import SignInNeeded
from premises import supply
from tests import make
from tests.premises import make as rows

FILE = "été à l’ouest (1).JPG"
LOT = {
    "label": "B", "name": "Atelier du fond", "area": "62", "available_from": "2027-01-01", "titles": "COP", "description": "Cour commune",
}  # fmt: skip


def picture(side: int = 60) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "#0e5246").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
async def at_home(db: Any, client: Any) -> tuple[Any, Any, Any]:
    """(browser, premises, its lot) of a landlord; another landlord's place stands beside."""
    person, org = await make.agent(db, "social_landlord")
    _other, theirs = await make.agent(db, "social_landlord")
    await rows.premises(db, theirs)
    place = await rows.premises(db, org)
    lot = await rows.lot(db, place)
    await db.commit()
    return await client(person), place, lot


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"area": "grande"}, "Écrivez une surface en m²"),
        ({"area": "-3"}, "0,1"),
        ({"area": "10000001"}, "10 000 000"),
        ({"area": "NaN"}, "Écrivez une surface en m²"),
        ({"available_until": "2026-12-31"}, "La fin précède le début."),
        ({"available_from": "31/02/2027"}, "date"),
        ({"min_area": "63"}, "La plus petite part dépasse la surface du lot."),
        ({"rent_cents_m2_year": "cher"}, "Écrivez un montant en euros"),
        ({"erp_category": "9"}, "5"),
        ({"titles": "BAIL_DU_SIECLE"}, "liste"),
        ({"label": ""}, "À remplir"),
    ],
)
async def test_a_lot_typed_wrong_is_told_and_kept(at_home: Any, wrong: dict[str, str], said: str) -> None:
    browser, place, _lot = at_home
    answer = await browser.post(f"/locaux/{place.id}/lots", data={**LOT, **wrong})
    html = " ".join(answer.text.replace("\u202f", " ").replace("\xa0", " ").split())
    (name,) = wrong
    kept = "Atelier du fond" in html and "Cour commune" in html
    assert (answer.status_code, said in html, f'id="{name}-error"' in html, kept) == (422, True, True, True)


async def test_a_brownfield_of_ten_square_kilometres_can_be_typed_as_it_can_be_imported(at_home: Any) -> None:
    browser, place, _lot = at_home
    assert (await browser.post(f"/locaux/{place.id}/lots", data={**LOT, "area": "10 000 000"})).status_code == 303


@pytest.mark.parametrize(
    ("lat", "lon", "said"),
    [
        ("40.7", "-74", "Ce point n’est pas en France."),
        ("-1.65", "48.12", "Latitude et longitude semblent échangées."),
        ("48.12", "", "Donnez la latitude et la longitude, ou aucune des deux."),
        ("nord", "-1.65", "nombre"),
    ],
)
async def test_a_point_outside_france_is_told_and_kept(at_home: Any, lat: str, lon: str, said: str) -> None:
    browser, place, _lot = at_home
    answer = await browser.post(f"/locaux/{place.id}/position", data={"lat": lat, "lon": lon})
    assert (answer.status_code, said in answer.text, f'value="{lat}"' in answer.text) == (422, True, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture() + b"\0" * 40 * 1024 * 1024, "Mo"),
        (b"%PDF-1.7 not a picture", "photo"),
        (b"", "photo"),
        (b"\xff\xd8\xff\xe0 broken", ""),
    ],
)
async def test_a_photo_that_is_none_is_told_and_its_words_are_kept(at_home: Any, content: bytes, said: str) -> None:
    browser, place, _lot = at_home
    answer = await browser.post(
        f"/locaux/{place.id}/photos", data={"alt": "La vitrine sur rue"}, files={"photo": (FILE, content, "image/jpeg")}
    )
    sentence = answer.text.partition('id="photo-error">')[2].partition("</p>")[0]
    assert (answer.status_code, said in sentence, len(sentence) > 20) == (422, True, True), sentence
    assert "La vitrine sur rue" in answer.text


@pytest.mark.parametrize(
    ("where", "field", "data"), [("photos", "photo", {"alt": ""}), ("documents", "document", {"title": ""})]
)
async def test_a_file_chosen_beside_a_mistake_is_named_to_be_chosen_again(
    at_home: Any, where: str, field: str, data: dict[str, str]
) -> None:
    browser, place, _lot = at_home
    answer = await browser.post(
        f"/locaux/{place.id}/{where}", data=data, files={field: (FILE, picture(), "image/jpeg")}
    )
    assert (answer.status_code, f"Choisissez de nouveau « {FILE} »" in answer.text) == (422, True)
    without = await browser.post(f"/locaux/{place.id}/{where}", data=data)
    assert (without.status_code, "Choisissez un" in without.text) == (422, True)


async def test_a_file_with_accents_in_its_name_is_taken(at_home: Any) -> None:
    browser, place, _lot = at_home
    photo = await browser.post(
        f"/locaux/{place.id}/photos", data={"alt": "La vitrine"}, files={"photo": (FILE, picture(), "image/jpeg")}
    )
    paper = await browser.post(
        f"/locaux/{place.id}/documents", data={"title": "Plan"}, files={"document": (FILE, picture(), "image/jpeg")}
    )
    page = (await browser.get(f"/locaux/{place.id}/modifier")).text
    assert (photo.status_code, paper.status_code, "été à l’ouest (1)" in page) == (303, 303, True)


async def test_a_sign_in_asked_inside_an_act_is_the_sign_in_page(at_home: Any, monkeypatch: Any) -> None:
    """The dependency wraps what it raises in a group: the answer must not become an error of ours."""
    browser, place, _lot = at_home

    async def ended(*a: Any, **k: Any) -> None:
        raise SignInNeeded

    monkeypatch.setattr(supply, "confirm", ended)
    answer = await browser.post(f"/locaux/{place.id}/confirmation")
    assert (answer.status_code, 'name="password"' in answer.text) == (401, True)


async def test_a_constraint_inside_an_act_is_its_sentence(at_home: Any, monkeypatch: Any) -> None:
    browser, place, _lot = at_home

    class ClashError(Exception):
        sqlstate = "23P01"

    async def clash(*a: Any, **k: Any) -> None:
        raise IntegrityError("INSERT", {}, ClashError())

    monkeypatch.setattr(supply, "confirm", clash)
    answer = await browser.post(f"/locaux/{place.id}/confirmation")
    assert (answer.status_code, "déjà prises" in answer.text) == (409, True)
