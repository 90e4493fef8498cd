"""Two persons before a release, and an organisation's own letters."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.assignment import decisions, house_rules, letter_templates, letters, release, reviews
from allocation.assignment.letter_templates import DEFAULTS, objections
from allocation.assignment.models import Decision
from allocation.assignment.release_models import DecisionRules, Review
from allocation.remedies import Letter, remedies_text
from intervalle import clock
from intervalle.accounts.models import User
from intervalle.errors import Forbidden, Refused
from intervalle.french import to_whom
from tests import make
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_decisions import SIGNATORY, retained, unprinted

assert unprinted  # a fixture


async def ready(db: Any) -> tuple[scene.Ranked, Any]:
    """Letters whole, two persons asked for, and a colleague of the first one."""
    ranked, _proposal = await retained(db)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    for decision in (await db.execute(select(Decision).where(Decision.motive == ""))).scalars():
        decision.motive = "Motif écrit à la main."
    await scene.sign_minutes(db, ranked.call)
    colleague = await make.user(db)
    await make.join(db, colleague, ranked.city)
    await house_rules.save(db, ranked.actor, ranked.city, second_person=True, signatory=SIGNATORY, version=0)
    return ranked, make.acting(colleague, ranked.city)


async def test_sent_back_without_a_word_is_said_beside_the_remark(db: Any, client: Any) -> None:
    ranked, second = await ready(db)
    await reviews.ask(db, ranked.actor, ranked.call)
    reader = await db.get_one(User, second.user_id)
    await db.commit()
    browser, page = await client(reader), f"/attribution/{ranked.call.id}/relecture/reponse"
    refused = await browser.post(page, data={"act": "send_back", "remark": " "})
    assert refused.status_code == 422
    assert "Dites ce qui est à reprendre." in refused.text
    sent = await browser.post(page, data={"act": "send_back", "remark": "Le motif de SEED promet trop."})
    assert sent.status_code == 303
    assert "Le motif de SEED promet trop." in (await browser.get(f"/attribution/{ranked.call.id}/lettres")).text


@pytest.mark.usefixtures("unprinted")
async def test_nothing_leaves_before_a_second_person_read_these_very_letters(db: Any) -> None:
    ranked, second = await ready(db)
    first, call = ranked.actor, ranked.call
    with pytest.raises(Refused, match="seconde personne"):
        await release.release(db, first, call)
    review = await reviews.ask(db, first, call)
    assert (await reviews.ask(db, first, call)).id == review.id
    with pytest.raises(Refused, match="autre personne"):
        await reviews.answer(db, first, call, approved=True, remark="")
    with pytest.raises(Refused, match="à reprendre"):
        await reviews.answer(db, second, call, approved=False, remark=" ")
    await reviews.answer(db, second, call, approved=False, remark="Le motif de SEED est à préciser.")
    with pytest.raises(Refused, match="renvoyé"):
        await release.release(db, first, call)
    await reviews.ask(db, first, call)
    await reviews.answer(db, second, call, approved=True, remark="")
    one = (await db.execute(select(Decision).where(Decision.call_id == call.id).limit(1))).scalar_one()
    await decisions.edit(db, first, call, one, motive="Corrigé après coup.", remedies=one.remedies, version=one.version)
    with pytest.raises(Refused, match="a changé depuis l’accord"):
        await release.release(db, first, call)
    await reviews.ask(db, second, call)
    await reviews.answer(db, first, call, approved=True, remark="")
    assert await release.release(db, second, call) == 7
    rows = (await db.execute(select(Review.approved, Review.asked_by_id).order_by(Review.id))).all()
    assert [tuple(r) for r in rows] == [(False, first.user_id), (True, first.user_id), (True, second.user_id)]


async def test_a_review_falls_with_the_text_it_was_asked_on(db: Any) -> None:
    ranked, second = await ready(db)
    await reviews.ask(db, ranked.actor, ranked.call)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Quelqu’un d’autre, maire")
    with pytest.raises(Refused, match="changé depuis la demande"):
        await reviews.answer(db, second, ranked.call, approved=True, remark="")


async def test_the_review_by_its_pages(db: Any, client: Any) -> None:
    ranked, _second = await ready(db)
    colleague, _org = await make.agent(db, "city", "editor", "Ville de Lille")
    await db.commit()
    staff, stranger = await client(ranked.agent), await client(colleague)
    base = f"/attribution/{ranked.call.id}"
    assert "l’accord de la seconde personne" in (await staff.get(f"{base}/lettres")).text
    assert (await staff.post(f"{base}/relecture")).status_code == 303
    assert "Relecture demandée par" in (await staff.get(f"{base}/lettres")).text
    assert (await staff.post(f"{base}/relecture/reponse", data={"act": "approve"})).status_code == 409
    assert (await stranger.post(f"{base}/relecture/reponse", data={"act": "approve"})).status_code == 404
    assert (await staff.post(f"{base}/notifier")).status_code == 409


@pytest.mark.parametrize("outcome", list(DEFAULTS))
def test_our_own_letters_are_whole(outcome: str) -> None:
    assert objections(DEFAULTS[outcome]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{motif}\n\n{voies_de_recours}", "{signature} manque"),
        ("{motif}\n\n{signature}", "{voies_de_recours} manque"),
        ("{voies_de_recours}\n\n{signature}", "{motif} manque"),
        ("Vu {motif} ici.\n\n{voies_de_recours}\n\n{signature}", "{motif} doit être seul"),
        ("{motif}\n\n{voies_de_recours}\n\n{signature}\n\n{prenom}", "{prenom} n’existe pas"),
    ],
)
def test_a_letter_without_motive_remedies_or_signatory_is_not_kept(text: str, said: str) -> None:
    assert said in " ".join(objections(text))


async def test_ones_own_words_around_the_facts(db: Any, client: Any) -> None:
    ranked, _ = await retained(db)
    own = "Bonjour {structure},\n\n**Lot {lot}**, note {note}.\n\n{motif}\n\n{voies_de_recours}\n\n{signature}"
    with pytest.raises(Refused, match="motif"):
        await house_rules.write_letter(
            db, ranked.actor, ranked.city, outcome="awarded", text="{signature}\n\n{voies_de_recours}", version=0
        )
    await house_rules.write_letter(db, ranked.actor, ranked.city, outcome="awarded", text=own, version=0)
    with pytest.raises(Refused, match="entre-temps"):
        await house_rules.write_letter(db, ranked.actor, ranked.city, outcome="reserve", text=own, version=0)
    ranked.organisations["SEED"].name = "SEED <b>{motif}</b>"
    await db.flush()
    html = {le.application.label: le.html for le in await letters.draw_all(db, ranked.call)}
    assert "Bonjour SEED &lt;b&gt;{motif}&lt;/b&gt;," in html["C-04"]
    assert "<strong>Lot B (plateau bureaux)</strong>, note 74,10." in html["C-04"]
    assert "Traitement algorithmique" in html["C-04"]  # added: the law asks for it whatever the words
    assert "Madame, Monsieur," not in html["C-04"]
    assert "Madame, Monsieur," in html["C-05"]
    await db.commit()
    page = await client(ranked.agent)
    url = "/attribution/modeles/awarded"
    assert "Lot {lot}" in (await page.get(url)).text
    bad = await page.post(url, data={"text": "Rien.", "version": "1"})
    assert (bad.status_code, "Rien." in bad.text, "{motif} manque" in bad.text) == (422, True, True)
    sample = (await db.execute(select(Decision.id).where(Decision.outcome == "awarded"))).scalars().first()
    tried = await page.post(url, data={"text": own, "version": "1", "act": "try", "sample": str(sample)})
    assert (tried.status_code, tried.content[:5]) == (200, b"%PDF-")
    assert (await page.post(url, data={"version": "1", "act": "ours"})).status_code == 303
    assert (await db.execute(select(DecisionRules.letters))).scalar_one() == {}


async def test_another_organisation_neither_reads_nor_writes_these_rules(db: Any) -> None:
    ranked, _ = await retained(db)
    stranger, org = await make.agent(db, "city", "admin", "Ville de Lille")
    with pytest.raises(Forbidden):
        await house_rules.save(
            db,
            make.acting(stranger, org),
            ranked.city,
            second_person=True,
            signatory="",
            version=0,
        )
    assert (await house_rules.of(db, ranked.city.id)).second_person is False


def test_words_are_filled_once_and_escaped() -> None:
    html = letter_templates.fill(
        "# {appel}\n\n{motif}\n\n<script>x</script> [lien](http://x)",
        blocks={"motif": "<p>{appel}</p>"}, words={"appel": "A & B"},
    )  # fmt: skip
    assert str(html).startswith("<h2>A &amp; B</h2>\n<p>{appel}</p>")
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ville de Rennes", "à la Ville de Rennes"), ("Département du Nord", "au Département du Nord"),
        ("Office public de l’habitat", "à l’Office public de l’habitat"), ("La Fabrique des quartiers", "à La Fabrique des quartiers"),
        ("Le Petit Lieu", "au Petit Lieu"), ("Vilogia", "à Vilogia"), ("la ville de Rennes", "à la ville de Rennes"),
    ],
)  # fmt: skip
def test_to_whom(name: str, said: str) -> None:
    assert to_whom(name) == said


def test_remedies_address_the_city_with_its_article() -> None:
    letter = Letter(
        public_owner=True, owner="Ville de Rennes", contact="Ville de Rennes, place de la Mairie", court="Tribunal",
        decided_on=clock.today(),
    )  # fmt: skip
    text = " ".join(remedies_text(letter))
    assert "demander à la Ville de Rennes de revoir" in text
    assert "adressé à la Ville de Rennes, place de la Mairie" in text
