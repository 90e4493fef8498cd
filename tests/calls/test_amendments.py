"""A change after opening: a new version with its differences, more time when it is one of substance, everybody told."""

import hashlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from calls import amendments, applications, changes, content, drafts, queries
from calls.models import Application, CallLot, CallVersion
from intervalle import clock
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests import make
from tests.calls import make as calls
from tests.calls.browsing import form_of

LATER = calls.CLOSING + timedelta(days=14)


async def _parts(db, version):
    lots = (await db.execute(select(CallLot.lot_id, CallLot.conditions).where(CallLot.version_id == version.id))).all()
    lines = [
        drafts.CriterionLine(c.label, c.weight, c.description, c.floor)
        for c in (await db.execute(queries.criteria_of(version.id))).scalars()
    ]
    return dict(lots), lines


async def write(db, side, call, *, lots=None, weights=None, seen=0, **values):
    kept, lines = await _parts(db, await calls.version_of(db, call))
    for line, weight in zip(list(lines), weights or [], strict=False):
        lines[lines.index(line)] = drafts.CriterionLine(line.label, weight, line.description, line.floor)
    return await amendments.save(
        db, side.actor, call, seen=seen, values=values, lots=kept if lots is None else lots, criteria=lines
    )


async def test_weights_changed_after_opening_make_a_version_and_leave_the_old_one_alone(db):
    city, alone, drafting = (
        await calls.side(db),
        await calls.side(db, "ess_structure"),
        await calls.side(db, "ess_structure"),
    )
    call = await calls.open_call(db, city)
    first = await calls.version_of(db, call)
    deposited, draft = await calls.submitted(db, alone, call), await calls.ready(db, drafting, call)
    was = (deposited.content_sha256, first.content_sha256)
    with calls.during():
        version = await write(db, city, call, weights=[20, 25, 20, 15, 10, 10])
        assert (await calls.version_of(db, call)).number == 1  # written aside: nothing is published yet
        with pytest.raises(Refused, match="changement de fond"):
            await amendments.publish(db, city.actor, call, seen=version.version, reason="Débat du conseil.", to=None)
        await amendments.publish(db, city.actor, call, seen=version.version, reason="Débat du conseil.", to=LATER)
    deposited, draft = await calls.fresh(db, deposited), await calls.fresh(db, draft)
    assert (deposited.call_version_id, draft.call_version_id) == (first.id, version.id)
    assert (deposited.content_sha256, first.content_sha256) == was
    assert (call.closes_at, (await calls.version_of(db, call)).number) == (LATER, 2)
    assert version.draw_commitment == first.draw_commitment
    told = (
        await db.execute(
            select(Message.to_email, Message.text).where(Message.kind == "calls.changed").order_by(Message.id)
        )
    ).all()
    assert [(email, "brouillon" in text, "reste déposée" in text) for email, text in told] == [
        (drafting.person.email, True, False), (alone.person.email, False, True),
    ]  # fmt: skip
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "calls.amend"))).scalar_one()
    assert (entry.facts["version"], entry.facts["told"], entry.facts["content_sha256"]) == (
        2,
        2,
        version.content_sha256,
    )


async def test_a_clarification_asks_for_no_extension_and_an_empty_change_is_refused(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during():
        same = await write(db, city, call)
        with pytest.raises(Refused, match="Rien n’a changé"):
            await amendments.publish(db, city.actor, call, seen=same.version, reason="Rien.", to=None)
        version = await write(db, city, call, seen=same.version, visits="Jeudi à 14 h.")
        await amendments.publish(db, city.actor, call, seen=version.version, reason="Visite ajoutée.", to=None)
    assert (call.closes_at, (await calls.version_of(db, call)).visits) == (calls.CLOSING, "Jeudi à 14 h.")


async def test_a_change_of_substance_leaves_ten_days_even_late(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with clock.at(calls.CLOSING - timedelta(days=1)):
        version = await write(db, city, call, charges_only=False)
        with pytest.raises(Refused, match="changement de fond"):
            await amendments.publish(
                db, city.actor, call, seen=version.version, reason="Loyer.", to=calls.CLOSING + timedelta(days=8)
            )
        await amendments.publish(
            db, city.actor, call, seen=version.version, reason="Loyer.", to=calls.CLOSING + timedelta(days=9)
        )
    assert call.closes_at == calls.CLOSING + timedelta(days=9)


async def test_only_the_organiser_changes_an_open_call_and_nobody_a_closed_one(db):
    city, other = await calls.side(db), await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during(), pytest.raises(Forbidden):
        await write(db, other, call, visits="Non.")
    with clock.at(calls.CLOSING), pytest.raises(Refused):
        await write(db, city, call, visits="Trop tard.")


async def test_two_people_writing_the_same_change_do_not_overwrite_each_other(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during():
        await write(db, city, call, visits="Jeudi.")
        with pytest.raises(drafts.Stale):
            await write(db, city, call, visits="Vendredi.")
        await amendments.abandon(db, city.actor, call)
        await amendments.abandon(db, city.actor, call)
    assert [
        v.number for v in (await db.execute(select(CallVersion).where(CallVersion.call_id == call.id))).scalars()
    ] == [1]


async def test_confirming_keeps_the_text_and_makes_the_receipt_anew(db):
    city, alone = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    deposited = await calls.submitted(db, alone, call)
    was = deposited.content_sha256
    with calls.during():
        version = await write(db, city, call, charges_only=False)
        await amendments.publish(db, city.actor, call, seen=version.version, reason="Loyer voté.", to=LATER)
        confirmed = await amendments.confirm(db, alone.actor, deposited)
        again = await amendments.confirm(db, alone.actor, confirmed)
    assert (confirmed.call_version_id, confirmed.content["call_version"]) == (version.id, 2)
    assert confirmed.content_sha256 != was
    assert (again.content_sha256, again.stage()) == (confirmed.content_sha256, "submitted")


async def test_a_file_whose_only_lot_went_away_must_be_taken_back(db):
    city, alone = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with calls.during():
        kept, _lines = await _parts(db, await calls.version_of(db, call))
        first, second = sorted(kept)
        draft = await calls.ready(db, alone, call)
        from calls import saving
        from calls.saving import WishLine

        draft = await saving.save_wishes(
            db, alone.actor, draft, seen=draft.version, lines=[WishLine(first, 1, 40, 60)], typed={}
        )
        deposited = await applications.submit(db, alone.actor, draft)
        version = await write(db, city, call, lots={second: ""})
        await amendments.publish(db, city.actor, call, seen=version.version, reason="Lot vendu.", to=LATER)
        with pytest.raises(Refused, match="Classez au moins un lot"):
            await amendments.confirm(db, alone.actor, deposited)


def test_texts_are_compared_word_by_word():
    pieces = changes.spelled_out("Visite le mardi à 14 h", "Visite le jeudi à 14 h 30")
    assert pieces == [
        ("same", "Visite le "),
        ("removed", "mardi"),
        ("added", "jeudi"),
        ("same", " à 14 h"),
        ("added", " 30"),
    ]
    assert "".join(words for kind, words in pieces if kind != "added") == "Visite le mardi à 14 h"


def test_criteria_are_compared_by_name():
    one = {"criteria": [{"label": "A", "weight": 60, "floor": None, "description": ""}, {"label": "B", "weight": 40}]}
    two = {"criteria": [{"label": "A", "weight": 55, "floor": 2, "description": ""}, {"label": "C", "weight": 45}]}
    assert [(c.label, c.before, c.after, c.material) for c in changes.compare(one, two)] == [
        ("Critère retiré", "B, 40\u00a0%", "", True), ("Critère ajouté", "", "C, 45\u00a0%", True),
        ("Critère « A »", "60\u00a0%", "55\u00a0%, plancher 2", True),
    ]  # fmt: skip


async def test_pages_write_review_publish_and_show_the_difference(db, client):
    city, other, alone = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    deposited = await calls.submitted(db, alone, call)
    await db.commit()
    base = f"/appels/{call.id}"
    browser, stranger, applicant = await client(city.person), await client(other.person), await client(alone.person)
    with calls.during():
        assert (await stranger.get(f"{base}/rectifier")).status_code == 403
        typed = form_of((await browser.get(f"{base}/rectifier")).text, f"{base}/rectifier")
        typed["counterparts"], typed["suite"] = ["Aucune activité déjà présente dans la rue."], "ouvrir"
        assert (await browser.post(f"{base}/rectifier", data=typed)).headers["location"] == f"{base}/rectifier/publier"
        shown = (await browser.get(f"{base}/rectifier/publier")).text
        assert "changement de fond" in shown
        form = form_of(shown, f"{base}/rectifier/publier")
        short = {**form, "reason": ["Demande de la rue."], "to": ["2026-10-15T12:00"]}
        refused = await browser.post(f"{base}/rectifier/publier", data=short)
        assert (refused.status_code, "reportez la clôture" in refused.text, "Demande de la rue." in refused.text) == (
            422,
            True,
            True,
        )
        done = await browser.post(f"{base}/rectifier/publier", data={**short, "to": ["2026-10-29T12:00"]})
        assert done.headers["location"] == f"{base}/versions/2"
        page = (await stranger.get(f"{base}/versions/2")).text
        assert "Aucune activité déjà présente" in page
        assert "<ins>" in page
        document = await stranger.get(f"{base}/versions/2/document.json")
        version = await calls.version_of(db, call)
        assert hashlib.sha256(document.content).hexdigest() == version.content_sha256
        assert content.canonical(json.loads(document.content)) == document.content
        assert (await stranger.get(f"{base}/versions/3")).status_code == 404
        mine = (await applicant.get(f"/candidatures/{deposited.id}")).text
        assert "la version 2 est en vigueur" in mine
        answer = await applicant.post(f"/candidatures/{deposited.id}/confirmer")
        assert (
            answer.status_code,
            "est en vigueur" in (await applicant.get(f"/candidatures/{deposited.id}")).text,
        ) == (303, False)
    found = await db.execute(select(Application.call_version_id).where(Application.id == deposited.id))
    assert found.scalar_one() == version.id


async def test_a_second_person_agrees_on_a_change_too_when_the_organisation_asks_for_it(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    city.org.calls_need_approval = True
    second = await make.user(db, "Karine Le Bris")
    await make.join(db, second, city.org)
    await db.commit()
    anne, karine = await client(city.person), await client(second)
    base = f"/appels/{call.id}"
    with calls.during():
        typed = form_of((await anne.get(f"{base}/rectifier")).text, f"{base}/rectifier")
        await anne.post(f"{base}/rectifier", data={**typed, "body": ["Une précision."]})
        shown = (await anne.get(f"{base}/rectifier/publier")).text
        assert ("Demander l’accord sur ce texte" in shown, "Publier et prévenir" in shown) == (True, False)
        sent = {**form_of(shown, f"{base}/rectifier/publier"), "reason": ["Une précision."], "to": [""]}
        assert (await anne.post(f"{base}/rectifier/publier", data=sent)).status_code == 409
        asked = await anne.post(f"{base}/accord")
        assert (asked.status_code, asked.headers["location"]) == (303, f"{base}/rectifier/publier")
        assert (await anne.post(f"{base}/accord/reponse", data={"reponse": "oui"})).status_code == 409
        assert (await karine.post(f"{base}/accord/reponse", data={"reponse": "oui"})).status_code == 303
        assert (await anne.post(f"{base}/rectifier/publier", data=sent)).headers["location"] == f"{base}/versions/2"
