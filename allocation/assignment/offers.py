"""Awards as offers: accepted, declined or left to expire; the next in line is then called, once, from the frozen data."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import letters, posting, queries, standing, succession
from allocation.assignment.mails import offer_mail
from allocation.assignment.models import Award, Decision
from allocation.assignment.recipients import recipient_of
from allocation.assignment.succession import Successor
from calls.models import Application, Call
from intervalle import clock, files, journal, mail
from intervalle.accounts.actor import SYSTEM, Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.french import long_date
from intervalle.pdf import render_pdf
from premises.models import Lot

Keys = Mapping[str, Mapping[str, int]]


async def answer(db: AsyncSession, actor: Actor, award: Award, *, accepted: bool) -> None:
    """The structure takes its place or gives it up. The same answer twice is one answer; the other one is refused."""
    call = await _lock(db, award)
    if (award.accepted_at if accepted else award.declined_at) is not None:
        return
    POLICY.check(actor, "awards.answer", award)
    now = clock.now()
    if accepted:
        award.accepted_at = now
    else:
        award.declined_at = now
    award.answered_by_id = actor.user_id
    called = None if accepted else await _call_next(db, call, award, now)
    await _record(db, actor, call, award, "awards.accept" if accepted else "awards.decline", called)


async def expire_due(db: AsyncSession) -> int:
    """Offers whose time is over and that nobody answered: call the next in line of each, once. Gives how many."""
    due = (
        select(Award.id)
        .where(
            Award.released_at.is_not(None), Award.accepted_at.is_(None), Award.declined_at.is_(None),
            Award.lapsed_at.is_(None), Award.offer_expires_at <= clock.now(),
        )
        .order_by(Award.id)
    )  # fmt: skip
    done = 0
    for id in list((await db.execute(due)).scalars()):
        award = await db.get_one(Award, id)
        call = await _lock(db, award)
        if award.lapsed_at or award.stage() != "expired":
            continue
        called = await _call_next(db, call, award, clock.now())
        await _record(db, SYSTEM, call, award, "awards.expire", called)
        done += 1
    return done


async def _lock(db: AsyncSession, award: Award) -> Call:
    """Every award of the call, in order of id: two leavers never call the same successor."""
    rows = queries.awards_of(award.call_id).with_for_update().execution_options(populate_existing=True)
    await db.execute(rows)
    return await db.get_one(Call, award.call_id)


async def _call_next(db: AsyncSession, call: Call, award: Award, now: datetime) -> Award | None:
    award.lapsed_at = now
    problem, keys = await standing.documents_in_force(db, call)
    found = await _successor(db, call, award, keys, problem)
    if found is None:
        await db.flush()
        return None
    application = await db.get_one(Application, keys["applications"][found.application])
    offered = await _offer(db, call, award, application, found, problem, now)
    organisation = await db.get_one(Organisation, application.organisation_id)
    to, user_id = await recipient_of(db, application, organisation)
    lot = await db.get_one(Lot, award.lot_id)
    why = await _why(db, call, award, application, lot)
    subject, text = offer_mail(call, application, organisation, lot, offered, why=why)
    offered.letter_file_id = await _letter(db, call, application, organisation, offered, why)
    await mail.post(
        db, to=to, user_id=user_id, subject=subject, text=text, kind="offer", dedupe=f"award:{offered.id}", about=f"application:{application.id}",
        attachment_id=offered.letter_file_id,
    )  # fmt: skip
    return offered


async def _why(db: AsyncSession, call: Call, left: Award, application: Application, lot: Lot) -> str:
    """Where the file stood, and how the place came free. Whoever is called was not always on the list the letters named:
    that list says who comes first, the frozen data say who comes after."""
    one = (await standing.of_call(db, call))[application.id]
    stood = (
        "Votre candidature était inscrite sur la liste de réserve."
        if one.decision_in_force == "reserve"
        else "Votre candidature n’avait pas été retenue jusqu’ici."
    )
    gone = "a renoncé à sa place" if left.declined_at else "n’a pas répondu à temps pour sa place"
    return f"{stood} Une structure {gone} au lot {lot.label} ({lot.name})."


async def _letter(
    db: AsyncSession, call: Call, application: Application, organisation: Organisation, offered: Award, why: str
) -> int | None:
    """The offer as a letter: the same words, remedies and signatory as an award decided the first day."""
    found = await db.execute(select(Decision).where(Decision.application_id == application.id))
    decision = found.scalar_one_or_none()
    if decision is None or not decision.signatory:
        return None
    setting = await letters.setting_of(db, call)
    told_on = long_date(decision.released_at.astimezone(clock.PARIS).date()) if decision.released_at else ""
    motive = (
        f"{why} Parmi celles qui l’avaient demandé et peuvent l’occuper, votre candidature est la mieux classée.\n\n"
        f"La décision du {told_on}, que cette proposition remplace si vous l’acceptez, disait ceci.\n\n{decision.motive}"
    )
    as_awarded = Decision(
        outcome="awarded", lot_id=offered.lot_id, area=offered.area, motive=motive, remedies=decision.remedies,
        signatory=decision.signatory, released_at=offered.released_at,
    )  # fmt: skip
    pdf = await render_pdf(letters.draw(setting, as_awarded, application, organisation))
    stored = await files.keep(
        db, name=f"Proposition {application.label} {organisation.name}.pdf", content=pdf, content_type="application/pdf",
        audience="parties", scan="own", owner_id=organisation.id,
    )  # fmt: skip
    return stored.id


async def _offer(
    db: AsyncSession, call: Call, award: Award, application: Application, found: Successor, problem: dict[str, Any],
    now: datetime,
) -> Award:  # fmt: skip
    row = next(row for row in problem["applications"] if row["id"] == found.application)
    lot = await db.get_one(Lot, award.lot_id)
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    score = Decimal(str(row["scores"][found.lot]))
    offered = posting.award(version, application, lot, found.area, week=row["slots"], score=score, at=now)
    offered.succeeds_id = award.id
    db.add(offered)
    await db.flush()
    return offered


async def _successor(
    db: AsyncSession, call: Call, leaver: Award, keys: Keys, problem: dict[str, Any]
) -> Successor | None:
    """Who still holds what, who let a place go; solved in a thread."""
    labels = {id: key for key, id in keys["applications"].items()}
    lots = {id: key for key, id in keys["lots"].items()}
    held: dict[str, tuple[str, Decimal]] = {}
    gone = set(await _withdrawn(db, keys))
    for award in (await db.execute(queries.awards_of(call.id))).scalars():
        id = labels[award.application_id]
        if award.id == leaver.id or award.stage() in ("offered", "accepted"):
            held[id] = (lots[award.lot_id], award.area)
        else:
            gone.add(id)
    leaver_id = labels[leaver.application_id]
    return await asyncio.to_thread(succession.successor, problem, held, leaver_id, gone - held.keys())


async def _withdrawn(db: AsyncSession, keys: Keys) -> list[str]:
    ids = keys["applications"]
    found = await db.execute(
        select(Application.id).where(Application.id.in_(ids.values()), Application.withdrawn_at.is_not(None))
    )
    left = set(found.scalars())
    return [key for key, id in ids.items() if id in left]


async def _record(db: AsyncSession, actor: Actor, call: Call, award: Award, action: str, called: Award | None) -> None:
    facts = {"application": award.application_id, "lot": award.lot_id}
    if called:
        facts |= {"called_application": called.application_id, "called_award": called.id}
    await journal.record(
        db, chain=call.chain, action=action, subject=f"award:{award.id}", facts=facts, actor_id=actor.user_id,
        organisation_id=award.organisation_id,
    )  # fmt: skip


def hold(award: Award) -> None:
    """For the room above, the row locked: a title is being drawn up, so the place no longer lapses for want of an answer.

    Refused when it was given up already: somebody else may hold it.
    """
    if award.stage() in ("declined", "expired", "withdrawn"):
        raise Refused(
            "Cette place a été rendue ou reprise, ou son délai de réponse est passé.",
            "La place est proposée à la structure suivante de la liste de réserve.",
        )
    award.offer_expires_at = None
