"""Every kind of page, as each role sees it, held to WCAG 2.2 AA by axe, at a desk by day and on a phone by night."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from intervalle.settings import ROOT
from tests.journeys.conftest import Site
from tests.journeys.crawl import kind_of, pages_of

# A sweep of minutes: run with --drills.
pytestmark = [pytest.mark.browser, pytest.mark.drill]

# Role -> the account of the demonstration that plays it; None is a visitor.
ROLES = {
    "visitor": None,
    "structure": "ines",
    "organiser": "thomas",
    "landlord": "sophie",
    "publisher": "claire",
    "juror": "odile",
    "platform": "camille",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4"]
DESK_BY_DAY, PHONE_BY_NIGHT = (1280, "light"), (320, "dark")
ALL_SETTINGS = [(width, scheme) for width in (320, 390, 1280) for scheme in ("light", "dark")]
# Beyond what a reader sees: refused inline styles or scripts, said by the browser itself.
WATCH = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
AXE = """async tags => (await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})).violations
    .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.failureSummary.split('\\n')[1]).join(' | '))"""
FACTS = """() => ({
    headings: document.querySelectorAll('h1').length,
    title: document.title.replace(/ · Intervalle$/, '').trim(),
    lang: document.documentElement.lang,
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [...document.querySelectorAll('.button, button:not([class^=maplibregl], .pin)')].filter(b => b.checkVisibility() && b.getBoundingClientRect().height < 43.5)
        .map(b => b.textContent.trim().slice(0, 40)),
})"""


@dataclass
class Visit:
    """What is wrong with one page in one setting, and the title under which it was read."""

    path: str
    title: str = ""
    wrong: list[str] = field(default_factory=list)


@asynccontextmanager
async def somebody(site: Site, browser: Any, key: str | None, width: int, scheme: str) -> AsyncIterator[Any]:
    context = await browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(15_000)
    await context.add_init_script(WATCH)
    if key:
        page = await context.new_page()
        await page.goto(f"{site.url}/connexion")
        await page.locator(f'button[value="{key}@demo.intervalle.example"]').click()
        await page.wait_for_load_state("load")
        await page.close()
    yield context
    await context.close()


async def visit(page: Any, site: Site, path: str, axe: str) -> Visit:
    """Open the page and gather everything that is wrong with it."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    await page.goto(site.url + path)
    await page.evaluate(axe)
    facts = await page.evaluate(FACTS)
    seen = Visit(path, facts["title"], await page.evaluate(AXE, TAGS))
    seen.wrong += [f"console: {text}" for text in heard]
    seen.wrong += [f"button under 44 px: {text}" for text in facts["small"]]
    if facts["over"] > 0:
        seen.wrong.append(f"{facts['over']} px too wide")
    if facts["headings"] != 1:
        seen.wrong.append(f"{facts['headings']} h1")
    if not facts["title"]:
        seen.wrong.append("no title")
    if facts["lang"] != "fr":
        seen.wrong.append(f"lang {facts['lang']!r}")
    return seen


async def sweep(site: Site, browser: Any, key: str | None, width: int, scheme: str, paths: list[str]) -> list[Visit]:
    axe = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
    visits = []
    async with somebody(site, browser, key, width, scheme) as context:
        for path in paths:
            page = await context.new_page()
            visits.append(await visit(page, site, path, axe))
            await page.close()
    return visits


async def reachable(site: Site, browser: Any, key: str | None, known: set[str]) -> list[str]:
    async with somebody(site, browser, key, 1280, "light") as context:
        return await pages_of(context, site.url, depth=2, per_kind=1, skip=lambda path: kind_of(path) in known)


def told(visits: list[Visit], setting: tuple[int, str]) -> list[str]:
    return [f"{setting} {v.path}: {wrong}" for v in visits for wrong in v.wrong]


def twice(visits: list[Visit]) -> list[str]:
    """Two kinds of page under one title: a reader with ten tabs could not tell them apart."""
    kinds: dict[str, set[str]] = {}
    for v in visits:
        kinds.setdefault(v.title, set()).add(kind_of(v.path))
    return [f"« {title} » is the title of {sorted(paths)}" for title, paths in kinds.items() if len(paths) > 1]


async def test_pages_hold_at_a_desk_and_on_a_phone(site: Site, browser: Any) -> None:
    """Each kind of page once, with the first role that reaches it; the pages every role sees otherwise, once more."""
    known: set[str] = set()
    wrong: list[str] = []
    for key in ROLES.values():
        paths = await reachable(site, browser, key, known)
        known.update(kind_of(path) for path in paths if path != "/")
        for setting in (DESK_BY_DAY, PHONE_BY_NIGHT):
            visits = await sweep(site, browser, key, *setting, paths)
            wrong += told(visits, setting) + twice(visits)
    assert len(known) > 25, sorted(known)
    assert wrong == [], "\n" + "\n".join(wrong)


@pytest.mark.drill
@pytest.mark.parametrize("role", ROLES)
async def test_every_page_of_a_role_in_every_setting(site: Site, browser: Any, role: str) -> None:
    paths = await reachable(site, browser, ROLES[role], set())
    wrong: list[str] = []
    for setting in ALL_SETTINGS:
        visits = await sweep(site, browser, ROLES[role], *setting, paths)
        wrong += told(visits, setting) + twice(visits)
    assert wrong == [], "\n" + "\n".join(wrong)
