"""The panel's hand on the assignment: fix a line, forbid a lot, lift a choice. Each act has an author, a motive of ten
characters at least, and makes the next proposal; a fixed line is left untouched by the computation."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import inputs as frozen
from allocation.assignment import proposals
from allocation.assignment.models import Lock, Proposal
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from premises.models import Lot

SHORTEST_MOTIVE = 10


async def fix(
    db: AsyncSession, actor: Actor, call: Call, *, application: Application, lot: Lot, motive: str
) -> Proposal:
    """This application on this lot, whatever the scores say; replaces the hand-made choices it had before."""
    return await _put(db, actor, call, application, lot, "must", motive)


async def forbid(
    db: AsyncSession, actor: Actor, call: Call, *, application: Application, lot: Lot, motive: str
) -> Proposal:
    """This application never on this lot."""
    return await _put(db, actor, call, application, lot, "never", motive)


async def lift(db: AsyncSession, actor: Actor, lock: Lock, call: Call, *, motive: str) -> Proposal:
    """Give the line back to the computation. A choice already lifted stays as it was."""
    POLICY.check(actor, "proposals.override", call)
    motive = _motive(motive)
    await proposals.lock_call(db, call)
    proposals.refuse_after_retention(await proposals.retained(db, call))
    await db.refresh(lock, with_for_update=True)
    if lock.lifted_at:
        raise Refused("Ce choix est déjà levé.", "Rechargez la page pour voir la répartition.")
    lock.lifted_at, lock.lifted_by_id, lock.lift_motive = clock.now(), actor.user_id, motive
    await db.flush()
    proposal, _ = await proposals.make(db, actor, call, "fair")
    await _record(db, actor, call, "proposals.lift", lock, motive, proposal)
    return proposal


async def _put(
    db: AsyncSession, actor: Actor, call: Call, application: Application, lot: Lot, kind: str, motive: str
) -> Proposal:
    POLICY.check(actor, "proposals.override", call)
    motive = _motive(motive)
    await proposals.lock_call(db, call)
    proposals.refuse_after_retention(await proposals.retained(db, call))
    await _refuse_impossible(db, call, application, lot, kind)
    standing = (
        await db.execute(
            select(Lock).where(Lock.application_id == application.id, Lock.lifted_at.is_(None)).with_for_update()
        )
    ).scalars()
    for other in list(standing):
        if other.lot_id == lot.id and other.kind == kind:
            raise Refused("Ce choix est déjà en place.", "Rechargez la page pour voir la répartition.")
        # One lot per application: a new fixed line replaces the last; a forbidden lot only meets itself.
        if other.lot_id == lot.id or (kind == "must" and other.kind == "must"):
            other.lifted_at, other.lifted_by_id, other.lift_motive = clock.now(), actor.user_id, motive
    await db.flush()
    lock = Lock(
        call_id=call.id, application_id=application.id, lot_id=lot.id, kind=kind, motive=motive,
        created_at=clock.now(), created_by_id=actor.user_id,
    )  # fmt: skip
    db.add(lock)
    await db.flush()
    proposal, _ = await proposals.make(db, actor, call, "fair")
    await _record(db, actor, call, "proposals.override", lock, motive, proposal)
    return proposal


async def _refuse_impossible(db: AsyncSession, call: Call, application: Application, lot: Lot, kind: str) -> None:
    """A line can only be fixed on a lot the application asked for and could hold: a hand does not lift a requirement."""
    inputs = await frozen.gather(db, call)
    names = {offered.lot.id: key for key, offered in inputs.lots.items()}
    candidate = inputs.candidates.get(application.label)
    if candidate is None or candidate.application.id != application.id or lot.id not in names:
        raise Refused("Cette candidature ou ce lot n’entre pas dans la répartition de cet appel.")
    if kind == "must" and lot.id not in {wish.lot_id for wish in candidate.wishes}:
        raise Refused(
            _("%(name)s n’a pas demandé le lot %(lot)s.", name=candidate.organisation.name, lot=names[lot.id]),
            "Choisissez un lot parmi ses vœux.",
        )
    if kind == "must" and (found := inputs.obstacles.get((application.label, names[lot.id]))):
        name = candidate.organisation.name
        raise Refused(_("%(name)s ne peut pas occuper ce lot : %(why)s", name=name, why=_(found[0].sentence)))


def _motive(motive: str) -> str:
    motive = motive.strip()
    if len(motive) < SHORTEST_MOTIVE:
        raise Refused("Donnez un motif d’au moins 10 caractères : il figurera au procès-verbal.")
    return motive


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, lock: Lock, motive: str, proposal: Proposal
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"lock:{lock.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id,
        facts={"application": lock.application_id, "lot": lock.lot_id, "kind": lock.kind, "motive": motive,
               "proposal": proposals.facts_of(proposal)},
    )  # fmt: skip
