"""The journey over HTTP: run, change a line, retain, review, sign, notify, read; and who sees what, and when."""

import io
import re
from typing import Any

import pikepdf
import pytest
from sqlalchemy import func, select

from allocation.assignment import decisions, proposals, release
from allocation.assignment.models import Award, Decision, Proposal
from intervalle.outbox import Message
from tests import make
from tests.allocation.assignment.web import make as scene

SIGNATORY = "Claire Morvan, adjointe"


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.text)
    return re.sub(r"\s+", " ", plain.replace("\u00a0", " "))


async def test_the_whole_way_in_a_browser_without_scripts(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    await db.commit()
    staff, base = await client(ranked.agent), f"/attribution/{ranked.call.id}"

    listed = await staff.get("/attribution")
    assert "Classement arrêté" in listed.text
    empty = await staff.get(base)
    assert "6 candidatures attendent leur place" in text_of(empty)
    run = await staff.post(f"{base}/propositions", data={"method": "fair"})
    assert (run.status_code, run.headers["location"]) == (303, f"{base}?n=1")

    board = text_of(await staff.get(base))
    assert "Qui va où, et pourquoi" in board
    assert "278 m² attribués sur 292 m²" in board
    assert "Elle aurait été retenue" in board
    assert "Sans Dossier" in board

    seed = ranked.applications["SEED"]
    line = await staff.get(f"{base}/ligne/{seed.id}?n=1")
    assert "La garder sur le lot B" in line.text
    short = await staff.post(
        f"{base}/ligne/{seed.id}", data={"choice": f"never:{ranked.lots['B'].id}", "motive": "bref"}
    )
    assert short.status_code == 422
    assert "au moins 10 caractères" in short.text
    changed = await staff.post(
        f"{base}/ligne/{seed.id}",
        data={"choice": f"must:{ranked.lots['B'].id}", "motive": "Engagement pris devant le conseil citoyen."},
    )
    assert changed.headers["location"] == f"{base}?n=2"
    assert "fixée à la main" in (await staff.get(f"{base}?n=2")).text
    assert "Engagement pris devant le conseil citoyen." in (await staff.get(f"{base}?n=2")).text

    compared = await staff.get(f"{base}/comparaison?n=1&n=2")
    assert "Candidatures placées" in compared.text
    three = await staff.post(f"{base}/comparaison")
    assert text_of(await staff.get(three.headers["location"])).count("Plus de points") >= 1

    assert (await staff.post(f"{base}/propositions/2/retenir")).headers["location"] == f"{base}/lettres"
    letters = await staff.get(f"{base}/lettres")
    assert "Il manque la personne qui signe" in letters.text
    assert f'action="{base}/notifier"' not in letters.text
    refused = await staff.post(f"{base}/notifier")
    assert refused.status_code == 409
    assert (await staff.post(f"{base}/lettres/signataire", data={"signatory": SIGNATORY})).status_code == 303
    velo = (
        await db.execute(
            select(Decision).where(Decision.application_id == ranked.applications["Association Cité Vélo"].id)
        )
    ).scalar_one()
    page = await staff.get(f"{base}/lettres/{velo.id}")
    assert "73,30 points" in text_of(page)
    emptied = await staff.post(f"{base}/lettres/{velo.id}", data={"motive": " ", "remedies": "x", "version": "1"})
    assert emptied.status_code == 422
    edited = await staff.post(
        f"{base}/lettres/{velo.id}",
        data={"motive": "Motif relu par le service.", "remedies": "Recours.", "version": "1"},
    )
    assert edited.status_code == 303

    applicant = await client(ranked.people["Association Cité Vélo"])
    own = f"/candidatures/{ranked.applications['Association Cité Vélo'].id}/decision"
    assert (await applicant.get(own)).status_code == 404
    assert await db.scalar(select(func.count()).select_from(Message)) == 0
    assert (await staff.post(f"{base}/notifier")).status_code == 409  # AMI-09: the minutes come first
    await scene.sign_minutes(db, ranked.call)
    await db.commit()
    assert (await staff.post(f"{base}/notifier")).status_code == 303
    assert (await staff.post(f"{base}/notifier")).status_code == 303
    assert await db.scalar(select(func.count()).select_from(Message)) == 7
    assert await db.scalar(select(func.count()).select_from(Award)) == 5
    assert "Ce qui a été notifié" in (await staff.get(f"{base}/lettres")).text

    decision = text_of(await applicant.get(own))
    assert "Motif relu par le service." in decision
    assert SIGNATORY in decision
    assert "3,67" in decision or "3,66" in decision
    sheet = text_of(await applicant.get(f"{own}/parametres"))
    assert "R311-3-1-2" in sheet
    assert "73,30" in sheet
    assert "La Belle Boîte" not in sheet
    printed = await applicant.get(f"{own}/parametres.pdf")
    with pikepdf.open(io.BytesIO(printed.content)) as sheet_of_paper:
        assert (str(sheet_of_paper.Root.Lang), bool(sheet_of_paper.Root.MarkInfo.Marked)) == ("fr", True)
    assert (await applicant.get(f"{own}/lettre.pdf")).status_code == 200


@pytest.fixture
async def released(db: Any) -> scene.Ranked:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    await db.commit()
    return ranked


async def test_the_board_leads_to_what_became_of_it(db: Any, client: Any, released: scene.Ranked) -> None:
    agent, after = await client(released.agent), f"/relogement/appel/{released.call.id}"
    board = (await agent.get(f"/attribution/{released.call.id}")).text
    assert (board.count(f'hx-get="{after}"'), board.count(f'<a href="{after}"')) == (1, 1)
    assert "Aucun titre signé" in (await agent.get(after)).text


async def test_two_applicants_never_read_each_other(db: Any, client: Any, released: scene.Ranked) -> None:
    seed, resport = (released.applications[name] for name in ("SEED", "Resport"))
    one, two = await client(released.people["SEED"]), await client(released.people["Resport"])
    for path in ("decision", "decision/lettre.pdf", "decision/parametres", "decision/parametres.pdf"):
        assert (await one.get(f"/candidatures/{seed.id}/{path}")).status_code == 200
        assert (await two.get(f"/candidatures/{seed.id}/{path}")).status_code == 404
        assert (await two.get(f"/candidatures/{resport.id}/{path}")).status_code == 200
        assert (await one.get(f"/candidatures/{resport.id}/{path}")).status_code == 404


async def test_another_organiser_sees_nothing_and_does_nothing(db: Any, client: Any) -> None:
    ranked, other = await scene.maurepas(db), await scene.call(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    velo = (await db.execute(select(Decision).where(Decision.call_id == ranked.call.id).limit(1))).scalar_one()
    seed = ranked.applications["SEED"]
    await db.commit()
    base = f"/attribution/{ranked.call.id}"
    gets = (
        base, f"{base}/comparaison?n=1", f"{base}/ligne/{seed.id}", f"{base}/essai?candidature=C-04&lot=B&surface=20",
        f"{base}/propositions/1/probleme.json", f"{base}/lettres", f"{base}/lettres/{velo.id}",
        f"{base}/lettres/{velo.id}/lettre.pdf",
    )  # fmt: skip
    posts = (
        f"{base}/propositions", f"{base}/comparaison", f"{base}/ligne/{seed.id}", f"{base}/propositions/1/retenir",
        f"{base}/revenir", f"{base}/lettres/signataire", f"{base}/lettres/{velo.id}", f"{base}/notifier",
    )  # fmt: skip
    for person in (other.agent, ranked.people["SEED"]):
        stranger = await client(person)
        assert {(await stranger.get(path)).status_code for path in gets} <= {403, 404}
        assert {(await stranger.post(path, data={"method": "fair"})).status_code for path in posts} <= {403, 404}
        assert ranked.call.title not in (await stranger.get("/attribution")).text or person is other.agent
    assert await db.scalar(select(func.count()).select_from(Proposal)) == 1


async def test_anonymous_visitors_are_asked_to_sign_in(db: Any, client: Any, released: scene.Ranked) -> None:
    nobody = await client()
    for path in ("/attribution", f"/attribution/{released.call.id}"):
        answer = await nobody.get(path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/connexion")


async def test_odd_addresses_are_refused_in_words(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    seed = ranked.applications["SEED"]
    await proposals.run(db, ranked.actor, ranked.call)
    await db.commit()
    staff, base = await client(ranked.agent), f"/attribution/{ranked.call.id}"
    for query in ("?n=99", "?n=abc"):
        assert (await staff.get(f"{base}{query}")).status_code == 404
    for query in (
        "lot=B",
        "lot=Z&surface=10",
        "lot=B&surface=nan",
        "lot=B&surface=-3",
        "lot=B&surface=1e9",
        "part=101",
        "choix=x",
    ):
        assert (await staff.get(f"{base}/essai?candidature=C-04&{query}")).status_code == 422
    assert (await staff.get(f"{base}/propositions/1/autre.json")).status_code == 404
    assert (await staff.post(f"{base}/propositions", data={"method": "magie"})).status_code == 422
    for choice in ("must:99999999999999999999", "must:abc", "never:", "lift:1", "", "x:1"):
        answer = await staff.post(
            f"{base}/ligne/{seed.id}", data={"choice": choice, "motive": "Un motif bien assez long."}
        )
        assert answer.status_code == 422


async def test_a_trial_changes_nothing(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    await proposals.run(db, ranked.actor, ranked.call)
    await db.commit()
    staff = await client(ranked.agent)
    velo = ranked.applications["Association Cité Vélo"]
    tried = await staff.get(f"/attribution/{ranked.call.id}/essai?candidature={velo.label}&lot=B&surface=12")
    assert "Lot B, 12 m²" in text_of(tried)
    assert await db.scalar(select(func.count()).select_from(Proposal)) == 1


async def test_the_list_asks_the_same_number_of_queries_for_one_or_three_calls(
    db: Any, client: Any, asked: list[str]
) -> None:
    ranked = await scene.maurepas(db)
    await db.commit()
    staff = await client(ranked.agent)

    async def count() -> int:
        asked.clear()
        assert (await staff.get("/attribution")).status_code == 200
        return len(asked)

    one = await count()
    for _ in range(2):
        more = await scene.maurepas(db)
        more.call.organiser_id = ranked.city.id
    await db.commit()
    assert (await staff.get("/attribution")).text.count("card link") == 3
    assert await count() == one


async def test_a_viewer_reads_and_changes_nothing(db: Any, client: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    viewer = await make.user(db, "Lecteur")
    await make.join(db, viewer, ranked.city, role="viewer")
    await db.commit()
    reader, base = await client(viewer), f"/attribution/{ranked.call.id}"
    shown = await reader.get(base)
    assert shown.status_code == 200
    assert "Retenir cette proposition" not in shown.text
    assert (await reader.post(f"{base}/propositions/1/retenir")).status_code == 403
    assert (await reader.post(f"{base}/propositions", data={"method": "fair"})).status_code == 403
    assert proposal.retained_at is None
