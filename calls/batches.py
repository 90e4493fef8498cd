"""Batches of a rolling call: files deposited so far are examined and decided while the call goes on taking others.

A batch is a call of its own, with the frozen text, lots and grid of the rolling one: it is sealed, opened, marked, ranked
and answered like any other, so every rule of the panel and of the letters holds. Everything deposited by the instant of the
act is in it, nobody picks: taken after each deposit, files are examined one by one.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, drafts, draw, mails, openings, queries, readiness
from calls.applications import submitted_of
from calls.drafts import CriterionLine, lock
from calls.lot_terms import terms_of
from calls.models import Call, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.verdicts import Verdict, blocking

# The selection room, above, gives the batch the panel of the one before: (db, actor, rolling call, batch).
GATHERED: list[Callable[[AsyncSession, Actor, Call, Call], Awaitable[None]]] = []


async def of_call(db: AsyncSession, call: Call) -> list[Call]:
    """Batches taken so far, the first one first."""
    found = await db.execute(select(Call).where(Call.batch_of_id == call.id).order_by(Call.id))
    return list(found.scalars())


async def waiting(db: AsyncSession, call: Call) -> int:
    """Files deposited since the last batch."""
    found = submitted_of(call).with_only_columns(func.count()).order_by(None)
    return int((await db.execute(found)).scalar_one())


async def gather(
    db: AsyncSession, actor: Actor, call: Call, *, decision_on: date | None, occupation_from: date | None
) -> Call:
    """Take every deposited file into a batch, closed at this instant; the call stays open. Each applicant is told.

    `decision_on` and `occupation_from` are the batch's own. Raises Refused when the call is not a rolling one, when no
    file is waiting, or when the dates are out of order.
    """
    POLICY.check(actor, "calls.gather", call)
    call = await lock(db, call)
    POLICY.check(actor, "calls.gather", call)
    if call.kind != "rolling":
        raise Refused(_("Seul un appel au fil de l’eau se relève avant sa clôture."))
    files = list((await db.execute(submitted_of(call).with_for_update())).scalars())
    if not files:
        raise Refused(_("Aucun dossier n’a été déposé depuis la dernière relève."))
    number = len(await of_call(db, call)) + 1
    now = clock.now()
    batch = Call(
        organiser_id=call.organiser_id, delegate_id=call.delegate_id, co_organiser_ids=call.co_organiser_ids,
        title=f"{call.title}, relève {number}", created_by_id=actor.user_id, created_at=now, opened_at=call.opened_at,
        closes_at=now, batch_of_id=call.id, demo=call.demo,
    )  # fmt: skip
    db.add(batch)
    await db.flush()
    version = await _version(db, call, batch, decision_on, occupation_from)
    for application in files:
        application.call_id = batch.id
    await db.flush()
    for hook in GATHERED:
        await hook(db, actor, call, batch)
    told = await mails.gathered(db, call, batch, [a.organisation_id for a in files])
    await journal.record(
        db, chain=call.chain, action="calls.gather", subject=f"call:{batch.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
        facts={
            "number": number, "content_sha256": version.content_sha256, "draw_commitment": version.draw_commitment,
            "files": [{"number": a.number, "sha256": a.content_sha256} for a in files], "told": told,
        },
    )  # fmt: skip
    return batch


async def _version(
    db: AsyncSession, call: Call, batch: Call, decision_on: date | None, occupation_from: date | None
) -> CallVersion:
    """The text in force, with the batch's dates and a seed of its own, frozen at once."""
    current = (await db.execute(queries.current_version(call.id))).scalar_one()
    copied = {name: getattr(current, name) for name in drafts.VERSION_FIELDS}
    own = {
        "decision_on": decision_on,
        "occupation_from": occupation_from,
        "questions_until": None,
        "answers_until": None,
    }
    seed = secrets.token_hex(32)
    version = CallVersion(
        call_id=batch.id, number=1, justifications=current.justifications, draw_seed=seed,
        draw_commitment=draw.commit(seed), closes_at=batch.closes_at, **copied | own,
    )  # fmt: skip
    db.add(version)
    await db.flush()
    lots, criteria = await openings.parts(db, current)
    db.add_all(drafts.lot_row(version, row.lot_id, terms_of(row)) for row, _lot, _place in lots)
    await drafts.set_criteria(db, version, [CriterionLine(c.label, c.weight, c.description, c.floor) for c in criteria])
    own_lots, own_criteria = await openings.parts(db, version)
    assert call.opened_at is not None
    draft = openings.draft_of(batch, version, own_lots, own_criteria, call.opened_at)
    if refused := blocking([*readiness.dates_in_order(draft), *_entry(draft), *readiness.lots_available(draft)]):
        raise Refused(refused[0].message_fr, refused[0].way_out_fr)
    version.content = content.plain(openings.version_content(batch, version, own_lots, own_criteria))
    version.content_sha256 = content.sha256_of(version.content)
    version.frozen_at = batch.closes_at
    await db.flush()
    return version


def _entry(draft: readiness.Draft) -> list[Verdict]:
    if draft.occupation_from:
        return []
    return [
        readiness.DATES.block(_("La date d’entrée dans les lieux manque."), _("Indiquez le premier jour d’occupation."))
    ]


async def rolling_of(db: AsyncSession, batch: Call) -> Call | None:
    """The rolling call a batch was taken from."""
    if batch.batch_of_id is None:
        return None
    return (await db.execute(select(Call).where(Call.id == batch.batch_of_id))).scalar_one()


def proposed_dates(version: CallVersion, now: datetime) -> tuple[date | None, date | None]:
    """(decision, entry) as announced by the call, unless they are past."""
    today = now.astimezone(clock.PARIS).date()
    decision, entry = version.decision_on, version.occupation_from
    return decision if decision and decision > today else None, entry if entry and entry > today else None
