"""`intervalle verify proposal ID`: compute a stored proposal again and compare, byte for byte; then read again what was
notified of it."""

import asyncio
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import aftermath
from allocation.assignment.check import check
from allocation.assignment.models import Proposal
from allocation.assignment.problem import InvalidProblem, canonical, parse
from allocation.assignment.solver import ENGINE, TIME_LIMIT, solve


@dataclass
class Verdict:
    """`faults`: one French sentence per disagreement, none when all holds. `checked`: what was looked at."""

    faults: list[str]
    checked: list[str] = field(default_factory=list)


async def verify_proposal(db: AsyncSession, proposal_id: int) -> Verdict:
    """The stored documents are intact, the same engine gives the same bytes again, the independent checker agrees; and
    when it was notified, the letters and the acts that followed are what the journal says and keep the published rules."""
    found = await db.execute(select(Proposal).where(Proposal.id == proposal_id))
    proposal = found.scalar_one_or_none()
    if proposal is None:
        return Verdict([f"La proposition {proposal_id} n’existe pas."])
    faults = await asyncio.to_thread(
        disagreements, proposal.method, proposal.input, proposal.input_sha256, proposal.result, proposal.result_sha256,
        proposal.engine,
    )  # fmt: skip
    checked = [
        "Empreintes et écriture canonique des données et du résultat.",
        "Vérificateur indépendant : surfaces par demi-journée, exigences, verrous, incompatibilités, ensembles, quotas, "
        "plafond par organisme, envie justifiée, rangs, suivants et raisons de chaque ligne.",
        f"Recalcul par {proposal.engine}, comparé octet pour octet.",
    ]
    later, looked = await aftermath.reread(db, proposal)
    return Verdict([*faults, *later], [*checked, *looked])


def disagreements(
    method: str, input: str, input_sha256: str, result: str, result_sha256: str, engine: str
) -> list[str]:
    """Pure: hashes, canonical spelling, the checker, then the computation itself."""
    faults = []
    if sha256(input.encode()).hexdigest() != input_sha256:
        faults.append("Les données d’entrée ont été modifiées : leur empreinte ne correspond plus.")
    if sha256(result.encode()).hexdigest() != result_sha256:
        faults.append("Le résultat a été modifié : son empreinte ne correspond plus.")
    try:
        problem, stored = json.loads(input), json.loads(result)
        if canonical(problem).decode() != input:
            faults.append("Les données d’entrée ne sont pas dans leur écriture canonique.")
        faults += check(problem, stored)
        faults += _again(method, problem, stored, result, engine)
    except (InvalidProblem, ValueError) as error:
        faults.append(f"Les documents ne se lisent plus : {error}")
    return faults


def _again(method: str, problem: dict[str, Any], stored: dict[str, Any], result: str, engine: str) -> list[str]:
    if engine != ENGINE:
        return [
            f"Calculée avec {engine}, la version installée est {ENGINE} : les empreintes et le vérificateur indépendant "
            "répondent, le recalcul non. Pour comparer aussi les octets, installez la version d’Intervalle qui portait ce "
            "moteur (CHANGELOG), restaurez-y une sauvegarde et relancez cette commande."
        ]
    if stored["status"] != "optimal":
        # What is found when the time runs out depends on the machine; the checker's word is all there is.
        return [
            "Le temps de calcul était épuisé avant la preuve : le résultat dépend de la machine et ne se rejoue pas à l’octet "
            "près. Le vérificateur indépendant a relu chaque ligne ; l’écart affiché dit ce qui n’est pas prouvé."
        ]
    explained = {line["application"] for line in stored["unplaced"] if line.get("counterfactuals") is not None}
    again = rfc8785.dumps(solve(parse(problem), method, TIME_LIMIT, changes=explained)).decode()
    return [] if again == result else ["Le recalcul ne donne pas le même résultat, octet pour octet."]
