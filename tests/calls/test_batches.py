"""A rolling call examined as files come: batches that keep it open, each decided like a call of its own."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

import allocation.selection.batches  # the hook that hands the panel on  # noqa: F401
from allocation.assignment import inputs, proposals
from allocation.assignment.models import Award
from allocation.selection import admissibility, declarations, panels, rankings, sheets
from allocation.selection.models import Panel, Seat
from allocation.selection.panels import Rules, SeatTerms
from allocation.selection.reasons import Given
from calls import applications, batches, queries
from calls.models import Application, Call
from intervalle import clock
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.allocation.selection.make import YES, sit
from tests.calls import make as calls
from tests.calls.browsing import form_of

DATES = {"decision_on": date(2026, 11, 1), "occupation_from": date(2026, 12, 1)}
LATER = datetime(2026, 9, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
async def scene(db):
    city = await calls.side(db)
    one, two = await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city, kind="rolling")
    return city, one, two, call


async def jury(db, city, call):
    jurors = [await calls.side(db, kind) for kind in ("city", "city", "social_landlord")]
    await panels.compose(db, city.actor, call, Rules(quorum=3, readers_per_file=2))
    for n, (juror, college) in enumerate(zip(jurors, ("city_ess", "urban_policy", "landlord"), strict=True)):
        await sit(db, city, call, juror, SeatTerms(college, chair=n == 0))
    return jurors


async def decide(db, city, jurors, batch):
    """Open, declare, admit, mark and rank, as for any call."""
    await panels.open_files(db, city.actor, batch)
    seats = {
        s.user_id: s for s in (await db.execute(select(Seat).join(Panel).where(Panel.call_id == batch.id))).scalars()
    }
    version = (await db.execute(queries.current_version(batch.id))).scalar_one()
    criteria = list((await db.execute(queries.criteria_of(version.id))).scalars())
    files = list((await db.execute(applications.submitted_of(batch))).scalars())
    for juror in jurors:
        await declarations.declare(db, juror.actor, batch, seats[juror.person.id], {})
    for file in files:
        await admissibility.examine(db, city.actor, batch, file.id, YES, version=1, admissible=True)
        for juror in jurors:
            given = {c.id: Given(True, 4, "") for c in criteria}
            typed = sheets.Typed(given, "Solide.", "", version=0)
            await sheets.submit(db, juror.actor, batch, seats[juror.person.id], file.id, typed)
    await rankings.rank(db, city.actor, batch)


async def test_a_batch_is_examined_and_ranked_while_the_call_goes_on(db, scene):
    city, one, two, call = scene
    first = await calls.submitted(db, one, call)
    with clock.at(LATER):
        jurors = await jury(db, city, call)
        batch = await batches.gather(db, city.actor, call, **DATES)
        assert (call.stage(), batch.stage(), batch.closes_at, batch.title) == (
            "open",
            "closed",
            LATER,
            f"{call.title}, relève 1",
        )
        with pytest.raises(Refused, match="clos"):
            await applications.take_back(db, one.actor, await calls.fresh(db, first))
        # One file at a time: the structure is taken to the one under examination.
        assert (await applications.start(db, one.actor, call, organisation_id=one.org.id)).id == first.id
        again = await applications.start(db, two.actor, call, organisation_id=two.org.id)
        assert again.label == "C-02"
        with pytest.raises(Refused, match="depuis la dernière relève"):
            await batches.gather(db, city.actor, call, **DATES)
    with clock.at(LATER + timedelta(hours=1)):
        await decide(db, city, jurors, batch)
        assert (call.stage(), batch.stage()) == ("open", "ranked")
        made = await proposals.run(db, city.actor, batch)
    assert (made.status, made.findings) == ("optimal", "")
    told = list((await db.execute(select(Message.to_email).where(Message.kind == "calls.gathered"))).scalars())
    assert told == [one.person.email]
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "calls.gather"))).scalar_one()
    assert (entry.chain, entry.facts["files"]) == (call.chain, [{"number": 1, "sha256": first.content_sha256}])


async def test_the_next_batch_takes_the_rest_with_the_same_panel_and_what_is_left_of_the_lots(db, scene):
    city, one, two, call = scene
    first = await calls.submitted(db, one, call)
    with clock.at(LATER):
        jurors = await jury(db, city, call)
        batch = await batches.gather(db, city.actor, call, **DATES)
    await calls.submitted(db, two, call)
    lots = [lot for _row, lot, _place in (await db.execute(queries.lots_of_versions([first.call_version_id]))).all()]
    with clock.at(LATER + timedelta(days=1)):
        db.add(
            Award(
                call_id=batch.id, application_id=first.id, organisation_id=one.org.id, lot_id=lots[0].id,
                area=lots[0].area, score=Decimal(80), created_at=clock.now(), released_at=clock.now(),
            )
        )  # fmt: skip
        second = await batches.gather(db, city.actor, call, **DATES)
        seats = (await db.execute(select(Seat.user_id).join(Panel).where(Panel.call_id == second.id))).scalars()
        assert sorted(seats) == sorted(j.person.id for j in jurors)
        files = list((await db.execute(applications.submitted_of(second))).scalars())
        assert [(a.organisation_id, a.label) for a in files] == [(two.org.id, "C-02")]
        await decide(db, city, jurors, second)
        read = await inputs.gather(db, second)
    assert {key: offered.facts.taken for key, offered in read.lots.items()} == {"A": True, "B": False}
    assert [c.title for c in await batches.of_call(db, call)] == [f"{call.title}, relève 1", f"{call.title}, relève 2"]


async def test_who_may_gather_and_when(db, scene):
    city, one, _two, call = scene
    other, dated = await calls.side(db), await calls.open_call(db, city)
    await calls.submitted(db, one, call)
    await calls.submitted(db, one, dated)
    with clock.at(LATER):
        with pytest.raises(Forbidden):
            await batches.gather(db, other.actor, call, **DATES)
        with pytest.raises(Refused, match="au fil de l’eau"):
            await batches.gather(db, city.actor, dated, **DATES)
        with pytest.raises(Refused, match="avant la clôture"):
            async with db.begin_nested():
                await batches.gather(db, city.actor, call, decision_on=None, occupation_from=date(2026, 9, 20))
    assert await batches.of_call(db, call) == []


async def test_the_page_gathers_and_says_what_it_needs(db, client, scene):
    city, one, _two, call = scene
    sent = await calls.submitted(db, one, call)
    await db.commit()
    url = f"/appels/{call.id}/relever"
    with clock.at(LATER):
        browser, applicant = await client(city.person), await client(one.person)
        assert (await applicant.get(url)).status_code == 403
        form = form_of((await browser.get(url)).text, url)
        refused = await browser.post(url, data={**form, "occupation_from": "20/09/2026"})
        assert (refused.status_code, "avant la clôture" in refused.text, "20/09/2026" in refused.text) == (
            422,
            True,
            True,
        )
        done = await browser.post(url, data={**form, "occupation_from": "2026-12-01"})
        batch = (await db.execute(select(Call).where(Call.batch_of_id == call.id))).scalar_one()
        assert done.headers["Location"] == f"/commissions/{batch.id}"
        listed = (await (await client()).get("/appels")).text
        shown = (await applicant.get(f"/appels/{call.id}")).text
        mine = (await applicant.get(f"/candidatures/{sent.id}")).text
    held = (await db.execute(select(Application.call_id).where(Application.id == sent.id))).scalar_one()
    assert held == batch.id
    assert f'href="/appels/{batch.id}"' not in listed
    assert f"/candidatures/{sent.id}" in shown
    assert "La commission examine votre candidature." in mine
