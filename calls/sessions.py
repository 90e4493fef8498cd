"""Sessions of a recurring or rolling call (TempO': three to seven sites a year): the next one starts from the last.

A session is a call of its own: it keeps its lots, its grid, its files and its decisions, and says which one it follows.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import drafts, openings, queries
from calls.drafts import CriterionLine, lock
from calls.lot_terms import terms_of
from calls.models import Call, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.months import add_months

REPEATABLE = frozenset({"rolling", "recurring"})
NOT_COPIED = frozenset({"occupation_from", "occupation_until", "decision_on", "questions_until", "answers_until"})
ROLLING_DAYS = 90  # a session of a rolling call, unless its organiser writes another closing


def _later(day: date | None, months: int) -> date | None:
    return add_months(day, months) if day else None


async def next_session(db: AsyncSession, actor: Actor, call: Call) -> Call:
    """The draft of the following session: same text and grid, dates moved, lots still on offer. Twice gives the same one.

    A recurring call moves by a year; a rolling one takes over at the closing of the last.
    """
    POLICY.check(actor, "calls.repeat", call)
    call = await lock(db, call)
    if call.kind not in REPEATABLE:
        raise Refused(_("Cet appel n’a pas de session suivante."), _("Préparez un nouvel appel."))
    if existing := (await db.execute(select(Call).where(Call.follows_id == call.id))).scalar_one_or_none():
        return existing
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    lots, criteria = await openings.parts(db, version)
    made = Call(
        organiser_id=call.organiser_id, delegate_id=call.delegate_id, co_organiser_ids=call.co_organiser_ids,
        kind=call.kind, title=call.title, created_by_id=actor.user_id, created_at=clock.now(), follows_id=call.id,
        closes_at=_closing(call), demo=call.demo,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    copied = {name: getattr(version, name) for name in drafts.VERSION_FIELDS if name not in NOT_COPIED}
    draft = CallVersion(call_id=made.id, number=1, **copied, **_dates(call, version))
    db.add(draft)
    await db.flush()
    owners = [call.organiser_id, *call.co_organiser_ids]
    offered = {lot.id for i in owners for lot, _place in (await db.execute(queries.lots_to_offer(i))).all()}
    kept = {lot.id: terms_of(row) for row, lot, _place in lots if lot.id in offered}
    await drafts.set_lots(db, owners, draft, kept)
    await drafts.set_criteria(db, draft, [CriterionLine(c.label, c.weight, c.description, c.floor) for c in criteria])
    await journal.record(
        db, chain=made.chain, action="calls.repeat", subject=f"call:{made.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"follows": call.id, "lots": sorted(kept)},
    )  # fmt: skip
    return made


def _closing(call: Call) -> datetime | None:
    if call.closes_at is None:
        return None
    local = call.closes_at.astimezone(clock.PARIS)
    if call.kind == "rolling":
        return max(local, clock.now().astimezone(clock.PARIS)) + timedelta(days=ROLLING_DAYS)
    return datetime.combine(add_months(local.date(), 12), local.time(), tzinfo=clock.PARIS)


def _dates(call: Call, version: CallVersion) -> dict[str, Any]:
    months = 12 if call.kind == "recurring" else ROLLING_DAYS // 30
    return {
        name: _later(getattr(version, name), months) for name in ("occupation_from", "occupation_until", "decision_on")
    }


async def series(db: AsyncSession, actor: Actor, call: Call) -> list[Call]:
    """The sessions that come before and after, oldest first, as far as this person may see them (walked two ways)."""
    found, at = [call], call
    while at.follows_id and len(found) < 30:
        before = await db.execute(queries.calls_visible_to(actor).where(Call.id == at.follows_id))
        if (earlier := before.scalar_one_or_none()) is None:
            break
        found.insert(0, earlier)
        at = earlier
    at = call
    while len(found) < 30:
        after = await db.execute(queries.calls_visible_to(actor).where(Call.follows_id == at.id))
        if (later := after.scalar_one_or_none()) is None:
            break
        found.append(later)
        at = later
    return found
