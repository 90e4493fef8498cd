"""A stored proposal proves itself, and any hand in its documents shows."""

import json
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from allocation.assignment import act_release, acts, proposals, queries
from allocation.assignment.verification import disagreements, verify_proposal
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_act_exceptions import WHY, drafted, unprinted  # noqa: F401 - a fixture


@pytest.mark.parametrize("method", ["fair", "merit", "total"])
async def test_a_stored_proposal_is_computed_again_byte_for_byte(db: Any, method: str) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call, method=method)
    verdict = await verify_proposal(db, proposal.id)
    assert (verdict.faults, len(verdict.checked)) == ([], 3)


async def test_an_unknown_proposal_is_said_so(db: Any) -> None:
    assert (await verify_proposal(db, 2**62)).faults == [f"La proposition {2**62} n’existe pas."]


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


async def test_acts_after_the_release_are_read_again(db: Any) -> None:
    ranked, act = await drafted(db)
    retained = (await db.execute(queries.retained_proposal(ranked.call.id))).scalar_one()
    before = await verify_proposal(db, retained.id)
    assert (before.faults, len(before.checked)) == ([], 4)
    why = "La structure renonce, et personne du quartier n’attend sur ce lot."
    await acts.write(
        db, ranked.actor, ranked.call, act.id, motive=WHY, signatory="Claire Morvan", version=act.version,
        passed_over={"quota:seuil quartier": why},
    )  # fmt: skip
    await act_release.release(db, ranked.actor, ranked.call, act.id)
    after = await verify_proposal(db, retained.id)
    assert (after.faults, after.checked[-1].startswith("Acte rectificatif n° 1 du ")) == ([], True)
    # Hands in the rows, where the database's own guard would have refused them.
    await db.execute(text("SET LOCAL session_replication_role = replica"))
    await db.execute(text("UPDATE corrective_acts SET passed_over = '{}'"))
    await db.execute(text("UPDATE awards SET area = area + 500 WHERE withdrawn_at IS NULL"))
    await db.execute(
        text("UPDATE stored_files SET sha256 = 'x' WHERE id IN (SELECT letter_file_id FROM corrective_act_lines)")
    )
    await db.execute(text("SET LOCAL session_replication_role = origin"))
    id = retained.id
    db.expire_all()
    faults = (await verify_proposal(db, id)).faults
    for needle in (
        "la place donnée n’est pas celle de la décision", "seraient occupés pour", "n’est plus tenue après cet acte",
        "la lettre n’est pas celle qui est partie", "ont changé depuis le journal",
    ):  # fmt: skip
        assert any(needle in fault for fault in faults), needle
