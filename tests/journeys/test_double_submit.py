"""Drill: every form that a person of the demonstration can reach, sent twenty times at once, has one effect.

An effect is an entry of the journal: every act writes exactly one. Forms are found by following links and filled with
what their fields ask for, so a new form is tried by itself.
"""

import asyncio
import json
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.journeys.conftest import Site
from tests.journeys.crawl import kind_of, pages_of
from tests.journeys.test_accessibility import ROLES, somebody

pytestmark = [pytest.mark.browser, pytest.mark.drill]

TIMES = 20
# Doors in and out, and the choice of a language: nothing is written there.
NOT_AN_ACT = ("/deconnexion", "/connexion", "/langue", "/compte/sessions")
FORMS = """() => [...document.forms].filter(f => f.method === 'post' && !f.querySelector('input[type=file][required]')).map(f => {
    for (const e of f.elements) {
        if (e.tagName === 'SELECT' && !e.value) { const o = [...e.options].find(o => o.value); if (o) e.value = o.value }
        if (e.type === 'radio' && !f.querySelector(`input[name="${CSS.escape(e.name)}"]:checked`)) e.checked = true
        if (e.value || e.disabled) continue
        const asked = e.type === 'date' ? '2027-03-01' : e.type === 'datetime-local' ? '2027-03-01T10:00' : e.type === 'time' ? '10:00'
            : e.type === 'email' ? 'essai@exemple.fr' : e.type === 'number' || e.inputMode === 'numeric' || e.inputMode === 'decimal' ? '12'
            : e.tagName === 'TEXTAREA' || e.type === 'text' ? 'Un texte assez long pour dire pourquoi.' : ''
        if (asked) e.value = asked
    }
    const button = [...f.elements].find(e => e.tagName === 'BUTTON' && e.type === 'submit')
    return {action: (button && button.getAttribute('formaction')) || f.getAttribute('action') || location.pathname, data: [...new FormData(f, button)].filter(([, v]) => typeof v === 'string')}
})"""


async def forms_of(context: Any, site: Site, paths: list[str]) -> list[tuple[str, list[list[str]]]]:
    found = []
    page = await context.new_page()
    for path in paths:
        await page.goto(site.url + path)
        found += [(urljoin(path, one["action"]), one["data"]) for one in await page.evaluate(FORMS)]
    await page.close()
    return found


async def send_at_once(site: Site, cookies: dict[str, str], path: str, data: list[list[str]]) -> list[int]:
    fields: dict[str, list[str]] = {}
    for name, value in data:
        fields.setdefault(name, []).append(value)
    async with httpx.AsyncClient(
        base_url=site.url, cookies=cookies, headers={"Sec-Fetch-Site": "same-origin"}, timeout=120
    ) as client:
        answers = await asyncio.gather(*(client.post(path, data=fields) for _ in range(TIMES)))
    return [answer.status_code for answer in answers]


async def test_every_form_twenty_times_at_once_has_one_effect(site: Site, browser: Any) -> None:
    tried: set[str] = set()
    effects: dict[str, str] = {}
    wrong: list[str] = []
    for key in ROLES.values():
        async with somebody(site, browser, key, 1280, "light") as context:
            paths = await pages_of(context, site.url, depth=3, per_kind=1, skip=lambda path: False)
            forms = await forms_of(context, site, paths)
            cookies = {c["name"]: c["value"] for c in await context.cookies()}
        for path, data in forms:
            kind = kind_of(path) + " " + ",".join(sorted(name for name, value in data if value in {"1", "delete"}))
            if kind in tried or urlsplit(path).path.startswith(NOT_AN_ACT):
                continue
            last = site.sql("SELECT coalesce(max(id), 0) FROM journal_entries")[0][0]
            codes = await send_at_once(site, cookies, path, data)
            acts = site.sql("SELECT action, count(*) FROM journal_entries WHERE id > %s GROUP BY 1", last)
            if acts:
                tried.add(kind)  # without effect (a field filled badly), the next form of the kind has its chance
                effects[kind] = json.dumps(acts)
            wrong += [f"{path} as {key}: {action} × {times}" for action, times in acts if times > 1]
            wrong += [f"{path} as {key}: {code}" for code in set(codes) if code >= 500]
    print(f"{len(effects)} kinds of forms had an effect")
    assert wrong == [], "\n" + "\n".join(wrong)
    assert len(effects) >= 25, sorted(effects)
