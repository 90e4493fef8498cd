"""A stored proposal proves itself, and any hand in its documents shows."""

import json
from hashlib import sha256
from typing import Any

import pytest

from allocation.assignment import proposals
from allocation.assignment.verification import disagreements, verify_proposal
from tests.allocation.assignment.web import make as scene


@pytest.mark.parametrize("method", ["fair", "merit", "total"])
async def test_a_stored_proposal_is_computed_again_byte_for_byte(db: Any, method: str) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call, method=method)
    assert await verify_proposal(db, proposal.id) == []


async def test_an_unknown_proposal_is_said_so(db: Any) -> None:
    assert await verify_proposal(db, 2**62) == [f"La proposition {2**62} n’existe pas."]


async def test_a_changed_document_is_found(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    changed = proposal.result.replace('"area":70', '"area":71')
    assert changed != proposal.result

    def found(input: str, result: str, *, rehash: bool) -> list[str]:
        digest = sha256(result.encode()).hexdigest() if rehash else proposal.result_sha256
        return disagreements("fair", input, proposal.input_sha256, result, digest, proposal.engine)

    assert "Le résultat a été modifié : son empreinte ne correspond plus." in found(
        proposal.input, changed, rehash=False
    )
    # Even with a new fingerprint, the checker and the computation disagree.
    assert "Le recalcul ne donne pas le même résultat, octet pour octet." in found(proposal.input, changed, rehash=True)
    problem = json.loads(proposal.input)
    problem["lots"][0]["area"] = "121"
    assert found(json.dumps(problem), proposal.result, rehash=False)[0].startswith(
        "Les données d’entrée ont été modifiées"
    )
    assert found("{", proposal.result, rehash=False)[-1].startswith("Les documents ne se lisent plus")
