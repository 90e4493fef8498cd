"""A direct award, from the deposited file to the prepared letter: no panel, no marks, no minutes, always a motive.

The ground is the one the call published (CG3P art. L2122-1-2 and L2122-1-3; a private owner's own choice otherwise). The
same engine, with the same independent checker, says whether the structure can hold the lot: requirements of its file, room
left, days. What follows is that of any decision: letter, release, offer, title, appeals.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import decisions, proposals, queries
from allocation.assignment import inputs as frozen
from allocation.assignment.inputs import Inputs
from allocation.assignment.models import Decision, Lock
from allocation.selection.models import Admissibility, Panel
from calls.applications import submitted_of
from calls.legality import EXEMPTION_ARTICLES, Exemption
from calls.models import Application, Call, CallVersion
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _

SHORTEST = 20  # characters of a motive


@dataclass(frozen=True)
class File:
    """The one file of a direct award, with what has been decided of it."""

    application: Application
    panel: Panel | None
    admissibility: Admissibility | None
    decision: Decision | None

    @property
    def opened(self) -> bool:
        return bool(self.panel and self.panel.opened_at)

    @property
    def admissible(self) -> bool | None:
        return self.admissibility.admissible if self.admissibility else None


async def file_of(db: AsyncSession, call: Call) -> File | None:
    """None while the structure has not deposited."""
    found = await db.execute(
        submitted_of(call)
        .add_columns(Panel, Admissibility, Decision)
        .outerjoin(Panel, Panel.call_id == Application.call_id)
        .outerjoin(Admissibility, Admissibility.application_id == Application.id)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .execution_options(populate_existing=True)
    )
    row = found.first()
    return File(*row) if row else None


async def receive(db: AsyncSession, actor: Actor, call: Call) -> None:
    """Open the deposited file. Nobody else can apply, so the deposit closes with it. Opening twice is opening once."""
    POLICY.check(actor, "direct.receive", call)
    await _lock(db, call)
    POLICY.check(actor, "direct.receive", call)
    file = await file_of(db, call)
    if file is None:
        raise Refused(
            _("La structure n’a pas encore déposé son dossier."), _("Elle a jusqu’à la clôture pour le faire.")
        )
    if file.opened:
        return
    now = clock.now()
    early = call.closes_at is not None and call.closes_at > now
    if early:
        call.closes_at = now
    panel = file.panel or Panel(call_id=call.id, created_by_id=actor.user_id, created_at=now)
    panel.opened_at, panel.opened_by_id = now, actor.user_id
    db.add(panel)
    await db.flush()
    facts: dict[str, object] = {
        "label": file.application.label,
        "sha256": file.application.content_sha256,
        "closed_early": early,
    }
    await _record(db, actor, call, "direct.receive", facts)


async def choices(db: AsyncSession, call: Call) -> list[tuple[int, str, str]]:
    """(lot id, lot, why it cannot be held or nothing) for each lot the structure asked for, in its order."""
    inputs = await frozen.gather(db, call)
    (candidate,) = inputs.candidates.values()
    names = {offered.lot.id: key for key, offered in inputs.lots.items()}
    found = []
    for wish in candidate.wishes:
        if (key := names.get(wish.lot_id)) is not None:
            against = inputs.obstacles.get((candidate.application.label, key), ())
            found.append(
                (wish.lot_id, f"{key} ({inputs.lots[key].lot.name})", " ".join(_(o.sentence) for o in against))
            )
    return found


async def decide(db: AsyncSession, actor: Actor, call: Call, *, lot_id: int | None, motive: str) -> Decision:
    """Prepare the decision: this lot, or no place when `lot_id` is None. Nothing leaves before the release.

    Refused without a motive, before the file is examined, for an inadmissible file, or when the lot cannot be held.
    """
    POLICY.check(actor, "direct.decide", call)
    await _lock(db, call)
    POLICY.check(actor, "direct.decide", call)
    motive = motive.strip()
    if len(motive) < SHORTEST:
        raise Refused(_("Écrivez le motif : il figure dans la lettre."))
    file = await file_of(db, call)
    if file is None or not file.opened:
        raise Refused(_("Le dossier n’est pas encore ouvert."), _("Ouvrez-le, puis examinez-le."))
    if file.admissible is None or (lot_id is not None and not file.admissible):
        raise Refused(
            _("Une place ne s’attribue qu’à un dossier recevable."), _("Décidez d’abord de la recevabilité du dossier.")
        )
    inputs = await _impose(db, actor, call, file.application, lot_id, motive)
    proposal, _made = await proposals.make(db, actor, call, "fair")
    if proposal.findings:
        raise Refused(_("Le vérificateur indépendant n’est pas d’accord : cette décision ne peut pas être préparée."))
    proposal.retained_at, proposal.retained_by_id = clock.now(), actor.user_id
    await db.flush()
    await decisions.prepare(db, call, proposal, inputs)
    decision = (await db.execute(select(Decision).where(Decision.application_id == file.application.id))).scalar_one()
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    decision.motive = "\n\n".join([*([] if decision.outcome != "awarded" else grounds(version)), motive])
    await db.flush()
    facts = {"outcome": decision.outcome, "lot": decision.lot_id, "area": str(decision.area), "motive": motive}
    await _record(db, actor, call, "direct.decide", facts | {"proposal": proposals.facts_of(proposal)})
    return decision


async def _impose(
    db: AsyncSession, actor: Actor, call: Call, application: Application, lot_id: int | None, motive: str
) -> Inputs:
    """The choice as locks of the assignment: on that lot, or on none of those asked for. Gives the data with them."""
    call.ranked_at = clock.now()
    await db.flush()
    offered = await choices(db, call)
    if lot_id is not None:
        against = next((why for id, _name, why in offered if id == lot_id), None)
        if against is None:
            raise Refused(_("La structure n’a pas demandé ce lot."), _("Choisissez un lot parmi ses vœux."))
        if against:
            raise Refused(against, _("Le dossier ou l’appel doit changer avant que ce lot puisse être attribué."))
    lots, kind = ([lot_id], "must") if lot_id is not None else ([id for id, _n, _w in offered], "never")
    db.add_all(
        Lock(
            call_id=call.id, application_id=application.id, lot_id=one, kind=kind, motive=motive,
            created_at=clock.now(), created_by_id=actor.user_id,
        )
        for one in lots
    )  # fmt: skip
    await db.flush()
    return await frozen.gather(db, call)


def grounds(version: CallVersion) -> list[str]:
    """The published ground of the award, as the letter says it (French, like every letter)."""
    said = []
    if version.exemption:
        ground = Exemption(version.exemption)
        said.append(
            f"Attribution directe, sans procédure de sélection : {ground.label} ({EXEMPTION_ARTICLES[ground]})."
        )
    else:
        said.append("Attribution directe, sans procédure de sélection, pour le motif publié avec l’appel.")
    return [*said, version.direct_ground.strip()] if version.direct_ground.strip() else said


async def undo(db: AsyncSession, actor: Actor, call: Call) -> None:
    """Take the prepared decision back before it leaves; the journal keeps it. Undoing twice changes nothing."""
    POLICY.check(actor, "direct.undo", call)
    await _lock(db, call)
    POLICY.check(actor, "direct.undo", call)
    proposal = await proposals.retained(db, call)
    if proposal is None:
        return
    proposal.retained_at = proposal.retained_by_id = None
    await db.execute(delete(Decision).where(Decision.call_id == call.id, Decision.released_at.is_(None)))
    for lock in (await db.execute(queries.locks_in_force(call.id).with_for_update())).scalars():
        lock.lifted_at, lock.lifted_by_id, lock.lift_motive = clock.now(), actor.user_id, "Décision reprise."
    call.ranked_at = None
    await db.flush()
    await _record(db, actor, call, "direct.undo", {"proposal": proposal.number})


async def _lock(db: AsyncSession, call: Call) -> None:
    await db.execute(select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True))
    if call.kind != "direct":
        raise Refused(_("Cet appel n’est pas une attribution directe."), _("Il passe par une commission."))


async def _record(db: AsyncSession, actor: Actor, call: Call, action: str, facts: dict[str, object]) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
