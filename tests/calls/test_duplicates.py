"""Duplicates: proposed on open files only, decided by a person, never asked again, told to whom it concerns."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

import allocation.selection.queries  # what the selection room holds back before the opening  # noqa: F401
from allocation.selection.models import Panel, Recusal, Seat
from calls import applications, duplicates, saving
from calls.models import Application
from intervalle import clock
from intervalle.accounts.models import Organisation, User
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests import make
from tests.calls import make as calls

AFTER = calls.CLOSING + timedelta(days=1)


async def scene(db, count=2, opened=True):
    """Files of structures that share an address, two by two different in everything else."""
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    files = []
    for name in ["Fou de Coudre", "Radio Gast", "Cantine Bleue"][:count]:
        structure = await calls.side(db, "ess_structure", name)
        structure.org.address, structure.org.siren = "12 rue de la Paix", None
        made = await calls.ready(db, structure, call)
        with calls.during():
            made = await saving.save_section(
                db, structure.actor, made, "projet", seen=made.version, facts={"project_name": f"{name} ensemble"}, answers={}, typed={}
            )  # fmt: skip
            files.append(await applications.submit(db, structure.actor, made))
    panel = Panel(call_id=call.id, opened_at=AFTER if opened else None)
    db.add(panel)
    await db.flush()
    return city, call, files, panel


@contextmanager
def next_day():
    with clock.at(AFTER + timedelta(hours=1)):
        yield


def shape(found):
    return [[(p.first.application.label, p.second.application.label, p.signs) for p in group] for group in found.sets]


async def test_a_set_is_proposed_with_its_signs_and_only_once_files_are_open(db):
    city, call, _files, panel = await scene(db, opened=False)
    with next_day():
        before = await duplicates.found(db, city.actor, call)
        panel.opened_at = AFTER
        await db.flush()
        after = await duplicates.found(db, city.actor, call)
    assert (before.sets, shape(after)) == ([], [[("C-01", "C-02", ["address", "text"])]])


async def test_distinct_is_never_asked_again_whatever_is_learnt(db):
    city, call, (one, other), _panel = await scene(db)
    with next_day():
        await duplicates.decide(
            db, city.actor, call, other.id, one.id, kept_id=None, motive="Deux associations hébergées."
        )
        await duplicates.decide(
            db, city.actor, call, one.id, other.id, kept_id=None, motive="Deux associations hébergées."
        )
        for structure_id in (one.organisation_id, other.organisation_id):
            structure = await db.get(Organisation, structure_id)
            structure.phone = "0612345678"
        await db.flush()
        found = await duplicates.found(db, city.actor, call)
    entries = (
        (await db.execute(select(JournalEntry.id).where(JournalEntry.action == "duplicates.decide"))).scalars().all()
    )
    assert (found.sets, [d.decision.motive for d in found.decided], len(entries)) == (
        [],
        ["Deux associations hébergées."],
        1,
    )
    assert (one.withdrawn_at, other.withdrawn_at) == (None, None)


async def test_the_same_withdraws_one_tells_it_why_and_can_be_taken_back(db):
    city, call, (one, other), _panel = await scene(db)
    with next_day():
        await duplicates.decide(
            db, city.actor, call, one.id, other.id, kept_id=one.id, motive="Même équipe, même projet."
        )
        assert (one.withdrawn_at, other.withdrawn_reason) == (None, "Même équipe, même projet.")
        standing = list((await db.execute(applications.submitted_of(call))).scalars())
    with clock.at(AFTER + timedelta(hours=2)):
        await duplicates.decide(
            db, city.actor, call, one.id, other.id, kept_id=None, motive="Nous nous étions trompés."
        )
    sent = await db.execute(select(Message.text).where(Message.kind == "applications.merged").order_by(Message.id))
    told = [("doublon" in text, "de nouveau" in text) for text in sent.scalars()]
    assert ([a.id for a in standing], other.withdrawn_at, told) == ([one.id], None, [(True, False), (False, True)])


async def test_a_pair_with_a_file_one_is_set_aside_from_does_not_exist(db):
    city, call, (one, other), panel = await scene(db)
    seat = Seat(panel_id=panel.id, user_id=city.person.id, college="city_ess", declared_at=AFTER)
    db.add(seat)
    await db.flush()
    db.add(Recusal(seat_id=seat.id, application_id=one.id, origin="declared", reason="Beau-frère."))
    await db.flush()
    with next_day():
        found = await duplicates.found(db, city.actor, call)
        with pytest.raises(NotFound):
            await duplicates.decide(db, city.actor, call, one.id, other.id, kept_id=None, motive="…")
    assert (found.sets, found.decided) == ([], [])


async def test_who_may_not_decide(db):
    city, call, (one, other), _panel = await scene(db)
    stranger, both = (
        await calls.side(db),
        make.acting(city.person, city.org, await db.get(Organisation, one.organisation_id)),
    )
    with next_day():
        with pytest.raises(Forbidden):
            await duplicates.decide(db, stranger.actor, call, one.id, other.id, kept_id=None, motive="…")
        with pytest.raises(Refused, match="Vous êtes membre"):
            await duplicates.decide(db, both, call, one.id, other.id, kept_id=None, motive="…")
        with pytest.raises(Refused, match="motif"):
            await duplicates.decide(db, city.actor, call, one.id, other.id, kept_id=None, motive=" ")
        call.ranked_at = clock.now()
        with pytest.raises(Refused, match="classement"):
            await duplicates.decide(db, city.actor, call, one.id, other.id, kept_id=None, motive="Trop tard.")


async def test_the_page_decides_and_keeps_what_was_typed(db, client):
    city, call, (one, other, _third), _panel = await scene(db, 3)
    anne = await client(city.person)
    url = f"/appels/{call.id}/doublons"
    with next_day():
        shown = await anne.get(url)
        assert ("Un ensemble de 3" in shown.text, "même adresse" in shown.text) == (True, True)
        lacking = await anne.post(f"{url}/{one.id}/{other.id}", data={"verdict": "distinct", "motive": ""})
        assert (lacking.status_code, "Écrivez le motif" in lacking.text) == (422, True)
        done = await anne.post(
            f"{url}/{one.id}/{other.id}", data={"verdict": str(one.id), "motive": "Le même dossier, envoyé deux fois."}
        )
        assert (done.status_code, done.headers["location"]) == (303, url)
        again = (await anne.get(url)).text
        assert ("La même : C-01 gardée" in again, "Revenir sur cette décision" in again) == (True, True)
        author = (await db.execute(select(Application.created_by_id).where(Application.id == other.id))).scalar_one()
        nadia = await client(await db.get(User, author))
        assert (
            "comme doublon : Le même dossier, envoyé deux fois." in (await nadia.get(f"/candidatures/{other.id}")).text
        )
        assert (await nadia.get(url)).status_code == 403


async def test_the_list_asks_as_many_questions_for_three_files_as_for_two(db, asked):
    counts = []
    for number in (2, 3):
        city, call, _files, _panel = await scene(db, number)
        asked.clear()
        with next_day():
            await duplicates.found(db, city.actor, call)
        counts.append(len(asked))
    assert counts == [4, 4]
