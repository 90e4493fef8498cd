"""What a call asks for beyond the usual, and who reads files before the closing."""

from datetime import timedelta

import pytest

from allocation.selection import invitations, panels
from calls import amendments, applications, changes, drafts, openings, queries, reading, saving
from calls.models import Application
from calls.section_forms import read
from intervalle import clock
from intervalle.errors import Refused
from tests.calls import make as calls
from tests.calls.browsing import form_of

ALL = ["references", "dates", "planning", "works", "insurance", "commitment"]


async def visible(db, side):
    found = await db.execute(queries.applications_visible_to(side.actor).with_only_columns(Application.id))
    return list(found.scalars())


async def save(db, side, draft, section, **typed):
    one = read(section, typed)
    return await saving.save_section(
        db, side.actor, draft, section, seen=draft.version, facts=one.facts, answers=one.answers, typed=one.raw
    )


async def test_what_the_call_asks_for_is_missing_until_it_is_said(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    structure.org.ess_status = "association"
    call, free = await calls.open_call(db, city, asked=ALL), await calls.open_call(db, city)
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        usual = await applications.start(db, structure.actor, free, organisation_id=structure.org.id)
        draft = await calls.fill(db, structure.actor, draft)
        usual = await calls.fill(db, structure.actor, usual)
        draft = await save(db, structure, draft, "calendrier", wished_from="", wished_months="", planning="", works="")
        usual = await save(db, structure, usual, "calendrier", wished_from="", wished_months="", planning="", works="")
        assert [(g.section, g.sentence) for g in (await applications.whole(db, draft)).gaps()] == [
            ("structure", "Dites si votre structure a souscrit le contrat d’engagement républicain."),
            ("calendrier", "Indiquez la date d’entrée souhaitée."),
            ("calendrier", "Indiquez la durée souhaitée, en mois."),
            ("calendrier", "L’appel demande de vous engager à être assurés à l’entrée dans les lieux."),
            ("calendrier", "Répondez à : « Votre calendrier »"),
            ("calendrier", "Répondez à : « Les travaux que vous prévoyez »"),
        ]
        assert (await applications.whole(db, usual)).gaps() == []
        with pytest.raises(Refused, match="engagement républicain"):
            await applications.submit(db, structure.actor, draft)
        draft = await save(
            db, structure, draft, "structure", presentation="Association.", rooting="Centre social.",
            references="Une boutique à Lille.", republican_commitment="not_concerned",
        )  # fmt: skip
        draft = await save(
            db, structure, draft, "calendrier", wished_from="1/3/2027", wished_months="18", planning="Avril.",
            works="Aucun.", insured="y",
        )  # fmt: skip
        assert [g.sentence for g in (await applications.whole(db, draft)).gaps()] == [
            "Une association ou une fondation souscrit le contrat d’engagement républicain."
        ]
        draft.republican_commitment = "signed"
        sent = await applications.submit(db, structure.actor, draft)
    shown = dict((await reading.file_of(db, sent)).facts)
    assert shown["Entrée souhaitée"] == "1ᵉʳ mars 2027, pour 18 mois"
    assert (shown["Assurance"], shown["Engagement républicain"]) == (
        "assurée à l’entrée",
        "Souscrit par notre structure",
    )


async def test_a_date_that_does_not_read_is_kept_as_typed(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        draft = await save(db, structure, draft, "calendrier", wished_from="au printemps", wished_months="18")
        gaps = (await applications.whole(db, draft)).gaps()
    assert (draft.wished_from, draft.wished_months, draft.typed) == (None, 18, {"wished_from": "au printemps"})
    assert [g.sentence for g in gaps if g.section == "calendrier"] == [
        "« au printemps » ne se lit pas : Entrée souhaitée."
    ]


async def test_a_file_of_an_older_form_is_still_read(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    sent = await calls.submitted(db, structure, await calls.open_call(db, city))
    document = dict(sent.content)
    document["facts"] = {
        k: v for k, v in document["facts"].items() if k not in ("wished_from", "wished_months", "insured")
    }
    document["answers"] = {k: v for k, v in document["answers"].items() if k not in ("works", "planning", "references")}
    assert dict(reading.view(1, document).facts)["Entrée souhaitée"] == ""


async def test_sealed_by_default_and_read_on_arrival_when_the_call_says_so(db):
    city, other, structure = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    sealed, read_early = await calls.open_call(db, city), await calls.open_call(db, city, read_on_arrival=True)
    await calls.submitted(db, structure, sealed)
    early = await calls.submitted(db, structure, read_early)
    with calls.during():
        assert (await visible(db, city), await visible(db, other)) == ([early.id], [])
        # Whoever sits on the panel waits for the opening act, staff or not.
        await panels.compose(db, city.actor, read_early, panels.Rules())
        await invitations.invite(db, city.actor, read_early, city.person.email, panels.SeatTerms("city_ess"))
        assert await visible(db, city) == []
    with clock.at(calls.CLOSING + timedelta(hours=1)):
        assert await visible(db, city) == []


async def test_who_reads_before_the_closing_is_frozen_with_the_version(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during():
        current = await amendments.in_force(db, call)
        assert current.content["read_on_arrival"] is False
        lots, criteria = await openings.parts(db, current)
        lines = [drafts.CriterionLine(c.label, c.weight, c.description) for c in criteria]
        made = await amendments.save(
            db, city.actor, call, seen=0, values={"read_on_arrival": True, "asked": ["works", "dates"]},
            lots={lot.id: "" for _row, lot, _place in lots}, criteria=lines,
        )  # fmt: skip
        found = changes.compare(current.content, await amendments.document_of(db, call, made))
    assert made.read_on_arrival is False
    assert [(c.label, c.before, c.after, c.material) for c in found] == [
        ("Demandé en plus", "", "La description des travaux, Les dates et la durée souhaitées", True)
    ]


async def test_pages_say_who_reads(db, client):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city, read_on_arrival=True, asked=["works"])
    sent = await calls.submitted(db, structure, call)
    draft = await calls.draft_call(db, city, await calls.premises(db, city.org))
    await db.commit()
    with calls.during():
        staff, applicant = await client(city.person), await client(structure.person)
        public = (await applicant.get(f"/appels/{call.id}")).text
        listed = (await staff.get(f"/appels/{call.id}/candidatures")).text
        url = f"/appels/{draft.id}/modifier"
        form = form_of((await staff.get(url)).text, url)
        assert (await staff.post(url, data={**form, "reading": ["arrival"], "asked": ["dates"]})).status_code == 303
        typed = form_of((await staff.get(url)).text, url)
    assert "lue par l’équipe de l’appel" in public
    assert "La description des travaux" in public
    assert f"/candidatures/{sent.id}" in listed
    assert "n’est pas scellé" in listed
    assert (typed["reading"], typed["asked"]) == (["arrival"], ["dates"])
