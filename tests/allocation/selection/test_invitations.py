"""A seat is offered, then accepted or declined by the person it is for; nothing else makes anybody sit."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from allocation.selection import invitations, panels, queries, sheets
from allocation.selection.boards import load
from allocation.selection.invitation_states import STATES, state_of
from allocation.selection.models import Panel, Seat, SeatInvitation
from allocation.selection.panels import Rules, SeatTerms
from calls.models import Call
from intervalle import clock
from intervalle.accounts.models import User
from intervalle.awaiting.everything import everything
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests import make as people
from tests.allocation.selection import make
from tests.calls import make as calls_make


async def a_panel(db: Any, **rules: Any) -> make.Scene:
    return await make.seated(db, await make.closed_call(db, files=0), jurors=0, rules=Rules(**rules))


async def offered(db: Any, scene: make.Scene, side: make.Side, terms: SeatTerms) -> SeatInvitation:
    made = await invitations.invite(db, scene.city.actor, scene.call, side.person.email, terms)
    assert isinstance(made, SeatInvitation)
    return made


async def seats(db: Any) -> int:
    return (await db.execute(select(func.count()).select_from(Seat))).scalar_one()


async def actions(db: Any) -> list[str]:
    rows = await db.execute(
        select(JournalEntry.action).where(JournalEntry.action.like("panel.%")).order_by(JournalEntry.id)
    )
    return list(rows.scalars())


async def test_nobody_sits_before_they_said_yes_and_then_stands_for_their_organisation(db: Any) -> None:
    scene, juror = await a_panel(db), await calls_make.side(db, "social_landlord")
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("landlord"))
        assert await seats(db) == 0
        call = await invitations.accept(db, juror.actor, offer.id)
        held = (await db.execute(select(Seat))).scalar_one()
        assert (call.id, held.user_id, held.organisation_id, held.college, held.declared_at) == (
            scene.call.id, juror.person.id, juror.org.id, "landlord", None,
        )  # fmt: skip
        with pytest.raises(Refused, match="déjà répondu"):
            await invitations.accept(db, juror.actor, offer.id)
    assert await actions(db) == ["panel.compose", "panel.invite", "panel.accept"]


async def test_who_writes_their_own_address_sits_at_once(db: Any) -> None:
    scene = await a_panel(db)
    with make.afterwards():
        address = scene.city.person.email.upper()
        made = await invitations.invite(db, scene.city.actor, scene.call, address, SeatTerms("city_ess", chair=True))
    assert isinstance(made, Seat)
    assert await actions(db) == ["panel.compose", "panel.seat"]
    assert (await db.execute(select(func.count()).select_from(Message))).scalar_one() == 0


async def test_an_address_without_an_account_is_answered_by_whoever_proves_it(db: Any) -> None:
    scene = await a_panel(db)
    with make.afterwards():
        offer = await invitations.invite(
            db, scene.city.actor, scene.call, "Habitante@exemple.fr", SeatTerms("residents")
        )
        text = (await db.execute(select(Message.text).where(Message.to_email == "Habitante@exemple.fr"))).scalar_one()
        assert f"/commissions/invitation/{offer.id}\n" in text
        assert "créez un compte avec cette adresse" in text
        other = people.acting(await people.user(db, "Quelqu’un d’autre"))
        for act in (invitations.accept(db, other, offer.id), invitations.decline(db, other, offer.id, "")):
            with pytest.raises(NotFound, match="autre adresse"):
                await act
        person = await people.user(db, "Habitante", email="habitante@exemple.fr")
        await invitations.accept(db, people.acting(person), offer.id)
        held = (await db.execute(select(Seat))).scalar_one()
    assert (held.user_id, held.college, held.organisation_id) == (person.id, "residents", None)


async def test_an_offer_follows_the_account_not_an_address_taken_over_later(db: Any) -> None:
    scene, juror = await a_panel(db), await calls_make.side(db)
    with make.afterwards():
        offer, address = await offered(db, scene, juror, SeatTerms("expert")), juror.person.email
        await db.execute(update(User).where(User.id == juror.person.id).values(email="nouvelle@exemple.fr"))
        newcomer = await people.user(db, "Nouvelle venue", email=address)
        with pytest.raises(NotFound):
            await invitations.accept(db, people.acting(newcomer), offer.id)
        await invitations.accept(db, juror.actor, offer.id)
    assert (await db.execute(select(Seat.user_id))).scalars().all() == [juror.person.id]


async def test_declining_tells_who_invited_with_the_reason(db: Any) -> None:
    scene, juror = await a_panel(db), await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("expert"))
        await invitations.decline(db, juror.actor, offer.id, "  En congé ce mois-là. ")
        with pytest.raises(Refused, match="déjà répondu"):
            await invitations.accept(db, juror.actor, offer.id)
    assert await seats(db) == 0
    told = (await db.execute(select(Message).where(Message.kind == "panel.declined"))).scalar_one()
    assert (told.to_email, "En congé ce mois-là." in told.text) == (scene.city.person.email, True)
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.decline"))).scalar_one()
    assert entry.facts["reason"] == "En congé ce mois-là."


async def test_a_reminder_leaves_once_a_day_and_revives_a_lapsed_offer(db: Any) -> None:
    scene, juror = await a_panel(db), await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("expert"))
        with pytest.raises(Refused, match="aujourd’hui"):
            await invitations.remind(db, scene.city.actor, scene.call, offer.id)
    late = make.AFTER + timedelta(days=22)
    with clock.at(late):
        assert state_of(offer, late) == "expired"
        with pytest.raises(Refused, match="expiré"):
            await invitations.accept(db, juror.actor, offer.id)
        await invitations.remind(db, scene.city.actor, scene.call, offer.id)
        with pytest.raises(Refused, match="aujourd’hui"):
            await invitations.remind(db, scene.city.actor, scene.call, offer.id)
        await invitations.accept(db, juror.actor, offer.id)
    sent = await db.execute(select(func.count()).select_from(Message).where(Message.kind == "panel.invited"))
    assert (sent.scalar_one(), await seats(db)) == (2, 1)


async def test_an_offer_lapses_at_the_meeting_when_it_comes_first(db: Any) -> None:
    scene, juror = await a_panel(db, meets_at=make.AFTER + timedelta(days=5)), await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("expert"))
    assert offer.expires_at == make.AFTER + timedelta(days=5)


async def test_one_offer_a_person_and_one_chair(db: Any) -> None:
    scene = await a_panel(db)
    first, second = await calls_make.side(db), await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, first, SeatTerms("expert", chair=True))
        with pytest.raises(Refused, match="déjà invitée"):
            await offered(db, scene, first, SeatTerms("expert"))
        with pytest.raises(Refused, match="présidence"):
            await offered(db, scene, second, SeatTerms("expert", chair=True))
        await invitations.accept(db, first.actor, offer.id)
        with pytest.raises(Refused, match="siège déjà"):
            await offered(db, scene, first, SeatTerms("expert"))
        with pytest.raises(Refused, match="présidence"):
            await offered(db, scene, second, SeatTerms("expert", chair=True))
        other = await offered(db, scene, second, SeatTerms("residents"))
        await invitations.revoke(db, scene.city.actor, scene.call, other.id)
        with pytest.raises(Refused, match="retiré"):
            await invitations.accept(db, second.actor, other.id)
        assert isinstance(await offered(db, scene, second, SeatTerms("residents")), SeatInvitation)


async def test_only_the_organiser_invites_reminds_and_withdraws(db: Any) -> None:
    scene, juror = await a_panel(db), await calls_make.side(db)
    stranger = await calls_make.side(db, "city")
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("expert"))
        for act in (
            invitations.invite(db, stranger.actor, scene.call, "x@exemple.fr", SeatTerms("expert")),
            invitations.remind(db, stranger.actor, scene.call, offer.id),
            invitations.revoke(db, stranger.actor, scene.call, offer.id),
        ):
            with pytest.raises(Forbidden):
                await act
        elsewhere = await make.seated(db, await make.closed_call(db, files=0), jurors=0)
        with pytest.raises(NotFound):  # another panel's offer
            await invitations.revoke(db, elsewhere.city.actor, elsewhere.call, offer.id)


async def test_a_seat_not_accepted_counts_for_nothing_and_closing_ends_the_offer(db: Any) -> None:
    scene = await make.ready(db, files=1, jurors=3)
    late = await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, late, SeatTerms("expert"))
    await make.score_all(db, scene, 4)
    with make.afterwards():
        panel = (await db.execute(select(Panel).where(Panel.call_id == scene.call.id))).scalar_one()
        board = await load(db, scene.call, panel, seen=queries.open_to(scene.city.actor))
        assert (len(board.members), board.quorum_gaps, board.missing_sheets) == (3, [], [])
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        with pytest.raises(Refused, match="close"):
            await invitations.accept(db, late.actor, offer.id)
        assert [t for t in await everything(db, late.actor) if "/commissions/" in t.url] == []


async def test_an_alternate_may_be_invited(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=0), jurors=1)
    deputy = await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, deputy, SeatTerms("city_ess", alternate_of_id=scene.seats[0].id))
        await panels.leave(db, scene.city.actor, scene.call, scene.seats[0].id)
        await invitations.accept(db, deputy.actor, offer.id)
        voters = (await db.execute(select(Seat.user_id).where(queries.scoring_seats(offer.panel_id)))).scalars()
    assert list(voters) == [deputy.person.id]


async def test_the_front_page_and_the_list_offer_the_seat_to_its_person_alone(db: Any, client: Any) -> None:
    scene = await a_panel(db)
    juror, stranger = await calls_make.side(db), await calls_make.side(db)
    with make.afterwards():
        offer = await offered(db, scene, juror, SeatTerms("residents"))
        await db.commit()
        url = f"/commissions/invitation/{offer.id}"
        page = await client(juror.person)
        for place in ("/", "/commissions"):
            html = (await page.get(place)).text
            assert (f'href="{url}"' in html, "On vous propose un siège" in html) == (True, True)
        html = (await page.get(url)).text
        for said in (scene.call.title, "Ville de Lille", "Habitants", "Membre", "Déclarer vos liens"):
            assert said in html
        assert (await page.get(f"/commissions/{scene.call.id}")).status_code == 404  # reading gave nothing
        other = await client(stranger.person)
        assert (await other.get(url)).status_code == 404
        assert (await other.post(url + "/accord")).status_code == 404
        assert "On vous propose un siège" not in (await other.get("/")).text
        assert (await (await client(None)).get(url)).headers["location"].startswith("/connexion?suite=")
        assert await seats(db) == 0
        assert (await page.post(url + "/accord")).headers["location"] == f"/commissions/{scene.call.id}"
        assert (await page.post(url + "/accord")).status_code == 409
        assert (await page.get(f"/commissions/{scene.call.id}")).status_code == 200
    assert await seats(db) == 1


async def test_the_panel_page_shows_offers_to_staff_alone_with_their_answers(db: Any, client: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=0), jurors=1)
    no, late = await calls_make.side(db), await calls_make.side(db)
    with make.afterwards():
        lapsed = await offered(db, scene, late, SeatTerms("expert"))
    with clock.at(make.AFTER + timedelta(days=22)):
        declined = await offered(db, scene, no, SeatTerms("residents"))
        page = await client(no.person)
        answer = await page.post(
            f"/commissions/invitation/{declined.id}/refus", data={"reason": "Trop loin de chez moi."}
        )
        assert answer.headers["location"] == "/commissions"
        staff, juror = await client(scene.city.person), await client(scene.jurors[0].person)
        for url in (f"/commissions/{scene.call.id}", f"/commissions/{scene.call.id}/composition"):
            html = (await staff.get(url)).text
            assert ("Trop loin de chez moi." in html, "Siège décliné" in html, "Sans réponse" in html) == (True,) * 3
            assert html.count("Relancer<") == 1
        assert late.person.email not in (await juror.get(f"/commissions/{scene.call.id}")).text
        base = f"/commissions/{scene.call.id}/invitations/{lapsed.id}"
        sent = await staff.post(base + "/relance", data={"retour": "commission"})
        assert sent.headers["location"] == f"/commissions/{scene.call.id}"
        assert (await juror.post(base + "/retrait")).status_code == 404
        assert (await staff.post(base + "/retrait")).headers["location"] == f"/commissions/{scene.call.id}/composition"
        html = (await staff.get(f"/commissions/{scene.call.id}")).text
        assert (late.person.email in html, no.person.email in html) == (False, True)
        back = await make.sit(db, scene.city, scene.call, no, SeatTerms("residents"))
        await db.commit()
        assert "Siège décliné" not in (await staff.get(f"/commissions/{scene.call.id}")).text
    assert back.user_id == no.person.id


async def test_the_query_of_open_offers_says_what_the_state_says(db: Any) -> None:
    scene = await a_panel(db)
    now, past, coming = make.AFTER, make.AFTER - timedelta(days=1), make.AFTER + timedelta(days=1)
    ends = {"accepted": "accepted_at", "declined": "declined_at", "revoked": "revoked_at"}
    panel_id = (await db.execute(select(Panel.id).where(Panel.call_id == scene.call.id))).scalar_one()
    for state in STATES:
        person = await people.user(db)
        offer = SeatInvitation(
            panel_id=panel_id, email=person.email, user_id=person.id, college="expert", created_at=past,
            created_by_id=scene.city.person.id, expires_at=past if state == "expired" else coming,
            **({ends[state]: past} if state in ends else {}),
        )  # fmt: skip
        db.add(offer)
        await db.flush()
        with clock.at(now):
            open_now = (await db.execute(queries.seats_offered(people.acting(person)))).all()
        assert (state_of(offer, now), bool(open_now)) == (state, state == "pending")
    await db.execute(update(Call).values(cancelled_at=now, cancel_reason="x"))
