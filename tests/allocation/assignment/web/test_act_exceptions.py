"""A published rule an act does not keep is named with its reason; what was notified is held by the database."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from allocation.assignment import act_release, acts, appeals, decisions, proposals, release
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.acts import Terms
from allocation.assignment.models import Award
from intervalle import files, journal
from intervalle.errors import Refused
from intervalle.outbox import StoredFile
from tests.allocation.assignment.web import make as scene

WHY = "La structure a trouvé un autre lieu et renonce à sa place."
EXCEPTION = "Aucune autre structure du quartier n’attend un lot : le seuil sera repris au prochain appel."


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    for room in (release, appeals, act_release):
        monkeypatch.setattr(room, "render_pdf", as_html)


async def drafted(db: Any) -> tuple[scene.Ranked, CorrectiveAct]:
    """Forty percent for the neighbourhood, kept; then Fou de Coudre, who made it, gives its place back."""
    ranked = await scene.maurepas(db, neighbourhood_share=Decimal("0.4"))
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan, adjointe")
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    coudre = ranked.applications["Fou de Coudre"]
    terms = Terms(outcome="refused", ground="beneficiary", motive="La structure renonce, par lettre.")
    await acts.put_line(db, ranked.actor, ranked.call, act.id, coudre.id, terms, version=act.version)
    await acts.write(db, ranked.actor, ranked.call, act.id, motive=WHY, signatory="Claire Morvan", version=act.version)
    return ranked, act


async def test_a_rule_is_passed_over_by_its_name_on_the_page_and_in_the_letters(db: Any, client: Any) -> None:
    ranked, act = await drafted(db)
    with pytest.raises(Refused, match="seuil quartier"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    await db.commit()
    staff, page = await client(ranked.agent), f"/attribution/{ranked.call.id}/actes/{act.id}"
    shown = (await staff.get(page)).text
    assert ("Cet acte ne tient plus la règle « seuil quartier »" in shown, f"{page}/notifier" in shown) == (True, False)
    typed = {"motive": WHY, "signatory": "Claire Morvan, adjointe", "version": str(act.version)}
    short = await staff.post(page, data=typed | {"passing": "non"})
    assert (short.status_code, "au moins 10 caractères" in short.text) == (422, True)
    assert (await staff.post(page, data=typed | {"passing": EXCEPTION})).status_code == 303
    await db.refresh(act)
    assert act.passed_over == {"quota:seuil quartier": EXCEPTION}
    assert (await staff.post(f"{page}/notifier")).status_code == 303
    line = (await db.execute(select(ActLine))).scalar_one()
    letter = (await files.read(await db.get_one(StoredFile, line.letter_file_id))).decode()
    assert f"Cet acte ne tient pas la règle « seuil quartier », par exception. {EXCEPTION}" in letter
    entry = (
        await db.execute(select(journal.JournalEntry).where(journal.JournalEntry.action == "decisions.correct"))
    ).scalar_one()
    assert entry.facts["passed_over"] == {"quota:seuil quartier": EXCEPTION}
    assert EXCEPTION in (await staff.get(page)).text


KEPT = {
    "a decision changed": "UPDATE decisions SET motive = 'autre'",
    "a decision thrown away": "DELETE FROM decisions",
    "a place changed": "UPDATE awards SET area = area + 1",
    "a place thrown away": "DELETE FROM awards",
    "an act changed": "UPDATE corrective_acts SET motive = 'autre'",
    "an act thrown away": "DELETE FROM corrective_acts",
    "a line changed": "UPDATE corrective_act_lines SET outcome = 'reserve'",
    "a line's letter replaced": "UPDATE corrective_act_lines SET letter_file_id = (SELECT max(letter_file_id) FROM decisions)",
    "a line thrown away": "DELETE FROM corrective_act_lines",
    "a line added": "INSERT INTO corrective_act_lines (act_id, application_id, before, outcome) "
    "SELECT act_id, application_id + 1, 'refused', 'refused' FROM corrective_act_lines",
    "a letter replaced": "UPDATE stored_files SET key = key || 'x' WHERE id IN (SELECT letter_file_id FROM decisions)",
    "a letter of the act thrown away": "DELETE FROM stored_files WHERE id IN (SELECT letter_file_id FROM corrective_act_lines)",
}


async def test_what_was_notified_is_held_by_the_database(db: Any) -> None:
    ranked, act = await drafted(db)
    await db.execute(text("UPDATE corrective_acts SET motive = motive || '.'"))
    await acts.write(
        db, ranked.actor, ranked.call, act.id, motive=WHY, signatory="Claire Morvan", version=act.version,
        passed_over={"quota:seuil quartier": EXCEPTION},
    )  # fmt: skip
    await act_release.release(db, ranked.actor, ranked.call, act.id)
    refused = {}
    for name, statement in KEPT.items():
        with pytest.raises(IntegrityError) as found:
            async with db.begin_nested():
                await db.execute(text(statement))
        refused[name] = found.value.orig.diag.constraint_name  # type: ignore[union-attr]
    assert refused == dict.fromkeys(KEPT, "released_is_kept")
    answered = await db.execute(
        text("UPDATE awards SET accepted_at = now(), answered_by_id = NULL WHERE withdrawn_at IS NULL")
    )
    standing = (await db.execute(select(Award.id).where(Award.withdrawn_at.is_(None)))).scalars().all()
    assert answered.rowcount == len(standing)
