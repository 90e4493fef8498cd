"""The profile of a structure: who sees what, its papers, the check of its status, what follows it."""

import itertools
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from intervalle import files
from intervalle.accounts import companies, documents, ess, organisations, successions
from intervalle.accounts.models import EssClaim, Mandate, Membership, Organisation
from intervalle.accounts.sessions import load_actor
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import Message
from tests import make
from tests.accounts.test_documents import a_pdf

SIRET = "73282932000074"
_n = itertools.count(1)
assert load_actor


@pytest.fixture(autouse=True)
def store(monkeypatch: Any, tmp_path: Any) -> None:
    from obstore.store import LocalStore

    monkeypatch.setattr(files, "_store", lambda: LocalStore(tmp_path))


async def side(db: Any, kind: str = "ess_structure", role: str = "admin", **more: Any) -> Any:
    person = await make.user(db, **more)
    org = await make.organisation(
        db, kind, f"{kind} {next(_n)}", ess_status="to_check" if kind == "ess_structure" else None
    )
    await make.join(db, person, org, role)
    return person, org, make.acting(person, org, role=role)


async def with_proof(db: Any) -> Any:
    person, org, actor = await side(db)
    paper = await documents.keep(db, actor, org, kind="statutes", title="Statuts 2024", name="s.pdf", content=a_pdf())
    return person, org, actor, paper


async def test_status_is_claimed_checked_and_said(db: Any, client: Any) -> None:
    person, org, _actor, paper = await with_proof(db)
    agent, city, _ = await side(db, "city")
    stranger, _other, _ = await side(db, "city")
    browser = await client(person)
    typed = {"status": "association", "document": str(paper.id), "reviewer": str(city.id)}
    assert (await browser.post(f"/structures/{org.id}/statut-ess", data=typed)).status_code == 303
    assert (await browser.post(f"/structures/{org.id}/statut-ess", data=typed)).status_code == 303
    claim = (await db.execute(select(EssClaim).where(EssClaim.organisation_id == org.id))).scalar_one()
    staff, outsider = await client(agent), await client(stranger)
    assert org.name in (await staff.get("/structures/a-verifier")).text
    assert org.name not in (await outsider.get("/structures/a-verifier")).text
    for path in (
        f"/structures/{org.id}",
        f"/structures/{org.id}/verification",
        f"/structures/{org.id}/pieces/{paper.id}",
    ):
        assert ((await staff.get(path)).status_code, (await outsider.get(path)).status_code) == (200, 404), path
    refused = await staff.post(f"/structures/{org.id}/verification", data={"outcome": "no", "reason": ""})
    assert (refused.status_code, "quoi corriger" in refused.text) == (422, True)
    assert (
        await staff.post(f"/structures/{org.id}/verification", data={"outcome": "no", "reason": "Statuts non signés."})
    ).status_code == 303
    await db.refresh(claim)
    await db.refresh(org)
    assert (claim.accepted, claim.reason, org.ess_status) == (False, "Statuts non signés.", "to_check")
    assert "Statuts non signés." in (await browser.get(f"/structures/{org.id}")).text
    again = await staff.post(f"/structures/{org.id}/verification", data={"outcome": "yes"})
    assert (again.status_code, "déjà été vérifié" in again.text) == (409, True)
    told = (await db.execute(select(Message.text).where(Message.dedupe == f"ess:{claim.id}:{person.id}"))).scalar_one()
    assert "Statuts non signés." in told


async def test_an_accepted_status_falls_with_what_proved_it(db: Any) -> None:
    _person, org, actor, paper = await with_proof(db)
    _agent, city, staff = await side(db, "city")
    claim = await ess.claim(db, actor, org, status="cooperative", reviewer_id=city.id, document=paper)
    await ess.review(db, staff, claim, accepted=True, reason="")
    assert org.ess_status == "cooperative"
    await organisations.edit(db, actor, org, {"name": "Autre nom"})
    assert org.ess_status == "cooperative"
    org.legal_form = "SCIC"
    await organisations.edit(db, actor, org, {"legal_form": "SAS"})
    assert org.ess_status == "to_check"


async def test_only_the_chosen_authority_checks(db: Any) -> None:
    _person, org, actor, paper = await with_proof(db)
    _agent, city, _staff = await side(db, "city")
    _other, _town, outsider = await side(db, "city")
    _owner, landlord, _ = await side(db, "social_landlord")
    with pytest.raises(Refused, match="ne vérifie pas"):
        await ess.claim(db, actor, org, status="association", reviewer_id=landlord.id, document=paper)
    claim = await ess.claim(db, actor, org, status="association", reviewer_id=city.id, document=paper)
    for who in (outsider, actor):
        with pytest.raises(Forbidden):
            await ess.review(db, who, claim, accepted=True, reason="")


async def test_papers_are_the_members_alone(db: Any, client: Any) -> None:
    person, org, _actor = await side(db)
    reader, _ = await make.user(db), None
    await make.join(db, reader, org, "viewer")
    outsider, _other, _ = await side(db)
    browser = await client(person)
    sent = {
        "files": {"fichier": ("statuts été.pdf", a_pdf(), "application/pdf")},
        "data": {"kind": "statutes", "title": ""},
    }
    assert (await browser.post(f"/structures/{org.id}/pieces", **sent)).status_code == 303
    ((paper, stored),) = (await db.execute(documents.current_of([org.id]))).all()
    assert (paper.title, stored.name) == ("Statuts", "statuts été.pdf")
    got = await (await client(reader)).get(f"/structures/{org.id}/pieces/{paper.id}")
    assert (got.status_code, got.headers["content-disposition"].split(";")[0]) == (200, "attachment")
    stranger = await client(outsider)
    assert (await stranger.get(f"/structures/{org.id}/pieces/{paper.id}")).status_code == 404
    assert (await stranger.post(f"/structures/{org.id}/pieces", **sent)).status_code == 404
    assert (await (await client(reader)).post(f"/structures/{org.id}/pieces/{paper.id}/retrait")).status_code == 403
    bad = await browser.post(f"/structures/{org.id}/pieces", data={"kind": "budget", "title": "Budget 2027"}, files={"fichier": ("b.zip", b"PK\x03\x04", "application/zip")})  # fmt: skip
    assert (bad.status_code, "Budget 2027" in bad.text, "abîmé" in bad.text) == (422, True, True)
    none = await browser.post(f"/structures/{org.id}/pieces", data={"kind": "budget"})
    assert (none.status_code, "Choisissez le fichier" in none.text) == (422, True)


async def test_an_association_becomes_a_cooperative_and_keeps_its_history(db: Any, client: Any) -> None:
    person, org, actor = await side(db)
    colleague = await make.user(db)
    await make.join(db, colleague, org, "viewer")
    browser = await client(person)
    typed = {"name": "L’Après-M", "legal_form": "SCIC SAS", "siret": SIRET, "on": "2022-09-01"}
    went = await browser.post(f"/structures/{org.id}/successeur", data=typed)
    new = (await db.execute(select(Organisation).where(Organisation.successor_of_id == org.id))).scalar_one()
    assert (went.headers["location"], new.siren, new.succeeded_on, new.ess_status) == (
        f"/structures/{new.id}",
        SIRET[:9],
        date(2022, 9, 1),
        "to_check",
    )
    held = await db.execute(
        select(Membership.user_id, Membership.role).where(Membership.organisation_id == new.id).order_by(Membership.id)
    )
    assert held.all() == [(person.id, "admin"), (colleague.id, "viewer")]
    mandate = (await db.execute(select(Mandate).where(Mandate.grantor_id == org.id))).scalar_one()
    assert (mandate.agent_id, mandate.scope, mandate.during.lower, mandate.during.upper) == (
        new.id,
        "everything",
        date(2022, 9, 1),
        None,
    )
    assert org.name in (await browser.get(f"/structures/{new.id}")).text
    with pytest.raises(Refused, match="déjà pris sa suite"):
        await successions.succeed(db, actor, org, on=date(2023, 1, 1), values={"name": "Encore"})


async def test_roles_change_and_somebody_always_administers(db: Any, client: Any) -> None:
    person, org, actor = await side(db)
    colleague = await make.user(db)
    await make.join(db, colleague, org, "viewer")
    browser = await client(person)
    with pytest.raises(Refused, match="dernière personne"):
        await organisations.set_role(db, actor, org, user_id=person.id, role="viewer")
    assert (
        await browser.post(f"/organisations/{org.id}/membres/{colleague.id}/role", data={"role": "admin"})
    ).status_code == 303
    await organisations.set_role(db, actor, org, user_id=person.id, role="viewer")
    rows = await db.execute(
        select(Membership.user_id, Membership.role)
        .where(Membership.organisation_id == org.id, Membership.ended_at.is_(None))
        .order_by(Membership.id)
    )
    assert rows.all() == [(colleague.id, "admin"), (person.id, "viewer")]


async def test_a_revoked_invitation_opens_nothing(db: Any) -> None:
    _person, org, actor = await side(db)
    made = await organisations.invite(db, actor, org, email="nouvelle@exemple.fr", role="editor")
    await organisations.revoke(db, actor, org, made.id)
    assert made.revoked_at is not None


# --- the public register -----------------------------------------------------------------------------------------------

UNIT = {
    "siren": SIRET[:9], "nom_complet": "FOU DE COUDRE", "nom_raison_sociale": "FOU DE COUDRE", "nature_juridique": "9220",
    "etat_administratif": "A", "complements": {"est_ess": True, "identifiant_association": "W351001234"},
    "siege": {"siret": SIRET, "adresse": "14 RUE DE BOURGOGNE  35000 RENNES", "commune": "35238", "etat_administratif": "A"},
}  # fmt: skip


def serving(status: int, answer: Any = None, **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, json=answer, headers=headers))


@pytest.fixture(autouse=True)
def awake(monkeypatch: Any) -> None:
    monkeypatch.setattr(companies, "_silent_until", 0.0)


async def test_the_register_fills_the_form() -> None:
    answer = await companies.look_up(SIRET, transport=serving(200, {"results": [UNIT]}))
    assert answer == companies.Answer(
        "found",
        companies.Company(SIRET, "FOU DE COUDRE", "Association", "14 RUE DE BOURGOGNE 35000 RENNES", "35238", "W351001234", True, False),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"results": []}, "unknown"),
        ({"results": [{**UNIT, "siren": "356000000"}]}, "unknown"),  # a direct look-up may answer beside the question
        ({"erreur": "x"}, "unknown"),
        ([], "unknown"),
    ],
)
async def test_another_unit_is_no_answer(answer: Any, said: str) -> None:
    assert await companies.look_up(SIRET, transport=serving(200, answer)) == companies.Answer(said)


@pytest.mark.parametrize(
    "transport",
    [
        serving(429, {}, **{"Retry-After": "5"}),
        serving(500, {}),
        httpx.MockTransport(lambda request: httpx.Response(200, text="<html>")),
    ],
)
async def test_a_silent_register_is_said_and_left_alone(transport: Any, monkeypatch: Any) -> None:
    assert await companies.look_up(SIRET, transport=transport) == companies.Answer("unreachable")
    assert companies._silent_until > 0


async def test_without_an_address_nothing_is_asked_and_the_page_says_so(db: Any, client: Any) -> None:
    person = await make.user(db)
    shown = (await (await client(person)).get("/organisations/nouvelle", params={"siret": SIRET})).text
    assert "remplissez la fiche à la main" in shown
    assert f'value="{SIRET}"' in shown
    wrong = (await (await client(person)).get("/organisations/nouvelle", params={"siret": "12345678900014"})).text
    assert "un chiffre est sans doute faux" in wrong
