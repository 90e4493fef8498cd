"""Everything the minutes of a call say, as one JSON document: the selection's record, the proposal, what people changed."""

import json
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import queries
from allocation.assignment.models import Lock, Proposal
from allocation.selection.models import Panel
from allocation.selection.records import Facts, at, record_of
from calls.models import Application, Call
from intervalle.accounts.models import Organisation, User
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.journal import JournalEntry

METHODS = {"fair": "équitable", "merit": "par ordre de note", "total": "plus de points"}


def fingerprint(facts: Facts) -> str:
    """The hash of the facts, spelled in the one canonical way (RFC 8785)."""
    return sha256(rfc8785.dumps(facts)).hexdigest()


async def gather(db: AsyncSession, call: Call) -> Facts:
    """The facts as they stand. Refused before a proposal is retained: the minutes end on it."""
    panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one_or_none()
    proposal = (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none()
    if panel is None or call.ranked_at is None:
        raise Refused(_("La commission n’a pas encore arrêté de classement."))
    if proposal is None:
        raise Refused(
            _("Aucune proposition n’est retenue pour cet appel."),
            _("Retenez une proposition : le procès-verbal se termine sur elle."),
        )
    organiser = await db.get_one(Organisation, call.organiser_id)
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    lots = [(lot, premises) for lot, premises in await db.execute(queries.offered_lots(version.id))]
    return {
        "call": {
            "id": call.id, "title": call.title, "organiser": organiser.name, "address": organiser.address or "",
            "opened_at": at(call.opened_at), "closes_at": at(call.closes_at), "ranked_at": at(call.ranked_at),
            "lots": [
                {"label": lot.label, "name": lot.name, "area": str(lot.area), "premises": premises.name}
                for lot, premises in lots
            ],
        },
        "selection": await record_of(db, call, panel),
        "proposal": await _proposal(db, proposal),
        "locks": await _locks(db, call, {lot.id: lot.label for lot, _premises in lots}),
        "reversals": await _reversals(db, call),
        "decisions": await _decisions(db, call, {lot.id: lot.label for lot, _premises in lots}),
    }  # fmt: skip


async def _proposal(db: AsyncSession, proposal: Proposal) -> Facts:
    result: dict[str, Any] = json.loads(proposal.result)
    people = {proposal.created_by_id, proposal.retained_by_id} - {None}
    names = {user.id: user.name for user in (await db.execute(select(User).where(User.id.in_(people)))).scalars()}
    return {
        "id": proposal.id, "number": proposal.number, "method": METHODS[proposal.method], "status": proposal.status,
        "engine": proposal.engine, "input_sha256": proposal.input_sha256, "result_sha256": proposal.result_sha256,
        "run_at": at(proposal.created_at), "run_by": names.get(proposal.created_by_id or 0, ""),
        "retained_at": at(proposal.retained_at), "retained_by": names.get(proposal.retained_by_id or 0, ""),
        "exceptions": [
            {"file": row["application"], "lot": row["lot"], "because": str(row["because"])} for row in result["exceptions"]
        ],
    }  # fmt: skip


async def _locks(db: AsyncSession, call: Call, lots: dict[int, str]) -> list[Facts]:
    rows = await db.execute(
        select(Lock, Application, User.name)
        .join(Application, Application.id == Lock.application_id)
        .outerjoin(User, User.id == Lock.created_by_id)
        .where(Lock.call_id == call.id)
        .order_by(Lock.id)
    )
    return [
        {
            "file": application.label, "lot": lots.get(lock.lot_id, ""), "kind": lock.kind, "motive": lock.motive,
            "by": name or "", "at": at(lock.created_at), "lifted_at": at(lock.lifted_at),
            "lift_motive": lock.lift_motive or "",
        }
        for lock, application, name in rows
    ]  # fmt: skip


async def _reversals(db: AsyncSession, call: Call) -> list[Facts]:
    """Choices of a proposal gone back on, with the motive written that day."""
    rows = await db.execute(
        select(JournalEntry.facts, JournalEntry.at)
        .where(JournalEntry.chain == call.chain, JournalEntry.action == "proposals.reopen")
        .order_by(JournalEntry.number)
    )
    return [{"number": facts["number"], "motive": facts["motive"], "at": at(when)} for facts, when in rows]


async def _decisions(db: AsyncSession, call: Call, lots: dict[int, str]) -> list[Facts]:
    rows = await db.execute(queries.decisions_of(call.id))
    return [
        {
            "file": application.label, "name": organisation.name, "outcome": decision.outcome,
            "lot": lots.get(decision.lot_id, "") if decision.lot_id else "",
            "area": str(decision.area) if decision.area is not None else "",
        }
        for decision, application, organisation in rows
    ]  # fmt: skip
