"""The pages over HTTP: list, place, editing one thing at a time, photos, tiles. Two organisations where it matters."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from intervalle import antivirus, files
from premises import handlers, placing
from premises.models import Lot, Photo, Premises
from tests import make
from tests.premises import make as rows

PLACE = {
    "name": "Ancienne poste", "kind": "ground_floor", "regime": "private", "address": "2 rue de la Marbaudais", "postcode": "35700",
    "description": "", "end_event": "démolition", "guarding_cents_month": "1 200,50", "parcel": "",
}  # fmt: skip
LOT = {
    "label": "a", "name": "boutique", "area": "62,5", "floor": "0", "available_from": "01/01/2027", "available_until": "31/12/2028",
    "titles": ["COP", "PRET_USAGE"], "charges_cents_m2_year": "38", "rent_cents_m2_year": "0", "step_free": "yes", "water": "",
    "erp_types": ["M"], "erp_category": "5",
}  # fmt: skip


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(out, "JPEG")
    return out.getvalue()


async def _landlord(db: Any) -> tuple[Any, Any]:
    return await make.agent(db, "social_landlord")


async def test_the_list_shows_what_is_published_and_not_what_is_masked(db: Any, client: Any) -> None:
    _person, org = await make.agent(db, "social_landlord", name="Archipel Habitat")
    await rows.lot(db, await rows.premises(db, org, name="Boutique du marché"))
    await rows.lot(db, await rows.premises(db, org, name="Lieu d’accueil", owner_masked=True))
    await rows.lot(db, await rows.premises(db, org, name="Brouillon secret", published=False))
    await db.commit()
    html = (await (await client()).get("/locaux")).text
    assert ("Boutique du marché" in html, "Lieu d’accueil" in html, "Brouillon secret" in html) == (True, True, False)
    assert (html.count("Archipel Habitat"), html.count("2 locaux et terrains à occuper")) == (1, 1)


async def test_a_masked_place_gives_neither_its_address_nor_its_point(db: Any, client: Any) -> None:
    _person, org = await make.agent(db, "social_landlord", name="Archipel Habitat")
    place = await rows.premises(db, org, name="Lieu d’accueil", owner_masked=True, parcel="35238000AB0123")
    await rows.lot(db, place)
    await db.commit()
    browser = await client()
    told = ""
    for address in (f"/locaux/{place.id}", f"/l/{place.code}", "/locaux", "/locaux.geojson"):
        answer = await browser.get(address)
        assert answer.status_code == 200
        told += answer.text
    for canary in ("Marbaudais", "Archipel", "35238000AB0123", "-1.65850", "48.12750", "48.1275,"):
        assert canary not in told, canary


@pytest.mark.parametrize("count", [1, 3])
async def test_the_list_asks_the_same_number_of_questions(db: Any, client: Any, asked: list[str], count: int) -> None:
    _person, org = await _landlord(db)
    for _n in range(count):
        place = await rows.premises(db, org)
        await rows.lot(db, place, "A")
        await rows.lot(db, place, "B")
    await db.commit()
    browser = await client()
    await browser.get("/locaux")
    asked.clear()
    assert (await browser.get("/locaux")).status_code == 200
    assert len(asked) == 9


async def test_other_landlords_and_visitors_do_not_find_a_draft(db: Any, client: Any) -> None:
    mine, org = await _landlord(db)
    theirs, _other = await _landlord(db)
    place = await rows.premises(db, org, published=False)
    lot = await rows.lot(db, place)
    await db.commit()
    pages = ["", "/modifier", "/lots/nouveau", f"/lots/{lot.id}"]
    seen = {}
    for who, person in (("me", mine), ("them", theirs)):
        browser = await client(person)
        seen[who] = [(await browser.get(f"/locaux/{place.id}{page}")).status_code for page in pages]
    seen["anyone"] = [(await (await client()).get(f"/locaux/{place.id}")).status_code]
    assert seen == {"me": [200] * 4, "them": [404] * 4, "anyone": [404]}


async def test_from_an_address_to_a_published_place(db: Any, client: Any) -> None:
    """Without JavaScript and without a network: no address base here, so the point is given by hand."""
    from intervalle.settings import ROOT
    from intervalle.territory import imports

    await imports.import_communes(db)
    await imports.import_outlines(db, ROOT / "data/communes/communes-35-ille-et-vilaine.geojson")
    person, org = await _landlord(db)
    await db.commit()
    browser = await client(person)
    made = await browser.post("/locaux", data={**PLACE, "owner": str(org.id)})
    assert made.status_code == 303
    edit = made.headers["location"]
    home = edit.removesuffix("/modifier")
    assert "Avant de publier, il manque" in (await browser.get(edit)).text
    refused = await browser.post(f"{home}/publication")
    assert refused.status_code == 409
    swapped = await browser.post(f"{home}/position", data={"lat": "-1,6585", "lon": "48,1275"})
    assert (swapped.status_code, "semblent échangées" in swapped.text, "-1,6585" in swapped.text) == (422, True, True)
    placed = await browser.post(f"{home}/position", data={"lat": "48,1275", "lon": "-1,6585"})
    assert placed.status_code == 303
    wrong = await browser.post(f"{home}/lots", data={**LOT, "area": "soixante", "available_until": "31/12/2026"})
    assert (wrong.status_code, "Écrivez une surface" in wrong.text, "soixante" in wrong.text) == (422, True, True)
    assert (await browser.post(f"{home}/lots", data=LOT)).status_code == 303
    again = await browser.post(f"{home}/lots", data=LOT)
    assert (again.status_code, "porte déjà cette lettre" in again.text) == (422, True)
    assert (await browser.post(f"{home}/publication")).status_code == 303
    html = (await (await client()).get(home)).text
    told = ["Ancienne poste" in html, "62,5" in html, "gratuit" in html, "Rennes" in html, "indéterminé" in html]
    assert told == [True] * 5
    lot = (await db.execute(select(Lot))).scalar_one()
    assert (str(lot.available), lot.charges_cents_m2_year, lot.step_free, lot.water) == (
        "[2027-01-01,2029-01-01)",
        3800,
        True,
        None,
    )


async def test_the_stale_page_shows_both_values(db: Any, client: Any) -> None:
    person, org = await _landlord(db)
    place = await rows.premises(db, org, name="D’abord")
    await db.commit()
    browser = await client(person)
    first = await browser.post(
        f"/locaux/{place.id}", data={**PLACE, "owner": str(org.id), "version": "1", "name": "De Paul"}
    )
    stale = await browser.post(
        f"/locaux/{place.id}", data={**PLACE, "owner": str(org.id), "version": "1", "name": "De Marie"}
    )
    assert (first.status_code, stale.status_code) == (303, 409)
    assert ("De Paul" in stale.text, "De Marie" in stale.text) == (True, True)
    assert (await db.execute(select(Premises.name).where(Premises.id == place.id))).scalar_one() == "De Paul"


@pytest.mark.parametrize(
    ("content", "alt", "sentence"),
    [
        (b"%PDF-1.4 rien", "La vitrine", "pas une photo que nous savons lire"),
        (b"\xff\xd8" + b"0" * 13_000_000, "La vitrine", "la limite est de 12"),
        (picture(), "", "Décrivez-la en quelques mots"),
        (b"", "La vitrine", "Choisissez une photo"),
    ],
)
async def test_a_bad_photo_is_a_sentence_and_loses_nothing(
    db: Any, client: Any, content: bytes, alt: str, sentence: str
) -> None:
    person, org = await _landlord(db)
    place = await rows.premises(db, org)
    await db.commit()
    browser = await client(person)
    chosen = {"photo": ("été à l’ouest (1).JPG", content, "image/jpeg")} if content else {}
    answer = await browser.post(
        f"/locaux/{place.id}/photos",
        data={"alt": alt},
        files=chosen or {"photo": ("", b"", "application/octet-stream")},
    )
    assert (answer.status_code, sentence in answer.text, f'value="{alt}"' in answer.text) == (422, True, True)
    assert (await db.execute(select(func.count(Photo.id)))).scalar_one() == 0


async def test_an_owner_reaches_every_place_of_theirs(db: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, org = await _landlord(db)
    _other, theirs = await _landlord(db)
    for n in range(5):
        await rows.premises(db, org, name=f"Atelier {n}", published=n > 2)
    await rows.premises(db, org, name="Serre du Blosne")
    await rows.premises(db, theirs, name="Serre des autres")
    await db.commit()
    monkeypatch.setattr(handlers, "MINE_PER_PAGE", 2)
    browser = await client(person)

    async def names(query: str) -> list[str]:
        page = (await browser.get(f"/locaux/mes-locaux{query}")).text
        return sorted(set(re.findall(r"(?:Atelier \d|Serre [\w ]+)(?=</a>)", page)))

    pages = [await names(f"?page={n}") for n in (1, 2, 3)]
    assert ([len(p) for p in pages], sorted(name for page in pages for name in page)) == ([2, 2, 2], [*[f"Atelier {n}" for n in range(5)], "Serre du Blosne"])  # fmt: skip
    assert [await names(q) for q in ("?page=99", "?q=serre", "?etat=brouillon&page=2")] == [pages[2], ["Serre du Blosne"], ["Atelier 0"]]  # fmt: skip
    assert "Aucun de vos locaux" in (await browser.get("/locaux/mes-locaux?q=introuvable")).text


async def test_a_doubtful_position_is_asked_about_until_somebody_answers(db: Any, client: Any) -> None:
    """An imported address that only resembles: the page asks, « Mes locaux » and the front page ask, then nobody does."""
    person, org = await _landlord(db)
    _other, theirs = await _landlord(db)
    await rows.premises(db, theirs)
    await db.execute(text("INSERT INTO addresses (id, label, shown, commune_code, postcode, point) VALUES ('x1', plain_text('12 rue de la Marbaudais 35700 Rennes'), '12 rue de la Marbaudais 35700 Rennes', '35238', '35700', ST_Point(-1.6585, 48.1275, 4326))"))  # fmt: skip
    await db.commit()
    browser = await client(person)
    sent = await browser.post("/locaux", data={**PLACE, "owner": str(org.id), "address": "2 rue de Marbodais"})
    made = (await db.execute(select(Premises).where(Premises.owner_id == org.id))).scalar_one()
    assert (sent.status_code, made.position_source, placing.uncertain(made)) == (303, "address_base", True)

    async def asks() -> list[bool]:
        pages = (f"/locaux/{made.id}/modifier", f"/locaux/{made.id}", "/locaux/mes-locaux?position=a-verifier", "/")
        texts = [(await browser.get(page)).text for page in pages]
        sentences = ("La position est bonne", "Position à vérifier", made.name, "Position d’un local à vérifier")
        return [sentence in page for sentence, page in zip(sentences, texts, strict=True)]

    assert await asks() == [True] * 4
    page = (await browser.get(f"/locaux/{made.id}/modifier")).text
    assert ('value="48,1275"' in page, 'value="-1,6585"' in page) == (True, True)
    await browser.post(f"/locaux/{made.id}", data={**PLACE, "address": made.address, "name": "Autre nom", "version": str(made.version)})  # fmt: skip
    await db.refresh(made)
    assert (made.name, await asks()) == ("Autre nom", [True] * 4)
    await browser.post(f"/locaux/{made.id}/position", data={"lat": "48.1275", "lon": "-1.6585"})
    await db.refresh(made)
    assert (made.position_source, await asks()) == ("manual", [False] * 4)


@pytest.mark.parametrize(("said", "told"), [("clean", "analysée par l’antivirus"), ("not_scanned", "non analysée par un antivirus"), ("FOUND", "a reconnu « Eicar »")])  # fmt: skip
async def test_a_photo_says_whether_the_antivirus_looked(
    db: Any, client: Any, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    async def scan(path: Path) -> str:
        assert path.read_bytes() == picture()
        if said == "FOUND":
            raise files.bad_file("infected", virus="Eicar")
        return said

    monkeypatch.setattr(antivirus, "scan", scan)
    person, org = await _landlord(db)
    place = await rows.premises(db, org)
    await db.commit()
    browser = await client(person)
    sent = await browser.post(f"/locaux/{place.id}/photos", data={"alt": "La vitrine"}, files={"photo": ("a.jpg", picture(), "image/jpeg")})  # fmt: skip
    page = sent if sent.status_code == 422 else await browser.get(f"/locaux/{place.id}/modifier")
    kept = (await db.execute(select(func.count()).select_from(Photo))).scalar_one()
    assert (told in page.text, sent.status_code, kept) == (True, *((422, 0) if said == "FOUND" else (303, 1)))


async def test_photos_are_seen_by_those_who_see_the_place(db: Any, client: Any) -> None:
    person, org = await _landlord(db)
    other, _other = await _landlord(db)
    place = await rows.premises(db, org, published=False)
    await db.commit()
    browser = await client(person)
    name = "été à l’ouest (1).JPG"
    sent = await browser.post(
        f"/locaux/{place.id}/photos", data={"alt": "La vitrine"}, files={"photo": (name, picture(), "image/jpeg")}
    )
    assert sent.status_code == 303
    photo = (await db.execute(select(Photo))).scalar_one()
    shown = [(await (await client(who)).get(f"/locaux/photos/{photo.id}")).status_code for who in (person, other, None)]
    direct = (await (await client()).get(f"/fichiers/{photo.file_id}")).status_code
    assert (shown, direct) == ([200, 404, 404], 404)


async def test_tiles_carry_public_fields_and_follow_the_filters(db: Any, client: Any) -> None:
    _person, org = await _landlord(db)
    await rows.lot(db, await rows.premises(db, org, name="Boutique du marché"))
    await rows.lot(db, await rows.premises(db, org, name="Brouillon secret", published=False))
    await db.commit()
    browser = await client()
    near = await browser.get("/tuiles/locaux/14/8116/5686.mvt")
    assert (near.status_code, near.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    far = await browser.get("/tuiles/locaux/6/31/22.mvt")
    none = await browser.get("/tuiles/locaux/14/8116/5686.mvt?nature=land")
    told = [
        "Boutique du marché".encode() in near.content,
        b"Boutique" in far.content,
        none.content,
        b"secret" in near.content + far.content,
    ]
    assert told == [True, True, b"", False]
    codes = [
        (await browser.get(f"/tuiles/locaux/{p}")).status_code
        for p in ("10/9999/1.mvt", "99/1/1.mvt", "3/1/un.mvt", "3/1/9.mvt")
    ]
    assert codes == [404] * 4


async def test_addresses_that_mean_nothing_are_a_list_not_an_error(client: Any) -> None:
    browser = await client()
    asked = [
        "?zone=nan,1,2,3",
        "?page=0",
        "?page=99999999999999999999",
        "?surface=abc",
        "?pres=1e400,2&tri=distance",
        "?du=2026-02-30",
        "?titre=%27--",
    ]
    assert [(await browser.get(f"/locaux{q}")).status_code for q in asked] == [200] * len(asked)
    assert [(await browser.get(a)).status_code for a in ("/locaux/0", "/locaux/99999999999999999999", "/l/ZZZZZZ")] == [
        404
    ] * 3
