"""Terms of one lot: written with the call, frozen with it, said to the applicant, obeyed by the assignment and the title."""

from dataclasses import replace
from decimal import Decimal

import pytest

from allocation.assignment.eligibility import LotFacts, Period, Wanted, needed_area, obstacles
from calls import applications, changes, drafts, lot_terms, openings, queries, saving
from calls.lot_terms import LotTerms
from intervalle import clock
from intervalle.errors import Refused
from tests.calls import make as calls
from tests.calls.browsing import form_of

TERMS = LotTerms("Vitrine à laisser claire.", "BAIL_DEROG", Decimal(20), Decimal(50), ("food",), True)


async def with_terms(db, city, terms, **values):
    """A draft whose first lot has these terms."""
    lots = await calls.premises(db, city.org, divisible=True)
    call = await calls.draft_call(db, city, lots, **values)
    version = await calls.version_of(db, call)
    lines = [
        drafts.CriterionLine(c.label, c.weight) for c in (await db.execute(queries.criteria_of(version.id))).scalars()
    ]
    await drafts.save(
        db, city.actor, call, seen=version.version, values={}, lots={lots[0].id: terms, lots[1].id: ""}, criteria=lines
    )
    return call, version, lots


async def opened(db, city, terms=TERMS):
    with clock.at(calls.OPENING):
        call, version, lots = await with_terms(db, city, terms)
        return await openings.open_call(db, city.actor, call, seen=version.version), version, lots


def test_terms_are_said_in_words_and_read_back_from_the_published_content():
    held = {"conditions": TERMS.conditions, **lot_terms.published(TERMS)}
    assert lot_terms.in_content(held) == TERMS
    assert [line.replace("\u202f", " ").replace("\xa0", " ") for line in TERMS.lines] == [
        "Titre : Bail dérogatoire", "De 20 m² à 50 m² par structure", "Usages non admis : Cuisine, café, épicerie",
        "Visite obligatoire", "Vitrine à laisser claire.",
    ]  # fmt: skip
    assert (lot_terms.published(LotTerms("Mots libres.")), lot_terms.in_content({})) == ({}, LotTerms())


@pytest.mark.parametrize(
    ("low", "high", "uses", "count"),
    [(40, 60, ["shop"], 0), (51, 60, ["shop"], 1), (10, 19, ["shop"], 1), (40, 60, ["food"], 1), (40, 60, ["food", "shop"], 0), (None, None, [], 0)],
)  # fmt: skip
def test_what_a_wish_may_not_ask(low, high, uses, count):
    typed = [Decimal(n) if n else None for n in (low, high)]
    assert len(lot_terms.objections(TERMS, "A", *typed, uses)) == count


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Wanted(Decimal(40), Decimal(60), uses=frozenset({"shop"})), []),
        (Wanted(Decimal(51), Decimal(60)), ["area"]),
        (Wanted(Decimal(10), Decimal(15)), ["area"]),
        (Wanted(uses=frozenset({"food"})), ["uses"]),
        (Wanted(uses=frozenset({"food", "shop"})), []),
    ],
)
def test_the_assignment_obeys_them(wanted, codes):
    lot = LotFacts(
        Decimal(80), divisible=True, offered_min=Decimal(20), offered_max=Decimal(50), uses_out=frozenset({"food"})
    )
    assert [o.code for o in obstacles(wanted, lot, Period(None, None))] == codes


def test_nobody_gets_more_than_the_call_gives_of_a_lot():
    lot = LotFacts(Decimal(80), divisible=True, offered_min=Decimal(20), offered_max=Decimal(50))
    assert needed_area(Wanted(Decimal(10), Decimal(60)), lot) == (Decimal(20), Decimal(50))
    assert needed_area(Wanted(Decimal(10), Decimal(60)), replace(lot, divisible=False)) == (Decimal(80), Decimal(80))


async def test_they_are_frozen_shown_to_applicants_and_checked_before_the_deposit(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call, version, lots = await opened(db, city)
    assert lot_terms.in_content(version.content["lots"][0]) == TERMS
    draft = await calls.ready(db, structure, call)
    with calls.during():
        lines = [saving.WishLine(lots[0].id, 1, Decimal(55), Decimal(60)), saving.WishLine(lots[1].id, 2, Decimal(30))]
        draft = await saving.save_wishes(db, structure.actor, draft, seen=draft.version, lines=lines, typed={})
        gaps = [gap.sentence.split(" : ")[1][:14] for gap in (await applications.whole(db, draft)).gaps()]
    assert gaps == ["l’appel y donn", "la visite est "]


async def test_a_changed_term_is_a_change_of_substance(db):
    city = await calls.side(db)
    _call, version, _lots = await opened(db, city)
    after = {
        **version.content,
        "lots": [{**lot, "terms": {**lot.get("terms", {}), "area_max": "60"}} for lot in version.content["lots"][:1]]
        + version.content["lots"][1:],
    }
    found = changes.compare(version.content, after)
    assert ([c.after[:30] for c in found], changes.material(found)) == (["Titre : Bail dérogatoire · De 2"[:30]], True)


async def test_a_lot_s_own_title_is_judged_like_the_call_s(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call, version, _lots = await with_terms(db, city, replace(TERMS, title_code="AOT"))
        with pytest.raises(Refused, match="domaine public"):
            await openings.open_call(db, city.actor, call, seen=version.version)


async def test_the_form_of_the_call_writes_them_and_keeps_what_does_not_read(db, client):
    city = await calls.side(db)
    anne = await client(city.person)
    with clock.at(calls.OPENING):
        call, _version, lots = await with_terms(db, city, LotTerms())
        url, first = f"/appels/{call.id}/modifier", lots[0].id
        form = form_of((await anne.get(url)).text, url)
        wrong = {**form, f"lot-{first}-area_min": "60", f"lot-{first}-area_max": "vingt"}
        refused = await anne.post(url, data=wrong)
        assert (refused.status_code, 'value="vingt"' in refused.text) == (422, True)
        right = {
            **form, f"conditions-{first}": TERMS.conditions, f"lot-{first}-title_code": "BAIL_DEROG", f"lot-{first}-area_min": "20",
            f"lot-{first}-area_max": "50", f"lot-{first}-uses_out": ["food"], f"lot-{first}-visit_duty": "y",
        }  # fmt: skip
        assert (await anne.post(url, data=right)).status_code == 303
    rows = (await db.execute(queries.lots_of_versions([(await calls.version_of(db, call)).id]))).all()
    assert [lot_terms.terms_of(row) for row, _lot, _premises in rows] == [TERMS, LotTerms()]
