"""The agenda: points that are not files, an order of one's own, nothing told of a file one is set aside from."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import agenda, live, meetings, records
from allocation.selection.agenda import Point, ordered
from allocation.selection.meeting_models import AgendaItem, Discussion
from allocation.selection.models import Panel
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from tests.allocation.selection import make
from tests.allocation.selection.test_meetings import deliberating


def row(id: int, *, title: str = "", application_id: int | None = None, position: int | None = None) -> AgendaItem:
    return AgendaItem(id=id, title=title, application_id=application_id, position=position)


def keys(points: list[Point[str]]) -> list[str]:
    return [point.key for point in points]


def test_files_keep_their_usual_order_until_somebody_moves_one() -> None:
    files = [(7, "a"), (5, "b"), (9, "c")]
    assert keys(ordered(files, [row(1, title="Divers")])) == ["f7", "f5", "f9", "i1"]
    moved = [
        row(1, title="Règles", position=1),
        row(2, application_id=9, position=2),
        row(3, application_id=7, position=3),
    ]
    # What nobody placed comes after, in its usual order.
    assert keys(ordered(files, moved)) == ["i1", "f9", "f7", "f5"]


async def shown(db: Any, scene: make.Scene, actor: Any) -> list[str]:
    from allocation.selection import access

    return keys((await live.look(db, actor, await access.enter(db, actor, scene.call.id))).points)  # type: ignore[arg-type]


async def test_a_point_is_added_moved_discussed_and_told_in_the_minutes(db: Any) -> None:
    scene = await deliberating(db, files=2)
    call, staff = scene.call, scene.city.actor
    first, second = (f"f{file.id}" for file in reversed(scene.files))  # the better score first
    with make.afterwards():
        item = await agenda.add(db, staff, call, None, title="  Rappel des   règles ")
        assert (await agenda.add(db, staff, call, None, title="Rappel des règles")).id == item.id
        assert await shown(db, scene, staff) == [first, second, f"i{item.id}"]
        await agenda.move(db, staff, call, None, keys=[first, second, f"i{item.id}"], key=f"i{item.id}", up=True)
        assert await shown(db, scene, staff) == [first, f"i{item.id}", second]
        await meetings.discuss(db, staff, call, None, scene.files[0].id)
        await agenda.take(db, staff, call, None, item.id)
        await agenda.take(db, staff, call, None, item.id)
        await agenda.write(db, staff, call, None, item.id, note="La grille est relue.")
        with pytest.raises(Refused, match="a été discuté"):
            await agenda.remove(db, staff, call, None, item.id)
        await meetings.discuss(db, staff, call, None, scene.files[1].id)
        other = await agenda.add(db, staff, call, None, title="Divers")
        await agenda.remove(db, staff, call, None, other.id)
        panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one()
        told = (await records.record_of(db, call, panel))["meetings"][0]
    rows = (await db.execute(select(Discussion).order_by(Discussion.id))).scalars().all()
    assert [(d.application_id, d.item_id, d.ended_at is None) for d in rows] == [
        (scene.files[0].id, None, False), (None, item.id, False), (scene.files[1].id, None, True),
    ]  # fmt: skip
    assert [(p["title"], p["note"]) for p in told["other_points"]] == [("Rappel des règles", "La grille est relue.")]
    assert [p["file"].split()[0] for p in told["points"]] == [scene.files[0].label, scene.files[1].label]
    done = (
        await db.execute(
            select(JournalEntry.action).where(JournalEntry.action.like("panel.%_point%")).order_by(JournalEntry.number)
        )
    ).scalars()
    assert list(done) == [
        "panel.add_point",
        "panel.order_points",
        "panel.write_point",
        "panel.add_point",
        "panel.remove_point",
    ]


async def test_only_who_leads_and_never_a_file_one_is_set_aside_from(db: Any) -> None:
    scene = await deliberating(db, files=2, apart=True, jurors=4)
    call, chair, member = scene.call, scene.jurors[0], scene.jurors[2]
    hidden, seen = f"f{scene.files[0].id}", f"f{scene.files[1].id}"
    with make.afterwards():
        with pytest.raises(Forbidden):
            await agenda.add(db, member.actor, call, scene.seats[2], title="Divers")
        item = await agenda.add(db, chair.actor, call, scene.seats[0], title="Divers")
        with pytest.raises(NotFound):
            await agenda.move(
                db, chair.actor, call, scene.seats[0], keys=[hidden, seen, f"i{item.id}"], key=seen, up=True
            )
        assert await shown(db, scene, chair.actor) == [seen, f"i{item.id}"]


async def test_by_the_forms_of_the_page(db: Any, client: Any) -> None:
    scene = await deliberating(db, files=2)
    base = f"/commissions/{scene.call.id}"
    with make.afterwards():
        staff, juror = await client(scene.city.person), await client(scene.jurors[2].person)
        assert (await staff.post(f"{base}/ordre-du-jour", data={"add": "1", "title": " "})).status_code == 409
        assert (await staff.post(f"{base}/ordre-du-jour", data={"add": "1", "title": "Budget"})).status_code == 303
        item = (await db.execute(select(AgendaItem.id).where(AgendaItem.title == "Budget"))).scalar_one()
        assert (await juror.post(f"{base}/ordre-du-jour/{item}", data={"act": "take"})).status_code in {403, 404}
        assert (await staff.post(f"{base}/ordre-du-jour/{item}", data={"act": "take"})).status_code == 303
        page = (await staff.get(f"{base}/deliberation")).text
        assert 'name="note"' in page
        assert "Budget" in (await juror.get(f"{base}/deliberation")).text
        said = {"act": "note", "note": "Le budget est vu."}
        assert (await staff.post(f"{base}/ordre-du-jour/{item}", data=said)).status_code == 303
        assert "Le budget est vu." in (await juror.get(f"{base}/deliberation")).text
        order = " ".join([f"f{scene.files[1].id}", f"f{scene.files[0].id}", f"i{item}"])
        up = {"order": order, "up": f"i{item}"}
        assert (await staff.post(f"{base}/ordre-du-jour", data=up)).status_code == 303
        assert (await staff.post(f"{base}/ordre-du-jour", data=up | {"up": "i0"})).status_code == 404
        assert (await staff.post(f"{base}/ordre-du-jour", data=up | {"order": f"fx {order}"})).status_code == 404
        assert (await staff.post(f"{base}/ordre-du-jour/{item}", data={"act": "x"})).status_code == 404


async def test_two_people_writing_on_one_point_see_both_texts(db: Any, client: Any) -> None:
    scene = await deliberating(db, files=1)
    with make.afterwards():
        item = await agenda.add(db, scene.city.actor, scene.call, None, title="Règles")
        await agenda.take(db, scene.city.actor, scene.call, None, item.id)
        browser = await client(scene.city.person)
        form = {"act": "note", "note": "Relues.", "seen": agenda.mark_of("")}
        path = f"/commissions/{scene.call.id}/ordre-du-jour/{item.id}"
        assert (await browser.post(path, data=form)).status_code == 303
        again = await browser.post(path, data=form | {"note": "Lues par la présidente."})
        await db.refresh(item)
        assert (again.status_code, item.note) == (409, "Relues.")
        assert "Relues." in again.text
        assert "Lues par la présidente.</textarea>" in again.text
        assert f'name="seen" value="{agenda.mark_of("Relues.")}"' in again.text
        form = {"act": "note", "note": "Relues, puis lues.", "seen": agenda.mark_of("Relues.")}
        assert (await browser.post(path, data=form)).status_code == 303
    await db.refresh(item)
    assert item.note == "Relues, puis lues."
