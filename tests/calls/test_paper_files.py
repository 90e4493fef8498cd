"""Files received on paper: the closing is applied to their reception, they are marked, sealed, and no one's secret leaks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import allocation.selection.queries  # what the selection room holds back before the opening  # noqa: F401
from calls import applications, attachments, late, paper_files, queries, reading, saving
from calls.models import Application
from calls.paper_files import Reception, Sender
from intervalle import clock
from intervalle.accounts.models import Invitation, Organisation
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import instant
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests import make
from tests.calls import make as calls

IN_TIME = calls.CLOSING - timedelta(minutes=1)
SENDER = Sender("Les Mains dans la Terre", "73282932000074", email="bureau@exemple.fr")


async def typed(db, city, call, at=IN_TIME, sender=SENDER, by="post"):
    """Registered and typed the day after the closing."""
    with clock.at(calls.CLOSING + timedelta(days=1)):
        made = await paper_files.register(db, city.actor, call, sender=sender, reception=Reception(at, by))
        return await saving.save_section(
            db, city.actor, made, "projet", seen=made.version, facts={"project_name": "Jardin", "uses": ["garden"]},
            answers={"summary": "Un jardin."}, typed={},
        )  # fmt: skip


async def recorded(db, city, call, **more):
    made = await typed(db, city, call, **more)
    with clock.at(calls.CLOSING + timedelta(days=1)):
        return await paper_files.record(db, city.actor, made)


async def seen_by(db, actor, application):
    found = await db.execute(queries.applications_visible_to(actor).where(Application.id == application.id))
    return found.scalar_one_or_none() is not None


async def test_a_file_typed_after_the_closing_counts_from_its_reception_marked_and_incomplete(db):
    city = await calls.side(db, name="Ville de Rennes")
    call = await calls.open_call(db, city)
    made = await recorded(db, city, call)
    assert (made.submitted_at, made.stage(), made.label) == (IN_TIME, "submitted", "C-01")
    view = await reading.file_of(db, made)
    assert view.typed == f"Saisie par Ville de Rennes, d’après un dossier reçu par la poste le {instant(IN_TIME)}."
    again = await paper_files.record(db, city.actor, made)
    entries = (
        await db.execute(select(JournalEntry.action).where(JournalEntry.subject == f"application:{made.id}"))
    ).scalars()
    assert (again.content_sha256, sorted(entries)) == (made.content_sha256, ["paper.record", "paper.register"])


async def test_a_second_too_late_is_the_late_pool_and_a_decision(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    made = await recorded(db, city, call, at=calls.CLOSING)
    pool = await late.of_call(db, call)
    assert (made.submitted_at, [row.LateRequest.asked_at for row in pool]) == (None, [calls.CLOSING])
    with clock.at(calls.CLOSING + timedelta(days=2)):
        assert not await seen_by(db, city.actor, made)  # nobody reads it before the decision
        await late.decide(db, city.actor, call, pool[0].LateRequest.id, accepted=True, motive="Grève de la poste.")
    assert (made.submitted_at, made.typed_by_id) == (calls.CLOSING, city.org.id)


async def test_typing_opens_nothing_and_recording_seals(db):
    city, other, structure = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    own = await calls.submitted(db, structure, call)
    made = await typed(db, city, call)
    with clock.at(calls.CLOSING + timedelta(days=1)):
        draft = [await seen_by(db, actor, made) for actor in (city.actor, other.actor, structure.actor)]
        await paper_files.record(db, city.actor, made)
        sealed = [await seen_by(db, city.actor, one) for one in (made, own)]
        register = [row.Application.id for row in await paper_files.register_of(db, call, city.actor)]
        foreign = await paper_files.register_of(db, call, other.actor)
    assert (draft, sealed, register, foreign) == ([True, False, False], [False, False], [made.id], [])


async def test_whoever_types_does_not_learn_who_has_applied(db):
    """A structure that has its own file gets a second record; the organiser learns it from the opened files."""
    city, structure = await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")
    structure.org.siret, structure.org.siren = "73282932000074", "732829320"
    call = await calls.open_call(db, city)
    own = await calls.submitted(db, structure, call)
    made = await typed(db, city, call)
    again = await typed(db, city, call)
    made_for = (await db.execute(select(Organisation).where(Organisation.id == made.organisation_id))).scalar_one()
    assert (made.id != own.id, again.id) == (True, made.id)
    assert (made_for.name, made_for.siret, made_for.siren) == ("Les Mains dans la Terre", "73282932000074", None)


async def test_a_structure_with_an_account_sees_it_and_may_make_it_its_own_before_the_closing(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    structure.org.siret, structure.org.siren = "73282932000074", "732829320"
    call = await calls.open_call(db, city)
    with calls.during():
        made = await paper_files.register(db, city.actor, call, sender=SENDER, reception=Reception(clock.now(), "desk"))
        assert made.organisation_id == structure.org.id
        with pytest.raises(Forbidden):  # while it is typed in, it is its typist's to write
            await saving.save_section(db, structure.actor, made, "projet", seen=9, facts={}, answers={}, typed={})
        assert await attachments.reuse(db, city.actor, made, [1, 2, 3]) == 0  # nor the structure's papers to take
        with pytest.raises(Refused, match="enregistrez-le"):
            await applications.submit(db, city.actor, made)
        await paper_files.record(db, city.actor, made)
        with pytest.raises(Forbidden):
            await applications.take_back(db, city.actor, made)
        await applications.take_back(db, structure.actor, made)
        assert (made.typed_by_id, made.received_at, made.stage()) == (None, None, "draft")
        await calls.fill(db, structure.actor, made)
        await applications.submit(db, structure.actor, made)
    assert (await reading.file_of(db, made)).typed == ""
    sent = await db.execute(
        select(Message.to_email).where(Message.kind == "applications.received").order_by(Message.id)
    )
    assert list(sent.scalars()) == [structure.person.email, structure.person.email]


async def test_a_structure_without_an_account_is_invited_and_receives_the_receipt(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    made = await recorded(db, city, call)
    invited = (
        await db.execute(select(Invitation).where(Invitation.organisation_id == made.organisation_id))
    ).scalar_one()
    sent = await db.execute(select(Message.to_email).where(Message.kind == "applications.received"))
    assert ((invited.email, invited.role), list(sent.scalars())) == (
        ("bureau@exemple.fr", "admin"),
        ["bureau@exemple.fr"],
    )


async def test_what_is_refused(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    for actor, at, words in (
        (city.actor, calls.OPENING - timedelta(seconds=1), "n’a ouvert que"),
        (city.actor, calls.CLOSING + timedelta(days=9), "avenir"),
    ):
        with clock.at(calls.CLOSING), pytest.raises(Refused, match=words):
            await paper_files.register(db, actor, call, sender=SENDER, reception=Reception(at, "mail"))
    with clock.at(calls.CLOSING), pytest.raises(Forbidden):
        await paper_files.register(db, structure.actor, call, sender=SENDER, reception=Reception(IN_TIME, "mail"))
    structure.org.siret, structure.org.siren = "73282932000074", "732829320"
    both = make.acting(city.person, city.org, structure.org)
    with clock.at(calls.CLOSING), pytest.raises(Refused, match="Vous êtes membre"):
        await paper_files.register(db, both, call, sender=SENDER, reception=Reception(IN_TIME, "mail"))


async def test_the_pages_from_the_counter_to_the_receipt(db, client):
    city = await calls.side(db, name="Ville de Rennes")
    call = await calls.open_call(db, city)
    anne = await client(city.person)
    start = f"/appels/{call.id}/dossiers-papier"
    typed_in = {
        "name": "Les Mains dans la Terre",
        "siret": "",
        "why": "",
        "received_at": "2026-10-15T11:59",
        "means": "desk",
    }
    with clock.at(calls.CLOSING - timedelta(seconds=30)):
        assert (await anne.get(f"/appels/{call.id}/candidatures")).text.count(start) == 1
        assert (await anne.get(f"{start}/nouveau")).status_code == 200
        lacking = await anne.post(start, data=typed_in)
        assert (lacking.status_code, "dites pourquoi il manque" in lacking.text) == (422, True)
        assert "Les Mains dans la Terre" in lacking.text
        opened = await anne.post(start, data={**typed_in, "why": "Association en cours de création"})
        number = int(opened.headers["location"].split("/")[2])
        shown = await anne.get(f"/candidatures/{number}")
        assert ("Saisie par Ville de Rennes" in shown.text, "Déposer la candidature" in shown.text) == (True, False)
    with clock.at(calls.CLOSING + timedelta(hours=3)):
        assert (await anne.get(f"/candidatures/{number}/dossier/projet")).status_code == 200
        done = await anne.post(f"/candidatures/{number}/enregistrer")
        assert (done.status_code, done.headers["location"]) == (303, start)
        listed = await anne.get(start)
        assert ("Sans SIRET" in listed.text, "Récépissé à remettre" in listed.text) == (True, True)
        pdf = await anne.get(f"{start}/{number}/recepisse.pdf")
        assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
        assert (await anne.get(f"/candidatures/{number}")).status_code == 404
    stranger = await client((await calls.side(db)).person)
    assert [(await stranger.get(url)).status_code for url in (start, f"{start}/{number}/recepisse.pdf")] == [403, 404]
