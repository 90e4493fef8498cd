"""Proposals: run the engine on the call's frozen data and keep exactly what went in and what came out.

The engine runs in a thread, before any row is locked: a run of some seconds holds up nobody. The row is written under the
call's lock, once the data has been read again and found unchanged.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import inputs as frozen
from allocation.assignment.check import check
from allocation.assignment.inputs import Inputs
from allocation.assignment.models import METHODS, Proposal
from allocation.assignment.problem import InvalidProblem, canonical, parse
from allocation.assignment.solver import solve, tell_more
from calls.models import Call
from intervalle import clock, jobs, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _

TIME_LIMIT = 20.0  # seconds for the proof; what is found by then is shown with its gap
EXPLAINING = 4.0  # seconds for what would have been enough, before the worker takes over (`explaining`)
CHANGED = "Les données ont changé pendant le calcul : une note, une candidature ou un choix manuel."


@dataclass(frozen=True)
class Run:
    """One computation: the two documents as bytes, what the checker says, how long it took."""

    method: str
    input: bytes
    result: bytes
    document: dict[str, Any]
    findings: tuple[str, ...]
    seconds: float

    @property
    def input_sha256(self) -> str:
        return sha256(self.input).hexdigest()


def compute(document: dict[str, Any], method: str, *, time_limit: float = TIME_LIMIT, explain: bool = True) -> Run:
    """Solve, explain and check. Counterfactuals solve the whole call again and again: those that do not fit in EXPLAINING
    seconds are left out, the document says so, and the worker goes on. Raises InvalidProblem, in French."""
    spelled = canonical(document)
    problem = parse(document)
    started = time.monotonic()
    result = solve(problem, method, time_limit, changes=False)
    seconds = time.monotonic() - started
    if explain and explainable(result):
        until = time.monotonic() + EXPLAINING
        result, _asked = tell_more(problem, result, (), EXPLAINING, lambda: time.monotonic() < until)
    findings = check(json.loads(spelled), json.loads(rfc8785.dumps(result)))
    return Run(method, spelled, rfc8785.dumps(result), result, tuple(findings), seconds)


def explainable(result: Mapping[str, Any]) -> bool:
    """Without a proof, "it would have been placed" cannot be told from a lucky search; other methods only compare."""
    return (result["method"], result["status"]) == ("fair", "optimal")


def untold(result: Mapping[str, Any]) -> list[str]:
    """Applications whose counterfactuals are still to be computed."""
    if not explainable(result):
        return []
    return [line["application"] for line in result["unplaced"] if line["counterfactuals"] is None]


def spell(document: dict[str, Any]) -> str:
    """The problem in its one canonical writing."""
    return canonical(document).decode()


async def run(db: AsyncSession, actor: Actor, call: Call, *, method: str = "fair") -> Proposal:
    """Make the next proposal of the call; the same data under the same method gives the proposal that exists already."""
    POLICY.check(actor, "proposals.run", call)
    proposal, made = await make(db, actor, call, method)
    if made:
        await journal.record(
            db, chain=call.chain, action="proposals.run", subject=f"proposal:{proposal.id}", facts=facts_of(proposal),
            actor_id=actor.user_id, organisation_id=call.organiser_id,
        )  # fmt: skip
    return proposal


async def compare(db: AsyncSession, actor: Actor, call: Call) -> list[Proposal]:
    """The three methods on the same data, for the side-by-side table."""
    return [await run(db, actor, call, method=method) for method in METHODS]


async def make(db: AsyncSession, actor: Actor, call: Call, method: str) -> tuple[Proposal, bool]:
    """Compute and keep, without journal: `run` and the verbs on locks record their own act."""
    if method not in METHODS:
        raise Refused("Cette méthode n’existe pas.")
    refuse_after_retention(await retained(db, call))
    inputs = await frozen.gather(db, call)
    try:
        done = await asyncio.to_thread(compute, inputs.document, method)
    except InvalidProblem as problem:
        raise Refused(str(problem)) from problem
    await lock_call(db, call)
    refuse_after_retention(await retained(db, call))
    again = await frozen.gather(db, call)
    if canonical(again.document) != done.input:
        raise Refused(CHANGED, "Relancez la répartition.")
    if same := await _same(db, call, done):
        return same, False
    return await _keep(db, actor, call, inputs, done), True


async def lock_call(db: AsyncSession, call: Call) -> None:
    """Hold the call's row to the end of the transaction and read it afresh: acts on an assignment go one at a time."""
    await db.execute(select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True))
    if call.stage() != "ranked":
        raise Refused(
            "Le classement n’est pas arrêté, ou les décisions sont déjà notifiées.",
            "Rechargez la page pour voir où en est l’appel.",
        )


async def retained(db: AsyncSession, call: Call) -> Proposal | None:
    found = await db.execute(
        select(Proposal)
        .where(Proposal.call_id == call.id, Proposal.retained_at.is_not(None))
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


def refuse_after_retention(retained: Proposal | None) -> None:
    if retained:
        raise Refused(
            _("La proposition nᵒ %(n)s est retenue : la répartition ne bouge plus.", n=retained.number),
            _("Revenez d’abord sur ce choix, avec un motif."),
        )


async def _same(db: AsyncSession, call: Call, done: Run) -> Proposal | None:
    """The last proposal on the same data by the same method, unless it was left unproven for lack of time."""
    found = await db.execute(
        select(Proposal)
        .where(
            Proposal.call_id == call.id,
            Proposal.input_sha256 == done.input_sha256,
            Proposal.method == done.method,
            Proposal.engine == done.document["engine"],
            Proposal.status == "optimal",
        )
        .order_by(Proposal.number.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def _keep(db: AsyncSession, actor: Actor, call: Call, inputs: Inputs, done: Run) -> Proposal:
    last = await db.scalar(select(func.max(Proposal.number)).where(Proposal.call_id == call.id))
    proposal = Proposal(
        call_id=call.id, number=(last or 0) + 1, method=done.method, input=done.input.decode(),
        input_sha256=done.input_sha256, result=done.result.decode(), result_sha256=sha256(done.result).hexdigest(),
        keys=inputs.keys, engine=done.document["engine"], status=done.document["status"],
        seconds=Decimal(repr(round(done.seconds, 3))), findings="\n".join(done.findings), created_at=clock.now(),
        created_by_id=actor.user_id, explained_at=None if untold(done.document) else clock.now(),
    )  # fmt: skip
    db.add(proposal)
    await db.flush()
    if proposal.explained_at is None:
        await explain_later(db, proposal)
    return proposal


async def explain_later(db: AsyncSession, proposal: Proposal, unknown: Iterable[str] = ()) -> None:
    """Queue a round of « what would have been enough », in this transaction."""
    from allocation.assignment.tasks import explain_proposal  # tasks run the verbs of this room

    await jobs.defer(db, explain_proposal, proposal_id=proposal.id, unknown=sorted(unknown))


def facts_of(proposal: Proposal) -> dict[str, Any]:
    """What the journal keeps of a proposal: enough to show that the stored documents are those of the act."""
    return {
        "number": proposal.number, "method": proposal.method, "status": proposal.status, "engine": proposal.engine,
        "input_sha256": proposal.input_sha256, "result_sha256": proposal.result_sha256,
        "findings": len(proposal.findings.splitlines()),
    }  # fmt: skip
