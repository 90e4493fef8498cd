"""A person set aside from a file learns nothing of it: no row, count, total, rank, neighbour or what-if.

Proof by equality: every page is compared, byte for byte, between a world where the file is there, scored and ranked,
and a world where it was withdrawn. Names and comments of the file are also looked for as canaries.
"""

import io
import re
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update

from allocation.selection import (
    agenda,
    declarations,
    meeting_pages,
    meetings,
    motions,
    panels,
    rankings,
    revisions,
    sheets,
)
from allocation.selection.declarations import Link
from allocation.selection.models import Seat
from allocation.selection.panels import SeatTerms
from allocation.selection.sheets import Typed
from calls.models import Application
from intervalle.accounts.models import Organisation
from tests.allocation.selection import make

CANARY = "Canari"


def stable(html: str) -> str:
    """A page without what changes at each request: nonces, the tab's own name, the hash of static files."""
    return re.sub(r'nonce="[^"]*"|name="writer" value="[^"]*"|\?v=[0-9a-f]+', "", html)


async def withdrawn(db: Any, file: Application, at: Any) -> None:
    await db.execute(update(Application).where(Application.id == file.id).values(withdrawn_at=at))
    await db.commit()


async def a_scene(db: Any) -> make.Scene:
    """Three files; the second is the canary's, and the first juror declared a link with it after the others scored."""
    scene = await make.ready(db, files=3, jurors=4)
    hidden = scene.files[1]
    await db.execute(
        update(Organisation).where(Organisation.id == hidden.organisation_id).values(name=f"{CANARY} structure")
    )
    await db.execute(update(Application).where(Application.id == hidden.id).values(project_name=f"{CANARY} projet"))
    with make.afterwards():
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {hidden.id: Link("other", "Un parent y travaille.")}
        )
    for file in range(3):
        for juror in range(4):
            if (juror, file) != (0, 1):
                await make.score(
                    db,
                    scene,
                    juror,
                    file,
                    (3, 4, 3)[file] - juror % 2,
                    comment=f"{CANARY} avis" if file == 1 else "Avis.",
                )
    return scene


async def read(page: Any, scene: make.Scene, paths: list[str]) -> dict[str, tuple[int, str]]:
    found = {}
    for path in paths:
        answer = await page.get(path.format(call=scene.call.id, a=scene.files[0].id, b=scene.files[2].id))
        found[path] = (answer.status_code, stable(answer.text) + str(answer.headers.get("location")))
    return found


JUROR_PAGES = ["/commissions", "/commissions/{call}", "/commissions/{call}/conflits", "/commissions/{call}/notation",
               "/commissions/{call}/notation/{a}", "/commissions/{call}/notation/{b}", "/commissions/{call}/tableau",
               "/commissions/{call}/classement"]  # fmt: skip
STAFF_PAGES = [*JUROR_PAGES[:3], "/commissions/{call}/composition", "/commissions/{call}/recevabilite",
               "/commissions/{call}/recevabilite/{a}", "/commissions/{call}/deports", "/commissions/{call}/tableau",
               "/commissions/{call}/classement"]  # fmt: skip


async def assert_nothing_shows(db: Any, page: Any, scene: make.Scene, paths: list[str]) -> None:
    hidden = scene.files[1]
    with make.afterwards():
        there = await read(page, scene, paths)
        await withdrawn(db, hidden, make.AFTER)
        gone = await read(page, scene, paths)
        await withdrawn(db, hidden, None)
    assert {status for status, _ in there.values()} <= {200, 303}
    for path in paths:
        assert there[path] == gone[path], path
        assert CANARY not in there[path][1]
        assert not re.search(rf"\b{hidden.label}\b", there[path][1])


@pytest.mark.parametrize("phase", ["scoring", "deliberation", "ranked"])
async def test_a_recused_juror_sees_the_world_without_the_file(db: Any, client: Any, phase: str) -> None:
    scene = await a_scene(db)
    with make.afterwards():
        if phase == "deliberation":
            await sheets.close_scoring(db, scene.city.actor, scene.call)
        if phase == "ranked":
            await rankings.rank(db, scene.city.actor, scene.call)
        await db.commit()
        page = await client(scene.jurors[0].person)
        other = await client(scene.jurors[1].person)
        hidden = f"/commissions/{scene.call.id}/notation/{scene.files[1].id}"
        assert (await page.get(hidden)).status_code == 404
        assert (await other.get(hidden)).status_code == 200
        assert CANARY in (await other.get(hidden)).text
    await assert_nothing_shows(db, page, scene, JUROR_PAGES)


SESSION_PAGES = ["/commissions/{call}/deliberation", "/commissions/{call}/comparaison", "/commissions/{call}/mes-fiches",
                 "/commissions/{call}/comparaison?dossier={a}&dossier={b}", "/commissions/{call}/tableau", "/commissions/{call}",
                 "/commissions/{call}/repartition", "/appels/{call}", "/attribution", "/attribution/{call}",
                 "/attribution/{call}/lettres", "/attribution/{call}/actes", "/attribution/{call}/proces-verbal",
                 "/attribution/{call}/recours", "/commissions/{call}/mes-fiches.xlsx", "/", "/a-faire",
                 "/locaux?q=Canari", "/appels?q=Canari", "/besoins?q=Canari"]  # fmt: skip


async def cells(answer: Any) -> str:
    """What a workbook says, cell by cell; any other answer as it is."""
    if "spreadsheetml" not in answer.headers.get("content-type", ""):
        return stable(answer.text) + str(answer.headers.get("location"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return repr([[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()])


async def test_a_recused_juror_in_session_sees_the_world_without_the_file(db: Any, client: Any) -> None:
    """The room, the comparison, the exports, the search, the assignment: while the panel discusses, votes on and hears it."""
    scene = await a_scene(db)
    hidden, call, staff = scene.files[1], scene.call, scene.city.actor
    with make.afterwards():
        await sheets.close_scoring(db, staff, call)
        await meetings.open_meeting(db, staff, call, None)
        for juror, seat in zip(scene.jurors, scene.seats, strict=True):
            await meetings.arrive(db, juror.actor, call, seat, seat.id)
        order = [f"f{scene.files[n].id}" for n in (0, 1, 2)]
        await agenda.move(db, staff, call, None, keys=order, key=order[1], up=True)
        await meetings.discuss(db, staff, call, None, hidden.id)
        motion = await motions.propose(
            db, staff, call, None, question=f"{CANARY} : retenir ?", application_id=hidden.id, shortlists=True
        )
        await motions.vote(db, scene.jurors[1].actor, call, scene.seats[1], motion.id, "for")
        await motions.proclaim(db, staff, call, None, motion.id)
        await revisions.revise(
            db,
            scene.jurors[1].actor,
            call,
            scene.seats[1],
            hidden.id,
            scene.criteria[0].id,
            value=5,
            reason=f"{CANARY} motif",
        )
        await db.commit()
        page, other = await client(scene.jurors[0].person), await client(scene.jurors[1].person)
        room = SESSION_PAGES[0].format(call=call.id)
        assert CANARY in (await other.get(room)).text
        found: list[dict[str, str]] = []
        for at in (None, make.AFTER):
            await withdrawn(db, hidden, at)
            seen = {}
            for path in SESSION_PAGES:
                answer = await page.get(path.format(call=call.id, a=scene.files[0].id, b=scene.files[2].id))
                seen[path] = f"{answer.status_code} {await cells(answer)}"
            found.append(seen)
    for path in SESSION_PAGES:
        assert found[0][path] == found[1][path], path
        body = found[0][path].replace("q=Canari", "").replace('value="Canari"', "")
        if "q=" not in path:
            assert CANARY not in body, path
            assert not re.search(rf"\b{hidden.label}\b", body), path
    assert {path for path in SESSION_PAGES if found[0][path].startswith("200")} >= set(SESSION_PAGES[:6]) - {
        "/commissions/{call}/mes-fiches"
    }


async def test_the_stream_tells_a_number_and_nothing_else(
    db: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await a_scene(db)
    monkeypatch.setattr(meeting_pages, "STREAM_SECONDS", 0.5)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await meetings.open_meeting(db, scene.city.actor, scene.call, None)
        await meetings.discuss(db, scene.city.actor, scene.call, None, scene.files[1].id)
        await db.commit()
        page = await client(scene.jurors[0].person)
        told = (await page.get(f"/commissions/{scene.call.id}/deliberation/flux")).text
    assert re.fullmatch(r"retry: 700\n\n(event: version\ndata: \d+\.\d+\n\n)*", told)


async def test_every_write_on_the_file_is_a_404(db: Any, client: Any) -> None:
    scene = await a_scene(db)
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        base = f"/commissions/{scene.call.id}"
        for verb in ("brouillon", "validation", "abstention"):
            sent = await page.post(f"{base}/notation/{scene.files[1].id}/{verb}", data={"abstention": "Non."})
            assert sent.status_code == 404
        known = scene.files[1].organisation_id
        again = {"structure": str(known), f"link{known}": "board"}
        assert (await page.post(f"{base}/conflits", data=again)).status_code == 404


@pytest.mark.parametrize("phase", ["scoring", "deliberation"])
async def test_staff_who_sit_and_are_set_aside_see_no_more_on_staff_pages(db: Any, client: Any, phase: str) -> None:
    scene = await a_scene(db)
    with make.afterwards():
        seat = await make.sit(db, scene.city, scene.call, scene.city, SeatTerms("city_ess", voting=False))
        assert isinstance(seat, Seat)
        await declarations.declare(
            db, scene.city.actor, scene.call, seat, {scene.files[1].id: Link("other", "Ancien salarié.")}
        )
        if phase == "deliberation":
            await sheets.close_scoring(db, scene.city.actor, scene.call)
        await db.commit()
        page = await client(scene.city.person)
        base = f"/commissions/{scene.call.id}"
        assert (await page.get(f"{base}/recevabilite/{scene.files[1].id}")).status_code == 404
        assert (await page.get(f"/candidatures/{scene.files[1].id}")).status_code == 404
    await assert_nothing_shows(db, page, scene, STAFF_PAGES)


async def test_leaving_the_panel_opens_nothing(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1, jurors=1)
    with make.afterwards():
        seat = await make.sit(db, scene.city, scene.call, scene.city, SeatTerms("city_ess", voting=False))
        assert isinstance(seat, Seat)
        await declarations.declare(db, scene.city.actor, scene.call, seat, {scene.files[0].id: Link("other", "Lien.")})
        await panels.leave(db, scene.city.actor, scene.call, seat.id)
        await db.commit()
        page = await client(scene.city.person)
        answer = await page.get(f"/commissions/{scene.call.id}/recevabilite/{scene.files[0].id}")
    assert answer.status_code == 404


async def test_two_jurors_each_see_their_own_world(db: Any, client: Any) -> None:
    """Sheets of one never show in the other's list, counts or next file while the phase is blind."""
    scene = await make.ready(db, files=2, jurors=2)
    with make.afterwards():
        mine = await client(scene.jurors[0].person)
        before = await read(mine, scene, [])
        paths = [f"/commissions/{scene.call.id}", f"/commissions/{scene.call.id}/notation/{scene.files[0].id}"]
        before = {path: stable((await mine.get(path)).text) for path in paths}
        typed = Typed(make.marks(scene, 4), f"{CANARY} avis", writer="page")
        await sheets.submit(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.files[0].id, typed)
        await db.commit()
        after = {path: stable((await mine.get(path)).text) for path in paths}
    assert before == after


async def test_the_comparison_does_tell_for_somebody_else(db: Any, client: Any) -> None:
    """The proof above has teeth: a juror who is not set aside does see the difference, on each page with files."""
    scene = await a_scene(db)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        await db.commit()
        page = await client(scene.jurors[1].person)
        paths = [path for path in JUROR_PAGES if path != "/commissions"]
        there = await read(page, scene, paths)
        await withdrawn(db, scene.files[1], make.AFTER)
        gone = await read(page, scene, paths)
    assert [path for path in paths if there[path] == gone[path]] == []
