"""What would have been enough, finished by the worker after the proposal is stored."""

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from allocation.assignment import counterfactual, decisions, explaining, proposals
from allocation.assignment.counterfactual import changed
from allocation.assignment.models import Decision, Proposal
from allocation.assignment.problem import parse
from allocation.assignment.solver import solve
from allocation.assignment.verification import verify_proposal
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_proposals import actions, unplaced


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time at all for it while the person waits."""
    monkeypatch.setattr(proposals, "EXPLAINING", -1.0)


def told(proposal: Proposal) -> dict[str, Any]:
    return {id: line["counterfactuals"] for id, line in unplaced(proposal).items()}


async def queued(db: Any, proposal: Proposal) -> list[Any]:
    found = await db.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'explain_proposal' AND (args->>'proposal_id')::int = :id"),
        {"id": proposal.id},
    )  # fmt: skip
    return list(found.scalars())


async def crowded(db: Any) -> Any:
    """Two more files than the lots can take."""
    ranked = await scene.maurepas(db)
    for name, score in (("Atelier Sud", "41"), ("Atelier Nord", "40.5")):
        await scene.application(db, ranked, name, score=score, area=90)
    return ranked


@pytest.mark.usefixtures("hurried")
async def test_the_worker_finishes_and_what_it_adds_is_true(db: Any) -> None:
    ranked = await crowded(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    assert (set(told(proposal).values()), proposal.explained_at, proposal.findings) == ({None}, None, "")
    assert await queued(db, proposal) == [{"proposal_id": proposal.id, "unknown": []}]
    await explaining.go_on(db, proposal.id)
    assert (proposal.explained_at is not None, proposal.findings) == (True, "")
    assert await actions(db, ranked.call) == ["proposals.run", "proposals.explain"]
    problem, seen = parse(json.loads(proposal.input)), 0
    for id, changes in told(proposal).items():
        assert changes is not None
        for change in changes:
            (kind, value), seen = next((k, v) for k, v in change.items() if k != "lot"), seen + 1
            trial = changed(problem, id, change["lot"], **{kind: int(Decimal(str(value)) * 100)})
            held = {(line["application"], line["lot"]) for line in solve(trial, changes=False)["placements"]}
            assert (id, change["lot"]) in held
    assert seen >= 2
    # The document is the one that a single computation gives, and verify derives it again.
    assert json.loads(proposal.result) == json.loads(json.dumps(solve(problem)))
    assert (await verify_proposal(db, proposal.id)).faults == []
    before = proposal.result
    await explaining.go_on(db, proposal.id)  # a job run twice has one effect
    assert (proposal.result, await actions(db, ranked.call)) == (before, ["proposals.run", "proposals.explain"])


@pytest.mark.usefixtures("hurried")
async def test_rounds_follow_one_another_and_what_is_not_proven_stays_unsaid(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = await crowded(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    first, *others = sorted(told(proposal))
    changes, more, asked = counterfactual.changes, explaining.tell_more, list[str]()

    def but_one(instance: Any, place: Any, id: str, seconds: float = 60.0) -> Any:
        asked.append(id)
        return None if id == first else changes(instance, place, id, seconds)

    def one_at_a_time(problem: Any, result: Any, unknown: Any, seconds: float, _patient: Any) -> Any:
        left = [True]
        return more(problem, result, unknown, seconds, lambda: bool(left and left.pop()))

    monkeypatch.setattr(counterfactual, "changes", but_one)
    monkeypatch.setattr(explaining, "tell_more", one_at_a_time)
    rounds = 0
    while proposal.explained_at is None:
        jobs, rounds = await queued(db, proposal), rounds + 1
        await explaining.go_on(db, proposal.id, jobs[-1]["unknown"])
    assert rounds == len([first, *others]) == len(await queued(db, proposal)) >= 3
    assert (proposal.explained_at is not None, told(proposal)[first]) == (True, None)
    assert all(told(proposal)[id] is not None for id in others)
    assert sorted(asked) == sorted([first, *others])  # each once: an answer that is not known is not asked for again
    assert (await verify_proposal(db, proposal.id)).faults == []


@pytest.mark.usefixtures("hurried")
async def test_a_letter_prepared_before_says_nothing_of_it(db: Any) -> None:
    ranked = await crowded(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    stored = proposal.result
    await explaining.go_on(db, proposal.id)
    assert (proposal.result, proposal.explained_at) == (stored, None)
    motives = [row.motive for row in (await db.execute(select(Decision))).scalars() if row.outcome != "inadmissible"]
    assert len(motives) == 8
    assert not [motive for motive in motives if "aurait été retenue" in motive or "calculé" in motive]
    # Going back on the choice takes the computation up again.
    await decisions.reopen(db, ranked.actor, ranked.call, motive="La commission veut relire ses choix.")
    assert len(await queued(db, proposal)) == 2
    await explaining.go_on(db, proposal.id)
    assert None not in told(proposal).values()


@pytest.mark.usefixtures("hurried")
async def test_the_board_shows_how_far_it_is(db: Any, client: Any) -> None:
    ranked = await crowded(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await db.commit()
    staff, address = await client(ranked.agent), f"/attribution/{ranked.call.id}"
    waiting = (await staff.get(address)).text
    left = len(told(proposal))
    assert f"Ce qui aurait suffi : 0 candidatures sur {left}." in waiting
    assert waiting.count("n’est pas encore calculé") == left
    await explaining.go_on(db, proposal.id)
    await db.commit()
    done = (await staff.get(address)).text
    assert "Le calcul continue" not in done
    assert "n’est pas encore calculé" not in done
    assert 'hx-trigger="every' not in done
