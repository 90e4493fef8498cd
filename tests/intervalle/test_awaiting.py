"""The home page: what awaits each person, and nobody else's business."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from calls import matches, needs
from intervalle import clock
from intervalle.accounts import ess
from intervalle.accounts.models import StructureDocument
from intervalle.awaiting.everything import SOURCES, everything
from intervalle.outbox import StoredFile
from premises.models import Premises
from tests.allocation.leases import make as leases
from tests.allocation.selection import make as selection
from tests.allocation.tfpb import make as tfpb
from tests.calls import make as calls


async def told(db, actor):
    """(url, mine) of each line, in order."""
    return [(task.url, task.mine) for task in await everything(db, actor)]


async def test_two_cities_see_their_own_drafts_only(db):
    one, two = await calls.side(db), await calls.side(db)
    with calls.during():
        first = await calls.draft_call(db, one, await calls.premises(db, one.org))
        second = await calls.draft_call(db, two, await calls.premises(db, two.org))
        assert await told(db, one.actor) == [(f"/appels/{first.id}/modifier", True)]
        assert await told(db, two.actor) == [(f"/appels/{second.id}/modifier", True)]


async def test_a_reader_is_told_who_acts_but_is_not_asked_to(db):
    city = await calls.side(db)
    reader = await calls.make.user(db, "Malik Benali")
    await calls.make.join(db, reader, city.org, "viewer")
    with calls.during():
        call = await calls.draft_call(db, city, await calls.premises(db, city.org))
        actor = calls.make.acting(reader, city.org, role="viewer")
        assert await told(db, actor) == [(f"/appels/{call.id}/modifier", False)]


async def test_a_draft_is_its_structures_alone_and_ends_with_the_call(db):
    city, one, two = await calls.side(db), await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, one, call)
    with calls.during():
        (task,) = await everything(db, one.actor)
        assert (task.url, task.mine, task.due) == (
            f"/candidatures/{draft.id}/dossier/projet",
            True,
            calls.CLOSING.date(),
        )
        assert "15 octobre 2026 à 12 h 00" in task.sentence.replace("\u00a0", " ")
        assert await told(db, two.actor) == []
        assert await told(db, city.actor) == [(f"/appels/{call.id}/candidatures", False)]
    with selection.afterwards():
        assert await told(db, one.actor) == []


async def test_a_panel_moves_from_the_organiser_to_its_jurors_and_back(db):
    scene = await selection.closed_call(db, files=2)
    base, city = f"/commissions/{scene.call.id}", scene.city.actor
    with selection.afterwards():
        assert await told(db, city) == [(f"{base}/composition", True)]
    await selection.seated(db, scene, jurors=3)
    with selection.afterwards():
        assert await told(db, city) == [(base, True)]
        assert await told(db, scene.jurors[0].actor) == [(base, False)]
    await selection.opened(db, scene)
    await selection.declared(db, scene, but=1)
    with selection.afterwards():
        assert await told(db, city) == [(f"{base}/recevabilite", True)]
        assert await told(db, scene.jurors[2].actor) == [(f"{base}/conflits", True)]
    await selection.admitted(db, scene)
    with selection.afterwards():
        assert await told(db, city) == [(base, False)]
        assert await told(db, scene.jurors[0].actor) == [(f"{base}/notation", True)]
    await selection.score(db, scene, 0, 0, 3)
    with selection.afterwards():
        (task,) = await everything(db, scene.jurors[0].actor)
        assert task.sentence.endswith(": 1.")
    await selection.score(db, scene, 0, 1, 3)
    with selection.afterwards():
        assert await told(db, scene.jurors[0].actor) == [(base, False)]


async def test_titles_await_the_landlord_and_are_announced_to_the_tenant(db):
    w = await leases.world(db)
    draft = await leases.draft(db, w)
    with leases.moment():
        landlord, tenant = await told(db, w.landlord.actor), await told(db, w.tenants[0].actor)
        other = await told(db, w.tenants[1].actor)
    assert (f"/titres/{draft.id}", True) in landlord
    assert (f"/titres/{draft.id}", False) in tenant
    assert [url for url, _ in other if url.startswith("/titres/")] == []


async def test_relocation_is_announced_a_month_ahead(db):
    w = await leases.world(db)
    await leases.running(db, w)
    steps = [s for s in SOURCES if s.__name__ == "relocations"]
    with leases.moment(datetime(2026, 12, 20, tzinfo=UTC)):
        assert [await source(db, w.tenants[1].actor) for source in steps] == [[]]
    with leases.moment(datetime(2028, 1, 20, tzinfo=UTC)):
        ((mine,), (theirs,)) = [
            await source(db, who) for source in steps for who in (w.landlord.actor, w.tenants[0].actor)
        ]
        assert (mine.mine, mine.late, theirs.mine) == (True, True, False)
        assert mine.url == theirs.url


async def test_a_title_of_the_quarter_waits_to_be_valued(db):
    kept = await tfpb.ledger(db)
    (source,) = [s for s in SOURCES if s.__name__ == "tax_lines"]
    with leases.moment(leases.LIVING):
        tasks = await source(db, kept.world.landlord.actor)
        assert [(t.url, t.mine) for t in tasks] == [(f"/tfpb/programmes/{kept.programme.id}", True)]
        assert [await source(db, kept.world.tenants[0].actor)] == [[]]


async def test_home_takes_as_many_queries_for_many_calls_as_for_one(db, client, asked):
    city, applicant = await calls.side(db), await calls.side(db, "ess_structure")
    counts = []
    for _ in range(2):
        for _ in range(1 + len(counts)):
            await calls.ready(db, applicant, await calls.open_call(db, city))
        await db.commit()
        for person in (None, city.person, applicant.person):
            browser = await client(person)
            asked.clear()
            with calls.during():
                assert (await browser.get("/")).status_code == 200
            counts.append(len(asked))
    assert counts[:3] == counts[3:]


async def test_a_visitor_reads_figures_of_the_database_and_the_newest(db, client):
    city = await calls.side(db)
    await calls.open_call(db, city, title="Ancienne Poste de Maurepas", lots=2)  # 60 + 80 m², free and called
    await calls.draft_call(
        db, city, await calls.premises(db, city.org, lots=1, name="Halle"), title="Halle en brouillon"
    )
    await db.commit()
    with calls.during():
        text = (await (await client()).get("/")).text.replace("\u00a0", " ")
        member = (await (await client(city.person)).get("/")).text
    assert [one in text for one in ('<dd class="big">2</dd>', '<dd class="big">1</dd>', "200 m²")] == [True] * 3
    assert ["Ancienne Poste de Maurepas" in text, "Halle en brouillon" in text] == [True, False]
    assert ["Ce qui vous attend" in text, "Ce qui vous attend" in member] == [False, True]


async def test_a_status_to_check_awaits_the_chosen_authority_alone(db):
    structure, city, other = await calls.side(db, "ess_structure"), await calls.side(db), await calls.side(db)
    await ess.claim(db, structure.actor, structure.org, status="association", reviewer_id=city.org.id, document=None)
    assert await told(db, city.actor) == [(f"/structures/{structure.org.id}/verification", True)]
    assert await told(db, other.actor) == []


async def test_an_owner_who_wrote_awaits_the_structures_word(db):
    structure, city = await calls.side(db, "ess_structure"), await calls.side(db)
    values = {"title": "Atelier", "uses": ["workshop"], "area_min": 20, "area_max": 30, "commune_codes": []}
    need = await needs.register(db, structure.actor, organisation_id=structure.org.id, values=values)
    asked = await matches.ask_contact(db, city.actor, need, organisation_id=city.org.id, message="Parlons-en.")
    assert await told(db, structure.actor) == [(f"/besoins/{need.id}", True)]
    await matches.answer_contact(db, structure.actor, need, contact_id=asked.id, accepts=False)
    assert await told(db, structure.actor) == []


async def test_papers_that_end_and_many_drafts(db, tmp_path):
    """A paper is announced thirty days ahead, to its members alone; drafts of an import are one line."""
    structure, other, city = await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure"), await calls.side(db)  # fmt: skip
    today = clock.today()
    for kind, days in (("insurance", 30), ("tax", -1), ("accounts", 31), ("statutes", None)):
        content = f"%PDF-1.4 {kind}".encode()
        stored = StoredFile(name=kind, content_type="application/pdf", size=1, sha256=sha256(content).digest(), key=kind, audience="parties", scan="own")  # fmt: skip
        db.add(stored)
        await db.flush()
        until = today + timedelta(days=days) if days is not None else None
        db.add(StructureDocument(organisation_id=structure.org.id, kind=kind, title=kind, file_id=stored.id, valid_until=until, created_at=clock.now()))  # fmt: skip
    await db.flush()
    told_now = [(task.what, task.late, task.due) for task in await everything(db, structure.actor)]
    assert told_now == [
        ("Pièce à renouveler : tax", True, today - timedelta(days=1)),
        ("Pièce à renouveler : insurance", False, today + timedelta(days=30)),
    ]
    assert await everything(db, other.actor) == []
    for count in (3, 4):
        while len((await db.execute(select(Premises.id).where(Premises.owner_id == city.org.id))).all()) < count:
            (lot,) = await calls.premises(db, city.org, lots=1)
            (await db.get(Premises, lot.premises_id)).published_at = None
            await db.flush()
        urls = [url for url, _mine in await told(db, city.actor)]
        assert (len(urls), any(u.startswith("/locaux/mes-locaux") for u in urls)) == (
            (3, False) if count == 3 else (1, True)
        )
