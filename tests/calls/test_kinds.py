"""Kinds of call: sessions, several organisers, direct award, excluded titles; what is published outside the page."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as Xml

import icalendar
import pytest
from sqlalchemy import select

from allocation.assignment import inputs
from calls import applications, drafts, openings, queries, sessions, visits
from calls.models import Call
from intervalle import clock
from intervalle.errors import Forbidden, Refused
from tests.calls import make as calls
from tests.calls.browsing import form_of

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_a_recurring_call_prepares_next_year_once(db):
    city, other = await calls.side(db), await calls.side(db)
    call = await calls.open_call(db, city, kind="recurring")
    with clock.at(calls.CLOSING + timedelta(days=1)):
        with pytest.raises(Forbidden):
            await sessions.next_session(db, other.actor, call)
        made = await sessions.next_session(db, city.actor, call)
        again = await sessions.next_session(db, city.actor, call)
        assert [c.id for c in await sessions.series(db, city.actor, made)] == [call.id, made.id]
        assert [c.id for c in await sessions.series(db, other.actor, call)] == [call.id]
    version = await calls.version_of(db, made)
    lots, criteria = await openings.parts(db, version)
    assert (again.id, made.stage(), made.closes_at) == (made.id, "draft", datetime(2027, 10, 15, 10, 0, tzinfo=UTC))
    assert (version.occupation_from, len(lots), sum(c.weight for c in criteria)) == (date(2028, 1, 1), 2, 100)


async def test_a_dated_call_has_no_next_session(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during(), pytest.raises(Refused, match="pas de session suivante"):
        await sessions.next_session(db, city.actor, call)


async def test_co_organisers_run_the_call_and_add_their_own_lots_only(db):
    epci, city, other = await calls.side(db, "epci"), await calls.side(db), await calls.side(db)
    ours, theirs = await calls.premises(db, epci.org, lots=1), await calls.premises(db, city.org, lots=1)
    call = await calls.draft_call(db, epci, ours, co_organiser_ids=[city.org.id])
    version = await calls.version_of(db, call)
    both = {ours[0].id: "", theirs[0].id: ""}
    with pytest.raises(Refused, match="lots publiés"):
        await drafts.save(db, epci.actor, call, seen=version.version, values={}, lots=both, criteria=[])
    await drafts.save(db, city.actor, call, seen=version.version, values={}, lots=both, criteria=[])
    seen = [
        list((await db.execute(queries.calls_run_by(side.actor).with_only_columns(Call.id))).scalars())
        for side in (epci, city, other)
    ]
    assert seen == [[call.id], [call.id], []]


async def test_direct_award_says_to_whom_and_why_and_takes_nobody_else(db):
    city, chosen, other = (
        await calls.side(db),
        await calls.side(db, "ess_structure"),
        await calls.side(db, "ess_structure"),
    )
    lots = await calls.premises(db, city.org, regime="public_domain")
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, lots, kind="direct", title_code="AOT")
        said = await openings.verdicts_of(db, call, await calls.version_of(db, call))
        assert sorted(v.id for v in said if v.level == "block") == ["APPEL-06", "APPEL-06", "OCC-04"]
        version = await calls.version_of(db, call)
        values = {
            "beneficiary_id": chosen.org.id,
            "direct_ground": "Seule à pouvoir occuper.",
            "exemption": "SEUL_OCCUPANT",
        }
        kept = {lot.id: "" for lot in lots}
        lines = [drafts.CriterionLine("Utilité", 100)]
        await drafts.save(db, city.actor, call, seen=version.version, values=values, lots=kept, criteria=lines)
        said = await openings.verdicts_of(db, call, await calls.version_of(db, call))
        assert [v.id for v in said if v.level == "block"] == ["OCC-05"]  # the ground is not published yet
        version = await calls.version_of(db, call)
        published = {**values, "statement_url": "https://ville.example/acte", "statement_on": date(2026, 8, 20)}
        await drafts.save(db, city.actor, call, seen=version.version, values=published, lots=kept, criteria=lines)
        version = await calls.version_of(db, call)
        await openings.open_call(db, city.actor, call, seen=version.version)
    with calls.during():
        with pytest.raises(Refused, match="attribution est directe"):
            await applications.start(db, other.actor, call, organisation_id=other.org.id)
        assert (await applications.start(db, chosen.actor, call, organisation_id=chosen.org.id)).number == 1


async def test_a_title_is_not_both_offered_and_excluded(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org), titles_excluded=["COP", "BAIL_COM"])
        said = await openings.verdicts_of(db, call, await calls.version_of(db, call))
    assert [v.id for v in said if v.level == "block"] == ["APPEL-03"]


async def test_the_form_names_organisations_and_keeps_what_it_cannot_find(db, client):
    epci, city = await calls.side(db, "epci"), await calls.side(db, name="Ville de Bondy")
    call = await calls.draft_call(db, epci, await calls.premises(db, epci.org))
    await db.commit()
    browser, url = await client(epci.person), f"/appels/{call.id}/modifier"
    typed = form_of((await browser.get(url)).text, url)
    refused = await browser.post(url, data={**typed, "co_organisers": ["Ville de Nulle part"]})
    assert (refused.status_code, "Ville de Nulle part" in refused.text) == (422, True)
    chosen = {
        "co_organisers": ["ville de bondy"],
        "apart_one": ["workshop"],
        "apart_other": ["office", "meeting"],
        "max_lots": ["2"],
        "neighbourhood_percent": ["25"],
    }
    assert (await browser.post(url, data={**typed, **chosen})).status_code == 303
    await db.refresh(call)
    version = await calls.version_of(db, call)
    await db.refresh(version)
    assert (call.co_organiser_ids, version.incompatible_uses, version.max_lots, str(version.neighbourhood_share)) == (
        [city.org.id], [["workshop", "office"], ["workshop", "meeting"]], 2, "0.250",
    )  # fmt: skip
    shown = (await browser.get(url)).text
    assert "Ville de Bondy" in form_of(shown, url)["co_organisers"][0]


async def test_published_rules_reach_the_assignment(db):
    city, one, two = await calls.side(db), await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city, max_lots=1, incompatible_uses=[["workshop", "shop"]])
    found = {}
    for side in (one, two):
        application = await calls.submitted(db, side, call)
        found[application.label] = inputs.Candidate(application, side.org, None, ())
    version = await calls.version_of(db, call)
    assert inputs._published_rules(version, found) == {
        "max_awards_per_organisation": 1, "incompatible": [["C-01", "C-02"]],
    }  # fmt: skip


async def test_calendar_opens_in_a_calendar_and_says_the_closing_in_utc(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city, title="Ancienne poste, Maurepas")
    with calls.during():
        slot = await visits.plan(
            db, city.actor, call, starts_at=datetime(2026, 9, 26, 12, 0, tzinfo=UTC),
            ends_at=datetime(2026, 9, 26, 13, 0, tzinfo=UTC), capacity=3, meeting_point="Portail",
        )  # fmt: skip
        await openings.extend(db, city.actor, call, to=calls.CLOSING + timedelta(days=2), reason="Pont.")
        await db.commit()
        answer = await (await client()).get(f"/appels/{call.id}/calendrier.ics")
    read = icalendar.Calendar.from_ical(answer.content)
    events = {str(e["UID"]).partition("@")[0]: e for e in read.walk("VEVENT")}
    assert sorted(events) == [f"appel-{call.id}-{k}" for k in ("cloture", "decision", "entree", f"visite-{slot.id}")]
    closing = events[f"appel-{call.id}-cloture"]
    assert (closing["DTSTART"].dt, int(closing["SEQUENCE"])) == (calls.CLOSING + timedelta(days=2), 1)
    assert str(events[f"appel-{call.id}-visite-{slot.id}"]["LOCATION"]) == "Portail"


async def test_feed_is_atom_and_holds_published_calls_only(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city, title="Poste & halle <1>")
    await calls.draft_call(db, city, await calls.premises(db, city.org), title="Secret")
    await db.commit()
    with calls.during():
        answer = await (await client()).get("/appels.atom")
    feed = Xml.fromstring(answer.content)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert [(e.findtext(f"{ATOM}title"), e.findtext(f"{ATOM}id")) for e in feed.findall(f"{ATOM}entry")] == [
        ("Poste & halle <1>", f"http://testserver.local/appels/{call.id}")
    ]


async def test_poster_is_one_page(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    await db.commit()
    with calls.during():
        answer = await (await client()).get(f"/appels/{call.id}/affiche.pdf")
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type /Page ") <= 1


async def test_next_session_page(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city, kind="rolling")
    await db.commit()
    browser = await client(city.person)
    with calls.during():
        assert "Préparer la session suivante" in (await browser.get(f"/appels/{call.id}")).text
        answer = await browser.post(f"/appels/{call.id}/session-suivante")
    made = (await db.execute(select(Call).where(Call.follows_id == call.id))).scalar_one()
    assert answer.headers["location"] == f"/appels/{made.id}/modifier"


@pytest.mark.parametrize(
    ("values", "blocked"),
    [
        ({}, ["OCC-04"]),
        ({"short_or_unlimited": True}, ["OCC-04"]),  # publicity alone is enough, once it is made
        ({"short_or_unlimited": True, "interest_checked_on": date(2026, 8, 20)}, []),
        ({"spontaneous": True}, ["OCC-04", "OCC-07"]),
        ({"spontaneous": True, "interest_checked_on": date(2026, 8, 20)}, []),
    ],
)
async def test_a_direct_award_after_publicity_alone_or_a_spontaneous_proposal(db, values, blocked):
    city, chosen = await calls.side(db), await calls.side(db, "ess_structure")
    lots = await calls.premises(db, city.org, regime="public_domain")
    award = {"beneficiary_id": chosen.org.id, "direct_ground": "Une saison de jardin, sans autre candidat."}
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, lots, kind="direct", title_code="AOT", **award, **values)
        said = await openings.verdicts_of(db, call, await calls.version_of(db, call))
    assert sorted(v.id for v in said if v.level == "block") == blocked
