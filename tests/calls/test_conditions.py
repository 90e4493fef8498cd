"""Eliminatory conditions: answered one by one, asked anew when reworded, shown to whoever examines."""

from datetime import timedelta

import pytest

from allocation.selection.models import Panel
from calls import amendments, applications, conditions, drafts, queries, reading, saving, sections
from calls.conditions import Condition
from intervalle import clock
from intervalle.errors import Refused
from tests.calls import make as calls
from tests.calls.browsing import form_of

PHARES = "Aucune activité commerciale déjà présente\n\nUn travail avec les habitants"
FIRST, SECOND = (Condition(text).key for text in PHARES.splitlines() if text)


def test_conditions_are_the_lines_of_the_call_and_rewording_asks_anew():
    held = {FIRST: {"answer": "yes", "comment": ""}, "0123456789": {"answer": "no", "comment": "x"}}
    asked = conditions.asked(PHARES, held)
    assert [(c.text, c.answer) for c in asked] == [
        ("Aucune activité commerciale déjà présente", "yes"), ("Un travail avec les habitants", "")
    ]  # fmt: skip
    reworded = conditions.asked(PHARES.replace("déjà présente", "déjà présente dans la rue"), held)
    assert [c.answer for c in reworded] == ["", ""]


def test_each_is_to_answer_and_a_no_is_explained():
    asked = [Condition("A", "no"), Condition("B"), Condition("C", "yes")]
    assert conditions.lacking(asked) == [
        "Répondez : « B »", "Vous répondez non à « A » : dites pourquoi, ou ce que vous proposez."
    ]  # fmt: skip
    assert conditions.unmet([Condition("A", "no", "Un café existe."), Condition("C", "yes")]) == (
        "« A » : la structure répond non. Un café existe."
    )


def test_a_call_without_conditions_has_no_such_section():
    with_them, without = ([s.slug for s in sections.asked_by(text)] for text in (PHARES, "\n "))
    assert (set(with_them) - set(without), sections.after("partenaires", sections.asked_by(""))) == (
        {"conditions"},
        "pieces",
    )


async def test_from_the_form_to_the_examiner(db, client):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city, eliminatory=PHARES)
    draft = await calls.ready(db, structure, call)
    url = f"/candidatures/{draft.id}/dossier/conditions"
    nadia = await client(structure.person)
    with calls.during():
        assert [g.section for g in (await applications.whole(db, draft)).gaps()] == ["conditions", "conditions"]
        form = form_of((await nadia.get(url)).text, url)
        assert form["condition"] == [FIRST, SECOND]
        sent = {
            **form,
            f"c-{FIRST}": "no",
            f"c-{FIRST}-dire": "Un café ouvre le matin.",
            f"c-{SECOND}": "yes",
            "suite": "continuer",
        }
        saved = await nadia.post(url, data=sent)
        assert saved.headers["location"] == f"/candidatures/{draft.id}/dossier/pieces"
        draft = await calls.fresh(db, draft)
        assert draft.conditions == {
            FIRST: {"answer": "no", "comment": "Un café ouvre le matin."}, SECOND: {"answer": "yes", "comment": ""}
        }  # fmt: skip
        draft = await applications.submit(db, structure.actor, draft)
    view = await reading.file_of(db, draft)
    assert [(c.said, c.comment) for c in view.conditions] == [("Non", "Un café ouvre le matin."), ("Oui", "")]
    with clock.at(calls.CLOSING + timedelta(days=1)):
        db.add(Panel(call_id=call.id, opened_at=clock.now()))
        await db.flush()
        shown = (await (await client(city.person)).get(f"/commissions/{call.id}/recevabilite/{draft.id}")).text
    assert (
        "la structure répond non. Un café ouvre le matin." in shown,
        'name="a-conditions" value="no" checked' in shown,
    ) == (True, True)


async def test_another_section_saved_leaves_the_answers_alone(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city, eliminatory=PHARES)
    draft = await calls.ready(db, structure, call)
    kept = {FIRST: {"answer": "yes", "comment": ""}}
    with calls.during():
        for slug, facts in (("conditions", {"conditions": kept}), ("projet", {"project_name": "Autre"})):
            draft = await saving.save_section(
                db, structure.actor, draft, slug, seen=draft.version, facts=facts, answers={}, typed={}
            )
    assert (draft.conditions, draft.project_name) == (kept, "Autre")


async def test_a_condition_added_to_an_open_call_is_to_answer_before_the_file_is_maintained(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    deposited = await calls.submitted(db, structure, call)
    with calls.during():
        current = await calls.version_of(db, call)
        lines = [
            drafts.CriterionLine(c.label, c.weight)
            for c in (await db.execute(queries.criteria_of(current.id))).scalars()
        ]
        lots = {row.lot_id: "" for row, _lot, _p in (await db.execute(queries.lots_of_versions([current.id]))).all()}
        version = await amendments.save(
            db, city.actor, call, seen=0, values={"eliminatory": PHARES}, lots=lots, criteria=lines
        )
        later = calls.CLOSING + timedelta(days=14)
        await amendments.publish(db, city.actor, call, seen=version.version, reason="Demande des habitants.", to=later)
        with pytest.raises(Refused, match="Aucune activité commerciale déjà présente"):
            await amendments.confirm(db, structure.actor, deposited)
