"""Three structures apply together without JavaScript, by keyboard, at 320 px; one leaves and the file is put right."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.intervalle import malformed
from tests.journeys.conftest import Site
from tests.journeys.hands import Hands

pytestmark = pytest.mark.browser
PAGES = {
    "projet": {"Nom du projet": "La halle partagée", "Le projet en quelques phrases": "Trois structures sous un toit.", "À quel besoin du quartier": "Un lieu manque."},
    "structure": {"Présentez votre structure": "Une coopérative de neuf personnes.", "Vos partenaires": "Le centre social."},
    "besoins": {"Pourquoi ce lieu convient-il": "La surface et le calendrier."},
    "calendrier": {"Durée souhaitée": "18", "Les travaux que vous prévoyez": "Aucun."},
    "presence": {"Que partagerez-vous": "La cuisine et l’accueil."},
    "budget": {"Budget annuel": "84 000", "Comment votre projet tient-il": "Ventes et aides.", "Sobriété": "Réemploi."},
}  # fmt: skip


@asynccontextmanager
async def person(site: Site, browser: Any, key: str) -> AsyncIterator[Hands]:
    context = await browser.new_context(viewport={"width": 320, "height": 900}, java_script_enabled=False)
    context.set_default_timeout(10_000)
    hands = Hands(site, await context.new_page(), keyboard=True)
    await hands.go("/connexion")
    await hands.page.locator(f'button[value="{key}@demo.intervalle.example"]').press("Enter")
    await hands.page.wait_for_load_state("load")
    yield hands
    await context.close()


async def invite(lead: Hands, name: str, area: str, hours: str, rent: str) -> None:
    await lead.write("SIREN, SIRET ou nom exact", name)
    await lead.write("Sa part de surface", area)
    await lead.write("Ses heures de présence", hours)
    await lead.write("Sa part du loyer", rent)
    await lead.press("Inviter")


async def attach(lead: Hands, kind: str, path: Path) -> None:
    await lead.page.locator("#type-autre").select_option(label=kind)
    await lead.page.locator("#fichier-autre").set_input_files(path)
    await lead.press("Joindre un autre document")


async def test_three_apply_together_and_one_leaves(site: Site, browser: Any, tmp_path: Path) -> None:
    call = site.sql("SELECT id FROM calls WHERE title LIKE 'TempO%%' ORDER BY id LIMIT 1")[0][0]
    (tmp_path / "statuts été.pdf").write_bytes(malformed.pdf())
    (tmp_path / "virus.pdf").write_bytes(b"MZ\x90\x00")
    async with person(site, browser, "nadia") as lead:
        await lead.go(f"/appels/{call}/candidater")
        if "candidater" in lead.page.url:
            await lead.press("Commencer")
        number = lead.number(r"/candidatures/(\d+)")
        await lead.go(f"/candidatures/{number}/dossier/projet")
        await lead.tick("Atelier, artisanat")
        for fields in PAGES.values():
            for label, text in fields.items():
                await lead.write(label, text)
            await lead.press("Enregistrer et continuer")
        block = lead.page.locator("fieldset", has_text="Lot B · dalle")
        await block.locator("select").select_option(label="1er choix")
        await block.get_by_label("Surface qui vous suffit").fill("400")
        await block.get_by_label("Surface souhaitée").fill("600")
        await lead.press("Enregistrer et continuer")
        await invite(lead, "Resport", "150", "20", "25")
        await invite(lead, "Fou de Coudre", "500", "12", "20")
        await lead.sees("150 m² · 20 h par semaine · 25 % du loyer et des charges")
        await lead.go(f"/candidatures/{number}")
        await lead.sees("Les parts de surface font 650 m² pour 600 m² demandés", "Resport n’a pas encore accepté")
        await lead.go(f"/candidatures/{number}/dossier/partenaires")
        await invite(lead, "Fou de Coudre", "100", "12", "20")
        for key in ("hugo", "ines"):
            async with person(site, browser, key) as guest:
                await guest.go(f"/candidatures/{number}")
                await guest.sees("vous invite à candidater ensemble", "Votre part :")
                await guest.press("Accepter")
        await lead.go(f"/candidatures/{number}/dossier/partenaires")
        await lead.sees("350 m² · 55 % du loyer et des charges", "a accepté le")
        async with person(site, browser, "ines") as guest:
            await guest.go(f"/candidatures/{number}")
            await guest.press("Quitter ce dossier commun")
        await lead.go(f"/candidatures/{number}/dossier/partenaires")
        await lead.sees("450 m² · 75 % du loyer et des charges")
        assert "Fou de Coudre" not in await lead.text()
        await lead.press("Continuer")
        await attach(lead, "Statuts", tmp_path / "virus.pdf")
        await lead.sees("Ce fichier n’a pas été joint")
        await attach(lead, "Statuts", tmp_path / "statuts été.pdf")
        await lead.sees("statuts été.pdf")
        await lead.press("Relire et déposer")
        for kind in site.sql(
            "SELECT unnest(required_documents) FROM call_versions WHERE call_id = %s AND frozen_at IS NOT NULL ORDER BY number",
            call,
        ):
            if kind[0] != "statutes":
                await lead.go(f"/candidatures/{number}/dossier/pieces")
                await lead.page.locator(f"#fichier-{kind[0]}").set_input_files(tmp_path / "statuts été.pdf")
                await lead.page.locator(f'form:has(input[value="{kind[0]}"]) button').press("Enter")
                await lead.page.wait_for_load_state("load")
        await lead.go(f"/candidatures/{number}")
        await lead.press("Déposer la candidature")
        await lead.sees("Votre candidature est déposée", "Resport", "statuts été.pdf")
        pdf = await lead.page.request.get(f"{site.url}/candidatures/{number}/recepisse.pdf", timeout=60_000)
        with pikepdf.open(io.BytesIO(await pdf.body())) as receipt:
            assert len(receipt.pages) >= 1
    told = site.sql(
        "SELECT subject, text FROM messages WHERE kind = 'applications.answered' AND subject LIKE 'Fou de Coudre quitte%%'"
    )
    assert len(told) == 1
    assert "Sa part revient à votre structure : 100" in told[0][1]
    members = site.sql(
        "SELECT o.name, m.left_at IS NULL FROM application_members m JOIN organisations o ON o.id = m.organisation_id WHERE m.application_id = %s ORDER BY o.name",
        number,
    )
    assert members == [("Fou de Coudre", False), ("Resport", True)]
