"""The network goes while somebody types: the page says so, tries again by itself, and the text arrives once."""

from typing import Any

import pytest

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser
TYPED = "Tapé pendant que la connexion manquait."


async def test_what_is_typed_without_network_arrives_by_itself(site: Site, browser: Any) -> None:
    number = site.sql(
        "SELECT a.id FROM applications a JOIN memberships m USING (organisation_id) JOIN users u ON u.id = m.user_id "
        "JOIN calls c ON c.id = a.call_id "
        "WHERE u.email LIKE 'ines@%%' AND a.submitted_at IS NULL AND c.closes_at > now() ORDER BY a.id LIMIT 1"
    )[0][0]
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.url}/connexion")
    await page.locator('button[value="ines@demo.intervalle.example"]').click()
    await page.goto(f"{site.url}/candidatures/{number}/dossier/projet")
    tried: list[str] = []

    async def network(route: Any) -> None:
        tried.append("lost" if not tried else "sent")
        await (route.abort() if tried == ["lost"] else route.continue_())

    await page.route(f"**/candidatures/{number}/dossier/projet", network)
    await page.get_by_label("Le projet en quelques phrases").fill(TYPED)
    said = page.locator("[data-save-status]")
    await said.filter(has_text="Pas encore enregistré").wait_for(timeout=10_000)
    await said.filter(has_text="Enregistré à").wait_for(timeout=20_000)
    assert tried == ["lost", "sent"]
    kept = site.sql("SELECT answers->>'summary' FROM applications WHERE id = %s", number)
    assert kept == [(TYPED,)]
    await context.close()
