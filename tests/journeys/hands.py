"""A person at a browser: finds things by the words on the page, acts by mouse or by keyboard, with or without scripts."""

import re
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.journeys.conftest import Site


class Hands:
    """One person's browser. `keyboard` acts by focus and keys only, as somebody without a mouse would."""

    def __init__(self, site: Site, page: Any, *, keyboard: bool) -> None:
        self.site, self.page, self.keyboard = site, page, keyboard

    async def go(self, path: str) -> None:
        answer = await self.page.goto(self.site.url + path)
        assert answer.status == 200, f"{path}: {answer.status}\n{await self.text()}"

    async def text(self) -> str:
        return str(await self.page.locator("main").inner_text())

    async def sees(self, *words: str) -> None:
        shown = re.sub(r"[\s\u00a0\u202f]+", " ", await self.page.locator("body").inner_text())
        for one in words:
            assert one in shown, f"« {one} » is not on {self.page.url}:\n{shown[:3000]}"

    async def write(self, label: str, value: str, within: str = "main") -> None:
        field = self.page.locator(within).get_by_label(label, exact=False).first
        await field.focus()
        await field.fill(value)

    async def choose(self, label: str, option: str, within: str = "main") -> None:
        field = self.page.locator(within).get_by_label(label, exact=False).filter(visible=True).first
        await field.focus()
        await field.select_option(label=option)

    async def choose_one_with(self, label: str, words: str) -> None:
        """The first choice of a list whose text holds these words."""
        field = self.page.locator("main").get_by_label(label, exact=False).first
        option = field.locator("option", has_text=words).first
        await field.select_option(await option.get_attribute("value"))

    async def tick(self, label: str, within: str = "main") -> None:
        box = self.page.locator(within).get_by_label(label, exact=False).first
        await box.focus()
        if not await box.is_checked():
            await (box.press("Space") if self.keyboard else box.check(force=True))

    async def every_radio(self, label: str) -> None:
        """The same answer to every question of the page."""
        for button in await self.page.locator("main").get_by_role("radio", name=label, exact=True).all():
            await button.focus()
            await (button.press("Space") if self.keyboard else button.check(force=True))

    async def every_mark(self, mark: int) -> None:
        """The same mark to every criterion, with a reason where the sheet asks for one."""
        for button in await self.page.locator(f'main input[type=radio][value="{mark}"]').all():
            await button.focus()
            await (button.press("Space") if self.keyboard else button.check(force=True))
        for reason in await self.page.locator("main").get_by_label("Pourquoi ?").all():
            if await reason.is_visible():
                await reason.fill("Étayé par les pièces du dossier.")

    async def press(self, words: str, within: str = "main", exact: bool = False) -> None:
        """A button or a link, by its words; waits for the page it leads to."""
        target = self.page.locator(within).get_by_role("button", name=words, exact=exact)
        if not await target.count():
            target = self.page.locator(within).get_by_role("link", name=words, exact=exact)
        assert await target.count(), f"nothing called « {words} » on {self.page.url}:\n{(await self.text())[:3000]}"
        try:
            async with self.page.expect_navigation(timeout=30_000):
                if self.keyboard:
                    await target.first.focus()
                    await target.first.press("Enter")
                else:
                    await target.first.click()
        except PlaywrightTimeout:
            pass  # answered within the page, by htmx
        await self.page.wait_for_load_state("load")
        await self.fine()

    async def fine(self) -> None:
        """Nothing scrolls sideways, and no page of ours broke."""
        over = await self._settled("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{self.page.url} is {over} px too wide"
        heading = await self.page.locator("h1").first.inner_text()
        assert "erreur de notre côté" not in heading, self.page.url

    async def _settled(self, question: str) -> Any:
        """Ask the page; once more when it was being replaced (an autosave can change the address just before)."""
        try:
            return await self.page.evaluate(question)
        except PlaywrightError as error:
            if "context was destroyed" not in str(error):
                raise
            await self.page.wait_for_load_state("load")
            return await self.page.evaluate(question)

    async def open_details(self, words: str) -> None:
        summary = self.page.locator("summary", has_text=words).first
        if not await summary.evaluate("s => s.parentElement.open"):
            await summary.focus()
            await (summary.press("Enter") if self.keyboard else summary.click())

    def number(self, pattern: str) -> int:
        """The number in the address of the page one is on."""
        found = re.search(pattern, self.page.url)
        assert found, self.page.url
        return int(found[1])
