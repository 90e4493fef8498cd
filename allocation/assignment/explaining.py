"""What would have been enough, for everyone left out: begun with the proposal, finished by the worker.

Each answer solves the whole call again some ten times. The proposal is stored with what a few seconds gave; the rest follows
in rounds, each written under the call's lock with its own entry of the journal, until everyone is told or the proposal is
retained: a letter is prepared from what is known then, and says nothing of what is not.
"""

import asyncio
import json
import time
from collections.abc import Collection
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.check import check
from allocation.assignment.models import Proposal
from allocation.assignment.problem import parse
from allocation.assignment.proposals import explain_later, facts_of, untold
from allocation.assignment.solver import tell_more
from calls.models import Call
from intervalle import clock, journal

ROUND = 15.0  # seconds of computation between two writings: what the page shows as progress
QUESTION = 15.0  # seconds for one « would it then be placed? »; past that, nothing is said of the application


async def go_on(db: AsyncSession, proposal_id: int, unknown: Collection[str] = ()) -> None:
    """One round. `unknown`: applications whose answer could not be proven in time before; they are left untold."""
    proposal = await _unfinished(db, proposal_id)
    if proposal is None:
        return
    problem, before = json.loads(proposal.input), proposal.result
    until = time.monotonic() + ROUND
    result, asked = await asyncio.to_thread(
        tell_more, parse(problem), json.loads(before), unknown, QUESTION, lambda: time.monotonic() < until
    )
    call = select(Call).where(Call.id == proposal.call_id).with_for_update()
    held = (await db.execute(call.execution_options(populate_existing=True))).scalar_one()
    fresh = await _unfinished(db, proposal_id)
    if fresh is None or fresh.result != before:
        return  # retained meanwhile, or another worker was quicker
    left = set(untold(result))
    unknown = set(unknown) | (left & asked)
    await _write(db, held, fresh, problem, result, len(left), done=left <= unknown)
    if not left <= unknown:
        await explain_later(db, fresh, unknown)


async def _unfinished(db: AsyncSession, proposal_id: int) -> Proposal | None:
    """The proposal while somebody is left to tell and nobody has retained it."""
    found = await db.execute(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.explained_at.is_(None), Proposal.retained_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def _write(
    db: AsyncSession, call: Call, proposal: Proposal, problem: Any, result: dict[str, Any], left: int, *, done: bool
) -> None:
    stored = rfc8785.dumps(result)
    proposal.result, proposal.result_sha256 = stored.decode(), sha256(stored).hexdigest()
    proposal.findings = "\n".join(check(problem, json.loads(stored)))
    proposal.explained_at = clock.now() if done else None
    await db.flush()
    await journal.record(
        db, chain=call.chain, action="proposals.explain", subject=f"proposal:{proposal.id}",
        organisation_id=call.organiser_id, facts=facts_of(proposal) | {"untold": left},
    )  # fmt: skip
