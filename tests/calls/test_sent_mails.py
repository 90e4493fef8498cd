"""« Courriels envoyés »: what was written about a file or a call, for those who may see it, once it is theirs to see."""

import re

from sqlalchemy import select, update

from calls import applications, mails, queries
from calls.models import Extension
from intervalle import clock
from intervalle.outbox import Message
from tests.calls import make as calls


async def test_a_file_shows_its_mails_to_its_authors_then_to_the_organiser(db, client, monkeypatch):
    city, one, other = (
        await calls.side(db),
        await calls.side(db, "ess_structure"),
        await calls.side(db, "ess_structure"),
    )
    call = await calls.open_call(db, city)
    with clock.at(calls.OPENING.replace(day=5)):
        application = await calls.ready(db, one, call)
        await applications.submit(db, one.actor, application)
    await db.commit()
    url = f"/candidatures/{application.id}/courriels"
    with clock.at(calls.OPENING.replace(day=6)):
        page = (await (await client(one.person)).get(url)).text
        assert [
            one.person.email in page,
            "Candidature déposée" in page,
            "Empreinte SHA-256" in page,
            "en train de partir" in page,
        ] == [True] * 4
        assert [(await (await client(side.person)).get(url)).status_code for side in (city, other)] == [404, 404]
    await db.execute(update(Message).values(sent_at=calls.OPENING.replace(day=5)))
    await db.commit()
    with clock.at(calls.CLOSING.replace(day=20)):
        assert (await (await client(city.person)).get(url)).status_code == 404  # sealed until the panel opens the files
        monkeypatch.setattr(queries, "READING_LIMITS", [])
        page = (await (await client(city.person)).get(url)).text
        assert [
            one.person.email in page,
            f"{one.person.email[0]}…@" in page,
            "Candidature déposée" in page,
            "parti le" in page,
        ] == [False, True, True, True]
        assert (await (await client(other.person)).get(url)).status_code == 404


async def test_a_call_counts_whom_it_wrote_to_and_names_nobody(db, client):
    city, stranger = await calls.side(db), await calls.side(db)
    call = await calls.open_call(db, city)
    drafting = [await calls.side(db, "ess_structure", name) for name in ("Afev", "Resport")]
    with clock.at(calls.OPENING.replace(day=5)):
        for side in drafting:
            await applications.start(db, side.actor, call, organisation_id=side.org.id)
        extension = Extension(
            call_id=call.id, from_instant=calls.CLOSING, to_instant=calls.CLOSING.replace(day=20), reason="Clés égarées"
        )
        db.add(extension)
        await db.flush()
        assert await mails.extended(db, call, extension) == 2
        await db.commit()
        page = (await (await client(city.person)).get(f"/appels/{call.id}/courriels")).text
        assert [word in page for word in ("2 personnes", "Clés égarées", "Afev", drafting[0].person.email)] == [
            True,
            True,
            False,
            False,
        ]
        assert re.search(r"[^\s<>]+@[^\s<>]+", page) is None
        codes = [
            (await (await client(side.person)).get(f"/appels/{call.id}/courriels")).status_code
            for side in (drafting[0], stranger)
        ]
        assert codes == [403, 403]
    assert set((await db.execute(select(Message.about))).scalars()) == {f"call:{call.id}"}
