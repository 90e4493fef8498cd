"""The pages of a selection, from an empty call to a frozen ranking, filled by their own forms."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import scoring_pages
from allocation.selection.models import Panel, ScoreSheet, Seat
from calls.models import Call
from tests.allocation.selection import make


def text_of(html: str) -> str:
    """What the page says, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]).split())


def sheet_form(scene: make.Scene, *values: int, version: int = 0, writer: str = "page", **more: str) -> dict[str, str]:
    form = {"version": str(version), "writer": writer, "comment": "Projet solide.", "notes": ""}
    for index, criterion in enumerate(scene.criteria):
        value = values[min(index, len(values) - 1)]
        form[f"n{criterion.id}"] = str(value)
        form[f"m{criterion.id}"] = "Ce que dit le dossier." if value < 2 or value > 4 else ""
    return form | more


async def test_the_whole_way_by_forms(db: Any, client: Any) -> None:
    scene = await make.closed_call(db, files=2)
    jurors = [await make.calls_make.side(db, kind) for kind in ("city", "city", "social_landlord")]
    await db.commit()
    with make.afterwards():
        staff = await client(scene.city.person)
        base = f"/commissions/{scene.call.id}"
        assert "composez la commission" in text_of((await staff.get(base)).text)
        rules = {
            "quorum": "3",
            "readers_per_file": "2",
            "reason_below": "2",
            "reason_above": "4",
            "meets_at": "2026-10-29T09:30",
        }
        assert (await staff.post(f"{base}/composition", data=rules)).status_code == 303
        for juror, college in zip(jurors, ("city_ess", "urban_policy", "landlord"), strict=True):
            seat = {"email": juror.person.email, "college": college, "role": "member"}
            assert (await staff.post(f"{base}/sieges", data=seat)).status_code == 303
            page = await client(juror.person)
            offer = re.search(r'href="(/commissions/invitation/\d+)"', (await page.get("/")).text)
            assert offer
            assert (await page.post(f"{offer[1]}/accord")).headers["location"] == base
        assert (await staff.post(f"{base}/ouverture")).status_code == 303
        for juror in jurors:
            page = await client(juror.person)
            assert (await page.get(f"{base}/notation")).headers["location"] == f"{base}/conflits"
            assert (await page.post(f"{base}/conflits", data={"none": "yes"})).status_code == 303
        for file in scene.files:
            url = f"{base}/recevabilite/{file.id}"
            html = (await staff.get(url)).text
            answers = dict.fromkeys(re.findall(r'name="(a-\w+)"', html), "yes")
            version = re.search(r'name="version" value="(\d+)"', html)
            assert version
            sent = await staff.post(url, data={**answers, "version": version[1], "decision": "admissible"})
            assert sent.status_code == 303
        for juror in jurors:
            page = await client(juror.person)
            for _ in scene.files:
                where = (await page.get(f"{base}/notation")).headers["location"]
                sent = await page.post(
                    f"{where}/validation", data=sheet_form(scene, 4 if where.endswith(str(scene.files[0].id)) else 3)
                )
                assert sent.status_code == 303
            assert "Toutes vos fiches sont validées" in text_of((await page.get(f"{base}/notation")).text)
        assert "Toutes les fiches sont là" in text_of((await staff.get(f"{base}/classement")).text)
        assert (await staff.post(f"{base}/notation/cloture")).status_code == 303
        assert "Le quorum est atteint" in text_of((await staff.get(f"{base}/classement")).text)
        assert (await staff.post(f"{base}/classement")).status_code == 303
        shown = text_of((await staff.get(f"{base}/classement")).text)
    assert "Classement arrêté le 20 oct. 2026" in shown
    assert shown.index(scene.files[0].label) < shown.index(scene.files[1].label)
    assert (await db.execute(select(Call.ranked_at).where(Call.id == scene.call.id))).scalar_one() == make.AFTER


async def test_a_wrong_declaration_is_said_and_nothing_is_signed(db: Any, client: Any) -> None:
    scene = await make.opened(db, await make.seated(db, await make.closed_call(db, files=1)))
    url = f"/commissions/{scene.call.id}/conflits"
    id = scene.files[0].organisation_id
    one = {"structure": str(id)}
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        other, unknown = {f"link{id}": "other"}, {f"link{id}": "imagined"}
        for wrong in (
            {},
            one,
            one | {"none": "yes"},
            one | other,
            one | unknown,
            one | {f"link{id}": "family", "none": "yes"},
        ):
            assert (await page.post(url, data=wrong)).status_code == 422
        kept = (await page.post(url, data=one | other | {f"reason{id}": " "})).text
        assert f'value="{id}" checked' in kept
        assert '<option value="other" selected>' in kept
        assert (await page.post(url, data={"structure": "999999", "link999999": "family"})).status_code == 404
    assert (await db.execute(select(Seat.declared_at))).scalars().all() == [None, None, None]


async def test_autosave_answers_with_the_total_and_keeps_the_draft(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    url = f"/commissions/{scene.call.id}/notation/{scene.files[0].id}"
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        first = scene.criteria[0]
        partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
        form = {"version": "0", "writer": "tab", f"n{first.id}": "4"}
        answer = await page.post(f"{url}/brouillon", data=form, headers=partial)
        assert (answer.status_code, "<html" in answer.text) == (200, False)
        assert f"{first.weight * 4 // 5}<small" in answer.text
        again = await page.post(f"{url}/brouillon", data=form | {f"n{first.id}": "5"}, headers=partial)
        assert again.status_code == 200
        fresh = (await page.get(url)).text
    # The fragment is what a fresh page shows (the next page has its own tab name).
    zone = re.compile(r'<div id="total".*?</div>\s*<svg.*?</p>', re.S)
    shown, told = zone.search(fresh), zone.search(again.text)
    assert shown
    assert told
    assert " ".join(shown[0].split()) == " ".join(told[0].split())


async def test_a_stale_page_is_told_with_both_values_and_can_insist(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    url = f"/commissions/{scene.call.id}/notation/{scene.files[0].id}"
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        await page.post(f"{url}/brouillon", data=sheet_form(scene, 3, writer="one", comment="Première page"))
        stale = sheet_form(scene, 2, writer="two", comment="Seconde page")
        for headers in ({}, {"HX-Request": "true", "HX-Request-Type": "partial"}):
            refused = await page.post(f"{url}/brouillon", data=stale, headers=headers)
            assert refused.status_code == 409
            assert "Première page" in refused.text
            assert "Seconde page" in refused.text
        assert (await db.execute(select(ScoreSheet.comment))).scalar_one() == "Première page"
        over = re.search(r'name="over" value="(\d+)"', refused.text)
        assert over
        kept = await page.post(f"{url}/brouillon", data=stale | {"over": over[1]})
        assert kept.status_code == 303
    assert (await db.execute(select(ScoreSheet.comment))).scalar_one() == "Seconde page"


async def test_an_incomplete_sheet_is_refused_and_kept(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    url = f"/commissions/{scene.call.id}/notation/{scene.files[0].id}"
    form = sheet_form(scene, 3, comment="")
    del form[f"n{scene.criteria[1].id}"]
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        refused = await page.post(f"{url}/validation", data=form)
    assert refused.status_code == 422
    assert f'href="#n{scene.criteria[1].id}"' in refused.text
    sheet = (await db.execute(select(ScoreSheet))).scalar_one()
    assert (sheet.submitted_at, sheet.version) == (None, 1)


async def test_strangers_find_nothing(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    other = await make.ready(db, files=1)
    base = f"/commissions/{scene.call.id}"
    paths = ["", "/composition", "/conflits", "/deports", "/recevabilite", f"/recevabilite/{scene.files[0].id}", "/notation",
             f"/notation/{scene.files[0].id}", "/tableau", "/classement"]  # fmt: skip
    with make.afterwards():
        for person in (other.city.person, other.jurors[0].person, scene.applicants[0].person):
            page = await client(person)
            assert [(await page.get(base + path)).status_code for path in paths] == [404] * len(paths)
            mine = (await page.get("/commissions")).text
            assert f"/commissions/{scene.call.id}" not in mine
        juror = await client(scene.jurors[0].person)
        staff_only = ["/composition", "/deports", "/recevabilite", f"/recevabilite/{scene.files[0].id}"]
        assert [(await juror.get(base + path)).status_code for path in staff_only] == [404] * 4
        assert (await juror.get(f"{base}/notation/{other.files[0].id}")).status_code == 404


async def test_marks_stay_sealed_until_the_close(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score(db, scene, 1, 0, 4, comment="Avis de la deuxième.")
    base = f"/commissions/{scene.call.id}"
    with make.afterwards():
        for person in (scene.jurors[0].person, scene.city.person):
            page = await client(person)
            for path in ("/tableau", "/classement", f"/notation/{scene.files[0].id}"):
                assert "Avis de la deuxième." not in (await page.get(base + path)).text
            assert "Les notes ne sont pas encore ouvertes" in text_of((await page.get(f"{base}/tableau")).text)
        await make.score(db, scene, 0, 0, 3)
        mine = (await (await client(scene.jurors[0].person)).get(f"{base}/notation/{scene.files[0].id}")).text
        assert "Avis de la deuxième." in mine
        assert "80/100" not in text_of(mine)  # no total of anybody else


async def test_a_juror_needs_a_second_factor(db: Any, client: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=0), jurors=4)
    with make.afterwards():
        page = await client(scene.jurors[3].person, second_factor=False)
        answer = await page.get(f"/commissions/{scene.call.id}")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/connexion/code")


async def test_files_stay_with_the_applicants_until_the_opening_act(db: Any, client: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=1))
    with make.afterwards():
        page = await client(scene.city.person)
        assert (await page.get(f"/candidatures/{scene.files[0].id}")).status_code == 404
        await make.opened(db, scene)
        assert (await page.get(f"/candidatures/{scene.files[0].id}")).status_code == 200
    panel = (await db.execute(select(Panel))).scalar_one()
    assert panel.opened_by_id == scene.city.person.id


async def test_of_many_sheets_those_around_the_file_stand_beside_it(
    db: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring_pages, "BESIDE", 3)
    scene = await make.ready(db, files=5, jurors=1)
    page, base = await client(scene.jurors[0].person), f"/commissions/{scene.call.id}/notation"
    numbers = [file.id for file in scene.files]

    def listed(html: str) -> list[int]:
        return [int(n) for n in re.findall(rf'<a href="{base}/(\d+)"', html)]

    with make.afterwards():
        shown = {n: listed((await page.get(f"{base}/{numbers[n]}")).text) for n in (0, 2, 4)}
        whole = (await page.get(f"{base}?toutes=oui")).text
    assert shown == {0: numbers[:3], 2: numbers[1:4], 4: numbers[2:]}
    assert listed(whole) == numbers
    assert "Noter le prochain dossier" in whole
